//! A sale's window.

use crate::types::{
    sale::{Phase, Reason, Sale, SaleState},
    time::Millis,
};

/// When a sale takes clicks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub opens_at: Millis,
    /// The first moment after.
    pub closes_at: Millis,
    /// Halted: no new clicks, accepted tickets still settle (G16).
    pub paused: bool,
}

impl Window {
    /// The window of a sale.
    pub fn of(sale: &Sale) -> Self {
        Self {
            opens_at: sale.opens_at,
            closes_at: sale.closes_at,
            paused: sale.paused,
        }
    }

    /// Where the sale stands at `now`.
    pub fn phase(self, now: Millis) -> Phase {
        if now < self.opens_at {
            Phase::Upcoming
        } else if now >= self.closes_at {
            Phase::Ended
        } else if self.paused {
            Phase::Paused
        } else {
            Phase::Open
        }
    }

    /// The state that pages show at `now`. A sale without seats stays sold out when it is halted:
    /// nothing comes back when it goes on.
    pub fn state(self, is_sold_out: bool, now: Millis) -> SaleState {
        match self.phase(now) {
            Phase::Upcoming => SaleState::Coming,
            Phase::Ended => SaleState::Ended,
            Phase::Open | Phase::Paused if is_sold_out => SaleState::SoldOut,
            Phase::Open => SaleState::Open,
            Phase::Paused => SaleState::Paused,
        }
    }

    /// Whether a click at `now` may be accepted.
    ///
    /// # Errors
    /// The reason to refuse it.
    pub fn admits(self, now: Millis) -> Result<(), Reason> {
        match self.phase(now) {
            Phase::Open => Ok(()),
            Phase::Upcoming => Err(Reason::TooEarly),
            Phase::Paused => Err(Reason::Paused),
            Phase::Ended => Err(Reason::Closed),
        }
    }

    /// Whether a ticket accepted at that moment may be settled: a pause since then does not matter.
    ///
    /// # Errors
    /// The reason why it is lost.
    pub fn covers(self, accepted_at: Millis) -> Result<(), Reason> {
        Self {
            paused: false,
            ..self
        }
        .admits(accepted_at)
    }
}
