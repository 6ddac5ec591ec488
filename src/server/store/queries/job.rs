//! Durable jobs: enqueued by the transaction that makes them necessary, claimed by kind, started as
//! often as their kind allows. Their states are those of `0004_jobs.sql`.

use super::{Connection, Engine};
use crate::{
    server::store::job::{ClaimedJob, Job, JobKind},
    types::time::{DAY_MS, Millis},
};

/// When a job of a kind that no server of this version knows is given up: a later version's server,
/// which knows it, starts in less time.
const UNKNOWN_KIND_MS: i64 = DAY_MS;

/// Due whatever the clock says.
pub(super) const AT_ONCE: Millis = Millis(0);

/// Queues a job that is due at `due_at`; it is there if and only if the transaction commits.
pub(super) async fn enqueue(
    tx: &mut Connection,
    job: &Job,
    due_at: Millis,
    now: Millis,
) -> Result<(), sqlx::Error> {
    let payload = job
        .payload()
        .map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query(
        "insert into job (kind, payload, state, tries_max, due_at, created_at, updated_at) values ($1, $2, 0, $3, $4, $5, $5)",
    )
    .bind(job.kind().name())
    .bind(payload)
    .bind(job.kind().tries_max())
    .bind(due_at.0)
    .bind(now.0)
    .execute(tx)
    .await?;
    Ok(())
}

impl Engine {
    pub async fn claim_job(
        &self,
        kinds: &[JobKind],
        now: Millis,
    ) -> Result<Option<ClaimedJob>, sqlx::Error> {
        let names = names(kinds);
        // On its own, the statement would give the job before it commits, and the job would be
        // handed out again if it could not.
        let mut tx = self.begin().await?;
        let row: Option<(i64, String, String, i64, i64)> = sqlx::query_as(concat!(
            "update job set state = 1, tries = tries + 1, updated_at = $2
                 where id = (select id from job where state = 0 and due_at <= $2 and kind in ",
            texts!(),
            " order by due_at, id limit 1",
            for_update_skip_locked!(),
            ") returning id, kind, payload, created_at, tries"
        ))
        .bind(Self::texts(&names))
        .bind(now.0)
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        row.map(|(id, name, payload, created_at, tries)| {
            let kind = kinds.iter().copied().find(|kind| kind.name() == name);
            Ok(ClaimedJob {
                id,
                kind: kind.ok_or_else(|| not_asked_for(&name))?,
                payload,
                created_at: Millis(created_at),
                tries_before: tries - 1,
            })
        })
        .transpose()
    }

    pub async fn finish_job(&self, id: i64, now: Millis) -> Result<(), sqlx::Error> {
        // Whom it was about is nobody's business any more.
        sqlx::query("update job set state = 2, note = null, payload = '', updated_at = $2 where id = $1 and state = 1")
            .bind(id)
            .bind(now.0)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub async fn postpone_job(
        &self,
        id: i64,
        due_at: Millis,
        now: Millis,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "update job set state = 0, due_at = $2, updated_at = $3 where id = $1 and state = 1",
        )
        .bind(id)
        .bind(due_at.0)
        .bind(now.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    pub async fn resume_jobs(&self, started_max_ms: i64, now: Millis) -> Result<u64, sqlx::Error> {
        // A time that is yet to come was written by a clock that was wrong.
        let resumed = sqlx::query(concat!(
            "update job set state = 0, due_at = $2, updated_at = $2, note = 'its server ended in the middle of it'
             where state = 1 and ",
            has_tries!(),
            " and (updated_at <= $1 or updated_at > $3)"
        ))
        .bind(now.plus(-started_max_ms).0)
        .bind(now.0)
        .bind(now.plus(started_max_ms).0)
        .execute(&self.writer)
        .await?;
        Ok(resumed.rows_affected())
    }

    pub async fn fail_job(
        &self,
        id: i64,
        reason: &str,
        retry_at: Option<Millis>,
        now: Millis,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(concat!(
            "update job set
                 state = case when $3 is not null and ",
            has_tries!(),
            " then 0 else 3 end,
                 payload = case when $3 is not null and ",
            has_tries!(),
            " then payload else '' end,
                 due_at = coalesce($3, due_at), note = $2, updated_at = $4
             where id = $1 and state = 1"
        ))
        .bind(id)
        .bind(reason)
        .bind(retry_at.map(|at| at.0))
        .bind(now.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Ends queued jobs of unknown kinds as failed, at most `limit`, and gives how many: nobody
    /// would ever claim them.
    pub(super) async fn fail_unknown_jobs(
        &self,
        limit: i64,
        now: Millis,
    ) -> Result<u64, sqlx::Error> {
        let names = names(&JobKind::ALL);
        let failed = sqlx::query(concat!(
            "update job set state = 3, payload = '', note = 'no server knows its kind', updated_at = $3 where id in
                 (select id from job where state = 0 and created_at <= $2 and kind not in ",
            texts!(),
            " limit $4 + 0",
            for_update_skip_locked!(),
            ")"
        ))
        .bind(Self::texts(&names))
        .bind(now.plus(-UNKNOWN_KIND_MS).0)
        .bind(now.0)
        .bind(limit)
        .execute(&self.writer)
        .await?;
        Ok(failed.rows_affected())
    }
}

fn names(kinds: &[JobKind]) -> Vec<String> {
    kinds.iter().map(|kind| kind.name().to_owned()).collect()
}

fn not_asked_for(name: &str) -> sqlx::Error {
    sqlx::Error::Protocol(format!("a job of another kind was handed out: {name}"))
}
