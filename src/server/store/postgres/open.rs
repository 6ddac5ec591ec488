//! From an address to a database that can be worked with, or one line that says why not. A password
//! never stands in it.

use super::{CONNECTIONS, Engine};
use crate::{server::store::error::StoreError, types::host};
use sqlx::{
    ConnectOptions, Connection as _,
    error::DatabaseError,
    postgres::{PgConnectOptions, PgSslMode},
};
use std::time::Duration;

/// How long the first connection may take, name, TLS and password in all.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
/// The oldest PostgreSQL that these statements were written for: 13, the oldest that is not long
/// out of support.
const VERSION_MIN: i64 = 130_000;

/// What every connection says of itself. A server that hangs with a sale's row in its hand must let
/// go of it before the others' tickets are late (G6).
const SETTINGS: [(&str, &str); 4] = [
    ("statement_timeout", "800ms"),
    ("lock_timeout", "700ms"),
    ("idle_in_transaction_session_timeout", "4s"),
    // The durable point of a ticket is its commit (G5), whatever the server's default.
    ("synchronous_commit", "on"),
];

impl Engine {
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options = options(url)?;
        let first = tokio::time::timeout(OPEN_TIMEOUT, look(&options)).await;
        let (version, is_standby, is_heard) = first
            .map_err(|_| cannot(&options, "no answer within 5 s"))?
            .map_err(|error| explain(&options, error))?;
        if version < VERSION_MIN {
            return Err(StoreError::Setting(format!(
                "{} is PostgreSQL {}: 13 or later is needed",
                place(&options),
                version / 10_000
            )));
        }
        if is_standby {
            return Err(StoreError::Setting(format!(
                "{} is a standby, which only reads: DATABASE_URL must name the primary",
                place(&options)
            )));
        }
        if !is_heard {
            return Err(StoreError::Setting(format!(
                "what a connection says of itself does not reach PostgreSQL at {}: name PostgreSQL itself in DATABASE_URL, and no pooler \
                 that drops it or shares sessions (PgBouncer)",
                place(&options)
            )));
        }
        Ok(Self::new(options))
    }
}

/// The host that a URL leads to, when it is another machine whose identity is not checked. The
/// driver's default takes TLS when it is offered, from anybody.
pub fn unverified_host(url: &str) -> Option<String> {
    let options = options(url).ok()?;
    let host = options.get_host();
    let is_here =
        options.get_socket().is_some() || host.starts_with('/') || host::is_loopback(host);
    let is_verified = match options.get_ssl_mode() {
        PgSslMode::VerifyCa | PgSslMode::VerifyFull => true,
        // With an authority's certificate the driver checks here, too.
        PgSslMode::Require => {
            url.contains("sslrootcert=")
                || url.contains("ssl-root-cert=")
                || url.contains("ssl-ca=")
        }
        PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer => false,
    };
    (!is_here && !is_verified).then(|| host.to_owned())
}

/// The settings of a connection. What the address does not name, like a password, is taken from
/// where every client of PostgreSQL looks: `PGPASSWORD`, `~/.pgpass`.
fn options(url: &str) -> Result<PgConnectOptions, StoreError> {
    let options: PgConnectOptions = url.parse().map_err(|error| {
        let hint = "write it like postgres://USER:PASSWORD@HOST:5432/DATABASE, special characters of the password percent-encoded";
        StoreError::Setting(format!("DATABASE_URL can't be read ({error}): {hint}"))
    })?;
    if options.get_database().is_none_or(str::is_empty) {
        return Err(StoreError::Setting(
            "DATABASE_URL names no database: write it like postgres://USER@HOST/DATABASE".into(),
        ));
    }
    let options = if options.get_application_name().is_some() {
        options
    } else {
        options.application_name("qiangke")
    };
    Ok(options.options(SETTINGS))
}

/// The server's version, whether it is a standby, and whether it heard the connection's settings.
async fn look(options: &PgConnectOptions) -> Result<(i64, bool, bool), sqlx::Error> {
    let mut connection = options.connect().await?;
    let sql = "select current_setting('server_version_num')::bigint, pg_is_in_recovery(), current_setting($1) = $2";
    let (name, value) = SETTINGS[0];
    let seen = sqlx::query_as(sql)
        .bind(name)
        .bind(value)
        .fetch_one(&mut connection)
        .await?;
    connection.close().await?;
    Ok(seen)
}

fn place(options: &PgConnectOptions) -> String {
    format!("{}:{}", options.get_host(), options.get_port())
}

fn cannot(options: &PgConnectOptions, why: impl std::fmt::Display) -> StoreError {
    StoreError::Setting(format!(
        "PostgreSQL at {} can't be reached ({why}): does it run, and is DATABASE_URL right?",
        place(options)
    ))
}

/// What to do about a first connection that failed.
fn explain(options: &PgConnectOptions, error: sqlx::Error) -> StoreError {
    let (place, role, database) = (
        place(options),
        options.get_username(),
        options.get_database().unwrap_or_default(),
    );
    let code = error
        .as_database_error()
        .and_then(DatabaseError::code)
        .unwrap_or_default();
    let text = match (code.as_ref(), &error) {
        ("28P01" | "28000", _) => {
            format!(
                "PostgreSQL at {place} does not let {role} in ({error}): check user and password in DATABASE_URL"
            )
        }
        ("3D000", _) => {
            format!(
                "PostgreSQL at {place} has no database {database}: create it (`createdb {database}`), then run `qiangke migrate`"
            )
        }
        ("42501", _) => format!(
            "{role} may not use the database {database} at {place} ({error}): grant it the right to connect"
        ),
        ("53300", _) => {
            format!(
                "PostgreSQL at {place} has no connection free: raise its max_connections, a server takes {}",
                CONNECTIONS + 1
            )
        }
        (_, sqlx::Error::Tls(_)) => {
            format!(
                "PostgreSQL at {place} and this program agree on no TLS ({error}): check sslmode in DATABASE_URL"
            )
        }
        (_, sqlx::Error::Io(_)) => return cannot(options, error),
        _ => return StoreError::from(error),
    };
    StoreError::Setting(text)
}

/// Whether a transaction was rolled back so that another one could go on: nothing of it was
/// written.
pub(super) fn was_rolled_back(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| matches!(code.as_ref(), "40001" | "40P01"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_elsewhere_that_anybody_could_be_is_named() {
        for (url, host) in [
            ("postgres://shop:secret@db.example/shop", Some("db.example")),
            (
                "postgres://shop@db.example/shop?sslmode=require",
                Some("db.example"),
            ),
            (
                "postgres://shop@10.0.0.7/shop?sslmode=disable",
                Some("10.0.0.7"),
            ),
            ("postgres://shop@db.example/shop?sslmode=verify-full", None),
            (
                "postgres://shop@db.example/shop?sslmode=require&sslrootcert=ca.pem",
                None,
            ),
            ("postgres://shop@localhost/shop", None),
            ("postgres://shop@127.0.0.1:5433/shop", None),
            ("postgres://shop@[::1]/shop", None),
            ("postgres:///shop?host=/run/postgresql", None),
        ] {
            assert_eq!(unverified_host(url).as_deref(), host, "{url}");
        }
    }
}
