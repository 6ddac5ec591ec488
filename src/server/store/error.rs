//! Errors of the record.

use super::{postgres, sqlite};
use crate::{server::log, types::error::AppError};
use sqlx::{migrate::MigrateError, postgres::PgDatabaseError};
use std::fmt;

/// The record could not be read or written.
#[derive(Debug)]
pub enum StoreError {
    /// Not now: it is away, busy or full. Nothing was written, or a COMMIT's outcome is not known.
    Unavailable(sqlx::Error),
    /// A constraint of this name refused the write.
    Constraint(String),
    /// The record can't be used with these settings; the text says why, and what to do.
    Setting(String),
    /// A defect: a statement or a row that this program does not understand, or a write that
    /// touched other rows than it should.
    Defect(sqlx::Error),
}

/// What is said of tables that something else made.
pub const FOREIGN: &str = "the record's tables were not made by any qiangke that this program knows: nothing was changed; is DATABASE_URL right?";

/// SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC (<https://www.sqlite.org/rescode.html>).
const SQLITE_FSYNC_CODES: [&str; 2] = ["1034", "1290"];
/// The process' exit code after a failed fsync.
const EXIT_FSYNC: i32 = 74;

/// PostgreSQL's `insufficient_privilege`.
const POSTGRES_DENIED: &str = "42501";

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(_) => of_engine(error),
            // sqlx reports a connection that was closed during the TLS negotiation as a protocol
            // error: treat it as unavailable.
            sqlx::Error::Protocol(ref text) if text.contains("SSLRequest: 0x00") => {
                Self::Unavailable(error)
            }
            sqlx::Error::Migrate(why) => of_migration(*why),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            _ => Self::Defect(error),
        }
    }
}

/// What the engine itself says.
fn of_engine(error: sqlx::Error) -> StoreError {
    let sqlx::Error::Database(db) = &error else {
        return StoreError::Defect(error);
    };
    let code = db.code().unwrap_or_default();
    let is_postgres = db.try_downcast_ref::<PgDatabaseError>().is_some();
    if !is_postgres && SQLITE_FSYNC_CODES.contains(&code.as_ref()) {
        // What was written before may be lost although it was reported as safe: only a check of the
        // file tells.
        tracing::error!(%error, "fsync failed: the process ends, and the next start checks the file");
        log::flush();
        std::process::exit(EXIT_FSYNC);
    }
    match db.constraint() {
        Some(name) => StoreError::Constraint(name.to_owned()),
        None if db.is_check_violation() || db.is_unique_violation() => {
            StoreError::Constraint(db.message().to_owned())
        }
        None if is_postgres && code == POSTGRES_DENIED => {
            let hint =
                "grant this role its rights, or name the owner of the tables in DATABASE_URL";
            StoreError::Setting(format!("PostgreSQL says {:?}: {hint}", db.message()))
        }
        None if is_postgres && postgres::is_passing(&code)
            || !is_postgres && sqlite::is_passing(&code) =>
        {
            StoreError::Unavailable(error)
        }
        None => StoreError::Defect(error),
    }
}

fn of_migration(why: MigrateError) -> StoreError {
    match why {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        why => StoreError::Defect(why.into()),
    }
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

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(error) => write!(f, "the record is not available: {error}"),
            Self::Constraint(name) => write!(f, "the constraint {name} refused the write"),
            Self::Setting(text) => write!(f, "{text}"),
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
            StoreError::Constraint(_) | StoreError::Setting(_) | StoreError::Defect(_) => {
                tracing::error!(%error, "store");
                Self::Internal
            }
        }
    }
}
