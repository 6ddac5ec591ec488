//! Migrations, the signing key, and the version of the catalogue.

use super::{Connection, Engine, MIGRATIONS, Migrate};

impl Engine {
    pub(in crate::server::store) async fn migrate(&self, new_secret: &[u8]) -> Result<(), sqlx::Error> {
        MIGRATIONS.run(&self.writer).await?;
        sqlx::query("insert into signing_key (id, secret) values (1, $1) on conflict do nothing")
            .bind(new_secret)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub(in crate::server::store) async fn is_migrated(&self) -> Result<bool, sqlx::Error> {
        let mut connection = self.writer.acquire().await?;
        let table = MIGRATIONS.table_name.clone();
        connection.ensure_migrations_table(&table).await?;
        let applied = connection.list_applied_migrations(&table).await?;
        let known: Vec<_> = MIGRATIONS.iter().map(|migration| (migration.version, &migration.checksum)).collect();
        Ok(applied.iter().map(|migration| (migration.version, &migration.checksum)).eq(known))
    }

    pub(in crate::server::store) async fn signing_secret(&self) -> Result<Option<Vec<u8>>, sqlx::Error> {
        sqlx::query_scalar("select secret from signing_key where id = 1").fetch_optional(&self.readers).await
    }

    pub(in crate::server::store) async fn catalog_version(&self) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("select version from catalog_version where id = 1").fetch_one(&self.readers).await
    }
}

/// Tells every process that catalogue, banners or sales' settings changed; part of the transaction that changed them.
pub(super) async fn bump_version(tx: &mut Connection) -> Result<(), sqlx::Error> {
    sqlx::query("update catalog_version set version = version + 1 where id = 1").execute(tx).await?;
    Ok(())
}
