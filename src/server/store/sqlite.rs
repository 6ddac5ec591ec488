//! SQLite: one writer connection, a few readers, WAL, a commit that is on the disk before it is
//! reported.

use super::{
    error::{FOREIGN, StoreError, expect_rows},
    pace::{Line, Pace},
    rows::{Guard, NewTicket, Schema, SmsUse, TicketRow, hex},
};
use crate::{
    seckill::settle::{Decision, seats_taken},
    server::private_file,
    types::{
        ids::{SaleId, StudentId, TicketId},
        sale::Reason,
        search::Letter,
        time::Millis,
    },
};
use serde::Serialize;
use serde_json::json;
use sqlx::{
    ConnectOptions as _, Connection as _, Sqlite as Db, SqliteConnection as Connection,
    migrate::{AppliedMigration, Migrate, Migrator},
    pool::PoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{collections::HashSet, path::Path, time::Duration};

mod copy;

/// The one writer has the whole record to itself: no row needs a lock of its own.
macro_rules! for_update {
    () => {
        ""
    };
}

/// The same.
macro_rules! for_update_skip_locked {
    () => {
        ""
    };
}

/// The numbers of the first parameter, which is [`Engine::numbers`].
macro_rules! numbers {
    () => {
        "(select value from json_each($1))"
    };
}

/// The texts of the first parameter, which is [`Engine::texts`].
macro_rules! texts {
    () => {
        "(select value from json_each($1))"
    };
}

/// The rows of the first parameter, a JSON array of arrays.
macro_rules! json_rows {
    () => {
        "json_each($1)"
    };
}

/// A text of a column has the pattern that follows, which is [`Engine::pattern`].
macro_rules! has {
    () => {
        " glob "
    };
}

/// Whether this program can read a waiting ticket; a column of SQLite holds whatever was written
/// into it.
macro_rules! readable_ticket {
    () => {
        "(typeof(id) = 'blob' and length(id) = 16 and typeof(sale_id) = 'integer' and typeof(student_id) = 'integer'
          and typeof(accepted_at) = 'integer')"
    };
}

/// Who is signed in with a session, as `door::signed_in` reads it.
macro_rules! session_student {
    () => {
        "(case when json_valid(cast(data as text)) then cast(data as text) ->> '$.me.id' end)"
    };
}

#[path = "queries/mod.rs"]
#[expect(
    clippy::duplicate_mod,
    reason = "SQL that is said once is compiled once for each engine"
)]
mod queries;

pub use queries::Staging;

type Pool = sqlx::Pool<Db>;
type Transaction = sqlx::Transaction<'static, Db>;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Connections that read.
const READERS: u32 = 4;
/// How long a statement waits for a lock of another process (a command beside the server).
const BUSY_TIMEOUT: Duration = Duration::from_millis(500);
/// How long a caller waits for a connection: new clicks are refused within a second while the
/// record is away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(900);
/// Begins a transaction that takes an import.
const BEGIN_IMPORT: &str = "begin immediate";
/// Begins one that only judges it, and holds up nobody.
const BEGIN_VIEW: &str = "begin";
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

/// The pools of one file.
#[derive(Clone, Debug)]
pub struct Engine {
    readers: Pool,
    writer: Pool,
    sign_in: Line,
    guard: Guard,
}

