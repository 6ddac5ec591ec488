//! Alipay: a seat is paid at an imitation of its gateway, which lies as real ones do.

use crate::PROGRAM;
use qiangke::{
    server::payment::{Closed, PaymentError, Queried, Receipt, RefundOrder, UnknownAnswer},
    types::{
        ids::SaleId,
        money::Fen,
        payment::Provider::Alipay,
        sale::HOLD_S,
        time::{MINUTE_MS, Millis},
    },
};
use reqwest::{StatusCode, Url};
use serde_json::{Value, json};
use std::{collections::BTreeMap, os::unix::fs::PermissionsExt, process::Output};
use support::{
    alipay::{APP, Lie, PREFIX, SELLER, TestAlipay, key, write},
    app::{TestApp, Visitor},
    gateway::act,
};

const STUDENT: &str = "13800000001";
const HOLD_MS: i64 = HOLD_S * 1_000;
const PHONE: &str =
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36";

async fn shop(alipay: &TestAlipay, more: &[&str]) -> TestApp {
    let flags = alipay.flags();
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    TestApp::start_with(&[&flags[..], more].concat()).await
}

/// A seat of a new sale for this student: its order, and its sale.
async fn grab(student: &Visitor<'_>) -> (i64, SaleId) {
    let sale = student.app.open_sale(1).await;
    let ticket = student.click(sale).await;
    assert_eq!(student.outcome(&ticket).await["code"], json!(100));
    let orders = student.read("user/order/").await.1;
    (orders["result"][0]["id"].as_i64().expect("an order"), sale)
}

async fn detail(student: &Visitor<'_>, order: i64) -> Value {
    let (status, answer) = student.read(&format!("order/detail/?order={order}")).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["result"].clone()
}

