//! The mock gateway, and what the shop makes of its notices.

use crate::PROGRAM;
use qiangke::{
    server::payment::{
        Closed, NewPayment, Notice, PaymentError, Payments, Queried, Receipt, RefundAnswer,
        RefundOrder, UnknownAnswer,
        mock::{
            signature::{KEY_BYTES, MockKey},
            wire::{MERCHANT, NOTIFY, notice_body},
        },
    },
    types::{
        lang::Lang,
        money::Fen,
        payment::{PayKind, PayWay, Provider::Mock},
        time::{MINUTE_MS, Millis},
    },
};
use reqwest::{StatusCode, header};
use std::collections::BTreeMap;
use support::{
    app::TestApp,
    gateway::{KEY, TestGateway, act},
    setup::prepare,
    time::TestTime,
};
use wiremock::{Mock as Mocked, MockServer, ResponseTemplate, matchers::any};

/// What a notice's outcomes are counted by.
const METRIC: &str = "qiangke_notices_total";

fn payment(no: &str, now: Millis) -> NewPayment {
    NewPayment {
        out_trade_no: no.into(),
        amount: Fen(990),
        subject: "Linux <从零开始> & \"more\"".into(),
        expires_at: now.plus(15 * MINUTE_MS),
        lang: Lang::Zh,
        phone: None,
        return_path: "/orders/7?back=1".into(),
    }
}

fn payments(app: &TestApp) -> &Payments {
    &app.running.app.payments
}

/// The link to the page of a new payment.
async fn link(app: &TestApp, payment: &NewPayment) -> String {
    match payments(app)
        .create(Mock, PayKind::Link, payment, app.now())
        .await
    {
        Ok(PayWay::Link { url }) => url,
        other => panic!("{other:?}"),
    }
}

async fn queried(app: &TestApp, no: &str) -> Result<Queried, PaymentError> {
    payments(app).query(Mock, no, app.now()).await
}

fn refund(no: &str) -> RefundOrder {
    RefundOrder {
        out_trade_no: no.into(),
        refund_no: format!("R{no}"),
        amount: Fen(990),
        total: Fen(990),
    }
}

/// How often each outcome was counted.
async fn outcomes(app: &TestApp) -> BTreeMap<String, u64> {
    app.counted(METRIC).await
}

