//! The queue in this process: one writer task that owns admission, and records clicks in groups.
//!
//! While a group commits, the next one gathers in the inbox. Tokens change only here, between
//! commits, so that they need no lock; whenever something else changed the seats, the desk is
//! dropped and read again before the next click.

use super::{
    BellRing, Click, ClickOutcome, HeldTicket, Responder, answer,
    commit::{Commit, Group, Landing},
    desk::Desk,
    new_ticket_id,
    snapshot::Snapshots,
    status_cache::StatusCache,
};
use crate::{
    rules::seckill::{admission::Verdict, settle::Decision},
    server::{clock::Clock, store::Store, supervisor::supervise},
    types::{
        error::AppError,
        ids::{SaleId, StudentId, TicketId},
    },
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::timeout,
};

/// Clicks that wait for the writer; one more is told to come back.
const INBOX_MAX: usize = 32_768;
/// Clicks in a group commit at most.
const BATCH_MAX: usize = 1_024;
/// How long a click waits for its commit: refused within a second while the database is away (G11).
const CLICK_TIMEOUT: Duration = Duration::from_millis(950);

/// The handle of the writer task.
#[derive(Clone)]
pub struct LocalQueue {
    inbox: mpsc::Sender<Message>,
    clock: Clock,
    snapshots: Snapshots,
    status_cache: Arc<StatusCache>,
    bell: Arc<Bell>,
}

/// Wakes the worker, and says for which sales.
#[derive(Default)]
struct Bell {
    rung: Mutex<BTreeSet<SaleId>>,
    notify: Notify,
}

enum Message {
    Click(Click, Responder),
    /// Seats of this sale changed elsewhere.
    Recount(SaleId),
    /// Only these sales are still clicked on.
    Retain(Vec<SaleId>),
    /// Others may have written tickets: no desk is believed any more. Answered when that is so.
    Forget(oneshot::Sender<()>),
}

impl LocalQueue {
    pub(super) fn start(store: Store, clock: Clock) -> Self {
        let (inbox, messages) = mpsc::channel(INBOX_MAX);
        let status_cache = Arc::new(StatusCache::new());
        let bell = Arc::new(Bell::default());
        let snapshots = Snapshots::default();
        let mut writer = LocalWriter {
            store,
            clock: clock.clone(),
            status_cache: Arc::clone(&status_cache),
            bell: Arc::clone(&bell),
            desks: HashMap::new(),
            snapshots: snapshots.clone(),
            messages,
        };
        tokio::spawn(supervise("writer", async move || writer.run().await));
        Self {
            inbox,
            clock,
            snapshots,
            status_cache,
            bell,
        }
    }

    pub(super) async fn click(&self, click: Click) -> Result<ClickOutcome, AppError> {
        if let Some(outcome) = self
            .snapshots
            .outcome(click.sale, click.student, self.clock.now())
        {
            return Ok(outcome);
        }
        let (asker, answer) = oneshot::channel();
        self.inbox
            .try_send(Message::Click(click, asker))
            .map_err(|_| AppError::Unavailable)?;
        match timeout(CLICK_TIMEOUT, answer).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(AppError::Unavailable),
        }
    }

    pub(super) fn ticket(&self, sale: SaleId, student: StudentId) -> HeldTicket {
        self.snapshots.ticket(sale, student)
    }

    pub(super) fn status_cache(&self) -> &StatusCache {
        &self.status_cache
    }

    pub(super) fn publish(&self, decisions: &[Decision]) {
        self.status_cache.publish(decisions);
        // A lost ticket's token is free again: the desk is counted anew.
        if let Some((ticket, _)) = decisions.iter().find(|(_, outcome)| outcome.is_err()) {
            self.recount(ticket.sale);
        }
    }

    pub(super) fn recount(&self, sale: SaleId) {
        self.tell(Message::Recount(sale));
    }

    /// Keeps no desk of any other sale than these.
    pub(super) fn retain(&self, sales: Vec<SaleId>) {
        self.tell(Message::Retain(sales));
    }

    /// Reads every desk again before the next click, and waits until clicks are judged by none of
    /// before.
    pub(super) async fn forget(&self) {
        let (done, is_done) = oneshot::channel();
        self.tell(Message::Forget(done));
        // A writer that panicked meanwhile starts with no desk.
        drop(is_done.await);
    }

    /// A message that must not be lost, from a caller that must not wait.
    fn tell(&self, message: Message) {
        if let Err(mpsc::error::TrySendError::Full(message)) = self.inbox.try_send(message) {
            let inbox = self.inbox.clone();
            tokio::spawn(async move { inbox.send(message).await });
        }
    }

    pub(super) async fn bell(&self) -> BellRing {
        self.bell.heard().await
    }
}

impl Bell {
    fn ring(&self, sales: impl Iterator<Item = SaleId>) {
        self.rung
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(sales);
        self.notify.notify_one();
    }

    async fn heard(&self) -> BellRing {
        self.notify.notified().await;
        let rung = std::mem::take(&mut *self.rung.lock().unwrap_or_else(PoisonError::into_inner));
        BellRing {
            sales: rung.into_iter().collect(),
            ..BellRing::default()
        }
    }
}

