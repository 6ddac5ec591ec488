//! Sessions. A row's key is the SHA-256 of the cookie's value, so that what a copy of the database
//! holds signs nobody in. The value has 128 random bits: a plain hash of it can't be searched.

use super::{Connection, Engine};
use crate::{
    server::store::{error::expect_rows, session::SessionRow},
    types::{account::Mobile, hex::hex, ids::StudentId, time::Millis},
};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Rows of one transaction when keys are rewritten: students who sign in meanwhile wait for some
/// milliseconds.
const REWRITE_BATCH: i64 = 500;
/// Characters of a cookie's value, which earlier versions took as the row's key; a hash has 64.
const VALUE_LENGTH: i64 = 22;
/// Stands for all students in `session_end`, where their sessions were all ended.
const EVERYBODY: i64 = 0;

/// Whose sessions these are: the student $1's. A server of an earlier version does not write the
/// column.
macro_rules! session_of {
    () => {
        concat!(
            "(student_id = $1 or (student_id is null and ",
            session_student!(),
            " = $1))"
        )
    };
}

impl Engine {
    pub async fn load_sessions(
        &self,
        ids: &[String],
        now: Millis,
    ) -> Result<Vec<(String, Vec<u8>, Millis)>, sqlx::Error> {
        let values: HashMap<_, _> = ids.iter().map(|id| (key(id), id)).collect();
        let keys: Vec<_> = values.keys().cloned().collect();
        let rows: Vec<(String, Vec<u8>, i64)> = sqlx::query_as(concat!(
            "select id, data, expires_at from session where expires_at > $2 and id in ",
            texts!()
        ))
        .bind(Self::texts(&keys))
        .bind(now.0)
        .fetch_all(&self.readers)
        .await?;
        let of_value = |(key, data, expires_at): (String, _, _)| {
            Some(((*values.get(&key)?).clone(), data, Millis(expires_at)))
        };
        Ok(rows.into_iter().filter_map(of_value).collect())
    }

