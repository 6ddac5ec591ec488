//! The queue of many instances: admission, doorbell and tickets' states in Redis, the tickets
//! themselves in the database.
//!
//! What always holds: Redis knows nothing that the database does not know better. A ticket is
//! committed before its id leaves here, with or without Redis; a desk, a bell or a state that got
//! lost is read from the database again.

mod admission;
mod bell;
mod epoch;
mod fallback;
mod keys;
mod notifier;
mod rebuild;
mod status;
mod writer;

pub use bell::sale_of;

use super::{
    BellRing, Click, ClickOutcome, HeldTicket, Responder,
    status_cache::{StatusCache, TicketStatus},
};
use crate::{
    rules::seckill::{settle::Decision, ticket::State},
    server::{
        clock::Clock,
        redis::client::RedisClient,
        store::{Store, TicketRow},
        supervisor::supervise,
    },
    types::{
        error::AppError,
        ids::{SaleId, StudentId, TicketId},
    },
};
use admission::Desks;
use fallback::Fallback;
use moka::sync::Cache;
use notifier::{Event, Notifier};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Mutex, Notify, mpsc, oneshot},
    time::timeout,
};
use writer::RedisWriter;

/// Clicks that wait for the writer; one more is told to come back.
const INBOX_MAX: usize = 32_768;
/// The same while Redis is away and each click is judged by the database.
const INBOX_MAX_WITHOUT: usize = 4_096;
/// How long a click waits for its commit: with the wait for its rate window, refused within a
/// second while the database is away (G11).
const CLICK_TIMEOUT: Duration = Duration::from_millis(750);
/// Rings that wait for the worker.
const RINGS_MAX: usize = 16;
/// How long `waiting` is answered from memory when Redis does not know: a poll does not cost a
/// query each.
const WAITING_TTL: Duration = Duration::from_millis(250);
/// Waiting tickets remembered at a time; about 100 bytes each.
const WAITING_MAX: u64 = 200_000;

/// The handle of this instance's tasks.
pub struct RedisQueue {
    inbox: mpsc::Sender<(Click, Responder)>,
    status_cache: Arc<StatusCache>,
    /// Tickets that waited in the database a moment ago.
    waiting: Cache<TicketId, ()>,
    link: RedisClient,
    admission: Arc<Desks>,
    notifier: Notifier,
    rings: Mutex<mpsc::Receiver<BellRing>>,
    bell: Arc<Notify>,
}

impl RedisQueue {
    /// `settles` says whether this instance's worker hears the bell.
    pub(super) fn start(link: RedisClient, store: Store, clock: Clock, settles: bool) -> Self {
        let (inbox, clicks) = mpsc::channel(INBOX_MAX);
        let (rings, heard) = mpsc::channel(RINGS_MAX);
        let (status_cache, bell) = (Arc::new(StatusCache::new()), Arc::new(Notify::new()));
        let admission = Arc::new(Desks::new(link.clone(), store.clone(), clock.clone()));
        let notifier = Notifier::start(link.clone(), Arc::clone(&admission), Arc::clone(&bell));
        let (fallback, notifier_of_writer) = (Fallback::new(store.clone()), notifier.clone());
        let mut writer = RedisWriter {
            store,
            clock,
            status_cache: Arc::clone(&status_cache),
            admission: Arc::clone(&admission),
            fallback,
            notifier: notifier_of_writer,
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
            status_cache,
            waiting,
            link,
            admission,
            notifier,
            rings: Mutex::new(heard),
            bell,
        }
    }

    pub(super) async fn click(&self, click: Click) -> Result<ClickOutcome, AppError> {
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
    /// database.
    pub(super) async fn ticket(&self, sale: SaleId, student: StudentId) -> HeldTicket {
        match self.admission.held(sale, student).await {
            // Without Redis a page is not told of a ticket: a million of them would ask the
            // database instead. A click finds it.
            Err(_) => HeldTicket::Away,
            // A token may have been taken for a ticket that is not in the database yet, or never
            // will be.
            Ok(HeldTicket::Ticket(ticket)) => {
                let seen = match self.status_cache.seen(ticket) {
                    Some(seen) => Some(seen),
                    None => self.seen(sale, ticket).await,
                };
                let is_live = seen.is_some_and(|seen| !matches!(seen.state, State::Lost(_)));
                if is_live {
                    HeldTicket::Ticket(ticket)
                } else {
                    HeldTicket::Unknown
                }
            }
            Ok(known) => known,
        }
    }

    pub(super) fn status_cache(&self) -> &StatusCache {
        &self.status_cache
    }

    /// A decision from memory, else from Redis, since another instance may have decided.
    pub(super) async fn seen(&self, sale: SaleId, id: TicketId) -> Option<TicketStatus> {
        if let Some(seen) = self
            .status_cache
            .seen(id)
            .filter(|seen| seen.state.is_terminal())
        {
            return Some(seen);
        }
        let state = match status::read(&self.link, sale, id).await {
            Ok(Some(decided)) => decided,
            Ok(None) | Err(_) if self.waiting.contains_key(&id) => State::Waiting,
            Ok(None) | Err(_) => return None,
        };
        Some(TicketStatus {
            state,
            place: None,
            is_stale: false,
        })
    }

    /// What the database says, for this instance and all others.
    pub(super) fn note(&self, row: &TicketRow) -> TicketStatus {
        self.status_cache.note(row);
        if row.state.is_terminal() {
            self.notifier.tell(Event::Read(*row));
        } else {
            self.waiting.insert(row.id, ());
        }
        TicketStatus {
            state: row.state,
            place: None,
            is_stale: false,
        }
    }

    /// In Redis before it is here: whoever heard a decision from this instance hears it from every
    /// other one, too (G7).
    pub(super) async fn publish(&self, decisions: &[Decision]) {
        let told = status::publish(&self.link, decisions).await;
        self.status_cache.publish(decisions);
        if told.is_err() {
            tracing::debug!("decisions are not in Redis: polls find them in the database");
        }
        if !decisions.is_empty() {
            self.notifier.tell(Event::Decided(decisions.to_vec()));
        }
    }

    pub(super) fn recount(&self, sale: SaleId) {
        if !self.notifier.tell(Event::Changed(sale)) {
            // Nobody will tell again: the next look counts it.
            self.admission.doubt(sale);
        }
    }

    pub(super) async fn refresh(&self, sales: &[SaleId]) {
        for sale in sales {
            match self.admission.left(*sale).await {
                Ok(Some(left)) => self.status_cache.set_left(*sale, left.max(0)),
                Ok(None) => self.recount(*sale),
                // The others would not be read either.
                Err(_) => return,
            }
        }
    }

    pub(super) async fn repair(&self, sale: SaleId) {
        if let Err(fault) = self.admission.repair(sale).await {
            tracing::debug!(%sale, ?fault, "a desk could not be compared with the database");
        }
    }

    /// Waits for tickets that were recorded by any instance; without Redis, by this one.
    pub(super) async fn bell(&self) -> BellRing {
        let mut rings = self.rings.lock().await;
        tokio::select! {
            Some(ring) = rings.recv() => ring,
            () = self.bell.notified() => BellRing::default(),
        }
    }

    pub(super) async fn answered(&self, ring: &BellRing) {
        bell::answered(&self.link, ring).await;
    }
}
