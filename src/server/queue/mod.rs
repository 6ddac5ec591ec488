//! The queue: who is admitted, and what is known of a ticket between the click and the answer.
//!
//! What always holds: a ticket's id leaves here only after its row was committed; a terminal state is published only after
//! its transaction was committed; losing everything in here costs reads of the record, never a ticket.

mod board;
mod local;

pub use board::Seen;
pub use local::new_ticket_id;

use crate::{
    seckill::settle::Decision,
    server::{
        clock::Clock,
        store::{Faults, Store, TicketRow},
    },
    types::{
        error::AppError,
        ids::{SaleId, StudentId, TicketId},
        sale::Reason,
    },
};

/// A request for a seat by somebody who is signed in, to a sale that is there.
#[derive(Clone, Debug)]
pub struct Click {
    /// Of this sale.
    pub sale: SaleId,
    /// By this student.
    pub student: StudentId,
    /// The client's idempotency key.
    pub key: Option<String>,
}

/// What a click comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This ticket, which stands in the record.
    Ticket(TicketId),
    /// No ticket.
    Refused(Reason),
}

/// The engine of the queue, chosen once at start by whether there is a `REDIS_URL`.
#[derive(Clone)]
pub enum Queue {
    /// In this process.
    Local(local::Local),
}

impl Queue {
    /// A queue in this process, its writer task started.
    pub fn local(store: Store, clock: Clock, faults: Faults) -> Self {
        Self::Local(local::Local::start(store, clock, faults))
    }

    /// A click: admission, and the ticket's row.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] within a second when the record is away or too many clicks wait; there may be a ticket all
    /// the same, and the next click finds it.
    pub async fn click(&self, click: Click) -> Result<Outcome, AppError> {
        match self {
            Self::Local(queue) => queue.click(click).await,
        }
    }

    /// What is known here of a ticket.
    pub fn seen(&self, id: TicketId) -> Option<Seen> {
        match self {
            Self::Local(queue) => queue.board().seen(id),
        }
    }

    /// Notes what the record says of a ticket, unless more is known already.
    pub fn note(&self, row: &TicketRow) {
        match self {
            Self::Local(queue) => queue.board().note(row),
        }
    }

    /// The first `count` waiting tickets of a sale are in a transaction; none any more with 0.
    pub fn settling(&self, sale: SaleId, count: i64) {
        match self {
            Self::Local(queue) => queue.board().settling(sale, count),
        }
    }

    /// Publishes decisions whose transaction was committed.
    pub fn publish(&self, decisions: &[Decision]) {
        match self {
            Self::Local(queue) => queue.publish(decisions),
        }
    }

    /// Seats of a sale that nobody has or waits for, as far as is known here.
    pub fn left(&self, sale: SaleId) -> Option<i64> {
        match self {
            Self::Local(queue) => queue.board().left(sale),
        }
    }

    /// Settings changed: drops what is known of seats and windows, and reads that of `sales` again.
    pub fn reload(&self, sales: Vec<SaleId>) {
        match self {
            Self::Local(queue) => queue.reload(sales),
        }
    }

    /// Seats of a sale became free elsewhere: they are counted anew.
    pub fn recount(&self, sale: SaleId) {
        match self {
            Self::Local(queue) => queue.recount(sale),
        }
    }

    /// Waits until a ticket was recorded.
    pub async fn bell(&self) {
        match self {
            Self::Local(queue) => queue.bell().await,
        }
    }
}
