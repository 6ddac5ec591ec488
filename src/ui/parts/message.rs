//! Nothing here, or something wrong: what it is, and what to do next.

use crate::{
    types::{error::AppError, lang::Lang},
    ui::{context::RequestName, link, parts::search::search_field, text},
};
use leptos::prelude::*;

/// A drawing, a sentence or two, and what to do next.
pub fn message(
    picture: &'static str,
    title: impl IntoView,
    words: &'static str,
    next: impl IntoView,
) -> impl IntoView {
    view! {
        <div class="message">
            <img src=picture width="160" height="120" alt="" />
            {title}
            <p class="message-text">{words}</p>
            {next}
        </div>
    }
}

/// An error that takes the whole page: what it is, and the way on. What may work in a moment can be
/// tried again, what is not there can be searched for, and what is the shop's own fault has a
/// number to tell.
pub fn failure(lang: Lang, error: &AppError) -> impl IntoView + use<> {
    let is_ours = matches!(error, AppError::Internal | AppError::Unavailable);
    let may_pass = is_ours || error.retry_s().is_some();
    let has_way = may_pass || *error == AppError::NotYours;
    let name = Some(RequestName::here()).filter(|name| is_ours && !name.is_empty());
    view! {
        <div class="message">
            <p class="message-code" aria-hidden="true">
                {error.status()}
            </p>
            <h1>{text::failure::title(lang, error)}</h1>
            <p class="message-text">{text::failure::text(lang, error)}</p>
            {(*error == AppError::NotFound).then(|| search(lang).into_any())}
            <p class="message-next">
                {may_pass.then(|| again(lang))}
                {(*error == AppError::NotYours).then(|| change_account(lang))}
                <a class="button" data-kind=has_way.then_some("quiet") href=lang.path("/")>
                    {text::failure::go_home(lang)}
                </a>
                <a class="button" data-kind="quiet" href=link::page(lang, "/courses")>
                    {text::courses::title(lang)}
                </a>
            </p>
            {name.map(|name| view! { <p class="message-trace">{text::failure::request(lang, &name)}</p> })}
        </div>
    }
}

/// The same address once more, with and without JavaScript.
fn again(lang: Lang) -> impl IntoView {
    view! {
        <a class="button" href="">
            {text::failure::try_again(lang)}
        </a>
    }
}

/// Where a student signs out, to come back as whose it is.
fn change_account(lang: Lang) -> impl IntoView {
    view! {
        <a class="button" href=lang.path("/me")>
            {text::failure::go_sign_out(lang)}
        </a>
    }
}

/// What was here may have another address now.
fn search(lang: Lang) -> impl IntoView {
    view! {
        <form class="message-search" action=lang.path("/courses") method="get" role="search">
            {search_field(lang, None, None)}
        </form>
    }
}
