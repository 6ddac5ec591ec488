//! One task of each instance: gathers clicks, has them judged in one call for each sale, and records the admitted ones in groups.

use super::{
    admission::{Admission, Fault, Offer},
    detour::Detour,
    herald::{Herald, News},
};
use crate::{
    seckill::{
        stock::{Verdict, is_final},
        ticket::State,
    },
    server::{
        clock::Clock,
        queue::{Asker, Click, Outcome, answer, board::Board, new_ticket_id},
        store::{Faults, Landed, NewTicket, Store, TicketRow},
    },
    types::{
        error::AppError,
        ids::{SaleId, StudentId, TicketId},
        sale::Reason,
        time::Millis,
    },
};
use futures::future::join_all;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use tokio::sync::mpsc;

/// Clicks that are judged in one call, and recorded in one commit, at most.
const BATCH_MAX: usize = 1_024;

/// The task.
pub(super) struct Writer {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) faults: Faults,
    pub(super) board: Arc<Board>,
    pub(super) admission: Arc<Admission>,
    pub(super) detour: Detour,
    pub(super) herald: Herald,
    pub(super) inbox: mpsc::Receiver<(Click, Asker)>,
}

/// A click, the ticket that it gets if it is admitted, and who asks.
struct Waiter {
    id: TicketId,
    click: Click,
    asker: Asker,
}

/// The clicks of one group commit.
#[derive(Default)]
struct Group {
    tickets: Vec<NewTicket>,
    ids: HashSet<TicketId>,
    /// Who waits for which ticket.
    askers: Vec<(TicketId, Asker)>,
}

impl Writer {
    pub(super) async fn run(&mut self) {
        // After a panic: what was counted on its clicks is read again. The desks in Redis are repaired like those of an instance that died.
        self.detour.forget().await;
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while self.inbox.recv_many(&mut batch, BATCH_MAX).await > 0 {
            let now = self.clock.now();
            let mut sales: HashMap<SaleId, Vec<Waiter>> = HashMap::new();
            // Told to come back in the meantime, or gone: a seat would be kept for somebody who believes to have no ticket.
            for (click, asker) in batch.drain(..).filter(|(_, asker)| !asker.is_closed()) {
                sales.entry(click.sale).or_default().push(Waiter { id: new_ticket_id(now), click, asker });
            }
            let judged = join_all(sales.into_iter().map(async |(sale, waiters)| (self.judge(sale, now, &waiters).await, waiters))).await;
            let mut group = Group::default();
            for (verdicts, waiters) in judged {
                self.sort(verdicts, waiters, now, &mut group);
            }
            self.record(group).await;
        }
    }

    async fn judge(&self, sale: SaleId, now: Millis, waiters: &[Waiter]) -> Vec<Result<Verdict, AppError>> {
        if self.faults.admission_lifted {
            return vec![Ok(Verdict::Admitted); waiters.len()];
        }
        let clicks: Vec<_> = waiters.iter().map(|waiter| (waiter.click.student, waiter.id)).collect();
        let offer = match self.admission.offer(sale, now, &clicks).await {
            Ok(offer) => Ok(offer),
            Err(Fault::Record(error)) => Err(error),
            Err(Fault::Away) => {
                metrics::counter!("qiangke_clicks_without_redis_total").increment(u64::try_from(waiters.len()).unwrap_or(u64::MAX));
                self.detour.judge(sale, now, &clicks).await
            }
        };
        match offer {
            Ok(offer) => {
                self.board.set_left(sale, offer.left);
                self.look_again(sale, now, &clicks, offer).await
            }
            Err(error) => vec![Err(error); waiters.len()],
        }
    }

    /// Who was refused may hold a ticket that the desk did not hear of: another instance recorded it while Redis was away from there.
    async fn look_again(
        &self,
        sale: SaleId,
        now: Millis,
        clicks: &[(StudentId, TicketId)],
        offer: Offer,
    ) -> Vec<Result<Verdict, AppError>> {
        // What came too early can't win, whoever recorded it.
        let is_unsure = |verdict| !offer.is_final && matches!(verdict, Verdict::Refused(Reason::SoldOut | Reason::Paused | Reason::Closed));
        let unsure = clicks.iter().zip(&offer.verdicts).filter(|(_, verdict)| is_unsure(**verdict));
        let students: Vec<_> = unsure.map(|((student, _), _)| *student).collect();
        let held = self.held(sale, now, &students).await;
        let sure = |((student, _), verdict): (&(StudentId, TicketId), Verdict)| match &held {
            Ok(held) => Ok(held.get(student).filter(|_| is_unsure(verdict)).map_or(verdict, |ticket| Verdict::Yours(*ticket))),
            Err(error) if is_unsure(verdict) => Err(error.clone()),
            Err(_) => Ok(verdict),
        };
        clicks.iter().zip(offer.verdicts.iter().copied()).map(sure).collect()
    }

