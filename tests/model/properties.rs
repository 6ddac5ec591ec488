//! The promises, as questions about a state.

use crate::{
    database::{Fate, SEATS, TICKETS, TestDatabase, Ticket},
    rush::{Desks, Rush, State},
};
use qiangke::types::sale::Reason;
use stateright::Property;
use std::collections::HashSet;

/// What always holds, and what must come up for the exploration to be one.
pub fn of(rush: &Rush) -> Vec<Property<Rush>> {
    let mut found = vec![
        Property::always("G1 never oversold", |_, state: &State| {
            live_orders(state) <= SEATS && state.database.remaining >= 0
        }),
        Property::always("G2 conservation", |_, state: &State| {
            SEATS == state.database.remaining + live_orders(state)
        }),
        Property::always("G3 one order for each student", |_, state: &State| {
            are_distinct(state.database.live_orders().map(|order| order.student))
        }),
        Property::always(
            "G4 one order for a ticket that won, none for another",
            |_, state: &State| orders_fit(&state.database),
        ),
        Property::always(
            "G5 a ticket that was heard of is in the database",
            |_, state: &State| {
                (0..TICKETS)
                    .all(|ticket| !state.heard[ticket] || state.database.tickets[ticket].is_some())
            },
        ),
        Property::always(
            "G6 every ticket ends when faults end",
            |rush: &Rush, state: &State| rush.finish(state).database.waiting().count() == 0,
        ),
        Property::always("G7 what is decided stays", |_, state: &State| {
            !state.is_changed
        }),
        Property::always("G8 what was told is so", |_, state: &State| {
            (0..TICKETS).all(|ticket| {
                state.told[ticket].is_none_or(|fate| state.database.fate(ticket) == Some(fate))
            })
        }),
        Property::always("G9 one live ticket for each student", |_, state: &State| {
            let live = tickets(state).filter(|ticket| ticket.is_live());
            are_distinct(live.map(|ticket| ticket.student))
        }),
        Property::always(
            "G9 who has a ticket that won, or can, is not refused",
            |_, state: &State| !state.is_turned_away,
        ),
        Property::always(
            "G16 an accepted ticket is settled whatever became of the window",
            |_, state: &State| {
                !tickets(state).any(|ticket| {
                    matches!(
                        ticket.fate,
                        Fate::Lost(Reason::TooEarly | Reason::Closed | Reason::Paused)
                    )
                })
            },
        ),
        Property::always("each seat once", |_, state: &State| {
            let seats = || state.database.live_orders().map(|order| order.seat);
            are_distinct(seats()) && seats().all(|seat| (1..=SEATS).contains(&seat))
        }),
        Property::always(
            "nobody is refused while a seat is left",
            |_, state: &State| {
                let is_left = state.database.remaining > 0 && !state.is_cancelled;
                let is_refused = has(state, |fate| fate == Fate::Lost(Reason::SoldOut));
                let is_unjust = is_left && is_refused;
                !state.is_misled && !is_unjust
            },
        ),
        Property::always(
            "only whom the database refuses is given up",
            |rush: &Rush, state: &State| {
                tickets(state).all(|ticket| {
                    ticket.fate != Fate::Lost(Reason::GaveUp)
                        || Some(ticket.student) == rush.refused
                })
            },
        ),
        Property::sometimes(
            "all seats are sold, and that is known",
            |_, state: &State| {
                state.database.remaining == 0
                    && has(state, |fate| fate == Fate::Won(SEATS))
                    && state.told.contains(&Some(Fate::Won(SEATS)))
            },
        ),
    ];
    found.extend(of_kind(rush));
    found
}

/// What holds or comes up in this kind of a rush only.
fn of_kind(rush: &Rush) -> Vec<Property<Rush>> {
    let mut found = Vec::new();
    if rush.desks == Desks::One {
        found.push(Property::always(
            "no more tickets wait than seats could be free",
            |_, state: &State| state.database.free() >= 0,
        ));
    } else {
        found.push(Property::sometimes(
            "a ticket comes too late",
            |_, state: &State| has(state, |fate| fate == Fate::Lost(Reason::SoldOut)),
        ));
    }
    if rush.cancels {
        found.push(Property::sometimes(
            "a freed seat is another's",
            |_, state: &State| {
                let seats = |is_live: bool| {
                    state
                        .database
                        .orders
                        .iter()
                        .filter(move |order| order.is_live == is_live)
                        .map(|order| order.seat)
                };
                seats(false).any(|freed| seats(true).any(|seat| seat == freed))
            },
        ));
        found.push(Property::sometimes(
            "a student whose order ended has another",
            |_, state: &State| {
                let ended = state.database.orders.iter().filter(|order| !order.is_live);
                ended.clone().any(|ended| {
                    state
                        .database
                        .live_orders()
                        .any(|order| order.student == ended.student)
                })
            },
        ));
    }
    if rush.refused.is_some() {
        found.push(Property::sometimes(
            "all tickets are there",
            |_, state: &State| tickets(state).count() == TICKETS,
        ));
        found.push(Property::sometimes(
            "a ticket is given up",
            |_, state: &State| has(state, |fate| fate == Fate::Lost(Reason::GaveUp)),
        ));
    }
    found
}

fn tickets(state: &State) -> impl Iterator<Item = &Ticket> {
    state.database.tickets.iter().flatten()
}

fn has(state: &State, is: impl Fn(Fate) -> bool) -> bool {
    tickets(state).any(|ticket| is(ticket.fate))
}

fn live_orders(state: &State) -> i64 {
    i64::try_from(state.database.live_orders().count()).unwrap_or(i64::MAX)
}

fn are_distinct<T: Eq + std::hash::Hash>(items: impl Iterator<Item = T>) -> bool {
    let mut seen = HashSet::new();
    items.into_iter().all(|item| seen.insert(item))
}

/// Each ticket that won has exactly one order, of its seat and student, and no other has any.
fn orders_fit(database: &TestDatabase) -> bool {
    (0..TICKETS).all(|ticket| {
        let mut orders = database
            .orders
            .iter()
            .filter(|order| order.ticket == ticket);
        match database.tickets[ticket] {
            Some(Ticket {
                student,
                fate: Fate::Won(seat),
                ..
            }) => {
                orders
                    .next()
                    .is_some_and(|order| (order.seat, order.student) == (seat, student))
                    && orders.next().is_none()
            }
            _ => orders.next().is_none(),
        }
    })
}
