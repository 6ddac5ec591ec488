//! The sale's window by the server's clock, and what else the shop tells of a sale.

use super::{ClickStage, Rush};
use crate::{
    api::seckill::read_sale_now,
    rules::seckill::window::Window,
    types::{
        sale::{Loss, Phase, Reason, SaleArgs, SaleNow, SaleState},
        text::Text,
        time::Millis,
    },
    ui::{
        islands::{dom, renewal},
        text::{sale, seckill as text},
    },
};
use std::{cell::Cell, rc::Rc};
use web_sys::Element;

/// Milliseconds between two looks at a sale that is on: a pause, more seats or a ticket of another
/// tab are known by then.
const NEAR_MS: i64 = 8_000;
/// The same for whoever has a seat or lost: only other seats are news to them.
const DONE_MS: i64 = 30_000;
/// Milliseconds between two looks at any other sale.
const FAR_MS: i64 = 300_000;
/// Milliseconds before the opening that are the last ones: no page looks in them.
const LAST_MS: i64 = 10_000;
/// Milliseconds before those over which pages spread their last look, at the clock: a million of
/// them ask 20,000 times a second.
const LAST_SPREAD_MS: f64 = 50_000.0;
/// Milliseconds after the opening until the first look, at least.
const FIRST_MS: i64 = 2_000;
/// Milliseconds over which pages spread the looks after that.
const SPREAD_MS: f64 = 8_000.0;
/// Milliseconds before the opening from which on nobody asks more often than all do.
const CROWD_MS: i64 = 80_000;
/// How often a page that nobody sees finds out whether somebody does.
const HIDDEN_REST_MS: i64 = 500;
/// Looks without an answer after which the page says that it is not connected.
const MISSED_MAX: u32 = 2;

/// What is known of the sale.
pub struct SaleFacts {
    opens_at: Cell<i64>,
    closes_at: Cell<i64>,
    stock: Cell<i64>,
    paused: Cell<bool>,
    /// Whether the last seat went.
    sold_out: Cell<bool>,
    /// When it did, once a look told so.
    pub sold_out_at: Cell<Option<Millis>>,
    /// Seats left, as they are shown.
    left: Cell<Option<i64>>,
    /// Milliseconds that the server's clock is ahead of the browser's.
    ahead: Cell<i64>,
    /// Milliseconds of the round trip that told so.
    round_trip: Cell<Option<i64>>,
    /// Where this page stands among others, from 0 to 1: pages of one moment look at different
    /// ones.
    place: f64,
    /// Whether the last look was answered.
    pub connected: Cell<bool>,
    /// Looks without an answer since the last one with one.
    missed: Cell<u32>,
    /// Whether the student is signed in, when that is known.
    pub signed_in: Cell<Option<bool>>,
}

