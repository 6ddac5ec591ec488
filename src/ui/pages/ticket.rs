//! A place in the queue: waiting, won or lost. Without JavaScript this is where a click leads.

use super::{Asked, loaded};
use crate::{
    api,
    seckill::ticket::{CODE_LOST, CODE_WON},
    types::{
        error::AppError,
        lang::Lang,
        sale::{Order, PollArgs, Polled, Reason},
        text::Text,
        wire::Nothing,
    },
    ui::{
        parts::{
            frame::frame,
            head::{Head, Place},
            link,
            ticket::{Fact, lost, paid_for, waiting, won},
        },
        sales::Sales,
        shell::PageStatus,
        text::ticket as words,
    },
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn Ticket() -> impl IntoView {
    let asked = Asked::here();
    let task_id = Asked::part("task_id").trim().to_owned();
    // As this shop writes it, however the request spelled it: a student who must sign in first has an id that is genuine, and so short.
    let path = format!("/tickets/{task_id}");
    loaded(asked.lang, asked.path, async move {
        let page = ticket(asked.lang, &path, task_id).await;
        if matches!(page, Err(AppError::NotSignedIn)) {
            PageStatus::here().redirect(link::sign_in(asked.lang, &path));
        }
        page
    })
}

async fn ticket(lang: Lang, path: &str, task_id: String) -> Result<AnyView, AppError> {
    let polled = api::seckill::sckill_poll(PollArgs { task_id: Some(Text(task_id.clone())) }).await?;
    let (title, main) = match polled.code {
        CODE_WON => (words::won_heading(lang), won_view(lang, &polled).await?),
        CODE_LOST => (words::lost_heading(lang), lost_view(lang, &polled, task_id).await?),
        _ => (words::waiting_heading(lang), waiting_view(lang, &polled, task_id).await?),
    };
    let head = Head::private(path, title).at(Place::Seats);
    let head = match api::account::me(Nothing {}).await {
        Ok(reply) => reply.result.iter().fold(head, Head::of),
        // A ticket is shown even while sessions can't be read.
        Err(_) => head,
    };
    Ok(frame(lang, &head, main))
}

async fn won_view(lang: Lang, polled: &Polled) -> Result<AnyView, AppError> {
    // While the record is away the seat is known all the same, only not what else stands on the order.
    let orders = api::account::orders(Nothing {}).await.map(|reply| reply.result).unwrap_or_default();
    let order = orders.into_iter().find(|order| Some(order.sale_id) == polled.sale);
    let facts = order.as_ref().map(|order| order_facts(lang, order)).unwrap_or_default();
    Ok(won(lang, polled.seat, order.as_ref(), facts))
}

async fn lost_view(lang: Lang, polled: &Polled, task_id: String) -> Result<AnyView, AppError> {
    let facts = sale_facts(lang, polled, task_id).await?;
    let back = polled.sale.map(|id| link::page(lang, &format!("/seckill/{id}")));
    Ok(lost(lang, polled.reason.unwrap_or(Reason::NoTicket), back, facts))
}

async fn waiting_view(lang: Lang, polled: &Polled, task_id: String) -> Result<AnyView, AppError> {
    let facts = sale_facts(lang, polled, task_id.clone()).await?;
    Ok(waiting(lang, &task_id, polled.place, facts))
}

async fn sale_facts(lang: Lang, polled: &Polled, task_id: String) -> Result<Vec<Fact>, AppError> {
    let sales = Sales::load().await?;
    let sale = polled.sale.and_then(|id| sales.get(id)).map(|on| on.sale);
    let mut facts: Vec<_> = sale.map(|sale| paid_for(lang, &sale.course_name, sale.price)).into_iter().flatten().collect();
    facts.push(Fact { name: words::id(lang), value: task_id, lang: None });
    Ok(facts)
}

fn order_facts(lang: Lang, order: &Order) -> Vec<Fact> {
    let number = Fact { name: words::order(lang), value: order.id.to_string(), lang: None };
    paid_for(lang, &order.course_name, order.price).into_iter().chain([number]).collect()
}
