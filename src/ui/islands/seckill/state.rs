//! The states of the button: which one holds, what it is called in the markup, and what the button
//! says.

use super::{ClickStage, RetryReason, Rush, clock::Now};
use crate::{
    types::lang::Lang,
    ui::{
        islands::dom,
        text::{sale, seckill as text},
    },
};

/// A state: `data-state`, and what a student is told on entering it.
#[derive(Clone, Copy, PartialEq, Eq)]
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
    SoldOut,
    Paused,
    Ended,
}

impl ButtonState {
    /// The value of `data-state`.
    pub fn state(self) -> &'static str {
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
            Self::SoldOut => "sold-out",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }

    /// Whether a click would be sent.
    pub fn takes_clicks(self) -> bool {
        matches!(
            self,
            Self::Open | Self::Refused | Self::SignedOut | Self::Before(Some(false))
        )
    }

    /// Whether it is the sale that is shown, not what became of a click: it is as true as the last
    /// look is young.
    pub fn is_of_sale(self) -> bool {
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

    /// What the button says.
    pub fn button(self, lang: Lang) -> &'static str {
        match self {
            Self::Before(Some(false)) => text::ready_button(lang),
            Self::Before(_) | Self::Last(_) => sale::until(lang),
            Self::Open | Self::Refused => text::open_button(lang),
            Self::SignedOut => text::signed_out_button(lang),
            Self::Sending => text::sending_button(lang),
            Self::Queued => text::queued_button(lang),
            // Counts on.
            Self::Retrying(_) | Self::Offline => "",
            Self::Won => text::won_button(lang),
            Self::Lost => text::lost_button(lang),
            Self::Yours => text::yours_button(lang),
            Self::SoldOut => sale::sold_out(lang),
            Self::Paused => text::paused_button(lang),
            Self::Ended => text::ended_button(lang),
        }
    }
}

impl Rush {
    /// The state that holds now.
    pub fn face(&self) -> ButtonState {
        match (&*self.stage.borrow(), self.clock.now()) {
            (ClickStage::Sending, _) => ButtonState::Sending,
            (ClickStage::Queued(_), _) => ButtonState::Queued,
            (ClickStage::Retrying(_, trouble), _) => {
                if dom::is_online() {
                    ButtonState::Retrying(*trouble)
                } else {
                    ButtonState::Offline
                }
            }
            (ClickStage::Won(_), _) => ButtonState::Won,
            (ClickStage::Lost(_), _) => ButtonState::Lost,
            (ClickStage::Yours, _) => ButtonState::Yours,
            (ClickStage::Refused(_), Now::Open) => ButtonState::Refused,
            (ClickStage::Idle, Now::Open) if self.clock.signed_in.get() == Some(false) => {
                ButtonState::SignedOut
            }
            (ClickStage::Idle, Now::Open) => ButtonState::Open,
            (ClickStage::Idle | ClickStage::Refused(_), Now::Before(_)) => {
                ButtonState::Before(self.clock.signed_in.get())
            }
            (ClickStage::Idle | ClickStage::Refused(_), Now::Last(_)) => {
                ButtonState::Last(self.clock.signed_in.get())
            }
            (ClickStage::Idle | ClickStage::Refused(_), Now::SoldOut) => ButtonState::SoldOut,
            (ClickStage::Idle | ClickStage::Refused(_), Now::Paused) => ButtonState::Paused,
            (ClickStage::Idle | ClickStage::Refused(_), Now::Ended) => ButtonState::Ended,
        }
    }
}
