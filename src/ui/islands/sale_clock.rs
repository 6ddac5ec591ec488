//! A sale's clock on a card.

use super::{countdown, dom, frame};
use crate::{api::wire::clock_ahead_ms, ui::text::seckill as text};
use leptos::prelude::*;
use web_sys::Element;

/// Children: `span`, the label (`data-until`, `data-left`: what it says while counting to the opening and to the end), and
/// `time[data-opens-at][data-closes-at]` in epoch milliseconds, which shows the time of day of the next of the two.
///
/// The island turns the digits into a countdown and the label into the word for it.
#[island]
pub fn SaleClock(children: Children) -> impl IntoView {
    frame::span(wake, children)
}

/// A card's clock.
struct Clock {
    label: Element,
    time: Element,
    opens_at: i64,
    closes_at: i64,
}

fn wake(root: Element) {
    if let Some(clock) = Clock::of(&root) {
        dom::spawn(clock.run());
    }
}

impl Clock {
    fn of(root: &Element) -> Option<Self> {
        let (label, time) = (dom::find(root, "[data-until]")?, dom::find(root, "time")?);
        let (opens_at, closes_at) = (dom::number(&time, "data-opens-at")?, dom::number(&time, "data-closes-at")?);
        Some(Self { label, time, opens_at, closes_at })
    }

    /// Counts to the opening, then to the end.
    async fn run(self) {
        let lang = dom::lang();
        while self.time.is_connected() {
            // The shop's clock, as near as a card needs it.
            let now = dom::now() + dom::whole(clock_ahead_ms());
            let (word, ms) = if now < self.opens_at { ("data-until", self.opens_at - now) } else { ("data-left", self.closes_at - now) };
            if ms <= 0 {
                dom::say(&self.label, text::ended_button(lang));
                return dom::say(&self.time, "");
            }
            dom::say(&self.label, &self.label.get_attribute(word).unwrap_or_default());
            dom::say(&self.time, &countdown::digits(lang, ms));
            dom::sleep(countdown::next_change(ms)).await;
        }
    }
}
