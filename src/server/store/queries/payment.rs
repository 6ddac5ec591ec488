//! Payments. Whoever changes one holds its order's sale, then the order, then the
//! payment.

use super::{
    Connection, Engine, entitlement,
    hold::{
        LockedOrder, close_payments, end_closed, end_order, lock_order, lock_order_of, order_state,
    },
    job::enqueue,
    refund::insert_refund,
    setup::bump_catalog_version,
};
use crate::{
    rules::hold::{Money, OrderFacts, is_payable, judge, query_again_ms},
    server::store::{
        error::{expect_rows, later_version},
        job::{Job, PaymentJob},
        payment::{MoneyTaken, NoticeKept, PaymentOpened, PaymentRow, Taken, out_trade_no},
    },
    types::{
        ids::{OrderId, PaymentId, SaleId, StudentId},
        money::Fen,
        order::OrderState,
        payment::{PaymentState, Provider, RefundCause},
        time::Millis,
    },
};

/// Why an order ended whose course its student had bought a second time.
const TWICE: &str = "its course was paid by another order";

macro_rules! payment_row {
    ($rest:literal) => {
        concat!(
            "select p.id, p.order_id, p.provider, p.out_trade_no, p.amount_fen, p.state, p.expires_at,
                    o.cancelled_at is not null as is_given_back, o.state as order_state, coalesce(c.name, '') as course_name
             from payment p
             join orders o on o.id = p.order_id
             left join course c on c.id = o.course_id
             where ",
            $rest
        )
    };
}

#[derive(sqlx::FromRow)]
struct PaymentColumns {
    id: i64,
    order_id: i64,
    provider: i64,
    out_trade_no: String,
    amount_fen: i64,
    state: i64,
    expires_at: i64,
    is_given_back: bool,
    order_state: i64,
    course_name: String,
}

impl PaymentColumns {
    fn row(self) -> Result<PaymentRow, sqlx::Error> {
        Ok(PaymentRow {
            id: PaymentId(self.id),
            order: OrderId(self.order_id),
            provider: Provider::of_number(self.provider)
                .ok_or_else(|| later_version("payment.provider"))?,
            out_trade_no: self.out_trade_no,
            amount: Fen(self.amount_fen),
            state: PaymentState::of_number(self.state)
                .ok_or_else(|| later_version("payment.state"))?,
            expires_at: Millis(self.expires_at),
            is_given_back: self.is_given_back,
            order_state: order_state(self.order_state)?,
            course_name: self.course_name,
        })
    }
}

/// A payment that money came for, whose row this transaction holds.
struct LockedPayment {
    id: PaymentId,
    out_trade_no: String,
    state: PaymentState,
    gateway_no: Option<String>,
}

impl Engine {
    pub async fn payment(&self, id: PaymentId) -> Result<Option<PaymentRow>, sqlx::Error> {
        let row: Option<PaymentColumns> = sqlx::query_as(payment_row!("p.id = $1"))
            .bind(id.0)
            .fetch_optional(&self.readers)
            .await?;
        row.map(PaymentColumns::row).transpose()
    }

    pub async fn open_payments(&self, order: OrderId) -> Result<Vec<PaymentRow>, sqlx::Error> {
        let rows: Vec<PaymentColumns> = sqlx::query_as(payment_row!(
            "p.order_id = $1 and p.state = 0 order by p.id"
        ))
        .bind(order.0)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(PaymentColumns::row).collect()
    }

