//! What the button shows of the sale, and when it reads it.

use super::driver::{Driver, STOCK, WINDOW, is_announced, won};
use crate::{
    rules::button::{
        ButtonEvent, ButtonState, Effect, Now, Operation, ReadReason, SaleFacts, Timer,
        sale::{FAR_MS, pause_ms},
    },
    types::{
        sale::{Phase, SaleNow},
        time::{HOUR_MS, Millis},
    },
};

#[test]
fn the_clock_is_the_server_s_whatever_the_browser_s_says() {
    let mut sale = SaleFacts::new(WINDOW, false, STOCK, 0);
    // Milliseconds from the opening by the server's clock, when the read was sent, when it was
    // answered, and what the server said; the round trip that counts, and what is left.
    for (asked, answered, said, trip_ms, left_ms) in [
        (-300_000, -299_960, -299_980, 40, 299_960),
        // A longer trip tells worse,
        (-200_000, -199_900, -199_990, 40, 199_900),
        // a shorter one better,
        (-190_000, -189_990, -189_994, 10, 189_989),
        // and the shortest tells nothing of a clock that was set since.
        (-100_000, -99_900, -94_950, 100, 94_900),
    ] {
        let [asked, answered] = [asked, answered].map(|ms| WINDOW.opens_at.plus(ms + HOUR_MS));
        let said = SaleNow {
            now: WINDOW.opens_at.plus(said),
            ..Driver::load(0).said()
        };
        assert_eq!(sale.learn(&said, asked, answered), trip_ms);
        assert_eq!(sale.now(answered), Now::Before(left_ms));
    }
}

#[test]
fn a_sale_that_is_hidden_loads_the_page_anew_unless_a_click_would_be_forgotten() {
    let gone = |page: &mut Driver, reason| {
        let effects = page.feed(ButtonEvent::Gone(reason));
        effects.contains(&Effect::Reload)
    };
    let mut page = Driver::open();
    page.elapse(Timer::Read);
    assert!(gone(&mut page, ReadReason::Routine));
    let mut page = Driver::load(WINDOW.closes_at.since(WINDOW.opens_at));
    assert_eq!(page.state(), "ended");
    assert!(
        !gone(&mut page, ReadReason::Routine),
        "it says so by itself"
    );
    let mut page = Driver::open();
    page.click();
    page.elapse(Timer::Read);
    assert!(!gone(&mut page, ReadReason::Routine), "it is polled for");
    page.feed(ButtonEvent::Polled(Ok(&won(7))));
    page.elapse(Timer::Read);
    assert!(!gone(&mut page, ReadReason::Routine));
    assert_eq!(page.state(), "won", "a seat stays a seat");
    page.reload();
    page.feed(ButtonEvent::Polled(Ok(&won(7))));
    assert!(!gone(&mut page, ReadReason::Order));
    assert_eq!(page.state(), "won");
}

#[test]
fn the_button_opens_on_the_dot_without_a_read() {
    let mut page = Driver::load(-30_000);
    page.read(&page.said());
    assert_eq!(page.state(), "before");
    page.at.now = WINDOW.opens_at.plus(-9_500);
    assert!(is_announced(&page.elapse(Timer::Tick)));
    let mut seen = Vec::new();
    while page.at.now < WINDOW.opens_at {
        seen.push(page.state());
        page.elapse(Timer::Tick);
    }
    assert_eq!(page.at.now, WINDOW.opens_at, "ticks fall on the second");
    assert!(seen.iter().all(|state| *state == "last"), "{seen:?}");
    assert_eq!(page.state(), "open");
    page.feed(ButtonEvent::Submitted);
    assert_eq!(page.work(), Some(Operation::Click));
}

#[test]
fn the_sale_s_window_says_what_is_shown_while_there_is_no_click() {
    let seats_gone = Some(Millis(1_500_000));
    for (from_opening_ms, paused, sold_out_at, signed_in, state, takes_clicks) in [
        (-20_000, false, None, true, "before", false),
        (-20_000, false, None, false, "before", true),
        (-10_000, false, None, false, "last", false),
        (-1, false, None, true, "last", false),
        (0, false, None, true, "open", true),
        (0, false, None, false, "signed-out", true),
        (0, true, None, true, "paused", false),
        (0, false, seats_gone, true, "sold-out", false),
        (0, true, seats_gone, true, "sold-out", false),
        (999_999, false, None, true, "open", true),
        (1_000_000, false, None, true, "ended", false),
        (1_000_000, true, seats_gone, false, "ended", false),
    ] {
        let mut page = Driver::load(from_opening_ms);
        let mut said = page.said();
        (said.sold_out_at, said.signed_in) = (sold_out_at, signed_in);
        if paused && said.phase == Phase::Open {
            said.phase = Phase::Paused;
        }
        page.read(&said);
        let shown = page.button.state(page.at);
        assert_eq!(
            (shown.name(), shown.takes_clicks()),
            (state, takes_clicks),
            "{from_opening_ms} {paused} {sold_out_at:?} {signed_in}"
        );
        page.feed(ButtonEvent::Submitted);
        let is_sent = page.work() == Some(Operation::Click);
        assert_eq!(is_sent, state == "open", "{state}");
    }
}

#[test]
fn what_was_served_is_not_announced_again() {
    let mut page = Driver::load(0);
    let load = |is_served| ButtonEvent::Loaded {
        is_served,
        has_ticket: false,
    };
    let open = Effect::Dress(ButtonState::Open);
    page.operations.clear();
    let effects = page.feed(load(true));
    assert!(effects.contains(&open) && !is_announced(&effects));
    for (is_served, is_online) in [(false, true), (true, false)] {
        page.operations.clear();
        (page.button.shown, page.at.is_online) = (None, is_online);
        let effects = page.feed(load(is_served));
        let announced = Effect::Announce(ButtonState::Open, !is_online);
        assert_eq!(effects.last(), Some(&announced), "{is_served} {is_online}");
    }
}

