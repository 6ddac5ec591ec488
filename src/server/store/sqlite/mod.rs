//! SQLite: one writer connection, a few readers, WAL, a commit that is on the disk before it is
//! reported.

use self::fsync::FsyncLatch;
use super::{
    error::StoreError,
    urgency::{SignInLine, Urgency},
};
use sqlx::{ConnectOptions as _, Sqlite as Db, SqliteConnection as Connection, migrate::Migrator};
use std::time::Duration;

pub(super) mod codes;
mod copy;
#[macro_use]
mod dialect;
pub(super) mod fsync;
mod open;
mod rush;
mod schema;

#[path = "../queries/mod.rs"]
#[expect(
    clippy::duplicate_mod,
    reason = "SQL that is said once is compiled once for each engine"
)]
mod queries;

pub use queries::Staging;

type Pool = sqlx::Pool<Db>;
type Transaction = sqlx::Transaction<'static, Db>;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// How long a statement waits for a lock of another process (a command beside the server).
const BUSY_TIMEOUT: Duration = Duration::from_millis(500);
/// Begins a transaction that takes an import.
const BEGIN_IMPORT: &str = "begin immediate";
/// Begins one that only judges it, and holds up nobody.
const BEGIN_VIEW: &str = "begin";

/// The pools of one file.
#[derive(Clone, Debug)]
pub struct Engine {
    readers: Pool,
    writer: Pool,
    sign_in: SignInLine,
    fsync: FsyncLatch,
}

impl Engine {
    /// Runs a call. The file is near, and waiting for a connection has a limit of its own; whoever
    /// signs in waits apart, so that clicks stand behind two of them and not behind a crowd. After
    /// a failed fsync nothing is called any more.
    pub(super) async fn call<T, F>(
        &self,
        urgency: Urgency,
        call: impl FnOnce() -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, sqlx::Error>>,
    {
        let _place = match urgency {
            Urgency::SignIn => Some(self.sign_in.place().await?),
            Urgency::Asked | Urgency::Page | Urgency::Probe | Urgency::Job | Urgency::Command => {
                None
            }
        };
        self.fsync.guard(async { call().await }).await
    }

    /// Waits until fsync has failed.
    pub(super) async fn fsync_failed(&self) {
        self.fsync.failed().await;
    }

    pub(super) async fn close(&self) -> Result<(), sqlx::Error> {
        self.readers.close().await;
        self.writer.close().await;
        Ok(())
    }

    /// A transaction that takes the write lock at once, so that it can't fail half way for want of
    /// it.
    async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        self.writer.begin_with("begin immediate").await
    }

    /// SQLite needs no long variant: its single writer never waits for row locks.
    async fn begin_long(&self) -> Result<Transaction, sqlx::Error> {
        self.begin().await
    }

    /// A transaction that sees the database as it is at one moment; a reader here holds up nobody.
    async fn view_long(&self) -> Result<Transaction, sqlx::Error> {
        self.readers.begin().await
    }

    /// A connection for an import, whose temporary tables are in a file of their own: the one
    /// writer goes on meanwhile.
    async fn connect_import(&self) -> Result<Connection, sqlx::Error> {
        self.writer.connect_options().connect().await
    }
}
