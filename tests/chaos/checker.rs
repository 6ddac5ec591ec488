//! Holds what every client saw, and what the database says, against G1 to G23, G29 and rules without
//! a number. Each rule is a function from one episode to the first counter-example that it finds;
//! `selfcheck` shows for each that it can find one.

use crate::{
    bystander_rules,
    bystanders::{Sms, Visit},
    facts::{Facts, OrderFact, STATE_WAITING, STATE_WON, TicketFact},
    history::{Answer, Ask, Event, Ticket},
    money_rules,
    notes::Notes,
    payers::Purchase,
    service,
};
use std::{
    collections::{HashMap, HashSet},
    fmt::Debug,
};

/// An accepted ticket ends within this time of the last fault's end (G6), and somebody has been
/// told so.
const DECIDED_WITHIN_MS: u64 = 10_000;
/// What a client's own rest between two polls, and a machine that runs all of this at once, may add
/// to a time.
pub const SLACK_MS: u64 = 1_500;
/// A click that can't be taken is refused within this time (G11).
const REFUSED_WITHIN_MS: u64 = 1_000;
/// How long an instance that read a ticket as waiting may say so once another has decided it, when
/// Redis lost the decision.
const ECHO_MS: u64 = 500;

/// An episode: all that a rule may look at.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each stands for itself, and any of them may go together"
)]
pub struct Case<'a> {
    pub events: &'a [Event],
    pub facts: &'a Facts,
    /// When the last fault had ended, and the shop was whole again.
    pub healed_ms: u64,
    /// Several instances share the database.
    pub has_many: bool,
    /// A student gave up although the shop was whole again: nobody answered the click.
    pub unheard: &'a [String],
    /// What others saw, in the order of their answers.
    pub visits: &'a [Visit],
    /// Which instance was started when, since the episode began.
    pub launches: &'a [(usize, u64)],
    /// Every SMS that was sent.
    pub sent: &'a [Sms],
    /// When the banner was hidden.
    pub hidden_ms: Option<u64>,
    /// What each process of the shop held at its worst.
    pub peaks_kb: &'a [u64],
    /// Clients went through the shipped proxy.
    pub is_gated: bool,
    /// Nothing of the shop was taken away: only strangers were hostile, or the log was gone.
    pub is_whole: bool,
    /// Seats are paid, or come back after a few seconds.
    pub has_holds: bool,
    /// What students did with their seats, and saw of them.
    pub purchases: &'a [Purchase],
    /// What the fault noted.
    pub notes: &'a Notes,
}

/// A rule that does not hold.
#[derive(Clone, Debug)]
pub struct Violation {
    pub rule: &'static str,
    pub example: String,
}

