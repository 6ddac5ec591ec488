//! A page without a browser: it keeps the operations that are under way, and checks after each step
//! what always holds.

use crate::{
    rules::{
        button::{
            Asking, Button, ButtonEvent, ClickStage, Effect, Moment, Now, Operation, Pending,
            ReadReason, SaleFacts, TicketSource, Timer,
        },
        seckill::{
            ticket::{CODE_LOST, CODE_WON},
            window::Window,
        },
    },
    types::{
        error::AppError,
        ids::OrderId,
        order::{OrderState, SeatOrder},
        sale::{Clicked, Loss, Polled, Reason, SaleNow},
        time::Millis,
    },
};

pub const WINDOW: Window = Window {
    opens_at: Millis(1_000_000),
    closes_at: Millis(2_000_000),
    paused: false,
};
pub const STOCK: i64 = 10;

/// A page with the button.
pub struct Driver {
    pub button: Button,
    pub at: Moment,
    pub operations: Vec<Operation>,
    pub has_ticket: bool,
    pub has_key: bool,
}

impl Driver {
    /// A page that is loaded so many milliseconds after the opening.
    pub fn load(after_opening_ms: i64) -> Self {
        let mut driver = Self {
            button: Button::new(SaleFacts::new(WINDOW, false, STOCK, 0)),
            at: Moment {
                now: WINDOW.opens_at.plus(after_opening_ms),
                is_online: true,
                is_visible: true,
                seed: 0,
            },
            operations: Vec::new(),
            has_ticket: false,
            has_key: false,
        };
        driver.reload();
        driver
    }

    /// The page of a student who is signed in, while the sale is open.
    pub fn open() -> Self {
        let mut driver = Self::load(100_000);
        driver.read(&driver.said());
        driver
    }

    pub fn reload(&mut self) {
        self.button = Button::new(SaleFacts::new(WINDOW, false, STOCK, 0));
        self.operations.clear();
        self.feed(ButtonEvent::Loaded {
            is_served: true,
            has_ticket: self.has_ticket,
        });
    }

