//! Errors of the database.

use crate::types::error::AppError;
use thiserror::Error;

/// The database could not be read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Not now: it is away, busy or full. Nothing was written, or a COMMIT's outcome is not known.
    #[error("the database is not available: {0}{advice}", advice = advice(.0))]
    Unavailable(sqlx::Error),
    /// The file did not reach the disk: what was written before may be lost, too. The process ends,
    /// and writes nothing more.
    #[error("fsync failed: what was written may be lost, and the next start checks the file")]
    FsyncFailed,
    /// A constraint of this name refused the write.
    #[error("the constraint {0} refused the write")]
    Constraint(String),
    /// The database can't be used with these settings; the text says why, and what to do.
    #[error("{0}")]
    Setting(String),
    /// A defect: a statement or a row that this program does not understand, or a write that
    /// touched other rows than it should.
    #[error("a defect at the database: {0}")]
    Defect(sqlx::Error),
}

/// What to do when SQLite waited in vain for another writer.
fn advice(error: &sqlx::Error) -> &'static str {
    let is_locked = error
        .as_database_error()
        .is_some_and(|error| error.message().contains("database is locked"));
    if is_locked {
        ": somebody else is writing to it, try again in a moment"
    } else {
        ""
    }
}

/// What is said of tables that something else made.
pub const FOREIGN: &str = "the database's tables were not made by any qiangke that this program knows: nothing was changed; is DATABASE_URL right?";

/// A number that a later version of this program wrote into a column.
pub(super) fn later_version(column: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{column} is of a later version").into())
}

/// Refuses a write that touched another number of rows than it must.
pub(super) fn expect_rows(what: &str, expected: usize, touched: u64) -> Result<(), sqlx::Error> {
    if touched == expected as u64 {
        return Ok(());
    }
    Err(sqlx::Error::Protocol(format!(
        "{what}: {touched} rows were touched, not {expected}"
    )))
}

/// Logged here, once; the wire says only what the asker can do.
impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                tracing::warn!(%error, "store");
                Self::Unavailable
            }
            StoreError::FsyncFailed => {
                tracing::error!(%error, "store");
                Self::Unavailable
            }
            StoreError::Constraint(_) | StoreError::Setting(_) | StoreError::Defect(_) => {
                tracing::error!(%error, "store");
                Self::Internal
            }
        }
    }
}
