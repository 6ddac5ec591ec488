//! One task of each instance: gathers clicks, has them judged in one call for each sale, and
//! records the admitted ones in groups.

use super::{
    CLICK_TIMEOUT,
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
use futures::{StreamExt, future::join_all, stream};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use tokio::{sync::mpsc, time::timeout};

/// Clicks that are judged in one call, and recorded in one commit, at most.
const BATCH_MAX: usize = 1_024;
/// Sales whose refused clicks are looked up at a time: settlement shares these connections.
const LOOKS_AT_ONCE: usize = 2;

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
    /// Who was refused by a desk that is not final.
    unsure: HashMap<SaleId, Vec<Unsure>>,
}

/// A click that was refused, but perhaps is a holder's.
struct Unsure {
    student: StudentId,
    reason: Reason,
    asker: Asker,
}

impl Writer {
    pub(super) async fn run(&mut self) {
        // After a panic: what was counted on its clicks is read again. The desks in Redis are
        // repaired like those of an instance that died.
        self.detour.forget().await;
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while self.inbox.recv_many(&mut batch, BATCH_MAX).await > 0 {
            let now = self.clock.now();
            let mut sales: HashMap<SaleId, Vec<Waiter>> = HashMap::new();
            // The client already got a 503 or disconnected: do not reserve a seat that it will
            // never hear of.
            for (click, asker) in batch.drain(..).filter(|(_, asker)| !asker.is_closed()) {
                sales.entry(click.sale).or_default().push(Waiter {
                    id: new_ticket_id(now),
                    click,
                    asker,
                });
            }
            let judged = join_all(
                sales
                    .into_iter()
                    .map(async |(sale, waiters)| (self.judge(sale, now, &waiters).await, waiters)),
            )
            .await;
            let mut group = Group::default();
            for (offer, waiters) in judged {
                self.sort(offer, waiters, now, &mut group);
            }
            let unsure = std::mem::take(&mut group.unsure);
            self.record(group).await;
            let looks = stream::iter(unsure)
                .for_each_concurrent(LOOKS_AT_ONCE, |(sale, clicks)| {
                    self.look_again(sale, clicks)
                });
            // After that nobody waits for them any more.
            drop(timeout(CLICK_TIMEOUT, looks).await);
        }
    }

    async fn judge(
        &self,
        sale: SaleId,
        now: Millis,
        waiters: &[Waiter],
    ) -> Result<Offer, AppError> {
        if self.faults.admission_lifted {
            return Ok(Offer {
                left: 0,
                is_final: false,
                verdicts: vec![Verdict::Admitted; waiters.len()],
            });
        }
        let clicks: Vec<_> = waiters
            .iter()
            .map(|waiter| (waiter.click.student, waiter.id))
            .collect();
        let offer = match self.admission.offer(sale, now, &clicks).await {
            Ok(offer) => offer,
            Err(Fault::Record(error)) => return Err(error),
            Err(Fault::Away) => {
                metrics::counter!("qiangke_clicks_without_redis_total")
                    .increment(u64::try_from(waiters.len()).unwrap_or(u64::MAX));
                self.detour.judge(sale, now, &clicks).await?
            }
        };
        self.board.set_left(sale, offer.left);
        Ok(offer)
    }

