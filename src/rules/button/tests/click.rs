//! What becomes of a click and its ticket.

use super::driver::{Driver, WINDOW, clicked, lost, polled, won};
use crate::{
    rules::{
        button::{
            ButtonEvent, ButtonState, ClickStage, Effect, Operation, ReadReason, RetryReason, Timer,
        },
        seckill::ticket::CODE_WAITING,
    },
    types::{
        error::AppError,
        sale::{Loss, Phase, Polled, Reason, SaleNow},
        time::Millis,
    },
};

#[test]
fn however_often_it_is_submitted_one_click_is_sent() {
    let mut page = Driver::open();
    for _ in 0..5 {
        page.feed(ButtonEvent::Submitted);
    }
    assert_eq!(page.work(), Some(Operation::Click));
    assert_eq!(page.state(), "queued");
    page.feed(ButtonEvent::Clicked(Ok(&clicked(Some(200)))));
    page.feed(ButtonEvent::Submitted);
    assert_eq!(page.work(), Some(Operation::Wait(Timer::Send, 200)));
    page.elapse(Timer::Send);
    page.feed(ButtonEvent::Submitted);
    assert_eq!(page.work(), Some(Operation::Poll));
    page.feed(ButtonEvent::Polled(Ok(&won(7))));
    page.feed(ButtonEvent::Submitted);
    assert_eq!(page.work(), None);
    assert_eq!(page.button.stage, ClickStage::Won(Some(7)));
}

#[test]
fn the_ticket_is_polled_as_the_shop_says_and_the_place_is_shown() {
    let mut page = Driver::open();
    page.click();
    for (place, retry_ms, wait_ms) in [
        (Some(12), Some(200), 200),
        (Some(3), None, 1_000),
        (None, Some(60_000), 10_000),
        (None, Some(0), 3),
    ] {
        page.feed(ButtonEvent::Polled(Ok(&Polled {
            place,
            retry_ms,
            ..polled(CODE_WAITING)
        })));
        assert_eq!(page.button.stage, ClickStage::Queued(place));
        assert_eq!(page.wait_ms(Timer::Send), Some(wait_ms));
        page.elapse(Timer::Send);
        assert_eq!(page.work(), Some(Operation::Poll));
    }
}

#[test]
fn a_click_without_an_answer_is_sent_again_as_the_same_click() {
    let mut page = Driver::open();
    page.feed(ButtonEvent::Submitted);
    for (tries, error, is_silent, wait_ms) in [
        (1, AppError::NoAnswer, true, 1_000),
        (2, AppError::Unavailable, false, 2_000),
        (3, AppError::TooManyRequests { retry_s: 7 }, false, 8_000),
        (4, AppError::Internal, false, 3_000),
    ] {
        page.fail_click(&error);
        let reason = RetryReason {
            is_silent,
            has_ticket: false,
        };
        assert_eq!(page.button.stage, ClickStage::Retrying(tries, reason));
        assert_eq!(page.wait_ms(Timer::Send), Some(wait_ms));
        page.feed(ButtonEvent::Submitted);
        page.elapse(Timer::Send);
        assert_eq!(page.work(), Some(Operation::Click));
    }
    page.feed(ButtonEvent::Clicked(Ok(&clicked(None))));
    page.feed(ButtonEvent::Polled(Err(&AppError::NoAnswer)));
    let reason = RetryReason {
        is_silent: true,
        has_ticket: true,
    };
    assert_eq!(
        page.button.stage,
        ClickStage::Retrying(1, reason),
        "the ticket's requests are counted anew"
    );
}

#[test]
fn students_who_failed_together_come_back_apart() {
    let mut page = Driver::open();
    page.feed(ButtonEvent::Submitted);
    page.at.seed = u16::MAX;
    page.fail_click(&AppError::NoAnswer);
    assert_eq!(page.wait_ms(Timer::Send), Some(1_500));
}

