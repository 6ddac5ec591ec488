//! Durable jobs: enqueued by the transaction that made them necessary, started at most once.

use super::Engine;
use crate::{server::store::job::Claimed, types::time::Millis};

impl Engine {
    pub async fn claim_job(&self, now: Millis) -> Result<Option<Claimed>, sqlx::Error> {
        // On its own, the statement would give the job before it commits, and the job would be
        // handed out again if it could not.
        let mut tx = self.begin().await?;
        let row: Option<(i64, String, i64)> = sqlx::query_as(concat!(
            "update job set state = 1, updated_at = $1
                 where id = (select id from job where state = 0 order by id limit 1",
            for_update_skip_locked!(),
            ") returning id, payload, created_at"
        ))
        .bind(now.0)
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(row.map(|(id, payload, created_at)| Claimed {
            id,
            payload,
            created_at: Millis(created_at),
        }))
    }

    pub async fn end_job(
        &self,
        id: i64,
        failure: Option<&str>,
        now: Millis,
    ) -> Result<(), sqlx::Error> {
        // Whom it was about is nobody's business any more.
        sqlx::query("update job set state = $2, note = $3, updated_at = $4, payload = '' where id = $1 and state = 1")
            .bind(id)
            .bind(if failure.is_some() { 3_i64 } else { 2 })
            .bind(failure)
            .bind(now.0)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}
