//! What something costs.

use crate::{
    types::{lang::Lang, money::Fen, sale::Sale},
    ui::text,
};
use leptos::prelude::*;

/// The ordinary price.
pub fn price(lang: Lang, fen: Fen) -> impl IntoView {
    view! { <span class="price">{text::price(lang, fen)}</span> }
}

/// A sale's price beside the ordinary one; `hot` when it can be had now.
pub fn sale_price(lang: Lang, sale: &Sale, hot: bool) -> impl IntoView + use<> {
    let old = (sale.old_price > sale.price).then(|| {
        view! {
            " "
            <s class="price-old">
                <span class="unseen">{text::sale::price_was(lang)} " "</span>
                {text::price(lang, sale.old_price)}
            </s>
        }
    });
    view! {
        <span class="price" data-hot=hot.then_some("")>
            <span class="unseen">{text::sale::price_now(lang)} " "</span>
            {text::price(lang, sale.price)}
        </span>
        {old}
    }
}
