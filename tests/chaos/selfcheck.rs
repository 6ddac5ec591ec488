//! A checker that can't fail is worth nothing: a made-up episode in which all is well passes, and
//! one violation planted in it for each rule is found by that rule. Runs before every run.

use crate::{
    bystanders::{HIDDEN_TITLE, Sms, Visit, Wish},
    checker::{self, Case, RULES},
    facts::{EntitlementFact, Facts, OrderFact, PaymentFact, SaleFact, TicketFact},
    history::{Answer, Ask, Event, Ticket},
    notes::{Again, Notes, Offer, Rival, Span, Succession},
    payers::{Habit, Purchase},
};
use qiangke::types::sale::Reason;

const SALE: i64 = 7;
const WON: Ticket = Ticket([1; 16]);
const LOST: Ticket = Ticket([2; 16]);
/// Whose order ended.
const LAPSED: Ticket = Ticket([6; 16]);
const PRICE: i64 = 990;
/// The end of every hold.
const ENDS_AT: i64 = 5_000;
const HEALED_MS: u64 = 1_000;
const MOBILE: &str = "13800000000";

/// A made-up episode.
struct Tale {
    events: Vec<Event>,
    facts: Facts,
    unheard: Vec<String>,
    visits: Vec<Visit>,
    launches: Vec<(usize, u64)>,
    sent: Vec<Sms>,
    peaks_kb: Vec<u64>,
    is_gated: bool,
    is_whole: bool,
    has_holds: bool,
    purchases: Vec<Purchase>,
    notes: Notes,
}

/// What breaks one rule.
type Plant = fn(&mut Tale);

