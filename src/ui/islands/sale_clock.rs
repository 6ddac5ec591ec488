//! The clock of a sale on a card, a price or a heading: it counts, and turns what is around it at
//! the second.

use super::{countdown, dom, mount, renewal};
use crate::{
    rules::seckill::window::Window,
    types::{
        lang::Lang,
        sale::SaleState,
        time::{Millis, next_second_ms},
    },
};
use leptos::prelude::*;
use web_sys::Element;

/// Children: one `[data-turn]`, the name that tells it from others of the page (empty where it is
/// never renewed), with
/// - `data-state`, the name of a sale's state, which this island keeps true; `data-opens-at`,
///   `data-closes-at` (epoch milliseconds); `data-halted` and `data-gone` while the sale is halted,
///   and without seats;
/// - inside, words that turn: what they are in a state stands in the attribute `data-` and that
///   state's name;
/// - inside, perhaps, a `time.clock-digits` with the next of the two moments, which becomes the
///   time until then; with `data-short` without hours where there are none.
///
/// What only the shop knows (a sale that sold out, a pause, more seats) comes with the page's next
/// copy: see `renewal`.
#[island]
pub fn SaleClock(children: Children) -> impl IntoView {
    mount::div(wake, children)
}

fn wake(root: Element) {
    if dom::find(&root, renewal::NAMED).is_some() {
        renewal::start();
    }
    dom::spawn(run(root));
}

/// Turns what is there; it may be another copy than a second ago.
pub async fn run(root: Element) {
    let lang = dom::lang();
    while root.is_connected() {
        let Some(wait_ms) = dom::find(&root, "[data-turn]").and_then(|piece| turn(lang, &piece))
        else {
            return;
        };
        dom::sleep(wait_ms).await;
    }
}

/// Says the words of a state wherever they wait for it.
pub fn speak(piece: &Element, state: SaleState) {
    let words = ["data-", state.name()].concat();
    for place in dom::all(piece, &["[", &words, "]"].concat()) {
        dom::set_text(&place, &place.get_attribute(&words).unwrap_or_default());
    }
}

/// Keeps the words of a state that seems to be over: a browser's clock that was wrong is put right
/// by the shop's, and it comes back.
fn keep(piece: &Element, was: &str) {
    let own = ["data-", was].concat();
    for place in dom::all(
        piece,
        "[data-before],[data-open],[data-sold-out],[data-paused],[data-ended]",
    ) {
        if !place.has_attribute(&own) {
            dom::set(&place, &own, place.text_content().as_deref());
        }
    }
}

/// Shows the present state and time; gives milliseconds until that changes.
fn turn(lang: Lang, piece: &Element) -> Option<i64> {
    let (opens_at, closes_at) = (
        dom::number(piece, "data-opens-at")?,
        dom::number(piece, "data-closes-at")?,
    );
    let window = Window {
        opens_at: Millis(opens_at),
        closes_at: Millis(closes_at),
        paused: piece.has_attribute("data-halted"),
    };
    let now = dom::shop_now();
    let state = window.state(piece.has_attribute("data-gone"), Millis(now));
    let was = piece.get_attribute("data-state").unwrap_or_default();
    if was != state.name() {
        keep(piece, &was);
        dom::set(piece, "data-state", Some(state.name()));
    }
    speak(piece, state);
    let left = match state {
        SaleState::Coming => Some(opens_at - now),
        SaleState::Open => Some(closes_at - now),
        SaleState::SoldOut | SaleState::Paused | SaleState::Ended => None,
    };
    if let Some(time) = dom::find(piece, "time.clock-digits") {
        let digits = left
            .map(|ms| countdown::digits(lang, ms))
            .unwrap_or_default();
        let is_short = time.has_attribute("data-short");
        dom::set_text(
            &time,
            if is_short {
                countdown::short(&digits)
            } else {
                &digits
            },
        );
    }
    Some(next_second_ms(left.unwrap_or(0)))
}
