//! Holds and their ends. Whoever changes an order holds its sale's row first, as a settlement does,
//! then the order's. `state in (0, 1)` beside `state = 0` are the words of the index `orders_hold`,
//! which SQLite uses only then.

use super::{
    Connection, Engine, entitlement,
    job::{AT_ONCE, enqueue},
    person::ERASED,
    setup::bump_catalog_version,
};
use crate::{
    rules::hold::CLOSING_MAX_MS,
    server::store::{
        error::{expect_rows, later_version},
        hold::{GivenBack, Lapsed},
        job::{Job, PaymentJob},
    },
    types::{
        ids::{CourseId, OrderId, PaymentId, SaleId, StudentId},
        money::Fen,
        order::OrderState,
        time::Millis,
    },
};

const LAPSED: &str = "not paid in time";
const GIVEN_BACK: &str = "given back by its student";

/// Whether the student of an order was erased. Then nothing is kept that somebody says about them.
macro_rules! is_erased {
    () => {
        "exists (select 1 from student u where u.id = orders.student_id and u.erased_at is not null)"
    };
}

fn count(ids: &[i64]) -> i64 {
    i64::try_from(ids.len()).unwrap_or(i64::MAX)
}

type OrderTuple = (
    Option<i64>,
    Option<Vec<u8>>,
    i64,
    i64,
    i64,
    Option<i64>,
    i64,
    Option<i64>,
    Option<String>,
);

/// An order that this transaction may change.
pub(super) struct LockedOrder {
    pub id: OrderId,
    pub sale: Option<SaleId>,
    pub ticket: Option<Vec<u8>>,
    pub student: StudentId,
    pub course: CourseId,
    pub price: Fen,
    pub seat: Option<i64>,
    pub state: OrderState,
    pub expires_at: Option<Millis>,
    /// Why it was given back; `None` unless it was.
    pub cancel_reason: Option<String>,
}

impl LockedOrder {
    /// Whether its student gave it back, and it waits for the close of its payments.
    pub fn is_given_back(&self) -> bool {
        self.state == OrderState::Closing && self.cancel_reason.is_some()
    }
}

/// Holds the row of a sale, if there is one, until the transaction ends.
pub(super) async fn lock_sale(
    tx: &mut Connection,
    sale: Option<SaleId>,
) -> Result<(), sqlx::Error> {
    if let Some(sale) = sale {
        sqlx::query(concat!("select id from sale where id = $1", for_update!()))
            .bind(sale.0)
            .fetch_optional(tx)
            .await?;
    }
    Ok(())
}

/// Holds an order's row until the transaction ends, after its sale's; `None` when there is none.
pub(super) async fn lock_order(
    tx: &mut Connection,
    id: OrderId,
) -> Result<Option<LockedOrder>, sqlx::Error> {
    let sale: Option<Option<i64>> = sqlx::query_scalar("select sale_id from orders where id = $1")
        .bind(id.0)
        .fetch_optional(&mut *tx)
        .await?;
    let Some(sale) = sale else { return Ok(None) };
    lock_sale(tx, sale.map(SaleId)).await?;
    let row: OrderTuple = sqlx::query_as(concat!(
        "select sale_id, ticket_id, student_id, course_id, price_fen, seat, state, expires_at, cancel_reason
         from orders where id = $1",
        for_update!()
    ))
    .bind(id.0)
    .fetch_one(tx)
    .await?;
    let (sale, ticket, student, course, price, seat, state, expires_at, cancel_reason) = row;
    Ok(Some(LockedOrder {
        id,
        sale: sale.map(SaleId),
        ticket,
        student: StudentId(student),
        course: CourseId(course),
        price: Fen(price),
        seat,
        state: order_state(state)?,
        expires_at: expires_at.map(Millis),
        cancel_reason,
    }))
}

/// The same of the order that a payment is of.
pub(super) async fn lock_order_of(
    tx: &mut Connection,
    id: PaymentId,
) -> Result<Option<LockedOrder>, sqlx::Error> {
    let order: Option<i64> = sqlx::query_scalar("select order_id from payment where id = $1")
        .bind(id.0)
        .fetch_optional(&mut *tx)
        .await?;
    let Some(order) = order else { return Ok(None) };
    lock_order(tx, OrderId(order)).await
}

/// A state as the database keeps it.
pub(super) fn order_state(number: i64) -> Result<OrderState, sqlx::Error> {
    OrderState::of_number(number).ok_or_else(|| later_version("orders.state"))
}

