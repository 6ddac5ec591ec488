//! Copies of the file: made of one moment while others write, and read without a trace.

use super::{
    BUSY_TIMEOUT, Engine,
    fsync::FsyncLatch,
    open::{connect, reader_pool},
};
use crate::server::store::urgency::SignInLine;
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use std::{io, path::Path};

impl Engine {
    /// Opens a file that nobody writes, such as a backup: nothing is made beside it, and nothing
    /// can be written.
    pub async fn open_copy(path: &Path) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .immutable(true)
            .foreign_keys(false);
        let readers = connect(reader_pool(), options).await?;
        Ok(Self {
            writer: readers.clone(),
            readers,
            sign_in: SignInLine::new(),
            fsync: FsyncLatch::default(),
        })
    }

    /// Writes the database as it is at one moment into an empty file. It only reads: whoever writes
    /// goes on.
    pub async fn copy(from: &Path, to: &Path) -> Result<(), sqlx::Error> {
        let to = to.to_str().ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "the file's name is no UTF-8")
        })?;
        let options = SqliteConnectOptions::new()
            .filename(from)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(false);
        let mut connection = options.connect().await?;
        let copied = sqlx::query("vacuum into $1")
            .bind(to)
            .execute(&mut connection)
            .await;
        connection.close().await?;
        copied.map(drop)
    }
}