#[test]
fn a_click_is_refused_for_good_by_what_no_retry_mends() {
    let mut page = Driver::open();
    page.feed(ButtonEvent::Submitted);
    let effects = page.fail_click(&AppError::NotFound);
    assert!(effects.contains(&Effect::Refuse(&AppError::NotFound)));
    assert!(
        effects.contains(&Effect::Reload),
        "a sale that was hidden has a page that says so"
    );
    assert_eq!(
        (page.button.stage, page.state()),
        (ClickStage::Refused, "open")
    );
    page.feed(ButtonEvent::Submitted);
    for _ in 0..5 {
        page.fail_click(&AppError::Internal);
        page.elapse(Timer::Send);
    }
    let effects = page.fail_click(&AppError::Internal);
    assert!(!effects.contains(&Effect::Reload));
    assert!(effects.contains(&Effect::Refuse(&AppError::Internal)));
    page.feed(ButtonEvent::Submitted);
    page.at.now = WINDOW.closes_at;
    page.fail_click(&AppError::Unavailable);
    assert_eq!(page.state(), "ended", "nothing is left to try again for");
}

#[test]
fn offline_it_waits_for_the_connection_and_goes_on_with_the_same_ticket() {
    let mut page = Driver::open();
    page.click();
    page.at.is_online = false;
    page.feed(ButtonEvent::Polled(Err(&AppError::NoAnswer)));
    assert_eq!(page.button.state(page.at), ButtonState::Offline);
    assert_eq!(page.work(), Some(Operation::Online));
    page.at.is_online = true;
    page.feed(ButtonEvent::Online);
    assert_eq!(page.work(), Some(Operation::Poll));
    page.feed(ButtonEvent::Polled(Err(&AppError::NoAnswer)));
    page.at.is_online = false;
    page.elapse(Timer::Send);
    assert_eq!(
        page.work(),
        Some(Operation::Online),
        "it went away meanwhile"
    );
    page.at.is_online = true;
    page.feed(ButtonEvent::Online);
    let won = won(1);
    let effects = page.feed(ButtonEvent::Polled(Ok(&won)));
    assert!(effects.contains(&Effect::ForgetKey));
    assert_eq!(page.button.stage, ClickStage::Won(Some(1)));
}

#[test]
fn a_reload_goes_on_with_the_remembered_ticket() {
    let mut page = Driver::open();
    page.click();
    page.reload();
    assert_eq!(page.work(), Some(Operation::Poll));
    page.feed(ButtonEvent::Submitted);
    assert_eq!(page.work(), Some(Operation::Poll), "no second click");
    page.feed(ButtonEvent::Polled(Ok(&won(7))));
    assert_eq!(page.work(), Some(Operation::Read(ReadReason::Order)));
    assert_eq!(page.button.stage, ClickStage::Idle);
    let now = page.at.now;
    page.feed(ButtonEvent::Read(ReadReason::Order, now, None));
    assert_eq!(page.button.stage, ClickStage::Won(Some(7)));
    assert!(page.has_ticket, "it is shown after the next reload, too");
}

#[test]
fn a_remembered_ticket_is_forgotten_once_it_tells_nothing() {
    let mut page = Driver::open();
    page.click();
    page.reload();
    page.feed(ButtonEvent::Polled(Ok(&won(7))));
    let said = SaleNow {
        no_ticket: Some(true),
        ..page.said()
    };
    let now = page.at.now;
    page.feed(ButtonEvent::Read(ReadReason::Order, now, Some(&said)));
    assert_eq!((page.state(), page.has_ticket), ("released", false));
    page.reload();
    assert_eq!(page.state(), "open", "it is told once");
    for answer in [
        Err(AppError::NotYours),
        Ok(lost(Reason::NoTicket)),
        Ok(polled(101)),
    ] {
        let mut page = Driver::open();
        page.click();
        page.reload();
        page.feed(ButtonEvent::Polled(answer.as_ref()));
        assert_eq!((page.state(), page.has_ticket), ("open", false));
    }
}

