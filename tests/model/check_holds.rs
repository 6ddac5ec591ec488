//! Holds keep their promises in every state of the model, and a model without a guard is seen to break
//! them.

use super::assert_breaks;
use qiangke_model::{HoldGuard, Holds};
use stateright::{Checker, Expectation, Model};

/// Steps from the start that holds are looked at for.
const DEPTH: usize = 18;
/// The same where each state is followed to its end.
const FOLLOWED_DEPTH: usize = 14;

/// Explores what is so many steps away; says how many states that were.
fn explore(holds: Holds, depth: usize) -> impl Checker<Holds> {
    let checker = holds
        .checker()
        .threads(2)
        .target_max_depth(depth)
        .spawn_bfs()
        .join();
    println!(
        "{holds:?}: {} states, {} of them different, {} steps deep",
        checker.state_count(),
        checker.unique_state_count(),
        checker.max_depth()
    );
    checker
}

/// No promise is found broken.
fn keeps(holds: Holds, depth: usize) {
    let checker = explore(holds, depth);
    for property in holds.properties() {
        if matches!(property.expectation, Expectation::Always) {
            checker.assert_no_discovery(property.name);
        }
    }
}

#[test]
fn holds_keep_their_promises() {
    explore(Holds::default(), DEPTH).assert_properties();
}

#[test]
fn every_hold_and_all_money_comes_to_its_end() {
    let followed = Holds {
        is_followed: true,
        ..Holds::default()
    };
    keeps(followed, FOLLOWED_DEPTH);
}

#[test]
fn compare_and_set_is_spare_behind_the_lock() {
    let without = &[HoldGuard::CompareAndSet];
    keeps(
        Holds {
            without,
            ..Holds::default()
        },
        FOLLOWED_DEPTH,
    );
}

/// A promise that the checker finds broken when guards are taken out.
fn breaks(promise: &'static str, without: &'static [HoldGuard]) {
    let holds = Holds {
        without,
        ..Holds::default()
    };
    assert_breaks(&holds, promise);
}

#[test]
fn a_hold_that_lapses_overwrites_a_payment_without_lock_and_compare_and_set() {
    const WITHOUT: &[HoldGuard] = &[HoldGuard::Lock, HoldGuard::CompareAndSet];
    breaks("G18 paid by one payment of its price", WITHOUT);
    breaks("G2 conservation", WITHOUT);
}

#[test]
fn a_seat_comes_back_beside_a_payment_that_was_begun_meanwhile_without_the_lock() {
    breaks(
        "G17 a seat comes back only when no money can come, or a bound is reached",
        &[HoldGuard::Lock],
    );
}

#[test]
fn a_seat_comes_back_while_money_is_on_its_way_without_a_look_at_open_payments() {
    breaks(
        "G17 a seat comes back only when no money can come, or a bound is reached",
        &[HoldGuard::OpenPayments],
    );
}

#[test]
fn money_goes_back_twice_under_two_numbers() {
    breaks("G22 money goes back once", &[HoldGuard::OneRefundNumber]);
}

#[test]
fn who_paid_may_not_study_when_that_is_written_later() {
    breaks(
        "G18 who paid may study, and nobody else",
        &[HoldGuard::OneTransaction],
    );
}

#[test]
fn late_money_takes_another_s_seat_when_nobody_looks_whether_it_is_free() {
    breaks(
        "G1 never oversold, each seat once",
        &[HoldGuard::SeatIsFree],
    );
}
