//! Status cache: what this process knows of tickets and seats, for the polls. It is bounded, and a
//! copy of the database.

use crate::{
    rules::seckill::{settle::Decision, ticket::State},
    server::store::TicketRow,
    types::ids::{SaleId, TicketId},
};
use moka::{
    ops::compute::{CompResult, Op},
    sync::Cache,
};
use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

/// Tickets known at a time; about 150 bytes each. The least used go first, and are read from the
/// database again.
const TICKETS_MAX: u64 = 500_000;

/// A waiting ticket is looked up again after this long; settlement takes a tenth of it.
const NEWS_AFTER: Duration = Duration::from_secs(1);

/// What is known of a ticket.
#[derive(Clone, Copy, Debug)]
pub struct TicketStatus {
    pub state: State,
    /// How many are before it, itself included; `None` when it is decided or not known.
    pub place: Option<i64>,
    /// Waits, and was not heard of for [`NEWS_AFTER`]: the database may know better. Another server
    /// may have settled it, or this one without learning how its COMMIT ended.
    pub is_stale: bool,
}

/// What this process knows of the tickets of all sales.
pub(super) struct StatusCache {
    tickets: Cache<TicketId, Entry>,
    sales: RwLock<HashMap<SaleId, Arc<Counters>>>,
}

#[derive(Clone, Copy)]
struct Entry {
    sale: SaleId,
    state: State,
    /// The ticket's number among those of its sale that this process recorded.
    number: i64,
    /// When this was true.
    as_of: Instant,
}

#[derive(Default)]
struct Counters {
    left: AtomicI64,
    recorded: AtomicI64,
    decided: AtomicI64,
    /// How many from the head of the queue are in a transaction.
    settling: AtomicI64,
}

impl StatusCache {
    pub(super) fn new() -> Self {
        Self {
            tickets: Cache::new(TICKETS_MAX),
            sales: RwLock::default(),
        }
    }

    pub(super) fn seen(&self, id: TicketId) -> Option<TicketStatus> {
        let entry = self.tickets.get(&id)?;
        if entry.state.is_terminal() {
            return Some(TicketStatus {
                state: entry.state,
                place: None,
                is_stale: false,
            });
        }
        let counters = self.counters(entry.sale);
        let place = (entry.number - counters.decided.load(Ordering::Relaxed)).max(1);
        let settling = place <= counters.settling.load(Ordering::Relaxed);
        let state = if settling {
            State::Settling
        } else {
            State::Waiting
        };
        Some(TicketStatus {
            state,
            place: Some(place),
            is_stale: entry.as_of.elapsed() > NEWS_AFTER,
        })
    }

    /// A ticket as the database has it; what is known already is newer, and stays.
    pub(super) fn note(&self, row: &TicketRow) {
        if self.learn(row) {
            self.counters(row.sale)
                .decided
                .fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn publish(&self, decisions: &[Decision]) {
        for (ticket, outcome) in decisions {
            let state = outcome.map_or_else(State::Lost, |seat| State::Won { seat });
            self.learn(&TicketRow {
                id: ticket.id,
                sale: ticket.sale,
                student: ticket.student,
                state,
            });
            self.counters(ticket.sale)
                .decided
                .fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Takes news of a ticket in; a terminal state is never left. Gives whether a ticket that
    /// waited here is decided now.
    fn learn(&self, row: &TicketRow) -> bool {
        let news = self.tickets.entry(row.id).and_compute_with(|known| {
            match known.map(moka::Entry::into_value) {
                Some(known) if known.state.is_terminal() => Op::Nop,
                Some(known) => Op::Put(Entry {
                    state: known.state.advance(row.state),
                    as_of: Instant::now(),
                    ..known
                }),
                None => Op::Put(self.entry(row)),
            }
        });
        matches!(news, CompResult::ReplacedWith(entry) if entry.value().state.is_terminal())
    }

    fn entry(&self, row: &TicketRow) -> Entry {
        let number = || {
            self.counters(row.sale)
                .recorded
                .fetch_add(1, Ordering::Relaxed)
                + 1
        };
        let number = if row.state.is_terminal() { 0 } else { number() };
        Entry {
            sale: row.sale,
            state: row.state,
            number,
            as_of: Instant::now(),
        }
    }

    /// The first `count` tickets of the queue are in a transaction; none with 0.
    pub(super) fn settling(&self, sale: SaleId, count: i64) {
        self.counters(sale).settling.store(count, Ordering::Relaxed);
    }

    pub(super) fn left(&self, sale: SaleId) -> Option<i64> {
        let sales = self.sales.read().unwrap_or_else(PoisonError::into_inner);
        sales
            .get(&sale)
            .map(|counters| counters.left.load(Ordering::Relaxed))
    }

    pub(super) fn set_left(&self, sale: SaleId, left: i64) {
        self.counters(sale).left.store(left, Ordering::Relaxed);
    }

    fn counters(&self, sale: SaleId) -> Arc<Counters> {
        if let Some(counters) = self
            .sales
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&sale)
        {
            return Arc::clone(counters);
        }
        Arc::clone(
            self.sales
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(sale)
                .or_default(),
        )
    }
}
