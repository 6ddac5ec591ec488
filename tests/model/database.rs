//! The database: a sale's row, its tickets and orders, and what a transaction checks.

use qiangke::{
    rules::seckill::{
        settle::{Book, decide, seats_in_a_row, seats_taken},
        ticket::{self, Waiting},
        window::Window,
    },
    types::{
        ids::{SaleId, StudentId, TicketId},
        sale::Reason,
        time::Millis,
    },
};
use std::collections::{HashMap, HashSet};

/// Seats of the sale.
pub const SEATS: i64 = 2;
/// Tickets that can be recorded.
pub const TICKETS: usize = 4;
/// Students who click.
pub const STUDENTS: u8 = 3;

/// What keeps the database right. A test takes one out to see that the checker notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guard {
    /// Whoever settles holds the sale's row until its transaction ends.
    Row,
    /// The row is free again when its holder dies.
    RowEndsWithHolder,
    /// `where remaining >= n`.
    Floor,
    /// `where state = 0`, and the rows are counted.
    CompareAndSet,
    /// The unique indexes of orders: on the ticket, and on student and sale.
    OneOrder,
    /// The unique index of live tickets.
    OneLive,
    /// A click is answered after the commit of its ticket.
    CommitBeforeAnswer,
    /// A decision is published after its commit.
    CommitBeforePublish,
    /// Who is refused by a copy that is not final is looked up in the database.
    LookAgain,
    /// The ticket that is given up is the one that was refused, not whichever is the oldest by
    /// then.
    BlameTheRefused,
}

/// Where a ticket of the database stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It is not decided.
    Waiting,
    /// It has this seat.
    Won(i64),
    /// It has none.
    Lost(Reason),
}

impl Fate {
    /// The same after news, by the room's rule.
    #[must_use]
    pub fn advance(self, next: Self) -> Self {
        match ticket::State::from(self).advance(next.into()) {
            ticket::State::Waiting | ticket::State::Settling => Self::Waiting,
            ticket::State::Won { seat } => Self::Won(seat),
            ticket::State::Lost(reason) => Self::Lost(reason),
        }
    }

    /// Whether this is final, by the room's rule.
    pub fn is_terminal(self) -> bool {
        ticket::State::from(self).is_terminal()
    }
}

impl From<Fate> for ticket::State {
    fn from(fate: Fate) -> Self {
        match fate {
            Fate::Waiting => Self::Waiting,
            Fate::Won(seat) => Self::Won { seat },
            Fate::Lost(reason) => Self::Lost(reason),
        }
    }
}

/// A ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    /// Whose it is.
    pub student: u8,
    /// When its click was accepted.
    pub accepted_at: i64,
    /// Where it stands.
    pub fate: Fate,
    /// Its order ended.
    pub is_released: bool,
}

impl Ticket {
    /// Whether it waits, or holds a seat.
    pub fn is_live(&self) -> bool {
        !matches!(self.fate, Fate::Lost(_)) && !self.is_released
    }
}

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    /// Of this ticket.
    pub ticket: usize,
    /// By this student.
    pub student: u8,
    /// This seat.
    pub seat: i64,
    /// Whether it holds the seat still.
    pub is_live: bool,
}

/// All that outlives a worker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TestDatabase {
    /// Seats that are not sold.
    pub remaining: i64,
    /// Tickets, in the order of their ids.
    pub tickets: [Option<Ticket>; TICKETS],
    /// Orders.
    pub orders: Vec<Order>,
    /// Whether somebody holds the sale's row.
    pub row_is_held: bool,
}

/// The decisions of a batch.
pub type Decisions = Vec<(usize, Fate)>;

impl TestDatabase {
    /// Nobody clicked yet.
    pub fn new() -> Self {
        Self {
            remaining: SEATS,
            tickets: [None; TICKETS],
            orders: Vec::new(),
            row_is_held: false,
        }
    }

    /// The ticket of this place.
    pub fn fate(&self, ticket: usize) -> Option<Fate> {
        self.tickets[ticket].map(|ticket| ticket.fate)
    }

    /// Tickets that are not decided, the oldest first.
    pub fn waiting(&self) -> impl Iterator<Item = usize> {
        (0..TICKETS).filter(|ticket| self.fate(*ticket) == Some(Fate::Waiting))
    }

    /// Who holds which live ticket.
    pub fn holders(&self) -> HashMap<StudentId, TicketId> {
        let live = |ticket: usize| {
            self.tickets[ticket]
                .filter(Ticket::is_live)
                .map(|row| (student_id(row.student), ticket_id(ticket)))
        };
        (0..TICKETS).filter_map(live).collect()
    }

    /// Remaining seats less waiting tickets.
    pub fn free(&self) -> i64 {
        self.waiting().fold(self.remaining, |free, _| free - 1)
    }