    /// The live tickets of these students, by the record.
    async fn held(&self, sale: SaleId, now: Millis, students: &[StudentId]) -> Result<HashMap<StudentId, TicketId>, AppError> {
        if students.is_empty() {
            return Ok(HashMap::new());
        }
        let holders = self.store.holders(sale, students).await?.ok_or(AppError::NotFound)?;
        if is_final(holders.window, holders.remaining, now) {
            self.herald.tell(News::Final(sale));
        }
        // On the board, they are known to stand.
        holders.tickets.iter().for_each(|row| self.board.note(row));
        Ok(holders.tickets.iter().map(|row| (row.student, row.id)).collect())
    }

    /// Answers whoever is refused; the others wait for the group's commit.
    fn sort(&self, verdicts: Vec<Result<Verdict, AppError>>, waiters: Vec<Waiter>, now: Millis, group: &mut Group) {
        for (verdict, Waiter { id, click, asker }) in verdicts.into_iter().zip(waiters) {
            match verdict {
                Err(error) => answer(asker, Err(error)),
                Ok(Verdict::Refused(reason)) => answer(asker, Ok(Outcome::Refused(reason))),
                Ok(Verdict::Yours(held)) if group.ids.contains(&held) || self.board.seen(held).is_some() => {
                    group.askers.push((held, asker));
                }
                // Held by a ticket that another instance may still be recording, or never will: the record knows which one stands.
                Ok(Verdict::Yours(_) | Verdict::Admitted) => {
                    group.ids.insert(id);
                    group.askers.push((id, asker));
                    let Click { sale, student, key } = click;
                    group.tickets.push(NewTicket { id, sale, student, key, accepted_at: now });
                }
            }
        }
    }

    /// Commits the group's tickets, then answers everybody who waits for one.
    async fn record(&self, Group { tickets, askers, .. }: Group) {
        if tickets.is_empty() {
            return askers.into_iter().for_each(|(id, asker)| answer(asker, Ok(Outcome::Ticket(id))));
        }
        match self.store.accept(&tickets).await {
            Ok(landed) => {
                let standing = self.land(&tickets, &landed);
                for (id, asker) in askers {
                    answer(asker, Ok(Outcome::Ticket(standing.get(&id).copied().unwrap_or(id))));
                }
            }
            Err(error) => {
                let error = AppError::from(error);
                askers.into_iter().for_each(|(_, asker)| answer(asker, Err(error.clone())));
                // Perhaps it was committed: the desks are counted from the record again before the next token.
                tickets.iter().for_each(|ticket| self.admission.doubt(ticket.sale));
                self.detour.forget().await;
                self.herald.tell(News::Failed(tickets));
            }
        }
    }

    /// Publishes the rows of a commit; gives the tickets that stood in the place of new ones.
    fn land(&self, tickets: &[NewTicket], landed: &[Landed]) -> HashMap<TicketId, TicketId> {
        let mut standing = HashMap::new();
        let mut rows = Vec::with_capacity(tickets.len());
        for (ticket, landed) in tickets.iter().zip(landed) {
            let (id, state) = match *landed {
                Landed::Recorded => (ticket.id, State::Waiting),
                Landed::Standing(id, state) => (id, state),
            };
            let row = TicketRow { id, sale: ticket.sale, student: ticket.student, state };
            self.board.note(&row);
            rows.push(row);
            if id != ticket.id {
                standing.insert(ticket.id, id);
                let live = (!matches!(state, State::Lost(_))).then_some(id);
                self.herald.tell(News::Refused { sale: ticket.sale, student: ticket.student, ticket: ticket.id, standing: live });
            }
        }
        self.herald.tell(News::Recorded(rows));
        standing
    }
}