impl Engine {
    pub(super) async fn open(path: &Path, guard: Guard) -> Result<Self, StoreError> {
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
            sign_in: Line::new(),
            guard,
        })
    }

    /// Runs a call. The file is near, and waiting for a connection has a limit of its own; whoever
    /// signs in waits apart, so that clicks stand behind two of them and not behind a crowd.
    pub(super) async fn call<T, F>(
        &self,
        pace: Pace,
        call: impl FnOnce() -> F,
    ) -> Result<T, sqlx::Error>
    where
        F: Future<Output = Result<T, sqlx::Error>>,
    {
        match pace {
            Pace::SignIn => {
                let _place = self.sign_in.place().await?;
                call().await
            }
            Pace::Asked | Pace::Page | Pace::Probe | Pace::Job | Pace::Command => call().await,
        }
    }

    pub(super) async fn close(&self) -> Result<(), sqlx::Error> {
        self.readers.close().await;
        self.writer.close().await;
        Ok(())
    }

    pub(super) async fn quick_check(&self) -> Result<String, sqlx::Error> {
        sqlx::query_scalar("pragma quick_check(1)")
            .fetch_one(&self.readers)
            .await
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

    /// A transaction that sees the record as it is at one moment; a reader here holds up nobody.
    async fn view_long(&self) -> Result<Transaction, sqlx::Error> {
        self.readers.begin().await
    }

    /// A connection for an import, whose temporary tables are in a file of their own: the one
    /// writer goes on meanwhile.
    async fn connect_import(&self) -> Result<Connection, sqlx::Error> {
        self.writer.connect_options().connect().await
    }

    /// A list of numbers as one parameter.
    fn numbers(numbers: &[i64]) -> String {
        json!(numbers).to_string()
    }

    /// A list of texts as one parameter.
    fn texts(texts: &[String]) -> String {
        json!(texts).to_string()
    }

    /// Nobody else counts while this transaction writes.
    async fn lock_sms(_: &mut Connection) -> Result<(), sqlx::Error> {
        Ok(())
    }

    /// Counts each of these once more.
    async fn count_up(tx: &mut Connection, uses: &[SmsUse]) -> Result<u64, sqlx::Error> {
        let counted = sqlx::query(
            "insert into sms_counter (key, count, ends_at)
             select value ->> 'key', 1, value ->> 'ends_at' from json_each($1) where true
             on conflict (key) do update set count = count + 1, ends_at = excluded.ends_at",
        )
        .bind(rows(
            uses.iter()
                .map(|of| json!({"key": of.key, "ends_at": of.ends_at})),
        )?)
        .execute(tx)
        .await?;
        Ok(counted.rows_affected())
    }

    /// A search as GLOB reads it: a letter's signs in brackets, where `]` comes first, `-` does,
    /// too, and `^` does not.
    fn pattern(pattern: &[Letter]) -> String {
        let mut glob = String::from("*");
        for Letter(signs) in pattern {
            match signs.as_slice() {
                [sign] if !matches!(sign, '*' | '?' | '[' | ']') => glob.push(*sign),
                [first, others @ ..] => {
                    glob.push('[');
                    glob.extend(others.iter().filter(|_| *first == '^').chain([first]));
                    glob.extend(others.iter().filter(|_| *first != '^'));
                    glob.push(']');
                }
                [] => {}
            }
        }
        glob.push('*');
        glob
    }

    /// Nobody else writes while this transaction does.
    async fn lock_catalog(_: &mut Connection) -> Result<(), sqlx::Error> {
        Ok(())
    }

    /// A new row gets the number after the greatest, whoever brought that.
    async fn number_on(_: &mut Connection) -> Result<(), sqlx::Error> {
        Ok(())
    }

    async fn apply_migrations(&self) -> Result<(), sqlx::Error> {
        Ok(MIGRATIONS.run(&self.writer).await?)
    }

    /// What was applied; no table is made for the asking.
    async fn applied_migrations(
        connection: &mut Connection,
    ) -> Result<Vec<AppliedMigration>, sqlx::Error> {
        let table = MIGRATIONS.table_name.as_ref();
        let found: Option<i64> =
            sqlx::query_scalar("select 1 from sqlite_master where type = 'table' and name = $1")
                .bind(table)
                .fetch_optional(&mut *connection)
                .await?;
        match found {
            Some(_) => Ok(connection.list_applied_migrations(table).await?),
            None => Ok(Vec::new()),
        }
    }

    /// Whether there is a table or a view beside that of migrations.
    async fn has_tables(connection: &mut Connection) -> Result<bool, sqlx::Error> {
        sqlx::query_scalar("select exists (select 1 from sqlite_master where name not like 'sqlite!_%' escape '!' and tbl_name <> $1)")
            .bind(MIGRATIONS.table_name.as_ref())
            .fetch_one(connection)
            .await
    }

    /// Asserts that a file is empty or was made by some qiangke, before anything of it is changed:
    /// to be written it gets another mode.
    ///
    /// # Errors
    /// It has tables of something else, or can't be read.
    async fn assert_own(path: &Path) -> Result<(), StoreError> {
        if !std::fs::metadata(path).is_ok_and(|found| found.len() > 0) {
            return Ok(());
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(false);
        let mut connection = options.connect().await?;
        let schema = Self::schema_seen_by(&mut connection).await?;
        connection.close().await?;
        if schema == Schema::Foreign {
            Err(StoreError::Setting(FOREIGN.into()))
        } else {
            Ok(())
        }
    }

    /// None: who may write the file may write every table.
    pub(super) async fn closed_table(&self) -> Result<Option<String>, sqlx::Error> {
        Ok(None)
    }

    /// None: `synchronous = FULL` is this program's own setting.
    pub(super) async fn weakness(&self) -> Result<Option<String>, sqlx::Error> {
        Ok(None)
    }

    /// Writes those clicks of a batch that nothing stands in the way of; gives how many.
    async fn insert_tickets(tx: &mut Connection, batch: &[&NewTicket]) -> Result<u64, sqlx::Error> {
        /// A click as a row of JSON.
        #[derive(Serialize)]
        struct Row<'a> {
            id: String,
            sale: SaleId,
            student: StudentId,
            key: Option<&'a str>,
            at: Millis,
        }
        impl<'a> From<&&'a NewTicket> for Row<'a> {
            fn from(t: &&'a NewTicket) -> Self {
                Self {
                    id: hex(&t.id.0),
                    sale: t.sale,
                    student: t.student,
                    key: t.key.as_deref(),
                    at: t.accepted_at,
                }
            }
        }
        let inserted = sqlx::query(
            "insert into ticket (id, sale_id, student_id, click_key, state, accepted_at)
             select unhex(value ->> 'id'), value ->> 'sale', value ->> 'student', value ->> 'key', 0, value ->> 'at'
             from json_each($1) where true
             on conflict do nothing",
        )
        .bind(rows(batch.iter().map(Row::from))?)
        .execute(tx)
        .await?;
        Ok(inserted.rows_affected())
    }

    /// Those clicks of a batch that are in the record under their own ids.
    async fn recorded(
        tx: &mut Connection,
        batch: &[&NewTicket],
    ) -> Result<HashSet<TicketId>, sqlx::Error> {
        let ids = rows(batch.iter().map(|ticket| hex(&ticket.id.0)))?;
        let recorded: Vec<Vec<u8>> = sqlx::query_scalar(
            "select id from ticket where id in (select unhex(value) from json_each($1))",
        )
        .bind(ids)
        .fetch_all(tx)
        .await?;
        recorded.iter().map(|id| queries::ticket_id(id)).collect()
    }

    /// The tickets that kept clicks out, by the click's own, and whether they are live: the
    /// student's live one, else the one of the same key.
    async fn standing(
        tx: &mut Connection,
        batch: &[&NewTicket],
    ) -> Result<Vec<(TicketId, (TicketRow, bool))>, sqlx::Error> {
        let mut standing = Vec::new();
        for ticket in batch {
            let row = sqlx::query_as(concat!(
                "select id, sale_id, student_id, state, reason, seat, ",
                live_ticket!(),
                " as is_live from ticket
                 where sale_id = $1 and student_id = $2 and (",
                live_ticket!(),
                " or click_key = $3)
                 order by is_live desc
                 limit 1"
            ))
            .bind(ticket.sale.0)
            .bind(ticket.student.0)
            .bind(&ticket.key)
            .fetch_optional(&mut *tx)
            .await?;
            standing.extend(
                row.map(queries::standing_row)
                    .transpose()?
                    .map(|row| (ticket.id, row)),
            );
        }
        Ok(standing)
    }

    /// Writes new sessions; gives how many.
    async fn insert_sessions(
        tx: &mut Connection,
        sessions: &[(String, Vec<u8>)],
        expires_at: i64,
    ) -> Result<u64, sqlx::Error> {
        let rows: Vec<_> = sessions
            .iter()
            .map(|(id, data)| json!({"id": id, "data": hex(data)}))
            .collect();
        let rows =
            serde_json::to_string(&rows).map_err(|error| sqlx::Error::Encode(error.into()))?;
        let written = sqlx::query(
            "insert into session (id, data, expires_at)
             select value ->> 'id', unhex(value ->> 'data'), $2 from json_each($1)",
        )
        .bind(rows)
        .bind(expires_at)
        .execute(tx)
        .await?;
        Ok(written.rows_affected())
    }

    /// Takes a batch's seats and writes its decisions; the caller holds the transaction.
    ///
    /// In one go, since each goes to the driver's thread and back, and everybody else who writes
    /// waits meanwhile. No statement can touch more rows than it should (one sale, an order for
    /// each win, each ticket once), so that all did when the sum is right.
    async fn write_decisions(
        tx: &mut Connection,
        guard: Guard,
        sale: SaleId,
        decisions: &[Decision],
        now: i64,
    ) -> Result<(), sqlx::Error> {
        /// A decision as a row of JSON.
        #[derive(Serialize)]
        struct Row {
            id: String,
            seat: Option<i64>,
            reason: Option<u8>,
        }
        let row = |(ticket, outcome): &Decision| Row {
            id: hex(&ticket.id.0),
            seat: outcome.ok(),
            reason: outcome.err().map(Reason::number),
        };
        let rows = rows(decisions.iter().map(row))?;
        let wins = decisions
            .iter()
            .filter(|(_, outcome)| outcome.is_ok())
            .count();
        let written = sqlx::query(concat!(
            deduct!(),
            ";
             insert into orders (ticket_id, sale_id, student_id, course_id, price_fen, seat, created_at)
             select t.id, t.sale_id, t.student_id, s.course_id, s.price_fen, d.value ->> 'seat', $3
             from json_each($5) d
             join ticket t on t.id = unhex(d.value ->> 'id')
             join sale s on s.id = t.sale_id
             where d.value ->> 'seat' is not null;
             update ticket
             set state = case when d.value ->> 'seat' is null then 2 else 1 end,
                 seat = d.value ->> 'seat', reason = d.value ->> 'reason', decided_at = $3
             from json_each($5) d
             where ticket.id = unhex(d.value ->> 'id') and ticket.state = 0",
        ))
        .bind(sale.0)
        .bind(seats_taken(decisions))
        .bind(now)
        .bind(matches!(guard, Guard::Off))
        .bind(&rows)
        .execute(tx)
        .await?
        .rows_affected();
        expect_rows(
            "a sale, its orders and tickets",
            1 + wins + decisions.len(),
            written,
        )
    }
}

/// Rows as one parameter, for `json_each`.
fn rows(rows: impl Iterator<Item = impl Serialize>) -> Result<String, sqlx::Error> {
    serde_json::to_string(&rows.collect::<Vec<_>>())
        .map_err(|error| sqlx::Error::Encode(error.into()))
}

/// Whether an SQLite code means "not now": BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL,
/// CANTOPEN. Extended codes carry the primary code in their low byte.
pub(super) fn is_passing(code: &str) -> bool {
    const PASSING: [i64; 8] = [5, 6, 7, 8, 9, 10, 13, 14];
    code.parse::<i64>()
        .is_ok_and(|code| PASSING.contains(&(code & 0xff)))
}

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

fn reader_pool() -> PoolOptions<Db> {
    // A caller whose time is up while its connection is tested takes the connection with it: with
    // thousands of callers none would be left. A file needs no test.
    PoolOptions::new()
        .max_connections(READERS)
        .test_before_acquire(false)
}

/// A pool whose first connection stands.
async fn connect(
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
