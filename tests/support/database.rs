//! Where a test keeps its database, and what it reads and writes there behind the shop's back.
//! Which engine it is says `QIANGKE_TEST_ENGINE`, so that one suite proves both.

use qiangke::{
    server::store::NewCode,
    types::{account::Mobile, time::Millis},
};
use sqlx::{
    Connection, PgConnection, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions,
};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// The database of a test, nobody else's.
#[derive(Clone, Debug)]
pub struct TestDatabase {
    /// What `DATABASE_URL` says.
    pub url: String,
    engine: Engine,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Engine {
    Sqlite,
    Postgres,
}

impl TestDatabase {
    /// An empty one: a file in `folder`, or a database of the folder's name.
    pub async fn new(folder: &Path) -> Self {
        match engine() {
            Engine::Sqlite => Self::file(&folder.join("shop.db")),
            Engine::Postgres => {
                Self::database(
                    &setting("QIANGKE_TEST_POSTGRES").expect("scripts/on-postgres.sh sets it"),
                    folder,
                )
                .await
            }
        }
    }

    pub fn file(path: &Path) -> Self {
        Self {
            url: format!("sqlite://{}", path.display()),
            engine: Engine::Sqlite,
        }
    }

    /// A new database of this server, whose URL is a superuser's.
    pub async fn database(server: &str, folder: &Path) -> Self {
        let name = folder
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name")
            .trim_start_matches('.');
        Self::at(&format!("{server}/postgres"))
            .execute(&format!("create database \"{name}\""))
            .await;
        Self::at(&format!("{server}/{name}"))
    }

    /// The database of this URL.
    pub fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            engine: Engine::Postgres,
        }
    }

    /// Makes the tables of an earlier version: those of the migrations below this number.
    pub async fn migrate_below(&self, number: i64) {
        let folder = match self.engine {
            Engine::Sqlite => "migrations/sqlite",
            Engine::Postgres => "migrations/postgres",
        };
        let all = Migrator::new(
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../..")
                .join(folder),
        )
        .await
        .expect("the migrations");
        let earlier = all
            .iter()
            .filter(|migration| migration.version < number)
            .cloned()
            .collect();
        let earlier = Migrator::with_migrations(earlier);
        let done = match self.engine {
            Engine::Sqlite => earlier.run(&mut self.sqlite().await).await,
            Engine::Postgres => earlier.run(&mut self.postgres().await).await,
        };
        done.expect("the tables are made");
    }

    /// Runs statements.
    pub async fn execute(&self, sql: &str) {
        let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
        let done = match self.engine {
            Engine::Sqlite => sql.execute(&mut self.sqlite().await).await.map(drop),
            Engine::Postgres => sql.execute(&mut self.postgres().await).await.map(drop),
        };
        done.expect("the statements run");
    }

    /// The numbers that a query gives.
    pub async fn numbers(&self, sql: &str) -> Vec<i64> {
        let sql = sqlx::AssertSqlSafe(sql);
        let rows = match self.engine {
            Engine::Sqlite => {
                sqlx::query_scalar(sql)
                    .fetch_all(&mut self.sqlite().await)
                    .await
            }
            Engine::Postgres => {
                sqlx::query_scalar(sql)
                    .fetch_all(&mut self.postgres().await)
                    .await
            }
        };
        rows.expect("the query runs")
    }

    /// The texts that a query gives.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = sqlx::AssertSqlSafe(sql);
        let rows = match self.engine {
            Engine::Sqlite => {
                sqlx::query_scalar(sql)
                    .fetch_all(&mut self.sqlite().await)
                    .await
            }
            Engine::Postgres => {
                sqlx::query_scalar(sql)
                    .fetch_all(&mut self.postgres().await)
                    .await
            }
        };
        rows.expect("the query runs")
    }

    /// Bytes as this engine writes them in a statement.
    pub fn literal(&self, bytes: &[u8]) -> String {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self.engine {
            Engine::Sqlite => format!("x'{hex}'"),
            Engine::Postgres => format!("'\\x{hex}'"),
        }
    }

    /// Sets the seats of a sale behind the shop's back: its stock, and how many of it are unsold.
    pub async fn set_seats(&self, sale: i64, stock: i64, remaining: i64) {
        self.execute(&format!(
            "update sale set stock = {stock}, remaining = {remaining} where id = {sale}"
        ))
        .await;
    }

    /// Students who hold an order of a sale.
    pub async fn owners(&self, sale: i64) -> Vec<i64> {
        self.numbers(&format!(
            "select student_id from orders where ended_at is null and sale_id = {sale}"
        ))
        .await
    }

    /// Tickets that are not decided.
    pub async fn undecided(&self) -> i64 {
        self.numbers("select count(*) from ticket where state = 0")
            .await[0]
    }

    /// Waits until every ticket is decided, those whose students never heard of them, too.
    pub async fn decided(&self) {
        /// How long after a fault's end an accepted ticket may wait (G6).
        const LIMIT: Duration = Duration::from_secs(10);
        let since = Instant::now();
        while self.undecided().await > 0 {
            assert!(
                since.elapsed() < LIMIT,
                "{} tickets are not decided",
                self.undecided().await
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Refuses every order of a student.
    pub async fn refuse(&self, student: i64) {
        let when = format!(
            "create trigger refuse before insert on orders for each row when (new.student_id = {student})"
        );
        self.execute(&match self.engine {
            Engine::Sqlite => format!("{when} begin select raise(abort, 'no'); end"),
            Engine::Postgres => format!(
                "create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
                 {when} execute function refuse()"
            ),
        })
        .await;
    }

    /// Keeps everybody else from writing tickets, until it is let go.
    pub async fn hold(&self) -> Hold {
        match self.engine {
            Engine::Sqlite => {
                let mut connection = self.sqlite().await;
                sqlx::raw_sql("begin immediate")
                    .execute(&mut connection)
                    .await
                    .expect("the lock");
                Hold::Sqlite(connection)
            }
            Engine::Postgres => {
                let mut connection = self.postgres().await;
                sqlx::raw_sql("begin; lock table ticket in exclusive mode")
                    .execute(&mut connection)
                    .await
                    .expect("the lock");
                Hold::Postgres(connection)
            }
        }
    }

    async fn sqlite(&self) -> SqliteConnection {
        let path = self.url.trim_start_matches("sqlite://");
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(Duration::from_secs(10));
        SqliteConnection::connect_with(&options)
            .await
            .expect("the database")
    }

    pub async fn postgres(&self) -> PgConnection {
        PgConnection::connect(&self.url)
            .await
            .expect("the database")
    }
}

/// A database that others can't write.
pub enum Hold {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Hold {
    pub async fn release(self) {
        match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        }
        .expect("the lock is free");
    }
}

/// A code of one browser, for tests that ask the database itself.
pub fn sms_code(mobile: &Mobile, nonce: &[u8], now: Millis) -> NewCode {
    NewCode {
        mobile: mobile.clone(),
        browser: vec![1; 32],
        nonce: nonce.to_vec(),
        network: String::from("home"),
        keys: Vec::new(),
        expires_at: now.plus(300_000),
        tries: 5,
    }
}

/// What this run is told.
#[expect(
    clippy::disallowed_methods,
    reason = "the shop reads its settings in one place; a run of tests has settings of its own"
)]
pub fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn engine() -> Engine {
    match setting("QIANGKE_TEST_ENGINE").as_deref() {
        None | Some("sqlite") => Engine::Sqlite,
        Some("postgres") => Engine::Postgres,
        Some(other) => panic!("QIANGKE_TEST_ENGINE is {other}: it must be sqlite or postgres"),
    }
}
