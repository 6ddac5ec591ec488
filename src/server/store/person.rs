//! Personal data: its export and its erasure.

use super::{progress::ProgressRow, session::SessionRow};
use crate::types::{account::Mobile, ids::StudentId, time::Millis};

store! {
    /// All that is kept of the person with this mobile.
    Command fn person(mobile: &Mobile) -> Person;
    /// Takes a person out of the database: what they bought stays, without them.
    Command fn erase(mobile: &Mobile, now: Millis) -> Erased;
}

/// All that is kept of the person with a mobile.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// The student, and since when; `None` when the mobile never signed in.
    pub student: Option<(StudentId, i64)>,
    /// Where they are signed in.
    pub sessions: Vec<SessionRow>,
    /// Networks that they signed in from.
    pub networks: Vec<NetworkRow>,
    /// Codes that wait to be typed.
    pub codes: Vec<CodeRow>,
    /// SMS that were asked for and are not sent.
    pub messages: Vec<MessageRow>,
    /// Their places in queues.
    pub tickets: Vec<PersonTicket>,
    pub orders: Vec<PersonOrder>,
    /// How far they are in sections.
    pub progress: Vec<ProgressRow>,
    pub payments: Vec<PersonPayment>,
    /// When their membership ends; `None` when there never was one.
    pub member_until: Option<i64>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct NetworkRow {
    /// A hash of student and network.
    pub network: String,
    /// The last sign-in from it.
    pub used_at: i64,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CodeRow {
    pub expires_at: i64,
    /// Tries that are left.
    pub tries_left: i64,
}

/// An SMS that is not sent, or whose sending did not end.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct MessageRow {
    /// When it was asked for.
    pub created_at: i64,
}

/// A place in a queue.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PersonTicket {
    pub sale_id: i64,
    /// 0 waiting, 1 won, 2 lost.
    pub state: i64,
    /// Why it was lost, as a number of [`Reason`](crate::types::sale::Reason).
    pub reason: Option<i64>,
    /// What the client named the click.
    pub click_key: Option<String>,
    /// When it was accepted.
    pub accepted_at: i64,
    /// When it was decided.
    pub decided_at: Option<i64>,
    /// When its order ended.
    pub released_at: Option<i64>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PersonOrder {
    /// The order's number.
    pub id: i64,
    /// `None` for a course that was bought without a sale.
    pub sale_id: Option<i64>,
    /// The course's number.
    pub course_id: i64,
    pub course: String,
    /// The seat's number.
    pub seat: Option<i64>,
    pub price_fen: i64,
    /// When it was won, or made.
    pub created_at: i64,
    pub ended_at: Option<i64>,
    /// Why, in an operator's words.
    pub end_reason: Option<String>,
    /// Why it is given back, while its payments are being closed.
    pub cancel_reason: Option<String>,
    /// The number of its [`OrderState`](crate::types::order::OrderState).
    pub state: i64,
    /// When its hold ends, or ended.
    pub expires_at: Option<i64>,
    pub paid_at: Option<i64>,
    /// Whether the course can be studied by it.
    pub is_entitled: bool,
}

/// A payment, and its refund.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PersonPayment {
    /// The order's number.
    pub order_id: i64,
    /// The number of its [`Provider`](crate::types::payment::Provider).
    pub provider: i64,
    /// Its name at the provider.
    pub out_trade_no: String,
    /// The provider's name of it.
    pub gateway_no: Option<String>,
    pub amount_fen: i64,
    pub received_fen: Option<i64>,
    pub created_at: i64,
    pub paid_at: Option<i64>,
    /// What goes back, or went.
    pub refund_fen: Option<i64>,
    /// When it was paid back.
    pub refunded_at: Option<i64>,
}

/// What was taken out of the database with a person, and what stays without them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// The number that the student had, and keeps without a name.
    pub student: Option<StudentId>,
    /// Sessions that were ended.
    pub sessions: u64,
    /// Networks that were forgotten.
    pub networks: u64,
    /// Codes that were forgotten.
    pub codes: u64,
    /// SMS that are not sent any more, or whose mobile was forgotten.
    pub messages: u64,
    pub orders: i64,
    /// Sections whose progress was forgotten.
    pub progress: u64,
}

impl Erased {
    /// Whether there was nothing to take out.
    pub fn is_nothing(&self) -> bool {
        self.student.is_none() && self.codes == 0 && self.messages == 0
    }
}
