//! What each event does to the button.

use super::{
    Asking, Button, ButtonEvent, ClickStage, Effect, Moment, Now, Operation, Pending, ReadReason,
    RetryReason, TicketSource, Timer,
};
use crate::{
    rules::{
        retry::{again_after_ms, poll_after_ms},
        seckill::ticket::{CODE_LOST, CODE_WON},
    },
    types::{
        error::AppError,
        sale::{Clicked, Loss, Polled, Reason, SaleNow},
        time::{Millis, next_second_ms},
    },
};

/// Answers that tell of a defect, until the button gives up.
const DEFECTS_MAX: u32 = 5;
/// Clicks that came a hair too early and are sent again.
const EARLY_MAX: u32 = 3;
/// Milliseconds until they are.
const EARLY_MS: i64 = 300;
/// Milliseconds after which a hidden page finds out whether it is seen: only then it reads.
const HIDDEN_REST_MS: i64 = 500;

/// One step that is being made.
pub struct Transition<'a> {
    pub(super) button: Button,
    pub(super) at: Moment,
    pub(super) effects: Vec<Effect<'a>>,
}

impl<'a> Transition<'a> {
    pub fn new(button: Button, at: Moment) -> Self {
        Self {
            button,
            at,
            effects: Vec::new(),
        }
    }

    pub fn apply(&mut self, event: ButtonEvent<'a>) {
        match event {
            ButtonEvent::Loaded {
                is_served,
                has_ticket,
            } => self.load(is_served, has_ticket),
            ButtonEvent::Submitted => self.submit(),
            ButtonEvent::Again
                if matches!(
                    self.button.stage,
                    ClickStage::Lost(_) | ClickStage::Released
                ) =>
            {
                self.start_over();
            }
            ButtonEvent::Again => {}
            ButtonEvent::Elapsed(Timer::Tick) => self.tick(),
            ButtonEvent::Elapsed(Timer::Read) => self.read(),
            ButtonEvent::Elapsed(Timer::Send) | ButtonEvent::Online => self.send(),
            ButtonEvent::Elapsed(Timer::Hold) => self.end_hold(),
            ButtonEvent::Clicked(answer) => self.clicked(answer),
            ButtonEvent::Polled(answer) => self.polled(answer),
            ButtonEvent::Read(reason, asked_at, said) => self.was_read(reason, asked_at, said),
            ButtonEvent::Gone(reason) => self.was_hidden(reason),
            ButtonEvent::Ordered(asked_at, order) => self.ordered(asked_at, order),
            ButtonEvent::Seen => self.see(),
        }
    }

    /// The outcome; what is shown is announced when it changed.
    pub fn finish(mut self) -> (Button, Vec<Effect<'a>>) {
        let (state, is_away) = self.button.face(self.at);
        if self.button.shown != Some((state, is_away)) {
            self.button.shown = Some((state, is_away));
            self.effects.push(Effect::Announce(state, is_away));
        }
        (self.button, self.effects)
    }

    fn load(&mut self, is_served: bool, has_ticket: bool) {
        if is_served {
            // What was served is not announced again.
            let state = self.button.state(self.at);
            self.button.shown = Some((state, false));
            self.effects.push(Effect::Dress(state));
        }
        if has_ticket {
            self.follow(TicketSource::Memory);
        }
        self.read();
        self.tick();
    }

    fn tick(&mut self) {
        let wait_ms = next_second_ms(self.button.sale.tick_ms(self.at.now));
        self.wait(Timer::Tick, wait_ms);
    }

    /// Reads the sale, but never while the page is hidden: a student who comes to a tab that was
    /// opened behind another one hears of the shop's clock at once.
    fn read(&mut self) {
        if self.at.is_visible {
            self.button.is_stage_old = true;
            self.begin(Operation::Read(ReadReason::Routine));
        } else {
            self.wait(Timer::Read, HIDDEN_REST_MS);
        }
    }

    fn submit(&mut self) {
        let held_ms = self.button.held_ms(self.at.now);
        if let Some(order) = self.button.order
            && held_ms.is_some_and(|left_ms| left_ms > 0)
        {
            return self.effects.push(Effect::Pay(order.id));
        }
        let is_free = matches!(self.button.stage, ClickStage::Idle | ClickStage::Refused)
            && self.button.pending == Pending::Nothing;
        match self.now() {
            Now::Before(_) | Now::Open
                if is_free && self.button.sale.is_signed_in == Some(false) =>
            {
                self.effects.push(Effect::SignIn);
            }
            Now::Open if is_free => {
                self.button.early = 0;
                self.click();
                self.send();
            }
            Now::Before(_) | Now::Last(_) | Now::Open | Now::SoldOut | Now::Paused | Now::Ended => {
            }
        }
    }

    fn click(&mut self) {
        self.button.tries = 0;
        self.button.pending = Pending::Click;
        self.set(ClickStage::Sending);
    }

    fn follow(&mut self, source: TicketSource) {
        self.button.tries = 0;
        self.button.pending = Pending::Ticket(source);
        self.send();
    }

