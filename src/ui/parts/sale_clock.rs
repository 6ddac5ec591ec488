//! When a sale opens or ends, on a card.

use crate::{
    types::{lang::Lang, sale::Phase},
    ui::{islands::SaleClock, sales::OnSale, text},
};
use leptos::prelude::*;

/// The next of the two moments; `label` replaces the words before it where the card says something else there.
pub fn sale_clock(lang: Lang, on: OnSale<'_>, label: Option<&'static str>) -> impl IntoView + use<> {
    let ends = on.phase == Phase::Open;
    let moment = if ends { on.sale.closes_at } else { on.sale.opens_at }.in_shop();
    let day = moment.month_and_day();
    // Beside a word that says nothing of the day, the time says it.
    let time = if label.is_some() { format!("{day} {}", moment.time()) } else { moment.time() };
    let words = label.map_or_else(|| if ends { text::sale::ends_on(lang, &day) } else { text::sale::opens_on(lang, &day) }, str::to_owned);
    let (until, left) = label.map_or_else(|| (text::sale::until(lang), text::sale::left(lang)), |label| (label, label));
    let inside = view! {
        <span data-until=until data-left=left>
            {words}
        </span>
        " "
        <time
            class=label.is_none().then_some("clock-digits")
            datetime=moment.rfc3339()
            data-opens-at=on.sale.opens_at.0.to_string()
            data-closes-at=on.sale.closes_at.0.to_string()
        >
            {time}
        </time>
    };
    view! { <SaleClock>{inside}</SaleClock> }
}
