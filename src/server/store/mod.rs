//! The database. Each method is a business transaction or a read; what an engine says its own way
//! stands in the engine's file, everything else once in `queries/`.

/// A batch's seats: of sale $1, so many ($2), at $3; without the guard ($4) even those that are not
/// there.
macro_rules! deduct {
    () => {
        "update sale set remaining = remaining - $2, updated_time = $3 where id = $1 and (remaining >= $2 or $4)"
    };
}

/// A ticket that is live: it waits, or it won and its order did not end. The words are those of the
/// index `ticket_live_unique`, which SQLite uses only then.
macro_rules! live_ticket {
    () => {
        "(state in (0, 1) and released_at is null)"
    };
}

mod classify;
mod dump;
mod error;
mod job;
mod pace;
mod person;
mod postgres;
mod rows;
mod sqlite;
mod staging;

pub use dump::{
    BannerRow, Base, CategoryRow, ChapterRow, Clash, ColumnValue, CourseRow, Dump, DumpRow,
    ImportOutcome, ImportTerms, Objection, RowCounts, SectionRow, Staged, Table, TeacherRow,
};
pub use error::{FOREIGN, StoreError};
pub use job::{ClaimedJob, Job, JobKind, SendSms};
pub use person::{Erased, Person, SessionRow};
pub use rows::{
    AuditFinding, Cancelled, CodeAsked, CodeTry, DeskRow, Guard, Holders, InjectedFaults, KeyEnd,
    KeyRow, Landed, LeaseRow, ListedSale, NewCode, NewSale, NewTicket, OrderQuery, OrderRow,
    OwnTicket, SaleCourse, Schema, Sharing, SmsBudget, SmsJudge, SmsStanding, SmsUse, TicketRow,
};
pub use staging::StagedImport;