    /// Answers whoever is refused for sure; the others wait for the group's commit, or for another
    /// look.
    fn sort(
        &self,
        offer: Result<Offer, AppError>,
        waiters: Vec<Waiter>,
        now: Millis,
        group: &mut Group,
    ) {
        let Offer {
            is_final, verdicts, ..
        } = match offer {
            Ok(offer) => offer,
            Err(error) => {
                return waiters
                    .into_iter()
                    .for_each(|waiter| answer(waiter.asker, Err(error.clone())));
            }
        };
        for (verdict, Waiter { id, click, asker }) in verdicts.into_iter().zip(waiters) {
            match verdict {
                // Nobody has a ticket before the opening.
                Verdict::Refused(reason) if is_final || reason == Reason::TooEarly => {
                    answer(asker, Ok(Outcome::Refused(reason)))
                }
                Verdict::Refused(reason) => {
                    group.unsure.entry(click.sale).or_default().push(Unsure {
                        student: click.student,
                        reason,
                        asker,
                    });
                }
                Verdict::Yours(held) if group.ids.contains(&held) || self.stands(held) => {
                    group.askers.push((held, asker))
                }
                // Held by a ticket that another instance may still be recording, or never will: the
                // record knows which one stands.
                Verdict::Yours(_) | Verdict::Admitted => {
                    group.ids.insert(id);
                    group.askers.push((id, asker));
                    let Click { sale, student, key } = click;
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
    }

    /// Whether a ticket is known to be in the record, and not lost.
    fn stands(&self, ticket: TicketId) -> bool {
        self.board
            .seen(ticket)
            .is_some_and(|seen| !matches!(seen.state, State::Lost(_)))
    }

    /// Who was refused may hold a ticket that the desk did not hear of: another instance recorded
    /// it while Redis was away from there.
    async fn look_again(&self, sale: SaleId, clicks: Vec<Unsure>) {
        let clicks: Vec<_> = clicks
            .into_iter()
            .filter(|click| !click.asker.is_closed())
            .collect();
        let students: Vec<_> = clicks.iter().map(|click| click.student).collect();
        let holders = match self.store.holders(sale, &students).await {
            Ok(Some(holders)) => holders,
            Ok(None) => {
                return clicks
                    .into_iter()
                    .for_each(|click| answer(click.asker, Err(AppError::NotFound)));
            }
            Err(error) => {
                let error = AppError::from(error);
                return clicks
                    .into_iter()
                    .for_each(|click| answer(click.asker, Err(error.clone())));
            }
        };
        if is_final(holders.remaining)
            && self.admission.begin_to_finish(sale)
            && !self.herald.tell(News::Final(sale))
        {
            self.admission.doubt(sale);
        }
        let held: HashMap<_, _> = holders.tickets.into_iter().collect();
        for Unsure {
            student,
            reason,
            asker,
        } in clicks
        {
            answer(
                asker,
                Ok(held
                    .get(&student)
                    .map_or(Outcome::Refused(reason), |ticket| Outcome::Ticket(*ticket))),
            );
        }
    }

    /// Commits the group's tickets, then answers everybody who waits for one.
    async fn record(
        &self,
        Group {
            tickets, askers, ..
        }: Group,
    ) {
        if tickets.is_empty() {
            return askers
                .into_iter()
                .for_each(|(id, asker)| answer(asker, Ok(Outcome::Ticket(id))));
        }
        match self.store.accept(&tickets).await {
            Ok(landed) => {
                let standing = self.land(&tickets, &landed);
                for (id, asker) in askers {
                    answer(
                        asker,
                        Ok(Outcome::Ticket(standing.get(&id).copied().unwrap_or(id))),
                    );
                }
            }
            Err(error) => {
                let error = AppError::from(error);
                askers
                    .into_iter()
                    .for_each(|(_, asker)| answer(asker, Err(error.clone())));
                // Perhaps it was committed: the desks are counted from the record again before the
                // next token.
                tickets
                    .iter()
                    .for_each(|ticket| self.admission.doubt(ticket.sale));
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
            let (id, state, is_live) = landed.ticket(ticket.id);
            let row = TicketRow {
                id,
                sale: ticket.sale,
                student: ticket.student,
                state,
            };
            self.board.note(&row);
            rows.push(row);
            if id != ticket.id {
                standing.insert(ticket.id, id);
                let live = is_live.then_some(id);
                self.herald.tell(News::Refused {
                    sale: ticket.sale,
                    student: ticket.student,
                    ticket: ticket.id,
                    standing: live,
                });
            }
        }
        self.herald.tell(News::Recorded(rows));
        standing
    }
}
