//! SMS codes and students.

use super::{Connection, Engine};
use crate::{
    server::store::{
        error::expect_rows,
        rows::{CodeAsked, NewCode, SmsLimits, SmsLoad, sms_payload},
    },
    types::{account::Mobile, ids::StudentId, time::Millis},
};

const MINUTE_MS: i64 = 60 * 1_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

impl Engine {
    pub(in crate::server::store) async fn ask_code(
        &self,
        code: &NewCode,
        limits: &SmsLimits,
        now: Millis,
    ) -> Result<CodeAsked, sqlx::Error> {
        let NewCode { mobile, address, nonce, proof } = code;
        // A flood of requests that are refused anyway must not stand in line with clicks, which are written, too.
        if let Some(refused) = too_soon(&mut *self.readers.acquire().await?, mobile, address, limits, now).await? {
            return Ok(refused);
        }
        let mut tx = self.begin().await?;
        Self::lock_sms(&mut tx).await?;
        if let Some(refused) = too_soon(&mut tx, mobile, address, limits, now).await? {
            return Ok(refused);
        }
        let counted = sqlx::query(
            "insert into sms_request (mobile, address, created_at, proof) values ($1, $2, $3, $4) on conflict (proof) do nothing",
        )
        .bind(mobile.digits())
        .bind(address)
        .bind(now.0)
        .bind(proof)
        .execute(&mut *tx)
        .await?;
        if counted.rows_affected() == 0 {
            return Ok(CodeAsked::Spent);
        }
        sqlx::query(
            "insert into sms_code (mobile, nonce, expires_at, tries_left) values ($1, $2, $3, $4)
             on conflict (mobile) do update
             set nonce = excluded.nonce, expires_at = excluded.expires_at, tries_left = excluded.tries_left",
        )
        .bind(mobile.digits())
        .bind(nonce)
        .bind(now.plus(limits.life_ms).0)
        .bind(limits.tries)
        .execute(&mut *tx)
        .await?;
        // The nonce says which code this job is to send: one that was replaced since then is another job's.
        sqlx::query("insert into job (kind, payload, state, created_at, updated_at) values ('send_sms', $1, 0, $2, $2)")
            .bind(sms_payload(mobile, nonce))
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(CodeAsked::Queued)
    }

    pub(in crate::server::store) async fn sms_load(&self, now: Millis) -> Result<SmsLoad, sqlx::Error> {
        let (minute, day) = sqlx::query_as(
            "select (select count(*) from sms_request where created_at > $1), (select count(*) from sms_request where created_at > $2)",
        )
        .bind(now.plus(-MINUTE_MS).0)
        .bind(now.plus(-DAY_MS).0)
        .fetch_one(&self.readers)
        .await?;
        Ok(SmsLoad { minute, day })
    }

    pub(in crate::server::store) async fn code_nonce(&self, mobile: &Mobile, now: Millis) -> Result<Option<Vec<u8>>, sqlx::Error> {
        sqlx::query_scalar("select nonce from sms_code where mobile = $1 and expires_at > $2")
            .bind(mobile.digits())
            .bind(now.0)
            .fetch_optional(&self.readers)
            .await
    }

    pub(in crate::server::store) async fn try_code(&self, mobile: &Mobile, now: Millis) -> Result<Option<Vec<u8>>, sqlx::Error> {
        // On its own, the statement would give the nonce before it commits, and nobody would hear that it could not.
        let mut tx = self.begin().await?;
        let nonce = sqlx::query_scalar(
            "update sms_code set tries_left = tries_left - 1
             where mobile = $1 and expires_at > $2 and tries_left > 0
             returning nonce",
        )
        .bind(mobile.digits())
        .bind(now.0)
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(nonce)
    }

