//! Orders as operators and their students see them.

use super::{
    Connection, Engine,
    hold::{end_order, lock_order, order_state},
    refund::refund_state,
    ticket::ticket_id,
};
use crate::{
    server::store::{
        error::later_version,
        hold::GivenBack,
        order::{Cancelled, OrderParts, OrderQuery, OrderRow},
    },
    types::{
        account::Mobile,
        ids::{CourseId, OrderId, SaleId, StudentId, TicketId},
        money::Fen,
        order::{OpenHold, Order, OrderPayment, OrderRefund, OrderState, SeatOrder},
        payment::Provider,
        time::Millis,
    },
};

/// The orders of a student; more conditions follow.
macro_rules! own_order {
    () => {
        "select o.id, o.sale_id, o.course_id, c.name as course_name, c.course_img, o.price_fen, o.seat, o.ticket_id, o.created_at,
                c.is_show and not c.is_delete and c.status <> 1 as course_is_shown, o.state, o.expires_at, o.paid_at, o.ended_at
         from orders o
         join course c on c.id = o.course_id
         where o.student_id = $1"
    };
}

impl Engine {
    pub async fn orders(
        &self,
        query: &OrderQuery,
        limit: i64,
    ) -> Result<Vec<OrderRow>, sqlx::Error> {
        sqlx::query_as(
            "select o.id, o.sale_id, o.seat, coalesce(u.mobile, '') as mobile, coalesce(c.name, '') as course,
                    o.created_at, o.ended_at, o.end_reason, o.state, o.expires_at
             from orders o
             left join student u on u.id = o.student_id
             left join course c on c.id = o.course_id
             where ($1 is null or u.mobile = $1) and ($2 is null or o.sale_id = $2)
             order by o.id
             limit $3 + 0",
        )
        .bind(query.mobile.as_ref().map(Mobile::digits))
        .bind(query.sale.map(|sale| sale.0))
        .bind(limit)
        .fetch_all(&self.readers)
        .await
    }

    pub async fn cancel_order(
        &self,
        id: OrderId,
        reason: &str,
        now: Millis,
    ) -> Result<Cancelled, sqlx::Error> {
        let mut tx = self.begin_long().await?;
        let Some(order) = lock_order(&mut tx, id).await? else {
            return Ok(Cancelled::Unknown);
        };
        let cancelled = match order.state {
            OrderState::Held => match Self::give_back(&mut tx, &order, reason, now).await? {
                GivenBack::Ended(sale) => Cancelled::Ended {
                    sale,
                    seat: order.seat,
                },
                GivenBack::Closing => Cancelled::Closing,
                GivenBack::Not(state) => Cancelled::Before(state),
                GivenBack::Unknown => Cancelled::Unknown,
            },
            OrderState::Paid if is_money_kept(&mut tx, id).await? => Cancelled::Paid,
            OrderState::Paid => {
                end_order(&mut tx, &order, OrderState::Cancelled, reason, now).await?;
                Cancelled::Ended {
                    sale: order.sale,
                    seat: order.seat,
                }
            }
            OrderState::Closing => Cancelled::Closing,
            ended @ (OrderState::Expired
            | OrderState::Cancelled
            | OrderState::Refunding
            | OrderState::Refunded) => Cancelled::Before(ended),
        };
        tx.commit().await?;
        Ok(cancelled)
    }

    pub async fn end_reason(&self, id: OrderId) -> Result<Option<String>, sqlx::Error> {
        let reason: Option<Option<String>> = sqlx::query_scalar(
            "select coalesce(end_reason, cancel_reason) from orders where id = $1",
        )
        .bind(id.0)
        .fetch_optional(&self.readers)
        .await?;
        Ok(reason.flatten())
    }

    pub async fn orders_of(
        &self,
        student: StudentId,
        limit: i64,
    ) -> Result<Vec<Order>, sqlx::Error> {
        let rows: Vec<OrderColumns> = sqlx::query_as(concat!(
            own_order!(),
            " order by o.created_at desc, o.id desc limit $2 + 0"
        ))
        .bind(student.0)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(OrderColumns::order).collect()
    }

