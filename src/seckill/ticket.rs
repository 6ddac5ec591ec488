//! A ticket's states, their codes on the wire, and how often to ask.

use crate::types::{ids::SaleId, ids::StudentId, ids::TicketId, sale::Reason, time::Millis};

/// Won.
pub const CODE_WON: u16 = 100;
/// Not won.
pub const CODE_LOST: u16 = 101;
/// Waiting.
pub const CODE_WAITING: u16 = 102;
/// Being settled.
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

/// A ticket in the record that is not decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its identity.
    pub id: TicketId,
    /// Of this sale.
    pub sale: SaleId,
    /// Of this student.
    pub student: StudentId,
    /// When the click was accepted, by the server's clock.
    pub accepted_at: Millis,
}

/// Milliseconds from click to decision, as long as none was measured.
pub const PACE_FIRST_MS: i64 = 200;
/// Milliseconds between polls at least.
pub const RETRY_MIN_MS: i64 = 3;
/// Milliseconds between polls at most.
pub const RETRY_MAX_MS: i64 = 3_000;
/// A newly measured pace counts one part in so many.
const PACE_PARTS: i64 = 4;

/// When to ask again about a ticket of this age, while tickets take `pace_ms` to be decided: when it is due, and then after half
/// its age each time. Most students ask once.
pub fn retry_ms(age_ms: i64, pace_ms: i64) -> i64 {
    (pace_ms.saturating_sub(age_ms)).max(age_ms / 2).clamp(RETRY_MIN_MS, RETRY_MAX_MS)
}

/// The pace after a decision that took `took_ms`. It rises at once, so that a crowd is told to wait, and falls slowly.
pub fn pace_ms(before: i64, took_ms: i64) -> i64 {
    let took_ms = took_ms.clamp(0, RETRY_MAX_MS);
    if took_ms >= before { took_ms } else { before - (before - took_ms + PACE_PARTS - 1) / PACE_PARTS }
}
