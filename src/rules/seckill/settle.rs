//! Settlement: which waiting tickets become orders, and on which seats.

use crate::{
    rules::seckill::{ticket::Waiting, window::Window},
    types::{ids::StudentId, sale::Reason},
};
use std::{collections::HashSet, ops::RangeInclusive};

/// What the database says about a sale at the start of the transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    pub window: Window,
    /// Seats not sold.
    pub remaining: i64,
    /// Numbers of seats that no live order has, ascending: as many as the batch could take, or all
    /// there are.
    pub free: Vec<i64>,
}

/// A decision about one ticket: its seat, or why it has none.
pub type Decision = (Waiting, Result<i64, Reason>);

/// The next `count` free numbers of a sale whose seats were sold one after the other: those behind
/// the last one. `None` when the live orders have a gap, by the greatest number among them (`last`,
/// 0 without any): then the database says which numbers are free.
pub fn seats_in_a_row(
    stock: i64,
    remaining: i64,
    last: i64,
    count: i64,
) -> Option<RangeInclusive<i64>> {
    // As many live orders as sold seats: the greatest number is their count only when each number
    // before it is taken.
    (last == stock - remaining).then(|| last + 1..=stock.min(last.saturating_add(count)))
}

/// Decides a batch of one sale, first come first served. `owners` hold a live order of this sale, or
/// may study its course already; `spent` let as many of its seats lapse as a student may.
///
/// At most `remaining` tickets win, each with the lowest number that is free.
pub fn decide(
    book: &Book,
    batch: &[Waiting],
    owners: &HashSet<StudentId>,
    spent: &HashSet<StudentId>,
) -> Vec<Decision> {
    let mut owners = owners.clone();
    let left = usize::try_from(book.remaining).unwrap_or(0);
    let mut seats = book.free.iter().take(left);
    let mut outcome = |ticket: &Waiting| {
        book.window.covers(ticket.accepted_at)?;
        if owners.contains(&ticket.student) {
            return Err(Reason::AlreadyYours);
        }
        if spent.contains(&ticket.student) {
            return Err(Reason::HoldsSpent);
        }
        let seat = seats.next().ok_or(Reason::SoldOut)?;
        owners.insert(ticket.student);
        Ok(*seat)
    };
    batch
        .iter()
        .map(|ticket| (*ticket, outcome(ticket)))
        .collect()
}

/// How many seats a batch's decisions take.
pub fn seats_taken(decisions: &[Decision]) -> i64 {
    decisions
        .iter()
        .map(|(_, outcome)| i64::from(outcome.is_ok()))
        .sum()
}
