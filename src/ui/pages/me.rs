//! My courses: what is to be paid, what is the student's, and what has ended.

use super::{PageRequest, loaded};
use crate::{
    api,
    types::{account, error::AppError, lang::Lang, order::Order, wire::Nothing},
    ui::{
        context::{PageStatus, RenderedAt},
        link,
        parts::{
            frame::frame,
            head::{Head, NavEntry},
            message::message,
            notice,
            order::ended,
            seat::{seat, tries},
            sessions::sessions,
        },
        text::me as words,
    },
};
use leptos::prelude::*;

#[component]
pub fn Me() -> impl IntoView {
    let asked = PageRequest::here();
    let error = notice::error_of(|name| asked.query(name));
    loaded(asked.lang, asked.path, async move {
        match api::account::read_me(Nothing {}).await?.result {
            Some(me) => own(asked.lang, &me, error).await,
            None => {
                PageStatus::here().redirect(link::sign_in(asked.lang, "/me"));
                Err(AppError::NotSignedIn)
            }
        }
    })
}

async fn own(
    lang: Lang,
    student: &account::Asker,
    error: Option<AppError>,
) -> Result<AnyView, AppError> {
    let orders = api::account::list_orders(Nothing {}).await?.result;
    let tickets = api::seckill::list_tickets(Nothing {}).await?.result;
    let (waiting, mut lost): (Vec<_>, Vec<_>) = tickets
        .into_iter()
        .partition(|ticket| ticket.reason.is_none());
    let (live, over): (Vec<_>, Vec<_>) =
        orders.into_iter().partition(|order| order.state.is_live());
    // Whoever got a seat of the sale after all need not be told of the click before.
    lost.retain(|ticket| {
        live.iter()
            .all(|order| order.sale_id != Some(ticket.sale_id))
    });
    let is_empty = live.is_empty() && waiting.is_empty();
    let (owned, holds): (Vec<_>, Vec<_>) =
        live.into_iter().partition(|order| order.state.is_paid());
    let places = api::account::list_sessions(Nothing {}).await?.result;
    let main = view! {
        <h1>{words::heading(lang)}</h1>
        {notice::of_error(lang, error.as_ref())}
        <div class="me-account">
            <p>{words::signed_in(lang, &student.mobile)}</p>
            <form method="post" action=link::action(lang, "/api/v1/user/logout/", None)>
                <button class="link-button" type="submit">
                    {words::sign_out(lang)}
                </button>
            </form>
        </div>
        // Each part without its type: as deep as all of them together, the compiler takes none.
        {holds_of(lang, &holds).into_any()}
        {tries(lang, words::waiting_title(lang), &waiting).into_any()}
        {is_empty.then(|| empty(lang).into_any())}
        {seats(lang, &owned).into_any()}
        {tries(lang, words::lost_title(lang), &lost).into_any()}
        {ended_of(lang, &over).into_any()}
        {sessions(lang, &places).into_any()}
    };
    Ok(frame(
        lang,
        &Head::private("/me", words::heading(lang))
            .at(NavEntry::Mine)
            .of(student),
        main,
    ))
}

/// What is to be paid, with the time that is left, above all else.
fn holds_of(lang: Lang, holds: &[Order]) -> Option<impl IntoView + use<>> {
    (!holds.is_empty()).then(|| {
        view! {
            <section class="part" aria-labelledby="holds">
                <h2 id="holds">{words::holds_title(lang)}</h2>
                {seats(lang, holds)}
            </section>
        }
    })
}

fn seats(lang: Lang, orders: &[Order]) -> Option<impl IntoView + use<>> {
    let now = RenderedAt::here();
    let seats = orders
        .iter()
        .map(|order| seat(lang, order, now).into_any())
        .collect_view();
    (!orders.is_empty()).then(|| view! { <ul class="seats">{seats}</ul> })
}

/// Orders that ended, folded.
fn ended_of(lang: Lang, orders: &[Order]) -> Option<impl IntoView + use<>> {
    let rows = orders.iter().map(|order| ended(lang, order)).collect_view();
    (!orders.is_empty()).then(|| {
        view! {
            <details class="me-ended">
                <summary>{words::ended_title(lang)}</summary>
                <ul>{rows}</ul>
            </details>
        }
    })
}

fn empty(lang: Lang) -> impl IntoView {
    let next = view! {
        <p class="message-next">
            <a class="button" href=link::page(lang, "/#sales")>
                {words::empty_go(lang)}
            </a>
            <a class="button" data-kind="quiet" href=link::page(lang, "/courses")>
                {words::empty_courses(lang)}
            </a>
        </p>
    };
    message(
        "/media/empty.svg",
        view! { <h2>{words::empty_title(lang)}</h2> },
        words::empty_text(lang),
        next,
    )
}
