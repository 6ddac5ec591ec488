//! A ticket's page that follows the queue.

use super::{dom, mount};
use crate::{
    api::seckill::poll,
    rules::{
        retry::{again_after_ms, poll_after_ms},
        seckill::ticket::{CODE_LOST, CODE_WON},
    },
    types::{error::AppError, sale::PollArgs, text::Text},
    ui::text::ticket::place_words,
};
use leptos::prelude::*;
use web_sys::Element;

/// Children: `article.ticket[data-state="waiting"][data-ticket]` with
/// `p.ticket-place[role=status]`; and before it, for browsers without JavaScript, a `noscript` that
/// refreshes the page.
///
/// The island polls `data-ticket` and loads the page anew once it is decided.
#[island]
pub fn TicketWatch(children: Children) -> impl IntoView {
    mount::div(wake, children)
}

fn wake(root: Element) {
    let place = dom::find(&root, ".ticket-place");
    let task =
        dom::find(&root, "[data-ticket]").and_then(|ticket| ticket.get_attribute("data-ticket"));
    if let (Some(place), Some(task)) = (place, task) {
        dom::reload_when_back();
        dom::spawn(watch(place, task));
    }
}

async fn watch(place: Element, task: String) {
    let mut tries = 0;
    while place.is_connected() {
        let wait_ms = match poll(PollArgs {
            task_id: Some(Text(task.clone())),
        })
        .await
        {
            // The page tells the rest.
            Ok(polled) if matches!(polled.code, CODE_WON | CODE_LOST) => return dom::reload(),
            Err(AppError::NotSignedIn | AppError::NotYours) => return dom::reload(),
            Ok(polled) => {
                tries = 0;
                if polled.place.is_some() {
                    dom::set_text(&place, &place_words(dom::lang(), polled.place));
                }
                poll_after_ms(polled.retry_ms)
            }
            Err(error) => {
                tries += 1;
                again_after_ms(error.retry_s(), tries, dom::seed())
            }
        };
        dom::sleep(wait_ms).await;
        dom::online().await;
    }
}