    pub async fn open_payment(
        &self,
        order: OrderId,
        student: StudentId,
        provider: Provider,
        prefix: &str,
        now: Millis,
    ) -> Result<PaymentOpened, sqlx::Error> {
        let mut tx = self.begin_long().await?;
        let order = lock_order(&mut tx, order).await?;
        let Some(order) = order.filter(|order| order.student == student) else {
            return Ok(PaymentOpened::Unknown);
        };
        if order.state == OrderState::Paid {
            return Ok(PaymentOpened::NothingToPay);
        }
        let Some(expires_at) = order
            .expires_at
            .filter(|end| is_payable(order.state, Some(*end), now))
        else {
            return Ok(PaymentOpened::Ended);
        };
        if let Some(open) = open_at(&mut tx, order.id, provider).await? {
            return Ok(PaymentOpened::Payment(open));
        }
        let id = insert_payment(&mut tx, &order, (provider, prefix), expires_at, now).await?;
        let job = Job::QueryPayment(PaymentJob { payment: id });
        enqueue(&mut tx, &job, now.plus(query_again_ms(0)), now).await?;
        let opened = open_at(&mut tx, order.id, provider).await?;
        tx.commit().await?;
        Ok(opened.map_or(PaymentOpened::Unknown, PaymentOpened::Payment))
    }

    pub async fn take_money(
        &self,
        money: &MoneyTaken,
        notice: Option<&NoticeKept>,
        now: Millis,
    ) -> Result<Taken, sqlx::Error> {
        let mut tx = self.begin_long().await?;
        let order: Option<i64> = sqlx::query_scalar(
            "select order_id from payment where out_trade_no = $1 and provider = $2",
        )
        .bind(&money.out_trade_no)
        .bind(money.provider.number())
        .fetch_optional(&mut *tx)
        .await?;
        let order = match order {
            Some(id) => lock_order(&mut tx, OrderId(id)).await?,
            None => None,
        };
        let taken = match order {
            Some(order) => answer_money(&mut tx, &order, money, now).await?,
            None => Taken::Foreign,
        };
        if let Some(notice) = notice {
            insert_notice(&mut tx, money.provider, notice, taken.verdict(), now).await?;
        }
        tx.commit().await?;
        Ok(taken)
    }

    pub async fn keep_notice(
        &self,
        provider: Provider,
        notice: &NoticeKept,
        verdict: &str,
        now: Millis,
    ) -> Result<(), sqlx::Error> {
        let mut connection = self.writer.acquire().await?;
        insert_notice(&mut connection, provider, notice, verdict, now).await
    }

    pub async fn close_payment(
        &self,
        id: PaymentId,
        now: Millis,
    ) -> Result<Option<SaleId>, sqlx::Error> {
        let mut tx = self.begin_long().await?;
        let Some(order) = lock_order_of(&mut tx, id).await? else {
            return Ok(None);
        };
        sqlx::query("update payment set state = 2, closed_at = $2 where id = $1 and state = 0")
            .bind(id.0)
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
        let ends = order.state == OrderState::Closing && count_open(&mut tx, order.id).await? == 0;
        if ends {
            end_closed(&mut tx, &order, now).await?;
        }
        tx.commit().await?;
        Ok(order.sale.filter(|_| ends))
    }

    pub async fn end_unmade(
        &self,
        id: PaymentId,
        now: Millis,
    ) -> Result<Option<SaleId>, sqlx::Error> {
        let mut tx = self.begin_long().await?;
        let order = lock_order_of(&mut tx, id).await?;
        // Money of another payment may have come before its close.
        let Some(order) = order.filter(LockedOrder::is_given_back) else {
            return Ok(None);
        };
        if count_open(&mut tx, order.id).await? > 1 {
            return Ok(None);
        }
        end_closed(&mut tx, &order, now).await?;
        tx.commit().await?;
        Ok(order.sale)
    }
}

/// Payments of an order that money may still come for.
async fn count_open(tx: &mut Connection, order: OrderId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select count(*) from payment where order_id = $1 and state = 0")
        .bind(order.0)
        .fetch_one(tx)
        .await
}

async fn open_at(
    tx: &mut Connection,
    order: OrderId,
    provider: Provider,
) -> Result<Option<PaymentRow>, sqlx::Error> {
    let row: Option<PaymentColumns> = sqlx::query_as(payment_row!(
        "p.order_id = $1 and p.provider = $2 and p.state = 0"
    ))
    .bind(order.0)
    .bind(provider.number())
    .fetch_optional(tx)
    .await?;
    row.map(PaymentColumns::row).transpose()
}

