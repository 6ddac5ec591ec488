//! Nothing here, or something wrong: what it is, and what to do next.

use crate::{
    types::{error::AppError, lang::Lang},
    ui::{parts::link, text},
};
use leptos::prelude::*;

/// A drawing, a sentence or two, and what to do next.
pub fn message(picture: &'static str, title: impl IntoView, words: &'static str, next: impl IntoView) -> impl IntoView {
    view! {
        <div class="message">
            <img src=picture width="160" height="120" alt="" />
            {title}
            <p class="message-text">{words}</p>
            {next}
        </div>
    }
}

/// An error that takes the whole page.
pub fn failure(lang: Lang, error: &AppError) -> impl IntoView + use<> {
    view! {
        <div class="message">
            <p class="message-code" aria-hidden="true">
                {error.status()}
            </p>
            <h1>{text::failure::title(lang, error)}</h1>
            <p class="message-text">{text::failure::text(lang, error)}</p>
            <p class="message-next">
                <a class="button" href=lang.path("/")>
                    {text::failure::go_home(lang)}
                </a>
                <a class="button" data-kind="quiet" href=link::page(lang, "/courses")>
                    {text::failure::go_courses(lang)}
                </a>
            </p>
        </div>
    }
}
