//! The queue of many instances: admission, doorbell and tickets' states in Redis, the tickets
//! themselves in the record.
//!
//! What always holds: Redis knows nothing that the record does not know better. A ticket is
//! committed before its id leaves here, with or without Redis; a desk, a bell or a state that got
//! lost is read from the record again.

mod admission;
mod bell;
mod detour;
mod epoch;
mod herald;
mod keys;
mod status;
mod writer;

pub use bell::sale_of;

use super::{Asker, Click, Held, Outcome, Ring, board::Board, board::Seen};
use crate::{
    seckill::{settle::Decision, ticket::State},
    server::{
        clock::Clock,
        link::Link,
        store::{Faults, Store, TicketRow},
        supervisor::supervise,
    },
    types::{
        error::AppError,
        ids::{SaleId, StudentId, TicketId},
    },
};
use admission::Admission;
use detour::Detour;
use herald::{Herald, News};
use moka::sync::Cache;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Mutex, Notify, mpsc, oneshot},
    time::timeout,
};
use writer::Writer;

/// Clicks that wait for the writer; one more is told to come back.
const INBOX_MAX: usize = 32_768;
/// The same while Redis is away and each click is judged by the record.
const INBOX_MAX_WITHOUT: usize = 4_096;
/// How long a click waits for its commit: with the wait for its rate window, refused within a
/// second while the record is away (G11).
const CLICK_TIMEOUT: Duration = Duration::from_millis(750);
/// Rings that wait for the worker.
const RINGS_MAX: usize = 16;
/// How long `waiting` is answered from memory when Redis does not know: a poll does not cost a
/// query each.
const WAITING_TTL: Duration = Duration::from_millis(250);
/// Waiting tickets remembered at a time; about 100 bytes each.
const WAITING_MAX: u64 = 200_000;

/// The handle of this instance's tasks.
pub struct Redis {
    inbox: mpsc::Sender<(Click, Asker)>,
    board: Arc<Board>,
    /// Tickets that waited in the record a moment ago.
    waiting: Cache<TicketId, ()>,
    link: Link,
    admission: Arc<Admission>,
    herald: Herald,
    rings: Mutex<mpsc::Receiver<Ring>>,
    bell: Arc<Notify>,
}

impl Redis {
    /// `settles` says whether this instance's worker hears the bell.
    pub(super) fn start(
        link: Link,
        store: Store,
        clock: Clock,
        faults: Faults,
        settles: bool,
    ) -> Self {
        let (inbox, clicks) = mpsc::channel(INBOX_MAX);
        let (rings, heard) = mpsc::channel(RINGS_MAX);
        let (board, bell) = (Arc::new(Board::new()), Arc::new(Notify::new()));
        let admission = Arc::new(Admission::new(link.clone(), store.clone(), clock.clone()));
        let herald = Herald::start(link.clone(), Arc::clone(&admission), Arc::clone(&bell));
        let (detour, herald_of_writer) = (Detour::new(store.clone()), herald.clone());
        let mut writer = Writer {
            store,
            clock,
            faults,
            board: Arc::clone(&board),
            admission: Arc::clone(&admission),
            detour,
            herald: herald_of_writer,
            inbox: clicks,
        };
        tokio::spawn(supervise("writer", async move || writer.run().await));
        if settles {
            bell::listen(link.clone(), uuid::Uuid::now_v7().to_string(), rings);
        }
        let waiting = Cache::builder()
            .max_capacity(WAITING_MAX)
            .time_to_live(WAITING_TTL)
            .build();
        Self {
            inbox,
            board,
            waiting,
            link,
            admission,
            herald,
            rings: Mutex::new(heard),
            bell,
        }
    }

