//! `qiangke order`: the seats that students have.

use super::{open, parsed, there};
use crate::{
    server::{
        clock::{Clock, shop_time},
        config::Database,
        log,
        output::Output,
        store::{Cancelled, OrderQuery, OrderRow},
    },
    types::{
        ids::{OrderId, SaleId},
        line::line,
        time::Millis,
    },
};
use anyhow::{anyhow, bail};
use clap::Subcommand;

/// `qiangke order …`.
#[derive(Debug, Subcommand)]
pub enum OrderCommand {
    /// List the orders of a student, or of a sale: live ones, and ended ones with their reason
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
    /// End an order: its seat can be clicked again within two seconds, while its sale is on. The
    /// student was told of a seat, and is not told of this
    Cancel {
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
                "{:>8} {:>5} {:>6} {:11}  {:16} {:16} course",
                "order", "sale", "seat", "mobile", "won (UTC+8)", "ended"
            ));
            orders.iter().for_each(|order| output.line(row(order)));
            if !is_all {
                // Not among the orders, which a program may count.
                log::say_last(&format!(
                    "qiangke: there are more than {limit} orders: say --limit for more"
                ));
            }
        }
        OrderCommand::Cancel {
            id,
            reason,
            database,
        } => {
            let reason = line(&reason, REASON_MAX)
                .map_err(|why| anyhow!("--reason: some words on one line: {why}"))?;
            match open(&database)
                .await?
                .cancel_order(OrderId(id), reason, Clock::System.now())
                .await?
            {
                Cancelled::Ended { sale, seat } => output.done(format_args!(
                    "order {id} ended; seat {seat} of sale {sale} is free"
                )),
                Cancelled::Before(at) => {
                    bail!("order {id} ended at {} (UTC+8) already", shop_time(at))
                }
                Cancelled::Unknown => bail!("there is no order {id}"),
            }
        }
    }
    Ok(())
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
    } = order;
    let (won, ended) = (
        shop_time(Millis(*created_at)),
        ended_at.map_or_else(|| "live".into(), |at| shop_time(Millis(at))),
    );
    let why = end_reason
        .as_ref()
        .map(|why| format!(" ({why})"))
        .unwrap_or_default();
    format!("{id:>8} {sale_id:>5} {seat:>6} {mobile:11}  {won:16} {ended:16} {course}{why}")
}