    /// Sends what is under way, as soon as the browser has a connection where none was the trouble.
    fn send(&mut self) {
        let is_retry = matches!(self.button.stage, ClickStage::Retrying(..));
        let operation = match self.button.pending {
            Pending::Nothing | Pending::Order(_) => return,
            _ if is_retry && !self.at.is_online => Operation::Online,
            Pending::Click => Operation::Click,
            Pending::Ticket(_) => Operation::Poll,
        };
        self.begin(operation);
    }

    fn clicked(&mut self, answer: Result<&'a Clicked, &'a AppError>) {
        match answer {
            _ if self.button.pending != Pending::Click => {}
            Ok(clicked) => {
                self.effects.push(Effect::Remember(&clicked.task_id));
                self.button.tries = 0;
                self.button.pending = Pending::Ticket(TicketSource::Click);
                if clicked.retry_ms.is_some() {
                    self.set(ClickStage::Queued(None));
                    self.wait(Timer::Send, poll_after_ms(clicked.retry_ms));
                } else {
                    self.begin(Operation::Poll);
                }
            }
            Err(AppError::NotSignedIn) => {
                self.sign_out();
                self.effects.push(Effect::SignIn);
            }
            Err(error) if self.is_passing(error) && self.now() != Now::Ended => {
                self.retry(error, false);
            }
            Err(error) => {
                if *error == AppError::NotFound {
                    // Hidden since the page was loaded.
                    self.effects.push(Effect::Reload);
                }
                self.effects.push(Effect::Refuse(error));
                self.end(ClickStage::Refused);
            }
        }
    }

    fn polled(&mut self, answer: Result<&'a Polled, &'a AppError>) {
        let Pending::Ticket(source) = self.button.pending else {
            return;
        };
        match answer {
            Ok(polled) if !matches!(polled.code, CODE_WON | CODE_LOST) => {
                self.button.tries = 0;
                self.set(ClickStage::Queued(polled.place));
                self.wait(Timer::Send, poll_after_ms(polled.retry_ms));
            }
            Err(error) if self.is_passing(error) => self.retry(error, true),
            answer if source == TicketSource::Sale => self.end(self.elsewhere(answer.ok())),
            Ok(polled) if polled.code == CODE_WON => {
                self.decide(source, ClickStage::Won(polled.seat));
            }
            Ok(polled) if polled.reason == Some(Reason::AlreadyYours) => {
                self.decide(source, ClickStage::Yours);
            }
            Ok(polled) => self.decide(source, ClickStage::Lost(Loss::of(polled))),
            Err(AppError::NotSignedIn) => self.sign_out(),
            Err(error) => {
                self.effects.push(Effect::Refuse(error));
                self.decide(source, ClickStage::Refused);
            }
        }
    }

    /// What a ticket of another tab or another day came to: only a student who saw it wait is told
    /// of its end.
    fn elsewhere(&self, polled: Option<&Polled>) -> ClickStage {
        let was_seen = matches!(
            self.button.stage,
            ClickStage::Queued(_) | ClickStage::Retrying(..)
        );
        match polled {
            Some(polled) if polled.code != CODE_WON && was_seen => {
                ClickStage::Lost(Loss::of(polled))
            }
            Some(polled) if polled.code != CODE_WON => ClickStage::Idle,
            Some(polled) if was_seen => ClickStage::Won(polled.seat),
            Some(_) => ClickStage::Yours,
            None => ClickStage::Idle,
        }
    }

    /// The student's own ticket is decided: forgets what need not be remembered of it.
    fn decide(&mut self, source: TicketSource, stage: ClickStage) {
        self.effects.push(Effect::ForgetKey);
        match stage {
            // A seat is shown again after a reload, and so is what took it away.
            ClickStage::Won(_) => {}
            ClickStage::Lost(Loss {
                reason: Reason::SoldOut | Reason::Closed,
                ..
            }) => self.effects.push(Effect::KeepLoss),
            _ => self.effects.push(Effect::Forget),
        }
        match (source, stage) {
            (
                TicketSource::Click,
                ClickStage::Lost(Loss {
                    reason: Reason::TooEarly,
                    ..
                }),
            ) if self.button.early < EARLY_MAX && self.now() == Now::Open => {
                // This clock is a hair ahead of the server's.
                self.button.early += 1;
                self.click();
                self.wait(Timer::Send, EARLY_MS);
            }
            (TicketSource::Click, ClickStage::Won(_)) => {
                self.button.sale.take_seat();
                self.show_seats();
                self.end(stage);
            }
            (TicketSource::Memory, ClickStage::Won(seat)) => {
                self.button.pending = Pending::Order(seat);
                self.begin(Operation::Read(ReadReason::Order));
            }
            // It was another student's, or of another day.
            (
                TicketSource::Memory,
                ClickStage::Refused
                | ClickStage::Lost(Loss {
                    reason: Reason::NoTicket,
                    ..
                }),
            ) => self.end(ClickStage::Idle),
            _ => self.end(stage),
        }
    }

