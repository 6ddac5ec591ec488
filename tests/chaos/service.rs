//! Service: what everybody else gets while strangers ask for a lot, a proxy stands in between, or
//! something is wrong that is not theirs.

use crate::{
    checker::{Case, SLACK_MS, example},
    facts::OrderFact,
    history::{Answer, Ask, Event, Ticket},
    notes::Span,
};
use qiangke::types::sale::Reason;
use std::collections::{HashMap, HashSet};

/// Requests of a hundred that may go unanswered: a shop that has too much to do still answers.
const UNANSWERED_MAX: usize = 1;
/// Requests of a hundred that may be refused, by a shop that has too much to do: the machine runs
/// all of this at once.
const REFUSED_MAX: usize = 20;
/// How long it may be that nobody at all is served.
const SILENT_MAX_MS: u64 = 3_000;
/// What a process may hold, in KB. A debug build that serves two thousand students holds up to 105
/// MB; an attack on memory takes hundreds of MB in seconds.
const MEMORY_MAX_KB: u64 = 160 * 1_024;
/// How long "sold out" may be said while a seat is free, once a desk can't be trusted.
const DOUBTED_FOR_MS: u64 = 1_000;
/// A ticket is decided within this time, whatever happens to another sale or a provider.
const APART_WITHIN_MS: u64 = 2_000;
/// A server starts within this time of the end of the one before.
const STARTS_WITHIN_MS: u64 = 10_000;
/// A mobile can ask again within this time, at the longest.
const ASKS_AGAIN_S: u64 = 60;
/// What a server says that must have company through Redis only.
const SAYS_WHY: &str = "redis";

pub fn seats_are_distinct(case: &Case) -> Option<String> {
    let stock: HashMap<i64, i64> = case
        .facts
        .sales
        .iter()
        .map(|sale| (sale.id, sale.stock))
        .collect();
    let mut seen = HashSet::new();
    let is_wrong = |sale, seat| {
        stock
            .get(&sale)
            .is_none_or(|stock| !(1..=*stock).contains(&seat))
    };
    case.facts
        .live_orders()
        .find(|order| is_wrong(order.sale, order.seat) || !seen.insert((order.sale, order.seat)))
        .map(example)
}

pub fn cancelled_orders_end(case: &Case) -> Option<String> {
    let released: HashSet<Ticket> = case
        .facts
        .tickets
        .iter()
        .filter(|ticket| ticket.is_released)
        .map(|ticket| ticket.id)
        .collect();
    let is_cancelled = |order: &OrderFact| case.notes.cancelled.contains(&order.id);
    // A hold that is not paid ends by itself.
    let may_end = |order: &OrderFact| case.has_holds || is_cancelled(order);
    let is_wrong = |order: &&OrderFact| {
        order.is_ended && !may_end(order)
            || !order.is_ended && is_cancelled(order)
            || order.is_ended != released.contains(&order.ticket)
    };
    case.facts.orders.iter().find(is_wrong).map(example)
}

pub fn sold_out_is_true(case: &Case) -> Option<String> {
    case.notes.free.iter().find_map(|span| {
        let doubted_ms = span.from_ms + DOUBTED_FOR_MS + SLACK_MS;
        let is_within = |event: &&Event| {
            event.sale == span.sale
                && event.sent_ms >= doubted_ms
                && event.received_ms <= span.to_ms
        };
        let wrong = case
            .events
            .iter()
            .filter(is_within)
            .find(|event| event.answer == Answer::Refused(Reason::SoldOut))?;
        Some(format!("{wrong:?}; {span:?}"))
    })
}

/// By what polls say, and not by when the end was heard: who has a ticket of the locked sale, too,
/// may ask about that one first.
pub fn sales_are_apart(case: &Case) -> Option<String> {
    let span = case.notes.locked.first()?;
    late_decision(
        case.events.iter().filter(|event| event.sale != span.sale),
        span,
    )
}

