//! What the button shows.

use super::{Button, ClickStage, Moment, RetryReason, sale::Now};
use crate::types::order::OrderState;

/// A state as the page shows it. Entering one is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ButtonState {
    /// Whether the student is signed in, when that is known: before the opening there is time for
    /// it.
    Before(Option<bool>),
    Last(Option<bool>),
    Open,
    SignedOut,
    Refused,
    Sending,
    Queued,
    Retrying(RetryReason),
    Offline,
    Won,
    Lost,
    Yours,
    /// The seat is to be paid.
    Held,
    /// Its time is up, or it was given back, and its payments are being looked at.
    Closing,
    /// The course is the student's; whether there was anything to pay.
    Paid(bool),
    Released,
    SoldOut,
    Paused,
    Ended,
}

impl ButtonState {
    /// The value of `data-state` in the markup, as the style sheet knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Before(_) => "before",
            Self::Last(_) => "last",
            Self::Open | Self::Refused => "open",
            Self::SignedOut => "signed-out",
            Self::Sending | Self::Queued => "queued",
            Self::Retrying(_) | Self::Offline => "retrying",
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Yours => "yours",
            Self::Held => "held",
            Self::Closing => "closing",
            Self::Paid(_) => "paid",
            Self::Released => "released",
            Self::SoldOut => "sold-out",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }

    /// Whether a click has an effect.
    pub fn takes_clicks(self) -> bool {
        matches!(
            self,
            Self::Open | Self::Refused | Self::SignedOut | Self::Held | Self::Before(Some(false))
        )
    }

    /// Whether it shows the sale, not what became of a click: it is as true as the last answer
    /// about the sale is young.
    fn is_of_sale(self) -> bool {
        matches!(
            self,
            Self::Before(_)
                | Self::Last(_)
                | Self::Open
                | Self::SignedOut
                | Self::SoldOut
                | Self::Paused
        )
    }
}

impl Button {
    /// The state to show.
    pub fn state(&self, at: Moment) -> ButtonState {
        let is_signed_in = self.sale.is_signed_in;
        match (self.stage, self.sale.now(at.now)) {
            (ClickStage::Sending, _) => ButtonState::Sending,
            (ClickStage::Queued(_), _) => ButtonState::Queued,
            (ClickStage::Retrying(..), _) if !at.is_online => ButtonState::Offline,
            (ClickStage::Retrying(_, reason), _) => ButtonState::Retrying(reason),
            (ClickStage::Won(_) | ClickStage::Yours, _) if self.order.is_some() => {
                self.state_of_seat(at)
            }
            (ClickStage::Won(_), _) => ButtonState::Won,
            (ClickStage::Lost(_), _) => ButtonState::Lost,
            (ClickStage::Yours, _) => ButtonState::Yours,
            (ClickStage::Released, _) => ButtonState::Released,
            (ClickStage::Refused, Now::Open) => ButtonState::Refused,
            (ClickStage::Idle, Now::Open) if is_signed_in == Some(false) => ButtonState::SignedOut,
            (ClickStage::Idle, Now::Open) => ButtonState::Open,
            (ClickStage::Idle | ClickStage::Refused, Now::Before(_)) => {
                ButtonState::Before(is_signed_in)
            }
            (ClickStage::Idle | ClickStage::Refused, Now::Last(_)) => {
                ButtonState::Last(is_signed_in)
            }
            (ClickStage::Idle | ClickStage::Refused, Now::SoldOut) => ButtonState::SoldOut,
            (ClickStage::Idle | ClickStage::Refused, Now::Paused) => ButtonState::Paused,
            (ClickStage::Idle | ClickStage::Refused, Now::Ended) => ButtonState::Ended,
        }
    }

    /// The state of a seat whose order is known.
    fn state_of_seat(&self, at: Moment) -> ButtonState {
        match self.order {
            Some(order) if order.state == OrderState::Paid => {
                ButtonState::Paid(order.expires_at.is_some())
            }
            _ if self.held_ms(at.now).is_some_and(|left_ms| left_ms > 0) => ButtonState::Held,
            _ => ButtonState::Closing,
        }
    }

    /// The state to show, and whether it may be out of date, because the shop was not heard of for
    /// a while.
    pub fn face(&self, at: Moment) -> (ButtonState, bool) {
        let state = self.state(at);
        (state, state.is_of_sale() && self.sale.is_away(at.is_online))
    }
}
