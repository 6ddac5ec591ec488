//! What becomes of a seat: its order is held, paid, or has ended.

use super::{Asking, ClickStage, Effect, Operation, Timer, transition::Transition};
use crate::{
    rules::retry::share_ms,
    types::{
        order::{OrderState, SeatOrder},
        time::Millis,
    },
};

/// Milliseconds after the end of a hold until its order is asked about: by then the shop has ended
/// it, unless a payment is on its way.
const HOLD_OVER_MS: i64 = 2_000;
/// Milliseconds over which pages spread that question: seats of one moment end at one moment.
const HOLD_SPREAD_MS: i64 = 4_000;

impl Transition<'_> {
    pub(super) fn ordered(&mut self, asked_at: Millis, order: Option<SeatOrder>) {
        let asking = std::mem::replace(&mut self.button.asking, Asking::No);
        if !self.button.has_seat() {
            return;
        }
        if asking == Asking::Old {
            return self.ask_order();
        }
        // Without an answer what is shown stays.
        let Some(order) = order else { return };
        self.button.sale.set_clock(order.now, asked_at, self.at.now);
        if order.state.is_live() {
            self.button.order = Some(order);
            self.time_hold();
        } else if self.button.stage != ClickStage::Yours || self.button.order.is_some() {
            // One that is not known to be the seat's may be of another day.
            self.release();
        }
    }

    pub(super) fn ask_order(&mut self) {
        if self.button.asking == Asking::No {
            self.button.asking = Asking::Yes;
            self.begin(Operation::Order);
        }
    }

    /// The student may have paid elsewhere.
    pub(super) fn see(&mut self) {
        let is_paid = self
            .button
            .order
            .is_some_and(|order| order.state == OrderState::Paid);
        if self.button.has_seat() && !is_paid {
            self.ask_order();
        }
    }

    /// Asks again when the hold has ended, and not before.
    fn time_hold(&mut self) {
        if let Some(left_ms) = self.button.held_ms(self.at.now).filter(|ms| *ms > 0)
            && !self.button.is_hold_timed
        {
            self.button.is_hold_timed = true;
            let spread_ms = share_ms(HOLD_SPREAD_MS, self.at.seed);
            self.wait(Timer::Hold, left_ms + HOLD_OVER_MS + spread_ms);
        }
    }

    pub(super) fn end_hold(&mut self) {
        self.button.is_hold_timed = false;
        match self.button.held_ms(self.at.now) {
            // The clock was put right, or it is the hold of another order.
            Some(1..) => self.time_hold(),
            Some(_) => self.ask_order(),
            None => {}
        }
    }

    /// The seat went back.
    pub(super) fn release(&mut self) {
        self.effects.push(Effect::Forget);
        self.end(ClickStage::Released);
    }
}
