//! What the button knows of its sale, and when it asks about it again.

use crate::{
    rules::{retry::share_ms, seckill::window::Window},
    types::{
        sale::{Phase, SaleNow, SaleState},
        time::Millis,
    },
};

/// Milliseconds between two reads of a sale that is on: a pause, more seats or a ticket of another
/// tab are known by then.
const NEAR_MS: i64 = 8_000;
/// The same for a student who has a seat or lost: only other seats are news to them.
const DONE_MS: i64 = 30_000;
/// Milliseconds between two reads of any other sale.
pub const FAR_MS: i64 = 300_000;
/// Milliseconds before the opening that are the last ones: no page reads in them.
const LAST_MS: i64 = 10_000;
/// Milliseconds before those over which pages spread their last read, at the clock: a million of
/// them ask 20,000 times a second.
const LAST_SPREAD_MS: i64 = 50_000;
/// Milliseconds after the opening until the first read, at least.
const FIRST_MS: i64 = 2_000;
/// Milliseconds over which pages spread the reads after that.
const SPREAD_MS: i64 = 8_000;
/// Milliseconds before the opening from which on no page asks more often than the others.
const CROWD_MS: i64 = 80_000;
/// Reads without an answer after which the page says that it is not connected.
const MISSED_MAX: u32 = 2;

/// A sale as the page and the answers since then tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaleFacts {
    pub window: Window,
    pub is_sold_out: bool,
    /// The click that took the last seat, once an answer told of it.
    pub sold_out_at: Option<Millis>,
    stock: i64,
    /// Unsold seats, as they are shown.
    left: Option<i64>,
    /// Milliseconds that the server's clock is ahead of the browser's.
    ahead_ms: i64,
    /// Milliseconds of the round trip that told so.
    round_trip_ms: Option<i64>,
    /// Where this page stands among others: pages of one moment read at different ones.
    seed: u16,
    /// Whether the last read was answered.
    pub is_connected: bool,
    /// Reads without an answer since the last one with one.
    missed: u32,
    /// `None` until it is known.
    pub is_signed_in: Option<bool>,
}

/// Where the sale stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    /// Milliseconds until it opens.
    Before(i64),
    /// The same, and few of them.
    Last(i64),
    Open,
    SoldOut,
    Paused,
    Ended,
}

impl SaleFacts {
    /// A sale as it was served.
    pub fn new(window: Window, is_sold_out: bool, stock: i64, seed: u16) -> Self {
        Self {
            window,
            is_sold_out,
            sold_out_at: None,
            stock,
            left: None,
            ahead_ms: 0,
            round_trip_ms: None,
            seed,
            is_connected: false,
            missed: 0,
            is_signed_in: None,
        }
    }

    /// The state by the server's clock; `now` is the browser's, as everywhere here.
    pub fn state(&self, now: Millis) -> SaleState {
        self.window.state(self.is_sold_out, now.plus(self.ahead_ms))
    }

    /// Where the sale stands now.
    pub fn now(&self, now: Millis) -> Now {
        match self.state(now) {
            SaleState::Coming => match self.window.opens_at.since(now.plus(self.ahead_ms)) {
                until_ms if until_ms > LAST_MS => Now::Before(until_ms),
                until_ms => Now::Last(until_ms),
            },
            SaleState::Open => Now::Open,
            SaleState::SoldOut => Now::SoldOut,
            SaleState::Paused => Now::Paused,
            SaleState::Ended => Now::Ended,
        }
    }

    /// Milliseconds until the end.
    pub fn left_ms(&self, now: Millis) -> i64 {
        self.until_ms(self.window.closes_at, now)
    }

    /// Milliseconds until a moment of the server's clock.
    pub fn until_ms(&self, moment: Millis, now: Millis) -> i64 {
        moment.since(now.plus(self.ahead_ms))
    }

    /// Whether the shop was not heard of for a while: what is shown may have changed since.
    pub fn is_away(&self, is_online: bool) -> bool {
        self.missed >= MISSED_MAX || !is_online
    }

    /// Takes in that a read had no answer.
    pub fn miss(&mut self) {
        self.is_connected = false;
        self.missed += 1;
    }

