//! One task of each instance: gathers clicks, has them judged in one call for each sale, and
//! records the admitted ones in groups.

use super::{
    CLICK_TIMEOUT,
    admission::{Desks, NotJudged, Offer},
    fallback::Fallback,
    notifier::{Event, Notifier},
};
use crate::{
    rules::seckill::{
        admission::{Verdict, is_final},
        ticket::State,
    },
    server::{
        clock::Clock,
        queue::{
            Click, ClickOutcome, Responder, answer,
            commit::{Commit, Group, Landing},
            new_ticket_id,
            status_cache::StatusCache,
        },
        store::Store,
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

pub(super) struct RedisWriter {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) status_cache: Arc<StatusCache>,
    pub(super) admission: Arc<Desks>,
    pub(super) fallback: Fallback,
    pub(super) notifier: Notifier,
    pub(super) inbox: mpsc::Receiver<(Click, Responder)>,
}

/// A click, the ticket that it gets if it is admitted, and who asks.
struct Waiter {
    id: TicketId,
    click: Click,
    asker: Responder,
}

/// The clicks of one batch.
#[derive(Default)]
struct JudgedBatch {
    group: Group,
    /// The tickets of the group.
    ids: HashSet<TicketId>,
    /// Who was refused by a desk that is not final.
    unverified: HashMap<SaleId, Vec<Unverified>>,
}

/// A click that was refused, but perhaps is a holder's.
struct Unverified {
    student: StudentId,
    reason: Reason,
    asker: Responder,
}

impl RedisWriter {
    pub(super) async fn run(&mut self) {
        // After a panic: what was counted on its clicks is read again. The desks in Redis are
        // repaired like those of an instance that died.
        self.fallback.forget().await;
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
            let mut sorted = JudgedBatch::default();
            for (offer, waiters) in judged {
                self.sort(offer, waiters, now, &mut sorted);
            }
            self.record(sorted.group).await;
            let looks = stream::iter(sorted.unverified)
                .for_each_concurrent(LOOKS_AT_ONCE, |(sale, clicks)| {
                    self.verify_refusals(sale, clicks)
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
        let clicks: Vec<_> = waiters
            .iter()
            .map(|waiter| (waiter.click.student, waiter.id))
            .collect();
        let offer = match self.admission.offer(sale, now, &clicks).await {
            Ok(offer) => offer,
            Err(NotJudged::Database(error)) => return Err(error),
            Err(NotJudged::Away) => {
                metrics::counter!("qiangke_clicks_without_redis_total")
                    .increment(u64::try_from(waiters.len()).unwrap_or(u64::MAX));
                self.fallback.judge(sale, now, &clicks).await?
            }
        };
        self.status_cache.set_left(sale, offer.left);
        Ok(offer)
    }

    /// Answers whoever is refused for sure; the others wait for the group's commit, or for another
    /// look.
    fn sort(
        &self,
        offer: Result<Offer, AppError>,
        waiters: Vec<Waiter>,
        now: Millis,
        batch: &mut JudgedBatch,
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
                    answer(asker, Ok(ClickOutcome::Refused(reason)));
                }
                Verdict::Refused(reason) => {
                    batch
                        .unverified
                        .entry(click.sale)
                        .or_default()
                        .push(Unverified {
                            student: click.student,
                            reason,
                            asker,
                        });
                }
                Verdict::Yours(held) if batch.ids.contains(&held) || self.stands(held) => {
                    batch.group.join(held, asker);
                }
                // Held by a ticket that another instance may still be recording, or never will: the
                // database knows which one stands.
                Verdict::Yours(_) | Verdict::Admitted => {
                    batch.ids.insert(id);
                    batch.group.admit(click, id, now, asker);
                }
            }
        }
    }

    /// Whether a ticket is known to be in the database, and not lost.
    fn stands(&self, ticket: TicketId) -> bool {
        self.status_cache
            .seen(ticket)
            .is_some_and(|seen| !matches!(seen.state, State::Lost(_)))
    }

    /// Who was refused may hold a ticket that the desk did not hear of: another instance recorded
    /// it while Redis was away from there.
    async fn verify_refusals(&self, sale: SaleId, clicks: Vec<Unverified>) {
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
            && !self.notifier.tell(Event::Final(sale))
        {
            self.admission.doubt(sale);
        }
        let held: HashMap<_, _> = holders.tickets.into_iter().collect();
        for Unverified {
            student,
            reason,
            asker,
        } in clicks
        {
            answer(
                asker,
                Ok(held
                    .get(&student)
                    .map_or(ClickOutcome::Refused(reason), |ticket| {
                        ClickOutcome::Ticket(*ticket)
                    })),
            );
        }
    }

    /// Commits the group's tickets, then answers everybody who waits for one.
    async fn record(&self, group: Group) {
        let committed = group.commit(&self.store, &self.status_cache, |commit| match commit {
            Commit::Written(landings) => self.land(landings),
            // The desks are counted from the database again before the next token.
            Commit::Unknown(tickets) => tickets
                .iter()
                .for_each(|ticket| self.admission.doubt(ticket.sale)),
        });
        if let Err(tickets) = committed.await {
            self.fallback.forget().await;
            self.notifier.tell(Event::Failed(tickets));
        }
    }

    /// Publishes the rows of a commit.
    fn land(&self, landings: &[Landing]) {
        for Landing {
            ticket,
            row,
            is_live,
        } in landings
        {
            if row.id != ticket.id {
                self.notifier.tell(Event::Refused {
                    sale: ticket.sale,
                    student: ticket.student,
                    ticket: ticket.id,
                    standing: is_live.then_some(row.id),
                });
            }
        }
        let rows = landings.iter().map(|landing| landing.row).collect();
        self.notifier.tell(Event::Recorded(rows));
    }
}