use crate::{
    rules::seckill::settle::Decision,
    types::{
        account::Mobile,
        banner::Banner,
        catalog::{Card, Category, Course, CourseDetail},
        ids::{BannerId, CourseId, OrderId, SaleId, StudentId, TicketId},
        page::CourseQuery,
        sale::{Order, Reason, Sale},
        time::Millis,
    },
};

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
    pub async fn open_sqlite(path: &std::path::Path, guard: Guard) -> Result<Self, StoreError> {
        Ok(Self::Sqlite(sqlite::Engine::open(path, guard).await?))
    }

    /// Opens the PostgreSQL database at `url`.
    ///
    /// # Errors
    /// [`StoreError::Setting`] says in one line why it can't be used, and what to do.
    pub async fn open_postgres(url: &str, guard: Guard) -> Result<Self, StoreError> {
        Ok(Self::Postgres(postgres::Engine::open(url, guard).await?))
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

/// Every call to each engine. The word before `fn` is the call's [`pace::Urgency`]: who waits for
/// it, and so how long it may take where there is a network in between.
macro_rules! store {
    ($($(#[$doc:meta])* $pace:ident fn $name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)*) => {
        impl Store {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// [`StoreError`] when the database can't be read or written.
                pub async fn $name(&self, $($arg: $kind),*) -> Result<$out, StoreError> {
                    match self {
                        Self::Sqlite(engine) => Ok(engine.call(pace::Urgency::$pace, || engine.$name($($arg),*)).await?),
                        Self::Postgres(engine) => Ok(engine.call(pace::Urgency::$pace, || engine.$name($($arg),*)).await?),
                    }
                }
            )*
        }
    };
}

store! {
    /// Brings the tables up to this program's version, makes the signing key, and hashes the ids of
    /// sessions.
    Command fn migrate(new_secret: &[u8]) -> ();
    /// How the tables stand to this program.
    Command fn schema() -> Schema;
    /// A table that this program's role may not read and write; `None` when it may use all.
    Command fn closed_table() -> Option<String>;
    /// A setting of the engine by which a power cut may lose an accepted ticket; `None` when there
    /// is none.
    Command fn weakness() -> Option<String>;
    /// Writes back and closes; the next start need not check the file.
    Job fn close() -> ();

    /// The keys of ticket ids, codes and challenges, the newest first.
    Job fn keys() -> Vec<KeyRow>;
    /// Adds a key that only verifies yet, and gives its number.
    Command fn add_key(secret: &[u8], now: Millis) -> i64;
    /// Lets a key sign; `false` when there is none of this number.
    Command fn sign_with(number: i64) -> bool;
    /// Deletes a key that does not sign any more: what it signed is worth nothing then.
    Command fn retire_key(number: i64) -> KeyEnd;
    /// Moves when catalogue, banners or sales' settings were written.
    Asked fn catalog_version() -> i64;
    /// Whether the database answers.
    Probe fn ping() -> ();

    /// Categories that are shown, in their order.
    Page fn categories() -> Vec<Category>;
    /// A page of courses that are shown, and how many there are in all; past the last page nothing.
    Page fn courses(query: &CourseQuery) -> (i64, Vec<Course>);
    /// The same page, of each course what a card shows.
    Page fn cards(query: &CourseQuery) -> (i64, Vec<Card>);
    /// A course that is shown, with its outline; a section's link only where everybody may see it.
    Page fn course(id: CourseId) -> Option<CourseDetail>;
    /// Numbers of all courses that are shown, at most `limit`.
    Job fn course_ids(limit: i64) -> Vec<CourseId>;
    /// The same without the first `skip` of them.
    Job fn course_ids_from(skip: i64, limit: i64) -> Vec<CourseId>;
    /// How many courses are shown.
    Job fn course_count() -> i64;
    /// Whether the catalogue has no row at all, shown or hidden: no course, teacher, category or
    /// banner.
    Command fn is_catalogue_empty() -> bool;

    /// Banners that are shown, in their order, at most `limit`.
    Job fn banners(limit: i64) -> Vec<Banner>;
    /// Adds a banner at the end.
    Command fn add_banner(title: &str, image: &str, link: &str, info: &str, now: Millis) -> BannerId;
    /// Shows or hides a banner; `false` when there is none of this number.
    Command fn show_banner(id: BannerId, shown: bool, now: Millis) -> bool;
    /// Gives a banner another place; `false` when there is none of this number.
    Command fn order_banner(id: BannerId, orders: i64, now: Millis) -> bool;
    /// Every banner that is not deleted, and whether it is shown.
    Command fn all_banners() -> Vec<(Banner, bool)>;

    /// Sales of courses that are shown, those that ended before `since` left out, by opening.
    Job fn sales(since: Millis) -> Vec<ListedSale>;
    /// A sale of a course that is shown, however long ago it ended.
    Asked fn sale(id: SaleId) -> Option<Sale>;
    /// Every sale with its remaining seats, by number.
    Command fn all_sales() -> Vec<(Sale, i64)>;
    /// What an operator must know of a course to sell it; `None` when it is not there.
    Command fn sale_course(id: CourseId) -> Option<SaleCourse>;
    /// Creates a sale; `None` when its course is not there.
    Command fn create_sale(sale: &NewSale, now: Millis) -> Option<SaleId>;
    /// Halts a sale, or lets it go on; `false` when there is none of this number.
    Command fn pause_sale(id: SaleId, paused: bool, now: Millis) -> bool;
    /// Adds seats; `false` when there is no sale of this number.
    Command fn restock_sale(id: SaleId, seats: i64, now: Millis) -> bool;
    /// What admission needs to know of a sale; `None` when there is none.
    Job fn desk(id: SaleId) -> Option<DeskRow>;
    /// The number of the last desk of a sale that was put into Redis; 0 before the first.
    Job fn desk_epoch(id: SaleId) -> i64;
    /// Notes that the desk of this number was put into Redis; a greater one stays.
    Job fn note_desk(id: SaleId, epoch: i64) -> ();
    /// Remaining seats less waiting tickets; `None` when there is no such sale.
    Job fn seats_free(id: SaleId) -> Option<i64>;

    /// Records a batch of clicks, each judged by its own row. After an error some may be in the
    /// database, like after a COMMIT whose answer was lost.
    Job fn accept(batch: &[NewTicket]) -> Vec<Landed>;
    /// Sales with waiting tickets.
    Job fn sales_waiting() -> Vec<SaleId>;
    /// Decides the oldest waiting tickets of a sale, at most `limit`, in one transaction: deduct,
    /// create orders, decide tickets. Those of a sale whose row is gone are given up.
    Job fn settle(sale: SaleId, limit: i64, now: Millis) -> Vec<Decision>;
    /// Decides one waiting ticket as lost; `false` when it was decided already.
    Job fn lose(id: TicketId, reason: Reason, now: Millis) -> bool;
    /// Decides the waiting tickets that this program can't read as lost, and gives how many: they
    /// would hold up those behind them.
    Job fn lose_unreadable(reason: Reason, now: Millis) -> u64;
    /// A ticket as the database has it.
    Asked fn ticket(id: TicketId) -> Option<TicketRow>;
    /// The waiting ticket of a sale that is settled next.
    Job fn oldest_waiting(sale: SaleId) -> Option<TicketRow>;
    /// Every waiting ticket, oldest first, at most `limit`.
    Job fn tickets_waiting(limit: i64) -> Vec<TicketRow>;
    /// The student's live ticket of a sale.
    Asked fn live_ticket(sale: SaleId, student: StudentId) -> Option<TicketId>;
    /// The live tickets that these students have of a sale, and its unsold seats; `None` when there
    /// is no such sale.
    Job fn holders(sale: SaleId, students: &[StudentId]) -> Option<Holders>;
    /// The seats that a student holds, the newest first, at most `limit`.
    Asked fn orders_of(student: StudentId, limit: i64) -> Vec<Order>;
    /// The waiting tickets that a student has of sales that end after `since`, and the lost ones of
    /// clicks after it that had a key, at most `limit`: the waiting ones first, each kind from the
    /// newest.
    Asked fn own_tickets(student: StudentId, since: Millis, limit: i64) -> Vec<OwnTicket>;
    /// Orders, live and ended, by number, at most `limit`.
    Command fn orders(query: &OrderQuery, limit: i64) -> Vec<OrderRow>;
    /// Ends a live order and gives its seat back, in one transaction with its ticket and its sale.
    Command fn cancel_order(id: OrderId, reason: &str, now: Millis) -> Cancelled;

    /// A request for a code: judged by what is used up, and if it passes, its uses, code and
    /// sending job in one transaction.
    SignIn fn ask_code(code: &NewCode, judge: &SmsJudge<'_>, now: Millis) -> CodeAsked;
    /// Whether a browser waits for this code, for the job that sends it.
    Job fn is_code_live(mobile: &Mobile, nonce: &[u8], now: Millis) -> bool;
    /// The nonce of the code that this browser waits for.
    Job fn code_nonce(mobile: &Mobile, browser: &[u8], now: Millis) -> Option<Vec<u8>>;
    /// Spends a try of the code that this browser waits for.
    SignIn fn try_code(mobile: &Mobile, browser: &[u8], now: Millis) -> CodeTry;
    /// Uses the code up, and finds or makes its student, who is at home in `network` from now on;
    /// `None` when somebody else used it first.
    SignIn fn use_code(mobile: &Mobile, nonce: &[u8], network: &str, now: Millis) -> Option<StudentId>;
    /// When a counter's window ends; `None` when it has ended, or there is none.
    Asked fn sms_gap_ends(key: &str, now: Millis) -> Option<Millis>;
    /// Counters as they stand, and the budget that an operator set.
    Job fn sms_counters(keys: &[String], now: Millis) -> SmsStanding;
    /// The budget that an operator set, whether or not it still holds.
    Command fn sms_budget() -> Option<SmsBudget>;
    /// Sets the budget in place of the setting; `None` goes back to that.
    Command fn set_sms_budget(budget: Option<SmsBudget>) -> ();

    /// The greatest mobile of a student from `first` to `last`.
    Command fn last_mobile(first: &Mobile, last: &Mobile) -> Option<String>;
    /// Makes a student of each of these mobiles, all or none, and gives their numbers.
    Command fn add_students(mobiles: &[String], now: Millis) -> Vec<(StudentId, String)>;

    /// Marks a queued job of these kinds that is due as started, counts its try, and hands it out:
    /// the one that was due first. Nobody else gets it while it is started.
    Job fn claim_job(kinds: &[JobKind], now: Millis) -> Option<ClaimedJob>;
    /// Ends a started job as done.
    Job fn finish_job(id: i64, now: Millis) -> ();
    /// Ends a started job as failed; with a `retry_at` and tries left it is queued again, and due
    /// then.
    Job fn fail_job(id: i64, reason: &str, retry_at: Option<Millis>, now: Millis) -> ();

    /// A lease as it stands; `None` when there is none of this name.
    Job fn lease(name: &str) -> Option<LeaseRow>;
    /// Touches a lease that still stands as it was seen, for `holder`; `false` when somebody else
    /// touched it.
    Job fn take_lease(name: &str, seen: &LeaseRow, holder: &str) -> bool;

    /// Those of these sessions that have not expired, by their cookies' values: their data, and
    /// when they will.
    Job fn load_sessions(ids: &[String], now: Millis) -> Vec<(String, Vec<u8>, Millis)>;
    Asked fn save_session(id: &str, student: Option<StudentId>, data: &[u8], expires_at: Millis) -> ();
    /// Writes new sessions, each an id and its data, all or none.
    Command fn save_sessions(sessions: &[(String, Vec<u8>)], expires_at: Millis) -> ();
    Asked fn delete_session(id: &str) -> ();
    /// Ends the sessions of the student with this mobile, or everybody's, and gives how many;
    /// `None` when nobody has this mobile.
    Command fn end_sessions(mobile: Option<&Mobile>, now: Millis) -> Option<u64>;
    /// The sessions of a student that have not expired, at most `limit`: the one with the cookie's
    /// value `current` first, then those that expire last.
    Asked fn sessions_of(student: StudentId, current: &str, now: Millis, limit: i64) -> Vec<SessionRow>;
    /// Ends the session of this row, when it is this student's; `false` when it is not.
    Asked fn end_session(student: StudentId, row: &str, now: Millis) -> bool;
    /// Ends all sessions of a student but the one with this cookie's value, and gives how many.
    Asked fn end_other_sessions(student: StudentId, current: &str, now: Millis) -> u64;
    /// The version of the last end of sessions that copies must hear of.
    Job fn session_version() -> i64;
    /// Students whose sessions were ended after a version, and at which; `None` stands for all
    /// students.
    Job fn session_ends(after: i64) -> Vec<(Option<StudentId>, i64)>;
    /// Forgets some of the codes, counters, networks, jobs and lost tickets whose time is over;
    /// gives whether there may be more.
    Job fn sweep(now: Millis) -> bool;

    /// All that is kept of the person with this mobile.
    Command fn person(mobile: &Mobile) -> Person;
    /// Takes a person out of the database: what they bought stays, without them.
    Command fn erase(mobile: &Mobile, now: Millis) -> Erased;

    /// Whether the database's file is whole: `ok`, or what is damaged.
    Command fn quick_check() -> String;
    /// Every invariant of guarantees and logical foreign keys; the first counter-example of each
    /// that does not hold.
    Command fn audit() -> Vec<AuditFinding>;
}
