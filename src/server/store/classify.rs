//! Classification of errors: what the driver and both engines say, as a [`StoreError`].

use super::{error::StoreError, postgres, sqlite};
use sqlx::{migrate::MigrateError, postgres::PgDatabaseError};

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
    if !is_postgres && sqlite::fsync::is_failed(&code) {
        return StoreError::FsyncFailed;
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
        None if is_postgres && postgres::codes::is_passing(&code)
            || !is_postgres && sqlite::codes::is_passing(&code) =>
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
