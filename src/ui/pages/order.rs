//! An order: how it stands, how it is paid, and its receipt.

use super::{PageRequest, for_asker, loaded};
use crate::{
    api,
    types::{
        error::AppError,
        ids::OrderId,
        lang::Lang,
        order::{OrderArgs, OrderDetail, OrderState},
    },
    ui::{
        context::PageStatus,
        link,
        parts::{
            frame::frame,
            head::{Head, NavEntry},
            notice,
            order::{order, receipt},
        },
        text::order as words,
    },
};
use leptos::prelude::*;

#[component]
pub fn Order() -> impl IntoView {
    let asked = PageRequest::here();
    let (lang, id) = (asked.lang, asked_id());
    // The student comes back from a provider, and may have paid.
    let is_back = asked.query("back").is_some();
    let error = notice::error_of(|name| asked.query(name));
    loaded(lang, asked.path, async move {
        let id = id.ok_or(AppError::NotFound)?;
        let here = format!("/orders/{id}");
        let detail = if is_back {
            check(lang, id, &format!("{here}?back=1")).await?
        } else {
            read(lang, id, &here).await?
        };
        let main = view! {
            {notice::of_error(lang, error.as_ref())}
            {order(lang, &detail, is_back)}
        };
        let head = head(here, words::title(lang, id.0)).await;
        Ok(frame(lang, &head, main))
    })
}

/// The receipt of an order that is paid; any other order has none, and is shown itself.
#[component]
pub fn Receipt() -> impl IntoView {
    let asked = PageRequest::here();
    let (lang, id) = (asked.lang, asked_id());
    loaded(lang, asked.path, async move {
        let id = id.ok_or(AppError::NotFound)?;
        let here = format!("/orders/{id}/receipt");
        let detail = read(lang, id, &here).await?;
        if detail.order.state != OrderState::Paid {
            PageStatus::here().redirect(link::page(lang, &format!("/orders/{id}")));
        }
        let head = head(here, words::receipt_title(lang, id.0)).await;
        Ok(frame(lang, &head, receipt(lang, &detail)))
    })
}

fn asked_id() -> Option<OrderId> {
    PageRequest::part("id")
        .parse()
        .ok()
        .filter(|id: &OrderId| id.0 > 0)
}

fn args(id: OrderId) -> OrderArgs {
    OrderArgs {
        order: Some(id.into()),
    }
}

async fn read(lang: Lang, id: OrderId, here: &str) -> Result<OrderDetail, AppError> {
    let answer = api::order::read_order(args(id)).await;
    signed_in(lang, here, answer.map(|reply| reply.result))
}

/// The same after a look at the provider. While that one does not answer, the order is shown as the
/// shop knows it.
async fn check(lang: Lang, id: OrderId, here: &str) -> Result<OrderDetail, AppError> {
    match api::order::check_order(args(id)).await {
        Err(AppError::Refused { .. }) => read(lang, id, here).await,
        answer => signed_in(lang, here, answer.map(|reply| reply.result)),
    }
}

/// Leads a visitor to sign in, and back here.
fn signed_in(
    lang: Lang,
    here: &str,
    answer: Result<OrderDetail, AppError>,
) -> Result<OrderDetail, AppError> {
    if matches!(answer, Err(AppError::NotSignedIn)) {
        PageStatus::here().redirect(link::sign_in(lang, here));
    }
    answer
}

async fn head(path: String, title: String) -> Head {
    for_asker(Head::private(path, title).at(NavEntry::Mine)).await
}