/// A poll in this span whose ticket still waits, longer than what is wrong elsewhere may cost it.
pub fn late_decision<'a>(
    mut events: impl Iterator<Item = &'a Event>,
    span: &Span,
) -> Option<String> {
    let mut accepted: HashMap<Ticket, u64> = HashMap::new();
    events.find_map(|event| match (&event.ask, &event.answer) {
        (Ask::Click(_), Answer::Ticket(ticket)) => {
            accepted.entry(*ticket).or_insert(event.received_ms);
            None
        }
        (Ask::Poll(ticket), Answer::Waits(_))
            if (span.from_ms..=span.to_ms).contains(&event.sent_ms) =>
        {
            let accepted_ms = accepted.get(ticket)?;
            let is_late = event.sent_ms > accepted_ms + APART_WITHIN_MS + SLACK_MS;
            is_late.then(|| format!("accepted at {accepted_ms} ms, and {event:?}; {span:?}"))
        }
        _ => None,
    })
}

/// When each answer came, and its status.
fn answers(case: &Case) -> Vec<(u64, Option<u16>)> {
    let events = case.events.iter().map(|event| match event.answer {
        Answer::Nothing => (event.received_ms, None),
        Answer::Status(status) => (event.received_ms, Some(status)),
        _ => (event.received_ms, Some(200)),
    });
    let mut answers: Vec<_> = events
        .chain(
            case.visits
                .iter()
                .map(|visit| (visit.received_ms, visit.status)),
        )
        .collect();
    answers.sort_unstable();
    answers
}

/// Few are refused, and there is always somebody who is served: the bystanders ask all the time.
pub fn others_are_served(case: &Case) -> Option<String> {
    if !case.is_whole {
        return None;
    }
    let answers = answers(case);
    let served: Vec<u64> = answers
        .iter()
        .filter(|(_, status)| status.is_some_and(|status| status < 500))
        .map(|(ms, _)| *ms)
        .collect();
    let (unanswered, all) = (
        answers
            .iter()
            .filter(|(_, status)| status.is_none())
            .count(),
        answers.len(),
    );
    let refused = all - served.len() - unanswered;
    if unanswered * 100 > all * UNANSWERED_MAX || refused * 100 > all * REFUSED_MAX {
        return Some(format!(
            "of {all} requests {unanswered} were not answered, and {refused} with 5xx"
        ));
    }
    let silent = served
        .windows(2)
        .find(|pair| pair[1] - pair[0] > SILENT_MAX_MS + SLACK_MS)?;
    Some(format!(
        "nobody was served from {} ms to {} ms",
        silent[0], silent[1]
    ))
}

pub fn proxy_answers(case: &Case) -> Option<String> {
    let events = case
        .events
        .iter()
        .filter(|event| event.answer == Answer::Nothing)
        .count();
    let visits = case
        .visits
        .iter()
        .filter(|visit| visit.status.is_none())
        .count();
    let (silent, all) = (events + visits, case.events.len() + case.visits.len());
    let is_bad = case.is_gated && silent * 100 > all * UNANSWERED_MAX;
    is_bad.then(|| format!("{silent} of {all} requests were not answered"))
}

pub fn memory_is_bounded(case: &Case) -> Option<String> {
    case.peaks_kb
        .iter()
        .find(|peak| **peak > MEMORY_MAX_KB)
        .map(|peak| format!("{peak} KB; {MEMORY_MAX_KB} KB are allowed"))
}

pub fn rivals_refuse(case: &Case) -> Option<String> {
    case.notes
        .rivals
        .iter()
        .find(|rival| !rival.refused || !rival.last_words.to_lowercase().contains(SAYS_WHY))
        .map(example)
}

pub fn successors_start(case: &Case) -> Option<String> {
    let limit_ms = STARTS_WITHIN_MS + SLACK_MS;
    let late = case
        .notes
        .successions
        .iter()
        .find(|start| start.took_ms.is_none_or(|took_ms| took_ms > limit_ms))?;
    Some(format!(
        "it answered after {:?} ms; {}",
        late.took_ms, late.last_words
    ))
}

pub fn sessions_last(case: &Case) -> Option<String> {
    let wrong = case
        .notes
        .sessions
        .iter()
        .find(|status| **status != Some(200))?;
    Some(format!("{wrong:?}; of all: {:?}", case.notes.sessions))
}

pub fn mobiles_are_free(case: &Case) -> Option<String> {
    let is_free = |again: &crate::notes::Again| match again.status {
        Some(200) => true,
        Some(429) => again.retry_s.is_some_and(|retry_s| retry_s <= ASKS_AGAIN_S),
        _ => false,
    };
    case.notes
        .mobiles
        .iter()
        .find(|again| !is_free(again))
        .map(example)
}
