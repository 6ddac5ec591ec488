//! Read-only snapshot of a sale's admission state. It answers clicks that cannot take a seat (has a
//! ticket, sold out, outside the window) without the writer task.

use super::{ClickOutcome, HeldTicket};
use crate::{
    rules::seckill::{
        admission::{Admission, Verdict},
        window::Window,
    },
    types::{
        ids::{SaleId, StudentId, TicketId},
        time::Millis,
    },
};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// The snapshots of all desks that stand. A lock is held for a look or a group's changes, never over
/// an await.
#[derive(Clone, Default)]
pub(super) struct Snapshots {
    sales: Arc<RwLock<HashMap<SaleId, Arc<RwLock<Snapshot>>>>>,
}

/// A desk as of its last commit.
struct Snapshot {
    window: Window,
    /// Its holders' tickets are all in the database.
    admission: Admission,
    /// Tokens were taken for tickets that are not in the database yet: a student who is not among
    /// the holders may have one of those.
    in_flight: bool,
}

impl Snapshots {
    /// A desk was read from the database: nothing is in flight.
    pub(super) fn show(&self, sale: SaleId, window: Window, admission: Admission) {
        let snapshot = Snapshot {
            window,
            admission,
            in_flight: false,
        };
        self.sales
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(sale, Arc::new(RwLock::new(snapshot)));
    }

    /// A desk is not to be believed any more.
    pub(super) fn hide(&self, sale: SaleId) {
        self.sales
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&sale);
    }

    /// A token of this sale was taken.
    pub(super) fn taken(&self, sale: SaleId) {
        self.change(sale, |snapshot| snapshot.in_flight = true);
    }

    /// A group was committed: these tickets stand, and so many tokens are left.
    pub(super) fn landed(&self, sale: SaleId, tickets: Vec<(StudentId, TicketId)>, free: i64) {
        self.change(sale, |snapshot| {
            snapshot.admission.catch_up(tickets, free);
            snapshot.in_flight = false;
        });
    }

    /// What a click comes to that takes no token; `None` leaves it to the writer.
    pub(super) fn outcome(
        &self,
        sale: SaleId,
        student: StudentId,
        now: Millis,
    ) -> Option<ClickOutcome> {
        self.look(sale, |snapshot| match snapshot.verdict(student, now)? {
            Verdict::Yours(ticket) => Some(ClickOutcome::Ticket(ticket)),
            Verdict::Refused(reason) => Some(ClickOutcome::Refused(reason)),
            Verdict::Admitted => None,
        })?
    }

    /// The student's live ticket as far as it is in the database.
    pub(super) fn ticket(&self, sale: SaleId, student: StudentId) -> HeldTicket {
        let held = |snapshot: &Snapshot| {
            snapshot
                .admission
                .holds(student)
                .map_or(HeldTicket::Nothing, HeldTicket::Ticket)
        };
        self.look(sale, held).unwrap_or(HeldTicket::Unknown)
    }

    fn look<T>(&self, sale: SaleId, read: impl FnOnce(&Snapshot) -> T) -> Option<T> {
        let snapshot = Arc::clone(
            self.sales
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .get(&sale)?,
        );
        let snapshot = snapshot.read().unwrap_or_else(PoisonError::into_inner);
        Some(read(&snapshot))
    }

    fn change(&self, sale: SaleId, write: impl FnOnce(&mut Snapshot)) {
        let snapshot = self
            .sales
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&sale)
            .map(Arc::clone);
        if let Some(snapshot) = snapshot {
            write(&mut snapshot.write().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

impl Snapshot {
    /// The verdict on a click that takes no token. While tickets are on their way into the database,
    /// only one that is there is certain: no click is refused.
    fn verdict(&self, student: StudentId, now: Millis) -> Option<Verdict> {
        self.admission
            .peek(student, self.window, now)
            .filter(|verdict| !self.in_flight || matches!(verdict, Verdict::Yours(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::sale::Reason;

    const SALE: SaleId = SaleId(1);
    const NOW: Millis = Millis(50);

    fn shown(free: i64) -> Snapshots {
        let snapshots = Snapshots::default();
        let window = Window {
            opens_at: Millis(10),
            closes_at: Millis(100),
            paused: false,
        };
        snapshots.show(
            SALE,
            window,
            Admission::new(free, HashMap::from([(StudentId(1), TicketId([1; 16]))])),
        );
        snapshots
    }

    #[test]
    fn who_holds_a_ticket_is_given_it() {
        for free in [0, 5] {
            assert_eq!(
                shown(free).outcome(SALE, StudentId(1), NOW),
                Some(ClickOutcome::Ticket(TicketId([1; 16])))
            );
        }
        assert_eq!(
            shown(0).outcome(SaleId(2), StudentId(1), NOW),
            None,
            "a desk that is not known"
        );
    }

    #[test]
    fn a_click_that_could_take_a_token_is_the_writer_s() {
        assert_eq!(shown(1).outcome(SALE, StudentId(2), NOW), None);
        assert_eq!(
            shown(0).outcome(SALE, StudentId(2), NOW),
            Some(ClickOutcome::Refused(Reason::SoldOut))
        );
        assert_eq!(
            shown(1).outcome(SALE, StudentId(2), Millis(9)),
            Some(ClickOutcome::Refused(Reason::TooEarly))
        );
        assert_eq!(
            shown(1).outcome(SALE, StudentId(2), Millis(100)),
            Some(ClickOutcome::Refused(Reason::Closed))
        );
    }

    #[test]
    fn nobody_is_refused_who_may_have_a_ticket_on_its_way() {
        let snapshots = shown(1);
        snapshots.taken(SALE);
        assert_eq!(snapshots.outcome(SALE, StudentId(2), NOW), None);
        assert_eq!(
            snapshots.outcome(SALE, StudentId(2), Millis(100)),
            None,
            "its window closed while it was on its way"
        );
        assert_eq!(snapshots.ticket(SALE, StudentId(2)), HeldTicket::Nothing);
        snapshots.landed(SALE, vec![(StudentId(2), TicketId([2; 16]))], 0);
        assert_eq!(
            snapshots.outcome(SALE, StudentId(2), NOW),
            Some(ClickOutcome::Ticket(TicketId([2; 16])))
        );
        assert_eq!(
            snapshots.outcome(SALE, StudentId(3), NOW),
            Some(ClickOutcome::Refused(Reason::SoldOut))
        );
        assert_eq!(
            snapshots.ticket(SALE, StudentId(2)),
            HeldTicket::Ticket(TicketId([2; 16]))
        );
        snapshots.hide(SALE);
        assert_eq!(snapshots.outcome(SALE, StudentId(3), NOW), None);
        assert_eq!(snapshots.ticket(SALE, StudentId(2)), HeldTicket::Unknown);
    }
}
