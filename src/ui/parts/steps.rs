//! Explanation of how a sale works, and its rules.

use crate::{
    types::{lang::Lang, money::Fen},
    ui::text,
};
use leptos::prelude::*;

pub fn steps(lang: Lang) -> impl IntoView {
    let step = |title: &'static str, words: &'static str| {
        view! {
            <li class="step sheet">
                <h3>{title}</h3>
                <p class="step-text">{words}</p>
            </li>
        }
    };
    view! {
        <ol class="steps">
            {step(text::home::how_1_title(lang), text::home::how_1(lang))} {step(text::home::how_2_title(lang), text::home::how_2(lang))}
            {step(text::home::how_3_title(lang), text::home::how_3(lang))}
        </ol>
    }
}

/// What a seat of this price is, and the rules.
pub fn rules(lang: Lang, price: Fen) -> impl IntoView {
    let rules = [
        text::sale::rule_0(lang),
        text::sale::rule_1(lang),
        text::sale::rule_2(lang),
        text::sale::rule_3(lang),
    ];
    let hold = (!price.is_free()).then(|| text::sale::rule_4(lang));
    let rules = rules
        .into_iter()
        .chain(hold)
        .map(|rule| view! { <li>{rule}</li> })
        .collect_view();
    view! {
        <h2>{text::sale::rules_title(lang)}</h2>
        <ul class="sale-rules">{rules}</ul>
    }
}