    /// Makes a step. The operation that the event ends must have been under way.
    pub fn feed<'a>(&mut self, event: ButtonEvent<'a>) -> Vec<Effect<'a>> {
        let is_of_user = matches!(
            event,
            ButtonEvent::Loaded { .. }
                | ButtonEvent::Submitted
                | ButtonEvent::Again
                | ButtonEvent::Seen
        );
        if !is_of_user {
            let ended = self
                .operations
                .iter()
                .position(|operation| is_end_of(*operation, event));
            self.operations.remove(
                ended.unwrap_or_else(|| panic!("{event:?} ends none of {:?}", self.operations)),
            );
        }
        let before = self.button;
        let (button, effects) = before.step(event, self.at);
        self.button = button;
        for effect in &effects {
            match effect {
                Effect::Begin(operation) => self.operations.push(*operation),
                Effect::Remember(_) => self.has_ticket = true,
                Effect::Forget => self.has_ticket = false,
                Effect::ForgetKey => self.has_key = false,
                Effect::SignIn
                | Effect::Pay(_)
                | Effect::Follow(_)
                | Effect::KeepLoss
                | Effect::Refuse(_)
                | Effect::ShowSeats(..)
                | Effect::ShowSync(_)
                | Effect::Dress(_)
                | Effect::Reload
                | Effect::Announce(..) => {}
            }
        }
        self.check_operations();
        self.check_click(&before, event, &effects);
        self.check_end(&before, event);
        check_announcement(&before, &self.button, event, &effects);
        self.has_key |= effects.contains(&Effect::Begin(Operation::Click));
        effects
    }

    /// Each timer runs once, and what is under way has one operation: it goes on, and is never sent
    /// twice.
    fn check_operations(&self) {
        let count = |fits: fn(&Operation) -> bool| {
            self.operations
                .iter()
                .filter(|operation| fits(operation))
                .count()
        };
        let ticks = count(|operation| matches!(operation, Operation::Wait(Timer::Tick, _)));
        let reads = count(|operation| {
            matches!(
                operation,
                Operation::Wait(Timer::Read, _) | Operation::Read(ReadReason::Routine)
            )
        });
        let orders = count(|operation| matches!(operation, Operation::Order));
        let holds = count(|operation| matches!(operation, Operation::Wait(Timer::Hold, _)));
        let operations = (ticks, reads, orders, holds, self.operations.len());
        let is_pending = self.button.pending != Pending::Nothing;
        let is_asking = usize::from(self.button.asking != Asking::No);
        let is_timed = usize::from(self.button.is_hold_timed);
        let others = usize::from(is_pending) + is_asking + is_timed;
        assert_eq!(
            operations,
            (1, 1, is_asking, is_timed, 2 + others),
            "{:?}",
            self.operations
        );
        let is_known = self.button.order.is_some();
        assert!(
            !is_known || self.button.has_seat(),
            "an order without a seat"
        );
        let shown = (self.button.stage, self.button.pending);
        assert!(
            !matches!(
                shown,
                (
                    ClickStage::Sending | ClickStage::Queued(_) | ClickStage::Retrying(..),
                    Pending::Nothing
                )
            ),
            "nothing would end {shown:?}"
        );
    }

    /// A click is the same one until its ticket is decided, and no ticket is lost sight of.
    fn check_click(&self, before: &Button, event: ButtonEvent<'_>, effects: &[Effect<'_>]) {
        if effects.contains(&Effect::ForgetKey) {
            assert!(matches!(event, ButtonEvent::Polled(_)), "{event:?}");
        }
        if effects.contains(&Effect::Begin(Operation::Click)) {
            match (before.stage, event) {
                (ClickStage::Retrying(..), _) => assert!(self.has_key, "another click"),
                (_, ButtonEvent::Submitted) => {
                    assert_eq!(before.pending, Pending::Nothing);
                    assert_eq!(self.button.sale.now(self.at.now), Now::Open);
                    assert_ne!(self.button.sale.is_signed_in, Some(false));
                }
                _ => assert_eq!(before.pending, Pending::Click, "{event:?}"),
            }
        }
        if let Pending::Ticket(TicketSource::Click | TicketSource::Memory) = self.button.pending {
            assert!(self.has_ticket, "a reload would forget the ticket");
        }
        if matches!(before.pending, Pending::Ticket(TicketSource::Click))
            && matches!(self.button.pending, Pending::Nothing)
        {
            let is_kept = match self.button.stage {
                ClickStage::Lost(Loss { reason, .. }) => {
                    matches!(reason, Reason::SoldOut | Reason::Closed)
                }
                // Idle is signed out.
                ClickStage::Won(_) | ClickStage::Idle => true,
                _ => false,
            };
            assert_eq!(self.has_ticket, is_kept, "{:?}", self.button.stage);
        }
    }

    /// An outcome is left only for a sale that has seats again, an order that was cancelled, or at
    /// the student's wish.
    fn check_end(&self, before: &Button, event: ButtonEvent<'_>) {
        if before.stage == self.button.stage || matches!(event, ButtonEvent::Loaded { .. }) {
            return;
        }
        let is_right = match (before.stage, event) {
            (ClickStage::Won(_) | ClickStage::Yours, ButtonEvent::Read(_, _, Some(said))) => {
                said.no_ticket == Some(true)
            }
            (ClickStage::Won(_) | ClickStage::Yours, ButtonEvent::Ordered(_, Some(order))) => {
                !order.state.is_live()
            }
            (ClickStage::Lost(_) | ClickStage::Released, ButtonEvent::Again) => true,
            (ClickStage::Lost(_), ButtonEvent::Read(_, _, Some(said))) => {
                said.left.is_some_and(|left| left > 0)
            }
            (
                ClickStage::Won(_) | ClickStage::Yours | ClickStage::Released | ClickStage::Lost(_),
                _,
            ) => false,
            _ => true,
        };
        assert!(is_right, "{:?} by {event:?}", before.stage);
    }

    /// The operation of what is under way.
    pub fn work(&self) -> Option<Operation> {
        let is_work = |operation: &Operation| {
            !matches!(
                operation,
                Operation::Wait(Timer::Tick | Timer::Read | Timer::Hold, _)
                    | Operation::Read(ReadReason::Routine)
                    | Operation::Order
            )
        };
        self.operations.iter().copied().find(is_work)
    }

    /// Milliseconds that a timer runs.
    pub fn wait_ms(&self, timer: Timer) -> Option<i64> {
        self.operations
            .iter()
            .find_map(|operation| match operation {
                Operation::Wait(own, ms) if *own == timer => Some(*ms),
                _ => None,
            })
    }

    /// Lets the time of a timer pass.
    pub fn elapse(&mut self, timer: Timer) -> Vec<Effect<'static>> {
        let ms = self
            .wait_ms(timer)
            .unwrap_or_else(|| panic!("{timer:?} does not run: {:?}", self.operations));
        self.at.now = self.at.now.plus(ms);
        self.feed(ButtonEvent::Elapsed(timer))
    }

    /// What the shop says to the next read, if nothing happens but that time passes, to a student
    /// who is signed in.
    pub fn said(&self) -> SaleNow {
        let now = self.at.now.plus(self.wait_ms(Timer::Read).unwrap_or(0));
        SaleNow {
            now,
            phase: WINDOW.phase(now),
            opens_at: WINDOW.opens_at,
            closes_at: WINDOW.closes_at,
            stock: STOCK,
            left: Some(4),
            sold_out_at: None,
            signed_in: true,
            task_id: None,
            no_ticket: None,
        }
    }

    /// Answers the next read of the sale.
    pub fn read<'a>(&mut self, said: &'a SaleNow) -> Vec<Effect<'a>> {
        self.answer_read(Some(said))
    }

    /// The same; `None` leaves it without an answer.
    pub fn answer_read<'a>(&mut self, said: Option<&'a SaleNow>) -> Vec<Effect<'a>> {
        if self.wait_ms(Timer::Read).is_some() {
            self.elapse(Timer::Read);
        }
        let now = self.at.now;
        self.feed(ButtonEvent::Read(ReadReason::Routine, now, said))
    }

    /// Answers the question about the seat's order: it is in this state, and its hold ends so many
    /// milliseconds from now.
    pub fn order(&mut self, state: OrderState, left_ms: i64) -> Vec<Effect<'static>> {
        let now = self.at.now;
        let order = SeatOrder {
            id: OrderId(5),
            state,
            expires_at: Some(now.plus(left_ms)),
            now,
        };
        self.feed(ButtonEvent::Ordered(now, Some(order)))
    }

    /// Whether the seat's order is being asked about.
    pub fn asks_order(&self) -> bool {
        self.operations.contains(&Operation::Order)
    }

    /// Submits the form and answers the click with a ticket, to be polled at once.
    pub fn click(&mut self) {
        self.feed(ButtonEvent::Submitted);
        self.feed(ButtonEvent::Clicked(Ok(&clicked(None))));
    }

    pub fn fail_click<'a>(&mut self, error: &'a AppError) -> Vec<Effect<'a>> {
        self.feed(ButtonEvent::Clicked(Err(error)))
    }

    /// The name of what is shown.
    pub fn state(&self) -> &'static str {
        self.button.state(self.at).name()
    }
}