/// Ends a live order: its seat is free, its ticket released, and what it gave is taken back.
pub(super) async fn end_order(
    tx: &mut Connection,
    order: &LockedOrder,
    state: OrderState,
    reason: &str,
    now: Millis,
) -> Result<(), sqlx::Error> {
    let ended = sqlx::query(concat!(
        "update orders set state = $2, ended_at = $3, end_reason = case when ",
        is_erased!(),
        " then $6 else $4 end where id = $1 and state = $5 and ended_at is null",
    ))
    .bind(order.id.0)
    .bind(state.number())
    .bind(now.0)
    .bind(reason)
    .bind(order.state.number())
    .bind(ERASED)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    expect_rows("orders", 1, ended)?;
    entitlement::revoke(tx, order.id, now).await?;
    let Some((sale, ticket)) = order.sale.zip(order.ticket.as_deref()) else {
        return Ok(());
    };
    let released = sqlx::query(
        "update ticket set released_at = $2 where id = $1 and state = 1 and released_at is null",
    )
    .bind(ticket)
    .bind(now.0)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    expect_rows("ticket", 1, released)?;
    free_seats(tx, sale, 1, now).await
}

/// So many more seats of a sale remain, and its desks are counted anew.
async fn free_seats(
    tx: &mut Connection,
    sale: SaleId,
    count: i64,
    now: Millis,
) -> Result<(), sqlx::Error> {
    let freed = sqlx::query(
        "update sale set remaining = remaining + $2, updated_time = $3, version = version + 1 where id = $1",
    )
    .bind(sale.0)
    .bind(count)
    .bind(now.0)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    expect_rows("sale", 1, freed)?;
    bump_catalog_version(tx).await
}

/// Queues the closing of an order's open payments, but of this one; gives how many.
pub(super) async fn close_payments(
    tx: &mut Connection,
    order: OrderId,
    but: Option<PaymentId>,
    now: Millis,
) -> Result<usize, sqlx::Error> {
    let open: Vec<i64> = sqlx::query_scalar(
        "select id from payment where order_id = $1 and state = 0 and id <> $2 order by id",
    )
    .bind(order.0)
    .bind(but.map_or(0, |id| id.0))
    .fetch_all(&mut *tx)
    .await?;
    for payment in &open {
        let payment = PaymentId(*payment);
        enqueue(tx, &Job::ClosePayment(PaymentJob { payment }), AT_ONCE, now).await?;
    }
    Ok(open.len())
}

impl Engine {
    pub async fn sales_with_lapsed_holds(
        &self,
        now: Millis,
        limit: i64,
    ) -> Result<Vec<Option<SaleId>>, sqlx::Error> {
        let sales: Vec<Option<i64>> = sqlx::query_scalar(
            "select distinct sale_id from orders where state = 0 /* held */ and state in (0 /* held */, 1 /* closing */) and expires_at <= $1 limit $2 + 0",
        )
        .bind(now.0)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        Ok(sales.into_iter().map(|sale| sale.map(SaleId)).collect())
    }

