//! Seckill button: follows the server's clock, sends one click, and polls the ticket until it is
//! decided.
//!
//! What always holds:
//! - One click is under way at most, and each of its retries carries the same key.
//! - A ticket that is not decided is remembered, and followed again after a reload; one that found
//!   the seats gone is told of again.
//! - A change of state is announced once.

mod click;
mod clock;
mod elements;
mod render;
mod state;

use crate::types::{lang::Lang, sale::Loss};
use clock::SaleFacts;
use elements::Sheet;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// The button at work.
pub struct Rush {
    lang: Lang,
    /// The sale's number.
    sale: String,
    sheet: Sheet,
    clock: SaleFacts,
    /// What became of the click.
    stage: RefCell<ClickStage>,
    /// What is shown, and whether the shop was away then; nothing yet before the first look.
    shown: Cell<Option<(state::ButtonState, bool)>>,
    /// Whether a click or a ticket is under way.
    busy: Cell<bool>,
}

/// What became of the click.
#[derive(Clone, Debug, PartialEq)]
pub enum ClickStage {
    /// There was none: the sale's window says what is shown.
    Idle,
    /// It is on its way: no place is kept yet.
    Sending,
    /// The ticket waits; how many are before it, when that is known.
    Queued(Option<i64>),
    /// It did not get through this many times in a row.
    Retrying(u32, RetryReason),
    /// A seat, and its number.
    Won(Option<i64>),
    /// No seat.
    Lost(Loss),
    /// A seat from an earlier click.
    Yours,
    /// The click was not taken, and why.
    Refused(String),
}

/// Why a click or a poll is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryReason {
    /// Whether no answer came; the shop was too busy, otherwise.
    is_silent: bool,
    /// Whether there is a ticket, so that nothing is lost meanwhile.
    has_ticket: bool,
}

impl Rush {
    /// The button in its markup; `None` when a part of that is missing.
    pub fn of(root: &web_sys::Element) -> Option<Rc<Self>> {
        let sheet = Sheet::of(root)?;
        Some(Rc::new(Self {
            lang: super::dom::lang(),
            sale: sheet.section.get_attribute("data-sale")?,
            clock: SaleFacts::of(&sheet.section)?,
            shown: Cell::new(None),
            sheet,
            stage: RefCell::new(ClickStage::Idle),
            busy: Cell::new(false),
        }))
    }
}