async fn insert_payment(
    tx: &mut Connection,
    order: &LockedOrder,
    (provider, prefix): (Provider, &str),
    expires_at: Millis,
    now: Millis,
) -> Result<PaymentId, sqlx::Error> {
    let before: i64 = sqlx::query_scalar("select count(*) from payment where order_id = $1")
        .bind(order.id.0)
        .fetch_one(&mut *tx)
        .await?;
    let id: i64 = sqlx::query_scalar(
        "insert into payment (order_id, provider, out_trade_no, amount_fen, state, expires_at, created_at)
         values ($1, $2, $3, $4, 0, $5, $6)
         returning id",
    )
    .bind(order.id.0)
    .bind(provider.number())
    .bind(out_trade_no(prefix, order.id, before + 1))
    .bind(order.price.0)
    .bind(expires_at.0)
    .bind(now.0)
    .fetch_one(tx)
    .await?;
    Ok(PaymentId(id))
}

async fn insert_notice(
    tx: &mut Connection,
    provider: Provider,
    notice: &NoticeKept,
    verdict: &str,
    now: Millis,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into payment_notice (provider, notice_id, payment_id, sha256, verdict, received_at)
         values ($1, $2, (select id from payment where out_trade_no = $3 and provider = $1), $4, $5, $6)",
    )
    .bind(provider.number())
    .bind(&notice.notice_id)
    .bind(&notice.out_trade_no)
    .bind(&notice.sha256)
    .bind(verdict)
    .bind(now.0)
    .execute(tx)
    .await?;
    Ok(())
}

/// Money for this order, whose row the transaction holds.
async fn answer_money(
    tx: &mut Connection,
    order: &LockedOrder,
    money: &MoneyTaken,
    now: Millis,
) -> Result<Taken, sqlx::Error> {
    let payment = lock_payment(tx, &money.out_trade_no).await?;
    if matches!(payment.state, PaymentState::Paid | PaymentState::Mismatch) {
        // Two numbers for one payment would be two payments, which no provider makes of one name.
        return Ok(if payment.gateway_no.as_ref() == Some(&money.gateway_no) {
            Taken::Known
        } else {
            Taken::Foreign
        });
    }
    let standing = OrderFacts {
        state: order.state,
        due: order.price,
        is_owned: entitlement::is_owned(tx, order.student, order.course, order.id).await?,
        is_seat_free: is_seat_free(tx, order).await?,
    };
    let verdict = judge(standing, money.amount);
    let state = if verdict == Money::Returns(RefundCause::Mismatch) {
        PaymentState::Mismatch
    } else {
        PaymentState::Paid
    };
    write_money(tx, payment.id, state, money).await?;
    match verdict {
        Money::Pays => {
            pay_order(tx, order, now).await?;
            close_payments(tx, order.id, Some(payment.id), now).await?;
            Ok(Taken::Paid {
                order: order.id,
                revived: None,
            })
        }
        Money::Revives => {
            take_seat_again(tx, order, now).await?;
            Ok(Taken::Paid {
                order: order.id,
                revived: order.sale,
            })
        }
        Money::Returns(cause) => {
            let named = (payment.id, payment.out_trade_no.as_str());
            let refund = insert_refund(tx, named, money.amount, cause, now).await?;
            // The course is another order's: this one has nothing to wait for.
            let ends = cause == RefundCause::Twice
                && order.state != OrderState::Paid
                && order.state.is_live();
            if ends {
                end_order(tx, order, OrderState::Refunding, TWICE, now).await?;
                close_payments(tx, order.id, Some(payment.id), now).await?;
            }
            // What a closing order waited for is answered: nobody closes this payment any more.
            let is_closed = cause == RefundCause::Mismatch
                && order.state == OrderState::Closing
                && count_open(tx, order.id).await? == 0;
            if is_closed {
                end_closed(tx, order, now).await?;
            }
            Ok(Taken::Returned {
                refund,
                cause,
                freed: order.sale.filter(|_| ends || is_closed),
            })
        }
    }
}