    pub async fn save_session(
        &self,
        id: &str,
        student: Option<StudentId>,
        data: &[u8],
        expires_at: Millis,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into session (id, student_id, data, expires_at) values ($1, $2, $3, $4)
             on conflict (id) do update
             set student_id = excluded.student_id, data = excluded.data, expires_at = excluded.expires_at",
        )
        .bind(key(id))
        .bind(student.map(|student| student.0))
        .bind(data)
        .bind(expires_at.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    pub async fn save_sessions(
        &self,
        sessions: &[(String, Vec<u8>)],
        expires_at: Millis,
    ) -> Result<(), sqlx::Error> {
        let sessions: Vec<_> = sessions
            .iter()
            .map(|(id, data)| (key(id), data.clone()))
            .collect();
        let mut tx = self.begin_long().await?;
        let rows = Self::insert_sessions(&mut tx, &sessions, expires_at.0).await?;
        expect_rows("session", sessions.len(), rows)?;
        tx.commit().await
    }

    pub async fn delete_session(&self, id: &str) -> Result<(), sqlx::Error> {
        sqlx::query("delete from session where id = $1")
            .bind(key(id))
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub async fn end_sessions(
        &self,
        mobile: Option<&Mobile>,
        now: Millis,
    ) -> Result<Option<u64>, sqlx::Error> {
        let mut tx = self.begin_long().await?;
        let ended = match mobile {
            None => {
                note_end(&mut tx, EVERYBODY, now).await?;
                sqlx::query("delete from session")
                    .execute(&mut *tx)
                    .await?
                    .rows_affected()
            }
            Some(mobile) => {
                let student: Option<i64> =
                    sqlx::query_scalar("select id from student where mobile = $1")
                        .bind(mobile.digits())
                        .fetch_optional(&mut *tx)
                        .await?;
                let Some(student) = student else {
                    return Ok(None);
                };
                end_all(&mut tx, student, now).await?
            }
        };
        tx.commit().await?;
        Ok(Some(ended))
    }

    pub async fn sessions_of(
        &self,
        student: StudentId,
        current: &str,
        now: Millis,
        limit: i64,
    ) -> Result<Vec<SessionRow>, sqlx::Error> {
        sqlx::query_as(concat!(
            "select id, data, expires_at, id = $2 as is_current from session
             where ",
            session_of!(),
            " and expires_at > $3
             order by is_current desc, expires_at desc, id
             limit $4 + 0"
        ))
        .bind(student.0)
        .bind(key(current))
        .bind(now.0)
        .bind(limit)
        .fetch_all(&self.readers)
        .await
    }

    pub async fn end_session(
        &self,
        student: StudentId,
        row: &str,
        now: Millis,
    ) -> Result<bool, sqlx::Error> {
        let mut tx = self.begin().await?;
        let sql = concat!("delete from session where id = $2 and ", session_of!());
        let ended = sqlx::query(sql)
            .bind(student.0)
            .bind(row)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if ended > 0 {
            note_end(&mut tx, student.0, now).await?;
        }
        tx.commit().await?;
        Ok(ended > 0)
    }

    pub async fn end_other_sessions(
        &self,
        student: StudentId,
        current: &str,
        now: Millis,
    ) -> Result<u64, sqlx::Error> {
        let mut tx = self.begin().await?;
        let sql = concat!("delete from session where id <> $2 and ", session_of!());
        let ended = sqlx::query(sql)
            .bind(student.0)
            .bind(key(current))
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if ended > 0 {
            note_end(&mut tx, student.0, now).await?;
        }
        tx.commit().await?;
        Ok(ended)
    }

    pub async fn session_version(&self) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("select version from session_version where id = 1")
            .fetch_one(&self.readers)
            .await
    }

    pub async fn session_ends(
        &self,
        after: i64,
    ) -> Result<Vec<(Option<StudentId>, i64)>, sqlx::Error> {
        let rows: Vec<(i64, i64)> =
            sqlx::query_as("select student_id, version from session_end where version > $1 order by version, student_id")
                .bind(after)
                .fetch_all(&self.readers)
                .await?;
        Ok(rows
            .into_iter()
            .map(|(student, version)| {
                (
                    (student != EVERYBODY).then_some(StudentId(student)),
                    version,
                )
            })
            .collect())
    }

    /// Gives the rows that an earlier version wrote their hashed keys. Servers of that version that
    /// still run take their students for signed out.
    pub(super) async fn hash_session_ids(&self) -> Result<(), sqlx::Error> {
        let mut last = String::new();
        loop {
            let mut tx = self.begin_long().await?;
            let values: Vec<String> = sqlx::query_scalar(
                "select id from session where id > $1 and length(id) = $2 order by id limit $3 + 0",
            )
            .bind(&last)
            .bind(VALUE_LENGTH)
            .bind(REWRITE_BATCH)
            .fetch_all(&mut *tx)
            .await?;
            for value in &values {
                sqlx::query("update session set id = $2 where id = $1")
                    .bind(value)
                    .bind(key(value))
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
            match values.into_iter().next_back() {
                Some(greatest) => last = greatest,
                None => return Ok(()),
            }
        }
    }
}

/// Ends all sessions of a student, and gives how many.
pub(super) async fn end_all(
    tx: &mut Connection,
    student: i64,
    now: Millis,
) -> Result<u64, sqlx::Error> {
    note_end(tx, student, now).await?;
    Ok(
        sqlx::query(concat!("delete from session where ", session_of!()))
            .bind(student)
            .execute(tx)
            .await?
            .rows_affected(),
    )
}

/// Tells every server that copies of this student's sessions are worth nothing. Versions are
/// committed in their order: the row of the counter is held until then.
async fn note_end(tx: &mut Connection, student: i64, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("update session_version set version = version + 1 where id = 1")
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "insert into session_end (student_id, version, ended_at)
         select $1, version, $2 from session_version where id = 1
         on conflict (student_id) do update set version = excluded.version, ended_at = excluded.ended_at",
    )
    .bind(student)
    .bind(now.0)
    .execute(tx)
    .await?;
    Ok(())
}

/// The key of the row of the session with this cookie value.
fn key(value: &str) -> String {
    hex(&Sha256::digest(value))
}
