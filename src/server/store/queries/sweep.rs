//! Sweeps: what belongs to a person goes when its time is over ([`kept`]).

use super::Engine;
use crate::types::{
    kept,
    time::{DAY_MS, HOUR_MS, Millis},
};

/// When a try of a job is given up: its server died. A kind that may run twice was queued again by
/// then (`requeue_lost_jobs`).
const JOB_LOST_MS: i64 = HOUR_MS;
/// Rows that one sweep takes of a table at most: clicks wait for it on SQLite.
const SWEPT_AT_ONCE: i64 = 1_000;

/// Statements that take rows from before $1, at most $2 of them, and for how many milliseconds
/// those are kept.
const SWEEPS: [(&str, i64); 9] = [
    (
        concat!(
            "delete from session where id in (select id from session where expires_at <= $1 limit $2 + 0",
            for_update_skip_locked!(),
            ")"
        ),
        kept::EXPIRED_SESSION_DAYS * DAY_MS,
    ),
    (
        concat!(
            "delete from sign_in_code where (mobile, browser) in
                 (select mobile, browser from sign_in_code where expires_at <= $1 limit $2 + 0",
            for_update_skip_locked!(),
            ")"
        ),
        0,
    ),
    (
        concat!(
            "delete from sms_counter where key in (select key from sms_counter where ends_at <= $1 limit $2 + 0",
            for_update_skip_locked!(),
            ")"
        ),
        0,
    ),
    (
        concat!(
            "delete from session_end where student_id in (select student_id from session_end where ended_at <= $1 limit $2 + 0",
            for_update_skip_locked!(),
            ")"
        ),
        0,
    ),
    (
        concat!(
            "delete from student_network where (student_id, network) in
                 (select student_id, network from student_network where used_at <= $1 limit $2 + 0",
            for_update_skip_locked!(),
            ")"
        ),
        kept::NETWORK_DAYS * DAY_MS,
    ),
    (
        concat!(
            "update job set
                 state = case when ",
            has_tries!(),
            " then 0 else 3 end,
                 payload = case when ",
            has_tries!(),
            " then payload else '' end,
                 note = 'its server ended in the middle of it'
             where id in (select id from job where state = 1 and updated_at <= $1 limit $2 + 0",
            for_update_skip_locked!(),
            ")"
        ),
        JOB_LOST_MS,
    ),
    (
        concat!(
            "delete from payment_notice where id in (select id from payment_notice where received_at <= $1 limit $2 + 0",
            for_update_skip_locked!(),
            ")"
        ),
        kept::NOTICE_DAYS * DAY_MS,
    ),
    (
        concat!(
            "delete from job where id in (select id from job where state in (2, 3) and updated_at <= $1 limit $2 + 0",
            for_update_skip_locked!(),
            ")"
        ),
        kept::JOB_DAYS * DAY_MS,
    ),
    // Nobody asks for them any more: the sale's page is gone, and a poll for one is answered like
    // one for a ticket that never was.
    (
        concat!(
            "delete from ticket where id in
                 (select id from ticket where state = 2 and sale_id in (select id from sale where closes_at <= $1) limit $2 + 0",
            for_update_skip_locked!(),
            ")"
        ),
        kept::LOST_TICKET_DAYS * DAY_MS,
    ),
];

impl Engine {
    pub async fn sweep(&self, now: Millis) -> Result<bool, sqlx::Error> {
        let (mut is_more, mut failure) = (false, None);
        let mut take = |swept: Result<u64, sqlx::Error>| match swept {
            Ok(rows) => is_more |= rows >= SWEPT_AT_ONCE.unsigned_abs(),
            // One table that can't be swept is no reason to keep what is in the others.
            Err(error) => {
                failure.get_or_insert(error);
            }
        };
        for (sql, kept_ms) in SWEEPS {
            let swept = sqlx::query(sql)
                .bind(now.plus(-kept_ms).0)
                .bind(SWEPT_AT_ONCE)
                .execute(&self.writer)
                .await;
            take(swept.map(|done| done.rows_affected()));
        }
        take(self.fail_unknown_jobs(SWEPT_AT_ONCE, now).await);
        failure.map_or(Ok(is_more), Err)
    }
}
