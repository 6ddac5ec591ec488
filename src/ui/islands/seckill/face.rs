//! The states of the button: which one holds, what it is called in the markup, and what the button
//! says.

use super::{Rush, Stage, Trouble, clock::Now};
use crate::{
    types::lang::Lang,
    ui::{
        islands::dom,
        text::{sale, seckill as text},
    },
};

/// A state: `data-state`, and what a student is told on entering it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// Whether the student is signed in, when that is known: before the opening there is time for
    /// it.
    Before(Option<bool>),
    Last(Option<bool>),
    Open,
    SignedOut,
    Refused,
    Sending,
    Queued,
    Retrying(Trouble),
    Offline,
    Won,
    Lost,
    Yours,
    SoldOut,
    Paused,
    Ended,
}

impl Face {
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
    pub fn face(&self) -> Face {
        match (&*self.stage.borrow(), self.clock.now()) {
            (Stage::Sending, _) => Face::Sending,
            (Stage::Queued(_), _) => Face::Queued,
            (Stage::Retrying(_, trouble), _) => {
                if dom::is_online() {
                    Face::Retrying(*trouble)
                } else {
                    Face::Offline
                }
            }
            (Stage::Won(_), _) => Face::Won,
            (Stage::Lost(_), _) => Face::Lost,
            (Stage::Yours, _) => Face::Yours,
            (Stage::Refused(_), Now::Open) => Face::Refused,
            (Stage::Idle, Now::Open) if self.clock.signed_in.get() == Some(false) => {
                Face::SignedOut
            }
            (Stage::Idle, Now::Open) => Face::Open,
            (Stage::Idle | Stage::Refused(_), Now::Before(_)) => {
                Face::Before(self.clock.signed_in.get())
            }
            (Stage::Idle | Stage::Refused(_), Now::Last(_)) => {
                Face::Last(self.clock.signed_in.get())
            }
            (Stage::Idle | Stage::Refused(_), Now::SoldOut) => Face::SoldOut,
            (Stage::Idle | Stage::Refused(_), Now::Paused) => Face::Paused,
            (Stage::Idle | Stage::Refused(_), Now::Ended) => Face::Ended,
        }
    }
}