/// For each rule, by its place in [`RULES`], at least one plant.
const PLANTS: &[(&str, Plant)] = &[
    ("G1", |tale| tale.facts.sales[0].stock = 0),
    ("G2", |tale| tale.facts.sales[0].remaining = 1),
    ("G3", |tale| tale.facts.orders.push(order(LOST, 1, 2))),
    ("G4", |tale| tale.facts.orders.clear()),
    ("G4", |tale| tale.facts.orders.push(order(LOST, 2, 2))),
    ("G4", |tale| {
        tale.facts.orders.push(order(Ticket([9; 16]), 3, 2));
    }),
    ("G5", |tale| {
        tale.facts.tickets.retain(|ticket| ticket.id != LOST);
    }),
    ("G6 no ticket", |tale| tale.facts.tickets[1].state = 0),
    ("G6 a client", |tale| {
        tale.events.retain(|event| !event.answer.is_terminal());
    }),
    ("G6 a client", |tale| {
        tale.events
            .iter_mut()
            .filter(|event| event.answer.is_terminal())
            .for_each(|event| event.received_ms += 60_000);
    }),
    ("G7", |tale| {
        tale.events.push(event(
            3_000,
            1,
            Ask::Poll(WON),
            Answer::Lost(Reason::SoldOut),
        ));
    }),
    ("G7", |tale| {
        tale.events
            .push(event(3_000, 1, Ask::Poll(WON), Answer::Waits(102)));
    }),
    ("G8 who", |tale| tale.facts.orders[0].seat = 2),
    ("G8 who", |tale| {
        tale.events
            .push(event(90, 2, Ask::Poll(WON), Answer::Lost(Reason::SoldOut)));
    }),
    ("G8 a refusal", |tale| {
        tale.events.push(event(
            90,
            3,
            Ask::PollRefusal(Reason::SoldOut),
            Answer::Waits(102),
        ));
    }),
    ("G8 a refusal", |tale| {
        tale.events.push(event(
            90,
            3,
            Ask::PollRefusal(Reason::SoldOut),
            Answer::Lost(Reason::Closed),
        ));
    }),
    ("G9 the same click", |tale| {
        tale.events
            .push(event(90, 1, click("a"), Answer::Ticket(LOST)));
    }),
    ("G9 a student has", |tale| {
        tale.events
            .push(event(90, 1, click("b"), Answer::Ticket(Ticket([3; 16]))));
    }),
    ("G9 who holds", |tale| {
        tale.events
            .push(event(90, 1, click("a"), Answer::Refused(Reason::SoldOut)));
    }),
    ("G10", |tale| {
        tale.events
            .push(event(90, 1, Ask::Poll(WON), Answer::Status(503)));
    }),
    ("G11 a click that", |tale| {
        tale.events.push(Event {
            sent_ms: 90,
            received_ms: 4_000,
            ..event(90, 4, click("a"), Answer::Status(503))
        });
    }),
    ("G11 a click is", |tale| {
        tale.events
            .push(event(90, 4, click("a"), Answer::Status(500)));
    }),
    ("G10 a page", |tale| {
        tale.visits.push(visit(90, page(&["a"]), 503));
    }),
    ("G10 a page", |tale| tale.launches.clear()),
    ("G10 a page", |tale| tale.launches[0].0 = 1),
    ("G10 a page", |tale| {
        tale.visits.push(visit(
            90,
            Wish::Page {
                path: "/new",
                banners: vec![],
            },
            500,
        ));
    }),
    ("G12", |tale| {
        tale.visits.push(visit(90, enter("123456", true), 200));
    }),
    ("G12", |tale| {
        tale.visits.push(visit(90, enter("000000", false), 200));
    }),
    ("G13", |tale| tale.sent.push(sms())),
    ("G14 a hidden", |tale| {
        tale.visits
            .push(visit(14_000, page(&["a", HIDDEN_TITLE]), 200));
    }),
    ("G14 there is", |tale| {
        tale.visits.push(visit(90, page(&[]), 200));
    }),
    ("G15 nobody", |tale| {
        tale.visits.push(visit(90, Wish::ClickByNobody, 200));
    }),
    ("G15 a mobile", |tale| {
        tale.visits
            .push(visit(50_000, Wish::Code(MOBILE.into()), 200));
    }),
    ("G16", |tale| tale.facts.tickets[0].accepted_at = 200),
    ("every answer", |tale| {
        tale.events
            .push(event(90, 4, click("a"), Answer::Unreadable("?".into())));
    }),
    ("once healed", |tale| tale.unheard.push("student 9".into())),
    ("every seat", |tale| tale.facts.sales[0].remaining = 1),
    ("qiangke audit", |tale| tale.facts.audit = "BROKEN".into()),
    ("a seat has", |tale| {
        tale.facts.orders.push(order(Ticket([9; 16]), 3, 1));
    }),
    ("a seat has", |tale| tale.facts.orders[0].seat = 2),
    ("a cancelled", |tale| tale.notes.cancelled.push(1)),
    ("a cancelled", |tale| tale.facts.orders[0].is_ended = true),
    ("a cancelled", |tale| {
        tale.facts.tickets[0].is_released = true;
    }),
    ("G1", |tale| {
        tale.facts.orders.push(OrderFact {
            is_ended: true,
            ..order(Ticket([9; 16]), 3, 1)
        });
        tale.facts.orders.push(order(Ticket([8; 16]), 4, 2));
    }),
    ("sold out is", |tale| {
        tale.notes.free.push(Span {
            sale: SALE,
            from_ms: 0,
            to_ms: 6_000,
        });
    }),
    ("a sale does not", |tale| {
        tale.notes.locked[0].sale = SALE + 1;
        tale.events
            .push(event(5_000, 1, Ask::Poll(WON), Answer::Waits(102)));
    }),
    ("whatever strangers", |tale| tale.is_whole = true),
    ("whatever strangers", |tale| {
        tale.is_whole = true;
        tale.events.retain(|event| event.answer.is_terminal());
        tale.visits = vec![visit(20, page(&["a"]), 503)];
    }),
    ("whatever strangers", |tale| {
        tale.is_whole = true;
        tale.events.retain(|event| event.answer.is_terminal());
        tale.visits = vec![visit(9_000, page(&["a"]), 200)];
    }),
    ("G29", |tale| tale.is_gated = true),
    ("memory", |tale| tale.peaks_kb.push(161 * 1_024)),
    ("without Redis one", |tale| {
        tale.notes.rivals[0].refused = false;
    }),
    ("without Redis one", |tale| {
        tale.notes.rivals[0].last_words = "no".into();
    }),
    ("without Redis the", |tale| {
        tale.notes.successions[0].took_ms = None;
    }),
    ("without Redis the", |tale| {
        tale.notes.successions[0].took_ms = Some(20_000);
    }),
    ("a session", |tale| tale.notes.sessions.push(Some(401))),
    ("nobody is locked", |tale| {
        tale.notes.mobiles[1].retry_s = Some(3_455_983);
    }),
    ("nobody is locked", |tale| {
        tale.notes.mobiles[0].status = None;
    }),
];

