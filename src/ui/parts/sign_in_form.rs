//! The two steps of signing in: a mobile, then the code that it got.

use crate::{
    types::{
        account::{OutboxMessage, SignInStep},
        error::{AppError, Fault},
        lang::Lang,
    },
    ui::{
        islands::SignInSteps,
        parts::{link, notice},
        text::sign_in as text,
    },
};
use leptos::prelude::*;

/// Minutes that a code is good for, as the hint says.
const CODE_MINUTES: i64 = 5;
/// Characters of a mobile as people write it.
const MOBILE_MAX: &str = "24";
/// Characters of a code as people paste it.
const CODE_MAX: &str = "12";

const SEND: &str = "/api/v1/user/send_sms/";
const SIGN_IN: &str = "/api/v1/user/login_sms/";

/// The first step: the mobile.
pub fn mobile_step(lang: Lang, next: &str, error: Option<&AppError>) -> impl IntoView + use<> {
    let (beside, above) = split(lang, error, mobile_error);
    let back = next.starts_with("/seckill/").then(|| view! { <p class="sign-in-note">{text::note_sale(lang)}</p> });
    let inside = view! {
        <section class="sign-in sheet" data-step="mobile" aria-labelledby="sign-in-title">
            <h1 id="sign-in-title">{text::heading(lang)}</h1>
            {back}
            {above}
            <form class="sign-in-form" method="post" action=link::action(lang, SEND, Some(next))>
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
                        maxlength=MOBILE_MAX
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
            <p class="sign-in-note">{text::note(lang)}</p>
        </section>
    };
    view! { <SignInSteps>{inside}</SignInSteps> }
}

/// The second step: the code.
pub fn code_step(lang: Lang, next: &str, mobile: &str, gap_s: i64, error: Option<&AppError>) -> impl IntoView + use<> {
    let (beside, above) = split(lang, error, code_error);
    let again = link::sign_in(lang, next);
    let inside = view! {
        <section class="sign-in sheet" data-step="code" aria-labelledby="sign-in-title">
            <h1 id="sign-in-title">{text::code_heading(lang)}</h1>
            <p class="sign-in-note" role="status">
                {text::code_sent(lang, mobile)}
            </p>
            {above}
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
                        maxlength=CODE_MAX
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
            <div class="sign-in-again" data-gap-s=gap_s.to_string()>
                <form method="post" action=link::action(lang, SEND, Some(next))>
                    <button class="link-button" type="submit" name="again" value="1">
                        {text::code_again(lang)}
                    </button>
                </form>
                <a class="link-button" href=format!("{again}&change=1")>
                    {text::mobile_change(lang)}
                </a>
            </div>
        </section>
    };
    view! { <SignInSteps>{inside}</SignInSteps> }
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

/// An error that belongs to the field, or else one that stands above the form.
fn split(
    lang: Lang,
    error: Option<&AppError>,
    of_field: fn(Lang, Fault) -> &'static str,
) -> (Option<&'static str>, Option<impl IntoView + use<>>) {
    match error {
        Some(AppError::BadField { why, .. }) => (Some(of_field(lang, *why)), None),
        other => (None, other.map(|error| notice::of_error(lang, Some(error)))),
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

/// What is wrong with a mobile.
pub fn mobile_error(lang: Lang, why: Fault) -> &'static str {
    match why {
        Fault::Missing => text::error_mobile_missing(lang),
        Fault::Malformed | Fault::OutOfRange | Fault::Unknown | Fault::WrongCode | Fault::Unreadable => text::error_mobile(lang),
    }
}

/// What is wrong with a code.
pub fn code_error(lang: Lang, why: Fault) -> &'static str {
    match why {
        Fault::Missing => text::error_code_missing(lang),
        Fault::Malformed | Fault::OutOfRange | Fault::Unknown | Fault::WrongCode | Fault::Unreadable => text::error_code(lang),
    }
}
