//! The clock of a sale, and what turns with it.

use crate::{
    types::{lang::Lang, sale::SaleState},
    ui::{
        islands::SaleClock,
        parts::turning::{spoken, turning},
        sales::OnSale,
        text,
    },
};
use leptos::{
    attr::{Attribute, custom::custom_attribute},
    prelude::*,
};

/// What makes a piece of markup turn with a sale's clock: its attributes, with the sale's moments
/// in epoch milliseconds, its state, and whether it is halted or its seats are gone. `name`, such
/// as `sale-7`, tells it from the other pieces of the page; empty where no other copy of the page
/// is looked at.
pub fn turns(name: String, on: OnSale<'_>) -> impl Attribute + use<> {
    (
        custom_attribute("data-turn", name),
        custom_attribute("data-state", on.state.name()),
        custom_attribute("data-opens-at", on.sale.opens_at.0.to_string()),
        custom_attribute("data-closes-at", on.sale.closes_at.0.to_string()),
        custom_attribute("data-halted", on.sale.paused.then_some("")),
        custom_attribute("data-gone", on.sale.sold_out_at.map(|_| "")),
    )
}

/// Puts a clock around a piece of markup.
pub fn clocked(piece: impl IntoView + 'static) -> impl IntoView {
    view! { <SaleClock>{piece}</SaleClock> }
}

/// The next of the sale's two moments, or its state. Without its program a page says the day and
/// the time.
pub fn sale_clock(lang: Lang, on: OnSale<'_>) -> impl IntoView + use<> {
    let moment = match on.state {
        SaleState::Coming => Some(on.sale.opens_at),
        SaleState::Open => Some(on.sale.closes_at),
        SaleState::SoldOut | SaleState::Paused | SaleState::Ended => None,
    };
    let words = |state| text::sale::clock_label(lang, state).to_owned();
    let now = match moment {
        Some(_) if on.state == SaleState::Open => text::sale::ends(lang).to_owned(),
        Some(_) => text::sale::opens(lang).to_owned(),
        None => on
            .sale
            .sold_out_at
            .filter(|_| on.state == SaleState::SoldOut)
            .map_or_else(
                || words(on.state),
                |at| text::sale::sold_out_since(lang, on.sale.opens_at, at),
            ),
    };
    let label = match moment {
        Some(_) => spoken(now, None, on, &words),
        // The present words hold until time brings others.
        None => turning(on, None, &|state| {
            if state == on.state {
                now.clone()
            } else {
                words(state)
            }
        }),
    };
    let time = moment.map(|moment| {
        let moment = moment.in_shop();
        view! {
            " "
            <time class="clock-digits" datetime=moment.rfc3339()>
                {moment.day_and_time_seen_at(on.now.in_shop())}
            </time>
        }
    });
    view! { {label} {time} }
}
