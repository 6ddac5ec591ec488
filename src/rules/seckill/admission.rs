//! Admission: who gets a place in the queue.

use crate::{
    rules::seckill::window::Window,
    types::{
        ids::{StudentId, TicketId},
        sale::Reason,
        time::Millis,
    },
};
use std::collections::HashMap;

/// Returns true once no seat is unsold: every winning ticket is in the database then, so a student
/// without one may be refused without another query, until a restock. It does not depend on a
/// clock: clocks differ, and jump.
pub fn is_final(remaining: i64) -> bool {
    remaining <= 0
}

/// The tokens of one sale: as many as there are seats that nobody holds or waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    free: i64,
    holders: HashMap<StudentId, TicketId>,
    is_doubted: bool,
}

/// What becomes of a click.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It took a token: the new ticket is to be recorded.
    Admitted,
    /// The student has this live ticket already: the same click, the same ticket (G9).
    Yours(TicketId),
    /// No ticket.
    Refused(Reason),
}

impl Admission {
    /// Admission as the database has it: `free` = remaining seats less waiting tickets, and who
    /// holds a live ticket.
    pub fn new(free: i64, holders: HashMap<StudentId, TicketId>) -> Self {
        Self {
            free,
            holders,
            is_doubted: false,
        }
    }

    /// Admission while other instances may be committing tickets that are not known here: it never
    /// refuses for lack of tokens, since a click may be the second one of such a ticket. The unique
    /// index keeps one live ticket per student, and settlement gives no seat twice.
    #[must_use]
    pub fn doubted(self) -> Self {
        Self {
            is_doubted: true,
            ..self
        }
    }

    /// Seats that nobody has or waits for.
    pub fn free(&self) -> i64 {
        self.free.max(0)
    }

    /// Who holds which live ticket.
    pub fn into_holders(self) -> HashMap<StudentId, TicketId> {
        self.holders
    }

    /// The student's live ticket.
    pub fn holds(&self, student: StudentId) -> Option<TicketId> {
        self.holders.get(&student).copied()
    }

    /// The verdict on a click of `student` at `now` that takes no token, in the order of judging:
    /// a live ticket, the window, the tokens. `None` when the click would take one.
    pub fn peek(&self, student: StudentId, window: Window, now: Millis) -> Option<Verdict> {
        if let Some(held) = self.holds(student) {
            return Some(Verdict::Yours(held));
        }
        if let Err(reason) = window.admits(now) {
            return Some(Verdict::Refused(reason));
        }
        (self.free <= 0 && !self.is_doubted).then_some(Verdict::Refused(Reason::SoldOut))
    }

    /// Judges a click of `student` at `now`: as [`Self::peek`], else it takes a token; `ticket` is
    /// the one to be recorded then.
    pub fn click(
        &mut self,
        student: StudentId,
        ticket: TicketId,
        window: Window,
        now: Millis,
    ) -> Verdict {
        self.peek(student, window, now)
            .unwrap_or_else(|| self.take(student, ticket))
    }

    fn take(&mut self, student: StudentId, ticket: TicketId) -> Verdict {
        self.free -= 1;
        self.holders.insert(student, ticket);
        Verdict::Admitted
    }

    /// A group was committed: `tickets` are live, and `free` tokens are left.
    pub fn catch_up(
        &mut self,
        tickets: impl IntoIterator<Item = (StudentId, TicketId)>,
        free: i64,
    ) {
        self.holders.extend(tickets);
        self.free = free;
    }

    /// The admitted ticket was not recorded: its token and its place are free again.
    pub fn undo(&mut self, student: StudentId, ticket: TicketId) {
        if self.holds(student) == Some(ticket) {
            self.holders.remove(&student);
            self.free += 1;
        }
    }

    /// The database had another live ticket of this student: that one stands, and the token of the
    /// new one is free again.
    pub fn replace(&mut self, student: StudentId, refused: TicketId, standing: TicketId) {
        self.undo(student, refused);
        self.holders.insert(student, standing);
    }
}
