//! The room against its invariants, on random histories.

use super::{
    admission::{Admission, Verdict, is_final},
    settle::{Book, decide, seats_in_a_row, seats_taken},
    ticket::{State, Waiting},
    window::Window,
};
use crate::types::{
    ids::{SaleId, StudentId, TicketId},
    sale::{Phase, Reason, SaleState},
    time::Millis,
};
use SaleState::{Coming, Ended, Open, Paused, SoldOut};
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};

const WINDOW: Window = Window {
    opens_at: Millis(100),
    closes_at: Millis(200),
    paused: false,
};

/// While the window is open.
const NOW: Millis = Millis(150);

/// A click while the window is open.
fn click(sale: &mut Admission, student: i64, number: u8) -> Verdict {
    sale.click(StudentId(student), ticket(number), WINDOW, NOW)
}

fn ticket(number: u8) -> TicketId {
    TicketId([number; 16])
}

fn waiting(number: u8, student: i64, accepted_at: i64) -> Waiting {
    Waiting {
        id: ticket(number),
        sale: SaleId(1),
        student: StudentId(student),
        accepted_at: Millis(accepted_at),
    }
}

#[test]
fn the_window_is_closed_on_the_left_and_open_on_the_right() {
    assert_eq!(WINDOW.phase(Millis(99)), Phase::Upcoming);
    assert_eq!(WINDOW.phase(Millis(100)), Phase::Open);
    assert_eq!(WINDOW.phase(Millis(199)), Phase::Open);
    assert_eq!(WINDOW.phase(Millis(200)), Phase::Ended);
    let paused = Window {
        paused: true,
        ..WINDOW
    };
    assert_eq!(paused.phase(Millis(150)), Phase::Paused);
    assert_eq!(paused.phase(Millis(99)), Phase::Upcoming);
    assert_eq!(paused.phase(Millis(200)), Phase::Ended);
    let states = [99, 100, 150, 199, 200].map(Millis);
    assert_eq!(
        states.map(|now| WINDOW.state(false, now)),
        [Coming, Open, Open, Open, Ended]
    );
    assert_eq!(
        states.map(|now| WINDOW.state(true, now)),
        [Coming, SoldOut, SoldOut, SoldOut, Ended]
    );
    assert_eq!(
        states.map(|now| paused.state(false, now)),
        [Coming, Paused, Paused, Paused, Ended]
    );
    assert_eq!(
        paused.state(true, Millis(150)),
        SoldOut,
        "no seat comes back when it goes on"
    );
    assert_eq!(WINDOW.admits(Millis(99)), Err(Reason::TooEarly));
    assert_eq!(WINDOW.admits(Millis(150)), Ok(()));
    assert_eq!(WINDOW.admits(Millis(200)), Err(Reason::Closed));
    assert_eq!(paused.admits(Millis(150)), Err(Reason::Paused));
    assert_eq!(
        paused.covers(Millis(150)),
        Ok(()),
        "a pause stops clicks, not tickets"
    );
}

#[test]
fn a_second_click_gets_the_first_ticket() {
    let mut sale = Admission::new(5, HashMap::new());
    assert_eq!(click(&mut sale, 1, 1), Verdict::Admitted);
    assert_eq!(click(&mut sale, 1, 2), Verdict::Yours(ticket(1)));
    assert_eq!(sale.free(), 4);
}

#[test]
fn the_holders_are_those_of_the_record_and_those_who_clicked() {
    let mut sale = Admission::new(5, HashMap::from([(StudentId(9), ticket(9))]));
    assert_eq!(click(&mut sale, 1, 1), Verdict::Admitted);
    assert_eq!(
        sale.into_holders(),
        HashMap::from([(StudentId(1), ticket(1)), (StudentId(9), ticket(9))])
    );
}

#[test]
fn a_click_is_judged_by_its_ticket_then_the_window_then_the_tokens() {
    let empty = Admission::new(0, HashMap::from([(StudentId(9), ticket(9))]));
    let paused = Window {
        paused: true,
        ..WINDOW
    };
    for (window, now, refusal) in [
        (WINDOW, 99, Reason::TooEarly),
        (WINDOW, 200, Reason::Closed),
        (paused, 150, Reason::Paused),
        (WINDOW, 150, Reason::SoldOut),
    ] {
        let peek = |student| empty.peek(StudentId(student), window, Millis(now));
        assert_eq!(peek(9), Some(Verdict::Yours(ticket(9))));
        assert_eq!(peek(1), Some(Verdict::Refused(refusal)));
    }
    let last = Admission::new(1, HashMap::new());
    assert_eq!(last.peek(StudentId(1), WINDOW, NOW), None);
    assert_eq!(
        empty.doubted().peek(StudentId(1), WINDOW, NOW),
        None,
        "others may have given tickets that are not known here"
    );
}

