//! PostgreSQL: any number of servers share it. What is written is written at READ COMMITTED, under
//! the row locks that it says; what is read together is of one moment; and every wait has an end.

pub(super) mod codes;
#[macro_use]
mod dialect;
mod instances;
mod open;
mod rush;
mod schema;

pub use instances::Session;
pub(super) use open::unverified_host;

use super::urgency::{SignInLine, Urgency};
use sqlx::{
    ConnectOptions as _, Executor as _, PgConnection as Connection, Postgres as Db, Row as _,
    migrate::Migrator,
    pool::PoolOptions,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{io, sync::Arc, time::Duration};
use tokio::sync::Semaphore;

#[path = "../queries/mod.rs"]
#[expect(
    clippy::duplicate_mod,
    reason = "SQL that is said once is compiled once for each engine"
)]
mod queries;

pub use queries::Staging;

type Pool = sqlx::Pool<Db>;
type Transaction = sqlx::Transaction<'static, Db>;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// Connections of each server, of the 100 that PostgreSQL has by default.
const CONNECTIONS: u32 = 20;
/// Calls at a time that single students wait for, beside those of sign-in and of pages. The other
/// connections are for the jobs, and for those tasks that work for many students at once: there is
/// one of each, and none must stand in line.
const ASKED_AT_ONCE: usize = 7;
/// Calls at a time for pages of the catalogue: each is kept in memory, so that a few bring all
/// there are.
const PAGES_AT_ONCE: usize = 3;
/// Settlements at a time, of the connections that are left: the writer of tickets, the desks and
/// the sessions' reader need theirs.
pub(super) const SETTLES_AT_ONCE: usize = 3;
/// How long such a call stands in line. Its own time begins after that, so that in a rush whoever
/// comes to the front can still be served, and the others are told to come back.
const IN_LINE_MAX: Duration = Duration::from_millis(350);
/// How long it may take then: new clicks are refused within a second while the database is away
/// (G11).
const ASKED_MAX: Duration = Duration::from_millis(600);
/// How long a call for a page stands in line, and how long it may take then: nobody's click hangs
/// on it, and who looks at a page for the first time while a sale opens had rather wait than be
/// told to come back.
const PAGE_IN_LINE_MAX: Duration = Duration::from_secs(1);
/// See [`PAGE_IN_LINE_MAX`].
const PAGE_MAX: Duration = Duration::from_secs(2);
/// How long a call of sign-in may take.
const SIGN_IN_MAX: Duration = Duration::from_secs(2);
/// How long the database may take to say that it is there.
const PROBE_MAX: Duration = Duration::from_secs(1);
/// How long a call of a task in the background may take: it ends one that was cut off. Students who
/// wait for such a task, like those whose clicks are in a group, have their own time limits.
const JOB_MAX: Duration = Duration::from_secs(8);
/// How long a new connection may take to stand.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that rested longer is asked whether it still stands.
const REST_MAX: Duration = Duration::from_secs(1);
/// How often a transaction that was rolled back to let another one pass is tried.
const TRIES_MAX: u32 = 3;
/// Whether a connection is in no transaction: one of a transaction has the time of its begin.
const IS_AT_REST: &str = "select transaction_timestamp() = statement_timestamp()";
/// Begins a transaction that takes an import; it sets its own locks.
const BEGIN_IMPORT: &str = "begin isolation level read committed";
/// Begins one that only judges it.
const BEGIN_VIEW: &str = "begin isolation level repeatable read, read only";
/// What the connection of an import is given: statements about whole tables take their time, and
/// nobody waits for this connection but whoever writes the catalogue.
const IMPORT_LIMITS: &str = "set statement_timeout = '10min'; set lock_timeout = '3s'; set idle_in_transaction_session_timeout = '1min'";
/// How long a connection may take to answer. One that does not was cut off, and would be missing
/// for as long as the network keeps trying.
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// Holds back everybody else who counts requests for codes. Any number, but the same in every
/// server.
const SMS_LOCK: i64 = 0x71_69_61_6e_67_6b_65;

/// The connections to one database.
#[derive(Clone, Debug)]
pub struct Engine {
    readers: Pool,
    /// The same pool: readers and writers don't hold each other up here.
    writer: Pool,
    line: Arc<Semaphore>,
    pages: Arc<Semaphore>,
    sign_in: SignInLine,
}