    pub async fn order_of(
        &self,
        student: StudentId,
        id: OrderId,
    ) -> Result<Option<OrderParts>, sqlx::Error> {
        // One snapshot, so that order, payment and refund fit together.
        let mut tx = self.view_long().await?;
        let row: Option<OrderColumns> = sqlx::query_as(concat!(own_order!(), " and o.id = $2"))
            .bind(student.0)
            .bind(id.0)
            .fetch_optional(&mut *tx)
            .await?;
        let Some(row) = row else { return Ok(None) };
        // The payment that counts, else the newest.
        let payment: Option<(i64, Option<String>, String, Option<i64>)> = sqlx::query_as(
            "select provider, gateway_no, out_trade_no, paid_at from payment
             where order_id = $1
             order by case when state = 1 then 0 else 1 end, id desc limit 1",
        )
        .bind(id.0)
        .fetch_optional(&mut *tx)
        .await?;
        let refund: Option<(i64, i64, Option<i64>)> = sqlx::query_as(
            "select r.amount_fen, r.state, r.done_at from refund r
             join payment p on p.id = r.payment_id
             where p.order_id = $1 order by r.id desc limit 1",
        )
        .bind(id.0)
        .fetch_optional(&mut *tx)
        .await?;
        let last_provider: Option<i64> = sqlx::query_scalar(
            "select p.provider from orders o join payment p on p.order_id = o.id
             where o.student_id = $1 order by p.id desc limit 1",
        )
        .bind(student.0)
        .fetch_optional(&mut *tx)
        .await?;
        Ok(Some(OrderParts {
            order: row.order()?,
            payment: payment.map(own_payment).transpose()?,
            refund: refund.map(own_refund).transpose()?,
            last_provider: last_provider.map(provider).transpose()?,
        }))
    }

    pub async fn order_of_sale(
        &self,
        student: StudentId,
        sale: SaleId,
        now: Millis,
    ) -> Result<Option<SeatOrder>, sqlx::Error> {
        let newest: Option<(i64, i64, Option<i64>)> = sqlx::query_as(
            "select id, state, expires_at from orders
             where student_id = $1 and sale_id = $2
             order by created_at desc, id desc limit 1",
        )
        .bind(student.0)
        .bind(sale.0)
        .fetch_optional(&self.readers)
        .await?;
        let order = |(id, state, expires_at): (i64, i64, Option<i64>)| {
            Ok(SeatOrder {
                id: OrderId(id),
                state: order_state(state)?,
                expires_at: expires_at.map(Millis),
                now,
            })
        };
        newest.map(order).transpose()
    }

    pub async fn next_hold(
        &self,
        student: StudentId,
        now: Millis,
    ) -> Result<Option<OpenHold>, sqlx::Error> {
        // By the index of the student's orders: that of all holds, which has their ends, may have
        // ten thousand of them.
        let next: Option<(i64, i64)> = sqlx::query_as(
            "select id, expires_at from orders
             where student_id = $1 and state = 0 /* held */ and expires_at + 0 > $2
             order by expires_at + 0, id limit 1",
        )
        .bind(student.0)
        .bind(now.0)
        .fetch_optional(&self.readers)
        .await?;
        Ok(next.map(|(order, expires_at)| OpenHold {
            order: OrderId(order),
            expires_at: Millis(expires_at),
        }))
    }
}

#[derive(sqlx::FromRow)]
struct OrderColumns {
    id: i64,
    sale_id: Option<i64>,
    course_id: i64,
    course_name: String,
    course_img: Option<String>,
    price_fen: i64,
    seat: Option<i64>,
    ticket_id: Option<Vec<u8>>,
    created_at: i64,
    course_is_shown: bool,
    state: i64,
    expires_at: Option<i64>,
    paid_at: Option<i64>,
    ended_at: Option<i64>,
}

impl OrderColumns {
    fn order(self) -> Result<Order, sqlx::Error> {
        let ticket = self.ticket_id.as_deref().map(ticket_id).transpose()?;
        Ok(Order {
            id: OrderId(self.id),
            sale_id: self.sale_id.map(SaleId),
            course_id: CourseId(self.course_id),
            course_name: self.course_name,
            course_img: self.course_img,
            course_is_shown: self.course_is_shown,
            price: Fen(self.price_fen),
            seat: self.seat,
            clicked_at: ticket.map_or(Millis(self.created_at), TicketId::moment),
            created_at: Millis(self.created_at),
            state: order_state(self.state)?,
            expires_at: self.expires_at.map(Millis),
            paid_at: self.paid_at.map(Millis),
            ended_at: self.ended_at.map(Millis),
        })
    }
}

fn provider(at: i64) -> Result<Provider, sqlx::Error> {
    Provider::of_number(at).ok_or_else(|| later_version("payment.provider"))
}

fn own_payment(
    (at, gateway_no, out_trade_no, paid_at): (i64, Option<String>, String, Option<i64>),
) -> Result<OrderPayment, sqlx::Error> {
    Ok(OrderPayment {
        provider: provider(at)?,
        gateway_no,
        out_trade_no,
        paid_at: paid_at.map(Millis),
    })
}

fn own_refund(
    (amount, state, done_at): (i64, i64, Option<i64>),
) -> Result<OrderRefund, sqlx::Error> {
    Ok(OrderRefund {
        amount: Fen(amount),
        state: refund_state(state)?,
        done_at: done_at.map(Millis),
    })
}

/// Whether an order has money that was not sent back.
async fn is_money_kept(tx: &mut Connection, order: OrderId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "select exists (select 1 from payment where order_id = $1 and state = 1 and id not in (select payment_id from refund))",
    )
    .bind(order.0)
    .fetch_one(tx)
    .await
}
