//! What can go wrong with the record.

use crate::types::error::AppError;
use std::fmt;

/// The record could not be read or written.
#[derive(Debug)]
pub enum StoreError {
    /// Not now: it is away, busy or full. Nothing was written, or a COMMIT's outcome is not known.
    Unavailable(sqlx::Error),
    /// A constraint of this name refused the write.
    Constraint(String),
    /// A defect: a statement or a row that this program does not understand, or a write that touched other rows than it should.
    Defect(sqlx::Error),
}

/// SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC (<https://www.sqlite.org/rescode.html>).
const SQLITE_FSYNC_CODES: [&str; 2] = ["1034", "1290"];
/// The process' exit code after a failed fsync.
const EXIT_FSYNC: i32 = 74;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(db) => {
                if db.code().is_some_and(|code| SQLITE_FSYNC_CODES.contains(&code.as_ref())) {
                    // What was written before may be lost although it was reported as safe: only a check of the file tells.
                    tracing::error!(%error, "fsync failed: the process ends, and the next start checks the file");
                    std::process::exit(EXIT_FSYNC);
                }
                match db.constraint() {
                    Some(name) => Self::Constraint(name.to_owned()),
                    None if db.is_check_violation() || db.is_unique_violation() => Self::Constraint(db.message().to_owned()),
                    None if is_passing(db.code().as_deref()) => Self::Unavailable(error),
                    None => Self::Defect(error),
                }
            }
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::Unavailable(error)
            }
            _ => Self::Defect(error),
        }
    }
}

/// Whether an SQLite code means "not now": BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN.
/// Extended codes carry the primary code in their low byte.
fn is_passing(code: Option<&str>) -> bool {
    const PASSING: [i64; 8] = [5, 6, 7, 8, 9, 10, 13, 14];
    code.and_then(|code| code.parse::<i64>().ok()).is_some_and(|code| PASSING.contains(&(code & 0xff)))
}

/// A write touched another number of rows than it must.
pub(super) fn rows_differ(what: &str, expected: usize, touched: u64) -> sqlx::Error {
    sqlx::Error::Protocol(format!("{what}: {touched} rows were touched, not {expected}"))
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(error) => write!(f, "the record is not available: {error}"),
            Self::Constraint(name) => write!(f, "the constraint {name} refused the write"),
            Self::Defect(error) => write!(f, "a defect at the record: {error}"),
        }
    }
}

impl std::error::Error for StoreError {}

/// Logged here, once; the wire says only what the asker can do.
impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                tracing::warn!(%error, "store");
                Self::Unavailable
            }
            StoreError::Constraint(_) | StoreError::Defect(_) => {
                tracing::error!(%error, "store");
                Self::Internal
            }
        }
    }
}