/// The same of an episode in which seats are paid.
const PAID_PLANTS: &[(&str, Plant)] = &[
    ("G17 the end", |tale| {
        tale.purchases[0].ends.push(ENDS_AT + 1);
    }),
    ("G17 a seat is held", |tale| {
        tale.facts.orders[1].ended_at = Some(ENDS_AT - 1);
    }),
    ("G17 a seat is held", |tale| tale.facts.orders[1].state = 4),
    ("G17 a hold ends", |tale| tale.facts.orders[0].state = 0),
    ("G17 a hold ends", |tale| tale.facts.orders[0].state = 1),
    ("G17 a seat that", |tale| {
        tale.notes.offers[0].took_ms = None;
    }),
    ("G17 a seat that", |tale| {
        tale.notes.offers[0].took_ms = Some(9_000);
    }),
    ("G18 what is sold", |tale| tale.facts.orders[0].state = 0),
    ("G18 an order", |tale| tale.facts.payments.clear()),
    ("G18 an order", |tale| tale.facts.payments[0].amount -= 1),
    ("G18 an order", |tale| {
        let second = PaymentFact {
            out_trade_no: "Q1x2".into(),
            ..tale.facts.payments[0].clone()
        };
        tale.facts.payments.push(second);
    }),
    ("G18 an order", |tale| {
        tale.facts.payments[1].refund = None;
    }),
    ("G18 who paid", |tale| tale.facts.entitlements.clear()),
    ("G18 who paid", |tale| {
        tale.facts.entitlements[0].student = 2;
    }),
    ("G18 who paid", |tale| {
        tale.facts.entitlements.push(EntitlementFact {
            order: 2,
            student: 2,
            is_live: true,
        });
    }),
    ("G18 what was", |tale| {
        tale.purchases[1].told.push("paid".into());
    }),
    ("G19", |tale| tale.facts.payments[1].refund = None),
    ("G19", |tale| {
        tale.facts.payments[1].refund = Some((PRICE - 1, 2));
    }),
    ("G19", |tale| {
        tale.facts.payments[0].state = 3;
    }),
    ("G20 money", |tale| {
        tale.facts.payments[0].received = None;
    }),
    ("G20 no money", |tale| tale.facts.payments[0].taken = None),
    ("G20 no money", |tale| {
        tale.facts.payments[0].taken = Some(PRICE - 1);
    }),
    ("G21", |tale| {
        tale.notes.provider_away[0].to_ms = 9_000;
        tale.events
            .push(event(5_000, 1, Ask::Poll(WON), Answer::Waits(102)));
    }),
    ("G22 money goes", |tale| {
        tale.facts.payments[1].returned = 2 * PRICE;
    }),
    ("G22 money goes", |tale| tale.facts.payments[1].returned = 0),
    ("G22 money goes", |tale| {
        tale.facts.payments[0].returned = PRICE;
    }),
    ("G22 money goes", |tale| {
        let again = tale.facts.payments[1].clone();
        tale.facts.payments.push(again);
    }),
    ("G22 money that", |tale| {
        tale.facts.payments[1].refund = Some((PRICE, 1));
    }),
    ("G22 money that", |tale| {
        tale.facts.payments[1].refund = Some((PRICE, 3));
    }),
    ("G23", |tale| tale.purchases[0].lessons = Some(403)),
    ("G23", |tale| tale.purchases[1].lessons = Some(200)),
    ("G9 the same click", |tale| {
        tale.events
            .push(event(90, 1, click("a"), Answer::Ticket(LOST)));
    }),
    ("a cancelled", |tale| {
        tale.facts.tickets[1].is_released = false;
    }),
];

