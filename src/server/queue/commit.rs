//! Group commit: the tickets of many clicks are one statement, and each click is answered after it.

use super::{Click, ClickOutcome, Responder, answer, status_cache::StatusCache};
use crate::{
    server::store::{NewTicket, Store, TicketRow},
    types::{error::AppError, ids::TicketId, time::Millis},
};
use std::collections::HashMap;

/// The clicks of one group commit.
#[derive(Default)]
pub(super) struct Group {
    tickets: Vec<NewTicket>,
    /// Who waits for which ticket: the one who took the token, and the same student's other clicks.
    waiting: Vec<(TicketId, Responder)>,
}

/// A click's ticket after the commit.
pub(super) struct Landing {
    /// The ticket that was to be written.
    pub(super) ticket: NewTicket,
    /// The one that stands: this one, or the one that kept it out.
    pub(super) row: TicketRow,
    /// Whether that one is live.
    pub(super) is_live: bool,
}

/// How a commit ended.
pub(super) enum Commit<'a> {
    /// Each click has a ticket.
    Written(&'a [Landing]),
    /// It failed, or perhaps was written all the same: nothing that was counted on these tickets is
    /// known any more.
    Unknown(&'a [NewTicket]),
}

impl Group {
    /// Adds an admitted click, whose ticket is to be written.
    pub(super) fn admit(&mut self, click: Click, id: TicketId, now: Millis, asker: Responder) {
        let Click { sale, student, key } = click;
        self.waiting.push((id, asker));
        self.tickets.push(NewTicket {
            id,
            sale,
            student,
            key,
            accepted_at: now,
        });
    }

    /// Adds a click that is answered with another one's ticket.
    pub(super) fn join(&mut self, held: TicketId, asker: Responder) {
        self.waiting.push((held, asker));
    }

    /// Commits the tickets, has `ended` note how that ended, and only then answers everybody who
    /// waits. Gives back the tickets of a commit whose outcome is unknown.
    pub(super) async fn commit(
        self,
        store: &Store,
        status_cache: &StatusCache,
        ended: impl FnOnce(Commit<'_>),
    ) -> Result<(), Vec<NewTicket>> {
        let Self { tickets, waiting } = self;
        let all = |outcome: &dyn Fn(TicketId) -> Result<ClickOutcome, AppError>| {
            for (id, asker) in waiting {
                answer(asker, outcome(id));
            }
        };
        if tickets.is_empty() {
            all(&|id| Ok(ClickOutcome::Ticket(id)));
            return Ok(());
        }
        match store.accept(&tickets).await {
            Ok(landed) => {
                let landings: Vec<_> = tickets
                    .into_iter()
                    .zip(landed)
                    .map(|(ticket, landed)| {
                        let (id, state, is_live) = landed.ticket(ticket.id);
                        let row = TicketRow {
                            id,
                            sale: ticket.sale,
                            student: ticket.student,
                            state,
                        };
                        Landing {
                            ticket,
                            row,
                            is_live,
                        }
                    })
                    .collect();
                landings
                    .iter()
                    .for_each(|landing| status_cache.note(&landing.row));
                ended(Commit::Written(&landings));
                let standing: HashMap<_, _> = landings
                    .iter()
                    .map(|landing| (landing.ticket.id, landing.row.id))
                    .collect();
                all(&|id| {
                    Ok(ClickOutcome::Ticket(
                        standing.get(&id).copied().unwrap_or(id),
                    ))
                });
                Ok(())
            }
            Err(error) => {
                ended(Commit::Unknown(&tickets));
                let error = AppError::from(error);
                all(&|_| Err(error.clone()));
                Err(tickets)
            }
        }
    }
}
