//! The keys of ticket ids, codes and challenges.

use super::Engine;
use crate::{
    server::store::key::{KeyEnd, KeyRow},
    types::time::Millis,
};

impl Engine {
    pub async fn keys(&self) -> Result<Vec<KeyRow>, sqlx::Error> {
        let rows: Vec<(i64, Vec<u8>, bool, i64)> =
            sqlx::query_as("select id, secret, signs, created_at from signer_key order by id desc")
                .fetch_all(&self.readers)
                .await?;
        let row = |(number, secret, signs, created_at)| KeyRow {
            number,
            secret,
            signs,
            created_at: Millis(created_at),
        };
        Ok(rows.into_iter().map(row).collect())
    }

    pub async fn add_key(&self, secret: &[u8], now: Millis) -> Result<i64, sqlx::Error> {
        let mut tx = self.begin().await?;
        let number: i64 = sqlx::query_scalar("select coalesce(max(id), 0) + 1 from signer_key")
            .fetch_one(&mut *tx)
            .await?;
        sqlx::query(
            "insert into signer_key (id, secret, signs, created_at) values ($1, $2, false, $3)",
        )
        .bind(number)
        .bind(secret)
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(number)
    }

    pub async fn sign_with(&self, number: i64) -> Result<bool, sqlx::Error> {
        let found = sqlx::query("update signer_key set signs = true where id = $1")
            .bind(number)
            .execute(&self.writer)
            .await?;
        Ok(found.rows_affected() == 1)
    }

    pub async fn retire_key(&self, number: i64) -> Result<KeyEnd, sqlx::Error> {
        let mut tx = self.begin().await?;
        let signing: Option<i64> =
            sqlx::query_scalar("select max(id) from signer_key where signs = true")
                .fetch_one(&mut *tx)
                .await?;
        let ended = sqlx::query("delete from signer_key where id = $1")
            .bind(number)
            .execute(&mut *tx)
            .await?;
        if ended.rows_affected() == 0 {
            return Ok(KeyEnd::Unknown);
        }
        if signing.is_none_or(|signing| signing <= number) {
            tx.rollback().await?;
            return Ok(KeyEnd::Needed);
        }
        tx.commit().await?;
        Ok(KeyEnd::Ended)
    }
}
