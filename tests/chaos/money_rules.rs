//! Holds and money, held against G17 to G23: what students were told, what the database says, and
//! what the gateway's own book says it took and paid back.

use crate::{
    checker::{Case, SLACK_MS, example},
    facts::{EntitlementFact, OrderFact, PAID, PaymentFact},
    payers::{Habit, Purchase},
    service::late_decision,
};
use std::collections::HashMap;

/// Numbers of states of an order, in the database.
const HELD: i64 = 0;
const CLOSING: i64 = 1;
const EXPIRED: i64 = 3;
const CANCELLED: i64 = 4;
/// Money that was received for a payment, in its column `state`: as much as was asked for, or not.
const PAYMENT_PAID: i64 = 1;
const PAYMENT_MISMATCH: i64 = 3;
/// A seat that came back is given again within this time.
const OFFERED_WITHIN_MS: u64 = 2_000;

fn orders<'a>(case: &'a Case) -> HashMap<i64, &'a OrderFact> {
    case.facts
        .orders
        .iter()
        .map(|order| (order.id, order))
        .collect()
}

pub fn holds_do_not_move(case: &Case) -> Option<String> {
    let orders = orders(case);
    let is_moved = |purchase: &&Purchase| {
        let end = orders
            .get(&purchase.order)
            .and_then(|order| order.expires_at);
        purchase.ends.iter().any(|told| Some(*told) != end)
    };
    let moved = case.purchases.iter().find(is_moved)?;
    Some(format!("{moved:?}; {:?}", orders.get(&moved.order)))
}

/// Nobody loses a seat before the end that was promised, unless it was given back.
pub fn holds_last(case: &Case) -> Option<String> {
    let is_given_back = |order: &OrderFact| {
        case.notes.cancelled.contains(&order.id)
            || case
                .purchases
                .iter()
                .any(|purchase| purchase.order == order.id && purchase.is_given_back)
    };
    let is_early = |order: &&OrderFact| match order.state {
        EXPIRED => order.ended_at < order.expires_at,
        CANCELLED => !is_given_back(order),
        _ => false,
    };
    case.facts.orders.iter().find(is_early).map(example)
}

pub fn holds_end(case: &Case) -> Option<String> {
    let is_open = |order: &&OrderFact| matches!(order.state, HELD | CLOSING);
    let open = case.facts.orders.iter().find(is_open)?;
    case.has_holds.then(|| example(open))
}

pub fn seats_are_offered_again(case: &Case) -> Option<String> {
    let limit_ms = OFFERED_WITHIN_MS + SLACK_MS;
    let late = case
        .notes
        .offers
        .iter()
        .find(|offer| offer.took_ms.is_none_or(|took_ms| took_ms > limit_ms))?;
    Some(format!(
        "sale {}, instance {}: had after {:?} ms",
        late.sale, late.instance, late.took_ms
    ))
}

pub fn sold_is_paid(case: &Case) -> Option<String> {
    let paid = |sale: i64| {
        let of_it = |order: &&OrderFact| order.sale == sale && order.state == PAID;
        case.facts.orders.iter().filter(of_it).count()
    };
    case.facts
        .sales
        .iter()
        .find(|sale| {
            case.has_holds && i64::try_from(paid(sale.id)) != Ok(sale.stock - sale.remaining)
        })
        .map(|sale| format!("{sale:?}, {} orders paid", paid(sale.id)))
}

/// Money that stays with the shop.
fn is_kept(payment: &PaymentFact) -> bool {
    payment.state == PAYMENT_PAID && payment.refund.is_none()
}

/// Both ways, and the gateway has that money.
pub fn paid_by_one_payment(case: &Case) -> Option<String> {
    let mut kept: HashMap<i64, Vec<&PaymentFact>> = HashMap::new();
    for payment in case.facts.payments.iter().filter(|one| is_kept(one)) {
        kept.entry(payment.order).or_default().push(payment);
    }
    case.facts.orders.iter().find_map(|order| {
        let kept = kept.remove(&order.id).unwrap_or_default();
        let is_paid = order.state == PAID;
        let is_right = match kept[..] {
            [] => !is_paid,
            [one] => is_paid && one.amount == order.price && one.taken == Some(order.price),
            _ => false,
        };
        (!is_right).then(|| format!("{order:?}; {kept:?}"))
    })
}

