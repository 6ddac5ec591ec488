//! Sessions. A row's key is the SHA-256 of the cookie's value, so that what a copy of the database holds signs nobody in. The value
//! has 128 random bits: a plain hash of it can't be searched.

use super::Engine;
use crate::{
    server::store::{error::expect_rows, rows::hex},
    types::{account::Mobile, time::Millis},
};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Rows of one transaction when keys are rewritten: students who sign in meanwhile wait for some milliseconds.
const REWRITE_BATCH: i64 = 500;
/// Characters of a cookie's value, which earlier versions took as the row's key; a hash has 64.
const VALUE_LENGTH: i64 = 22;

impl Engine {
    pub(in crate::server::store) async fn load_sessions(
        &self,
        ids: &[String],
        now: Millis,
    ) -> Result<Vec<(String, Vec<u8>, Millis)>, sqlx::Error> {
        let values: HashMap<_, _> = ids.iter().map(|id| (key(id), id)).collect();
        let keys: Vec<_> = values.keys().cloned().collect();
        let rows: Vec<(String, Vec<u8>, i64)> =
            sqlx::query_as(concat!("select id, data, expires_at from session where expires_at > $2 and id in ", texts!()))
                .bind(Self::texts(&keys))
                .bind(now.0)
                .fetch_all(&self.readers)
                .await?;
        let of_value = |(key, data, expires_at): (String, _, _)| Some(((*values.get(&key)?).clone(), data, Millis(expires_at)));
        Ok(rows.into_iter().filter_map(of_value).collect())
    }

    pub(in crate::server::store) async fn save_session(&self, id: &str, data: &[u8], expires_at: Millis) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into session (id, data, expires_at) values ($1, $2, $3)
             on conflict (id) do update set data = excluded.data, expires_at = excluded.expires_at",
        )
        .bind(key(id))
        .bind(data)
        .bind(expires_at.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    pub(in crate::server::store) async fn save_sessions(
        &self,
        sessions: &[(String, Vec<u8>)],
        expires_at: Millis,
    ) -> Result<(), sqlx::Error> {
        let sessions: Vec<_> = sessions.iter().map(|(id, data)| (key(id), data.clone())).collect();
        let mut tx = self.begin_long().await?;
        let rows = Self::insert_sessions(&mut tx, &sessions, expires_at.0).await?;
        expect_rows("session", sessions.len(), rows)?;
        tx.commit().await
    }

    pub(in crate::server::store) async fn delete_session(&self, id: &str) -> Result<(), sqlx::Error> {
        sqlx::query("delete from session where id = $1").bind(key(id)).execute(&self.writer).await?;
        Ok(())
    }

    pub(in crate::server::store) async fn end_sessions(&self, mobile: Option<&Mobile>) -> Result<Option<u64>, sqlx::Error> {
        let Some(mobile) = mobile else {
            return Ok(Some(sqlx::query("delete from session").execute(&self.writer).await?.rows_affected()));
        };
        let mut tx = self.begin_long().await?;
        let student: Option<i64> =
            sqlx::query_scalar("select id from student where mobile = $1").bind(mobile.digits()).fetch_optional(&mut *tx).await?;
        let Some(student) = student else { return Ok(None) };
        // Without an index: an operator does this now and then, and every sign-in would pay for one.
        let ended = sqlx::query(concat!("delete from session where ", session_student!(), " = $1")).bind(student).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(Some(ended.rows_affected()))
    }

    pub(in crate::server::store) async fn sweep_sessions(&self, before: Millis) -> Result<(), sqlx::Error> {
        let mut tx = self.begin_long().await?;
        sqlx::query("delete from session where expires_at <= $1").bind(before.0).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// Gives the rows that an earlier version wrote their hashed keys. Servers of that version that still run take their students
    /// for signed out.
    pub(super) async fn hash_session_ids(&self) -> Result<(), sqlx::Error> {
        let mut last = String::new();
        loop {
            let mut tx = self.begin_long().await?;
            let values: Vec<String> =
                sqlx::query_scalar("select id from session where id > $1 and length(id) = $2 order by id limit $3 + 0")
                    .bind(&last)
                    .bind(VALUE_LENGTH)
                    .bind(REWRITE_BATCH)
                    .fetch_all(&mut *tx)
                    .await?;
            for value in &values {
                sqlx::query("update session set id = $2 where id = $1").bind(value).bind(key(value)).execute(&mut *tx).await?;
            }
            tx.commit().await?;
            match values.into_iter().next_back() {
                Some(greatest) => last = greatest,
                None => return Ok(()),
            }
        }
    }
}

/// The key of the row of the session with this cookie value.
fn key(value: &str) -> String {
    hex(&Sha256::digest(value))
}