#[test]
fn a_sale_that_sells_out_says_so_and_opens_again_with_more_seats() {
    let mut page = Driver::open();
    let gone = SaleNow {
        left: Some(0),
        sold_out_at: Some(Millis(1_100_000)),
        ..page.said()
    };
    let effects = page.read(&gone);
    assert!(effects.contains(&Effect::ShowSeats(0, STOCK)));
    assert_eq!(page.button.state(page.at), ButtonState::SoldOut);
    assert_eq!(page.button.sale.sold_out_at, Some(Millis(1_100_000)));
    page.read(&page.said());
    assert_eq!(page.state(), "open");
}

#[test]
fn a_page_that_hears_nothing_says_so_the_second_time_and_until_it_hears_again() {
    let mut page = Driver::open();
    assert!(!is_announced(&page.answer_read(None)));
    let effects = page.answer_read(None);
    assert!(effects.contains(&Effect::Announce(ButtonState::Open, true)));
    assert!(!page.button.sale.is_connected);
    let said = page.said();
    let effects = page.read(&said);
    assert!(effects.contains(&Effect::Announce(ButtonState::Open, false)));
    page.at.is_online = false;
    let effects = page.elapse(Timer::Tick);
    assert!(effects.contains(&Effect::Announce(ButtonState::Open, true)));
    page.at.is_online = true;
    page.click();
    page.feed(ButtonEvent::Polled(Ok(&won(1))));
    page.at.is_online = false;
    assert!(
        !is_announced(&page.elapse(Timer::Tick)),
        "a seat stays one without a connection"
    );
}

#[test]
fn a_hidden_page_reads_as_soon_as_it_is_seen() {
    let mut page = Driver::open();
    page.at.is_visible = false;
    for _ in 0..3 {
        page.elapse(Timer::Read);
        assert_eq!(page.wait_ms(Timer::Read), Some(500));
    }
    page.at.is_visible = true;
    page.elapse(Timer::Read);
    assert!(
        page.operations
            .contains(&Operation::Read(ReadReason::Routine))
    );
}

#[test]
fn seats_are_shown_while_the_sale_is_on_and_the_own_one_is_taken_off() {
    let mut page = Driver::load(-20_000);
    let said = page.said();
    let shown = |effects: &[Effect<'_>]| {
        effects.iter().find_map(|effect| match effect {
            Effect::ShowSeats(left, stock) => Some((*left, *stock)),
            _ => None,
        })
    };
    assert_eq!(shown(&page.read(&said)), None);
    let mut page = Driver::open();
    for (left, seats) in [
        (Some(4), Some((4, STOCK))),
        (Some(11), Some((STOCK, STOCK))),
        // Each has a student queueing for it.
        (Some(0), None),
        (None, None),
        (Some(2), Some((2, STOCK))),
    ] {
        let said = SaleNow {
            left,
            ..page.said()
        };
        assert_eq!(shown(&page.read(&said)), seats, "{left:?}");
    }
    page.click();
    let won = won(9);
    let effects = page.feed(ButtonEvent::Polled(Ok(&won)));
    assert_eq!(shown(&effects), Some((1, STOCK)));
}

/// When a page reads that was loaded so long before the opening, until the first read after it;
/// milliseconds from the opening.
fn reads(loaded_ms: i64, seed: u16) -> Vec<i64> {
    let sale = SaleFacts::new(WINDOW, false, STOCK, seed);
    let mut at = vec![-loaded_ms];
    while at[at.len() - 1] < 0 {
        let now = at[at.len() - 1];
        at.push(now + sale.read_after_ms(false, WINDOW.opens_at.plus(now)));
    }
    at
}

#[test]
fn a_page_reads_once_in_the_last_minute_and_not_in_the_last_seconds() {
    let middle = u16::MAX / 2 + 1;
    assert_eq!(reads(120_000, 0), [-120_000, -10_000, 2_000]);
    assert_eq!(reads(120_000, middle), [-120_000, -35_000, 6_000]);
    assert_eq!(
        reads(30_000, middle),
        [-30_000, 6_000],
        "what it learned at load is young enough"
    );
    assert_eq!(reads(5_000, middle), [-5_000, 6_000]);
    assert_eq!(
        reads(700_000, u16::MAX),
        [-700_000, -400_000, -100_000, -60_000, 10_000]
    );
}

#[test]
fn after_the_opening_it_reads_each_ten_seconds_and_less_often_when_nothing_is_open_for_the_student()
{
    assert_eq!(
        [0, u16::MAX].map(|seed| pause_ms(Now::Open, false, seed)),
        [8_000, 16_000]
    );
    assert_eq!(pause_ms(Now::Open, true, 0), 30_000);
    assert_eq!(pause_ms(Now::SoldOut, false, 0), 8_000);
    assert_eq!(pause_ms(Now::Paused, true, 0), 8_000);
    assert_eq!(pause_ms(Now::Ended, false, u16::MAX / 2), FAR_MS);
}

#[test]
fn a_page_without_an_answer_reads_as_often_as_while_the_sale_is_on_until_the_crowd_comes() {
    for (from_opening_ms, wait_ms) in [(-200_000, 8_000), (-80_000, 70_000)] {
        let mut page = Driver::load(from_opening_ms);
        page.answer_read(None);
        assert_eq!(page.wait_ms(Timer::Read), Some(wait_ms));
    }
}