    /// Takes in the answer to a read that was sent at that moment; gives the milliseconds of the
    /// round trip by which the clock is set.
    pub fn learn(&mut self, said: &SaleNow, asked_at: Millis, now: Millis) -> i64 {
        self.is_connected = true;
        self.missed = 0;
        self.window.opens_at = said.opens_at;
        self.window.closes_at = said.closes_at;
        self.stock = said.stock;
        self.is_sold_out = said.sold_out_at.is_some();
        self.sold_out_at = said.sold_out_at;
        // Before its window a sale does not say whether it is halted.
        if said.phase != Phase::Upcoming {
            self.window.paused = said.phase == Phase::Paused;
        }
        self.is_signed_in = Some(said.signed_in);
        self.set_clock(said.now, asked_at, now)
    }

    /// Takes in the server's clock, by the answer to a question that was sent at that moment; gives
    /// the milliseconds of the round trip by which the clock is set.
    pub fn set_clock(&mut self, said: Millis, asked_at: Millis, now: Millis) -> i64 {
        let trip_ms = now.since(asked_at).max(0);
        // The shortest trip tells best; a clock that was set since then tells nothing any more.
        let ahead_ms = said.plus(trip_ms / 2).since(now);
        let off_ms = (ahead_ms - self.ahead_ms).abs();
        match self.round_trip_ms {
            Some(best_ms) if trip_ms > best_ms && off_ms <= best_ms / 2 + trip_ms / 2 + 1 => {
                best_ms
            }
            _ => {
                self.ahead_ms = ahead_ms;
                self.round_trip_ms = Some(trip_ms);
                trip_ms
            }
        }
    }

    /// Takes in the unsold seats, and gives whether they are news. While each seat that is left has
    /// a student queueing for it, none is gone yet: a moment later they are, or one is free again.
    pub fn learn_left(&mut self, said: &SaleNow) -> bool {
        let is_news = said.left != Some(0) || said.sold_out_at.is_some();
        if is_news {
            self.left = said.left;
        }
        is_news
    }

    /// Takes in that a seat went to this student, which the last answer did not know.
    pub fn take_seat(&mut self) {
        self.left = self.left.map(|left| left - 1);
    }

    /// Unsold seats and their number in all, where they are known and the sale is on.
    pub fn seats(&self, now: Millis) -> Option<(i64, i64)> {
        let stock = self.stock.max(0);
        match self.now(now) {
            Now::Open | Now::SoldOut | Now::Paused => Some((self.left?.clamp(0, stock), stock)),
            Now::Before(_) | Now::Last(_) | Now::Ended => None,
        }
    }

    /// Milliseconds until the digits of this moment change: those of the time until the opening,
    /// or until the end.
    pub fn tick_ms(&self, now: Millis) -> i64 {
        match self.now(now) {
            Now::Before(left_ms) | Now::Last(left_ms) => left_ms,
            Now::Open | Now::SoldOut | Now::Paused | Now::Ended => self.left_ms(now),
        }
    }

    /// Milliseconds until the next read, for a student whose click is decided or not.
    pub fn read_after_ms(&self, is_decided: bool, now: Millis) -> i64 {
        let now = match self.now(now) {
            // A page without an answer asks as often as while the sale is on, as long as it is
            // time.
            Now::Before(ms) if ms > CROWD_MS && self.missed > 0 => Now::Open,
            now => now,
        };
        pause_ms(now, is_decided, self.seed)
    }
}

/// Milliseconds until the next read of the page of this seed. The button opens by the clock: before
/// the opening a page reads once more, some time in the last minute, and then after it.
pub fn pause_ms(now: Now, is_decided: bool, seed: u16) -> i64 {
    let spread_ms = share_ms(SPREAD_MS, seed);
    match now {
        Now::Before(ms) => match ms - LAST_MS - share_ms(LAST_SPREAD_MS, seed) {
            // A timer that is a moment early asks no second time.
            until_ms if until_ms > FIRST_MS => until_ms.min(FAR_MS),
            _ => ms + FIRST_MS + spread_ms,
        },
        Now::Last(ms) => ms + FIRST_MS + spread_ms,
        Now::Open | Now::SoldOut if is_decided => DONE_MS + spread_ms,
        Now::Open | Now::SoldOut | Now::Paused => NEAR_MS + spread_ms,
        Now::Ended => FAR_MS,
    }
}