pub fn payers_may_study(case: &Case) -> Option<String> {
    let rights = &case.facts.entitlements;
    let is_without = |order: &&OrderFact| {
        order.state == PAID
            && !rights.iter().any(|right| {
                right.is_live && (right.order, right.student) == (order.id, order.student)
            })
    };
    let orders = orders(case);
    let is_unpaid = |right: &&EntitlementFact| {
        right.is_live
            && orders
                .get(&right.order)
                .is_none_or(|order| order.state != PAID || order.student != right.student)
    };
    let without = case.facts.orders.iter().filter(|_| case.has_holds);
    without
        .clone()
        .find(is_without)
        .map(example)
        .or_else(|| rights.iter().find(is_unpaid).map(example))
}

/// No operator pays an order back here: what was paid stays so.
pub fn paid_is_final(case: &Case) -> Option<String> {
    let orders = orders(case);
    let is_broken = |purchase: &&Purchase| {
        purchase.told.iter().any(|state| state == "paid")
            && orders
                .get(&purchase.order)
                .is_none_or(|order| order.state != PAID)
    };
    let broken = case.purchases.iter().find(is_broken)?;
    Some(format!("{broken:?}; {:?}", orders.get(&broken.order)))
}

/// Rights are copied for a while where they were found, and never where they were not.
pub fn lessons_are_the_payers(case: &Case) -> Option<String> {
    let has_paid = |student: i64| {
        case.facts
            .paid_orders()
            .any(|order| order.student == student)
    };
    let is_wrong = |purchase: &&Purchase| match purchase.lessons {
        Some(200) => !has_paid(purchase.student),
        Some(403) => purchase.told.iter().any(|state| state == "paid"),
        _ => false,
    };
    case.purchases.iter().find(is_wrong).map(example)
}

/// What the gateway took pays its order, or all of it goes back.
pub fn money_is_answered(case: &Case) -> Option<String> {
    let orders = orders(case);
    let is_open = |payment: &&PaymentFact| {
        let Some(received) = payment.received.filter(|received| *received > 0) else {
            return false;
        };
        match payment.refund {
            Some((amount, _)) => amount != received,
            None => {
                payment.state == PAYMENT_MISMATCH
                    || orders
                        .get(&payment.order)
                        .is_none_or(|order| order.state != PAID)
            }
        }
    };
    case.facts.payments.iter().find(is_open).map(example)
}

pub fn money_is_known(case: &Case) -> Option<String> {
    let is_lost = |payment: &&PaymentFact| payment.taken.is_some() && payment.received.is_none();
    case.facts.payments.iter().find(is_lost).map(example)
}

pub fn money_is_real(case: &Case) -> Option<String> {
    let is_made_up = |payment: &&PaymentFact| {
        payment.received.is_some() && payment.received != payment.taken
            || matches!(payment.state, PAYMENT_PAID | PAYMENT_MISMATCH) && payment.taken.is_none()
    };
    case.facts.payments.iter().find(is_made_up).map(example)
}

/// By what polls say while a provider is slow, silent or wrong.
pub fn providers_delay_payers_only(case: &Case) -> Option<String> {
    let span = case.notes.provider_away.first()?;
    late_decision(case.events.iter(), span)
}

/// By the gateway's book: no more than came, as often as the shop asked for, and what is said to be
/// done is.
pub fn refunds_go_once(case: &Case) -> Option<String> {
    let payments = &case.facts.payments;
    let is_wrong = |payment: &&PaymentFact| {
        let taken = payment.taken.unwrap_or_default();
        let is_twice = payments
            .iter()
            .filter(|other| other.out_trade_no == payment.out_trade_no)
            .count()
            > 1;
        let is_untold = payment.returned > 0
            && payment
                .refund
                .is_none_or(|(amount, _)| amount != payment.returned);
        let is_empty = payment.is_returned() && payment.returned != taken;
        is_twice || payment.returned > taken || is_untold || is_empty
    };
    payments.iter().find(is_wrong).map(example)
}

pub fn refunds_arrive(case: &Case) -> Option<String> {
    case.facts
        .payments
        .iter()
        .find(|payment| payment.waits_for_refund(case.purchases))
        .map(example)
}

impl PaymentFact {
    /// Whether its money is back.
    pub fn is_returned(&self) -> bool {
        matches!(self.refund, Some((_, 2)))
    }

    /// Whether its refund is on its way, and can arrive: not one that the gateway is silent about,
    /// nor one that it refused, which is tried again after a minute.
    pub fn waits_for_refund(&self, purchases: &[Purchase]) -> bool {
        let habit = purchases
            .iter()
            .find(|purchase| purchase.trades.contains(&self.out_trade_no))
            .map(|purchase| purchase.habit);
        let excused = match self.refund {
            Some((_, 3)) => habit == Some(Habit::RefundFails),
            _ => habit == Some(Habit::RefundHidden),
        };
        self.refund.is_some() && !self.is_returned() && !excused
    }
}
