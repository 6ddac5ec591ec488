//! Words that turn with the state of their sale.

use crate::{types::sale::SaleState, ui::sales::OnSale};
use leptos::prelude::*;

/// A `span` with the words of the sale's state. Those of each state that time alone will bring
/// stand in `data-` attributes: the clock around them turns the words at the second, and no text of
/// the page says what is not so yet.
pub fn turning(
    on: OnSale<'_>,
    class: Option<&'static str>,
    words: &dyn Fn(SaleState) -> String,
) -> AnyView {
    spoken(words(on.state), class, on, words)
}

/// The same with other words as long as no clock runs: `now`. With one it says `words` in the
/// present state, too.
pub fn spoken(
    now: String,
    class: Option<&'static str>,
    on: OnSale<'_>,
    words: &dyn Fn(SaleState) -> String,
) -> AnyView {
    let at = |state: SaleState| {
        let said = words(state);
        let is_said = on.next_states().contains(&state) || (on.state == state && now != said);
        is_said.then_some(said)
    };
    let [before, open, sold_out, paused, ended] = [
        SaleState::Coming,
        SaleState::Open,
        SaleState::SoldOut,
        SaleState::Paused,
        SaleState::Ended,
    ]
    .map(at);
    view! {
        <span class=class data-before=before data-open=open data-sold-out=sold_out data-paused=paused data-ended=ended>
            {now}
        </span>
    }
    .into_any()
}