fn is_end_of(operation: Operation, event: ButtonEvent<'_>) -> bool {
    match (operation, event) {
        (Operation::Click, ButtonEvent::Clicked(_))
        | (Operation::Poll, ButtonEvent::Polled(_))
        | (Operation::Order, ButtonEvent::Ordered(..))
        | (Operation::Online, ButtonEvent::Online) => true,
        (Operation::Read(own), ButtonEvent::Read(reason, ..) | ButtonEvent::Gone(reason)) => {
            own == reason
        }
        (Operation::Wait(own, _), ButtonEvent::Elapsed(timer)) => own == timer,
        _ => false,
    }
}

/// What is shown is announced when it changed, and then once.
fn check_announcement(
    before: &Button,
    after: &Button,
    event: ButtonEvent<'_>,
    effects: &[Effect<'_>],
) {
    let announced: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Announce(state, is_away) => Some((*state, *is_away)),
            _ => None,
        })
        .collect();
    if !matches!(event, ButtonEvent::Loaded { .. }) {
        let is_news = before.shown != after.shown;
        assert_eq!(announced.len(), usize::from(is_news), "{effects:?}");
    }
    if let Some(last) = announced.last() {
        assert_eq!(after.shown, Some(*last));
    }
}

pub fn is_announced(effects: &[Effect<'_>]) -> bool {
    effects
        .iter()
        .any(|effect| matches!(effect, Effect::Announce(..)))
}

pub fn clicked(retry_ms: Option<i64>) -> Clicked {
    Clicked {
        code: 100,
        msg: String::new(),
        task_id: String::from("ticket"),
        retry_ms,
    }
}

/// The answer to a poll that says no more than this code.
pub fn polled(code: u16) -> Polled {
    Polled {
        code,
        msg: String::new(),
        reason: None,
        seat: None,
        place: None,
        retry_ms: None,
        sale: None,
        clicked_at: None,
        sold_out_at: None,
    }
}

pub fn won(seat: i64) -> Polled {
    Polled {
        seat: Some(seat),
        ..polled(CODE_WON)
    }
}

pub fn lost(reason: Reason) -> Polled {
    Polled {
        reason: Some(reason),
        ..polled(CODE_LOST)
    }
}
