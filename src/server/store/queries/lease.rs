//! The lease of what one instance runs for all.

use super::Engine;
use crate::server::store::lease::LeaseRow;

impl Engine {
    pub async fn lease(&self, name: &str) -> Result<Option<LeaseRow>, sqlx::Error> {
        let row: Option<(String, i64)> =
            sqlx::query_as("select holder, beat from lease where name = $1")
                .bind(name)
                .fetch_optional(&self.readers)
                .await?;
        Ok(row.map(|(holder, beat)| LeaseRow { holder, beat }))
    }

    pub async fn take_lease(
        &self,
        name: &str,
        seen: &LeaseRow,
        holder: &str,
    ) -> Result<bool, sqlx::Error> {
        let rows = sqlx::query("update lease set holder = $4, beat = beat + 1 where name = $1 and holder = $2 and beat = $3")
            .bind(name)
            .bind(&seen.holder)
            .bind(seen.beat)
            .bind(holder)
            .execute(&self.writer)
            .await?
            .rows_affected();
        Ok(rows == 1)
    }
}
