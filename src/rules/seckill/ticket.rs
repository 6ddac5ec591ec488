//! A ticket's states, and their codes on the wire.

use crate::types::{ids::SaleId, ids::StudentId, ids::TicketId, sale::Reason, time::Millis};

pub const CODE_WON: u16 = 100;
/// Not won.
pub const CODE_LOST: u16 = 101;
pub const CODE_WAITING: u16 = 102;
pub const CODE_SETTLING: u16 = 103;
/// Not known just now: ask again.
pub const CODE_UNKNOWN: u16 = 104;

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Recorded, in the queue.
    Waiting,
    /// In a transaction that is not committed; lives in memory only.
    Settling,
    /// It became an order.
    Won {
        /// The seat's number, from 1.
        seat: i64,
    },
    /// It never will.
    Lost(Reason),
}

impl State {
    /// The code on the wire.
    pub fn code(self) -> u16 {
        match self {
            Self::Waiting => CODE_WAITING,
            Self::Settling => CODE_SETTLING,
            Self::Won { .. } => CODE_WON,
            Self::Lost(_) => CODE_LOST,
        }
    }

    /// Whether this is final.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Won { .. } | Self::Lost(_))
    }

    /// This state after news of `next`: a terminal state stays as it is (G7).
    #[must_use]
    pub fn advance(self, next: Self) -> Self {
        if self.is_terminal() { self } else { next }
    }
}

/// A ticket in the database that is not decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub id: TicketId,
    pub sale: SaleId,
    pub student: StudentId,
    /// When the click was accepted, by the server's clock.
    pub accepted_at: Millis,
}
