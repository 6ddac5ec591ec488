//! What this process knows of tickets and seats; bounded, and never more than a copy of the record.

use crate::{
    seckill::{settle::Decision, ticket::State},
    server::store::TicketRow,
    types::ids::{SaleId, StudentId, TicketId},
};
use moka::{ops::compute::Op, sync::Cache};
use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

/// Tickets known at a time; about 150 bytes each. The least used go first, and are read from the record again.
const TICKETS_MAX: u64 = 500_000;

/// What is known of a ticket.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Of this student.
    pub student: StudentId,
    /// Where it stands.
    pub state: State,
    /// How many are before it, itself included; `None` when it is decided or not known.
    pub place: Option<i64>,
}

/// The board of all sales.
pub(super) struct Board {
    tickets: Cache<TicketId, Entry>,
    sales: RwLock<HashMap<SaleId, Arc<Counters>>>,
}

#[derive(Clone, Copy)]
struct Entry {
    sale: SaleId,
    student: StudentId,
    state: State,
    /// The ticket's number among those of its sale that this process recorded.
    number: i64,
}

#[derive(Default)]
struct Counters {
    left: AtomicI64,
    recorded: AtomicI64,
    decided: AtomicI64,
    /// How many from the head of the queue are in a transaction.
    settling: AtomicI64,
}

impl Board {
    pub(super) fn new() -> Self {
        Self { tickets: Cache::new(TICKETS_MAX), sales: RwLock::default() }
    }

    pub(super) fn seen(&self, id: TicketId) -> Option<Seen> {
        let entry = self.tickets.get(&id)?;
        if entry.state.is_terminal() {
            return Some(Seen { student: entry.student, state: entry.state, place: None });
        }
        let counters = self.counters(entry.sale);
        let place = (entry.number - counters.decided.load(Ordering::Relaxed)).max(1);
        let settling = place <= counters.settling.load(Ordering::Relaxed);
        Some(Seen { student: entry.student, state: if settling { State::Settling } else { State::Waiting }, place: Some(place) })
    }

    /// A ticket as the record has it; what is known already is newer, and stays.
    pub(super) fn note(&self, row: &TicketRow) {
        let counters = self.counters(row.sale);
        let fresh = self.tickets.entry(row.id).or_insert_with(|| {
            let number = if row.state.is_terminal() { 0 } else { counters.recorded.fetch_add(1, Ordering::Relaxed) + 1 };
            Entry { sale: row.sale, student: row.student, state: row.state, number }
        });
        if !fresh.is_fresh() {
            self.advance(row.id, row.state);
        }
    }

    /// News of a ticket: a terminal state is never left, and waiting is no news.
    pub(super) fn advance(&self, id: TicketId, state: State) {
        if state == State::Waiting {
            return;
        }
        self.tickets.entry(id).and_compute_with(|entry| match entry.map(moka::Entry::into_value) {
            Some(entry) if !entry.state.is_terminal() => Op::Put(Entry { state: entry.state.advance(state), ..entry }),
            Some(_) | None => Op::Nop,
        });
    }

    pub(super) fn publish(&self, decisions: &[Decision]) {
        for (ticket, outcome) in decisions {
            let state = outcome.map_or_else(State::Lost, |seat| State::Won { seat });
            self.note(&TicketRow { id: ticket.id, sale: ticket.sale, student: ticket.student, state });
            self.counters(ticket.sale).decided.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The first `count` tickets of the queue are in a transaction; none with 0.
    pub(super) fn settling(&self, sale: SaleId, count: i64) {
        self.counters(sale).settling.store(count, Ordering::Relaxed);
    }

    pub(super) fn left(&self, sale: SaleId) -> Option<i64> {
        let sales = self.sales.read().unwrap_or_else(PoisonError::into_inner);
        sales.get(&sale).map(|counters| counters.left.load(Ordering::Relaxed))
    }

    pub(super) fn set_left(&self, sale: SaleId, left: i64) {
        self.counters(sale).left.store(left, Ordering::Relaxed);
    }

    fn counters(&self, sale: SaleId) -> Arc<Counters> {
        if let Some(counters) = self.sales.read().unwrap_or_else(PoisonError::into_inner).get(&sale) {
            return Arc::clone(counters);
        }
        Arc::clone(self.sales.write().unwrap_or_else(PoisonError::into_inner).entry(sale).or_default())
    }
}
