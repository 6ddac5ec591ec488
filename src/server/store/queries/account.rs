//! SMS codes and students.

use super::{
    Connection, Engine,
    job::{AT_ONCE, enqueue},
};
use crate::{
    server::store::{
        account::{CodeAsked, CodeTry, NewCode, SmsBudget, SmsJudge, SmsStanding},
        error::expect_rows,
        job::{Job, SendSms},
    },
    types::{
        account::Mobile,
        ids::StudentId,
        time::{MINUTE_MS, Millis},
    },
};

/// Milliseconds that a code lives at most, as far as clocks of two servers may be apart: one that
/// ends later was written by a clock that was wrong, and is expired.
const CODE_LIFE_MAX_MS: i64 = 10 * MINUTE_MS;
/// Networks that a student is at home in at most: the last ones.
const NETWORKS_MAX: i64 = 8;

impl Engine {
    pub async fn ask_code(
        &self,
        code: &NewCode,
        judge: &SmsJudge<'_>,
        now: Millis,
    ) -> Result<CodeAsked, sqlx::Error> {
        let NewCode {
            mobile,
            browser,
            nonce,
            expires_at,
            tries,
            ..
        } = code;
        // A flood of requests that are refused anyway must not stand in line with clicks, which are
        // written, too.
        let standing = standing(&mut *self.readers.acquire().await?, code, now).await?;
        if judge(&standing).is_none() {
            return Ok(CodeAsked::Refused(standing));
        }
        let mut tx = self.begin().await?;
        Self::lock_sms(&mut tx).await?;
        let standing = self::standing(&mut tx, code, now).await?;
        let Some(uses) = judge(&standing) else {
            return Ok(CodeAsked::Refused(standing));
        };
        expect_rows(
            "sms_counter",
            uses.len(),
            Self::count_up(&mut tx, &uses).await?,
        )?;
        sqlx::query(
            "insert into sign_in_code (mobile, browser, nonce, expires_at, tries_left) values ($1, $2, $3, $4, $5)
             on conflict (mobile, browser) do update
             set nonce = excluded.nonce, expires_at = excluded.expires_at, tries_left = excluded.tries_left",
        )
        .bind(mobile.digits())
        .bind(browser)
        .bind(nonce)
        .bind(expires_at.0)
        .bind(tries)
        .execute(&mut *tx)
        .await?;
        let job = Job::SendSms(SendSms {
            mobile: mobile.clone(),
            nonce: nonce.clone(),
        });
        enqueue(&mut tx, &job, AT_ONCE, now).await?;
        tx.commit().await?;
        Ok(CodeAsked::Queued(standing))
    }

    pub async fn is_code_live(
        &self,
        mobile: &Mobile,
        nonce: &[u8],
        now: Millis,
    ) -> Result<bool, sqlx::Error> {
        let found: Option<i64> =
            sqlx::query_scalar("select expires_at from sign_in_code where mobile = $1 and nonce = $2 and expires_at > $3")
                .bind(mobile.digits())
                .bind(nonce)
                .bind(now.0)
                .fetch_optional(&self.readers)
                .await?;
        Ok(found.is_some())
    }

    pub async fn code_nonce(
        &self,
        mobile: &Mobile,
        browser: &[u8],
        now: Millis,
    ) -> Result<Option<Vec<u8>>, sqlx::Error> {
        sqlx::query_scalar("select nonce from sign_in_code where mobile = $1 and browser = $2 and expires_at > $3 and expires_at <= $4")
            .bind(mobile.digits())
            .bind(browser)
            .bind(now.0)
            .bind(now.plus(CODE_LIFE_MAX_MS).0)
            .fetch_optional(&self.readers)
            .await
    }

    pub async fn try_code(
        &self,
        mobile: &Mobile,
        browser: &[u8],
        now: Millis,
    ) -> Result<CodeTry, sqlx::Error> {
        // What is not there costs a read.
        if self.code_nonce(mobile, browser, now).await?.is_none() {
            return Ok(CodeTry::NoCode);
        }
        // On its own, the statement would give the nonce before it commits, and nobody would hear
        // that it could not.
        let mut tx = self.begin().await?;
        let spent: Option<(Vec<u8>, i64)> = sqlx::query_as(
            "update sign_in_code set tries_left = tries_left - 1
             where mobile = $1 and browser = $2 and expires_at > $3 and tries_left > 0
             returning nonce, tries_left",
        )
        .bind(mobile.digits())
        .bind(browser)
        .bind(now.0)
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(
            spent.map_or(CodeTry::NoneLeft, |(nonce, tries_left)| CodeTry::Spent {
                nonce,
                tries_left,
            }),
        )
    }

    pub async fn use_code(
        &self,
        mobile: &Mobile,
        nonce: &[u8],
        network: &str,
        now: Millis,
    ) -> Result<Option<StudentId>, sqlx::Error> {
        let mut tx = self.begin().await?;
        let used: Option<String> = sqlx::query_scalar(
            "delete from sign_in_code where mobile = $1 and nonce = $2 returning mobile",
        )
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
        let id: i64 = sqlx::query_scalar("select id from student where mobile = $1")
            .bind(mobile.digits())
            .fetch_one(&mut *tx)
            .await?;
        remember_network(&mut tx, id, network, now).await?;
        tx.commit().await?;
        Ok(Some(StudentId(id)))
    }

