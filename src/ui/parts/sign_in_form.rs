//! The two steps of signing in: a mobile, then the code that it got.

use crate::{
    types::{
        account::{Mobile, OutboxMessage, SignInStep},
        error::{AppError, Fault},
        lang::Lang,
        typed::MESSAGE_MAX,
    },
    ui::{
        islands::SignInSteps,
        link,
        parts::notice,
        text::{failure, sign_in as text},
    },
};
use leptos::prelude::*;

/// Minutes that a code is good for, as the hint says.
const CODE_MINUTES: i64 = 5;
const SEND: &str = "/api/v1/user/send_sms/";
const SIGN_IN: &str = "/api/v1/user/login_sms/";

/// The first step: the mobile. With `pending`, a mobile that a code was sent to, there is a way to
/// type that in.
pub fn mobile_step(
    lang: Lang,
    next: &str,
    error: Option<&AppError>,
    pending: Option<&str>,
) -> impl IntoView + use<> {
    let (beside, above) = split(lang, error, "mobile", text::mobile_error);
    let back = next
        .starts_with("/seckill/")
        .then(|| view! { <p class="sign-in-note">{text::note_sale(lang)}</p> });
    // What is refused leads back here, not to the code of an earlier mobile.
    let ask = link::action(lang, SEND, Some(next)) + "&change=1";
    let pending = pending.map(|mobile| {
        view! {
            <p class="sign-in-note">
                <a href=link::sign_in(lang, next)>{text::code_pending(lang, mobile)}</a>
            </p>
        }
    });
    let inside = view! {
        <section class="sign-in sheet" data-step="mobile" aria-labelledby="sign-in-title">
            <h1 id="sign-in-title">{text::heading(lang)}</h1>
            {back}
            {above}
            <form class="sign-in-form" method="post" action=ask>
                <div class="field">
                    <label class="field-label" for="mobile">
                        {text::mobile(lang)}
                    </label>
                    <input
                        class="field-input"
                        id="mobile"
                        name="mobile"
                        type="tel"
                        inputmode="numeric"
                        autocomplete="tel-national"
                        required
                        maxlength=Mobile::TEXT_MAX.to_string()
                        aria-describedby=if beside.is_some() { "mobile-error mobile-hint" } else { "mobile-hint" }
                        aria-invalid=beside.is_some().then_some("true")
                    />
                    {field_error("mobile-error", beside)}
                    <p class="field-hint" id="mobile-hint">
                        {text::mobile_hint(lang)}
                    </p>
                </div>
                <button class="button" type="submit">
                    {text::send_code(lang)}
                </button>
            </form>
            {pending}
            {consent(lang)}
        </section>
    };
    view! { <SignInSteps>{inside}</SignInSteps> }
}

/// What a student agrees to by signing in.
fn consent(lang: Lang) -> impl IntoView {
    view! {
        <p class="sign-in-note">
            {text::note(lang)} <a href=link::page(lang, "/terms")>{text::note_terms(lang)}</a> {text::note_and(lang)}
            <a href=link::page(lang, "/privacy")>{text::note_privacy(lang)}</a> {text::note_end(lang)}
        </p>
    }
}

/// The second step: the code, or instead of its field that it is void. Another one may be sent in
/// `wait_s` seconds.
pub fn code_step(
    lang: Lang,
    next: &str,
    mobile: &str,
    wait_s: i64,
    error: Option<&AppError>,
) -> impl IntoView + use<> {
    let is_void = matches!(
        error,
        Some(AppError::BadField {
            why: Fault::CodeVoid,
            ..
        })
    );
    let (above, form) = if is_void {
        (
            notice::warning(text::code_void(lang).to_owned()).into_any(),
            None,
        )
    } else {
        let (beside, above) = split(lang, error, "code", text::code_error);
        let status = view! {
            <p class="sign-in-note" role="status">
                {text::code_sent(lang, mobile)}
            </p>
            {above}
        };
        (status.into_any(), Some(code_form(lang, next, beside)))
    };
    let inside = view! {
        <section class="sign-in sheet" data-step="code" aria-labelledby="sign-in-title">
            <h1 id="sign-in-title">{text::code_heading(lang)}</h1>
            {above}
            {form}
            {again(lang, next, wait_s, is_void)}
        </section>
    };
    view! { <SignInSteps>{inside}</SignInSteps> }
}

