//! The mock gateway's book: what each action makes of a trade.

use super::*;
use crate::types::lang::Lang;

const NOW: Millis = Millis(1_000_000);
const END: Millis = Millis(1_900_000);
const NO: &str = "Q1x1";

fn offer(no: &str) -> PayOffer {
    PayOffer {
        out_trade_no: no.into(),
        amount: Fen(990),
        subject: "Linux".into(),
        expires_at: END,
        lang: Lang::Zh,
        return_url: "http://127.0.0.1:3000/orders/1?back=1".into(),
        notify_url: "http://127.0.0.1:3000/pay/notify/mock".into(),
    }
}

fn opened() -> GatewayBook {
    let mut book = GatewayBook::default();
    assert_eq!(book.open(&offer(NO), NOW), Some(TradeState::Open));
    book
}

fn refund(no: &str, amount: i64) -> RefundOrder {
    RefundOrder {
        out_trade_no: NO.into(),
        refund_no: no.into(),
        amount: Fen(amount),
        total: Fen(990),
    }
}

fn received(book: &GatewayBook) -> Option<Fen> {
    match book.query(NO) {
        Queried::Paid(receipt) => Some(receipt.amount),
        _ => None,
    }
}

#[test]
fn a_trade_is_there_once_its_page_was_opened() {
    let mut book = GatewayBook::default();
    assert_eq!(book.query(NO), Queried::NeverMade);
    assert_eq!(book.close(NO, NOW).0, Closed::NeverMade);
    assert_eq!(book.refund(&refund("R1", 1)), Some(RefundAnswer::NeverMade));
    assert_eq!(book.act(NO, PayAct::Pay, NOW), []);
    assert_eq!(book.open(&offer(NO), NOW), Some(TradeState::Open));
    assert_eq!(book.query(NO), Queried::Unpaid);
    assert_eq!(book.open(&offer(NO), END), Some(TradeState::Over));
    let other = PayOffer {
        amount: Fen(1),
        ..offer(NO)
    };
    assert_eq!(book.open(&other, NOW), None, "other terms");
    for bad in [
        offer(""),
        offer(&"x".repeat(65)),
        offer("a b"),
        PayOffer {
            amount: Fen(0),
            ..offer("Q2")
        },
        PayOffer {
            notify_url: "x".repeat(257),
            ..offer("Q2")
        },
    ] {
        assert_eq!(book.open(&bad, NOW), None, "{bad:?}");
    }
}

#[test]
fn each_action_takes_its_money_and_tells_of_it() {
    for (act, amount, notices) in [
        (PayAct::Pay, Some(990), 1),
        (PayAct::PayTwice, Some(990), 2),
        (PayAct::PayLess, Some(989), 1),
        (PayAct::PayLate, Some(990), 1),
        (PayAct::Forge, None, 1),
        (PayAct::Delay, Some(990), 1),
        (PayAct::Silent, Some(990), 0),
        (PayAct::PayOnClose, None, 0),
        (PayAct::Refuse, None, 1),
        (PayAct::FailRefund, Some(990), 1),
        (PayAct::HideRefund, Some(990), 1),
    ] {
        let mut book = opened();
        let told = book.act(NO, act, NOW);
        assert_eq!(received(&book), amount.map(Fen), "{act:?}");
        assert_eq!(told.len(), notices, "{act:?}");
        let ids: std::collections::BTreeSet<_> =
            told.iter().map(|told| &told.notice.notice_id).collect();
        assert_eq!(ids.len(), notices, "{act:?}: each has a name of its own");
        for told in &told {
            assert_eq!(told.is_forged, act == PayAct::Forge);
            assert_eq!(told.after == LATE, act == PayAct::Delay);
            let tells_of_money = act != PayAct::Refuse;
            assert_eq!(told.notice.receipt.is_some(), tells_of_money);
        }
        assert_eq!(PayAct::of_name(act.name()), Some(act));
    }
}

#[test]
fn money_is_taken_once() {
    let mut book = opened();
    book.act(NO, PayAct::Pay, NOW);
    for act in [PayAct::Pay, PayAct::PayLess, PayAct::PayLate] {
        assert_eq!(book.act(NO, act, NOW.plus(1)), [], "{act:?}");
    }
    assert_eq!(received(&book), Some(Fen(990)));
    assert_eq!(book.close(NO, NOW).0, Closed::AlreadyPaid);
}