    pub async fn sms_counters(
        &self,
        keys: &[String],
        now: Millis,
    ) -> Result<SmsStanding, sqlx::Error> {
        read_standing(&mut *self.readers.acquire().await?, keys, ["", ""], now).await
    }

    pub async fn sms_gap_ends(
        &self,
        key: &str,
        now: Millis,
    ) -> Result<Option<Millis>, sqlx::Error> {
        let ends_at: Option<i64> = sqlx::query_scalar(
            "select ends_at from sms_counter where key = $1 and count > 0 and ends_at > $2",
        )
        .bind(key)
        .bind(now.0)
        .fetch_optional(&self.readers)
        .await?;
        Ok(ends_at.map(Millis))
    }

    pub async fn sms_budget(&self) -> Result<Option<SmsBudget>, sqlx::Error> {
        let row: Option<(i64, Option<i64>)> =
            sqlx::query_as("select codes, until from sms_budget where id = 1")
                .fetch_optional(&self.readers)
                .await?;
        Ok(row.map(|(codes, until)| SmsBudget {
            codes,
            until: until.map(Millis),
        }))
    }

    pub async fn set_sms_budget(&self, budget: Option<SmsBudget>) -> Result<(), sqlx::Error> {
        let Some(SmsBudget { codes, until }) = budget else {
            sqlx::query("delete from sms_budget where id = 1")
                .execute(&self.writer)
                .await?;
            return Ok(());
        };
        let set = sqlx::query(
            "insert into sms_budget (id, codes, until) values (1, $1, $2)
             on conflict (id) do update set codes = excluded.codes, until = excluded.until",
        );
        let set = set
            .bind(codes)
            .bind(until.map(|until| until.0))
            .execute(&self.writer)
            .await?;
        expect_rows("sms_budget", 1, set.rows_affected())
    }

    pub async fn last_mobile(
        &self,
        first: &Mobile,
        last: &Mobile,
    ) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar("select max(mobile) from student where mobile between $1 and $2")
            .bind(first.digits())
            .bind(last.digits())
            .fetch_one(&self.readers)
            .await
    }

    pub async fn add_students(
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
        Ok(rows
            .into_iter()
            .map(|(id, mobile)| (StudentId(id), mobile))
            .collect())
    }
}

/// The network that a student signs in from; those that were used longest ago make room.
async fn remember_network(
    tx: &mut Connection,
    student: i64,
    network: &str,
    now: Millis,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into student_network (student_id, network, used_at) values ($1, $2, $3)
         on conflict (student_id, network) do update set used_at = excluded.used_at",
    )
    .bind(student)
    .bind(network)
    .bind(now.0)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "delete from student_network
         where student_id = $1 and network not in
             (select network from student_network where student_id = $1 order by used_at desc, network limit $2 + 0)",
    )
    .bind(student)
    .bind(NETWORKS_MAX)
    .execute(tx)
    .await?;
    Ok(())
}

async fn standing(
    connection: &mut Connection,
    code: &NewCode,
    now: Millis,
) -> Result<SmsStanding, sqlx::Error> {
    read_standing(
        connection,
        &code.keys,
        [code.mobile.digits(), &code.network],
        now,
    )
    .await
}

/// All that a request is judged by, in one statement: its cost does not depend on how many others
/// asked. It is planned anew each time: a plan of the morning, when nothing was counted yet, would
/// read all of what a flood leaves until noon.
async fn read_standing(
    connection: &mut Connection,
    keys: &[String],
    [mobile, network]: [&str; 2],
    now: Millis,
) -> Result<SmsStanding, sqlx::Error> {
    let rows: Vec<(i64, String, i64, i64)> = sqlx::query_as(concat!(
        "select cast(0 as bigint), key, count, ends_at from sms_counter where key in ",
        texts!(),
        " union all
         select cast(1 as bigint), '', codes, 0 from sms_budget where id = 1 and (until is null or until > $2)
         union all
         select cast(2 as bigint), '', id, 0 from student where mobile = $3
         union all
         select cast(3 as bigint), '', n.used_at, 0
         from student s join student_network n on n.student_id = s.id
         where s.mobile = $3 and n.network = $4"
    ))
    .bind(Engine::texts(keys))
    .bind(now.0)
    .bind(mobile)
    .bind(network)
    .persistent(false)
    .fetch_all(connection)
    .await?;
    let mut standing = SmsStanding::default();
    for (what, key, number, ends_at) in rows {
        match what {
            0 => drop(standing.counters.insert(key, (number, Millis(ends_at)))),
            1 => standing.budget = Some(number),
            2 => standing.is_student = true,
            _ => standing.is_home = true,
        }
    }
    Ok(standing)
}
