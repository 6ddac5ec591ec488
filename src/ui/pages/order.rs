//! An order: how it stands, how it is paid, and its receipt.

use super::{PageRequest, for_asker, loaded};
use crate::{
    api,
    types::{
        error::AppError,
        ids::OrderId,
        lang::Lang,
        order::{OrderArgs, OrderDetail, OrderState, PayArgs},
        payment::{PayKind, PayWay, QrCode},
    },
    ui::{
        context::PageStatus,
        link,
        parts::{
            frame::frame,
            head::{Head, NavEntry},
            notice,
            order::{Paying, order, receipt},
        },
        text::order as words,
    },
};
use leptos::prelude::*;

#[component]
pub fn Order() -> impl IntoView {
    let asked = PageRequest::here();
    let (lang, id) = (asked.lang, asked_id());
    // The student comes back from a provider, and may have paid; or pays by a code, on a phone.
    let (is_back, by_code) = (asked.query("back").is_some(), asked.query("code").is_some());
    let error = notice::error_of(|name| asked.query(name));
    loaded(lang, asked.path, async move {
        let id = id.ok_or(AppError::NotFound)?;
        let here = format!("/orders/{id}");
        let detail = if is_back {
            check(lang, id, &format!("{here}?back=1")).await?
        } else if by_code {
            check(lang, id, &format!("{here}?code=1")).await?
        } else {
            read(lang, id, &here).await?
        };
        let code = if by_code { code(&detail).await } else { None };
        let paying = match &code {
            Some(code) => Paying::By(code),
            None if is_back => Paying::Done,
            None => Paying::Not,
        };
        let main = view! {
            {notice::of_error(lang, error.as_ref())}
            {order(lang, &detail, paying)}
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

/// The code of the payment that was begun; none when none was, since a link to this page makes no
/// payment, or it can't be paid any more.
async fn code(detail: &OrderDetail) -> Option<QrCode> {
    let provider = detail.payment.as_ref()?.provider;
    if !detail.providers.contains(&provider) {
        return None;
    }
    let args = PayArgs {
        order: Some(detail.order.id.into()),
        provider: Some(provider.name().into()),
        way: Some(PayKind::Qr.name().into()),
    };
    match api::order::pay_order(args).await.ok()?.result.way {
        PayWay::Qr { code, .. } => Some(code),
        PayWay::Link { .. } => None,
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
