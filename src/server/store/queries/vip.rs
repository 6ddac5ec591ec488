//! Members, as operators make them.

use super::Engine;
use crate::{
    server::store::vip::VipRow,
    types::{account::Mobile, ids::StudentId, time::Millis},
};

impl Engine {
    pub async fn grant_membership(
        &self,
        mobile: &Mobile,
        ends_at: Millis,
        now: Millis,
    ) -> Result<StudentId, sqlx::Error> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "insert into student (mobile, created_time) values ($1, $2) on conflict (mobile) do nothing",
        )
        .bind(mobile.digits())
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
        let student: i64 = sqlx::query_scalar("select id from student where mobile = $1")
            .bind(mobile.digits())
            .fetch_one(&mut *tx)
            .await?;
        sqlx::query(
            "insert into vip (student_id, ends_at, granted_at) values ($1, $2, $3)
             on conflict (student_id) do update set ends_at = excluded.ends_at, granted_at = excluded.granted_at",
        )
        .bind(student)
        .bind(ends_at.0)
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(StudentId(student))
    }

    pub async fn end_membership(&self, mobile: &Mobile, now: Millis) -> Result<bool, sqlx::Error> {
        let ended = sqlx::query(
            "update vip set ends_at = $2 where ends_at > $2 and student_id = (select id from student where mobile = $1)",
        )
        .bind(mobile.digits())
        .bind(now.0)
        .execute(&self.writer)
        .await?;
        Ok(ended.rows_affected() == 1)
    }

    pub async fn members(&self, limit: i64) -> Result<Vec<VipRow>, sqlx::Error> {
        sqlx::query_as(
            "select u.mobile, v.granted_at, v.ends_at from vip v join student u on u.id = v.student_id
             order by v.ends_at, v.student_id limit $1 + 0",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await
    }
}
