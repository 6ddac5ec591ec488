//! The database. Each method of [`Store`] is a business transaction or a read, declared in the file
//! of its noun beside the noun's types. Its SQL stands once in the file of the same name in
//! `queries/`; what an engine says its own way stands in the engine's folder.

/// A batch's seats: of sale $1, so many ($2), at $3, if they are there.
macro_rules! deduct {
    () => {
        "update sale set remaining = remaining - $2, updated_time = $3 where id = $1 and remaining >= $2"
    };
}

/// State, end of the hold and moment of payment of an order that the sale `s` gives at $3: without a
/// price there is nothing to wait for.
macro_rules! new_order {
    () => {
        "case when s.price_fen = 0 then 2 /* paid */ else 0 /* held */ end,
         case when s.price_fen = 0 then null else $3 + s.hold_s * 1000 end,
         case when s.price_fen = 0 then $3 end"
    };
}

/// A ticket that is live: it waits, or it won and its order did not end. The words are those of the
/// index `ticket_live_unique`, which SQLite uses only then.
macro_rules! live_ticket {
    () => {
        "(state in (0, 1) and released_at is null)"
    };
}

#[macro_use]
mod calls;

mod account;
mod audit;
mod banner;
mod catalog;
mod classify;
mod dump;
mod error;
mod hold;
mod job;
mod key;
mod lease;
mod lesson;
mod order;
mod payment;
mod person;
mod postgres;
mod progress;
mod purchase;
mod refund;
mod sale;
mod session;
mod settle;
mod setup;
mod sharing;
mod sqlite;
mod staging;
mod sweep;
mod ticket;
mod urgency;
mod vip;

pub use account::{CodeAsked, CodeTry, NewCode, SmsBudget, SmsJudge, SmsStanding, SmsUse};
pub use audit::AuditFinding;
pub use dump::{
    BannerRow, Base, CategoryRow, ChapterRow, Clash, ColumnValue, CourseRow, Dump, DumpRow,
    HiddenSale, HiddenSales, ImportOutcome, ImportTerms, Objection, RowCounts, SectionRow, Staged,
    Table, TeacherRow,
};
pub use error::{FOREIGN, StoreError};
pub use hold::{GivenBack, Lapsed};
pub use job::{ClaimedJob, Job, JobKind, PaymentJob, RefundJob, SendSms};
pub use key::{KeyEnd, KeyRow};
pub use lease::LeaseRow;
pub use lesson::{LessonCourse, LessonSection};
pub use order::{Cancelled, OrderParts, OrderQuery, OrderRow};
pub use payment::{MoneyTaken, NoticeKept, PaymentOpened, PaymentRow, Taken};
pub use person::{Erased, Person};
pub use progress::ProgressRow;
pub use purchase::Purchase;
pub use refund::{RefundAsked, RefundRow};
pub use sale::{DeskRow, ListedSale, NewSale, SaleCourse};
pub use session::SessionRow;
pub use setup::Schema;
pub use sharing::Sharing;
pub use staging::StagedImport;
pub use ticket::{Holders, Landed, NewTicket, OwnTicket, TicketRow};
pub use vip::VipRow;

/// The engine of the database, chosen once at start by the scheme of `DATABASE_URL`.
#[derive(Clone, Debug)]
pub enum Store {
    Sqlite(sqlite::Engine),
    /// A database that any number of servers share.
    Postgres(postgres::Engine),
}

impl Store {
    /// Opens the SQLite file at `path`, which is made when it is not there.
    ///
    /// # Errors
    /// The file can't be opened.
    pub async fn open_sqlite(path: &std::path::Path) -> Result<Self, StoreError> {
        Ok(Self::Sqlite(sqlite::Engine::open(path).await?))
    }

    /// Asserts that an SQLite file is empty, or was made by some qiangke; nothing is made beside it.
    ///
    /// # Errors
    /// It has tables of another program, or can't be read.
    pub async fn assert_own_sqlite(path: &std::path::Path) -> Result<(), StoreError> {
        sqlite::Engine::assert_own(path).await
    }

    /// Opens the PostgreSQL database at `url`.
    ///
    /// # Errors
    /// [`StoreError::Setting`] says in one line why it can't be used, and what to do.
    pub async fn open_postgres(url: &str) -> Result<Self, StoreError> {
        Ok(Self::Postgres(postgres::Engine::open(url).await?))
    }

    /// Copies an SQLite file, as it is at one moment, into an empty file, while others write.
    ///
    /// # Errors
    /// One of the files can't be used, or the disk is full: what was written then is no copy.
    pub async fn copy_sqlite(
        from: &std::path::Path,
        to: &std::path::Path,
    ) -> Result<(), StoreError> {
        Ok(sqlite::Engine::copy(from, to).await?)
    }

    /// Opens a copy of an SQLite file for reading; nothing is made beside it.
    ///
    /// # Errors
    /// The file can't be opened.
    pub async fn open_copy(path: &std::path::Path) -> Result<Self, StoreError> {
        Ok(Self::Sqlite(sqlite::Engine::open_copy(path).await?))
    }

    /// The host of a PostgreSQL database on another machine, when whoever answers there is believed
    /// to be it.
    pub fn unverified_host(url: &str) -> Option<String> {
        if url.starts_with("postgres") {
            postgres::unverified_host(url)
        } else {
            None
        }
    }

    /// Takes the lock of instances; `None` when servers that don't go with this one hold it.
    ///
    /// # Errors
    /// [`StoreError`] when the database can't be asked.
    pub async fn lock_instances(
        &self,
        sharing: Sharing,
    ) -> Result<Option<InstanceLock>, StoreError> {
        match self {
            // The lock file beside it says so.
            Self::Sqlite(_) => Ok(Some(InstanceLock::File)),
            Self::Postgres(engine) => Ok(engine
                .lock_instances(sharing)
                .await?
                .map(InstanceLock::Session)),
        }
    }

    /// Settlements of different sales that make headway beside each other; each holds a connection,
    /// and perhaps waits for a row.
    pub fn settles_at_once(&self) -> usize {
        match self {
            // There is one writer.
            Self::Sqlite(_) => 1,
            Self::Postgres(_) => postgres::SETTLES_AT_ONCE,
        }
    }

    /// Waits until fsync has failed: from then on every call is refused, and the process must end.
    pub async fn fsync_failed(&self) {
        match self {
            Self::Sqlite(engine) => engine.fsync_failed().await,
            // PostgreSQL ends its own server then: here its connections break.
            Self::Postgres(_) => std::future::pending().await,
        }
    }

    /// When an accepted ticket is safe, in words.
    pub fn durability(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => {
                "every accepted ticket is on the disk before it is answered (synchronous = FULL)"
            }
            Self::Postgres(_) => {
                "every accepted ticket is on the disk before it is answered (synchronous_commit = on)"
            }
        }
    }
}

/// What says that this server may judge clicks.
#[derive(Debug)]
pub enum InstanceLock {
    /// The file has a lock of its own.
    File,
    /// A session of the database.
    Session(postgres::Session),
}

impl InstanceLock {
    /// Waits until the lock may be another's, and says why.
    pub async fn ended(&mut self) -> StoreError {
        match self {
            Self::File => std::future::pending().await,
            Self::Session(session) => session.ended().await.into(),
        }
    }

    /// Lets the next server in.
    ///
    /// # Errors
    /// The database is away: the lock goes with the connection.
    pub async fn release(self) -> Result<(), StoreError> {
        match self {
            Self::File => Ok(()),
            Self::Session(session) => Ok(session.release().await?),
        }
    }
}