struct LocalWriter {
    store: Store,
    clock: Clock,
    status_cache: Arc<StatusCache>,
    bell: Arc<Bell>,
    desks: HashMap<SaleId, Desk>,
    /// What others see of the desks.
    snapshots: Snapshots,
    messages: mpsc::Receiver<Message>,
}

impl LocalWriter {
    async fn run(&mut self) {
        // After a panic: tokens may have been taken for tickets that are not in the database.
        self.forget_all();
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while self.messages.recv_many(&mut batch, BATCH_MAX).await > 0 {
            let mut group = Group::default();
            for message in batch.drain(..) {
                match message {
                    Message::Click(click, asker) => self.judge(click, asker, &mut group).await,
                    Message::Recount(sale) => self.recount(sale, &mut group).await,
                    Message::Retain(sales) => {
                        self.record(&mut group).await;
                        let gone: Vec<_> = self
                            .desks
                            .keys()
                            .filter(|sale| !sales.contains(sale))
                            .copied()
                            .collect();
                        gone.into_iter().for_each(|sale| self.forget(sale));
                    }
                    Message::Forget(done) => {
                        self.record(&mut group).await;
                        self.forget_all();
                        // Whoever waited may have gone.
                        let _ = done.send(());
                    }
                }
            }
            self.record(&mut group).await;
        }
    }

    /// A desk is read again only when no ticket is between token and row.
    async fn recount(&mut self, sale: SaleId, group: &mut Group) {
        self.record(group).await;
        self.forget(sale);
        if let Err(error) = self.desk(sale).await {
            tracing::warn!(%sale, ?error, "a sale's seats could not be read; the next click tries again");
        }
    }

    async fn judge(&mut self, click: Click, asker: Responder, group: &mut Group) {
        // The client already got a 503 or disconnected: do not reserve a seat that it will never
        // hear of.
        if asker.is_closed() {
            return;
        }
        let now = self.clock.now();
        let desk = match self.desk(click.sale).await {
            Ok(desk) => desk,
            Err(error) => return answer(asker, Err(error)),
        };
        let id = new_ticket_id(now);
        match desk.judge(click.student, id, now) {
            Verdict::Refused(reason) => answer(asker, Ok(ClickOutcome::Refused(reason))),
            Verdict::Yours(held) => group.join(held, asker),
            Verdict::Admitted => {
                self.snapshots.taken(click.sale);
                group.admit(click, id, now, asker);
            }
        }
    }

    async fn desk(&mut self, sale: SaleId) -> Result<&mut Desk, AppError> {
        if !self.desks.contains_key(&sale) {
            let desk = Desk::read(&self.store, sale).await?;
            self.status_cache.set_left(sale, desk.admission.free());
            self.snapshots
                .show(sale, desk.window, desk.admission.clone());
            self.desks.insert(sale, desk);
        }
        self.desks.get_mut(&sale).ok_or(AppError::Internal)
    }

    /// A desk is read again before the next click.
    fn forget(&mut self, sale: SaleId) {
        self.snapshots.hide(sale);
        self.desks.remove(&sale);
    }

    fn forget_all(&mut self) {
        let known: Vec<_> = self.desks.keys().copied().collect();
        known.into_iter().for_each(|sale| self.forget(sale));
    }

    /// Commits the group's tickets, then answers everybody who waits for one.
    async fn record(&mut self, group: &mut Group) {
        let (store, status_cache) = (self.store.clone(), Arc::clone(&self.status_cache));
        let committed =
            std::mem::take(group).commit(&store, &status_cache, |commit| match commit {
                Commit::Written(landings) => self.land(landings),
                // The desks are read again, and until then no token is given out.
                Commit::Unknown(tickets) => {
                    tickets.iter().for_each(|ticket| self.forget(ticket.sale));
                }
            });
        // The desks of a failed commit are forgotten, and that is all there is to do.
        drop(committed.await);
    }

    /// Notes the rows of a commit in the desks, and wakes the worker.
    fn land(&mut self, landings: &[Landing]) {
        let mut landed_here: HashMap<SaleId, Vec<(StudentId, TicketId)>> = HashMap::new();
        for Landing {
            ticket,
            row,
            is_live,
        } in landings
        {
            let Some(desk) = self.desks.get_mut(&ticket.sale) else {
                continue;
            };
            if row.id != ticket.id {
                if *is_live {
                    desk.admission.replace(ticket.student, ticket.id, row.id);
                } else {
                    desk.admission.undo(ticket.student, ticket.id);
                }
            }
            landed_here.entry(ticket.sale).or_default().extend(
                desk.admission
                    .holds(ticket.student)
                    .map(|held| (ticket.student, held)),
            );
        }
        for (sale, tickets) in landed_here {
            let free = self
                .desks
                .get(&sale)
                .map_or(0, |desk| desk.admission.free());
            self.status_cache.set_left(sale, free);
            self.snapshots.landed(sale, tickets, free);
        }
        self.bell
            .ring(landings.iter().map(|landing| landing.ticket.sale));
    }
}
