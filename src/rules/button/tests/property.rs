//! Random histories: [`Driver::feed`] checks after each step what always holds.

use super::driver::{Driver, WINDOW, clicked, lost, polled, won};
use crate::{
    rules::{
        button::{ButtonEvent, ClickStage, Operation, Pending, ReadReason, Timer},
        seckill::ticket::CODE_WAITING,
    },
    types::{
        error::AppError,
        ids::OrderId,
        order::{OrderState, SeatOrder},
        sale::{Clicked, Phase, Polled, Reason, SaleNow},
        time::Millis,
    },
};
use proptest::prelude::*;

/// What may happen next beside the end of a operation.
const OTHERS: usize = 7;

fn error(choice: u8) -> AppError {
    match choice % 6 {
        0 => AppError::NoAnswer,
        1 => AppError::Unavailable,
        2 => AppError::Internal,
        3 => AppError::TooManyRequests { retry_s: 3 },
        4 => AppError::NotSignedIn,
        _ => AppError::NotYours,
    }
}

fn click_answer(choice: u8) -> Result<Clicked, AppError> {
    match choice % 4 {
        0 => Err(error(choice / 4)),
        1 => Ok(clicked(None)),
        _ => Ok(clicked(Some(200))),
    }
}

fn poll_answer(choice: u8) -> Result<Polled, AppError> {
    match choice % 5 {
        0 => Err(error(choice / 5)),
        1 => Ok(won(i64::from(choice))),
        2 => Ok(lost(
            Reason::ALL[usize::from(choice / 5) % Reason::ALL.len()],
        )),
        _ => Ok(Polled {
            place: Some(i64::from(choice)),
            ..polled(CODE_WAITING)
        }),
    }
}

fn read_answer(driver: &Driver, choice: u8) -> Option<SaleNow> {
    let is = |bit: u8| choice & (1 << bit) != 0;
    let mut said = SaleNow {
        now: driver.at.now,
        left: Some(i64::from(choice % 3)),
        sold_out_at: is(2).then_some(Millis(1_500_000)),
        signed_in: is(3) || is(4),
        task_id: is(5).then(|| String::from("other")),
        no_ticket: is(6).then_some(true),
        ..driver.said()
    };
    said.phase = match WINDOW.phase(driver.at.now) {
        Phase::Open if is(7) && is(0) => Phase::Paused,
        phase => phase,
    };
    (!choice.is_multiple_of(7)).then_some(said)
}

fn order_answer(driver: &Driver, choice: u8) -> Option<SeatOrder> {
    let state = OrderState::of_number(i64::from(choice % 9))?;
    Some(SeatOrder {
        id: OrderId(i64::from(choice)),
        state,
        expires_at: (!choice.is_multiple_of(5))
            .then(|| driver.at.now.plus(i64::from(choice) * 1_000 - 20_000)),
        now: driver.at.now,
    })
}

/// Ends a operation: in time, or a moment early.
fn end(driver: &mut Driver, operation: Operation, choice: u8) {
    match operation {
        Operation::Click => drop(driver.feed(ButtonEvent::Clicked(click_answer(choice).as_ref()))),
        Operation::Poll => drop(driver.feed(ButtonEvent::Polled(poll_answer(choice).as_ref()))),
        Operation::Read(reason) => {
            let said = read_answer(driver, choice);
            let event = match choice {
                255 => ButtonEvent::Gone(reason),
                _ => ButtonEvent::Read(reason, driver.at.now, said.as_ref()),
            };
            drop(driver.feed(event));
        }
        Operation::Order => {
            let order = order_answer(driver, choice);
            drop(driver.feed(ButtonEvent::Ordered(driver.at.now, order)));
        }
        Operation::Wait(timer, ms) => {
            driver.at.now = driver.at.now.plus(ms);
            drop(driver.feed(ButtonEvent::Elapsed(timer)));
        }
        Operation::Online => {
            driver.at.is_online = true;
            drop(driver.feed(ButtonEvent::Online));
        }
    }
}

fn happen(driver: &mut Driver, what: usize, choice: u8) {
    if let Some(operation) = driver
        .operations
        .get(what % (driver.operations.len() + OTHERS))
        .copied()
    {
        return end(driver, operation, choice);
    }
    match what % OTHERS {
        0 | 1 => drop(driver.feed(ButtonEvent::Submitted)),
        2 => drop(driver.feed(ButtonEvent::Again)),
        3 => driver.at.is_online = !driver.at.is_online,
        4 => driver.at.is_visible = !driver.at.is_visible,
        5 => drop(driver.feed(ButtonEvent::Seen)),
        _ => driver.reload(),
    }
}

proptest! {
    /// Whatever happens in whatever order, at most one click is under way, no timer runs twice,
    /// what is under way has one operation, and an outcome is left for a reason.
    #[test]
    fn the_button_always_goes_on(
        from_opening_ms in -100_000_i64..1_100_000,
        history in proptest::collection::vec((any::<usize>(), any::<u8>()), 0..120),
    ) {
        let mut driver = Driver::load(from_opening_ms);
        for (what, choice) in history {
            happen(&mut driver, what, choice);
        }
    }

    /// From every state a shop that answers leads to an outcome, or to a button that waits for the
    /// student, in a few steps.
    #[test]
    fn a_shop_that_answers_ends_what_is_under_way(
        history in proptest::collection::vec((any::<usize>(), any::<u8>()), 0..60),
    ) {
        let mut driver = Driver::open();
        for (what, choice) in history {
            happen(&mut driver, what, choice);
        }
        driver.at.is_online = true;
        for _ in 0..6 {
            match driver.work() {
                Some(Operation::Click) => drop(driver.feed(ButtonEvent::Clicked(Ok(&clicked(None))))),
                Some(Operation::Poll) => drop(driver.feed(ButtonEvent::Polled(Ok(&won(1))))),
                Some(Operation::Read(reason)) => {
                    let said = driver.said();
                    let now = driver.at.now;
                    prop_assert_eq!(reason, ReadReason::Order);
                    drop(driver.feed(ButtonEvent::Read(reason, now, Some(&said))));
                }
                Some(Operation::Wait(timer, _)) => {
                    prop_assert_eq!(timer, Timer::Send);
                    driver.elapse(timer);
                }
                Some(Operation::Order) => prop_assert!(false, "it is no work"),
                Some(Operation::Online) => drop(driver.feed(ButtonEvent::Online)),
                None => break,
            }
        }
        prop_assert_eq!(driver.button.pending, Pending::Nothing);
        prop_assert!(!matches!(driver.button.stage, ClickStage::Sending | ClickStage::Queued(_)));
    }
}