    fn was_read(&mut self, reason: ReadReason, asked_at: Millis, said: Option<&'a SaleNow>) {
        match said {
            Some(said) => self.learn(asked_at, said),
            None => self.button.sale.miss(),
        }
        match (reason, self.button.pending) {
            (ReadReason::Routine, _) => {
                let is_decided = matches!(
                    self.button.stage,
                    ClickStage::Won(_)
                        | ClickStage::Yours
                        | ClickStage::Released
                        | ClickStage::Lost(_)
                );
                let wait_ms = self.button.sale.read_after_ms(is_decided, self.at.now);
                self.wait(Timer::Read, wait_ms);
            }
            (ReadReason::Order, Pending::Order(_)) if said.is_some_and(has_no_ticket) => {
                self.release();
            }
            (ReadReason::Order, Pending::Order(seat)) => self.end(ClickStage::Won(seat)),
            (ReadReason::Order, _) => {}
        }
    }

    /// An operator hides the course, or a sale that is over is asked about no more. A click that is
    /// under way is waited for, and what became of it stays.
    fn was_hidden(&mut self, reason: ReadReason) {
        let is_idle = self.button.pending == Pending::Nothing
            && matches!(self.button.stage, ClickStage::Idle | ClickStage::Refused);
        if is_idle && self.now() != Now::Ended {
            self.effects.push(Effect::Reload);
        }
        self.was_read(reason, self.at.now, None);
    }

    fn learn(&mut self, asked_at: Millis, said: &'a SaleNow) {
        let trip_ms = self.button.sale.learn(said, asked_at, self.at.now);
        self.effects.push(Effect::ShowSync(trip_ms));
        if self.button.sale.learn_left(said) {
            self.show_seats();
        }
        match (self.button.stage, &said.task_id) {
            // A click that could not be heard in time may have become a ticket all the same.
            (ClickStage::Idle | ClickStage::Refused, Some(task))
                if self.button.pending == Pending::Nothing =>
            {
                self.effects.push(Effect::Follow(task));
                self.follow(TicketSource::Sale);
            }
            // Seats were added, or it opened or went on: there is something to click for again.
            (
                ClickStage::Lost(Loss {
                    reason: Reason::SoldOut | Reason::TooEarly | Reason::Paused,
                    ..
                }),
                _,
            ) if self.now() == Now::Open && said.left.is_some_and(|left| left > 0) => {
                self.start_over();
            }
            // The order has ended. What a click brought since the question is not in the answer.
            (ClickStage::Won(_) | ClickStage::Yours, _)
                if has_no_ticket(said) && self.button.is_stage_old =>
            {
                if self.button.stage == ClickStage::Yours && self.button.order.is_none() {
                    // It was no seat of this sale.
                    self.start_over();
                } else {
                    self.release();
                }
            }
            _ => {}
        }
    }

    /// Forgets the last click.
    fn start_over(&mut self) {
        self.effects.push(Effect::Forget);
        self.set(ClickStage::Idle);
    }

    /// The session has ended; the ticket, if there is one, stays remembered.
    fn sign_out(&mut self) {
        self.button.sale.is_signed_in = Some(false);
        self.end(ClickStage::Idle);
    }

    /// Waits until another try is worth it.
    fn retry(&mut self, error: &AppError, has_ticket: bool) {
        self.button.tries += 1;
        let tries = self.button.tries;
        self.set(ClickStage::Retrying(
            tries,
            RetryReason {
                is_silent: *error == AppError::NoAnswer,
                has_ticket,
            },
        ));
        if self.at.is_online {
            let wait_ms = again_after_ms(error.retry_s(), tries, self.at.seed);
            self.wait(Timer::Send, wait_ms);
        } else {
            self.begin(Operation::Online);
        }
    }

    /// Whether the same request may succeed later.
    fn is_passing(&self, error: &AppError) -> bool {
        error.retry_s().is_some()
            || (*error == AppError::Internal && self.button.tries < DEFECTS_MAX)
    }

    pub(super) fn end(&mut self, stage: ClickStage) {
        self.button.pending = Pending::Nothing;
        self.set(stage);
    }

    fn set(&mut self, stage: ClickStage) {
        self.button.stage = stage;
        self.button.is_stage_old = false;
        self.button.order = None;
        if self.button.asking != Asking::No {
            self.button.asking = Asking::Old;
        }
        if self.button.has_seat() {
            self.ask_order();
        }
    }

    fn show_seats(&mut self) {
        if let Some((left, stock)) = self.button.sale.seats(self.at.now) {
            self.effects.push(Effect::ShowSeats(left, stock));
        }
    }

    pub(super) fn wait(&mut self, timer: Timer, ms: i64) {
        self.begin(Operation::Wait(timer, ms));
    }

    pub(super) fn begin(&mut self, operation: Operation) {
        self.effects.push(Effect::Begin(operation));
    }

    fn now(&self) -> Now {
        self.button.sale.now(self.at.now)
    }
}

/// Whether the sale's desk knows of no ticket of the student.
fn has_no_ticket(said: &SaleNow) -> bool {
    said.no_ticket == Some(true)
}
