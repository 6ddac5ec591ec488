//! Settlement: which waiting tickets become orders.

use crate::{
    seckill::{sale::Window, ticket::Waiting},
    types::{ids::StudentId, sale::Reason},
};
use std::collections::HashSet;

/// What the record says about a sale at the start of the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Book {
    /// The sale's window.
    pub window: Window,
    /// Seats, initial and restocked.
    pub stock: i64,
    /// Seats not sold.
    pub remaining: i64,
}

/// A decision about one ticket: its seat, or why it has none.
pub type Decision = (Waiting, Result<i64, Reason>);

/// Decides a batch of one sale, first come first served; `owners` hold an order of this sale already.
///
/// At most `remaining` tickets win, each with the next seat number.
pub fn decide(book: Book, batch: &[Waiting], owners: &HashSet<StudentId>) -> Vec<Decision> {
    let mut owners = owners.clone();
    let mut remaining = book.remaining;
    let mut outcome = |ticket: &Waiting| {
        book.window.covers(ticket.accepted_at)?;
        if owners.contains(&ticket.student) {
            return Err(Reason::AlreadyYours);
        }
        if remaining <= 0 {
            return Err(Reason::SoldOut);
        }
        owners.insert(ticket.student);
        remaining -= 1;
        Ok(book.stock - remaining)
    };
    batch.iter().map(|ticket| (*ticket, outcome(ticket))).collect()
}

/// How many seats a batch's decisions take.
pub fn seats_taken(decisions: &[Decision]) -> i64 {
    decisions.iter().map(|(_, outcome)| i64::from(outcome.is_ok())).sum()
}