#[test]
fn an_undone_click_frees_its_token_once() {
    let mut sale = Admission::new(1, HashMap::new());
    assert_eq!(click(&mut sale, 1, 1), Verdict::Admitted);
    assert_eq!(click(&mut sale, 2, 2), Verdict::Refused(Reason::SoldOut));
    sale.undo(StudentId(1), ticket(9));
    assert_eq!(sale.free(), 0, "another ticket's undo frees nothing");
    sale.undo(StudentId(1), ticket(1));
    sale.undo(StudentId(1), ticket(1));
    assert_eq!(sale.free(), 1);
    assert_eq!(click(&mut sale, 2, 2), Verdict::Admitted);
}

#[test]
fn a_ticket_that_stood_in_the_record_takes_no_second_token() {
    let mut sale = Admission::new(2, HashMap::new());
    assert_eq!(click(&mut sale, 1, 1), Verdict::Admitted);
    sale.replace(StudentId(1), ticket(1), ticket(7));
    assert_eq!(
        (sale.free(), sale.holds(StudentId(1))),
        (2, Some(ticket(7)))
    );
}

#[test]
fn a_doubted_copy_refuses_nobody_for_want_of_tokens() {
    let mut sale = Admission::new(1, HashMap::from([(StudentId(9), ticket(9))])).doubted();
    assert_eq!(click(&mut sale, 1, 1), Verdict::Admitted);
    assert_eq!(
        click(&mut sale, 2, 2),
        Verdict::Admitted,
        "one more than there are"
    );
    assert_eq!(click(&mut sale, 2, 3), Verdict::Yours(ticket(2)));
    assert_eq!(click(&mut sale, 9, 4), Verdict::Yours(ticket(9)));
    assert_eq!(sale.free(), 0);
}

#[test]
fn a_copy_is_final_when_no_ticket_that_it_lacks_can_win() {
    assert_eq!([-1, 0, 1].map(is_final), [true, true, false]);
}

#[test]
fn a_recount_below_zero_shows_as_none_left() {
    assert_eq!(Admission::new(-3, HashMap::new()).free(), 0);
}

#[test]
fn settlement_gives_each_seat_once_and_says_why_not() {
    let book = Book {
        window: WINDOW,
        remaining: 2,
        free: vec![3, 10, 11],
    };
    let batch = [
        waiting(1, 1, 150),
        waiting(2, 2, 99),
        waiting(3, 3, 150),
        waiting(4, 4, 150),
        waiting(5, 5, 150),
    ];
    let decisions = decide(
        &book,
        &batch,
        &HashSet::from([StudentId(3)]),
        &HashSet::new(),
    );
    let outcomes: Vec<_> = decisions.iter().map(|(_, outcome)| *outcome).collect();
    assert_eq!(
        outcomes,
        [
            Ok(3),
            Err(Reason::TooEarly),
            Err(Reason::AlreadyYours),
            Ok(10),
            Err(Reason::SoldOut)
        ]
    );
    assert_eq!(seats_taken(&decisions), 2);
    let none = decide(
        &Book {
            free: Vec::new(),
            ..book.clone()
        },
        &batch[..1],
        &HashSet::new(),
        &HashSet::new(),
    );
    assert_eq!(
        none[0].1,
        Err(Reason::SoldOut),
        "without a number there is no seat, whatever remains"
    );
    let sold = decide(
        &Book {
            remaining: -1,
            ..book
        },
        &batch[..1],
        &HashSet::new(),
        &HashSet::new(),
    );
    assert_eq!(sold[0].1, Err(Reason::SoldOut));
}

#[test]
fn the_next_seats_stand_behind_the_last_unless_there_is_a_gap() {
    assert_eq!(seats_in_a_row(10, 10, 0, 3), Some(1..=3));
    assert_eq!(
        seats_in_a_row(10, 2, 8, 3),
        Some(9..=10),
        "never more than there are"
    );
    assert_eq!(seats_in_a_row(10, 2, 8, i64::MAX), Some(9..=10));
    assert!(seats_in_a_row(10, 0, 10, 3).expect("no gap").is_empty());
    assert_eq!(
        seats_in_a_row(10, 3, 8, 3),
        None,
        "seven are sold, and the last has number eight"
    );
    assert_eq!(
        seats_in_a_row(10, 1, 8, 3),
        None,
        "nine are said to be sold, and the last has number eight"
    );
}

