//! Frame of every page: header, footer and the links around the content.

use crate::{
    types::lang::Lang,
    ui::{
        parts::{
            footer::footer,
            head::{Head, head},
            header::header,
        },
        text,
    },
};
use leptos::prelude::*;

/// A whole page. Its parts are erased here: as one type they nest deeper than the compiler looks.
pub fn frame(lang: Lang, about: &Head, main: impl IntoView + 'static) -> AnyView {
    view! {
        {head(lang, about)}
        <a class="skip" href="#main">
            {text::frame::skip(lang)}
        </a>
        {header(lang, about).into_any()}
        <main class="page" id="main" tabindex="-1">
            {main.into_any()}
        </main>
        {footer(lang).into_any()}
    }
    .into_any()
}

/// The way from the home page to here: addresses and names, the latter from the database when
/// marked so.
pub fn crumbs(lang: Lang, way: Vec<(String, String, Option<&'static str>)>) -> AnyView {
    let steps = way
        .into_iter()
        .map(|(href, name, name_lang)| {
            view! {
                <li>
                    <a href=href lang=name_lang>
                        {name}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav aria-label=text::frame::crumbs(lang)>
            <ol class="crumbs">{steps}</ol>
        </nav>
    }
    .into_any()
}
