//! A sale's clock on a card.

use leptos::prelude::*;

/// Children: `span`, the label (`data-until`, `data-left`: what it says while counting to the opening and to the end), and
/// `time[data-opens-at][data-closes-at]` in epoch milliseconds, which shows the time of day of the next of the two.
///
/// The island turns the digits into a countdown and the label into the word for it.
#[island]
pub fn SaleClock(children: Children) -> impl IntoView {
    view! { <span class="island">{children()}</span> }
}
