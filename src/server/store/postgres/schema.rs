//! The tables: made by `qiangke migrate`, whose role owns them. Whoever serves needs no more than
//! to read and write rows.

use super::{Connection, Engine, MIGRATIONS};
use sqlx::{
    ConnectOptions, Connection as _,
    migrate::{AppliedMigration, Migrate},
};

/// Every table of `migrations/postgres`.
const TABLES: [&str; 29] = [
    "banner",
    "catalog_version",
    "category",
    "chapter",
    "course",
    "desk",
    "entitlement",
    "job",
    "lease",
    "orders",
    "payment",
    "payment_notice",
    "progress",
    "refund",
    "sale",
    "section",
    "session",
    "session_end",
    "session_version",
    "sign_in_code",
    "signer_key",
    "sms_budget",
    "sms_counter",
    "stock_ledger",
    "student",
    "student_network",
    "teacher",
    "ticket",
    "vip",
];

impl Engine {
    /// Applies what is missing, on a connection without time limits. Waits for whoever else does so
    /// just now: the migrator holds an advisory lock of the database.
    pub(super) async fn apply_migrations(&self) -> Result<(), sqlx::Error> {
        let mut connection = self.writer.connect_options().connect().await?;
        let unlimited = "set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0";
        sqlx::raw_sql(unlimited).execute(&mut connection).await?;
        let applied = MIGRATIONS.run(&mut connection).await;
        // Closed in any case: the lock goes with the connection.
        connection.close().await?;
        Ok(applied?)
    }

    /// What was applied; no table is made for the asking.
    pub(super) async fn applied_migrations(
        connection: &mut Connection,
    ) -> Result<Vec<AppliedMigration>, sqlx::Error> {
        let table = &MIGRATIONS.table_name;
        let is_there: bool = sqlx::query_scalar("select to_regclass($1) is not null")
            .bind(table.as_ref())
            .fetch_one(&mut *connection)
            .await?;
        if !is_there {
            return Ok(Vec::new());
        }
        Ok(connection.list_applied_migrations(table).await?)
    }

    /// Whether the schema in which tables would be made has some beside that of migrations; those
    /// of extensions do not count.
    pub(super) async fn has_tables(connection: &mut Connection) -> Result<bool, sqlx::Error> {
        sqlx::query_scalar(
            "select exists
                 (select 1 from pg_class c
                  where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relname <> $1
                      and not exists
                          (select 1 from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'))",
        )
        .bind(MIGRATIONS.table_name.as_ref())
        .fetch_one(connection)
        .await
    }

    /// The first table that this role may not read and write.
    pub async fn table_without_privileges(&self) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar(
            "select name from unnest($1::text[]) as name
             where not (has_table_privilege(name, 'select') and has_table_privilege(name, 'insert')
                        and has_table_privilege(name, 'update') and has_table_privilege(name, 'delete'))
             order by name
             limit 1",
        )
        .bind(TABLES.as_slice())
        .fetch_optional(&self.readers)
        .await
    }

    /// A setting of the server by which a power cut may lose what was promised.
    pub async fn weakness(&self) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar(
            "select name from unnest(array['fsync', 'full_page_writes']) as name where current_setting(name) <> 'on' limit 1",
        )
        .fetch_optional(&self.readers)
        .await
    }

    /// PostgreSQL looks after its files itself, also after a crash.
    pub async fn quick_check(&self) -> Result<String, sqlx::Error> {
        Ok("ok".into())
    }
}