    pub(super) async fn click(&self, click: Click) -> Result<Outcome, AppError> {
        if self.link.is_resting()
            && self.inbox.max_capacity() - self.inbox.capacity() >= INBOX_MAX_WITHOUT
        {
            return Err(AppError::Unavailable);
        }
        let (asker, answer) = oneshot::channel();
        self.inbox
            .try_send((click, asker))
            .map_err(|_| AppError::Unavailable)?;
        match timeout(CLICK_TIMEOUT, answer).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(AppError::Unavailable),
        }
    }

    /// The ticket that the desk says this student has, in one call of Redis and mostly without the
    /// record.
    pub(super) async fn ticket(&self, sale: SaleId, student: StudentId) -> Held {
        match self.admission.held(sale, student).await {
            // Without Redis a page is not told of a ticket: a million of them would ask the record
            // instead. A click finds it.
            Err(_) => Held::Away,
            // A token may have been taken for a ticket that is not in the record yet, or never will
            // be.
            Ok(Held::Ticket(ticket)) => {
                let seen = match self.board.seen(ticket) {
                    Some(seen) => Some(seen),
                    None => self.seen(sale, ticket).await,
                };
                let is_live = seen.is_some_and(|seen| !matches!(seen.state, State::Lost(_)));
                if is_live {
                    Held::Ticket(ticket)
                } else {
                    Held::Unknown
                }
            }
            Ok(known) => known,
        }
    }

    pub(super) fn board(&self) -> &Board {
        &self.board
    }

    /// A decision from memory, else from Redis, since another instance may have decided.
    pub(super) async fn seen(&self, sale: SaleId, id: TicketId) -> Option<Seen> {
        if let Some(seen) = self.board.seen(id).filter(|seen| seen.state.is_terminal()) {
            return Some(seen);
        }
        let state = match status::read(&self.link, sale, id).await {
            Ok(Some(decided)) => decided,
            Ok(None) | Err(_) if self.waiting.contains_key(&id) => State::Waiting,
            Ok(None) | Err(_) => return None,
        };
        Some(Seen {
            state,
            place: None,
            is_stale: false,
        })
    }

    /// What the record says, for this instance and all others.
    pub(super) fn note(&self, row: &TicketRow) -> Seen {
        self.board.note(row);
        if row.state.is_terminal() {
            self.herald.tell(News::Read(*row));
        } else {
            self.waiting.insert(row.id, ());
        }
        Seen {
            state: row.state,
            place: None,
            is_stale: false,
        }
    }

    /// In Redis before it is here: whoever heard a decision from this instance hears it from every
    /// other one, too (G7).
    pub(super) async fn publish(&self, decisions: &[Decision]) {
        let told = status::publish(&self.link, decisions).await;
        self.board.publish(decisions);
        if told.is_err() {
            tracing::debug!("decisions are not in Redis: polls find them in the record");
        }
        if !decisions.is_empty() {
            self.herald.tell(News::Decided(decisions.to_vec()));
        }
    }

    pub(super) fn recount(&self, sale: SaleId) {
        if !self.herald.tell(News::Changed(sale)) {
            // Nobody will tell again: the next look counts it.
            self.admission.doubt(sale);
        }
    }

    pub(super) async fn refresh(&self, sales: &[SaleId]) {
        for sale in sales {
            match self.admission.left(*sale).await {
                Ok(Some(left)) => self.board.set_left(*sale, left.max(0)),
                Ok(None) => self.recount(*sale),
                // The others would not be read either.
                Err(_) => return,
            }
        }
    }

    pub(super) async fn repair(&self, sale: SaleId) {
        if let Err(fault) = self.admission.repair(sale).await {
            tracing::debug!(%sale, ?fault, "a desk could not be compared with the record");
        }
    }

    /// Waits for tickets that were recorded by any instance; without Redis, by this one.
    pub(super) async fn bell(&self) -> Ring {
        let mut rings = self.rings.lock().await;
        tokio::select! {
            Some(ring) = rings.recv() => ring,
            () = self.bell.notified() => Ring::default(),
        }
    }

    pub(super) async fn answered(&self, ring: &Ring) {
        bell::answered(&self.link, ring).await;
    }
}
