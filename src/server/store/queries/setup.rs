//! Migrations, the first signing key, and the version of the catalogue.

use super::{Connection, Engine, MIGRATIONS};
use crate::server::store::setup::Schema;

impl Engine {
    pub async fn migrate(&self, new_secret: &[u8]) -> Result<(), sqlx::Error> {
        // Whoever may not make tables may still ask whether there is anything to do.
        if self.schema().await? != Schema::Current {
            self.apply_migrations().await?;
        }
        // Of several that do this at once, one makes the key.
        sqlx::query(
            "insert into signer_key (id, secret) select 1, $1 where not exists (select 1 from signer_key)
             on conflict do nothing",
        )
        .bind(new_secret)
        .execute(&self.writer)
        .await?;
        self.hash_session_ids().await
    }

    pub async fn schema(&self) -> Result<Schema, sqlx::Error> {
        let mut connection = self.writer.acquire().await?;
        Self::schema_seen_by(&mut connection).await
    }

    /// The same, asked on a connection of any kind; it changes nothing.
    pub async fn schema_seen_by(connection: &mut Connection) -> Result<Schema, sqlx::Error> {
        let applied = Self::applied_migrations(connection).await?;
        // Tables that stand where nothing was applied are somebody else's.
        if applied.is_empty() && Self::has_tables(connection).await? {
            return Ok(Schema::Foreign);
        }
        let applied: Vec<_> = applied
            .iter()
            .map(|migration| (migration.version, &migration.checksum))
            .collect();
        let known: Vec<_> = MIGRATIONS
            .iter()
            .map(|migration| (migration.version, &migration.checksum))
            .collect();
        Ok(
            match (known.starts_with(&applied), applied.starts_with(&known)) {
                (true, true) => Schema::Current,
                (true, false) => Schema::Behind,
                (false, true) => Schema::Ahead,
                (false, false) => Schema::Foreign,
            },
        )
    }

    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        sqlx::query("select 1 from catalog_version where id = 1")
            .execute(&self.readers)
            .await?;
        Ok(())
    }
}

/// Tells every process that what pages show to everybody changed; part of the transaction that
/// changed it.
pub(super) async fn bump_catalog_version(tx: &mut Connection) -> Result<(), sqlx::Error> {
    sqlx::query("update catalog_version set version = version + 1 where id = 1")
        .execute(tx)
        .await?;
    Ok(())
}