    pub(in crate::server::store) async fn use_code(
        &self,
        mobile: &Mobile,
        nonce: &[u8],
        now: Millis,
    ) -> Result<Option<StudentId>, sqlx::Error> {
        let mut tx = self.begin().await?;
        let used: Option<String> = sqlx::query_scalar("delete from sms_code where mobile = $1 and nonce = $2 returning mobile")
            .bind(mobile.digits())
            .bind(nonce)
            .fetch_optional(&mut *tx)
            .await?;
        if used.is_none() {
            return Ok(None);
        }
        sqlx::query("insert into student (mobile, created_time) values ($1, $2) on conflict (mobile) do nothing")
            .bind(mobile.digits())
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
        let id: i64 = sqlx::query_scalar("select id from student where mobile = $1").bind(mobile.digits()).fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(Some(StudentId(id)))
    }

    pub(in crate::server::store) async fn last_mobile(&self, first: &Mobile, last: &Mobile) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar("select max(mobile) from student where mobile between $1 and $2")
            .bind(first.digits())
            .bind(last.digits())
            .fetch_one(&self.readers)
            .await
    }

    pub(in crate::server::store) async fn add_students(
        &self,
        mobiles: &[String],
        now: Millis,
    ) -> Result<Vec<(StudentId, String)>, sqlx::Error> {
        let mut tx = self.begin_long().await?;
        let rows: Vec<(i64, String)> = sqlx::query_as(concat!(
            "with listed (mobile) as ",
            texts!(),
            " insert into student (mobile, created_time)
             select mobile, $2 from listed order by mobile
             returning id, mobile"
        ))
        .bind(Self::texts(mobiles))
        .bind(now.0)
        .fetch_all(&mut *tx)
        .await?;
        expect_rows("student", mobiles.len(), rows.len() as u64)?;
        tx.commit().await?;
        Ok(rows.into_iter().map(|(id, mobile)| (StudentId(id), mobile)).collect())
    }
}

/// How the limits refuse the request, by the one that lets the next through last; `None` when they don't.
async fn too_soon(
    connection: &mut Connection,
    mobile: &Mobile,
    address: &str,
    limits: &SmsLimits,
    now: Millis,
) -> Result<Option<CodeAsked>, sqlx::Error> {
    // The n-th newest request of each window: while it is younger than the window, the limit of n is reached.
    let by_mobile = "select created_at from sms_request where mobile = $1 and created_at > $2 order by created_at desc limit 1 offset $3";
    let by_address = "select created_at from sms_request where address = $1 and created_at > $2 order by created_at desc limit 1 offset $3";
    let by_shop = "select created_at from sms_request where $1 = '' and created_at > $2 order by created_at desc limit 1 offset $3";
    let windows = [
        (by_mobile, mobile.digits(), limits.gap_ms, 1),
        (by_mobile, mobile.digits(), HOUR_MS, limits.mobile_hour),
        (by_mobile, mobile.digits(), DAY_MS, limits.mobile_day),
        (by_address, address, HOUR_MS, limits.address_hour),
        (by_shop, "", DAY_MS, limits.shop_day),
    ];
    let mut longest = None;
    for window in windows {
        longest = longest.max(wait(connection, window, now).await?);
    }
    if let Some(retry_ms) = longest {
        return Ok(Some(CodeAsked::TooSoon { retry_ms, provable: false }));
    }
    let unproven = wait(connection, (by_address, address, limits.address_gap_ms, 1), now).await?;
    Ok(unproven.map(|retry_ms| CodeAsked::TooSoon { retry_ms, provable: true }))
}

/// A limit: the statement that finds the n-th newest request of a key, the key, milliseconds, and n.
type Limit<'a> = (&'static str, &'a str, i64, i64);

/// Milliseconds until a limit lets the next request through; `None` when it was not reached.
async fn wait(connection: &mut Connection, (sql, key, window_ms, most): Limit<'_>, now: Millis) -> Result<Option<i64>, sqlx::Error> {
    let nth = sqlx::query_scalar(sql).bind(key).bind(now.plus(-window_ms).0).bind((most - 1).max(0));
    let nth: Option<i64> = nth.fetch_optional(connection).await?;
    Ok(nth.map(|at| Millis(at).plus(window_ms).since(now)))
}