/// Where a student pays.
async fn way(student: &Visitor<'_>, order: i64) -> Value {
    let body = json!({"order": order, "provider": "alipay"});
    let (status, answer) = student.write("order/pay/", body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["result"].clone()
}

/// Opens the link to pay; gives the payment's name, and what the link says.
async fn open(student: &Visitor<'_>, order: i64) -> (String, BTreeMap<String, String>) {
    let way = way(student, order).await;
    let url = Url::parse(way["url"].as_str().expect("a link")).expect("an address");
    let page = student
        .client
        .get(url.clone())
        .send()
        .await
        .expect("a page");
    assert_eq!(page.status(), StatusCode::OK);
    let fields: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    let content: Value = serde_json::from_str(&fields["biz_content"]).expect("JSON");
    let name = content["out_trade_no"].as_str().expect("a name").to_owned();
    (name, fields)
}

/// Waits until an order stands so; jobs run meanwhile.
async fn becomes(student: &Visitor<'_>, order: i64, name: &str) {
    let app = student.app;
    app.eventually(name, async || {
        app.drain_jobs().await;
        detail(student, order).await["state"] == name
    })
    .await;
}

async fn left(app: &TestApp, sale: SaleId) -> i64 {
    let sql = format!("select remaining from sale where id = {}", sale.0);
    app.database.numbers(&sql).await[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_is_paid_at_alipay_and_told_of_once() {
    let alipay = TestAlipay::start().await;
    let app = shop(&alipay, &[]).await;
    let student = app.student(STUDENT).await;
    let (order, _) = grab(&student).await;
    // Browsers hold what follows a form against the policy of its page.
    let page = student.get(&format!("/orders/{order}")).await;
    let policy = page.headers()["content-security-policy"].to_str();
    let policy = policy.expect("ASCII").to_owned();
    assert!(
        policy.contains(&format!("http://{}", alipay.address)),
        "{policy}"
    );
    let html = page.text().await.expect("text");
    assert!(html.contains("支付宝"), "{html}");
    assert_eq!(
        detail(&student, order).await["providers"],
        json!(["mock", "alipay"])
    );
    let (name, link) = open(&student, order).await;
    assert_eq!(name, format!("{PREFIX}{order}x1"));
    assert_eq!(link["method"], "alipay.trade.page.pay");
    assert_eq!(link["notify_url"], app.url("/pay/notify/alipay"));
    assert_eq!(
        link["return_url"],
        app.url(&format!("/orders/{order}?back=1"))
    );
    assert_eq!(link["timestamp"], "2026-11-22 20:00:00");
    let content = alipay.content(&name);
    assert_eq!(content["total_amount"], "9.90");
    assert_eq!(
        content["time_expire"], "2026-11-22 20:15:00",
        "the end of the hold"
    );
    assert_eq!(content["product_code"], "FAST_INSTANT_TRADE_PAY");

    alipay.pay(&name);
    for _ in 0..3 {
        assert_eq!(alipay.notify(&name).await, (200, "success".into()));
    }
    let paid = detail(&student, order).await;
    assert_eq!(
        (&paid["state"], &paid["payment"]["provider"]),
        (&json!("paid"), &json!("alipay"))
    );
    assert_eq!(paid["payment"]["paid_at"], json!(1_795_348_831_000_i64));
    // Later words about the same money.
    for changes in [
        &[
            ("refund_fee", "1.00"),
            ("gmt_refund", "2026-11-22 21:00:00.123"),
        ][..],
        &[("trade_status", "TRADE_FINISHED")],
        &[("trade_status", "TRADE_CLOSED")],
        &[("trade_status", "WAIT_BUYER_PAY")],
    ] {
        let notice = alipay.notice(&name, changes, "own-platform");
        assert_eq!(
            alipay.post(&name, notice).await,
            (200, "success".into()),
            "{changes:?}"
        );
    }
    app.drain_jobs().await;
    assert_eq!(detail(&student, order).await["state"], "paid");
    assert_eq!(
        app.database.numbers("select count(*) from refund").await,
        [0]
    );
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_gets_its_page_and_a_shop_may_show_a_code_instead() {
    let alipay = TestAlipay::start().await;
    let app = shop(&alipay, &[]).await;
    let student = app.student(STUDENT).await;
    let (order, _) = grab(&student).await;
    let asked = student
        .client
        .post(app.url("/api/v1/order/pay/"))
        .header("user-agent", PHONE);
    let asked = asked
        .header("accept", "application/json")
        .header("origin", app.url(""));
    let body = json!({"order": order, "provider": "alipay"});
    let answer = asked.json(&body).send().await.expect("an answer");
    let answer: Value = answer.json().await.expect("JSON");
    let url = answer["result"]["url"].as_str().expect("a link");
    assert!(
        url.contains("alipay.trade.wap.pay") && url.contains("QUICK_WAP_WAY"),
        "{url}"
    );

    let app = shop(&alipay, &["--alipay-ways", "qr"]).await;
    let student = app.student(STUDENT).await;
    let (order, _) = grab(&student).await;
    let way = way(&student, order).await;
    let name = format!("{PREFIX}{order}x1");
    assert_eq!(way["way"], "qr");
    assert_eq!(way["text"], format!("https://qr.alipay.com/bax{name}"));
    let asked = app
        .running
        .app
        .payments
        .query(Alipay, &name, app.now())
        .await;
    assert_eq!(asked, Ok(Queried::NeverMade), "until somebody scans it");
    alipay.scan(&name);
    alipay.pay(&name);
    assert_eq!(alipay.notify(&name).await, (200, "success".into()));
    assert_eq!(detail(&student, order).await["state"], "paid");
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_got_lost_is_made_up_for_by_a_question() {
    let alipay = TestAlipay::start().await;
    let app = shop(&alipay, &[]).await;
    let student = app.student(STUDENT).await;
    let (order, _) = grab(&student).await;
    let (name, _) = open(&student, order).await;
    alipay.pay(&name);
    app.drain_jobs().await;
    assert_eq!(detail(&student, order).await["state"], "held");
    app.pass(5_000);
    becomes(&student, order, "paid").await;
    // And it comes late.
    assert_eq!(alipay.notify(&name).await, (200, "success".into()));
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_back_is_believed_in_nothing_and_asks_alipay() {
    let alipay = TestAlipay::start().await;
    let app = shop(&alipay, &[]).await;
    let student = app.student(STUDENT).await;
    let (order, _) = grab(&student).await;
    let (name, _) = open(&student, order).await;
    let back = format!(
        "/orders/{order}?back=1&charset=utf-8&out_trade_no={name}&method=alipay.trade.page.pay.return\
         &total_amount=9.90&sign=AAAA&trade_no=2026112222001400000000000001&auth_app_id={APP}\
         &version=1.0&app_id={APP}&sign_type=RSA2&seller_id={SELLER}&timestamp=2026-11-22+20%3A00%3A40"
    );
    for (is_paid, state) in [(false, "held"), (true, "paid")] {
        if is_paid {
            alipay.pay(&name);
        }
        let page = student.get(&back).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(detail(&student, order).await["state"], state);
    }
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_alipay_never_heard_of_ends_a_minute_after_its_time() {
    let alipay = TestAlipay::start().await;
    let app = shop(&alipay, &[]).await;
    let student = app.student(STUDENT).await;
    let (order, sale) = grab(&student).await;
    // The link is there, and may be opened in the last second.
    way(&student, order).await;
    app.pass(HOLD_MS);
    becomes(&student, order, "closing").await;
    app.pass(MINUTE_MS - 2_000);
    app.drain_jobs().await;
    assert_eq!(detail(&student, order).await["state"], "closing");
    assert_eq!(left(&app, sale).await, 0);
    app.pass(MINUTE_MS);
    becomes(&student, order, "expired").await;
    assert_eq!(left(&app, sale).await, 1);
    app.assert_audit().await;
}

/// Its link is open in a browser that has not signed in at Alipay, which has not heard of it, and may
/// take money for it until its end, whatever became of the order meanwhile. No notice tells of it.
#[tokio::test(flavor = "multi_thread")]
async fn money_of_a_page_that_stayed_open_is_found_and_goes_back() {
    let alipay = TestAlipay::start().await;
    let app = shop(&alipay, &[]).await;
    let student = app.student(STUDENT).await;
    let (order, sale) = grab(&student).await;
    let page = way(&student, order).await;
    let given = student
        .write("order/cancel/", json!({"order": order}))
        .await;
    assert_eq!(given.0, StatusCode::OK, "{}", given.1);
    becomes(&student, order, "cancelled").await;
    assert_eq!(left(&app, sale).await, 1, "its seat is free at once");
    let other = app.student("13800000009").await;
    let ticket = other.click(sale).await;
    assert_eq!(other.outcome(&ticket).await["code"], json!(100));
    pay_on(&student, &alipay, &page).await;
    goes_back(&app, &alipay, 1).await;

    // Another provider was quicker.
    let (order, _) = grab(&student).await;
    let page = way(&student, order).await;
    let body = json!({"order": order, "provider": "mock"});
    let link = student.write("order/pay/", body).await.1;
    let link = link["result"]["url"].as_str().expect("a link").to_owned();
    act(&student.client, &link, "pay").await;
    becomes(&student, order, "paid").await;
    app.drain_jobs().await;
    pay_on(&student, &alipay, &page).await;
    goes_back(&app, &alipay, 2).await;
    assert_eq!(detail(&student, order).await["state"], "paid");
    app.assert_audit().await;
}

/// Opens the page of a way to pay, and pays.
async fn pay_on(student: &Visitor<'_>, alipay: &TestAlipay, way: &Value) {
    let url = Url::parse(way["url"].as_str().expect("a link")).expect("an address");
    let fields: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    let content: Value = serde_json::from_str(&fields["biz_content"]).expect("JSON");
    let page = student.client.get(url).send().await.expect("a page");
    assert_eq!(page.status(), StatusCode::OK);
    alipay.pay(content["out_trade_no"].as_str().expect("a name"));
}

/// Waits until so many refunds moved money.
async fn goes_back(app: &TestApp, alipay: &TestAlipay, count: usize) {
    app.eventually("the money goes back", async || {
        app.pass(MINUTE_MS);
        app.drain_jobs().await;
        alipay.refunds().len() == count
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_hold_closes_its_payment_unless_it_was_paid() {
    let alipay = TestAlipay::start().await;
    let app = shop(&alipay, &[]).await;
    let student = app.student(STUDENT).await;
    let (order, sale) = grab(&student).await;
    let (name, _) = open(&student, order).await;
    app.pass(HOLD_MS);
    becomes(&student, order, "expired").await;
    assert_eq!(
        (alipay.status(&name), left(&app, sale).await),
        ("TRADE_CLOSED", 1)
    );

    let (order, sale) = grab(&student).await;
    let (name, _) = open(&student, order).await;
    alipay.expire(&name);
    app.pass(HOLD_MS);
    becomes(&student, order, "expired").await;
    assert_eq!(left(&app, sale).await, 1, "Alipay's clock was first");

    let (order, sale) = grab(&student).await;
    let (name, _) = open(&student, order).await;
    app.pass(HOLD_MS);
    alipay.pay(&name);
    becomes(&student, order, "paid").await;
    assert_eq!(left(&app, sale).await, 0, "it was paid in the last second");
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_notice_of_alipay_to_this_shop_is_taken() {
    let alipay = TestAlipay::start().await;
    let app = shop(&alipay, &[]).await;
    let student = app.student(STUDENT).await;
    let (order, _) = grab(&student).await;
    let (name, _) = open(&student, order).await;
    alipay.pay(&name);
    let good = alipay.notice(&name, &[], "own-platform");
    let signed = |changes: &[(&str, &str)]| alipay.notice(&name, changes, "own-platform");
    for (notice, status, what) in [
        (
            alipay.notice(&name, &[], "own-shop"),
            401,
            "the shop's own key",
        ),
        (good.replace("9.90", "0.01"), 401, "a changed amount"),
        (
            good.replace("sign_type=RSA2", "sign_type=RSA"),
            401,
            "the older kind",
        ),
        (format!("{good}&total_amount=9.90"), 401, "a field twice"),
        (String::new(), 401, "nothing"),
        ("%".repeat(9_999), 401, "percent"),
        (good.clone() + &"&a=b".repeat(9_999), 413, "too much"),
        (
            signed(&[("app_id", "2021000000000002")]),
            401,
            "another app",
        ),
        (
            signed(&[("seller_id", "2088000000000009")]),
            401,
            "another seller",
        ),
        (signed(&[("total_amount", "9.905")]), 400, "three decimals"),
        (signed(&[("total_amount", "99e-1")]), 400, "an exponent"),
        (signed(&[("total_amount", "-9.90")]), 400, "a minus"),
        (signed(&[("charset", "GBK")]), 400, "another charset"),
        (
            signed(&[("trans_currency", "USD")]),
            401,
            "another currency",
        ),
    ] {
        let (answered, text) = alipay.post(&name, notice).await;
        assert_eq!(answered, status, "{what}: {text}");
        assert_ne!(text, "success", "{what}");
        assert_eq!(detail(&student, order).await["state"], "held", "{what}");
    }
    // Money that this shop did not ask for is kept in mind, and changes nothing.
    let (status, text) = alipay
        .post(&name, signed(&[("out_trade_no", "QT9999x1")]))
        .await;
    assert_eq!((status, text.as_str()), (200, "success"));
    assert_eq!(detail(&student, order).await["state"], "held");
    assert_eq!(alipay.post(&name, good).await, (200, "success".into()));
    assert_eq!(detail(&student, order).await["state"], "paid");
    let verdicts = "select verdict from payment_notice order by id";
    assert_eq!(app.database.texts(verdicts).await, ["foreign", "paid"]);
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_amount_pays_nothing_and_goes_back() {
    let alipay = TestAlipay::start().await;
    let app = shop(&alipay, &[]).await;
    let student = app.student(STUDENT).await;
    let (order, _) = grab(&student).await;
    let (name, _) = open(&student, order).await;
    alipay.pay_other(&name, "9.89");
    assert_eq!(alipay.notify(&name).await, (200, "success".into()));
    assert_eq!(detail(&student, order).await["state"], "held");
    app.eventually("it goes back", async || {
        app.drain_jobs().await;
        alipay.refunds() == ["9.89"]
    })
    .await;
    let states = "select state from refund";
    assert_eq!(app.database.numbers(states).await, [2], "done");
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_can_not_be_believed_says_nothing() {
    let alipay = TestAlipay::start().await;
    let app = shop(&alipay, &[]).await;
    let student = app.student(STUDENT).await;
    let (order, _) = grab(&student).await;
    let (name, _) = open(&student, order).await;
    alipay.pay(&name);
    let payments = &app.running.app.payments;
    let refund = RefundOrder {
        out_trade_no: name.clone(),
        refund_no: format!("R{name}"),
        amount: Fen(990),
        total: Fen(990),
    };
    for (lie, what) in [
        (Lie::Broken, UnknownAnswer::Status(500)),
        (Lie::Page, UnknownAnswer::Unreadable),
        (Lie::Huge, UnknownAnswer::TooLarge),
        (Lie::HangUp, UnknownAnswer::Unreachable),
        (Lie::OtherKey, UnknownAnswer::Unsigned),
        (Lie::Unsigned, UnknownAnswer::Unsigned),
        (Lie::OtherTrade, UnknownAnswer::Unreadable),
        (
            Lie::OutOfOrder,
            UnknownAnswer::Refused("Alipay is out of order"),
        ),
        (Lie::Slow, UnknownAnswer::Timeout),
    ] {
        alipay.lie(Some(lie));
        let what = PaymentError(what);
        let (queried, asked) = tokio::join!(
            payments.query(Alipay, &name, app.now()),
            payments.query_refund(Alipay, &refund, app.now())
        );
        assert_eq!((queried, asked), (Err(what), Err(what)), "{lie:?}");
        if lie != Lie::Slow {
            let (status, _) = student.write("order/check/", json!({"order": order})).await;
            assert_eq!(status, StatusCode::OK);
        }
        assert_eq!(detail(&student, order).await["state"], "held", "{lie:?}");
    }
    alipay.lie(None);
    let receipt = Receipt {
        out_trade_no: name.clone(),
        gateway_no: "2026112222001400000000000001".into(),
        amount: Fen(990),
        paid_at: Millis(1_795_348_831_000),
    };
    let queried = payments.query(Alipay, &name, app.now()).await;
    assert_eq!(queried, Ok(Queried::Paid(receipt)));
    let closed = payments.close(Alipay, &name, app.now()).await;
    assert_eq!(closed, Ok(Closed::AlreadyPaid));
    becomes_paid_by_check(&student, order).await;
    drop(alipay);
    app.eventually("Alipay is away", async || {
        let queried = payments.query(Alipay, &name, app.now()).await;
        queried == Err(PaymentError(UnknownAnswer::Unreachable))
    })
    .await;
}

async fn becomes_paid_by_check(student: &Visitor<'_>, order: i64) {
    let (_, answer) = student.write("order/check/", json!({"order": order})).await;
    assert_eq!(answer["result"]["state"], "paid", "{answer}");
}

/// `qiangke order refund`.
fn refund(app: &TestApp, order: i64) {
    let asked = PROGRAM
        .command()
        .args(["order", "refund", &order.to_string(), "--reason", "what"])
        .args(["--database-url", &app.database.url])
        .output()
        .expect("it runs");
    assert!(asked.status.success(), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_moves_money_once_whatever_alipay_says() {
    for lie in [
        None,
        Some(Lie::HangUp),
        Some(Lie::Broken),
        Some(Lie::OtherKey),
        Some(Lie::OutOfOrder),
        Some(Lie::NoMoney),
    ] {
        let alipay = TestAlipay::start().await;
        let app = shop(&alipay, &[]).await;
        let student = app.student(STUDENT).await;
        let (order, _) = grab(&student).await;
        let (name, _) = open(&student, order).await;
        alipay.pay(&name);
        assert_eq!(alipay.notify(&name).await, (200, "success".into()));
        alipay.lie(lie);
        refund(&app, order);
        for _ in 0..2 {
            app.drain_jobs().await;
            app.pass(2 * MINUTE_MS);
        }
        let is_done = detail(&student, order).await["state"] == "refunded";
        assert_eq!(is_done, lie.is_none(), "{lie:?}");
        alipay.lie(None);
        app.pass(60 * MINUTE_MS);
        becomes(&student, order, "refunded").await;
        assert_eq!(alipay.refunds(), ["9.90"], "{lie:?}");
        app.assert_audit().await;
    }
}

/// `qiangke doctor` with these variables of the environment, and no others.
fn doctor(environment: &[(&str, &str)]) -> String {
    let output: Output = PROGRAM
        .command()
        .arg("doctor")
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    said + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn each_mistake_of_the_set_up_has_its_sentence() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        write(&path, text);
        path.display().to_string()
    };
    let own = file("own", &key("own-shop", "private"));
    let public = file("public", &key("own-platform", "public"));
    let good = [
        ("PAYMENT_PREFIX", "QK"),
        ("ALIPAY_APP_ID", APP),
        ("ALIPAY_SELLER_ID", SELLER),
        ("ALIPAY_PRIVATE_KEY_FILE", own.as_str()),
        ("ALIPAY_PUBLIC_KEY_FILE", public.as_str()),
    ];
    let with = |name: &'static str, value: Option<&str>| {
        let mut variables: BTreeMap<_, _> = good.iter().copied().collect();
        match value {
            Some(value) => variables.insert(name, value),
            None => variables.remove(name),
        };
        let variables: Vec<_> = variables.into_iter().collect();
        doctor(&variables)
    };
    let said = doctor(&good);
    let line = format!(
        "ok     alipay: app {APP} of seller {SELLER} at https://openapi.alipay.com/gateway.do"
    );
    assert!(said.contains(&line), "{said}");
    assert!(doctor(&[]).contains("ok     alipay: not set up"));
    let sandbox = "https://openapi-sandbox.dl.alipaydev.com/gateway.do";
    let said = with("ALIPAY_GATEWAY", Some(sandbox));
    assert!(
        said.contains("is to try Alipay out: no money moves"),
        "{said}"
    );

    let private_pem = key("own-shop", "private");
    let relabelled = private_pem.replace("PRIVATE KEY", "RSA PRIVATE KEY");
    let small = include_str!("../vectors/alipay-1024.pem");
    let open = file("open", &private_pem);
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o644)).expect("rights");
    let writable = file("writable", &key("own-platform", "public"));
    std::fs::set_permissions(&writable, std::fs::Permissions::from_mode(0o666)).expect("rights");
    for (name, value, sentence) in [
        ("PAYMENT_PREFIX", None, "needs PAYMENT_PREFIX"),
        ("PAYMENT_PREFIX", Some("Q1"), "the last one a letter"),
        ("ALIPAY_APP_ID", None, "ALIPAY_APP_ID is not"),
        ("ALIPAY_APP_ID", Some("wx1"), "digits alone"),
        ("ALIPAY_APP_ID", Some(SELLER), "a seller's number (PID)"),
        ("ALIPAY_SELLER_ID", None, "needs ALIPAY_SELLER_ID"),
        ("ALIPAY_SELLER_ID", Some(APP), "begins with 2088"),
        (
            "ALIPAY_PRIVATE_KEY_FILE",
            None,
            "needs ALIPAY_PRIVATE_KEY_FILE",
        ),
        (
            "ALIPAY_PUBLIC_KEY_FILE",
            None,
            "needs ALIPAY_PUBLIC_KEY_FILE",
        ),
        ("ALIPAY_PRIVATE_KEY_FILE", Some("/nowhere"), "No such file"),
        (
            "ALIPAY_PRIVATE_KEY_FILE",
            Some(&file("a", "")),
            "it is empty",
        ),
        (
            "ALIPAY_PRIVATE_KEY_FILE",
            Some(&file("b", &relabelled)),
            "holds a PRIVATE KEY (PKCS#8)",
        ),
        (
            "ALIPAY_PRIVATE_KEY_FILE",
            Some(&file("c", small)),
            "has 1024 bits",
        ),
        (
            "ALIPAY_PRIVATE_KEY_FILE",
            Some(&public),
            "holds a public key",
        ),
        ("ALIPAY_PRIVATE_KEY_FILE", Some(&open), "run `chmod o= "),
        (
            "ALIPAY_PUBLIC_KEY_FILE",
            Some(&file("d", &key("own-shop", "public"))),
            "the public half of the shop's own key",
        ),
        ("ALIPAY_PUBLIC_KEY_FILE", Some(&own), "holds a private key"),
        ("ALIPAY_PUBLIC_KEY_FILE", Some(&writable), "run `chmod o-w "),
        (
            "ALIPAY_GATEWAY",
            Some("https://evil.example/gateway.do"),
            "is not Alipay's",
        ),
        (
            "DEMO",
            Some("true"),
            "at https://openapi.alipay.com/gateway.do money moves",
        ),
    ] {
        let said = with(name, value);
        assert!(said.contains(sentence), "{name} {value:?}: {said}");
        assert!(!said.contains("MII"), "no part of a key: {said}");
    }
}