/// A rule: the guarantee and what it comes to here, and what finds a counter-example.
pub type Rule = (&'static str, fn(&Case) -> Option<String>);

/// Every rule.
pub const RULES: &[Rule] = &[
    ("G1 never more orders than seats", never_oversold),
    ("G2 stock = remaining + orders", stock_adds_up),
    ("G3 one order for each student and sale", one_order_each),
    (
        "G4 one order for a ticket that won, none for another",
        orders_are_won_tickets,
    ),
    (
        "G5 an accepted ticket stands in the database",
        accepted_stands,
    ),
    ("G6 no ticket waits in the database", nothing_waits),
    ("G6 a client hears of the end within 10 s", heard_in_time),
    ("G7 100 and 101 are final", terminal_is_final),
    (
        "G8 who was told 100 has the order of this seat, who was told 101 has none",
        told_the_truth,
    ),
    ("G8 a refusal polls as 101 with its reason", refusal_is_lost),
    ("G9 the same click, the same ticket", same_key_same_ticket),
    (
        "G9 a student has one ticket that was not lost",
        one_live_ticket,
    ),
    (
        "G9 who holds a ticket is not refused",
        holder_is_not_refused,
    ),
    ("G10 a poll is answered 200", polls_are_answered),
    (
        "G11 a click that can't be taken is refused within 1 s",
        refused_in_time,
    ),
    (
        "G11 a click is answered 200, 408, 429 or 503",
        clicks_are_understood,
    ),
    (
        "G10 a page that was shown is shown",
        bystander_rules::pages_are_answered,
    ),
    (
        "G12 a code lets in once, a wrong one never",
        bystander_rules::codes_work_once,
    ),
    (
        "G13 a code is sent once",
        bystander_rules::codes_are_sent_once,
    ),
    (
        "G14 a hidden banner is gone",
        bystander_rules::banner_is_gone,
    ),
    (
        "G14 there is a banner",
        bystander_rules::banners_are_never_empty,
    ),
    (
        "G15 nobody clicks without a session",
        bystander_rules::nobody_clicks,
    ),
    (
        "G15 a mobile has one code in a minute",
        bystander_rules::limits_hold,
    ),
    (
        "G16 a seat was won by a click within the window",
        within_window,
    ),
    ("every answer can be read, and its id is genuine", readable),
    ("once healed, clicks are heard", nobody_unheard),
    ("every seat is sold when enough want one", sold_out),
    ("qiangke audit", audited),
    (
        "G17 the end of a hold does not move",
        money_rules::holds_do_not_move,
    ),
    (
        "G17 a seat is held until its hold's end, unless it is given back",
        money_rules::holds_last,
    ),
    ("G17 a hold ends in time", money_rules::holds_end),
    (
        "G17 a seat that came back is given at every instance within 2 s",
        money_rules::seats_are_offered_again,
    ),
    ("G18 what is sold is paid", money_rules::sold_is_paid),
    (
        "G18 an order is paid by one payment of its price",
        money_rules::paid_by_one_payment,
    ),
    (
        "G18 who paid may study, and nobody else",
        money_rules::payers_may_study,
    ),
    ("G18 what was paid stays so", money_rules::paid_is_final),
    (
        "G19 money pays its order, or goes back",
        money_rules::money_is_answered,
    ),
    (
        "G20 money that the gateway took is known",
        money_rules::money_is_known,
    ),
    (
        "G20 no money is believed that the gateway did not take",
        money_rules::money_is_real,
    ),
    (
        "G21 a provider delays its own payers only",
        money_rules::providers_delay_payers_only,
    ),
    (
        "G22 money goes back once, and all of it",
        money_rules::refunds_go_once,
    ),
    (
        "G22 money that goes back arrives",
        money_rules::refunds_arrive,
    ),
    (
        "G23 lessons are open to who paid, and to nobody else",
        money_rules::lessons_are_the_payers,
    ),
    (
        "a cancelled order has ended, and its ticket is released",
        service::cancelled_orders_end,
    ),
    (
        "a seat has one order, and is one of the sale's",
        service::seats_are_distinct,
    ),
    (
        "sold out is said while no seat is free",
        service::sold_out_is_true,
    ),
    (
        "a sale does not wait for another's lock",
        service::sales_are_apart,
    ),
    (
        "whatever strangers do, others are served",
        service::others_are_served,
    ),
    (
        "G29 behind the proxy everybody is answered",
        service::proxy_answers,
    ),
    ("memory has a bound", service::memory_is_bounded),
    (
        "without Redis one server serves, and the next says why it does not",
        service::rivals_refuse,
    ),
    (
        "without Redis the next server starts soon after the first",
        service::successors_start,
    ),
    (
        "a session outlives a clock that was wrong",
        service::sessions_last,
    ),
    (
        "nobody is locked out by a clock that was wrong",
        service::mobiles_are_free,
    ),
];

/// The rules that say within what time something is so: on a machine whose processor was given to
/// others they say nothing of the shop.
const TIMED: &[&str] = &[
    "G6 no ticket waits in the database",
    "G6 a client hears of the end within 10 s",
    "G11 a click that can't be taken is refused within 1 s",
    "G14 a hidden banner is gone",
    "once healed, clicks are heard",
    "G17 a hold ends in time",
    "G17 a seat that came back is given at every instance within 2 s",
    "G18 what is sold is paid",
    "G20 money that the gateway took is known",
    "G21 a provider delays its own payers only",
    "G22 money that goes back arrives",
    "a sale does not wait for another's lock",
    "whatever strangers do, others are served",
    "without Redis the next server starts soon after the first",
];

impl Violation {
    /// Whether it is one of a rule about time.
    pub fn is_timed(&self) -> bool {
        TIMED.contains(&self.rule)
    }
}

/// The first counter-example of each rule that does not hold.
pub fn check(case: &Case) -> Vec<Violation> {
    RULES
        .iter()
        .filter_map(|(rule, find)| {
            Some(Violation {
                rule,
                example: find(case)?,
            })
        })
        .collect()
}

/// A counter-example in words.
pub fn example<T: Debug>(what: &T) -> String {
    format!("{what:?}")
}

fn never_oversold(case: &Case) -> Option<String> {
    case.facts
        .sales
        .iter()
        .find(|sale| orders_of(case, sale.id) > sale.stock)
        .map(example)
}

fn stock_adds_up(case: &Case) -> Option<String> {
    case.facts
        .sales
        .iter()
        .find(|sale| sale.stock != sale.remaining + orders_of(case, sale.id))
        .map(example)
}

fn orders_of(case: &Case, sale: i64) -> i64 {
    i64::try_from(
        case.facts
            .live_orders()
            .filter(|order| order.sale == sale)
            .count(),
    )
    .expect("few")
}

fn one_order_each(case: &Case) -> Option<String> {
    let mut seen = HashSet::new();
    case.facts
        .live_orders()
        .find(|order| !seen.insert((order.student, order.sale)))
        .map(example)
}

fn orders_are_won_tickets(case: &Case) -> Option<String> {
    let mut orders: HashMap<Ticket, usize> = HashMap::new();
    case.facts
        .orders
        .iter()
        .for_each(|order| *orders.entry(order.ticket).or_default() += 1);
    let wrong = case.facts.tickets.iter().find(|ticket| {
        let due = usize::from(ticket.state == STATE_WON);
        orders.remove(&ticket.id).unwrap_or_default() != due
    });
    wrong.map(example).or_else(|| {
        orders
            .iter()
            .next()
            .map(|(ticket, _)| format!("an order of no ticket: {ticket:?}"))
    })
}

fn accepted_stands(case: &Case) -> Option<String> {
    let tickets: HashSet<_> = case
        .facts
        .tickets
        .iter()
        .map(|ticket| (ticket.id, ticket.student, ticket.sale))
        .collect();
    case.events
        .iter()
        .find(|event| matches!(event.answer, Answer::Ticket(ticket) if !tickets.contains(&(ticket, event.student, event.sale))))
        .map(example)
}

fn nothing_waits(case: &Case) -> Option<String> {
    case.facts
        .tickets
        .iter()
        .find(|ticket| ticket.state == STATE_WAITING)
        .map(example)
}

fn heard_in_time(case: &Case) -> Option<String> {
    let (mut asked, mut ended): (HashMap<Ticket, u64>, HashMap<Ticket, u64>) = Default::default();
    for event in case.events {
        let Ask::Poll(ticket) = event.ask else {
            continue;
        };
        // A student who is busy at another sale may ask late.
        let first = asked.entry(ticket).or_insert(event.sent_ms);
        *first = event.sent_ms.min(*first);
        if event.answer.is_terminal() {
            ended.entry(ticket).or_insert(event.received_ms);
        }
    }
    case.events
        .iter()
        .find(|event| {
            let Answer::Ticket(ticket) = event.answer else {
                return false;
            };
            let asked = asked.get(&ticket).copied().unwrap_or_default();
            let limit =
                event.received_ms.max(case.healed_ms).max(asked) + DECIDED_WITHIN_MS + SLACK_MS;
            ended.get(&ticket).is_none_or(|ended| *ended > limit)
        })
        .map(|event| {
            format!(
                "{event:?}; healed at {} ms, ended {:?}",
                case.healed_ms,
                ticket_of(event).and_then(|ticket| ended.get(&ticket))
            )
        })
}

fn ticket_of(event: &Event) -> Option<Ticket> {
    match (&event.ask, &event.answer) {
        (Ask::Poll(ticket), _) | (_, Answer::Ticket(ticket)) => Some(*ticket),
        _ => None,
    }
}

fn terminal_is_final(case: &Case) -> Option<String> {
    let mut first: HashMap<Ticket, &Event> = HashMap::new();
    for event in case.events {
        let Ask::Poll(ticket) = event.ask else {
            continue;
        };
        let Some(end) = first.get(&ticket) else {
            if event.answer.is_terminal() {
                first.insert(ticket, event);
            }
            continue;
        };
        // A poll that was sent before the end was heard may have been answered before it, too.
        let is_later = event.sent_ms >= end.received_ms;
        let is_broken = match event.answer {
            Answer::Won(_) | Answer::Lost(_) => event.answer != end.answer,
            // Not known just now: it says nothing else.
            Answer::Waits(code) => {
                is_later
                    && code != 104
                    && !(case.has_many && event.sent_ms < end.received_ms + ECHO_MS)
            }
            _ => false,
        };
        if is_broken {
            return Some(format!("{end:?} and then {event:?}"));
        }
    }
    None
}

fn told_the_truth(case: &Case) -> Option<String> {
    let orders: HashMap<Ticket, _> = case
        .facts
        .orders
        .iter()
        .map(|order| (order.ticket, order))
        .collect();
    case.events
        .iter()
        .find(|event| match (&event.ask, &event.answer) {
            (Ask::Poll(ticket), Answer::Won(seat)) => orders.get(ticket).is_none_or(|order| {
                (order.student, order.sale, order.seat) != (event.student, event.sale, *seat)
            }),
            (Ask::Poll(ticket), Answer::Lost(_)) => orders.contains_key(ticket),
            _ => false,
        })
        .map(example)
}

fn refusal_is_lost(case: &Case) -> Option<String> {
    let is_wrong = |event: &&Event| match (&event.ask, &event.answer) {
        (Ask::PollRefusal(reason), Answer::Lost(told)) => reason != told,
        (Ask::PollRefusal(_), Answer::Won(_) | Answer::Waits(_)) => true,
        _ => false,
    };
    case.events.iter().find(is_wrong).map(example)
}

/// Students and sales of orders that had ended at some moment: a seat that came back can be another's
/// meanwhile, and a click after that is a new one.
fn lapsed(case: &Case) -> HashSet<(i64, i64)> {
    let is_given_back = |order: &OrderFact| {
        case.purchases
            .iter()
            .any(|purchase| purchase.order == order.id && purchase.is_given_back)
    };
    let has_lapsed = |order: &&OrderFact| {
        order.is_ended || order.paid_at >= order.expires_at || is_given_back(order)
    };
    case.facts
        .orders
        .iter()
        .filter(|_| case.has_holds)
        .filter(has_lapsed)
        .map(|order| (order.student, order.sale))
        .collect()
}

/// Of students who used one key only: with several, a replay of a click whose ticket was lost is
/// answered with the student's live ticket, which is another click's. What must hold then says
/// [`one_live_ticket`].
fn same_key_same_ticket(case: &Case) -> Option<String> {
    let mut keys: HashMap<(i64, i64), HashSet<&str>> = HashMap::new();
    let mut known: HashMap<(i64, i64), &Event> = HashMap::new();
    let lapsed = lapsed(case);
    for event in case.events {
        if let Ask::Click(key) = &event.ask {
            keys.entry((event.student, event.sale))
                .or_default()
                .insert(key);
        }
    }
    for event in case.events.iter().filter(|event| {
        !lapsed.contains(&(event.student, event.sale))
            && keys
                .get(&(event.student, event.sale))
                .is_some_and(|keys| keys.len() == 1)
    }) {
        if let (Ask::Click(_), Answer::Ticket(_)) = (&event.ask, &event.answer) {
            let first = known.entry((event.student, event.sale)).or_insert(event);
            if first.answer != event.answer {
                return Some(format!("{first:?} and {event:?}"));
            }
        }
    }
    None
}

fn one_live_ticket(case: &Case) -> Option<String> {
    let is_over = |ticket: &&TicketFact| ticket.state > STATE_WON || ticket.is_released;
    let lost: HashSet<Ticket> = case
        .facts
        .tickets
        .iter()
        .filter(is_over)
        .map(|ticket| ticket.id)
        .collect();
    let mut known: HashMap<(i64, i64), &Event> = HashMap::new();
    for event in case.events {
        let Answer::Ticket(ticket) = event.answer else {
            continue;
        };
        if lost.contains(&ticket) {
            continue;
        }
        let first = known.entry((event.student, event.sale)).or_insert(event);
        if first.answer != event.answer {
            return Some(format!("{first:?} and {event:?}"));
        }
    }
    None
}

fn holder_is_not_refused(case: &Case) -> Option<String> {
    let is_held = |ticket: &&TicketFact| ticket.state == STATE_WON && !ticket.is_released;
    let won: HashSet<Ticket> = case
        .facts
        .tickets
        .iter()
        .filter(is_held)
        .map(|ticket| ticket.id)
        .collect();
    let mut known: HashMap<(i64, i64), &Event> = HashMap::new();
    let lapsed = lapsed(case);
    for event in case
        .events
        .iter()
        .filter(|event| !lapsed.contains(&(event.student, event.sale)))
    {
        match event.answer {
            Answer::Ticket(ticket) if won.contains(&ticket) => {
                known.entry((event.student, event.sale)).or_insert(event);
            }
            Answer::Refused(_) => {
                if let Some(holds) = known
                    .get(&(event.student, event.sale))
                    .filter(|holds| holds.received_ms <= event.sent_ms)
                {
                    return Some(format!("{holds:?} and then {event:?}"));
                }
            }
            _ => {}
        }
    }
    None
}

fn polls_are_answered(case: &Case) -> Option<String> {
    case.events
        .iter()
        .find(|event| {
            !matches!(event.ask, Ask::Click(_)) && matches!(event.answer, Answer::Status(_))
        })
        .map(example)
}

fn refused_in_time(case: &Case) -> Option<String> {
    let is_late = |event: &&Event| {
        event.answer == Answer::Status(503)
            && event.received_ms - event.sent_ms > REFUSED_WITHIN_MS + SLACK_MS
    };
    case.events
        .iter()
        .find(|event| matches!(event.ask, Ask::Click(_)) && is_late(event))
        .map(example)
}

fn clicks_are_understood(case: &Case) -> Option<String> {
    let is_odd = |event: &&Event| matches!((&event.ask, &event.answer), (Ask::Click(_), Answer::Status(status)) if !matches!(status, 408 | 429 | 503));
    case.events.iter().find(is_odd).map(example)
}

fn within_window(case: &Case) -> Option<String> {
    let windows: HashMap<i64, _> = case
        .facts
        .sales
        .iter()
        .map(|sale| (sale.id, sale.opens_at..sale.closes_at))
        .collect();
    case.facts
        .tickets
        .iter()
        .find(|ticket| {
            ticket.state == STATE_WON
                && windows
                    .get(&ticket.sale)
                    .is_none_or(|window| !window.contains(&ticket.accepted_at))
        })
        .map(example)
}

fn readable(case: &Case) -> Option<String> {
    case.events
        .iter()
        .find(|event| matches!(event.answer, Answer::Unreadable(_)))
        .map(example)
}

fn nobody_unheard(case: &Case) -> Option<String> {
    case.unheard.first().cloned()
}

fn sold_out(case: &Case) -> Option<String> {
    case.facts
        .sales
        .iter()
        .find(|sale| sale.remaining != 0 && !case.has_holds)
        .map(example)
}

fn audited(case: &Case) -> Option<String> {
    (!case.facts.audit.is_empty()).then(|| case.facts.audit.clone())
}
