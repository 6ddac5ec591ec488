//! Tickets: clicks that were accepted.

use crate::{
    rules::seckill::ticket::State,
    types::{
        ids::{SaleId, StudentId, TicketId},
        time::Millis,
    },
};

store! {
    /// Records a batch of clicks, each judged by its own row. After an error some may be in the
    /// database, like after a COMMIT whose answer was lost.
    Job fn accept(batch: &[NewTicket]) -> Vec<Landed>;
    /// Sales with waiting tickets.
    Job fn sales_waiting() -> Vec<SaleId>;
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
    /// The waiting tickets that a student has of sales that end after `since`, and the lost ones of
    /// clicks after it that had a key, at most `limit`: the waiting ones first, each kind from the
    /// newest.
    Asked fn own_tickets(student: StudentId, since: Millis, limit: i64) -> Vec<OwnTicket>;
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