/// Where the sale stands.
#[derive(Clone, Copy, PartialEq, Eq)]
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
    pub fn of(section: &Element) -> Option<Self> {
        Some(Self {
            opens_at: Cell::new(dom::number(section, "data-opens-at")?),
            closes_at: Cell::new(dom::number(section, "data-closes-at")?),
            stock: Cell::new(dom::number(section, "data-stock")?),
            paused: Cell::new(section.has_attribute("data-halted")),
            sold_out: Cell::new(section.has_attribute("data-gone")),
            sold_out_at: Cell::new(None),
            left: Cell::new(None),
            ahead: Cell::new(0),
            round_trip: Cell::new(None),
            place: js_sys::Math::random(),
            connected: Cell::new(false),
            missed: Cell::new(0),
            signed_in: Cell::new(None),
        })
    }

    pub fn state(&self) -> SaleState {
        let window = Window {
            opens_at: self.opens_at(),
            closes_at: self.closes_at(),
            paused: self.paused.get(),
        };
        window.state(self.sold_out.get(), Millis(self.shop_now()))
    }

    fn shop_now(&self) -> i64 {
        dom::now() + self.ahead.get()
    }

    /// Where the sale stands now.
    pub fn now(&self) -> Now {
        match self.state() {
            SaleState::Coming => match self.opens_at.get() - self.shop_now() {
                until if until > LAST_MS => Now::Before(until),
                until => Now::Last(until),
            },
            SaleState::Open => Now::Open,
            SaleState::SoldOut => Now::SoldOut,
            SaleState::Paused => Now::Paused,
            SaleState::Ended => Now::Ended,
        }
    }

    /// Milliseconds until the end.
    pub fn left_ms(&self) -> i64 {
        self.closes_at.get() - self.shop_now()
    }

    pub fn closes_at(&self) -> Millis {
        Millis(self.closes_at.get())
    }

    /// Whether nothing was heard of the shop for a while: what is shown may not be so any more.
    pub fn is_away(&self) -> bool {
        self.missed.get() >= MISSED_MAX || !dom::is_online()
    }

    pub fn opens_at(&self) -> Millis {
        Millis(self.opens_at.get())
    }

    /// Takes in what the server said to a question of that moment.
    fn learn(&self, said: &SaleNow, asked_at: i64) {
        self.opens_at.set(said.opens_at.0);
        self.closes_at.set(said.closes_at.0);
        self.stock.set(said.stock);
        self.sold_out.set(said.sold_out_at.is_some());
        self.sold_out_at.set(said.sold_out_at);
        // Before its window a sale does not say whether it is halted.
        if said.phase != Phase::Upcoming {
            self.paused.set(said.phase == Phase::Paused);
        }
        self.signed_in.set(Some(said.signed_in));
        let trip = (dom::now() - asked_at).max(0);
        // The shortest trip tells best; a clock that was set since then tells nothing any more.
        let ahead = said.now.0 + trip / 2 - dom::now();
        let off = (ahead - self.ahead.get()).abs();
        if self
            .round_trip
            .get()
            .is_none_or(|best| trip <= best || off > best / 2 + trip / 2 + 1)
        {
            self.ahead.set(ahead);
            self.round_trip.set(Some(trip));
        }
    }
}

impl Rush {
    /// Looks at the sale from now on, as rarely as the button can stand it, and never while nobody
    /// sees the page.
    pub async fn watch(self: Rc<Self>) {
        while self.sheet.section.is_connected() {
            // Whoever comes to a tab that was opened behind another one hears of the shop's clock
            // at once.
            while !dom::is_visible() {
                dom::sleep(HIDDEN_REST_MS).await;
            }
            self.look().await;
            let is_done = matches!(
                *self.stage.borrow(),
                ClickStage::Won(_) | ClickStage::Yours | ClickStage::Lost(_)
            );
            let now = self.clock.now();
            // Whoever heard nothing asks as often as while the sale is on, as long as it is time.
            let has_missed =
                self.clock.missed.get() > 0 && matches!(now, Now::Before(ms) if ms > CROWD_MS);
            renewal::rest(pause_ms(
                if has_missed { Now::Open } else { now },
                is_done,
                self.clock.place,
            ))
            .await;
        }
    }

    /// Looks once; gives whether the sale's desk knows of no ticket of the student.
    pub async fn look(self: &Rc<Self>) -> bool {
        let (asked_at, before) = (dom::now(), self.stage.borrow().clone());
        let said = read_sale_now(SaleArgs {
            id: Some(Text(self.sale.clone())),
        })
        .await;
        self.clock.connected.set(said.is_ok());
        let Ok(said) = said else {
            self.clock.missed.set(self.clock.missed.get() + 1);
            self.paint();
            return false;
        };
        self.clock.missed.set(0);
        let said = said.result;
        self.clock.learn(&said, asked_at);
        self.show_sync();
        // While each seat that is left has somebody queueing for it, none is gone yet: a moment
        // later they are, or one is free again.
        if said.left != Some(0) || said.sold_out_at.is_some() {
            self.clock.left.set(said.left);
            self.show_seats();
        }
        let (stage, is_free) = (self.stage.borrow().clone(), said.no_ticket == Some(true));
        if let Some(task) = said.task_id
            && !self.busy.get()
            // A click that could not be heard in time may have become a ticket all the same.
            && matches!(stage, ClickStage::Idle | ClickStage::Refused(_))
        {
            self.follow_earlier(task);
        } else if match stage {
            // Seats were added, or it opened or went on: there is something to click for again.
            ClickStage::Lost(Loss {
                reason: Reason::SoldOut | Reason::TooEarly | Reason::Paused,
                ..
            }) => self.clock.now() == Now::Open && said.left.is_some_and(|left| left > 0),
            // The order was cancelled. What a click brought since the question is not in the
            // answer.
            ClickStage::Won(_) | ClickStage::Yours => is_free && stage == before,
            _ => false,
        } {
            self.start_over();
        }
        self.paint();
        is_free
    }

