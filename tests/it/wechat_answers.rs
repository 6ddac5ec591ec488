//! What the shop makes of WeChat Pay's answers, honest ones and others: an answer that can't be
//! believed is no answer, and none that is unknown counts as a failure.

use qiangke::{
    server::payment::{
        Closed, NewPayment, PaymentError, Payments, Queried, RefundAnswer, RefundOrder,
        UnknownAnswer,
    },
    types::{
        lang::Lang,
        money::Fen,
        payment::{PayKind, PayWay, Provider::Wechat},
        time::{MINUTE_MS, Millis},
    },
};
use support::{
    time::TestTime,
    wechat::{WechatFault, WechatGateway},
};

/// 2026-11-22 12:00 UTC.
const NOON: Millis = Millis(1_795_348_800_000);
const NO: &str = "QTEST7x1";

/// A gateway, and a shop's provider that asks it.
async fn start() -> (WechatGateway, Payments) {
    let gateway = WechatGateway::start(TestTime::at(NOON)).await;
    let payments = gateway.payments();
    (gateway, payments)
}

fn payment(no: &str) -> NewPayment {
    NewPayment {
        out_trade_no: no.into(),
        amount: Fen(990),
        subject: "Linux <从零开始> & \"more\"".into(),
        expires_at: NOON.plus(15 * MINUTE_MS),
        lang: Lang::Zh,
        phone: None,
        return_path: "/orders/7?back=1".into(),
    }
}

fn refund() -> RefundOrder {
    RefundOrder {
        out_trade_no: NO.into(),
        refund_no: format!("R{NO}"),
        amount: Fen(990),
        total: Fen(990),
    }
}

async fn made(payments: &Payments) {
    let way = payments
        .create(Wechat, PayKind::Qr, &payment(NO), NOON)
        .await;
    assert!(matches!(way, Ok(PayWay::Qr { .. })), "{way:?}");
}

