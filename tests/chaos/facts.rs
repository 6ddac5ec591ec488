//! What the database says at the end of an episode, read past the shop.

use crate::history::Ticket;
use sqlx::{
    AssertSqlSafe, Connection, FromRow, PgConnection, SqliteConnection,
    sqlite::SqliteConnectOptions,
};
use std::time::Duration;

/// Won, in the column `state`.
pub const STATE_WON: i64 = 1;
/// Waiting, in the same column.
pub const STATE_WAITING: i64 = 0;

#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub sales: Vec<SaleFact>,
    pub tickets: Vec<TicketFact>,
    pub orders: Vec<OrderFact>,
    /// What `qiangke audit` found, empty when every invariant holds.
    pub audit: String,
}

#[derive(Clone, Debug)]
pub struct SaleFact {
    pub id: i64,
    pub stock: i64,
    pub remaining: i64,
    pub opens_at: i64,
    pub closes_at: i64,
}

#[derive(Clone, Debug)]
pub struct TicketFact {
    pub id: Ticket,
    pub sale: i64,
    pub student: i64,
    pub state: i64,
    pub accepted_at: i64,
    /// It won, and its order ended.
    pub is_released: bool,
}

#[derive(Clone, Debug)]
pub struct OrderFact {
    pub ticket: Ticket,
    pub sale: i64,
    pub student: i64,
    pub seat: i64,
    /// Its number.
    pub id: i64,
    /// Its seat is free again.
    pub is_ended: bool,
}

impl Facts {
    /// Orders that hold a seat.
    pub fn live_orders(&self) -> impl Iterator<Item = &OrderFact> {
        self.orders.iter().filter(|order| !order.is_ended)
    }
}

#[derive(FromRow)]
struct SaleRow(i64, i64, i64, i64, i64);
#[derive(FromRow)]
struct TicketRow(Vec<u8>, i64, i64, i64, i64, bool);
#[derive(FromRow)]
struct OrderRow(Vec<u8>, i64, i64, i64, i64, bool);

const SALES: &str = "select id, stock, remaining, opens_at, closes_at from sale where id >= ";
const TICKETS: &str = "select id, sale_id, student_id, state, accepted_at, released_at is not null from ticket where sale_id >= ";
const ORDERS: &str = "select ticket_id, sale_id, student_id, seat, id, ended_at is not null from orders where sale_id >= ";

/// Reads the sales from `first` on.
pub async fn read(url: &str, first: i64) -> Result<Facts, sqlx::Error> {
    let [sales, tickets, orders] =
        [SALES, TICKETS, ORDERS].map(|sql| AssertSqlSafe(format!("{sql}{first}")));
    let (sales, tickets, orders): (Vec<SaleRow>, Vec<TicketRow>, Vec<OrderRow>) =
        if let Some(path) = url.strip_prefix("sqlite://") {
            let options = SqliteConnectOptions::new()
                .filename(path)
                .busy_timeout(Duration::from_secs(10));
            let mut database = SqliteConnection::connect_with(&options).await?;
            (
                sqlx::query_as(sales).fetch_all(&mut database).await?,
                sqlx::query_as(tickets).fetch_all(&mut database).await?,
                sqlx::query_as(orders).fetch_all(&mut database).await?,
            )
        } else {
            let mut database = PgConnection::connect(url).await?;
            (
                sqlx::query_as(sales).fetch_all(&mut database).await?,
                sqlx::query_as(tickets).fetch_all(&mut database).await?,
                sqlx::query_as(orders).fetch_all(&mut database).await?,
            )
        };
    Ok(Facts {
        sales: sales
            .into_iter()
            .map(
                |SaleRow(id, stock, remaining, opens_at, closes_at)| SaleFact {
                    id,
                    stock,
                    remaining,
                    opens_at,
                    closes_at,
                },
            )
            .collect(),
        tickets: tickets
            .into_iter()
            .map(
                |TicketRow(id, sale, student, state, accepted_at, is_released)| TicketFact {
                    id: ticket(id),
                    sale,
                    student,
                    state,
                    accepted_at,
                    is_released,
                },
            )
            .collect(),
        orders: orders
            .into_iter()
            .map(
                |OrderRow(id_of_ticket, sale, student, seat, id, is_ended)| OrderFact {
                    ticket: ticket(id_of_ticket),
                    sale,
                    student,
                    seat,
                    id,
                    is_ended,
                },
            )
            .collect(),
        audit: String::new(),
    })
}

fn ticket(id: Vec<u8>) -> Ticket {
    Ticket(id.try_into().expect("sixteen bytes"))
}