    /// Writes a ticket, unless the student has a live one: that one stands.
    pub fn accept(
        &mut self,
        ticket: usize,
        student: u8,
        accepted_at: i64,
        is_on: impl Fn(Guard) -> bool,
    ) -> usize {
        match self.holders().get(&student_id(student)) {
            Some(standing) if is_on(Guard::OneLive) => ticket_number(*standing),
            _ => {
                self.tickets[ticket] = Some(Ticket {
                    student,
                    accepted_at,
                    fate: Fate::Waiting,
                    is_released: false,
                });
                ticket
            }
        }
    }

    /// Orders that hold their seats.
    pub fn live_orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.iter().filter(|order| order.is_live)
    }

    /// Numbers that no live order has: those behind the last, or where there is a gap, all of them.
    fn free_seats(&self) -> Vec<i64> {
        let taken: HashSet<_> = self.live_orders().map(|order| order.seat).collect();
        let last = taken.iter().copied().max().unwrap_or(0);
        let gaps = || (1..=SEATS).filter(|seat| !taken.contains(seat)).collect();
        seats_in_a_row(SEATS, self.remaining, last, SEATS).map_or_else(gaps, Iterator::collect)
    }

    /// Ends the live order of a ticket, and frees its seat.
    pub fn cancel(&mut self, ticket: usize) -> Option<()> {
        let order = self
            .orders
            .iter_mut()
            .find(|order| order.ticket == ticket && order.is_live)?;
        order.is_live = false;
        self.tickets[ticket].as_mut()?.is_released = true;
        self.remaining += 1;
        Some(())
    }

    /// Reads the oldest waiting tickets, at most `limit`, and lets the room decide them.
    ///
    /// # Panics
    /// The room gives out more than remains.
    pub fn decide(&self, window: Window, limit: usize) -> Decisions {
        let row = |ticket: usize| self.tickets[ticket].map(|row| (ticket, row));
        let waiting = |(ticket, row): (usize, Ticket)| Waiting {
            id: ticket_id(ticket),
            sale: SaleId(1),
            student: student_id(row.student),
            accepted_at: Millis(row.accepted_at),
        };
        let batch: Vec<_> = self
            .waiting()
            .filter_map(row)
            .map(waiting)
            .take(limit)
            .collect();
        let owners: HashSet<_> = self
            .live_orders()
            .map(|order| student_id(order.student))
            .collect();
        let decisions = decide(
            &Book {
                window,
                remaining: self.remaining,
                free: self.free_seats(),
            },
            &batch,
            &owners,
            // No hold lapses here.
            &HashSet::new(),
        );
        // Without its floor the database may say that less than nothing remains.
        assert!(seats_taken(&decisions) <= self.remaining.max(0));
        let fate = |outcome: Result<i64, Reason>| outcome.map_or_else(Fate::Lost, Fate::Won);
        decisions
            .into_iter()
            .map(|(ticket, outcome)| (ticket_number(ticket.id), fate(outcome)))
            .collect()
    }

    /// Deducts seats, writes orders, decides tickets: all of it, or `None`.
    #[must_use]
    pub fn settled(&self, decisions: &Decisions, is_on: impl Fn(Guard) -> bool) -> Option<Self> {
        let mut after = self.clone();
        for &(ticket, fate) in decisions {
            let row = after.tickets[ticket].as_mut()?;
            if is_on(Guard::CompareAndSet) && row.fate != Fate::Waiting {
                return None;
            }
            row.fate = fate;
            let student = row.student;
            if let Fate::Won(seat) = fate {
                let is_other = |order: &Order| {
                    order.ticket == ticket || order.is_live && order.student == student
                };
                let has = after.orders.iter().any(is_other);
                if is_on(Guard::OneOrder) && has {
                    return None;
                }
                after.orders.push(Order {
                    ticket,
                    student,
                    seat,
                    is_live: true,
                });
                after.remaining -= 1;
            }
        }
        // One history of orders for each content, so that the checker sees a state once.
        after.orders.sort_by_key(|order| (order.ticket, order.seat));
        (after.remaining >= 0 || !is_on(Guard::Floor)).then_some(after)
    }

    /// Decides a ticket as lost.
    pub fn lose(&mut self, ticket: usize, reason: Reason, is_on: impl Fn(Guard) -> bool) {
        if let Some(row) = self.tickets[ticket].as_mut()
            && (row.fate == Fate::Waiting || !is_on(Guard::CompareAndSet))
        {
            row.fate = Fate::Lost(reason);
        }
    }
}

impl Default for TestDatabase {
    fn default() -> Self {
        Self::new()
    }
}

/// A student as the room knows them.
pub fn student_id(student: u8) -> StudentId {
    StudentId(i64::from(student))
}

/// A ticket's place in the database as its id.
///
/// # Panics
/// There are more than 256 tickets.
pub fn ticket_id(ticket: usize) -> TicketId {
    TicketId([u8::try_from(ticket).expect("a few tickets"); 16])
}

/// And back.
pub fn ticket_number(id: TicketId) -> usize {
    usize::from(id.0[0])
}
