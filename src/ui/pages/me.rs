//! My seats.

use super::{PageRequest, loaded};
use crate::{
    api,
    types::{account, error::AppError, lang::Lang, wire::Nothing},
    ui::{
        context::PageStatus,
        link,
        parts::{
            frame::frame,
            head::{Head, NavEntry},
            message::message,
            notice,
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
    student: &account::Me,
    error: Option<AppError>,
) -> Result<AnyView, AppError> {
    let orders = api::account::list_orders(Nothing {}).await?.result;
    let tickets = api::seckill::list_tickets(Nothing {}).await?.result;
    let (waiting, mut lost): (Vec<_>, Vec<_>) = tickets
        .into_iter()
        .partition(|ticket| ticket.reason.is_none());
    // Whoever got a seat of the sale after all need not be told of the click before.
    lost.retain(|ticket| orders.iter().all(|order| order.sale_id != ticket.sale_id));
    let places = api::account::list_sessions(Nothing {}).await?.result;
    let seats = match orders.as_slice() {
        [] if waiting.is_empty() => empty(lang).into_any(),
        [] => ().into_any(),
        orders => view! { <ul class="seats">{orders.iter().map(|order| seat(lang, order)).collect_view()}</ul> }.into_any(),
    };
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
        {tries(lang, words::waiting_title(lang), &waiting)}
        {seats}
        {tries(lang, words::lost_title(lang), &lost)}
        {sessions(lang, &places)}
    };
    Ok(frame(
        lang,
        &Head::private("/me", words::heading(lang))
            .at(NavEntry::Seats)
            .of(student),
        main,
    ))
}

fn empty(lang: Lang) -> impl IntoView {
    let next = view! {
        <p class="message-next">
            <a class="button" href=link::page(lang, "/#sales")>
                {words::empty_go(lang)}
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