/// Waits until an outcome was counted once more than `before`.
async fn counted_more(app: &TestApp, before: &BTreeMap<String, u64>, outcome: &str) {
    let count = |counts: &BTreeMap<String, u64>| counts.get(outcome).copied().unwrap_or_default();
    app.eventually(outcome, async || {
        count(&outcomes(app).await) > count(before)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_there_once_its_page_was_opened_and_is_paid_once() {
    let app = TestApp::start().await;
    let client = app.visitor().client;
    let url = link(&app, &payment("QA", app.now())).await;
    assert!(url.starts_with(&app.url("/mock-gateway/pay?")), "{url}");
    assert_eq!(queried(&app, "QA").await, Ok(Queried::NeverMade));
    let closed = payments(&app).close(Mock, "QA", app.now()).await;
    assert_eq!(closed, Ok(Closed::NeverMade));

    let page = client.get(&url).send().await.expect("a page");
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers()["content-security-policy"].clone();
    assert!(
        policy
            .to_str()
            .expect("ASCII")
            .contains("default-src 'self'")
    );
    let html = page.text().await.expect("text");
    for part in [
        "<title>演示支付</title>",
        "¥9.90",
        "待支付",
        "Linux &lt;从零开始&gt; &amp; &quot;more&quot;",
        "value=\"pay_twice\"",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains("<script") && !html.contains("style="));
    assert_eq!(queried(&app, "QA").await, Ok(Queried::Unpaid));

    let english = NewPayment {
        lang: Lang::En,
        ..payment("QE", app.now())
    };
    let english = client.get(link(&app, &english).await).send().await;
    let html = english.expect("a page").text().await.expect("text");
    assert!(html.contains("<title>Demo payment</title>") && html.contains("To be paid"));

    let answer = act(&client, &url, "silent").await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(
        answer.headers()[header::LOCATION],
        app.url("/orders/7?back=1")
    );
    let Ok(Queried::Paid(receipt)) = queried(&app, "QA").await else {
        panic!("it was paid");
    };
    assert_eq!(receipt.amount, Fen(990));
    act(&client, &url, "pay").await;
    assert_eq!(queried(&app, "QA").await, Ok(Queried::Paid(receipt)));
    let closed = payments(&app).close(Mock, "QA", app.now()).await;
    assert_eq!(closed, Ok(Closed::AlreadyPaid));

    let (payments, now, refund) = (payments(&app), app.now(), refund("QA"));
    let asked = async || payments.query_refund(Mock, &refund, now).await;
    assert_eq!(asked().await, Ok(RefundAnswer::NeverMade));
    assert_eq!(
        payments.refund(Mock, &refund, now).await,
        Ok(RefundAnswer::Accepted)
    );
    assert_eq!(asked().await, Ok(RefundAnswer::Done));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_link_or_form_pays_nothing() {
    let app = TestApp::start().await;
    let client = app.visitor().client;
    let url = link(&app, &payment("QA", app.now())).await;
    let changed = [
        url.replace("amount=9.90", "amount=0.01"),
        url[..url.len() - 1].to_owned(),
        app.url("/mock-gateway/pay"),
    ];
    for url in changed {
        let page = client.get(&url).send().await.expect("a page");
        assert_eq!(page.status(), StatusCode::UNAUTHORIZED, "{url}");
    }
    let post = |query: String, act: &'static str| {
        let form = [("query", query), ("act", act.to_owned())];
        client
            .post(app.url("/mock-gateway/pay/act"))
            .form(&form)
            .send()
    };
    let query = url.split_once('?').expect("a query").1.to_owned();
    let forged = post(format!("{query}0"), "pay").await.expect("an answer");
    assert_eq!(forged.status(), StatusCode::UNAUTHORIZED);
    let unknown = post(query, "steal").await.expect("an answer");
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
    let api = app.url("/mock-gateway/api/refund");
    let unsigned = client.post(api).body("{}").send().await.expect("an answer");
    assert_eq!(unsigned.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(queried(&app, "QA").await, Ok(Queried::NeverMade));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_acknowledged_and_a_forged_one_is_not() {
    let app = TestApp::start().await;
    let client = app.visitor().client;
    let url = link(&app, &payment("QA", app.now())).await;
    let before = outcomes(&app).await;
    act(&client, &url, "forge").await;
    counted_more(&app, &before, "bad_signature").await;
    assert_eq!(queried(&app, "QA").await, Ok(Queried::Unpaid));
    let before = outcomes(&app).await;
    act(&client, &url, "pay_twice").await;
    counted_more(&app, &before, "kept").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_notice_that_is_whole_signed_new_and_ours_is_taken() {
    let gateway = TestGateway::start(TestTime::at(support::app::NOON).clock()).await;
    let flags = gateway.flags();
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    let app = TestApp::start_with(&flags).await;
    let client = app.visitor().client;
    let receipt = Receipt {
        out_trade_no: "QA".into(),
        gateway_no: "M1".into(),
        amount: Fen(990),
        paid_at: app.now(),
    };
    let notice = Notice {
        notice_id: "N1".into(),
        out_trade_no: "QA".into(),
        receipt: Some(receipt.clone()),
    };
    let post = async |key: [u8; KEY_BYTES], body: &str, at: Millis, path: &str| {
        let fields = MockKey::new(&key).fields("POST", NOTIFY, body.as_bytes(), at);
        let request = client.post(app.url(path)).headers(fields);
        let answer = request.body(body.to_owned()).send().await;
        answer.expect("an answer")
    };
    let body = notice_body(&notice, MERCHANT);
    // A repeat is told that it was understood, too.
    for _ in 0..2 {
        let answer = post(KEY, &body, app.now(), NOTIFY).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.text().await.expect("text"), "success");
    }
    let other = Receipt {
        out_trade_no: "QB".into(),
        ..receipt.clone()
    };
    let odd = |receipt: Receipt| {
        let notice = Notice {
            receipt: Some(receipt),
            ..notice.clone()
        };
        notice_body(&notice, MERCHANT)
    };
    let nothing = Receipt {
        amount: Fen(0),
        ..receipt.clone()
    };
    let late = app.now().plus(-5 * MINUTE_MS);
    for (key, body, at, path, status) in [
        ([8; KEY_BYTES], body.clone(), app.now(), NOTIFY, 401),
        (KEY, body.clone(), late, NOTIFY, 401),
        (KEY, notice_body(&notice, "other"), app.now(), NOTIFY, 401),
        (KEY, "{}".into(), app.now(), NOTIFY, 400),
        (KEY, "\0".into(), app.now(), NOTIFY, 400),
        (KEY, odd(other), app.now(), NOTIFY, 400),
        (KEY, odd(nothing), app.now(), NOTIFY, 400),
        (KEY, " ".repeat(16 * 1024 + 1), app.now(), NOTIFY, 413),
        (KEY, body.clone(), app.now(), "/pay/notify/alipay", 404),
    ] {
        let answer = post(key, &body, at, path).await;
        let start: String = body.chars().take(99).collect();
        assert_eq!(answer.status().as_u16(), status, "{path}: {start}");
        assert_ne!(answer.text().await.expect("text"), "success");
    }
    let changed = body.replace("M1", "M2");
    let fields = MockKey::new(&KEY).fields("POST", NOTIFY, body.as_bytes(), app.now());
    let sent = client.post(app.url(NOTIFY)).headers(fields).body(changed);
    let answer = sent.send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "a changed byte");
    let read = app.visitor().get(NOTIFY).await;
    assert_eq!(read.status(), StatusCode::METHOD_NOT_ALLOWED);
    let unsigned = client.post(app.url(NOTIFY)).body(body);
    let unsigned = unsigned.send().await.expect("an answer");
    assert_eq!(unsigned.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn shops_share_a_gateway_and_one_that_is_away_is_no_answer() {
    let gateway = TestGateway::start(TestTime::at(support::app::NOON).clock()).await;
    let flags = gateway.flags();
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    let (app, other) = (
        TestApp::start_with(&flags).await,
        TestApp::start_with(&flags).await,
    );
    let url = link(&app, &payment("QA", app.now())).await;
    assert!(url.starts_with(&format!("http://{}/", gateway.address)));
    let before = outcomes(&app).await;
    act(&app.visitor().client, &url, "pay").await;
    assert!(matches!(queried(&other, "QA").await, Ok(Queried::Paid(_))));
    counted_more(&app, &before, "kept").await;
    let balance = gateway.gateway.balance("QA").expect("a trade");
    assert_eq!((balance.taken, balance.returned), (Fen(990), Fen(0)));
    let hidden = link(&app, &payment("QB", app.now())).await;
    act(&app.visitor().client, &hidden, "hide_refund").await;
    let unknown = payments(&app).refund(Mock, &refund("QB"), app.now()).await;
    assert_eq!(unknown, Err(PaymentError(UnknownAnswer::Status(500))));
    drop(gateway);
    app.eventually("the gateway is away", async || {
        queried(&app, "QA").await == Err(PaymentError(UnknownAnswer::Unreachable))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_the_gateway_did_not_sign_is_not_believed() {
    let gateway = TestGateway::start(TestTime::at(support::app::NOON).clock()).await;
    let liar = MockServer::start().await;
    let mut flags = gateway.flags();
    flags[2] = format!("http://{}", liar.address());
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    let app = TestApp::start_with(&flags).await;
    for (answer, what) in [
        (ResponseTemplate::new(503), UnknownAnswer::Status(503)),
        (
            ResponseTemplate::new(200).set_body_string("{\"outcome\":\"closed\"}"),
            UnknownAnswer::Unsigned,
        ),
        (
            ResponseTemplate::new(200).set_body_string(" ".repeat(20_000)),
            UnknownAnswer::TooLarge,
        ),
        (
            ResponseTemplate::new(302).insert_header("location", "/"),
            UnknownAnswer::Status(302),
        ),
    ] {
        liar.reset().await;
        Mocked::given(any()).respond_with(answer).mount(&liar).await;
        assert_eq!(queried(&app, "QA").await, Err(PaymentError(what)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_is_no_demo_has_no_gateway_and_takes_no_notice() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, _) = prepare(&folder).await;
    let server = PROGRAM.serve(folder.path(), &database).await;
    let client = support::http::client().build().expect("a client");
    let url = |path: &str| format!("http://{}{path}", server.address);
    for path in ["/mock-gateway/pay", "/mock-gateway/api/query"] {
        let answer = client.get(url(path)).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let notice = client.post(url(NOTIFY)).body("{}").send().await;
    assert_eq!(notice.expect("an answer").status(), StatusCode::NOT_FOUND);
}