/// # Panics
/// The checker finds what is not there, or does not find what is.
pub fn run() {
    assert!(
        found(&tale()).is_empty(),
        "all is well in this one: {:?}",
        found(&tale())
    );
    assert!(
        found(&paid_tale()).is_empty(),
        "all is well in this one, too: {:?}",
        found(&paid_tale())
    );
    let plain = PLANTS.iter().map(|plant| (plant, tale()));
    let paid = PAID_PLANTS.iter().map(|plant| (plant, paid_tale()));
    for ((rule, plant), mut tale) in plain.chain(paid) {
        plant(&mut tale);
        tale.events.sort_by_key(|event| event.received_ms);
        let found = found(&tale);
        assert!(
            found.iter().any(|name| name.starts_with(rule)),
            "{rule}: not found, but {found:?}"
        );
    }
    for (rule, _) in RULES {
        assert!(
            PLANTS
                .iter()
                .chain(PAID_PLANTS)
                .any(|(planted, _)| rule.starts_with(planted)),
            "nothing was planted for: {rule}"
        );
    }
}

fn found(tale: &Tale) -> Vec<&'static str> {
    let case = Case {
        events: &tale.events,
        facts: &tale.facts,
        healed_ms: HEALED_MS,
        has_many: false,
        unheard: &tale.unheard,
        visits: &tale.visits,
        launches: &tale.launches,
        sent: &tale.sent,
        hidden_ms: Some(500),
        peaks_kb: &tale.peaks_kb,
        is_gated: tale.is_gated,
        is_whole: tale.is_whole,
        has_holds: tale.has_holds,
        purchases: &tale.purchases,
        notes: &tale.notes,
    };
    checker::check(&case)
        .into_iter()
        .map(|violation| violation.rule)
        .collect()
}

/// One student wins the only seat, one loses, one hears at once that it is gone.
fn tale() -> Tale {
    let ticket = |id, student, state| TicketFact {
        id,
        sale: SALE,
        student,
        state,
        accepted_at: 50,
        is_released: false,
    };
    Tale {
        events: vec![
            event(10, 1, click("a"), Answer::Ticket(WON)),
            event(10, 2, click("a"), Answer::Ticket(LOST)),
            event(20, 1, click("a"), Answer::Ticket(WON)),
            event(20, 3, click("a"), Answer::Refused(Reason::SoldOut)),
            event(5_000, 3, click("a"), Answer::Refused(Reason::SoldOut)),
            event(20, 4, click("a"), Answer::Status(503)),
            event(30, 1, Ask::Poll(WON), Answer::Waits(102)),
            event(30, 1, Ask::Poll(WON), Answer::Nothing),
            event(
                30,
                3,
                Ask::PollRefusal(Reason::SoldOut),
                Answer::Lost(Reason::SoldOut),
            ),
            event(50, 1, Ask::Poll(WON), Answer::Won(1)),
            event(50, 2, Ask::Poll(LOST), Answer::Lost(Reason::SoldOut)),
            event(60, 1, Ask::Poll(WON), Answer::Waits(104)),
        ],
        facts: Facts {
            sales: vec![SaleFact {
                id: SALE,
                stock: 1,
                remaining: 0,
                opens_at: 0,
                closes_at: 100,
            }],
            tickets: vec![ticket(WON, 1, 1), ticket(LOST, 2, 2)],
            orders: vec![order(WON, 1, 1)],
            payments: Vec::new(),
            entitlements: Vec::new(),
            audit: String::new(),
        },
        unheard: Vec::new(),
        visits: vec![
            visit(10, page(&["a", HIDDEN_TITLE]), 200),
            visit(
                20,
                Wish::Page {
                    path: "/new",
                    banners: vec![],
                },
                503,
            ),
            visit(20, Wish::Code(MOBILE.into()), 200),
            visit(30, Wish::Code(MOBILE.into()), 429),
            visit(30, Wish::ClickByNobody, 401),
            visit(40, enter("000000", false), 422),
            visit(50, enter("123456", true), 200),
            visit(50, enter("123456", true), 422),
            Visit {
                status: None,
                ..visit(60, page(&[]), 0)
            },
            visit(70, page(&["a"]), 503),
            visit(80, page(&["a"]), 200),
            visit(14_000, page(&["a"]), 200),
        ],
        launches: vec![(0, 65)],
        sent: vec![sms()],
        peaks_kb: vec![100 * 1_024],
        is_gated: false,
        is_whole: false,
        has_holds: false,
        purchases: Vec::new(),
        notes: notes(),
    }
}

