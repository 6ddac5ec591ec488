//! What the record takes and gives beyond the nouns of the wire.

use crate::{
    seckill::{sale::Window, ticket::State},
    types::{
        account::Mobile,
        ids::{CourseId, SaleId, StudentId, TicketId},
        money::Fen,
        sale::Sale,
        time::Millis,
    },
};

/// Whether settlement's own condition stands guard; off only in the negative control of the tests, which must oversell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Guard {
    /// `where remaining >= n`, and no more winners than remain.
    #[default]
    On,
    /// Neither.
    Off,
}

/// How the record's tables stand to this program.
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

/// What a test may break on purpose. Handed to `server::start` as a value: no flag and no environment variable sets it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Admission lets every click through.
    pub admission_lifted: bool,
    /// Settlement's guard.
    pub guard: Guard,
    /// Servers share a database of PostgreSQL whatever their queues are: the lock of instances is not taken.
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
    /// What is sold.
    pub course: CourseId,
    /// For how much.
    pub price: Fen,
    /// Seats.
    pub stock: i64,
    /// First moment.
    pub opens_at: Millis,
    /// First moment after.
    pub closes_at: Millis,
}

/// A sale as the catalogue has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSale {
    /// The sale.
    pub sale: Sale,
    /// Moves with each change of its settings or seats from outside.
    pub version: i64,
}

/// What admission needs to know of a sale.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The number of the last desk of this sale that was put into Redis; 0 before the first.
    pub epoch: i64,
    /// Its window.
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
    /// Who, and which.
    pub tickets: Vec<(StudentId, TicketId)>,
}

/// A click to be recorded.
#[derive(Clone, Debug)]
pub struct NewTicket {
    /// The identity that it gets.
    pub id: TicketId,
    /// Of this sale.
    pub sale: SaleId,
    /// By this student.
    pub student: StudentId,
    /// The client's idempotency key.
    pub key: Option<String>,
    /// When it was accepted.
    pub accepted_at: Millis,
}

/// What became of a click's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landed {
    /// It stands.
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
    /// Of this sale.
    pub sale: Option<SaleId>,
}

/// An order as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OrderRow {
    /// Its number.
    pub id: i64,
    /// Of this sale.
    pub sale_id: i64,
    /// The seat's number.
    pub seat: i64,
    /// The student's mobile; empty when the student is not there.
    pub mobile: String,
    /// The course's name.
    pub course: String,
    /// When it was won.
    pub created_at: i64,
    /// When it ended; `None` while it is live.
    pub ended_at: Option<i64>,
    /// Why it ended.
    pub end_reason: Option<String>,
}

/// What became of an operator's wish to end an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// It ended now, and this seat of this sale is free.
    Ended {
        /// The sale.
        sale: SaleId,
        /// The seat's number.
        seat: i64,
    },
    /// It had ended already.
    Before(Millis),
    /// There is no such order.
    Unknown,
}

/// A ticket as the record has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketRow {
    /// Its identity.
    pub id: TicketId,
    /// Of this sale.
    pub sale: SaleId,
    /// Of this student.
    pub student: StudentId,
    /// Where it stands.
    pub state: State,
}

/// A lease: who holds it, and how often it was touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseRow {
    /// The instance; empty when nobody does.
    pub holder: String,
    /// Moves with every touch.
    pub beat: i64,
}

/// Limits of SMS codes.
#[derive(Clone, Copy, Debug)]
pub struct SmsLimits {
    /// Milliseconds between two codes of a mobile.
    pub gap_ms: i64,
    /// Codes of a mobile in an hour.
    pub mobile_hour: i64,
    /// Codes of a mobile in a day.
    pub mobile_day: i64,
    /// Milliseconds between two codes asked for from an address; 0 for no such limit.
    pub address_gap_ms: i64,
    /// Codes asked for from an address in an hour.
    pub address_hour: i64,
    /// Codes of the whole shop in a day.
    pub shop_day: i64,
    /// Milliseconds that a code lives.
    pub life_ms: i64,
    /// Tries that a code allows.
    pub tries: i64,
}

/// A code to be sent.
#[derive(Clone, Debug)]
pub struct NewCode {
    /// To whom.
    pub mobile: Mobile,
    /// The address of whoever asks for it.
    pub address: String,
    /// Randomness behind the code.
    pub nonce: Vec<u8>,
    /// The nonce of the proof of work that came with the request.
    pub proof: Option<Vec<u8>>,
}

/// Requests for codes of late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmsLoad {
    /// Of the whole shop in a minute.
    pub minute: i64,
    /// Of the whole shop in a day.
    pub day: i64,
}

/// What became of a request for a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeAsked {
    /// It is stored, and its sending is queued.
    Queued,
    /// A limit was reached; worth another try after this many milliseconds.
    TooSoon {
        /// Milliseconds.
        retry_ms: i64,
        /// Whether a proof of work would have let it through.
        provable: bool,
    },
    /// Its proof of work came with an earlier request.
    Spent,
}

/// A job that is this worker's to run.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The job's number.
    pub id: i64,
    /// Its payload, as the job's own file wrote it.
    pub payload: String,
    /// When it was enqueued.
    pub created_at: Millis,
}

/// A key of ticket ids, codes and challenges.
#[derive(Clone)]
pub struct KeyRow {
    /// Its number: the newest has the greatest.
    pub number: i64,
    /// The key itself.
    pub secret: Vec<u8>,
    /// Whether it signs, when it is the newest that does; else it only verifies.
    pub signs: bool,
    /// When it was made; 0 is not known.
    pub created_at: Millis,
}

/// What became of a key that was to be retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEnd {
    /// It is gone.
    Ended,
    /// It signs, or is about to.
    Needed,
    /// There is none of this number.
    Unknown,
}

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditFinding {
    /// Which one.
    pub invariant: &'static str,
    /// The first counter-example.
    pub example: String,
}

/// What a job that sends a code is given: the mobile, and which code it is.
pub fn sms_payload(mobile: &Mobile, nonce: &[u8]) -> String {
    format!("{} {}", mobile.digits(), hex(nonce))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
