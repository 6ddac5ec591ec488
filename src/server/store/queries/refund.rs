//! Money that goes back.

use super::{
    Connection, Engine,
    hold::{end_order, lock_order},
    job::{AT_ONCE, enqueue},
};
use crate::{
    server::store::{
        error::later_version,
        job::{Job, RefundJob},
        refund::{RefundAsked, RefundRow, refund_no},
    },
    types::{
        ids::{OrderId, PaymentId, RefundId},
        money::Fen,
        order::OrderState,
        payment::{Provider, RefundCause, RefundState},
        time::Millis,
    },
};

pub(super) fn refund_state(number: i64) -> Result<RefundState, sqlx::Error> {
    RefundState::of_number(number).ok_or_else(|| later_version("refund.state"))
}

impl Engine {
    pub async fn refund(&self, id: RefundId) -> Result<Option<RefundRow>, sqlx::Error> {
        let row: Option<(i64, String, String, i64, i64, i64)> = sqlx::query_as(
            "select p.provider, p.out_trade_no, r.refund_no, r.amount_fen, p.received_fen, r.state
             from refund r join payment p on p.id = r.payment_id where r.id = $1",
        )
        .bind(id.0)
        .fetch_optional(&self.readers)
        .await?;
        row.map(|(at, out_trade_no, refund_no, amount, total, state)| {
            Ok(RefundRow {
                id,
                provider: Provider::of_number(at)
                    .ok_or_else(|| later_version("payment.provider"))?,
                out_trade_no,
                refund_no,
                amount: Fen(amount),
                total: Fen(total),
                state: refund_state(state)?,
            })
        })
        .transpose()
    }

    pub async fn note_refund(
        &self,
        id: RefundId,
        state: RefundState,
        note: Option<&str>,
        now: Millis,
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.begin().await?;
        let done_at = (state == RefundState::Done).then_some(now.0);
        sqlx::query(
            "update refund set state = $2, note = $3, done_at = $4 where id = $1 and state <> 2",
        )
        .bind(id.0)
        .bind(state.number())
        .bind(note)
        .bind(done_at)
        .execute(&mut *tx)
        .await?;
        if state == RefundState::Done {
            sqlx::query(
                "update orders set state = 6 /* refunded */ where state = 5 /* refunding */ and id =
                     (select p.order_id from refund r join payment p on p.id = r.payment_id where r.id = $1)",
            )
            .bind(id.0)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await
    }

    pub async fn ask_refund(
        &self,
        order: OrderId,
        reason: &str,
        now: Millis,
    ) -> Result<RefundAsked, sqlx::Error> {
        let mut tx = self.begin_long().await?;
        let Some(order) = lock_order(&mut tx, order).await? else {
            return Ok(RefundAsked::Unknown);
        };
        let paid: Option<(i64, String, i64)> = sqlx::query_as(
            "select id, out_trade_no, received_fen from payment
             where order_id = $1 and state = 1 and id not in (select payment_id from refund)
             order by id limit 1",
        )
        .bind(order.id.0)
        .fetch_optional(&mut *tx)
        .await?;
        let Some((payment, name, received)) = paid.filter(|_| order.state == OrderState::Paid)
        else {
            return Ok(RefundAsked::Not(order.state));
        };
        let amount = Fen(received);
        insert_refund(
            &mut tx,
            (PaymentId(payment), &name),
            amount,
            RefundCause::Asked,
            now,
        )
        .await?;
        end_order(&mut tx, &order, OrderState::Refunding, reason, now).await?;
        tx.commit().await?;
        Ok(RefundAsked::Asked {
            amount,
            sale: order.sale,
        })
    }
}

/// Money goes back: its row, and the job that sends it.
pub(super) async fn insert_refund(
    tx: &mut Connection,
    (payment, name): (PaymentId, &str),
    amount: Fen,
    cause: RefundCause,
    now: Millis,
) -> Result<RefundId, sqlx::Error> {
    let id: i64 = sqlx::query_scalar(
        "insert into refund (payment_id, refund_no, amount_fen, cause, state, created_at)
         values ($1, $2, $3, $4, 0, $5)
         returning id",
    )
    .bind(payment.0)
    .bind(refund_no(name))
    .bind(amount.0)
    .bind(cause.name())
    .bind(now.0)
    .fetch_one(&mut *tx)
    .await?;
    let refund = RefundId(id);
    enqueue(tx, &Job::SendRefund(RefundJob { refund }), AT_ONCE, now).await?;
    Ok(refund)
}