#[test]
fn a_loss_is_told_and_told_again_after_a_reload_where_the_seats_are_gone() {
    for (reason, is_kept) in [
        (Reason::SoldOut, true),
        (Reason::Closed, true),
        (Reason::Paused, false),
        (Reason::GaveUp, false),
        (Reason::NoTicket, false),
    ] {
        let mut page = Driver::open();
        page.click();
        for round in 0..=i32::from(is_kept) {
            let polled = Polled {
                clicked_at: Some(Millis(3)),
                sold_out_at: Some(Millis(2)),
                ..lost(reason)
            };
            let effects = page.feed(ButtonEvent::Polled(Ok(&polled)));
            assert_eq!(effects.contains(&Effect::KeepLoss), is_kept, "{reason:?}");
            assert_eq!(page.has_ticket, is_kept, "{reason:?} {round}");
            let loss = Loss::of(&polled);
            assert_eq!(page.button.stage, ClickStage::Lost(loss), "{reason:?}");
            page.reload();
        }
    }
    let mut page = Driver::open();
    page.click();
    page.feed(ButtonEvent::Polled(Ok(&lost(Reason::AlreadyYours))));
    assert_eq!((page.state(), page.has_ticket), ("yours", false));
}

#[test]
fn a_click_a_hair_too_early_is_sent_again_as_another_click() {
    let mut page = Driver::open();
    page.click();
    for _ in 0..3 {
        let early = lost(Reason::TooEarly);
        let effects = page.feed(ButtonEvent::Polled(Ok(&early)));
        assert!(effects.contains(&Effect::ForgetKey) && effects.contains(&Effect::Forget));
        assert_eq!(page.button.stage, ClickStage::Sending);
        assert_eq!(page.wait_ms(Timer::Send), Some(300));
        page.elapse(Timer::Send);
        page.feed(ButtonEvent::Clicked(Ok(&clicked(None))));
    }
    page.feed(ButtonEvent::Polled(Ok(&lost(Reason::TooEarly))));
    assert_eq!(page.state(), "lost", "three times, and no more");
    page.feed(ButtonEvent::Again);
    assert_eq!(page.state(), "open");
    page.click();
    page.at.now = WINDOW.opens_at.plus(-1);
    page.feed(ButtonEvent::Polled(Ok(&lost(Reason::TooEarly))));
    assert_eq!(page.state(), "lost", "the clock was put right meanwhile");
}

#[test]
fn a_student_who_lost_may_click_again_once_there_is_something_to_click_for() {
    for (reason, left, is_again) in [
        (Reason::SoldOut, Some(2), true),
        (Reason::SoldOut, Some(0), false),
        (Reason::SoldOut, None, false),
        (Reason::Paused, Some(2), true),
        (Reason::Closed, Some(2), false),
        (Reason::GaveUp, Some(2), false),
    ] {
        let mut page = Driver::open();
        page.click();
        page.feed(ButtonEvent::Polled(Ok(&lost(reason))));
        page.read(&SaleNow {
            left,
            ..page.said()
        });
        let state = if is_again { "open" } else { "lost" };
        assert_eq!(page.state(), state, "{reason:?} {left:?}");
        assert!(!(is_again && page.has_ticket));
    }
}

#[test]
fn signed_out_the_button_leads_to_sign_in_and_sends_nothing() {
    for from_opening_ms in [-60_000, 0] {
        let mut page = Driver::load(from_opening_ms);
        page.read(&SaleNow {
            signed_in: false,
            ..page.said()
        });
        let effects = page.feed(ButtonEvent::Submitted);
        assert_eq!(effects, [Effect::SignIn], "{from_opening_ms}");
    }
    let mut page = Driver::open();
    page.feed(ButtonEvent::Submitted);
    let effects = page.fail_click(&AppError::NotSignedIn);
    assert!(effects.contains(&Effect::SignIn));
    assert_eq!((page.state(), page.work()), ("signed-out", None));
}