#[test]
fn a_terminal_state_stays() {
    let states = [
        State::Waiting,
        State::Settling,
        State::Won { seat: 1 },
        State::Lost(Reason::SoldOut),
    ];
    assert_eq!(states.map(State::is_terminal), [false, false, true, true]);
    for from in states {
        for to in states {
            assert_eq!(from.advance(to), if from.is_terminal() { from } else { to });
        }
    }
    assert_eq!(states.map(State::code), [102, 103, 100, 101]);
}

#[test]
fn every_reason_keeps_its_number() {
    for (number, reason) in (0_u8..).zip(Reason::ALL) {
        assert_eq!(
            (reason.number(), Reason::of_number(number)),
            (number, Some(reason))
        );
    }
    assert_eq!(Reason::of_number(8), None);
}

/// What a sale is, said as plainly as can be: the reference that the room is compared with.
#[derive(Default)]
struct Plain {
    seats: i64,
    waiting: Vec<Waiting>,
    owners: Vec<(StudentId, i64)>,
}

impl Plain {
    fn click(&mut self, new: Waiting, live: &HashMap<StudentId, TicketId>) -> Verdict {
        let sold = i64::try_from(self.waiting.len() + self.owners.len()).unwrap_or(i64::MAX);
        match live.get(&new.student) {
            Some(held) => Verdict::Yours(*held),
            None if sold >= self.seats => Verdict::Refused(Reason::SoldOut),
            None => {
                self.waiting.push(new);
                Verdict::Admitted
            }
        }
    }

    /// Everybody who was admitted in time has the next seat: admission left nobody to be refused
    /// here for want of one.
    fn settle(&mut self) -> Vec<Result<i64, Reason>> {
        let mut next = i64::try_from(self.owners.len()).unwrap_or(i64::MAX);
        let mut seat = |ticket: Waiting| {
            next += 1;
            self.owners.push((ticket.student, next));
            Ok(next)
        };
        self.waiting.drain(..).map(&mut seat).collect()
    }
}

