//! `qiangke order`: what students hold, paid, and got back.

use super::{open, parsed, there};
use crate::{
    server::{
        clock::{Clock, shop_time},
        config::Database,
        log,
        output::{Output, counted},
        store::{Cancelled, OrderQuery, OrderRow, RefundAsked, Store},
    },
    types::{
        ids::{OrderId, SaleId},
        line::line,
        order::OrderState,
        time::Millis,
    },
};
use anyhow::{anyhow, bail};
use clap::Subcommand;

/// `qiangke order …`.
#[derive(Debug, Subcommand)]
pub enum OrderCommand {
    /// List the orders of a student, or of a sale: live ones, held ones until when, and ended ones since
    /// when, with their reason
    #[command(group = clap::ArgGroup::new("whose").required(true).multiple(true))]
    List {
        /// The student's mobile
        #[arg(long, group = "whose")]
        mobile: Option<String>,
        /// The sale's number
        #[arg(long, group = "whose")]
        sale: Option<i64>,
        /// Orders at most
        #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
        limit: i64,
        #[command(flatten)]
        database: Database,
    },
    /// End an order that is not paid, or had no price: its seat can be clicked again within two
    /// seconds, while its sale is on. The student was told of a seat, and reads in My courses that
    /// it is gone
    Cancel {
        /// The order's number
        id: i64,
        /// Why, in a few words; it stays with the order
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        database: Database,
    },
    /// Pay an order back: its seat is free at once, its student's right to the course ends within a
    /// minute, and the provider is told to return the money, again and again until it did
    Refund {
        /// The order's number
        id: i64,
        /// Why, in a few words; it stays with the order
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        database: Database,
    },
}

/// Characters of the reason why an order ended, at most.
const REASON_MAX: usize = 200;

pub(super) async fn run(command: OrderCommand, output: &mut Output) -> anyhow::Result<()> {
    match command {
        OrderCommand::List {
            mobile,
            sale,
            limit,
            database,
        } => {
            let query = OrderQuery {
                mobile: mobile.as_deref().map(parsed).transpose()?,
                sale: sale.map(SaleId),
            };
            let store = open(&database).await?;
            if let Some(id) = query.sale {
                let sales = store.all_sales().await?;
                there(sales.iter().any(|(sale, _)| sale.id == id), "sale", id.0)?;
            }
            let mut orders = store.orders(&query, limit + 1).await?;
            let shown = usize::try_from(limit).unwrap_or(usize::MAX);
            let is_all = orders.len() <= shown;
            orders.truncate(shown);
            output.line(format_args!(
                "{:>8} {:>5} {:>6} {:11}  {:16} {:9} {:16} course",
                "order", "sale", "seat", "mobile", "won (UTC+8)", "state", "until"
            ));
            orders.iter().for_each(|order| output.line(row(order)));
            if !is_all {
                // Not among the orders, which a program may count.
                log::say_last(&format!(
                    "qiangke: there are more than {}: say --limit for more",
                    counted(limit, "order", "orders")
                ));
            }
        }
        OrderCommand::Cancel {
            id,
            reason,
            database,
        } => {
            cancel(id, words(&reason)?, &database, output).await?;
        }
        OrderCommand::Refund {
            id,
            reason,
            database,
        } => {
            refund(id, words(&reason)?, &database, output).await?;
        }
    }
    Ok(())
}

fn words(reason: &str) -> anyhow::Result<&str> {
    line(reason, REASON_MAX).map_err(|why| anyhow!("--reason: some words on one line: {why}"))
}

async fn cancel(
    id: i64,
    reason: &str,
    database: &Database,
    output: &mut Output,
) -> anyhow::Result<()> {
    let store = open(database).await?;
    let now = Clock::System.now();
    match store.cancel_order(OrderId(id), reason, now).await? {
        Cancelled::Ended {
            sale: Some(sale),
            seat: Some(seat),
        } => output.done(format_args!(
            "order {id} ended; seat {seat} of sale {sale} is free{}",
            left_out(&store, id, reason).await?
        )),
        Cancelled::Ended { .. } => output.done(format_args!(
            "order {id} ended{}",
            left_out(&store, id, reason).await?
        )),
        Cancelled::Closing => output.done(format_args!(
            "order {id} ends as soon as its provider takes no money for it any more: a server that runs sees to that{}",
            left_out(&store, id, reason).await?
        )),
        Cancelled::Paid => bail!("order {id} is paid: `qiangke order refund {id}` pays it back"),
        Cancelled::Before(state) => bail!("order {id} has ended already: it is {}", state.name()),
        Cancelled::Unknown => bail!("there is no order {id}"),
    }
    Ok(())
}

async fn refund(
    id: i64,
    reason: &str,
    database: &Database,
    output: &mut Output,
) -> anyhow::Result<()> {
    let store = open(database).await?;
    let now = Clock::System.now();
    match store.ask_refund(OrderId(id), reason, now).await? {
        RefundAsked::Asked { amount, .. } => output.done(format_args!(
            "order {id}: {amount} yuan go back; a server that runs tells the provider{}",
            left_out(&store, id, reason).await?
        )),
        RefundAsked::Not(OrderState::Paid) => {
            bail!("order {id} cost nothing: `qiangke order cancel {id}` ends it")
        }
        RefundAsked::Not(state @ (OrderState::Refunding | OrderState::Refunded)) => {
            bail!("order {id} is {} already", state.name())
        }
        RefundAsked::Not(OrderState::Held) => {
            bail!("order {id} is held: nothing was paid; `qiangke order cancel {id}` ends it")
        }
        RefundAsked::Not(
            state @ (OrderState::Closing | OrderState::Expired | OrderState::Cancelled),
        ) => bail!("order {id} is {}: nothing was paid", state.name()),
        RefundAsked::Unknown => bail!("there is no order {id}"),
    }
    Ok(())
}

/// What is said of a reason that does not stand with its order. An order that ends already keeps the
/// reason that it had.
async fn left_out(store: &Store, id: i64, reason: &str) -> anyhow::Result<String> {
    Ok(match store.end_reason(OrderId(id)).await? {
        Some(kept) if kept != reason => {
            format!("\nthe reason {reason:?} is not kept, but {kept:?}")
        }
        Some(_) | None => String::new(),
    })
}

fn row(order: &OrderRow) -> String {
    let OrderRow {
        id,
        sale_id,
        seat,
        mobile,
        course,
        created_at,
        ended_at,
        end_reason,
        state,
        expires_at,
    } = order;
    let state = OrderState::of_number(*state);
    let number = |number: &Option<i64>| number.map_or_else(|| "-".into(), |it| it.to_string());
    let (sale_id, seat): (String, String) = (number(sale_id), number(seat));
    let won = shop_time(Millis(*created_at));
    let until = match state {
        Some(OrderState::Held | OrderState::Closing) => ended_at.or(*expires_at),
        Some(
            OrderState::Paid
            | OrderState::Expired
            | OrderState::Cancelled
            | OrderState::Refunding
            | OrderState::Refunded,
        )
        | None => *ended_at,
    };
    let state = state.map_or("?", OrderState::name);
    let until = until.map_or_else(String::new, |at| shop_time(Millis(at)));
    let why = end_reason
        .as_ref()
        .map(|why| format!(" ({why})"))
        .unwrap_or_default();
    format!(
        "{id:>8} {sale_id:>5} {seat:>6} {mobile:11}  {won:16} {state:9} {until:16} {course}{why}"
    )
}
