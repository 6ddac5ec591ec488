//! A place in the queue: waiting, won or lost. Without JavaScript this is where a click leads.

use super::{PageRequest, for_asker, loaded};
use crate::{
    api,
    rules::seckill::ticket::{CODE_LOST, CODE_WON},
    types::{
        error::AppError,
        lang::Lang,
        order::{ORDERS_MAX, Order},
        sale::{Loss, PollArgs, Polled, Reason},
        text::Text,
        wire::Nothing,
    },
    ui::{
        context::{PageStatus, RenderedAt},
        link,
        parts::{
            frame::frame,
            head::{Head, NavEntry},
            notice,
            ticket::{Fact, ended, ended_heading, id, lost, opens, paid_for, waiting, won},
        },
        sales::{OnSale, Sales},
        text::{seckill, ticket as words},
    },
};
use leptos::prelude::*;

#[component]
pub fn Ticket() -> impl IntoView {
    let asked = PageRequest::here();
    let task_id = PageRequest::part("task_id").trim().to_owned();
    // As this shop writes it, however the request spelled it: a student who must sign in first has
    // an id that is genuine, and so short.
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
    let polled = api::seckill::poll(PollArgs {
        task_id: Some(Text(task_id.clone())),
    })
    .await?;
    let (title, main) = match polled.code {
        CODE_WON => won_view(lang, &polled, &task_id).await?,
        CODE_LOST => (
            seckill::loss_title(lang, Loss::of(&polled).reason),
            lost_view(lang, &polled, &task_id).await?,
        ),
        _ => (
            words::waiting_heading(lang),
            waiting_view(lang, &polled, &task_id).await?,
        ),
    };
    let head = for_asker(Head::private(path, title).at(NavEntry::Mine)).await;
    let main = view! {
        {notice::here(lang)}
        {main}
    };
    Ok(frame(lang, &head, main))
}

/// The title and the page. What was told of a ticket stays, so its order says whether the seat is
/// still there.
async fn won_view(
    lang: Lang,
    polled: &Polled,
    task_id: &str,
) -> Result<(&'static str, AnyView), AppError> {
    // While the database is away the seat is known all the same, only not what else stands on the
    // order.
    let orders = api::account::list_orders(Nothing {})
        .await
        .map(|reply| reply.result);
    let has_all = orders
        .as_ref()
        .is_ok_and(|orders| i64::try_from(orders.len()).is_ok_and(|count| count < ORDERS_MAX));
    // Another order of the same sale is another ticket's.
    let is_own = |order: &Order| {
        order.sale_id.is_some()
            && order.sale_id == polled.sale
            && Some(order.clicked_at) == polled.clicked_at
    };
    let order = orders.unwrap_or_default().into_iter().find(is_own);
    let has_ended = order
        .as_ref()
        .map_or(has_all, |order| !order.state.is_live());
    if has_ended {
        let state = order.as_ref().map(|order| order.state);
        let facts = match &order {
            Some(order) => order_facts(lang, order),
            None => {
                let sales = Sales::load().await?;
                sale_facts(lang, polled.sale.and_then(|id| sales.get(id)), task_id)
            }
        };
        return Ok((
            ended_heading(lang, state),
            ended(lang, state, polled.sale, facts),
        ));
    }
    let facts = order
        .as_ref()
        .map(|order| order_facts(lang, order))
        .unwrap_or_default();
    Ok((
        words::won_heading(lang),
        won(lang, polled.seat, order.as_ref(), facts),
    ))
}

async fn lost_view(lang: Lang, polled: &Polled, task_id: &str) -> Result<AnyView, AppError> {
    let loss = Loss::of(polled);
    let (sales, now) = (Sales::load().await?, RenderedAt::here());
    let on = polled.sale.and_then(|id| sales.get(id));
    let mut facts = sale_facts(lang, on, task_id);
    // Where the sale has opened since then there is nothing to count to.
    let coming = on.filter(|on| loss.reason == Reason::TooEarly && on.sale.opens_at > now);
    facts.splice(..0, coming.map(|on| opens(lang, on.sale)));
    Ok(lost(lang, &loss, polled.sale, facts))
}

async fn waiting_view(lang: Lang, polled: &Polled, task_id: &str) -> Result<AnyView, AppError> {
    let sales = Sales::load().await?;
    let facts = sale_facts(lang, polled.sale.and_then(|id| sales.get(id)), task_id);
    Ok(waiting(lang, task_id, polled.place, facts))
}

fn sale_facts(lang: Lang, on: Option<OnSale<'_>>, task_id: &str) -> Vec<Fact> {
    let sale = on.map(|on| paid_for(lang, &on.sale.course_name, on.sale.price));
    sale.into_iter()
        .flatten()
        .chain([id(lang, task_id)])
        .collect()
}

fn order_facts(lang: Lang, order: &Order) -> Vec<Fact> {
    let number = Fact {
        name: words::order(lang),
        value: order.id.to_string().into_any(),
        lang: None,
    };
    paid_for(lang, &order.course_name, order.price)
        .into_iter()
        .chain([number])
        .collect()
}