#[test]
fn a_session_that_ends_in_the_queue_loses_no_ticket() {
    let mut page = Driver::open();
    page.click();
    let effects = page.feed(ButtonEvent::Polled(Err(&AppError::NotSignedIn)));
    assert!(!effects.contains(&Effect::SignIn) && !effects.contains(&Effect::ForgetKey));
    assert_eq!((page.state(), page.has_ticket), ("signed-out", true));
    page.reload();
    page.feed(ButtonEvent::Polled(Ok(&lost(Reason::SoldOut))));
    assert_eq!(page.state(), "lost");
}

#[test]
fn a_pause_stops_clicks_and_no_ticket() {
    let mut page = Driver::open();
    page.click();
    let mut said = page.said();
    said.phase = Phase::Paused;
    page.read(&said);
    assert_eq!(page.work(), Some(Operation::Poll));
    page.feed(ButtonEvent::Polled(Ok(&lost(Reason::GaveUp))));
    page.feed(ButtonEvent::Again);
    assert_eq!(page.state(), "paused");
    page.feed(ButtonEvent::Submitted);
    assert_eq!(page.work(), None);
    page.read(&page.said());
    assert_eq!(page.state(), "open");
}

#[test]
fn a_ticket_of_another_tab_is_followed_and_its_end_told_to_those_who_saw_it_wait() {
    let waits = polled(CODE_WAITING);
    for (answers, state) in [
        (vec![Ok(won(7))], "yours"),
        (vec![Ok(waits.clone()), Ok(won(7))], "won"),
        (vec![Ok(lost(Reason::SoldOut))], "open"),
        (vec![Ok(waits), Ok(lost(Reason::SoldOut))], "lost"),
        (vec![Err(AppError::Unavailable), Ok(won(7))], "won"),
        (vec![Err(AppError::NotYours)], "open"),
        (vec![Err(AppError::NotSignedIn)], "open"),
    ] {
        let mut page = Driver::open();
        let said = SaleNow {
            task_id: Some(String::from("other")),
            ..page.said()
        };
        let effects = page.read(&said);
        assert!(effects.contains(&Effect::Follow("other")));
        for (at, answer) in answers.iter().enumerate() {
            if at > 0 {
                page.elapse(Timer::Send);
            }
            page.feed(ButtonEvent::Polled(answer.as_ref()));
        }
        assert_eq!((page.state(), page.has_ticket), (state, false));
    }
}

#[test]
fn a_click_that_was_refused_may_have_become_a_ticket_all_the_same() {
    let mut page = Driver::open();
    page.feed(ButtonEvent::Submitted);
    page.fail_click(&AppError::NotFound);
    page.read(&SaleNow {
        task_id: Some(String::from("own")),
        ..page.said()
    });
    assert_eq!(page.work(), Some(Operation::Poll));
}

#[test]
fn a_cancelled_order_frees_the_button_but_not_by_an_answer_from_before_the_click() {
    let mut page = Driver::open();
    let asked_at = page.at.now;
    page.elapse(Timer::Read);
    page.click();
    page.feed(ButtonEvent::Polled(Ok(&won(7))));
    let none = SaleNow {
        no_ticket: Some(true),
        ..page.said()
    };
    let answer = ButtonEvent::Read(ReadReason::Routine, asked_at, Some(&none));
    page.feed(answer);
    assert_eq!(page.state(), "won");
    assert_eq!(page.wait_ms(Timer::Read), Some(30_000));
    page.read(&SaleNow {
        no_ticket: Some(true),
        ..page.said()
    });
    assert_eq!((page.state(), page.has_ticket), ("released", false));
    page.feed(ButtonEvent::Again);
    assert_eq!(page.state(), "open");
}
