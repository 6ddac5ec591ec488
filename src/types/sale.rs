//! A flash sale, a click and a ticket as clients see them.

use crate::types::{
    ids::{CourseId, SaleId},
    money::Fen,
    text::Text,
    time::Millis,
};
use serde::{Deserialize, Serialize};

/// Seconds for which a seat is held until it is paid, unless its sale says otherwise; and a course
/// that is bought without a sale.
pub const HOLD_S: i64 = 900;
/// The longest hold in seconds: a day.
pub const HOLD_S_MAX: i64 = 86_400;

/// A sale: its settings, and whether its seats are gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// Its number.
    pub id: SaleId,
    pub course_id: CourseId,
    pub course_name: String,
    /// The course's cover: a path below `/media/`, on the wire with the shop's address.
    pub course_img: Option<String>,
    /// The course's ordinary price.
    pub old_price: Fen,
    pub price: Fen,
    /// Seats, initial and restocked.
    pub stock: i64,
    /// First moment of the window.
    pub opens_at: Millis,
    /// First moment after the window.
    pub closes_at: Millis,
    /// Whether it is halted.
    pub paused: bool,
    /// The click that took the last seat; `None` while a seat is unsold.
    pub sold_out_at: Option<Millis>,
}

/// The state of a sale as pages show it. Cards, course pages and sale pages all draw from this
/// list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SaleState {
    Coming,
    /// In its window, with unsold seats.
    Open,
    /// In its window, without any.
    SoldOut,
    /// In its window, halted by the shop.
    Paused,
    Ended,
}

impl SaleState {
    /// The value of `data-state` in the markup, as the style sheet knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Coming => "before",
            Self::Open => "open",
            Self::SoldOut => "sold-out",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }
}

/// The phase of a sale's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Upcoming,
    Open,
    /// In its window, halted by the shop.
    Paused,
    Ended,
}

/// Why a click got no seat. The numbers stand in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Every seat is taken.
    SoldOut,
    /// The sale had not opened.
    TooEarly,
    /// The sale was over.
    Closed,
    /// The sale was halted.
    Paused,
    /// The student held a seat of this sale already, or has its course.
    AlreadyYours,
    /// The ticket could not be settled; nothing was charged or kept.
    GaveUp,
    /// No such ticket was ever given out, or its refusal is long past.
    NoTicket,
    /// The student let as many seats of this sale lapse as a student may.
    HoldsSpent,
}

impl Reason {
    /// Every reason, by its number.
    pub const ALL: [Self; 8] = [
        Self::SoldOut,
        Self::TooEarly,
        Self::Closed,
        Self::Paused,
        Self::AlreadyYours,
        Self::GaveUp,
        Self::NoTicket,
        Self::HoldsSpent,
    ];

    /// Its number in the database.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The reason of a number; `None` when there is none.
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// What `sale/` takes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SaleArgs {
    /// The sale's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
}

/// What moves about a sale, and what is the asker's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleNow {
    pub now: Millis,
    /// Where the sale stands.
    pub phase: Phase,
    /// First moment of the window.
    pub opens_at: Millis,
    /// First moment after the window.
    pub closes_at: Millis,
    /// Seats, initial and restocked.
    pub stock: i64,
    /// Seats that nobody has or waits for; `None` when that is not known just now.
    pub left: Option<i64>,
    /// The click that took the last seat; `None` while a seat is unsold.
    pub sold_out_at: Option<Millis>,
    /// Whether the asker is signed in.
    pub signed_in: bool,
    /// The asker's live ticket of this sale.
    pub task_id: Option<String>,
    /// `true` when the sale's desk knows of none of the asker. While a server has lost Redis,
    /// another one's desk may not have heard of a ticket: a click finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_ticket: Option<bool>,
}

/// What a click takes: the sale's number, or the name of its course as the original's client sends.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClickArgs {
    /// The sale's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sale: Option<Text>,
    /// The course's name: its open sale, else its next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// The client's own name for this click: a retry with the same key is the same click.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Text>,
}

/// The answer to a click, `task_id` at the top, as the original's client reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clicked {
    /// Always 100: the click was heard. Its outcome is what the ticket polls as.
    pub code: u16,
    pub msg: String,
    pub task_id: String,
    /// When to ask about it first; a refusal can be asked about at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_ms: Option<i64>,
}

/// What a poll takes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PollArgs {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<Text>,
}

/// The answer to a poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Polled {
    /// 100 to 104.
    pub code: u16,
    pub msg: String,
    /// Why not, with 101.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The seat, with 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<i64>,
    /// How many are before this ticket, with 102 and 103.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<i64>,
    /// When to ask again, with 102, 103 and 104.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_ms: Option<i64>,
    /// The sale, when the ticket is a genuine one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale: Option<SaleId>,
    /// When the click was heard, with 100 and 101, when the ticket is a genuine one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clicked_at: Option<Millis>,
    /// The click that took the last seat, with 101 for want of seats, when that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sold_out_at: Option<Millis>,
}

/// Days for which a click without a seat is shown to its student.
pub const LOSS_DAYS: i64 = 7;
/// What the name of a [`loss_cookie`] begins with; the last digit of the sale's number follows.
pub const LOSS_COOKIE: &str = "loss-";
/// A browser keeps no more of them, so that a request's head has room for all: there are no more
/// names.
pub const LOSSES_MAX: usize = 10;

/// The cookie by which a browser keeps the signed id of a click without a seat: such a click has no
/// row. Only the page of seats, at `path`, is sent it.
pub fn loss_cookie(sale: &str, task_id: &str, path: &str) -> String {
    const MAX_AGE_S: i64 = LOSS_DAYS * 24 * 60 * 60;
    // A later sale takes the place of an earlier one of the same digit.
    let digit = sale.get(sale.len().saturating_sub(1)..).unwrap_or(sale);
    [
        LOSS_COOKIE,
        digit,
        "=",
        task_id,
        "; path=",
        path,
        "; samesite=lax; max-age=",
        &MAX_AGE_S.to_string(),
    ]
    .concat()
}

/// A click that got no seat, as far as its ticket tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    pub reason: Reason,
    /// When the click was heard.
    pub clicked_at: Option<Millis>,
    /// The click that took the last seat.
    pub sold_out_at: Option<Millis>,
}

impl Loss {
    /// What a poll says that was answered with 101.
    pub fn of(polled: &Polled) -> Self {
        let reason = polled.reason.unwrap_or(Reason::NoTicket);
        Self {
            reason,
            clicked_at: polled.clicked_at,
            sold_out_at: polled.sold_out_at,
        }
    }
}

/// A ticket without a seat, as its student finds it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudentTicket {
    pub task_id: String,
    pub sale_id: SaleId,
    pub course_name: String,
    /// When the click was heard.
    pub clicked_at: Millis,
    /// Why there is no seat; `None` while the ticket waits.
    pub reason: Option<Reason>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_keeps_no_more_losses_than_are_looked_at() {
        let names: std::collections::HashSet<String> = (1..500)
            .filter_map(|sale: i64| {
                let cookie = loss_cookie(&sale.to_string(), "ticket", "/me");
                Some(cookie.split_once('=')?.0.to_owned())
            })
            .collect();
        assert_eq!(names.len(), LOSSES_MAX);
    }
}