impl Engine {
    /// Connects when it is asked to.
    fn new(options: PgConnectOptions) -> Self {
        let pool: PoolOptions<Db> = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT);
        let pool = pool
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move { Ok(meta.idle_for < REST_MAX || answers(connection).await) })
            })
            .after_release(|connection, _| {
                Box::pin(async move { Ok(is_at_rest(connection).await) })
            })
            .connect_lazy_with(options);
        let [line, pages] =
            [ASKED_AT_ONCE, PAGES_AT_ONCE].map(|places| Arc::new(Semaphore::new(places)));
        Self {
            readers: pool.clone(),
            writer: pool,
            line,
            pages,
            sign_in: SignInLine::new(),
        }
    }

    /// Runs a call as its urgency allows. One that PostgreSQL rolled back to end a deadlock is
    /// tried again: nothing of it was written.
    pub(super) async fn call<T, F>(
        &self,
        urgency: Urgency,
        call: impl Fn() -> F,
    ) -> Result<T, sqlx::Error>
    where
        F: Future<Output = Result<T, sqlx::Error>>,
    {
        match urgency {
            Urgency::Asked => {
                let _place = within(IN_LINE_MAX, async { Ok(self.line.acquire().await) }).await?;
                within(ASKED_MAX, tried(call)).await
            }
            Urgency::Page => {
                let _place =
                    within(PAGE_IN_LINE_MAX, async { Ok(self.pages.acquire().await) }).await?;
                within(PAGE_MAX, tried(call)).await
            }
            Urgency::SignIn => {
                let _place = self.sign_in.place().await?;
                within(SIGN_IN_MAX, tried(call)).await
            }
            Urgency::Probe => within(PROBE_MAX, call()).await,
            Urgency::Job => within(JOB_MAX, tried(call)).await,
            Urgency::Command => tried(call).await,
        }
    }

    pub(super) async fn close(&self) -> Result<(), sqlx::Error> {
        self.writer.close().await;
        Ok(())
    }

    /// A transaction that writes, and that somebody waits for.
    async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        self.writer
            .begin_with("begin isolation level read committed")
            .await
    }

    /// A transaction that writes much, or waits for one that does.
    async fn begin_long(&self) -> Result<Transaction, sqlx::Error> {
        let sql = "begin isolation level read committed; set local statement_timeout = '5s'; set local lock_timeout = '3s'";
        self.writer.begin_with(sql).await
    }

    /// A transaction that sees the database as it is at one moment, for whoever reads much.
    async fn view_long(&self) -> Result<Transaction, sqlx::Error> {
        let sql =
            "begin isolation level repeatable read, read only; set local statement_timeout = '60s'";
        self.readers.begin_with(sql).await
    }

    /// A connection for an import, which takes its temporary tables with it when it ends.
    async fn connect_import(&self) -> Result<Connection, sqlx::Error> {
        let mut connection = self.writer.connect_options().connect().await?;
        sqlx::raw_sql(IMPORT_LIMITS)
            .execute(&mut connection)
            .await?;
        Ok(connection)
    }
}

async fn tried<T, F>(call: impl Fn() -> F) -> Result<T, sqlx::Error>
where
    F: Future<Output = Result<T, sqlx::Error>>,
{
    let mut tries = 1;
    loop {
        match call().await {
            Err(error) if tries < TRIES_MAX && open::was_rolled_back(&error) => tries += 1,
            done => return done,
        }
    }
}

async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let late = || {
        sqlx::Error::Io(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("no answer within {} ms", limit.as_millis()),
        ))
    };
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(late()))
}

/// Whether a connection still stands.
async fn answers(connection: &mut Connection) -> bool {
    use sqlx::Connection as _;
    matches!(
        tokio::time::timeout(PING_TIMEOUT, connection.ping()).await,
        Ok(Ok(()))
    )
}

/// Whether a connection may be handed out again. A call that was cut off while it began a
/// transaction, or whose BEGIN was not sent until later, leaves one open of which the driver does
/// not know: what the next call writes on its own would be answered, and never committed.
async fn is_at_rest(connection: &mut Connection) -> bool {
    let asked = tokio::time::timeout(PING_TIMEOUT, connection.fetch_one(IS_AT_REST)).await;
    asked.is_ok_and(|answer| {
        answer
            .and_then(|row| row.try_get(0))
            .is_ok_and(|is_at_rest: bool| is_at_rest)
    })
}
