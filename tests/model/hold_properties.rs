//! The promises about holds, as questions about a state.

use crate::holds::{
    HeldOrder, HeldPayment, HoldState, Holds, PRICE, Refund, SEATS, TICKETS, Trade,
};
use qiangke::types::{order::OrderState, sale::Reason};
use stateright::Property;
use std::collections::HashSet;

/// What always holds, and what must come up for the exploration to be one.
pub fn all() -> Vec<Property<Holds>> {
    let mut found = promises();
    found.extend(sights());
    found
}

/// What always holds.
fn promises() -> Vec<Property<Holds>> {
    vec![
        Property::always(
            "G1 never oversold, each seat once",
            |_, state: &HoldState| {
                let seats: Vec<_> = state.live_orders().map(|order| order.seat).collect();
                let distinct: HashSet<_> = seats.iter().copied().collect();
                state.remaining >= 0
                    && seats.len() == distinct.len()
                    && seats.iter().all(|seat| (1..=SEATS).contains(seat))
            },
        ),
        Property::always("G2 conservation", |_, state: &HoldState| {
            i64::try_from(state.live_orders().count()) == Ok(SEATS - state.remaining)
        }),
        Property::always(
            "G3 one live order for each student",
            |_, state: &HoldState| {
                let mut seen = HashSet::new();
                state.live_orders().all(|order| seen.insert(order.student))
            },
        ),
        Property::always(
            "a ticket is released when its order ends, and not before",
            |_, state: &HoldState| {
                state.tickets.iter().zip(&state.orders).all(|pair| {
                    let (Some(ticket), Some(order)) = pair else {
                        return true;
                    };
                    ticket.is_released != order.state.is_live()
                })
            },
        ),
        Property::always(
            "G17 a seat comes back only when no money can come, or a bound is reached",
            |_, state: &HoldState| (0..TICKETS).all(|order| ends_in_order(state, order)),
        ),
        Property::always(
            "G18 paid by one payment of its price",
            |_, state: &HoldState| {
                (0..TICKETS).all(|number| {
                    let Some(order) = state.order(number) else {
                        return true;
                    };
                    let kept: Vec<_> = state
                        .payments_of(number)
                        .filter(HeldPayment::is_kept)
                        .collect();
                    match kept[..] {
                        [] => order.state != OrderState::Paid,
                        [one] => order.state == OrderState::Paid && one.received == Some(PRICE.0),
                        _ => false,
                    }
                })
            },
        ),
        Property::always(
            "G18 who paid may study, and nobody else",
            |_, state: &HoldState| {
                state
                    .orders
                    .iter()
                    .flatten()
                    .all(|order| order.is_entitled == (order.state == OrderState::Paid))
            },
        ),
        Property::always("G22 money goes back once", |_, state: &HoldState| {
            state
                .payments
                .iter()
                .flatten()
                .all(|payment| payment.returned <= 1)
        }),
        Property::always(
            "who lets holds lapse gets no more of them",
            |_, state: &HoldState| !state.is_hoarded,
        ),
        Property::always(
            "G17 and G19 every hold and all money ends when faults end",
            |holds: &Holds, state: &HoldState| {
                if !holds.is_followed {
                    return true;
                }
                let end = holds.finish(state);
                let is_over = |order: &HeldOrder| {
                    !matches!(order.state, OrderState::Held | OrderState::Closing)
                };
                let is_answered = |payment: &HeldPayment| match payment.trade {
                    Trade::Taken(amount) => {
                        payment.received == Some(amount) && payment.refund != Refund::Asked
                    }
                    _ => payment.received.is_none(),
                };
                end.orders.iter().flatten().all(is_over)
                    && end.payments.iter().flatten().all(is_answered)
            },
        ),
    ]
}

/// An order that ended left no payment that could still be paid in time, and none that was.
fn ends_in_order(state: &HoldState, number: usize) -> bool {
    let Some(order) = state.order(number) else {
        return true;
    };
    let has_lapsed = matches!(order.state, OrderState::Expired | OrderState::Cancelled);
    if !has_lapsed || order.by_bound {
        return true;
    }
    state.payments_of(number).all(|payment| {
        let is_settled = payment.is_closed || payment.received.is_some();
        // Money that came in time pays, or was not what was asked for.
        let is_lost =
            matches!(payment.trade, Trade::Taken(amount) if amount == PRICE.0) && !payment.is_late;
        is_settled && !is_lost
    })
}

/// Whether an order stands so.
fn is(state: &HoldState, wanted: OrderState) -> bool {
    state
        .orders
        .iter()
        .flatten()
        .any(|order| order.state == wanted)
}

/// What must come up for the exploration to be one.
fn sights() -> Vec<Property<Holds>> {
    vec![
        Property::sometimes("a freed seat is paid by another", |_, state: &HoldState| {
            is(state, OrderState::Expired) && is(state, OrderState::Paid)
        }),
        Property::sometimes("late money has its seat again", |_, state: &HoldState| {
            (0..TICKETS).any(|order| {
                state
                    .order(order)
                    .is_some_and(|order| order.state == OrderState::Paid)
                    && state
                        .payments_of(order)
                        .any(|payment| payment.is_late && payment.is_closed)
            })
        }),
        Property::sometimes("late money goes back", |_, state: &HoldState| {
            state
                .payments
                .iter()
                .flatten()
                .any(|payment| payment.is_late && payment.refund == Refund::Done)
        }),
        Property::sometimes(
            "a hold is given back while it is paid",
            |_, state: &HoldState| {
                state
                    .orders
                    .iter()
                    .flatten()
                    .any(|order| order.is_given_back && order.state == OrderState::Paid)
            },
        ),
        Property::sometimes("a provider is given up", |_, state: &HoldState| {
            state.orders.iter().flatten().any(|order| order.by_bound)
        }),
        Property::sometimes("holds are spent", |_, state: &HoldState| {
            state
                .tickets
                .iter()
                .flatten()
                .any(|ticket| ticket.outcome == Some(Err(Reason::HoldsSpent)))
        }),
    ]
}
