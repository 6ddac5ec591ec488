//! A hold: how long a seat waits for its money, and what becomes of money that comes.
//!
//! An order's `expires_at` never moves (G17). Money is always answered (G19): it pays its order, or
//! it goes back.

use crate::types::{
    money::Fen,
    order::OrderState,
    payment::{Provider, RefundCause},
    time::{MINUTE_MS, Millis},
};

/// Holds of one sale that a student may let lapse; the next click gets no seat.
pub const HOLDS_MAX: i64 = 2;
/// How long a hold that ended, or was given back, waits for providers to close its payments, in milliseconds. Then its
/// seat is free whatever they do, and money that comes all the same goes back.
pub const CLOSING_MAX_MS: i64 = 10 * MINUTE_MS;

/// What is known of an order when money for it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderFacts {
    pub state: OrderState,
    /// What was to be paid.
    pub due: Fen,
    /// Whether its student may study the course by another order.
    pub is_owned: bool,
    /// Whether an order that ended can have its seat again: nobody has it, and no ticket that waits
    /// needs it.
    pub is_seat_free: bool,
}

/// What becomes of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Money {
    /// It pays the order, which is live.
    Pays,
    /// It pays the order, which had ended and gets its seat again.
    Revives,
    /// It goes back.
    Returns(RefundCause),
}

/// What becomes of `received` money for an order.
pub fn judge(order: OrderFacts, received: Fen) -> Money {
    if received != order.due {
        return Money::Returns(RefundCause::Mismatch);
    }
    match order.state {
        OrderState::Paid => Money::Returns(RefundCause::Twice),
        _ if order.is_owned => Money::Returns(RefundCause::Twice),
        OrderState::Held | OrderState::Closing => Money::Pays,
        OrderState::Expired | OrderState::Cancelled if order.is_seat_free => Money::Revives,
        OrderState::Expired
        | OrderState::Cancelled
        | OrderState::Refunding
        | OrderState::Refunded => Money::Returns(RefundCause::Late),
    }
}

/// Whether a hold that ends then can be paid at `now`.
pub fn is_payable(state: OrderState, expires_at: Option<Millis>, now: Millis) -> bool {
    state == OrderState::Held && expires_at.is_some_and(|end| now < end)
}

/// When a provider that does not know a payment can't come to take money for it any more: it learns
/// of a payment as its student opens it.
pub fn closes_unmade_at(provider: Provider, expires_at: Millis) -> Millis {
    match provider {
        Provider::Mock => expires_at,
        // They count the end by the minute, and a request to make it may still be on its way.
        Provider::Alipay | Provider::Wechat => expires_at.plus(MINUTE_MS),
    }
}

/// Milliseconds until a payment that is not known to be paid is asked about again: at first every
/// few seconds, since its student may be waiting, then each minute. `tries` counts those before.
pub fn query_again_ms(tries: i64) -> i64 {
    const FIRST_MS: i64 = 5_000;
    const DOUBLINGS_MAX: i64 = 3;
    if tries > DOUBLINGS_MAX {
        MINUTE_MS
    } else {
        FIRST_MS << tries.max(0)
    }
}

