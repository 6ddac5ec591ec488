//! The promises hold in every state of the model, and a model without a guard is seen to break
//! them.

mod check_holds;

use qiangke_model::{Desks, Guard, Rush};
use stateright::{Checker, HasDiscoveries, Model};
use std::{collections::BTreeSet, fmt::Debug, hash::Hash};

/// No limit: every state there is.
const ALL: usize = usize::MAX;
/// Steps from the start that instances are followed for: a million different states. What lies
/// further away is not looked at.
const INSTANCES_DEPTH: usize = 20;
/// The same where one has Redis, whose copy lives on and so makes more states of a step.
const SPLIT_DEPTH: usize = 17;
/// The same where an order ends: far enough for its seat to be another's.
const CANCEL_DEPTH: usize = 17;

/// Explores what is so many steps away; says how many states that were.
fn explore(rush: Rush, depth: usize) {
    let checker = rush
        .checker()
        .threads(2)
        .target_max_depth(depth)
        .spawn_bfs()
        .join();
    println!(
        "{rush:?}: {} states, {} of them different, {} steps deep",
        checker.state_count(),
        checker.unique_state_count(),
        checker.max_depth()
    );
    checker.assert_properties();
}

#[test]
fn one_process_keeps_its_promises() {
    explore(Rush::guarded(Desks::One, None), ALL);
}

#[test]
fn an_order_that_ends_gives_its_seat_and_its_student_free() {
    explore(
        Rush {
            cancels: true,
            ..Rush::guarded(Desks::One, None)
        },
        CANCEL_DEPTH,
    );
}

#[test]
fn instances_give_the_seat_of_an_order_that_ended_again() {
    explore(
        Rush {
            cancels: true,
            ..Rush::guarded(Desks::Each, None)
        },
        CANCEL_DEPTH,
    );
}

#[test]
fn one_process_gives_up_only_what_the_database_refuses() {
    explore(Rush::guarded(Desks::One, Some(2)), ALL);
}

#[test]
fn instances_whose_redis_is_away_keep_their_promises() {
    explore(Rush::guarded(Desks::Each, None), INSTANCES_DEPTH);
}

#[test]
fn instances_of_which_one_has_redis_keep_their_promises() {
    explore(Rush::guarded(Desks::Split, None), SPLIT_DEPTH);
}

/// A promise that the checker finds broken when guards are taken out.
fn breaks(promise: &'static str, desks: Desks, refused: Option<u8>, without: &'static [Guard]) {
    let rush = Rush {
        without,
        ..Rush::guarded(desks, refused)
    };
    assert_breaks(&rush, promise);
}

/// A promise that the checker finds broken in a model.
fn assert_breaks<M>(model: &M, promise: &'static str)
where
    M: Model + Clone + Debug + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync,
    M::Action: Clone + PartialEq,
{
    let wanted = HasDiscoveries::AllOf(BTreeSet::from([promise]));
    let checker = model
        .clone()
        .checker()
        .threads(2)
        .finish_when(wanted)
        .spawn_bfs()
        .join();
    assert!(
        checker.discovery(promise).is_some(),
        "{promise} holds in {model:?}: {} states",
        checker.state_count()
    );
}

#[test]
fn seats_are_oversold_without_floor_and_row() {
    const WITHOUT: &[Guard] = &[
        Guard::Row,
        Guard::Floor,
        Guard::CompareAndSet,
        Guard::OneOrder,
    ];
    breaks("G1 never oversold", Desks::Each, None, WITHOUT);
    breaks("G3 one order for each student", Desks::Each, None, WITHOUT);
}

#[test]
fn a_ticket_is_settled_twice_without_compare_and_set() {
    const WITHOUT: &[Guard] = &[Guard::Row, Guard::CompareAndSet, Guard::OneOrder];
    breaks(
        "G4 one order for a ticket that won, none for another",
        Desks::Each,
        None,
        WITHOUT,
    );
}

#[test]
fn a_decided_ticket_is_decided_again_without_any_condition() {
    const WITHOUT: &[Guard] = &[
        Guard::Row,
        Guard::Floor,
        Guard::CompareAndSet,
        Guard::OneOrder,
    ];
    breaks("G7 what is decided stays", Desks::Each, None, WITHOUT);
}

#[test]
fn a_ticket_is_lost_that_was_answered_before_its_commit() {
    breaks(
        "G5 a ticket that was heard of is in the database",
        Desks::One,
        None,
        &[Guard::CommitBeforeAnswer],
    );
}

#[test]
fn tickets_wait_for_ever_for_a_row_that_the_dead_hold() {
    breaks(
        "G6 every ticket ends when faults end",
        Desks::One,
        None,
        &[Guard::RowEndsWithHolder],
    );
}

#[test]
fn what_is_published_before_its_commit_may_never_be_so() {
    breaks(
        "G8 what was told is so",
        Desks::One,
        None,
        &[Guard::CommitBeforePublish],
    );
}

#[test]
fn a_student_has_two_tickets_without_their_index() {
    breaks(
        "G9 one live ticket for each student",
        Desks::Each,
        None,
        &[Guard::OneLive],
    );
}

#[test]
fn a_holder_is_refused_by_who_does_not_look_again() {
    breaks(
        "G9 who has a ticket that won, or can, is not refused",
        Desks::Split,
        None,
        &[Guard::LookAgain],
    );
}

#[test]
fn the_wrong_ticket_is_given_up_when_it_is_looked_up_late() {
    breaks(
        "only whom the database refuses is given up",
        Desks::Each,
        Some(2),
        &[Guard::BlameTheRefused],
    );
}