proptest! {
    /// Admission and settlement together are the plain sale, whatever the order of clicks, failed
    /// commits, recounts and settlements.
    #[test]
    fn the_room_is_the_plain_sale(seats in 0_i64..6, moves in proptest::collection::vec((0_u8..10, 0_i64..8), 0..80)) {
        let mut plain = Plain { seats, ..Plain::default() };
        let mut live = HashMap::new();
        let mut room = Admission::new(seats, HashMap::new());
        for (number, (kind, student)) in (0_u8..).zip(moves) {
            let new = waiting(number, student, 150);
            let sold = i64::try_from(plain.owners.len()).unwrap_or(i64::MAX);
            match kind {
                0 => {
                    let owners: HashSet<_> = plain.owners.iter().map(|(student, _)| *student).collect();
                    let batch = plain.waiting.clone();
                    let free = seats_in_a_row(seats, seats - sold, sold, seats).expect("no gap").collect();
                    let decisions = decide(&Book { window: WINDOW, remaining: seats - sold, free }, &batch, &owners, &HashSet::new());
                    let outcomes: Vec<_> = decisions.into_iter().map(|(_, outcome)| outcome).collect();
                    prop_assert_eq!(outcomes, plain.settle());
                }
                1 => room = Admission::new(seats - sold - i64::try_from(plain.waiting.len()).unwrap_or(i64::MAX), live.clone()),
                _ => {
                    let verdict = room.click(new.student, new.id, WINDOW, NOW);
                    prop_assert_eq!(verdict, plain.click(new, &live));
                    if verdict == Verdict::Admitted && kind == 2 {
                        room.undo(new.student, new.id);
                        plain.waiting.pop();
                    } else if verdict == Verdict::Admitted {
                        live.insert(new.student, new.id);
                    }
                }
            }
            prop_assert_eq!(room.holds(new.student), live.get(&new.student).copied());
        }
        prop_assert_eq!(room.into_holders(), live);
    }

    /// A click is its peek, which changes nothing; where there is none, it takes one token.
    #[test]
    fn a_click_is_a_peek_or_takes_a_token(free in -2_i64..4, holders in proptest::collection::hash_set(0_i64..4, 0..4), is_doubted in any::<bool>(), paused in any::<bool>(), now in 90_i64..210, student in 0_i64..6) {
        let holders: HashMap<_, _> = holders.into_iter().map(|student| (StudentId(student), ticket(0))).collect();
        let copy = |free, holders| {
            let copy = Admission::new(free, holders);
            if is_doubted { copy.doubted() } else { copy }
        };
        let (window, now, student) = (Window { paused, ..WINDOW }, Millis(now), StudentId(student));
        let mut sale = copy(free, holders.clone());
        let peeked = sale.peek(student, window, now);
        let verdict = sale.click(student, ticket(1), window, now);
        match peeked {
            Some(peeked) => {
                prop_assert_eq!(verdict, peeked);
                prop_assert_ne!(verdict, Verdict::Admitted);
                prop_assert_eq!(sale, copy(free, holders));
            }
            None => {
                prop_assert_eq!(verdict, Verdict::Admitted);
                prop_assert!(window.admits(now).is_ok() && !holders.contains_key(&student));
                prop_assert!(free > 0 || is_doubted);
                let with_ticket = holders.into_iter().chain([(student, ticket(1))]).collect();
                prop_assert_eq!(sale, copy(free - 1, with_ticket));
            }
        }
    }

    /// A copy that hears of each commit peeks as the room does.
    #[test]
    fn a_copy_that_caught_up_peeks_as_the_room_does(seats in 0_i64..6, groups in proptest::collection::vec(proptest::collection::vec(0_i64..8, 0..5), 0..6), paused in any::<bool>(), now in 90_i64..210) {
        let mut room = Admission::new(seats, HashMap::new());
        let mut copy = room.clone();
        let (window, now) = (Window { paused, ..WINDOW }, Millis(now));
        let mut numbers = 0_u8..;
        for group in groups {
            let mut tickets = Vec::new();
            for (student, number) in group.into_iter().zip(&mut numbers) {
                if click(&mut room, student, number) == Verdict::Admitted {
                    tickets.push((StudentId(student), ticket(number)));
                }
            }
            copy.catch_up(tickets, room.free());
            for student in (0..8).map(StudentId) {
                prop_assert_eq!(copy.peek(student, window, now), room.peek(student, window, now));
            }
        }
    }

    /// Clicks, failed commits and settlements in any order never promise more seats than there are.
    #[test]
    fn admission_never_promises_more_than_the_stock(stock in 0_i64..6, clicks in proptest::collection::vec((0_i64..8, any::<bool>()), 0..60)) {
        let mut sale = Admission::new(stock, HashMap::new());
        let mut live = HashMap::new();
        for (number, (student, commit_fails)) in (0_u8..).zip(clicks) {
            let student = StudentId(student);
            match sale.click(student, ticket(number), WINDOW, NOW) {
                Verdict::Admitted if commit_fails => sale.undo(student, ticket(number)),
                Verdict::Admitted => prop_assert_eq!(live.insert(student, ticket(number)), None),
                Verdict::Yours(held) => prop_assert_eq!(live.get(&student), Some(&held)),
                Verdict::Refused(reason) => {
                    prop_assert_eq!(reason, Reason::SoldOut);
                    prop_assert_eq!(i64::try_from(live.len()).unwrap_or(i64::MAX), stock, "refused although a seat is free");
                }
            }
            prop_assert_eq!(sale.free(), stock - i64::try_from(live.len()).unwrap_or(i64::MAX));
        }
    }

    /// A batch sells at most what remains, to different students, on the lowest free numbers,
    /// within the window.
    #[test]
    fn settlement_sells_each_seat_once(stock in 1_i64..9, taken in proptest::collection::btree_set(1_i64..9, 0..9), clicks in proptest::collection::vec((0_i64..6, 50_i64..250), 0..20), owners in proptest::collection::hash_set(0_i64..6, 0..3)) {
        let free: Vec<_> = (1..=stock).filter(|seat| !taken.contains(seat)).collect();
        let remaining = i64::try_from(free.len()).unwrap_or(0);
        let last = taken.iter().copied().filter(|seat| *seat <= stock).max().unwrap_or(0);
        match seats_in_a_row(stock, remaining, last, stock) {
            Some(row) => prop_assert_eq!(row.collect::<Vec<_>>(), free.clone()),
            None => prop_assert!(free.first().is_some_and(|seat| *seat < last), "only a gap needs a look"),
        }
        let owners: HashSet<_> = owners.into_iter().map(StudentId).collect();
        let batch: Vec<_> = (0_u8..).zip(&clicks).map(|(number, (student, at))| waiting(number, *student, *at)).collect();
        let decisions = decide(&Book { window: WINDOW, remaining, free: free.clone() }, &batch, &owners, &HashSet::new());
        prop_assert_eq!(decisions.len(), batch.len());
        let mut seats = Vec::new();
        let mut winners = owners.clone();
        for (ticket, outcome) in &decisions {
            if let Ok(seat) = outcome {
                seats.push(*seat);
                prop_assert!(winners.insert(ticket.student));
                prop_assert!(WINDOW.covers(ticket.accepted_at).is_ok());
            } else if *outcome == Err(Reason::SoldOut) {
                prop_assert_eq!(seats.len(), free.len());
            }
        }
        prop_assert_eq!(seats_taken(&decisions), i64::try_from(seats.len()).unwrap_or(i64::MAX));
        prop_assert_eq!(&seats[..], &free[..seats.len()], "the lowest first");
    }
}