    fn show_sync(&self) {
        if let Some(trip) = self.clock.round_trip.get() {
            let lang = self.lang;
            let synced = text::synced(lang, (trip + 1) / 2);
            dom::set_text(
                &self.sheet.synced,
                &[text::zone(lang), " · ", &synced].concat(),
            );
        }
    }

    /// A seat went to this student: the last look did not know.
    pub fn take_seat(&self) {
        self.clock
            .left
            .set(self.clock.left.get().map(|left| left - 1));
        self.show_seats();
    }

    /// Seats left, as of the last look.
    fn show_seats(&self) {
        let now = self.clock.now();
        let Some(left) = self
            .clock
            .left
            .get()
            .filter(|_| matches!(now, Now::Open | Now::SoldOut | Now::Paused))
        else {
            return;
        };
        let stock = self.clock.stock.get().max(0);
        let left = left.clamp(0, stock);
        let words = match left {
            0 => sale::seats_none(self.lang).to_owned(),
            _ => sale::seats(self.lang, left, stock),
        };
        dom::set_text(&self.sheet.seats, &words);
        dom::set(&self.sheet.meter, "max", Some(&stock.max(1).to_string()));
        dom::set(&self.sheet.meter, "value", Some(&left.to_string()));
        dom::set(&self.sheet.meter, "aria-hidden", None);
    }
}

/// Milliseconds until the next look of the page of this place. The button opens by the clock:
/// before the opening a page looks once more, some time in the last minute, and then after it.
fn pause_ms(now: Now, is_done: bool, place: f64) -> i64 {
    let spread_ms = dom::to_i64(place * SPREAD_MS);
    match now {
        Now::Before(ms) => match ms - LAST_MS - dom::to_i64(place * LAST_SPREAD_MS) {
            // A timer that is a moment early asks no second time.
            until if until > FIRST_MS => until.min(FAR_MS),
            _ => ms + FIRST_MS + spread_ms,
        },
        Now::Last(ms) => ms + FIRST_MS + spread_ms,
        Now::Open | Now::SoldOut if is_done => DONE_MS + spread_ms,
        Now::Open | Now::SoldOut | Now::Paused => NEAR_MS + spread_ms,
        Now::Ended => FAR_MS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When a page looks that was loaded so long before the opening, until the first look after it;
    /// milliseconds from the opening.
    fn looks(loaded: i64, place: f64) -> Vec<i64> {
        let mut at = vec![-loaded];
        while at[at.len() - 1] < 0 {
            let left = -at[at.len() - 1];
            let now = if left > LAST_MS {
                Now::Before(left)
            } else {
                Now::Last(left)
            };
            at.push(pause_ms(now, false, place) - left);
        }
        at
    }

    #[test]
    fn a_page_looks_once_in_the_last_minute_and_not_in_the_last_seconds() {
        assert_eq!(looks(120_000, 0.0), [-120_000, -10_000, 2_000]);
        assert_eq!(looks(120_000, 0.5), [-120_000, -35_000, 6_000]);
        assert_eq!(
            looks(30_000, 0.5),
            [-30_000, 6_000],
            "what it learned at load is young enough"
        );
        assert_eq!(looks(5_000, 0.5), [-5_000, 6_000]);
        assert_eq!(
            looks(700_000, 1.0),
            [-700_000, -400_000, -100_000, -60_000, 10_000]
        );
    }

    #[test]
    fn after_the_opening_it_looks_each_ten_seconds_and_less_often_when_nothing_is_open_for_the_student()
     {
        assert_eq!(
            [0.0, 1.0].map(|place| pause_ms(Now::Open, false, place)),
            [8_000, 16_000]
        );
        assert_eq!(pause_ms(Now::Open, true, 0.0), 30_000);
        assert_eq!(pause_ms(Now::SoldOut, false, 0.0), 8_000);
        assert_eq!(pause_ms(Now::Paused, true, 0.0), 8_000);
        assert_eq!(pause_ms(Now::Ended, false, 0.5), FAR_MS);
    }
}
