//! The queue in this process: one writer task that owns admission, and records clicks in groups.
//!
//! While a group commits, the next one gathers in the inbox. Tokens change only here, between
//! commits, so that they need no lock; whenever something else changed the seats, the desk is
//! dropped and read again before the next click.

use super::{
    Asker, Click, Held, Outcome, Ring, answer, board::Board, desk::Desk, glance::Glances,
    new_ticket_id,
};
use crate::{
    seckill::{settle::Decision, stock::Verdict},
    server::{
        clock::Clock,
        store::{Faults, Landed, NewTicket, Store, TicketRow},
        supervisor::supervise,
    },
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
/// How long a click waits for its commit: refused within a second while the record is away (G11).
const CLICK_TIMEOUT: Duration = Duration::from_millis(950);

/// The handle of the writer task.
#[derive(Clone)]
pub struct Local {
    inbox: mpsc::Sender<Message>,
    clock: Clock,
    glances: Glances,
    board: Arc<Board>,
    bell: Arc<Bell>,
}

/// Wakes the worker, and says for which sales.
#[derive(Default)]
struct Bell {
    rung: Mutex<BTreeSet<SaleId>>,
    notify: Notify,
}

enum Message {
    Click(Click, Asker),
    /// Seats of this sale changed elsewhere.
    Recount(SaleId),
    /// Only these sales are still clicked on.
    Retain(Vec<SaleId>),
    /// Others may have written tickets: no desk is believed any more. Answered when that is so.
    Forget(oneshot::Sender<()>),
}

impl Local {
    pub(super) fn start(store: Store, clock: Clock, faults: Faults) -> Self {
        let (inbox, messages) = mpsc::channel(INBOX_MAX);
        let board = Arc::new(Board::new());
        let bell = Arc::new(Bell::default());
        let glances = Glances::default();
        let mut writer = Writer {
            store,
            clock: clock.clone(),
            faults,
            board: Arc::clone(&board),
            bell: Arc::clone(&bell),
            desks: HashMap::new(),
            glances: glances.clone(),
            messages,
        };
        tokio::spawn(supervise("writer", async move || writer.run().await));
        Self {
            inbox,
            clock,
            glances,
            board,
            bell,
        }
    }

    pub(super) async fn click(&self, click: Click) -> Result<Outcome, AppError> {
        if let Some(outcome) = self
            .glances
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

    pub(super) fn ticket(&self, sale: SaleId, student: StudentId) -> Held {
        self.glances.ticket(sale, student)
    }

    pub(super) fn board(&self) -> &Board {
        &self.board
    }

    pub(super) fn publish(&self, decisions: &[Decision]) {
        self.board.publish(decisions);
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

    pub(super) async fn bell(&self) -> Ring {
        self.bell.heard().await
    }
}

impl Bell {
    fn ring(&self, tickets: &[NewTicket]) {
        self.rung
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(tickets.iter().map(|ticket| ticket.sale));
        self.notify.notify_one();
    }

    async fn heard(&self) -> Ring {
        self.notify.notified().await;
        let rung = std::mem::take(&mut *self.rung.lock().unwrap_or_else(PoisonError::into_inner));
        Ring {
            sales: rung.into_iter().collect(),
            ..Ring::default()
        }
    }
}

struct Writer {
    store: Store,
    clock: Clock,
    faults: Faults,
    board: Arc<Board>,
    bell: Arc<Bell>,
    desks: HashMap<SaleId, Desk>,
    /// What others see of the desks.
    glances: Glances,
    messages: mpsc::Receiver<Message>,
}

/// The clicks of one group commit.
#[derive(Default)]
struct Group {
    tickets: Vec<NewTicket>,
    /// Who waits for which ticket: the one who took the token, and the same student's other clicks.
    askers: Vec<(TicketId, Asker)>,
}

impl Writer {
    async fn run(&mut self) {
        // After a panic: tokens may have been taken for tickets that are not in the record.
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

    async fn judge(&mut self, click: Click, asker: Asker, group: &mut Group) {
        // The client already got a 503 or disconnected: do not reserve a seat that it will never
        // hear of.
        if asker.is_closed() {
            return;
        }
        let now = self.clock.now();
        let faults = self.faults;
        let desk = match self.desk(click.sale).await {
            Ok(desk) => desk,
            Err(error) => return answer(asker, Err(error)),
        };
        let id = new_ticket_id(now);
        let verdict = match desk.window.admits(now) {
            Ok(()) if faults.admission_lifted => Verdict::Admitted,
            Ok(()) | Err(_) => desk.judge(click.student, id, now),
        };
        match verdict {
            Verdict::Refused(reason) => answer(asker, Ok(Outcome::Refused(reason))),
            Verdict::Yours(held) => group.askers.push((held, asker)),
            Verdict::Admitted => {
                group.askers.push((id, asker));
                let Click { sale, student, key } = click;
                self.glances.taken(sale);
                group.tickets.push(NewTicket {
                    id,
                    sale,
                    student,
                    key,
                    accepted_at: now,
                });
            }
        }
    }

    async fn desk(&mut self, sale: SaleId) -> Result<&mut Desk, AppError> {
        if !self.desks.contains_key(&sale) {
            let desk = Desk::read(&self.store, sale).await?;
            self.board.set_left(sale, desk.admission.free());
            if !self.faults.admission_lifted {
                self.glances.show(sale, desk.window, desk.admission.clone());
            }
            self.desks.insert(sale, desk);
        }
        self.desks.get_mut(&sale).ok_or(AppError::Internal)
    }

    /// A desk is read again before the next click.
    fn forget(&mut self, sale: SaleId) {
        self.glances.hide(sale);
        self.desks.remove(&sale);
    }

    fn forget_all(&mut self) {
        let known: Vec<_> = self.desks.keys().copied().collect();
        known.into_iter().for_each(|sale| self.forget(sale));
    }

    /// Commits the group's tickets, then answers everybody who waits for one.
    async fn record(&mut self, group: &mut Group) {
        let Group { tickets, askers } = std::mem::take(group);
        if tickets.is_empty() {
            return askers
                .into_iter()
                .for_each(|(id, asker)| answer(asker, Ok(Outcome::Ticket(id))));
        }
        match self.store.accept(&tickets).await {
            Ok(landed) => {
                let standing = self.land(&tickets, &landed);
                self.bell.ring(&tickets);
                for (id, asker) in askers {
                    answer(
                        asker,
                        Ok(Outcome::Ticket(standing.get(&id).copied().unwrap_or(id))),
                    );
                }
            }
            Err(error) => {
                // Perhaps it was committed: the desks are read again, and until then no token is
                // given out.
                tickets.iter().for_each(|ticket| self.forget(ticket.sale));
                let error = AppError::from(error);
                askers
                    .into_iter()
                    .for_each(|(_, asker)| answer(asker, Err(error.clone())));
            }
        }
    }

    /// Publishes the rows of a commit; gives the tickets that stood in the place of new ones.
    fn land(&mut self, tickets: &[NewTicket], landed: &[Landed]) -> HashMap<TicketId, TicketId> {
        let mut standing = HashMap::new();
        let mut landed_here: HashMap<SaleId, Vec<(StudentId, TicketId)>> = HashMap::new();
        for (ticket, landed) in tickets.iter().zip(landed) {
            let (id, state, is_live) = landed.ticket(ticket.id);
            self.board.note(&TicketRow {
                id,
                sale: ticket.sale,
                student: ticket.student,
                state,
            });
            let Some(desk) = self.desks.get_mut(&ticket.sale) else {
                continue;
            };
            if id != ticket.id {
                standing.insert(ticket.id, id);
                if is_live {
                    desk.admission.replace(ticket.student, ticket.id, id);
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
            self.board.set_left(sale, free);
            self.glances.landed(sale, tickets, free);
        }
        standing
    }
}
