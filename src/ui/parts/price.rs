//! Prices as markup.

use crate::{
    types::{lang::Lang, money::Fen, sale::SaleState},
    ui::{parts::turning::turning, sales::OnSale, text},
};
use leptos::prelude::*;

pub fn price(lang: Lang, fen: Fen) -> impl IntoView {
    view! { <span class="price">{text::price(lang, fen)}</span> }
}

/// A sale's price and the ordinary one, each with the word for it; the style sheet stresses the one
/// that holds in the state around it.
pub fn sale_price(lang: Lang, on: OnSale<'_>) -> impl IntoView + use<> {
    let sale = on.sale;
    let ordinary = (sale.old_price > sale.price).then(|| {
        view! {
            " "
            <span class="amount amount-ordinary">
                <span class="amount-word">{text::sale::price_ordinary(lang)}</span>
                " "
                <span class="amount-sum">{text::price(lang, sale.old_price)}</span>
            </span>
        }
    });
    let opens = sale
        .opens_at
        .in_shop()
        .day_and_time_seen_at(on.now.in_shop());
    let word = |state: SaleState| match state {
        SaleState::Coming => text::sale::price_from(lang, &opens),
        SaleState::Open => text::sale::price_now(lang).to_owned(),
        SaleState::SoldOut | SaleState::Paused | SaleState::Ended => {
            text::sale::price_of(lang, state)
        }
    };
    view! {
        <span class="amount amount-sale">
            {turning(on, Some("amount-word"), &word)} " " <span class="amount-sum">{text::price(lang, sale.price)}</span>
        </span>
        {ordinary}
    }
}
