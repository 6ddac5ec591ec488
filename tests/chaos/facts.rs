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

/// Paid, in the column `state` of an order.
pub const PAID: i64 = 2;

#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub sales: Vec<SaleFact>,
    pub tickets: Vec<TicketFact>,
    pub orders: Vec<OrderFact>,
    pub payments: Vec<PaymentFact>,
    pub entitlements: Vec<EntitlementFact>,
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
    /// By the column's numbers.
    pub state: i64,
    pub price: i64,
    pub expires_at: Option<i64>,
    pub paid_at: Option<i64>,
    pub ended_at: Option<i64>,
}

/// A payment as the shop knows it, and as the gateway does.
#[derive(Clone, Debug)]
pub struct PaymentFact {
    pub order: i64,
    /// Its name at the gateway.
    pub out_trade_no: String,
    /// What was asked for.
    pub amount: i64,
    /// By the column's numbers.
    pub state: i64,
    /// What the shop says was paid.
    pub received: Option<i64>,
    /// The amount that goes back, and how far it is by the column's numbers.
    pub refund: Option<(i64, i64)>,
    /// What the gateway took; `None` when it took nothing.
    pub taken: Option<i64>,
    /// What the gateway paid back.
    pub returned: i64,
}

/// A right to study.
#[derive(Clone, Debug)]
pub struct EntitlementFact {
    pub order: i64,
    pub student: i64,
    pub is_live: bool,
}

impl Facts {
    /// Orders that are paid.
    pub fn paid_orders(&self) -> impl Iterator<Item = &OrderFact> {
        self.orders.iter().filter(|order| order.state == PAID)
    }

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
struct OrderRow {
    ticket_id: Vec<u8>,
    sale_id: i64,
    student_id: i64,
    seat: i64,
    id: i64,
    state: i64,
    price_fen: i64,
    expires_at: Option<i64>,
    paid_at: Option<i64>,
    ended_at: Option<i64>,
}
#[derive(FromRow)]
struct PaymentRow {
    order_id: i64,
    out_trade_no: String,
    amount_fen: i64,
    state: i64,
    received_fen: Option<i64>,
    refund_fen: Option<i64>,
    refund_state: Option<i64>,
}
#[derive(FromRow)]
struct EntitlementRow(i64, i64, bool);

const SALES: &str = "select id, stock, remaining, opens_at, closes_at from sale where id in ";
const TICKETS: &str = "select id, sale_id, student_id, state, accepted_at, released_at is not null from ticket where sale_id in ";
const ORDERS: &str = "select ticket_id, sale_id, student_id, seat, id, state, price_fen, expires_at, paid_at, ended_at from orders where sale_id in ";
const PAYMENTS: &str = "select p.order_id, p.out_trade_no, p.amount_fen, p.state, p.received_fen, r.amount_fen as refund_fen, r.state as refund_state
     from payment p join orders o on o.id = p.order_id left join refund r on r.payment_id = p.id where o.sale_id in ";
/// Of the sales' courses, whatever order they are of.
const ENTITLEMENTS: &str = "select distinct e.order_id, e.student_id, e.revoked_at is null
     from entitlement e join sale s on s.course_id = e.course_id where s.id in ";

/// Reads what is known of these sales.
pub async fn read(url: &str, sales: &[i64]) -> Result<Facts, sqlx::Error> {
    let list = numbers(sales);
    let [of_sales, of_tickets, of_orders, of_payments, of_rights] =
        [SALES, TICKETS, ORDERS, PAYMENTS, ENTITLEMENTS]
            .map(|sql| AssertSqlSafe(format!("{sql}({list})")));
    // One look: what is sold meanwhile, or paid, does not look like a contradiction.
    macro_rules! rows {
        ($database:expr, $begin:literal) => {{
            let mut tx = $database.begin().await?;
            sqlx::query($begin).execute(&mut *tx).await?;
            let sales: Vec<SaleRow> = sqlx::query_as(of_sales).fetch_all(&mut *tx).await?;
            let tickets: Vec<TicketRow> = sqlx::query_as(of_tickets).fetch_all(&mut *tx).await?;
            let orders: Vec<OrderRow> = sqlx::query_as(of_orders).fetch_all(&mut *tx).await?;
            let payments: Vec<PaymentRow> = sqlx::query_as(of_payments).fetch_all(&mut *tx).await?;
            let rights: Vec<EntitlementRow> = sqlx::query_as(of_rights).fetch_all(&mut *tx).await?;
            (sales, tickets, orders, payments, rights)
        }};
    }
    let (sales, tickets, orders, payments, rights) =
        if let Some(path) = url.strip_prefix("sqlite://") {
            let options = SqliteConnectOptions::new()
                .filename(path)
                .busy_timeout(Duration::from_secs(10));
            let mut database = SqliteConnection::connect_with(&options).await?;
            rows!(database, "select 1")
        } else {
            let mut database = PgConnection::connect(url).await?;
            rows!(database, "set transaction isolation level repeatable read")
        };
    Ok(Facts {
        sales: sales.into_iter().map(SaleRow::fact).collect(),
        tickets: tickets.into_iter().map(TicketRow::fact).collect(),
        orders: orders.into_iter().map(OrderRow::fact).collect(),
        payments: payments.into_iter().map(PaymentRow::fact).collect(),
        entitlements: rights.into_iter().map(EntitlementRow::fact).collect(),
        audit: String::new(),
    })
}

impl SaleRow {
    fn fact(self) -> SaleFact {
        let Self(id, stock, remaining, opens_at, closes_at) = self;
        SaleFact {
            id,
            stock,
            remaining,
            opens_at,
            closes_at,
        }
    }
}

impl TicketRow {
    fn fact(self) -> TicketFact {
        let Self(id, sale, student, state, accepted_at, is_released) = self;
        TicketFact {
            id: ticket(id),
            sale,
            student,
            state,
            accepted_at,
            is_released,
        }
    }
}

impl OrderRow {
    fn fact(self) -> OrderFact {
        OrderFact {
            ticket: ticket(self.ticket_id),
            sale: self.sale_id,
            student: self.student_id,
            seat: self.seat,
            id: self.id,
            is_ended: self.ended_at.is_some(),
            state: self.state,
            price: self.price_fen,
            expires_at: self.expires_at,
            paid_at: self.paid_at,
            ended_at: self.ended_at,
        }
    }
}

impl PaymentRow {
    fn fact(self) -> PaymentFact {
        PaymentFact {
            order: self.order_id,
            out_trade_no: self.out_trade_no,
            amount: self.amount_fen,
            state: self.state,
            received: self.received_fen,
            refund: self.refund_fen.zip(self.refund_state),
            taken: None,
            returned: 0,
        }
    }
}

impl EntitlementRow {
    fn fact(self) -> EntitlementFact {
        let Self(order, student, is_live) = self;
        EntitlementFact {
            order,
            student,
            is_live,
        }
    }
}

fn ticket(id: Vec<u8>) -> Ticket {
    Ticket(id.try_into().expect("sixteen bytes"))
}

/// Numbers as SQL lists them.
pub fn numbers(of: &[i64]) -> String {
    let texts: Vec<_> = of.iter().map(i64::to_string).collect();
    texts.join(", ")
}