/// The same sale of two seats, of which one is paid. The other came back, its money came late and
/// went back, and whoever wanted to know could have the seat.
fn paid_tale() -> Tale {
    let mut tale = tale();
    tale.has_holds = true;
    tale.facts.sales[0].stock = 2;
    tale.facts.sales[0].remaining = 1;
    tale.facts.orders[0].state = 2;
    tale.facts.orders[0].paid_at = Some(ENDS_AT - 1);
    tale.facts.tickets.push(TicketFact {
        id: LAPSED,
        student: 5,
        state: 1,
        is_released: true,
        ..tale.facts.tickets[0].clone()
    });
    tale.facts.orders.push(OrderFact {
        is_ended: true,
        state: 3,
        ended_at: Some(ENDS_AT),
        ..order(LAPSED, 5, 2)
    });
    tale.facts.tickets.swap(1, 2);
    let payment = PaymentFact {
        order: 1,
        out_trade_no: "Q1x1".into(),
        amount: PRICE,
        state: 1,
        received: Some(PRICE),
        refund: None,
        taken: Some(PRICE),
        returned: 0,
    };
    tale.facts.payments = vec![
        payment.clone(),
        PaymentFact {
            order: 5,
            out_trade_no: "Q5x1".into(),
            refund: Some((PRICE, 2)),
            returned: PRICE,
            ..payment
        },
    ];
    tale.facts.entitlements = vec![EntitlementFact {
        order: 1,
        student: 1,
        is_live: true,
    }];
    let purchase = |student: i64, state: &str| Purchase {
        student,
        order: student,
        habit: Habit::Pays,
        trades: vec![format!("Q{student}x1")],
        ends: vec![ENDS_AT, ENDS_AT],
        told: vec!["held".into(), state.into()],
        is_given_back: false,
        lessons: Some(if state == "paid" { 200 } else { 403 }),
    };
    tale.purchases = vec![purchase(1, "paid"), purchase(5, "expired")];
    tale.notes.offers = vec![Offer {
        sale: SALE,
        instance: 0,
        took_ms: Some(40),
    }];
    tale.notes.provider_away = vec![Span {
        sale: SALE,
        from_ms: 0,
        to_ms: 900,
    }];
    tale
}

/// What faults noted, all of it as it should be.
fn notes() -> Notes {
    Notes {
        free: vec![Span {
            sale: SALE + 1,
            from_ms: 0,
            to_ms: 6_000,
        }],
        locked: vec![Span {
            sale: SALE,
            from_ms: 0,
            to_ms: 6_000,
        }],
        rivals: vec![Rival {
            refused: true,
            last_words: "set REDIS_URL".into(),
        }],
        successions: vec![Succession {
            took_ms: Some(900),
            last_words: String::new(),
        }],
        sessions: vec![Some(200)],
        mobiles: vec![
            Again {
                status: Some(200),
                retry_s: None,
            },
            Again {
                status: Some(429),
                retry_s: Some(60),
            },
        ],
        ..Notes::default()
    }
}

fn order(ticket: Ticket, student: i64, seat: i64) -> OrderFact {
    OrderFact {
        ticket,
        sale: SALE,
        student,
        seat,
        id: student,
        is_ended: false,
        state: 0,
        price: PRICE,
        expires_at: Some(ENDS_AT),
        paid_at: None,
        ended_at: None,
    }
}

fn visit(at_ms: u64, wish: Wish, status: u16) -> Visit {
    Visit {
        sent_ms: at_ms,
        received_ms: at_ms + 5,
        instance: 0,
        wish,
        status: Some(status),
    }
}

fn page(banners: &[&'static str]) -> Wish {
    Wish::Page {
        path: "/",
        banners: banners.to_vec(),
    }
}

fn enter(code: &str, is_right: bool) -> Wish {
    Wish::SignIn {
        mobile: MOBILE.into(),
        code: code.into(),
        is_right,
    }
}

fn sms() -> Sms {
    Sms {
        mobile: MOBILE.into(),
        code: "123456".into(),
    }
}

fn event(at_ms: u64, student: i64, ask: Ask, answer: Answer) -> Event {
    Event {
        student,
        sale: SALE,
        sent_ms: at_ms,
        received_ms: at_ms + 5,
        ask,
        answer,
    }
}

fn click(key: &str) -> Ask {
    Ask::Click(key.into())
}