#[test]
fn no_money_is_taken_once_it_is_over_unless_the_action_says_so() {
    let closed = || {
        let mut book = opened();
        assert_eq!(book.close(NO, NOW), (Closed::Closed, Vec::new()));
        assert_eq!(book.close(NO, NOW).0, Closed::Closed, "once more");
        assert_eq!(book.query(NO), Queried::Closed);
        (book, NOW)
    };
    for over in [&closed as &dyn Fn() -> _, &|| (opened(), END)] {
        for act in PayAct::ALL {
            let (mut book, now) = over();
            book.act(NO, act, now);
            let is_paid = received(&book).is_some();
            assert_eq!(is_paid, act == PayAct::PayLate, "{act:?}");
        }
    }
}

#[test]
fn money_may_come_while_a_trade_is_closed() {
    let mut book = opened();
    book.act(NO, PayAct::PayOnClose, NOW);
    let (closed, notices) = book.close(NO, END);
    assert_eq!((closed, notices.len()), (Closed::AlreadyPaid, 1));
    assert_eq!(received(&book), Some(Fen(990)));
    assert_eq!(
        book.close(NO, END),
        (Closed::AlreadyPaid, Vec::new()),
        "once"
    );
}

#[test]
fn a_refund_is_paid_once_for_each_name_and_never_more_than_was_taken() {
    let mut book = opened();
    assert!(matches!(
        book.refund(&refund("R1", 990)),
        Some(RefundAnswer::Failed(_))
    ));
    book.act(NO, PayAct::Pay, NOW);
    assert_eq!(
        book.query_refund(&refund("R1", 990)),
        Some(RefundAnswer::NeverMade)
    );
    assert_eq!(
        book.refund(&refund("R1", 990)),
        Some(RefundAnswer::Accepted)
    );
    assert_eq!(
        book.query_refund(&refund("R1", 990)),
        Some(RefundAnswer::Done)
    );
    assert_eq!(book.refund(&refund("R1", 990)), Some(RefundAnswer::Done));
    for (no, amount) in [("R1", 1), ("R2", 1), ("R3", 0), ("R4", -1)] {
        let answer = book.refund(&refund(no, amount));
        assert!(matches!(answer, Some(RefundAnswer::Failed(_))), "{no}");
    }
    let balance = book.balance(NO).expect("a trade");
    assert_eq!((balance.taken, balance.returned), (Fen(990), Fen(990)));
}

#[test]
fn a_refund_may_fail_once_or_stay_unknown() {
    let mut book = opened();
    book.act(NO, PayAct::FailRefund, NOW);
    let answer = book.refund(&refund("R1", 990));
    assert!(matches!(answer, Some(RefundAnswer::Failed(_))));
    assert_eq!(book.query_refund(&refund("R1", 990)), answer);
    assert_eq!(book.balance(NO).map(|trade| trade.returned), Some(Fen(0)));
    assert_eq!(
        book.refund(&refund("R1", 990)),
        Some(RefundAnswer::Accepted)
    );
    let mut book = opened();
    book.act(NO, PayAct::HideRefund, NOW);
    assert_eq!(book.refund(&refund("R1", 990)), None);
    assert_eq!(book.query_refund(&refund("R1", 990)), None);
    assert_eq!(book.balance(NO).map(|trade| trade.returned), Some(Fen(990)));
}

#[test]
fn the_oldest_trades_and_too_many_refunds_make_room() {
    let mut book = GatewayBook::with_room(2);
    for no in ["A", "B", "B", "C"] {
        assert!(book.open(&offer(no), NOW).is_some());
    }
    assert_eq!(book.query("A"), Queried::NeverMade);
    assert_eq!(
        [book.query("B"), book.query("C")],
        [Queried::Unpaid, Queried::Unpaid]
    );
    assert_eq!(book.ages.len(), 2);
    let mut book = opened();
    book.act(NO, PayAct::Pay, NOW);
    for number in 0..REFUNDS_MAX + 5 {
        book.refund(&refund(&format!("R{number}"), 1));
    }
    assert_eq!(book.trades[NO].refunds.len(), REFUNDS_MAX);
}
