//! Sessions.

use super::Engine;
use crate::{
    server::store::error::expect_rows,
    types::{account::Mobile, time::Millis},
};

impl Engine {
    pub(in crate::server::store) async fn load_sessions(
        &self,
        ids: &[String],
        now: Millis,
    ) -> Result<Vec<(String, Vec<u8>, Millis)>, sqlx::Error> {
        let rows: Vec<(String, Vec<u8>, i64)> =
            sqlx::query_as(concat!("select id, data, expires_at from session where expires_at > $2 and id in ", texts!()))
                .bind(Self::texts(ids))
                .bind(now.0)
                .fetch_all(&self.readers)
                .await?;
        Ok(rows.into_iter().map(|(id, data, expires_at)| (id, data, Millis(expires_at))).collect())
    }

    pub(in crate::server::store) async fn save_session(&self, id: &str, data: &[u8], expires_at: Millis) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into session (id, data, expires_at) values ($1, $2, $3)
             on conflict (id) do update set data = excluded.data, expires_at = excluded.expires_at",
        )
        .bind(id)
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
        let mut tx = self.begin_long().await?;
        let rows = Self::insert_sessions(&mut tx, sessions, expires_at.0).await?;
        expect_rows("session", sessions.len(), rows)?;
        tx.commit().await
    }

    pub(in crate::server::store) async fn delete_session(&self, id: &str) -> Result<(), sqlx::Error> {
        sqlx::query("delete from session where id = $1").bind(id).execute(&self.writer).await?;
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

    pub(in crate::server::store) async fn sweep_accounts(&self, now: Millis) -> Result<(), sqlx::Error> {
        let mut tx = self.begin_long().await?;
        sqlx::query("delete from session where expires_at <= $1").bind(now.0).execute(&mut *tx).await?;
        tx.commit().await
    }
}
