//! Seckill button as a state machine: [`Button::step`] takes an event and the moment of it, and
//! returns the next state and the effects that the island carries out.
//!
//! What always holds:
//! - At most one click is under way, and each of its retries carries the same key.
//! - A click or ticket that is under way has exactly one [`Operation`]: a request, a wait, or the
//!   wait for a connection. So it always goes on, and no timer runs twice.
//! - A ticket that is not decided is remembered and polled again after a reload; one that found the
//!   seats gone is shown again.
//! - A seat's order is asked about when there is news of the seat, when the student looks at the
//!   page again, and once when its hold ends: never by a timer in between.
//! - A change of what is shown is announced once.

mod face;
mod sale;
mod seat;
mod transition;

#[cfg(test)]
mod tests;

pub use face::ButtonState;
pub use sale::{Now, SaleFacts};

use crate::types::{
    error::AppError,
    ids::OrderId,
    order::{OrderState, SeatOrder},
    sale::{Clicked, Loss, Polled, SaleNow},
    time::Millis,
};
use transition::Transition;

/// State of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Button {
    pub sale: SaleFacts,
    pub stage: ClickStage,
    pending: Pending,
    /// Requests in a row that failed.
    tries: u32,
    /// Clicks in a row that came before the opening by the server's clock.
    early: u32,
    /// The order of the seat that the student has, as the shop told it last.
    pub order: Option<SeatOrder>,
    asking: Asking,
    /// Whether [`Timer::Hold`] runs.
    is_hold_timed: bool,
    /// Whether the stage is what it was when the sale was last asked about.
    is_stage_old: bool,
    /// What is on the page, and whether it says that the shop is away; `None` before the first
    /// announcement.
    shown: Option<(ButtonState, bool)>,
}

/// What became of the click.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClickStage {
    /// None was sent: the sale's window says what is shown.
    Idle,
    /// Sent, not answered.
    Sending,
    /// The ticket waits behind so many others, where that is known.
    Queued(Option<i64>),
    /// Requests in a row that failed.
    Retrying(u32, RetryReason),
    /// The seat's number, where it is known.
    Won(Option<i64>),
    Lost(Loss),
    /// The seat comes from an earlier click.
    Yours,
    /// The seat that there was went back: it was not paid in time, or its order ended otherwise.
    Released,
    /// An error that no retry mends; [`Effect::Refuse`] has told which.
    Refused,
}

/// Why a click or a poll is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryReason {
    /// No answer came; otherwise the shop was too busy.
    pub is_silent: bool,
    /// There is a ticket, so that nothing is lost meanwhile.
    pub has_ticket: bool,
}

/// What is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pending {
    Nothing,
    Click,
    Ticket(TicketSource),
    /// A remembered ticket won this seat: the sale is read to see whether its order still stands.
    Order(Option<i64>),
}

/// Whether the order of the seat is being asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    No,
    Yes,
    /// Since before this seat was won: the answer may be about another order.
    Old,
}

/// Where the ticket that is polled comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TicketSource {
    /// The answer to the click.
    Click,
    /// The tab's memory, after a reload.
    Memory,
    /// The answer about the sale: another tab or another day.
    Sale,
}

/// The circumstances of an event.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// By a clock that goes on evenly, whatever becomes of the machine's.
    pub now: Millis,
    pub is_online: bool,
    /// Whether the student sees the page.
    pub is_visible: bool,
    /// A random number, which spreads waits.
    pub seed: u16,
}

/// What happens to the button.
#[derive(Clone, Copy, Debug)]
pub enum ButtonEvent<'a> {
    /// The page was loaded.
    Loaded {
        /// The page as served shows the present state.
        is_served: bool,
        /// The tab remembers a ticket.
        has_ticket: bool,
    },
    /// The form was submitted.
    Submitted,
    /// The student asks for another click after a lost one.
    Again,
    /// [`Operation::Wait`] is over.
    Elapsed(Timer),
    /// [`Operation::Online`]: the browser has a connection.
    Online,
    /// The answer to [`Operation::Click`].
    Clicked(Result<&'a Clicked, &'a AppError>),
    /// The answer to [`Operation::Poll`].
    Polled(Result<&'a Polled, &'a AppError>),
    /// The answer to [`Operation::Read`], which was sent at that moment; `None` when none came.
    Read(ReadReason, Millis, Option<&'a SaleNow>),
    /// The same: there is no such sale any more.
    Gone(ReadReason),
    /// The answer to [`Operation::Order`], which was sent at that moment; `None` when none came, or
    /// there is no order.
    Ordered(Millis, Option<SeatOrder>),
    /// The student looks at the page again.
    Seen,
}

/// What the island does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect<'a> {
    /// Begins what takes time. Its end is an event.
    Begin(Operation),
    /// Navigates to the sign-in page, which leads back.
    SignIn,
    /// Navigates to the page where this order is paid.
    Pay(OrderId),
    /// Polls this ticket from now on.
    Follow(&'a str),
    /// The same, and the tab remembers it.
    Remember(&'a str),
    /// Forgets the remembered ticket.
    Forget,
    /// Forgets the key: the next click is another one.
    ForgetKey,
    /// Lets the page of seats show the lost ticket.
    KeepLoss,
    /// Keeps the words of an error for [`ClickStage::Refused`].
    Refuse(&'a AppError),
    /// Loads the page anew: what became of the sale stands there.
    Reload,
    /// Shows seats: unsold, and of so many.
    ShowSeats(i64, i64),
    /// Shows how exact the clock is: half of the round trip of so many milliseconds.
    ShowSync(i64),
    /// Shows a state where nothing is to be announced.
    Dress(ButtonState),
    /// Shows a state and announces it, and whether the shop is away.
    Announce(ButtonState, bool),
}

/// What takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Sends the click with its key.
    Click,
    /// Asks about the ticket.
    Poll,
    /// Asks about the sale.
    Read(ReadReason),
    /// Asks about the order of the seat.
    Order,
    /// Waits so many milliseconds.
    Wait(Timer, i64),
    /// Waits for a connection.
    Online,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Until the digits change.
    Tick,
    /// Until the sale is read, or the machine's clock is set.
    Read,
    /// Until the click or the poll is sent.
    Send,
    /// Until the hold of the seat has ended.
    Hold,
}

/// Why the sale is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadReason {
    /// Its timer was over.
    Routine,
    /// A remembered ticket won, and its order may have been cancelled since.
    Order,
}

impl Button {
    pub fn new(sale: SaleFacts) -> Self {
        Self {
            sale,
            stage: ClickStage::Idle,
            pending: Pending::Nothing,
            tries: 0,
            early: 0,
            order: None,
            asking: Asking::No,
            is_hold_timed: false,
            is_stage_old: false,
            shown: None,
        }
    }

    /// Whether the student has a seat, as far as the click tells.
    fn has_seat(&self) -> bool {
        matches!(self.stage, ClickStage::Won(_) | ClickStage::Yours)
    }

    /// Milliseconds for which the seat waits for its payment still.
    pub fn held_ms(&self, now: Millis) -> Option<i64> {
        let order = self
            .order
            .filter(|order| order.state == OrderState::Held && self.has_seat())?;
        Some(self.sale.until_ms(order.expires_at?, now))
    }

    /// The state after an event, and what is to be done, in this order.
    #[must_use]
    pub fn step(self, event: ButtonEvent<'_>, at: Moment) -> (Self, Vec<Effect<'_>>) {
        let mut transition = Transition::new(self, at);
        transition.apply(event);
        transition.finish()
    }
}
