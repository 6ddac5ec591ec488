//! Opening of a file: one connection that writes, a few that read.

use super::{BUSY_TIMEOUT, Connection, Db, Engine, Pool, fsync::FsyncLatch};
use crate::server::{
    private_file,
    store::{error::StoreError, urgency::SignInLine},
};
use sqlx::{
    Connection as _,
    pool::PoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{path::Path, time::Duration};

const READERS: u32 = 4;

/// How long a caller waits for a connection: new clicks are refused within a second while the
/// database is away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(900);

/// How often the first connection is tried, each time for [`ACQUIRE_TIMEOUT`]: making a file on a
/// busy disk takes seconds.
const OPEN_TRIES: u32 = 30;

/// Pages in the log before a checkpoint: 16 MB, so that a rush is not interrupted often.
const WAL_AUTOCHECKPOINT_PAGES: &str = "4000";

/// Rows that the driver's thread hands over without waiting for their reader: a batch.
const ROWS_AHEAD: usize = 1_024;

/// The writer's page cache in KiB (negative: SQLite's convention).
const WRITER_CACHE_KIB: &str = "-65536";

/// What is deleted is overwritten where that costs no further write: who was erased does not stay
/// in a page of the file.
const SECURE_DELETE: &str = "fast";

fn writer_pool() -> PoolOptions<Db> {
    PoolOptions::new()
        .max_connections(1)
        // A file needs no test.
        .test_before_acquire(false)
        // SQLite ends a transaction by itself when the disk is full, and the driver goes on
        // counting it as open: such a connection could begin nothing any more.
        .before_acquire(|connection: &mut Connection, _| {
            Box::pin(async move { Ok(!connection.is_in_transaction()) })
        })
}

pub(super) fn reader_pool() -> PoolOptions<Db> {
    // A caller whose time is up while its connection is tested takes the connection with it: with
    // thousands of callers none would be left. A file needs no test.
    PoolOptions::new()
        .max_connections(READERS)
        .test_before_acquire(false)
}

/// A pool whose first connection stands.
pub(super) async fn connect(
    pool: PoolOptions<Db>,
    options: SqliteConnectOptions,
) -> Result<Pool, sqlx::Error> {
    let pool = pool
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options);
    let mut tries = 1;
    loop {
        match pool.acquire().await {
            Ok(_) => return Ok(pool),
            Err(sqlx::Error::PoolTimedOut) if tries < OPEN_TRIES => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

impl Engine {
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::assert_own(path).await?;
        // SQLite gives its log the rights of the file itself.
        private_file::make_folder_of(path)
            .and_then(|()| private_file::make(path))
            .map_err(sqlx::Error::Io)?;
        let base = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .row_buffer_size(ROWS_AHEAD)
            .foreign_keys(false);
        let writer = base
            .clone()
            .pragma("wal_autocheckpoint", WAL_AUTOCHECKPOINT_PAGES)
            .pragma("cache_size", WRITER_CACHE_KIB)
            .pragma("secure_delete", SECURE_DELETE);
        // The writer first: it makes the file and its log, which a reader only reads.
        let writer = connect(writer_pool(), writer).await?;
        let readers = connect(reader_pool(), base.read_only(true)).await?;
        Ok(Self {
            readers,
            writer,
            sign_in: SignInLine::new(),
            fsync: FsyncLatch::default(),
        })
    }
}