fn code_form(lang: Lang, next: &str, beside: Option<&'static str>) -> impl IntoView + use<> {
    view! {
        <form class="sign-in-form" method="post" action=link::action(lang, SIGN_IN, Some(next))>
            <div class="field">
                <label class="field-label" for="code">
                    {text::code(lang)}
                </label>
                <input
                    class="field-input"
                    data-kind="code"
                    id="code"
                    name="code"
                    type="text"
                    inputmode="numeric"
                    autocomplete="one-time-code"
                    required
                    maxlength=MESSAGE_MAX.to_string()
                    aria-describedby=if beside.is_some() { "code-error code-hint" } else { "code-hint" }
                    aria-invalid=beside.is_some().then_some("true")
                />
                {field_error("code-error", beside)}
                <p class="field-hint" id="code-hint">
                    {text::code_hint(lang, CODE_MINUTES)}
                </p>
            </div>
            <button class="button" type="submit">
                {text::code_go(lang)}
            </button>
        </form>
    }
}

/// Another code, or another mobile; the first is what is left to do when a code is void.
fn again(lang: Lang, next: &str, wait_s: i64, is_void: bool) -> impl IntoView + use<> {
    let change = link::sign_in(lang, next);
    view! {
        <div class="sign-in-again" data-wait-s=wait_s.to_string()>
            <form method="post" action=link::action(lang, SEND, Some(next))>
                <button class=if is_void { "button" } else { "link-button" } type="submit" name="again" value="1">
                    {text::code_again(lang)}
                </button>
            </form>
            <a class="link-button" href=format!("{change}&change=1")>
                {text::mobile_change(lang)}
            </a>
        </div>
    }
}

/// The messages that telephones would have got; only in a shop to try out.
pub fn outbox(lang: Lang, step: &SignInStep) -> Option<impl IntoView + use<>> {
    let message = |message: &OutboxMessage| {
        view! {
            <li class="outbox-message">
                {text::outbox_text(lang, &message.mobile)} " " <b>{message.code.clone()}</b> " "
                <time datetime=message.at.in_shop().rfc3339()>{message.at.in_shop().time()}</time>
            </li>
        }
    };
    let list = match step.outbox.as_slice() {
        [] => view! { <p class="outbox-message">{text::outbox_none(lang)}</p> }.into_any(),
        messages => view! { <ul>{messages.iter().map(message).collect_view()}</ul> }.into_any(),
    };
    step.demo.then(|| {
        view! {
            <aside class="outbox" aria-labelledby="outbox-title">
                <h2 class="outbox-title" id="outbox-title">
                    {text::outbox_title(lang)}
                </h2>
                {list}
            </aside>
        }
    })
}

/// An error that belongs to the field of this name, or else one that stands above the form.
fn split(
    lang: Lang,
    error: Option<&AppError>,
    own: &str,
    of_field: fn(Lang, Fault) -> &'static str,
) -> (Option<&'static str>, Option<impl IntoView + use<>>) {
    match error {
        Some(AppError::BadField { field, why }) if field == own || field.is_empty() => {
            (Some(of_field(lang, *why)), None)
        }
        Some(AppError::TooManyRequests { retry_s }) => {
            (None, Some(notice::warning(text::too_soon(lang, *retry_s))))
        }
        other => (
            None,
            other.map(|error| notice::warning(failure::text(lang, error))),
        ),
    }
}

fn field_error(id: &'static str, words: Option<&'static str>) -> impl IntoView {
    words.map(|words| {
        view! {
            <p class="field-error" id=id role="alert">
                {words}
            </p>
        }
    })
}
