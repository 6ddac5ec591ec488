//! Rows of the database that are no nouns of the wire.

use crate::{
    rules::seckill::{ticket::State, window::Window},
    types::{
        account::Mobile,
        ids::{CourseId, SaleId, StudentId, TicketId},
        money::Fen,
        sale::Sale,
        time::Millis,
    },
};
use std::collections::BTreeMap;

/// Whether settlement's own condition stands guard; off only in the negative control of the tests,
/// which must oversell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Guard {
    /// `where remaining >= n`, and no more winners than remain.
    #[default]
    On,
    Off,
}

/// How the database's tables stand to this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// They are this program's.
    Current,
    /// Of an earlier version, or not there.
    Behind,
    /// Of a later version.
    Ahead,
    /// Made by something else.
    Foreign,
}

/// What a test may break on purpose. Handed to `server::start` as a value: no flag and no
/// environment variable sets it.
#[derive(Clone, Copy, Debug, Default)]
pub struct InjectedFaults {
    /// Admission lets every click through.
    pub admission_lifted: bool,
    pub guard: Guard,
    /// Servers share a database of PostgreSQL whatever their queues are: the lock of instances is
    /// not taken.
    pub instances_unlocked: bool,
}

/// Which servers may share a database of PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// None: this one's queue is in its own process, and knows nothing of tickets that others give.
    Alone,
    /// Those whose queue is in Redis, too.
    Together,
}

/// A sale to be created.
#[derive(Clone, Debug)]
pub struct NewSale {
    pub course: CourseId,
    pub price: Fen,
    pub stock: i64,
    pub opens_at: Millis,
    pub closes_at: Millis,
}

/// A course as an operator must know it to sell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleCourse {
    pub name: String,
    /// What it costs without a sale.
    pub price: Fen,
    /// Whether students see its sales.
    pub is_shown: bool,
}

/// A sale as the catalogue has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSale {
    pub sale: Sale,
    /// Moves with each change of its settings or seats from outside.
    pub version: i64,
}

/// What admission needs to know of a sale.
#[derive(Clone, Debug)]
pub struct DeskRow {
    /// The number of the last desk of this sale that was put into Redis; 0 before the first.
    pub epoch: i64,
    pub window: Window,
    /// Seats that are not sold.
    pub remaining: i64,
    /// Those less waiting tickets.
    pub free: i64,
    /// Who holds a live ticket.
    pub holders: Vec<(StudentId, TicketId)>,
    /// Whose order ended, and its ticket.
    pub released: Vec<(StudentId, TicketId)>,
}

/// Which of some students hold a live ticket of a sale.
#[derive(Clone, Debug)]
pub struct Holders {
    /// Seats that are not sold.
    pub remaining: i64,
    pub tickets: Vec<(StudentId, TicketId)>,
}

/// A click to be recorded.
#[derive(Clone, Debug)]
pub struct NewTicket {
    /// The identity that it gets.
    pub id: TicketId,
    pub sale: SaleId,
    pub student: StudentId,
    /// The client's idempotency key.
    pub key: Option<String>,
    /// When it was accepted.
    pub accepted_at: Millis,
}

/// What became of a click's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landed {
    Recorded,
    /// The student has this live ticket already.
    Standing(TicketId, State),
    /// A click of the same key had this ticket, which is live no more: it lost, or its order ended.
    Over(TicketId, State),
}

impl Landed {
    /// The ticket that a click of this identity has, where it stands, and whether it is live.
    pub fn ticket(self, own: TicketId) -> (TicketId, State, bool) {
        match self {
            Self::Recorded => (own, State::Waiting, true),
            Self::Standing(id, state) => (id, state, true),
            Self::Over(id, state) => (id, state, false),
        }
    }
}

/// Which orders an operator looks for.
#[derive(Clone, Debug, Default)]
pub struct OrderQuery {
    /// Of the student with this mobile.
    pub mobile: Option<Mobile>,
    pub sale: Option<SaleId>,
}

