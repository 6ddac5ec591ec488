//! The tables of a file: made by whoever opens it first.

use super::{BUSY_TIMEOUT, Connection, Engine, MIGRATIONS};
use crate::server::store::{
    error::{FOREIGN, StoreError},
    setup::Schema,
};
use sqlx::{
    ConnectOptions as _, Connection as _,
    migrate::{AppliedMigration, Migrate},
    sqlite::SqliteConnectOptions,
};
use std::path::Path;

/// What is said of a file that SQLite did not write.
const NO_DATABASE: &str =
    "it is no database of SQLite: nothing was changed; is DATABASE_URL right?";

/// Whether SQLite says so of a file (NOTADB).
fn is_no_database(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| error.code().is_some_and(|code| code == "26"))
}

impl Engine {
    pub(super) async fn apply_migrations(&self) -> Result<(), sqlx::Error> {
        Ok(MIGRATIONS.run(&self.writer).await?)
    }

    /// What was applied; no table is made for the asking.
    pub(super) async fn applied_migrations(
        connection: &mut Connection,
    ) -> Result<Vec<AppliedMigration>, sqlx::Error> {
        let table = MIGRATIONS.table_name.as_ref();
        let found: Option<i64> =
            sqlx::query_scalar("select 1 from sqlite_master where type = 'table' and name = $1")
                .bind(table)
                .fetch_optional(&mut *connection)
                .await?;
        match found {
            Some(_) => Ok(connection.list_applied_migrations(table).await?),
            None => Ok(Vec::new()),
        }
    }

    /// Whether there is a table or a view beside that of migrations.
    pub(super) async fn has_tables(connection: &mut Connection) -> Result<bool, sqlx::Error> {
        sqlx::query_scalar("select exists (select 1 from sqlite_master where name not like 'sqlite!_%' escape '!' and tbl_name <> $1)")
            .bind(MIGRATIONS.table_name.as_ref())
            .fetch_one(connection)
            .await
    }

    /// Asserts that a file is empty or was made by some qiangke, before anything of it is changed:
    /// to be written it gets another mode.
    ///
    /// # Errors
    /// It has tables of something else, or can't be read.
    pub async fn assert_own(path: &Path) -> Result<(), StoreError> {
        if !std::fs::metadata(path).is_ok_and(|found| found.len() > 0) {
            return Ok(());
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(false);
        let seen = async {
            let mut connection = options.connect().await?;
            let schema = Self::schema_seen_by(&mut connection).await?;
            connection.close().await?;
            Ok(schema)
        };
        let schema = match seen.await {
            Err(error) if is_no_database(&error) => {
                return Err(StoreError::Setting(NO_DATABASE.into()));
            }
            seen => seen?,
        };
        if schema == Schema::Foreign {
            Err(StoreError::Setting(FOREIGN.into()))
        } else {
            Ok(())
        }
    }

    /// None: who may write the file may write every table.
    pub async fn table_without_privileges(&self) -> Result<Option<String>, sqlx::Error> {
        Ok(None)
    }

    /// None: `synchronous = FULL` is this program's own setting.
    pub async fn weakness(&self) -> Result<Option<String>, sqlx::Error> {
        Ok(None)
    }

    pub async fn quick_check(&self) -> Result<String, sqlx::Error> {
        sqlx::query_scalar("pragma quick_check(1)")
            .fetch_one(&self.readers)
            .await
    }
}
