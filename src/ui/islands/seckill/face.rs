//! The states of the button: which one holds, what it is called in the markup, and what the button says.

use super::{Rush, Stage, clock::Now};
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
    Before,
    Last,
    Open,
    SignedOut,
    Refused,
    Queued,
    Retrying,
    Offline,
    Won,
    Lost,
    Yours,
    Paused,
    Ended,
}

impl Face {
    /// The value of `data-state`.
    pub fn state(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Last => "last",
            Self::Open | Self::Refused => "open",
            Self::SignedOut => "signed-out",
            Self::Queued => "queued",
            Self::Retrying | Self::Offline => "retrying",
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Yours => "yours",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }

    /// Whether a click would be sent.
    pub fn takes_clicks(self) -> bool {
        matches!(self, Self::Open | Self::Refused | Self::SignedOut)
    }

    /// What the button says.
    pub fn button(self, lang: Lang) -> &'static str {
        match self {
            Self::Before | Self::Last => sale::until(lang),
            Self::Open | Self::Refused => text::open_button(lang),
            Self::SignedOut => text::signed_out_button(lang),
            Self::Queued => text::queued_button(lang),
            // Counts on.
            Self::Retrying | Self::Offline => "",
            Self::Won => text::won_button(lang),
            Self::Lost => text::lost_button(lang),
            Self::Yours => text::yours_button(lang),
            Self::Paused => text::paused_button(lang),
            Self::Ended => text::ended_button(lang),
        }
    }
}

impl Rush {
    /// The state that holds now.
    pub fn face(&self) -> Face {
        match (&*self.stage.borrow(), self.clock.now()) {
            (Stage::Queued(_), _) => Face::Queued,
            (Stage::Retrying(_), _) => {
                if dom::is_online() {
                    Face::Retrying
                } else {
                    Face::Offline
                }
            }
            (Stage::Won(_), _) => Face::Won,
            (Stage::Lost(_), _) => Face::Lost,
            (Stage::Yours, _) => Face::Yours,
            (Stage::Refused(_), Now::Open) => Face::Refused,
            (Stage::Idle, Now::Open) if self.clock.signed_in.get() == Some(false) => Face::SignedOut,
            (Stage::Idle, Now::Open) => Face::Open,
            (Stage::Idle | Stage::Refused(_), Now::Before(_)) => Face::Before,
            (Stage::Idle | Stage::Refused(_), Now::Last(_)) => Face::Last,
            (Stage::Idle | Stage::Refused(_), Now::Paused) => Face::Paused,
            (Stage::Idle | Stage::Refused(_), Now::Ended) => Face::Ended,
        }
    }
}