fn unknown<T>(why: UnknownAnswer) -> Result<T, PaymentError> {
    Err(PaymentError(why))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_a_code_or_on_a_phone_a_link_and_the_same_when_made_again() {
    let (gateway, payments) = start().await;
    for _ in 0..2 {
        let way = payments
            .create(Wechat, PayKind::Qr, &payment(NO), NOON)
            .await;
        let text = format!("weixin://wxpay/bizpayurl?pr={NO}");
        assert!(
            matches!(&way, Ok(PayWay::Qr { text: found, .. }) if *found == text),
            "{way:?}"
        );
    }
    let on_phone = NewPayment {
        phone: Some("2001:db8::7".parse().expect("an address")),
        ..payment("QTEST8x1")
    };
    let way = payments
        .create(Wechat, PayKind::Link, &on_phone, NOON)
        .await;
    let Ok(PayWay::Link { url }) = way else {
        panic!("{way:?}");
    };
    assert_eq!(
        url,
        "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=QTEST8x1\
         &redirect_url=https%3A%2F%2Fshop%2Eexample%2Forders%2F7%3Fback%3D1"
    );
    assert_eq!(gateway.trades(), [NO, "QTEST8x1"]);
    // Another amount under the same name is refused there.
    let other = NewPayment {
        amount: Fen(991),
        ..payment(NO)
    };
    let way = payments.create(Wechat, PayKind::Qr, &other, NOON).await;
    assert!(
        matches!(way, Err(PaymentError(UnknownAnswer::Refused(why))) if why.starts_with("INVALID_REQUEST"))
    );
    // A name that it would refuse is not even sent.
    let asked = gateway.asked().len();
    let short = payments
        .create(Wechat, PayKind::Qr, &payment("Q1x1"), NOON)
        .await;
    assert_eq!(short, unknown(UnknownAnswer::Unreadable));
    let odd = payments.query(Wechat, "Q1x1/../../x", NOON).await;
    assert_eq!(odd, unknown(UnknownAnswer::Unreadable));
    assert_eq!(gateway.asked().len(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_says_how_a_payment_stands() {
    let (gateway, payments) = start().await;
    let query = async || payments.query(Wechat, NO, NOON).await;
    assert_eq!(query().await, Ok(Queried::NeverMade));
    made(&payments).await;
    for (state, queried) in [
        ("NOTPAY", Queried::Unpaid),
        ("USERPAYING", Queried::Unpaid),
        ("PAYERROR", Queried::Unpaid),
        ("REVOKED", Queried::Closed),
        ("CLOSED", Queried::Closed),
    ] {
        gateway.put(NO, state);
        assert_eq!(query().await, Ok(queried), "{state}");
    }
    assert!(!gateway.pay(NO), "it is closed");
    gateway.put(NO, "PAYERROR");
    assert!(gateway.pay(NO), "after an error it may be paid");
    let Ok(Queried::Paid(receipt)) = query().await else {
        panic!("it was paid");
    };
    assert_eq!((receipt.amount, receipt.paid_at), (Fen(990), NOON));
    gateway.put(NO, "REFUND");
    assert_eq!(query().await, Ok(Queried::Closed), "paid back by hand");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_can_not_be_believed_is_none() {
    let (gateway, payments) = start().await;
    made(&payments).await;
    gateway.pay(NO);
    let query = async || payments.query(Wechat, NO, NOON).await;
    for (fault, why) in [
        (WechatFault::Unsigned, UnknownAnswer::Unsigned),
        (WechatFault::BadSignature, UnknownAnswer::Unsigned),
        (WechatFault::Probe, UnknownAnswer::Unsigned),
        (
            WechatFault::NamedKey("PUB_KEY_ID_2"),
            UnknownAnswer::UnknownKey,
        ),
        (WechatFault::OffClock(300), UnknownAnswer::OffTime),
        (WechatFault::OffClock(-300), UnknownAnswer::OffTime),
        (WechatFault::Html(200), UnknownAnswer::Unsigned),
        (WechatFault::Html(502), UnknownAnswer::Status(502)),
        (WechatFault::Html(404), UnknownAnswer::Status(404)),
        (WechatFault::HugeBody, UnknownAnswer::TooLarge),
        (WechatFault::Cut, UnknownAnswer::Unreachable),
        (WechatFault::HangUp, UnknownAnswer::Unreachable),
        (WechatFault::OtherTrade, UnknownAnswer::Unreadable),
        (WechatFault::OtherApp, UnknownAnswer::Unreadable),
        (WechatFault::OddState, UnknownAnswer::Unreadable),
        (
            WechatFault::Refused(500, "NEW_CODE"),
            UnknownAnswer::Status(500),
        ),
    ] {
        gateway.fail(&[fault]);
        assert_eq!(query().await, unknown(why), "{fault:?}");
    }
    for (status, code) in [
        (500, "SYSTEM_ERROR"),
        (429, "FREQUENCY_LIMITED"),
        (401, "SIGN_ERROR"),
        (403, "NO_AUTH"),
        (400, "PARAM_ERROR"),
        // A limit is not an absence.
        (403, "ORDER_NOT_EXIST"),
    ] {
        gateway.fail(&[WechatFault::Refused(status, code)]);
        let answer = query().await;
        assert!(
            matches!(answer, Err(PaymentError(UnknownAnswer::Refused(why))) if why.starts_with(code)),
            "{code}: {answer:?}"
        );
    }
    for off_s in [299, -299] {
        gateway.fail(&[WechatFault::OffClock(off_s)]);
        assert!(matches!(query().await, Ok(Queried::Paid(_))), "{off_s}");
    }
    // The shop's own clock is off: WeChat Pay refuses the request.
    let late = payments.query(Wechat, NO, NOON.plus(6 * MINUTE_MS)).await;
    assert!(
        matches!(
            late,
            Err(PaymentError(
                UnknownAnswer::OffTime | UnknownAnswer::Refused(_)
            ))
        ),
        "{late:?}"
    );
    assert!(gateway.is_calm());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_answer_is_waited_for_eight_seconds() {
    let (gateway, payments) = start().await;
    made(&payments).await;
    gateway.fail(&[WechatFault::SlowBody]);
    let answer = payments.query(Wechat, NO, NOON).await;
    assert_eq!(answer, unknown(UnknownAnswer::Timeout));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_closed_and_one_that_was_paid_meanwhile_is_not() {
    let (gateway, payments) = start().await;
    let close = async || payments.close(Wechat, NO, NOON).await;
    assert_eq!(close().await, Ok(Closed::NeverMade));
    made(&payments).await;
    gateway.fail(&[WechatFault::Refused(500, "SYSTEM_ERROR")]);
    assert!(close().await.is_err(), "a fault closes nothing");
    gateway.fail(&[WechatFault::BadSignature]);
    assert_eq!(close().await, unknown(UnknownAnswer::Unsigned));
    // It was closed all the same, and is closed when asked again.
    assert_eq!(close().await, Ok(Closed::Closed));
    assert_eq!(gateway.state(NO), "CLOSED");

    let (gateway, payments) = start().await;
    let close = async || payments.close(Wechat, NO, NOON).await;
    made(&payments).await;
    gateway.put(NO, "USERPAYING");
    assert!(close().await.is_err(), "a password is being typed");
    assert!(gateway.pay(NO));
    assert_eq!(close().await, Ok(Closed::AlreadyPaid));
    // A refusal is looked into whatever its code.
    for code in ["ORDERPAID", "TRADE_ERROR", "SOMETHING_NEW"] {
        gateway.fail(&[WechatFault::Refused(400, code)]);
        assert_eq!(close().await, Ok(Closed::AlreadyPaid), "{code}");
    }
    gateway.put(NO, "NOTPAY");
    gateway.fail(&[WechatFault::Refused(403, "RULE_LIMIT")]);
    let open = close().await;
    assert!(
        matches!(open, Err(PaymentError(UnknownAnswer::Refused(why))) if why.starts_with("RULE_LIMIT"))
    );
    let queried = gateway.asked().last().cloned();
    assert_eq!(
        queried.as_deref(),
        Some("GET /v3/pay/transactions/out-trade-no/QTEST7x1")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn money_goes_back_once_whatever_is_heard_of_it() {
    let (gateway, payments) = start().await;
    let (send, ask) = (
        async || payments.refund(Wechat, &refund(), NOON).await,
        async || payments.query_refund(Wechat, &refund(), NOON).await,
    );
    made(&payments).await;
    let unpaid = send().await;
    assert!(
        matches!(&unpaid, Ok(RefundAnswer::Failed(why)) if why.starts_with("RESOURCE_NOT_EXISTS")),
        "{unpaid:?}"
    );
    gateway.pay(NO);
    assert_eq!(ask().await, Ok(RefundAnswer::NeverMade));
    gateway.fail(&[WechatFault::Refused(403, "NOT_ENOUGH")]);
    let poor = send().await;
    assert!(
        matches!(&poor, Ok(RefundAnswer::Failed(why)) if why.starts_with("NOT_ENOUGH")),
        "{poor:?}"
    );
    for fault in [
        WechatFault::Refused(500, "SYSTEM_ERROR"),
        WechatFault::Refused(429, "FREQUENCY_LIMITED"),
        WechatFault::Refused(400, "BIZERR_NEED_RETRY"),
        WechatFault::Refused(401, "SIGN_ERROR"),
        WechatFault::HangUp,
        WechatFault::BadSignature,
        WechatFault::OtherTrade,
        WechatFault::Html(200),
    ] {
        gateway.fail(&[fault]);
        assert!(
            send().await.is_err(),
            "{fault:?} is not known to have failed"
        );
    }
    assert_eq!(send().await, Ok(RefundAnswer::Accepted));
    assert_eq!(ask().await, Ok(RefundAnswer::Accepted));
    for (status, word) in [("CLOSED", "CLOSED"), ("ABNORMAL", "ABNORMAL")] {
        gateway.end_refunds(NO, status);
        let failed = ask().await;
        assert!(
            matches!(&failed, Ok(RefundAnswer::Failed(why)) if why.starts_with(word)),
            "{failed:?}"
        );
    }
    gateway.end_refunds(NO, "SUCCESS");
    assert_eq!(ask().await, Ok(RefundAnswer::Done));
    assert_eq!(
        send().await,
        Ok(RefundAnswer::Done),
        "sent again, it is the same one"
    );
    assert_eq!(gateway.returned(NO), 990);
}