    pub async fn lapse_holds(
        &self,
        sale: Option<SaleId>,
        limit: i64,
        now: Millis,
    ) -> Result<Lapsed, sqlx::Error> {
        let mut tx = self.begin_long().await?;
        lock_sale(&mut tx, sale).await?;
        let rows: Vec<(i64, bool)> = sqlx::query_as(concat!(
            "select o.id, exists (select 1 from payment p where p.order_id = o.id and p.state = 0 /* payment open */)
             from orders o
             where o.state = 0 /* held */ and o.state in (0 /* held */, 1 /* closing */) and o.expires_at <= $1
               and (o.sale_id = $2 or $2 is null and o.sale_id is null)
             order by o.expires_at, o.id
             limit $3 + 0",
            for_update!()
        ))
        .bind(now.0)
        .bind(sale.map(|sale| sale.0))
        .bind(limit)
        .fetch_all(&mut *tx)
        .await?;
        let (closing, ended): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, pays)| *pays);
        let numbers = |rows: Vec<(i64, bool)>| rows.into_iter().map(|(id, _)| id).collect();
        let (closing, ended): (Vec<i64>, Vec<i64>) = (numbers(closing), numbers(ended));
        if !ended.is_empty() {
            Self::end_lapsed(&mut tx, sale, &ended, now).await?;
        }
        for id in &closing {
            Self::begin_closing(&mut tx, OrderId(*id), None, now).await?;
        }
        tx.commit().await?;
        Ok(Lapsed {
            ended: count(&ended),
            closing: count(&closing),
        })
    }

    /// Ends holds without an open payment, whose rows this transaction holds.
    async fn end_lapsed(
        tx: &mut Connection,
        sale: Option<SaleId>,
        orders: &[i64],
        now: Millis,
    ) -> Result<(), sqlx::Error> {
        let ended = sqlx::query(concat!(
            "update orders set state = 3 /* expired */, ended_at = $2, end_reason = $3 where state = 0 /* held */ and ended_at is null and id in ",
            numbers!()
        ))
        .bind(Self::numbers(orders))
        .bind(now.0)
        .bind(LAPSED)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        expect_rows("orders", orders.len(), ended)?;
        let Some(sale) = sale else { return Ok(()) };
        let released = sqlx::query(concat!(
            "update ticket set released_at = $2
             where state = 1 /* ticket won */ and released_at is null and id in (select ticket_id from orders where id in ",
            numbers!(),
            ")"
        ))
        .bind(Self::numbers(orders))
        .bind(now.0)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        expect_rows("ticket", orders.len(), released)?;
        free_seats(tx, sale, count(orders), now).await
    }

    /// A hold ends, and its open payments are closed first; its row is this transaction's.
    async fn begin_closing(
        tx: &mut Connection,
        order: OrderId,
        given_back: Option<&str>,
        now: Millis,
    ) -> Result<(), sqlx::Error> {
        let begun =
            sqlx::query(concat!(
                "update orders set state = 1 /* closing */, cancelled_at = $2, cancel_reason = case when $3 is not null and ",
                is_erased!(),
                " then $4 else $3 end where id = $1 and state = 0 /* held */",
            ))
                .bind(order.0)
                .bind(given_back.map(|_| now.0))
                .bind(given_back)
                .bind(ERASED)
                .execute(&mut *tx)
                .await?
                .rows_affected();
        expect_rows("orders", 1, begun)?;
        close_payments(tx, order, None, now).await?;
        Ok(())
    }

    pub async fn end_closing(&self, limit: i64, now: Millis) -> Result<Vec<SaleId>, sqlx::Error> {
        let ids: Vec<i64> = sqlx::query_scalar(
            "select id from orders where state = 1 /* closing */ and state in (0 /* held */, 1 /* closing */) and coalesce(cancelled_at, expires_at) <= $1
             order by id limit $2 + 0",
        )
        .bind(now.plus(-CLOSING_MAX_MS).0)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        let mut sales = Vec::new();
        for id in ids {
            let mut tx = self.begin_long().await?;
            let order = lock_order(&mut tx, OrderId(id)).await?;
            let Some(order) = order.filter(|order| order.state == OrderState::Closing) else {
                continue;
            };
            end_closed(&mut tx, &order, now).await?;
            tx.commit().await?;
            sales.extend(order.sale);
        }
        Ok(sales)
    }

    pub async fn give_hold_back(
        &self,
        order: OrderId,
        student: StudentId,
        now: Millis,
    ) -> Result<GivenBack, sqlx::Error> {
        let mut tx = self.begin_long().await?;
        let order = lock_order(&mut tx, order).await?;
        let Some(order) = order.filter(|order| order.student == student) else {
            return Ok(GivenBack::Unknown);
        };
        let given = Self::give_back(&mut tx, &order, GIVEN_BACK, now).await?;
        tx.commit().await?;
        Ok(given)
    }

    /// Gives a hold back, whoever wishes it.
    pub(super) async fn give_back(
        tx: &mut Connection,
        order: &LockedOrder,
        reason: &str,
        now: Millis,
    ) -> Result<GivenBack, sqlx::Error> {
        if order.state != OrderState::Held {
            return Ok(GivenBack::Not(order.state));
        }
        let open: i64 =
            sqlx::query_scalar("select count(*) from payment where order_id = $1 and state = 0")
                .bind(order.id.0)
                .fetch_one(&mut *tx)
                .await?;
        if open > 0 {
            Self::begin_closing(tx, order.id, Some(reason), now).await?;
            return Ok(GivenBack::Closing);
        }
        end_order(tx, order, OrderState::Cancelled, reason, now).await?;
        Ok(GivenBack::Ended(order.sale))
    }

    pub async fn adopt_orders(&self, limit: i64, now: Millis) -> Result<i64, sqlx::Error> {
        let ids: Vec<i64> = sqlx::query_scalar(
            "select id from orders where state = 2 /* paid */ and (paid_at is null or ended_at is not null) order by id limit $1 + 0",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        for id in &ids {
            let mut tx = self.begin_long().await?;
            let Some(order) = lock_order(&mut tx, OrderId(*id)).await? else {
                continue;
            };
            Self::adopt(&mut tx, &order, now).await?;
            tx.commit().await?;
        }
        Ok(count(&ids))
    }

    /// An order of a server that knows no states is paid, and cancelled once it has ended.
    async fn adopt(
        tx: &mut Connection,
        order: &LockedOrder,
        now: Millis,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "update orders
             set state = case when ended_at is null then 2 /* paid */ else 4 /* cancelled */ end, paid_at = coalesce(paid_at, created_at)
             where id = $1 and state = 2 /* paid */",
        )
        .bind(order.id.0)
        .execute(&mut *tx)
        .await?;
        let is_live: bool = sqlx::query_scalar("select ended_at is null from orders where id = $1")
            .bind(order.id.0)
            .fetch_one(&mut *tx)
            .await?;
        if !is_live {
            entitlement::revoke(tx, order.id, now).await
        } else if entitlement::is_owned(tx, order.student, order.course, order.id).await? {
            Ok(())
        } else {
            entitlement::grant(tx, order.id, now).await
        }
    }
}

/// An order whose payments are closed ends: as its student's wish, or as its hold's end.
pub(super) async fn end_closed(
    tx: &mut Connection,
    order: &LockedOrder,
    now: Millis,
) -> Result<(), sqlx::Error> {
    let (state, reason) = match order.cancel_reason.as_deref() {
        Some(reason) => (OrderState::Cancelled, reason),
        None => (OrderState::Expired, LAPSED),
    };
    end_order(tx, order, state, reason, now).await
}