/// Milliseconds until a provider is asked again to close a payment, or to pay it back.
pub fn try_again_ms(tries: i64) -> i64 {
    const STEPS_S: [i64; 6] = [1, 2, 5, 10, 30, 60];
    let step = usize::try_from(tries).unwrap_or(0).min(STEPS_S.len() - 1);
    STEPS_S[step] * 1_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DUE: Fen = Fen(990);

    fn standing(state: OrderState) -> OrderFacts {
        OrderFacts {
            state,
            due: DUE,
            is_owned: false,
            is_seat_free: false,
        }
    }

    #[test]
    fn money_pays_a_hold_until_its_seat_is_free() {
        for state in [OrderState::Held, OrderState::Closing] {
            assert_eq!(judge(standing(state), DUE), Money::Pays, "{state:?}");
        }
    }

    #[test]
    fn money_that_pays_nothing_goes_back_with_its_cause() {
        for state in OrderState::ALL {
            for wrong in [DUE.0 - 1, DUE.0 + 1, 1] {
                assert_eq!(
                    judge(standing(state), Fen(wrong)),
                    Money::Returns(RefundCause::Mismatch),
                    "{state:?} {wrong}"
                );
            }
            let owned = OrderFacts {
                is_owned: true,
                is_seat_free: true,
                ..standing(state)
            };
            assert_eq!(
                judge(owned, DUE),
                Money::Returns(RefundCause::Twice),
                "{state:?}"
            );
        }
        assert_eq!(
            judge(standing(OrderState::Paid), DUE),
            Money::Returns(RefundCause::Twice)
        );
        for state in [
            OrderState::Expired,
            OrderState::Cancelled,
            OrderState::Refunding,
            OrderState::Refunded,
        ] {
            assert_eq!(
                judge(standing(state), DUE),
                Money::Returns(RefundCause::Late),
                "{state:?}"
            );
        }
    }

    #[test]
    fn late_money_gets_a_seat_that_is_still_free() {
        for state in OrderState::ALL {
            let free = OrderFacts {
                is_seat_free: true,
                ..standing(state)
            };
            assert_eq!(
                judge(free, DUE) == Money::Revives,
                matches!(state, OrderState::Expired | OrderState::Cancelled),
                "{state:?}"
            );
        }
    }

    #[test]
    fn a_hold_can_be_paid_until_its_last_millisecond() {
        let end = Some(Millis(1_000));
        assert!(is_payable(OrderState::Held, end, Millis(999)));
        assert!(!is_payable(OrderState::Held, end, Millis(1_000)));
        assert!(!is_payable(OrderState::Closing, end, Millis(1)));
        assert!(!is_payable(OrderState::Held, None, Millis(1)));
    }

    #[test]
    fn tries_are_close_at_first_and_never_end() {
        let waits: Vec<_> = (0..6).map(query_again_ms).collect();
        assert_eq!(waits, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
        let waits: Vec<_> = (0..8).map(try_again_ms).collect();
        assert_eq!(
            waits,
            [1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 60_000, 60_000]
        );
    }

    /// Any order, and what is known of it.
    fn facts() -> impl Strategy<Value = OrderFacts> {
        let state = prop::sample::select(OrderState::ALL.to_vec());
        (state, 1_i64..1_000, any::<bool>(), any::<bool>()).prop_map(
            |(state, due, is_owned, is_seat_free)| OrderFacts {
                state,
                due: Fen(due),
                is_owned,
                is_seat_free,
            },
        )
    }

    /// What may happen to an order.
    #[derive(Clone, Copy, Debug)]
    enum Move {
        /// So much money comes, beside what else is known then.
        Money(i64, bool, bool),
        Lapse,
        Close,
        GiveBack,
        PayBack,
    }

    fn moves() -> impl Strategy<Value = Vec<Move>> {
        let amount = prop_oneof![Just(DUE.0), Just(DUE.0 - 1), Just(DUE.0 + 1)];
        let money = (amount, any::<bool>(), any::<bool>())
            .prop_map(|(amount, owned, free)| Move::Money(amount, owned, free));
        let ends = prop::sample::select(vec![
            Move::Lapse,
            Move::Close,
            Move::GiveBack,
            Move::PayBack,
        ]);
        prop::collection::vec(prop_oneof![money, ends], 0..24)
    }

    proptest! {
        #[test]
        fn money_buys_a_seat_only_for_its_price_and_only_once(order in facts(), received in 1_i64..1_000) {
            let received = Fen(received);
            let fits = received == order.due && !order.is_owned && order.state != OrderState::Paid;
            match judge(order, received) {
                Money::Pays => prop_assert!(fits && order.state.is_live()),
                Money::Revives => prop_assert!(fits && !order.state.is_live() && order.is_seat_free),
                Money::Returns(RefundCause::Mismatch) => prop_assert_ne!(received, order.due),
                Money::Returns(RefundCause::Twice) => prop_assert!(order.is_owned || order.state == OrderState::Paid),
                Money::Returns(RefundCause::Late) => prop_assert!(fits && !order.state.is_live()),
                Money::Returns(RefundCause::Asked) => prop_assert!(false, "nobody asked"),
            }
        }

        #[test]
        fn what_comes_is_kept_once_or_goes_back(moves in moves()) {
            let (mut state, mut received, mut kept, mut returned) = (OrderState::Held, 0, 0, 0);
            for step in moves {
                match (step, state) {
                    (Move::Money(amount, is_owned, is_seat_free), _) => {
                        let order = OrderFacts { state, due: DUE, is_owned, is_seat_free };
                        received += amount;
                        match judge(order, Fen(amount)) {
                            Money::Pays | Money::Revives => {
                                kept += amount;
                                state = OrderState::Paid;
                            }
                            Money::Returns(_) => returned += amount,
                        }
                    }
                    (Move::Lapse, OrderState::Held) => state = OrderState::Closing,
                    (Move::Close, OrderState::Closing) => state = OrderState::Expired,
                    (Move::GiveBack, OrderState::Held) => state = OrderState::Cancelled,
                    (Move::PayBack, OrderState::Paid) => {
                        kept -= DUE.0;
                        returned += DUE.0;
                        state = OrderState::Refunding;
                    }
                    _ => {}
                }
                prop_assert_eq!(received, kept + returned);
                prop_assert_eq!(kept, if state == OrderState::Paid { DUE.0 } else { 0 });
            }
        }

        #[test]
        fn a_hold_is_payable_until_its_end_and_never_after(end in any::<i32>(), now in any::<i32>(), state in prop::sample::select(OrderState::ALL.to_vec())) {
            let (end, now) = (Millis(end.into()), Millis(now.into()));
            prop_assert_eq!(is_payable(state, Some(end), now), state == OrderState::Held && now < end);
            prop_assert!(closes_unmade_at(Provider::Mock, end) >= end);
        }

        #[test]
        fn tries_grow_rarer_and_have_a_bound(tries in any::<i64>()) {
            for again_ms in [query_again_ms, try_again_ms] {
                let (now, then) = (again_ms(tries), again_ms(tries.saturating_add(1)));
                prop_assert!(now <= then && (1_000..=MINUTE_MS).contains(&now));
            }
        }
    }
}
