//! Courses that are bought without a sale.

use super::{Connection, Engine, entitlement, hold::order_state};
use crate::{
    server::store::purchase::Purchase,
    types::{
        catalog::CourseType,
        ids::{CourseId, OrderId, StudentId},
        money::Fen,
        order::OrderState,
        time::Millis,
    },
};

impl Engine {
    pub async fn buy(
        &self,
        course: CourseId,
        student: StudentId,
        hold_ms: i64,
        now: Millis,
    ) -> Result<Purchase, sqlx::Error> {
        let mut tx = self.begin().await?;
        // Of two requests of a student, one waits here for the other.
        sqlx::query(concat!(
            "select id from student where id = $1",
            for_update!()
        ))
        .bind(student.0)
        .fetch_optional(&mut *tx)
        .await?;
        if entitlement::is_owned(&mut tx, student, course, OrderId(0)).await? {
            return Ok(Purchase::Owned);
        }
        let row: Option<(i64, i64)> = sqlx::query_as(
            "select price_fen, course_type from course where id = $1 and is_show and not is_delete and status <> 1",
        )
        .bind(course.0)
        .fetch_optional(&mut *tx)
        .await?;
        let Some((price, course_type)) = row else {
            return Ok(Purchase::Unknown);
        };
        if course_type == i64::from(CourseType::Vip) {
            // It is open to members without an order.
            let is_member = is_vip(&mut tx, student, now).await?;
            return Ok(if is_member {
                Purchase::Owned
            } else {
                Purchase::MembersOnly
            });
        }
        let live: Option<(i64, i64, Option<i64>)> = sqlx::query_as(
            "select id, state, expires_at from orders
             where student_id = $1 and course_id = $2 and ended_at is null
             order by state, id limit 1",
        )
        .bind(student.0)
        .bind(course.0)
        .fetch_optional(&mut *tx)
        .await?;
        if let Some((id, state, expires_at)) = live {
            return Ok(Purchase::Order {
                id: OrderId(id),
                state: order_state(state)?,
                expires_at: expires_at.map(Millis),
            });
        }
        let purchase =
            Self::insert_purchase(&mut tx, course, student, Fen(price), hold_ms, now).await?;
        tx.commit().await?;
        Ok(purchase)
    }

    async fn insert_purchase(
        tx: &mut Connection,
        course: CourseId,
        student: StudentId,
        price: Fen,
        hold_ms: i64,
        now: Millis,
    ) -> Result<Purchase, sqlx::Error> {
        let (state, expires_at, paid_at) = if price.is_free() {
            (OrderState::Paid, None, Some(now))
        } else {
            (OrderState::Held, Some(now.plus(hold_ms)), None)
        };
        let id: i64 = sqlx::query_scalar(
            "insert into orders (student_id, course_id, price_fen, created_at, state, expires_at, paid_at)
             values ($1, $2, $3, $4, $5, $6, $7)
             returning id",
        )
        .bind(student.0)
        .bind(course.0)
        .bind(price.0)
        .bind(now.0)
        .bind(state.number())
        .bind(expires_at.map(|at| at.0))
        .bind(paid_at.map(|at| at.0))
        .fetch_one(&mut *tx)
        .await?;
        let id = OrderId(id);
        if price.is_free() {
            entitlement::grant(tx, id, now).await?;
        }
        Ok(Purchase::Order {
            id,
            state,
            expires_at,
        })
    }
}

/// Whether the student is a member at `now`.
pub(super) async fn is_vip(
    tx: &mut Connection,
    student: StudentId,
    now: Millis,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select 1 from vip where student_id = $1 and ends_at > $2)")
        .bind(student.0)
        .bind(now.0)
        .fetch_one(tx)
        .await
}
