//! Entitlements: they begin and end in the transactions of their orders.

use super::Connection;
use crate::{
    server::store::error::expect_rows,
    types::{
        ids::{CourseId, OrderId, StudentId},
        time::Millis,
    },
};

/// Whether the student may study the course by another order than this one.
pub(super) async fn is_owned(
    tx: &mut Connection,
    student: StudentId,
    course: CourseId,
    but: OrderId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "select exists (select 1 from entitlement
                        where student_id = $1 and course_id = $2 and order_id <> $3 and revoked_at is null)",
    )
    .bind(student.0)
    .bind(course.0)
    .bind(but.0)
    .fetch_one(tx)
    .await
}

/// The student of an order may study its course from now on. An order whose end was undone had one
/// before.
pub(super) async fn grant(
    tx: &mut Connection,
    order: OrderId,
    now: Millis,
) -> Result<(), sqlx::Error> {
    let granted = sqlx::query(
        "insert into entitlement (student_id, course_id, order_id, granted_at)
         select student_id, course_id, id, $2 from orders where id = $1
         on conflict (order_id) do update set granted_at = excluded.granted_at, revoked_at = null",
    )
    .bind(order.0)
    .bind(now.0)
    .execute(tx)
    .await?
    .rows_affected();
    expect_rows("entitlement", 1, granted)
}

/// What an order gave ends; nothing when it gave nothing.
pub(super) async fn revoke(
    tx: &mut Connection,
    order: OrderId,
    now: Millis,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update entitlement set revoked_at = $2 where order_id = $1 and revoked_at is null",
    )
    .bind(order.0)
    .bind(now.0)
    .execute(tx)
    .await?;
    Ok(())
}