async fn lock_payment(
    tx: &mut Connection,
    out_trade_no: &str,
) -> Result<LockedPayment, sqlx::Error> {
    let (id, state, gateway_no): (i64, i64, Option<String>) = sqlx::query_as(concat!(
        "select id, state, gateway_no from payment where out_trade_no = $1",
        for_update!()
    ))
    .bind(out_trade_no)
    .fetch_one(tx)
    .await?;
    Ok(LockedPayment {
        id: PaymentId(id),
        out_trade_no: out_trade_no.to_owned(),
        state: PaymentState::of_number(state).ok_or_else(|| later_version("payment.state"))?,
        gateway_no,
    })
}

async fn write_money(
    tx: &mut Connection,
    id: PaymentId,
    state: PaymentState,
    money: &MoneyTaken,
) -> Result<(), sqlx::Error> {
    let written = sqlx::query(
        "update payment set state = $2, gateway_no = $3, received_fen = $4, paid_at = $5
         where id = $1 and state in (0, 2)",
    )
    .bind(id.0)
    .bind(state.number())
    .bind(&money.gateway_no)
    .bind(money.amount.0)
    .bind(money.paid_at.0)
    .execute(tx)
    .await?
    .rows_affected();
    expect_rows("payment", 1, written)
}

/// A live order is paid, and its student may study.
async fn pay_order(
    tx: &mut Connection,
    order: &LockedOrder,
    now: Millis,
) -> Result<(), sqlx::Error> {
    let paid = sqlx::query(
        "update orders set state = 2 /* paid */, paid_at = $2 where id = $1 and state in (0 /* held */, 1 /* closing */) and ended_at is null",
    )
    .bind(order.id.0)
    .bind(now.0)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    expect_rows("orders", 1, paid)?;
    entitlement::grant(tx, order.id, now).await
}

/// Whether an order that ended can have its seat again: nobody has it or the student's place, and
/// more seats remain than tickets wait.
async fn is_seat_free(tx: &mut Connection, order: &LockedOrder) -> Result<bool, sqlx::Error> {
    if order.state.is_live() {
        return Ok(false);
    }
    let Some((sale, seat)) = order.sale.zip(order.seat) else {
        // No seat, but one live order of the course.
        return sqlx::query_scalar(
            "select not exists (select 1 from orders where student_id = $1 and course_id = $2 and ended_at is null)",
        )
        .bind(order.student.0)
        .bind(order.course.0)
        .fetch_one(tx)
        .await;
    };
    sqlx::query_scalar(concat!(
        "select s.remaining > (select count(*) from ticket where sale_id = s.id and state = 0 /* ticket waiting */)
            and not exists (select 1 from orders where sale_id = s.id and ended_at is null and (seat = $2 or student_id = $3))
            and not exists (select 1 from ticket where sale_id = s.id and student_id = $3 and ",
        live_ticket!(),
        ") from sale s where s.id = $1"
    ))
    .bind(sale.0)
    .bind(seat)
    .bind(order.student.0)
    .fetch_one(tx)
    .await
}

/// An order that ended is paid after all, and has its seat again.
async fn take_seat_again(
    tx: &mut Connection,
    order: &LockedOrder,
    now: Millis,
) -> Result<(), sqlx::Error> {
    let paid = sqlx::query(
        "update orders set state = 2 /* paid */, paid_at = $2, ended_at = null, end_reason = null
         where id = $1 and state in (3 /* expired */, 4 /* cancelled */)",
    )
    .bind(order.id.0)
    .bind(now.0)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    expect_rows("orders", 1, paid)?;
    entitlement::grant(tx, order.id, now).await?;
    let Some((sale, ticket)) = order.sale.zip(order.ticket.as_deref()) else {
        return Ok(());
    };
    let held = sqlx::query("update ticket set released_at = null where id = $1 and state = 1 and released_at is not null")
        .bind(ticket)
        .execute(&mut *tx)
        .await?
        .rows_affected();
    expect_rows("ticket", 1, held)?;
    let taken = sqlx::query(
        "update sale set remaining = remaining - 1, updated_time = $2, version = version + 1
         where id = $1 and remaining >= 1",
    )
    .bind(sale.0)
    .bind(now.0)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    expect_rows("sale", 1, taken)?;
    bump_catalog_version(tx).await
}