/// An order as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OrderRow {
    /// Its number.
    pub id: i64,
    pub sale_id: i64,
    /// The seat's number.
    pub seat: i64,
    /// The student's mobile; empty when the student is not there.
    pub mobile: String,
    pub course: String,
    /// When it was won.
    pub created_at: i64,
    /// When it ended; `None` while it is live.
    pub ended_at: Option<i64>,
    pub end_reason: Option<String>,
}

/// What became of an operator's wish to end an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// It ended now, and this seat of this sale is free.
    Ended {
        sale: SaleId,
        /// The seat's number.
        seat: i64,
    },
    /// It had ended already.
    Before(Millis),
    /// There is no such order.
    Unknown,
}

/// A ticket as the database has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketRow {
    pub id: TicketId,
    pub sale: SaleId,
    pub student: StudentId,
    pub state: State,
}

/// A ticket as its student finds it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnTicket {
    pub row: TicketRow,
    /// The name of the sale's course.
    pub course_name: String,
    /// When the click was heard.
    pub accepted_at: Millis,
}

/// A lease: who holds it, and how often it was touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseRow {
    /// The instance; empty when nobody does.
    pub holder: String,
    /// Moves with every touch.
    pub beat: i64,
}

/// A counter that a request for a code uses once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsUse {
    /// What is counted, and in which window.
    pub key: String,
    pub ends_at: Millis,
}

/// What a request for a code is judged by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmsStanding {
    /// Counters by their keys: how often, and the window's end.
    pub counters: BTreeMap<String, (i64, Millis)>,
    /// Codes of a day, if an operator set another number than the settings.
    pub budget: Option<i64>,
    /// Whether the mobile is a student's.
    pub is_student: bool,
    /// Whether this student signed in from the asker's network before.
    pub is_home: bool,
}

impl SmsStanding {
    /// A counter; `None` when nothing was counted.
    pub fn counter(&self, key: &str) -> Option<(i64, Millis)> {
        self.counters.get(key).copied()
    }

    /// How often something was counted.
    pub fn count(&self, key: &str) -> i64 {
        self.counter(key).map_or(0, |(count, _)| count)
    }
}

/// The rule: what a request uses up; `None` when it is refused. It is asked before the transaction,
/// so that a refusal costs one read, and again inside, where nobody else counts.
pub type SmsJudge<'a> = dyn Fn(&SmsStanding) -> Option<Vec<SmsUse>> + Send + Sync + 'a;

/// A code to be sent.
#[derive(Clone, Debug)]
pub struct NewCode {
    pub mobile: Mobile,
    /// The hash of the token of the browser that waits for it.
    pub browser: Vec<u8>,
    /// Randomness behind the code.
    pub nonce: Vec<u8>,
    /// The asker's network, as `student_network` has it.
    pub network: String,
    /// Every counter that may matter.
    pub keys: Vec<String>,
    pub expires_at: Millis,
    /// Tries that it allows.
    pub tries: i64,
}

/// What became of a request for a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeAsked {
    /// It is stored, and its sending is queued; how things stood before it.
    Queued(SmsStanding),
    /// The rule refused it; how things stood.
    Refused(SmsStanding),
}

/// What became of a try of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeTry {
    Spent {
        /// What the code is derived from.
        nonce: Vec<u8>,
        /// Tries that are left after it.
        tries_left: i64,
    },
    /// The code has no tries left.
    NoneLeft,
    /// This browser waits for no code of this mobile.
    NoCode,
}

/// A budget of codes that an operator set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmsBudget {
    /// In a day.
    pub codes: i64,
    /// Until then; `None`: until it is changed.
    pub until: Option<Millis>,
}

/// A key of ticket ids, codes and challenges.
#[derive(Clone)]
pub struct KeyRow {
    /// Its number: the newest has the greatest.
    pub number: i64,
    pub secret: Vec<u8>,
    /// Whether it signs, when it is the newest that does; else it only verifies.
    pub signs: bool,
    /// When it was made; 0 is not known.
    pub created_at: Millis,
}

/// What became of a key that was to be retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEnd {
    Ended,
    /// It signs, or is about to.
    Needed,
    /// There is none of this number.
    Unknown,
}

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditFinding {
    pub invariant: &'static str,
    pub example: String,
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}
