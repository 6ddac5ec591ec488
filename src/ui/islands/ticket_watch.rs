//! A ticket's page that follows the queue.

use super::{dom, frame};
use crate::{
    api::seckill::sckill_poll,
    seckill::ticket::{CODE_LOST, CODE_WON},
    types::{error::AppError, sale::PollArgs, text::Text},
    ui::parts::ticket::place_words,
};
use leptos::prelude::*;
use web_sys::Element;

/// Milliseconds between two polls when the shop does not say, and the bounds when it does.
const POLL_MS: i64 = 1_000;
const POLL_MIN_MS: i64 = 3;
const POLL_MAX_MS: i64 = 10_000;
/// Milliseconds until another try when a poll failed.
const FAILED_MS: i64 = 2_000;

/// Children: `article.ticket[data-state="waiting"][data-ticket]` with
/// `p.ticket-place[role=status]`; and before it, for browsers without JavaScript, a `noscript` that
/// refreshes the page.
///
/// The island polls `data-ticket` and loads the page anew once it is decided.
#[island]
pub fn TicketWatch(children: Children) -> impl IntoView {
    frame::div(wake, children)
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
    while place.is_connected() {
        let wait_ms = match sckill_poll(PollArgs {
            task_id: Some(Text(task.clone())),
        })
        .await
        {
            // The page tells the rest.
            Ok(polled) if matches!(polled.code, CODE_WON | CODE_LOST) => return dom::reload(),
            Err(AppError::NotSignedIn | AppError::NotYours) => return dom::reload(),
            Ok(polled) => {
                if polled.place.is_some() {
                    dom::say(&place, &place_words(dom::lang(), polled.place));
                }
                polled
                    .retry_ms
                    .unwrap_or(POLL_MS)
                    .clamp(POLL_MIN_MS, POLL_MAX_MS)
            }
            Err(error) => error
                .retry_s()
                .map_or(FAILED_MS, |s| s.saturating_mul(1_000)),
        };
        dom::sleep(wait_ms).await;
        dom::online().await;
    }
}
