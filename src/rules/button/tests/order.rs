//! A seat that was won: it is held, paid, or goes back.

use super::driver::{Driver, WINDOW, lost, won};
use crate::{
    rules::button::{ButtonEvent, ButtonState, ClickStage, Effect, Timer},
    types::{
        ids::OrderId,
        order::{OrderState, SeatOrder},
        sale::{Reason, SaleNow},
        time::MINUTE_MS,
    },
};

/// The page of a student who has just won a seat.
fn winner() -> Driver {
    let mut page = Driver::open();
    page.click();
    page.feed(ButtonEvent::Polled(Ok(&won(7))));
    page
}

/// The same, and the seat is held for a minute.
fn holder() -> Driver {
    let mut page = winner();
    page.order(OrderState::Held, MINUTE_MS);
    page
}

#[test]
fn a_seat_is_shown_with_its_hold_and_leads_to_its_payment() {
    let mut page = winner();
    assert_eq!((page.state(), page.asks_order()), ("won", true));
    page.order(OrderState::Held, MINUTE_MS);
    assert_eq!((page.state(), page.asks_order()), ("held", false));
    assert_eq!(page.button.held_ms(page.at.now), Some(MINUTE_MS));
    assert_eq!(
        page.feed(ButtonEvent::Submitted),
        [Effect::Pay(OrderId(5))],
        "the button itself leads there"
    );
    assert!(page.has_ticket, "it is shown after a reload, too");
}

#[test]
fn a_hold_is_counted_by_the_server_s_clock() {
    let mut page = winner();
    let now = page.at.now;
    // The browser is an hour behind.
    let ahead = now.plus(3_600_000);
    let order = SeatOrder {
        id: OrderId(5),
        state: OrderState::Held,
        expires_at: Some(ahead.plus(MINUTE_MS)),
        now: ahead,
    };
    page.feed(ButtonEvent::Ordered(now, Some(order)));
    assert_eq!(page.button.held_ms(now), Some(MINUTE_MS));
}

#[test]
fn a_hold_is_asked_about_when_it_has_ended_and_not_before() {
    let mut page = holder();
    let end = page.at.now.plus(MINUTE_MS);
    while page.at.now < end {
        assert!(!page.asks_order(), "no poll while it is held");
        page.elapse(Timer::Tick);
    }
    assert_eq!(page.state(), "closing", "the time is up");
    assert_eq!(page.feed(ButtonEvent::Submitted), [], "it can't be paid");
    page.at.now = end;
    page.elapse(Timer::Hold);
    assert!(page.asks_order());
    let effects = page.order(OrderState::Closing, 0);
    assert_eq!((effects, page.state()), (vec![], "closing"));
    assert!(
        page.wait_ms(Timer::Hold).is_none() && !page.asks_order(),
        "once"
    );
}

#[test]
fn whoever_comes_back_from_paying_sees_it() {
    for (state, shown) in [
        (OrderState::Held, "held"),
        (OrderState::Closing, "closing"),
        (OrderState::Paid, "paid"),
        (OrderState::Expired, "released"),
        (OrderState::Cancelled, "released"),
        (OrderState::Refunding, "released"),
    ] {
        let mut page = holder();
        page.feed(ButtonEvent::Seen);
        page.feed(ButtonEvent::Seen);
        assert!(page.asks_order(), "once, as the driver checks");
        page.order(state, MINUTE_MS);
        assert_eq!(page.state(), shown);
        page.feed(ButtonEvent::Seen);
        let is_open = matches!(shown, "held" | "closing");
        assert_eq!(page.asks_order(), is_open, "{shown}");
    }
}

#[test]
fn what_is_paid_at_once_says_nothing_of_a_payment() {
    let mut page = winner();
    let now = page.at.now;
    let order = SeatOrder {
        id: OrderId(5),
        state: OrderState::Paid,
        expires_at: None,
        now,
    };
    page.feed(ButtonEvent::Ordered(now, Some(order)));
    assert_eq!(page.button.state(page.at), ButtonState::Paid(false));
    assert_eq!(page.wait_ms(Timer::Hold), None);
}

#[test]
fn a_seat_that_went_back_may_be_clicked_for_again() {
    let mut page = holder();
    page.feed(ButtonEvent::Seen);
    let effects = page.order(OrderState::Expired, -1);
    assert!(effects.contains(&Effect::Forget), "{effects:?}");
    assert_eq!((page.state(), page.has_ticket), ("released", false));
    page.feed(ButtonEvent::Submitted);
    assert_eq!(page.work(), None, "not by the big button at once");
    page.feed(ButtonEvent::Again);
    assert_eq!(page.state(), "open");
    page.click();
    page.feed(ButtonEvent::Polled(Ok(&won(8))));
    assert_eq!((page.state(), page.asks_order()), ("won", true));
    page.order(OrderState::Held, 3 * MINUTE_MS);
    // The first hold's timer runs still, and is set anew by the second.
    page.elapse(Timer::Hold);
    assert!(page.wait_ms(Timer::Hold).is_some() && !page.asks_order());
}

#[test]
fn a_question_from_before_the_seat_is_asked_again() {
    let mut page = holder();
    page.feed(ButtonEvent::Seen);
    page.read(&SaleNow {
        no_ticket: Some(true),
        ..page.said()
    });
    assert_eq!(page.state(), "released", "the sale's answer was first");
    page.feed(ButtonEvent::Again);
    page.click();
    page.feed(ButtonEvent::Polled(Ok(&won(8))));
    page.order(OrderState::Expired, -1);
    assert_eq!((page.state(), page.asks_order()), ("won", true));
    page.order(OrderState::Held, MINUTE_MS);
    assert_eq!(page.state(), "held");
}

#[test]
fn without_an_answer_the_seat_stays_as_it_is() {
    let mut page = winner();
    let now = page.at.now;
    page.feed(ButtonEvent::Ordered(now, None));
    assert_eq!(page.state(), "won");
    page.feed(ButtonEvent::Seen);
    page.order(OrderState::Held, MINUTE_MS);
    assert_eq!(page.state(), "held");
    page.feed(ButtonEvent::Seen);
    page.feed(ButtonEvent::Ordered(now, None));
    assert_eq!(page.state(), "held");
}

#[test]
fn an_order_of_another_day_takes_no_seat_away() {
    let mut page = Driver::open();
    page.click();
    page.feed(ButtonEvent::Polled(Ok(&lost(Reason::AlreadyYours))));
    page.order(OrderState::Expired, -1);
    assert_eq!(page.button.stage, ClickStage::Yours);
    let mut page = Driver::open();
    page.click();
    page.feed(ButtonEvent::Polled(Ok(&lost(Reason::AlreadyYours))));
    page.order(OrderState::Held, MINUTE_MS);
    assert_eq!(page.state(), "held", "the seat of another tab");
}

#[test]
fn the_end_of_the_sale_ends_no_hold() {
    let mut page = holder();
    page.at.now = WINDOW.closes_at;
    page.feed(ButtonEvent::Seen);
    page.order(OrderState::Held, MINUTE_MS);
    assert_eq!(page.state(), "held");
}
