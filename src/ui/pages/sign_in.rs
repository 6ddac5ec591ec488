//! Signing in: a mobile, then a code, then back to where the student was.

use super::{PageRequest, loaded};
use crate::{
    api,
    types::{self, error::AppError, lang::Lang, wire::Nothing},
    ui::{
        context::PageStatus,
        link,
        parts::{
            frame::frame,
            head::Head,
            notice,
            sign_in_form::{code_step, mobile_step, outbox},
        },
        text::{self, sign_in as words},
    },
};
use leptos::prelude::*;

#[component]
pub fn SignIn() -> impl IntoView {
    let asked = PageRequest::here();
    let next = asked
        .query("next")
        .as_deref()
        .and_then(types::link::page)
        .map(str::to_owned);
    let error = notice::error_of(|name| asked.query(name));
    let change = asked.query("change").is_some();
    loaded(asked.lang, asked.path, async move {
        sign_in(asked.lang, next, error, change).await
    })
}

async fn sign_in(
    lang: Lang,
    asked_next: Option<String>,
    error: Option<AppError>,
    change: bool,
) -> Result<AnyView, AppError> {
    let next = asked_next.clone().unwrap_or_else(|| link::SIGNED_IN.into());
    if api::account::read_me(Nothing {}).await?.result.is_some() {
        PageStatus::here().redirect(link::page(lang, &next));
    }
    let step = api::account::read_sign_in_step(Nothing {}).await?.result;
    let at_mobile =
        change || matches!(&error, Some(AppError::BadField { field, .. }) if field == "mobile");
    let (title, form) = match step.mobile.as_deref().filter(|_| !at_mobile) {
        Some(mobile) => (
            words::code_heading(lang),
            code_step(lang, &next, mobile, step.wait_s, error.as_ref()).into_any(),
        ),
        None => (
            words::heading(lang),
            mobile_step(lang, &next, error.as_ref(), step.mobile.as_deref()).into_any(),
        ),
    };
    let main = view! {
        {form}
        {outbox(lang, &step)}
    };
    let first = step.mobile.is_none() && error.is_none() && !change;
    let head = match asked_next {
        // What whoever looks for the shop's sign-in finds: the page as it is for everybody.
        None if first => Head::public(link::SIGN_IN, title, text::frame::about(lang)),
        _ => Head::private(link::sign_in(Lang::Zh, &next), title),
    };
    Ok(frame(lang, &head, main))
}
