//! A shop that is paid with WeChat Pay, against an imitation of its gateway that lies as real ones do:
//! what is signed, ours and new pays an order once; nothing else changes anything.

use crate::PROGRAM;
use qiangke::{
    server::boot::wechat,
    types::{ids::SaleId, sale::HOLD_S, time::MINUTE_MS},
};
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use support::{
    alipay::TestAlipay,
    app::{NOON, TestApp, Visitor},
    database::TestDatabase,
    setup::config,
    time::TestTime,
    wechat::{WechatFault, WechatGateway, WechatNotice},
};

const FIRST: &str = "13800000001";
const HOLD_MS: i64 = HOLD_S * 1_000;
/// The serial number of the imitation's certificate, which holds the same key.
const CERTIFICATE: &str = "0A11CE0000002026112900000000000000000001";

async fn start(more: &[&str]) -> (WechatGateway, TestApp) {
    let gateway = WechatGateway::start(TestTime::at(NOON)).await;
    let flags = gateway.flags();
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    let app = TestApp::start_with(&[&flags, more].concat()).await;
    (gateway, app)
}

fn pass(app: &TestApp, gateway: &WechatGateway, ms: i64) {
    app.pass(ms);
    gateway.pass(ms);
}

/// A sale's seat for this student: the number of the order.
async fn grab(student: &Visitor<'_>, sale: SaleId) -> i64 {
    let ticket = student.click(sale).await;
    assert_eq!(student.outcome(&ticket).await["code"], json!(100));
    let orders = student.read("user/order/").await.1;
    orders["result"][0]["id"].as_i64().expect("an order")
}

async fn state(student: &Visitor<'_>, order: i64) -> String {
    let (status, answer) = student.read(&format!("order/detail/?order={order}")).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let state = answer["result"]["state"].as_str();
    state.expect("a state").to_owned()
}

async fn ask_to_pay(student: &Visitor<'_>, order: i64) -> (StatusCode, Value) {
    let body = json!({"order": order, "provider": "wechat", "way": "qr"});
    student.write("order/pay/", body).await
}

/// Begins to pay: the payment's name at the provider.
async fn pay(student: &Visitor<'_>, gateway: &WechatGateway, order: i64) -> String {
    let (status, answer) = ask_to_pay(student, order).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let (way, text) = (&answer["result"]["way"], &answer["result"]["text"]);
    assert_eq!(way, "qr", "{answer}");
    let no = gateway.trades().pop().expect("a payment");
    assert_eq!(text, &json!(format!("weixin://wxpay/bizpayurl?pr={no}")));
    no
}

/// Waits until an order stands so; jobs run meanwhile.
async fn becomes(student: &Visitor<'_>, order: i64, name: &str) {
    let app = student.app;
    app.eventually(name, async || {
        app.drain_jobs().await;
        state(student, order).await == name
    })
    .await;
}

async fn left(app: &TestApp, sale: SaleId) -> i64 {
    let sql = format!("select remaining from sale where id = {}", sale.0);
    app.database.numbers(&sql).await[0]
}

async fn refund(app: &TestApp, order: i64) {
    let command = PROGRAM
        .command()
        .args(["order", "refund", &order.to_string(), "--reason", "what"])
        .args(["--database-url", &app.database.url])
        .output();
    let output = command.expect("it runs");
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_paid_by_a_notice_once() {
    let (gateway, app) = start(&[]).await;
    let student = app.student(FIRST).await;
    let sale = app.open_sale(1).await;
    let order = grab(&student, sale).await;
    let no = pay(&student, &gateway, order).await;
    assert!(no.starts_with("QTEST") && no.len() <= 32, "{no}");
    assert_eq!(pay(&student, &gateway, order).await, no, "the same again");
    assert!(gateway.pay(&no));
    for _ in 0..3 {
        let heard = gateway.notify(&no, WechatNotice::Honest).await;
        assert_eq!(heard, StatusCode::OK);
    }
    assert_eq!(state(&student, order).await, "paid");
    let owners = "select count(*) from entitlement where revoked_at is null";
    assert_eq!(app.database.numbers(owners).await, [1]);
    let refunds = "select count(*) from refund";
    assert_eq!(app.database.numbers(refunds).await, [0]);
    // A late notice of an earlier state takes nothing away.
    gateway.put(&no, "NOTPAY");
    assert_eq!(
        gateway.notify(&no, WechatNotice::Honest).await,
        StatusCode::OK
    );
    assert_eq!(state(&student, order).await, "paid");
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_notice_that_is_signed_new_and_ours_is_taken() {
    let (gateway, app) = start(&[]).await;
    let student = app.student(FIRST).await;
    let sale = app.open_sale(1).await;
    let order = grab(&student, sale).await;
    let no = pay(&student, &gateway, order).await;
    assert!(gateway.pay(&no));
    for (notice, status, outcome) in [
        (WechatNotice::BadSignature, 401, "bad_signature"),
        (WechatNotice::Probe, 401, "probe"),
        (WechatNotice::NamedKey("PUB_KEY_ID_2"), 401, "unknown_key"),
        (WechatNotice::OffClock(300), 401, "stale"),
        (WechatNotice::OffClock(-300), 401, "stale"),
        (WechatNotice::OtherSeal, 401, "sealed"),
        (WechatNotice::OtherApp, 401, "foreign"),
        (WechatNotice::OtherMerchant, 401, "foreign"),
        (WechatNotice::Currency("USD"), 401, "currency"),
        (WechatNotice::Amount(0), 400, "malformed"),
        (WechatNotice::State("LIMBO"), 400, "malformed"),
        // These are kept, and are no money for this order.
        (WechatNotice::OtherTrade, 200, "kept"),
        (WechatNotice::State("NOTPAY"), 200, "kept"),
        (WechatNotice::State("REFUND"), 200, "kept"),
        (WechatNotice::Event("REFUND.SUCCESS"), 200, "kept"),
    ] {
        let count = async || {
            let counts = app.counted("qiangke_notices_total").await;
            counts.get(outcome).copied().unwrap_or_default()
        };
        let before = count().await;
        let heard = gateway.notify(&no, notice).await;
        assert_eq!(heard.as_u16(), status, "{notice:?}");
        assert_eq!(count().await, before + 1, "{notice:?} is {outcome}");
        assert_eq!(state(&student, order).await, "held", "{notice:?}");
    }
    // The clocks may differ by less than five minutes.
    let heard = gateway.notify(&no, WechatNotice::OffClock(-299)).await;
    assert_eq!(heard, StatusCode::OK);
    assert_eq!(state(&student, order).await, "paid");
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_amount_pays_nothing_and_goes_back() {
    let (gateway, app) = start(&[]).await;
    let student = app.student(FIRST).await;
    let sale = app.open_sale(1).await;
    let order = grab(&student, sale).await;
    let no = pay(&student, &gateway, order).await;
    assert!(gateway.pay(&no));
    let heard = gateway.notify(&no, WechatNotice::Amount(1)).await;
    assert_eq!(heard, StatusCode::OK, "a repeat would not heal it");
    assert_ne!(state(&student, order).await, "paid");
    let causes = "select cause from refund";
    assert_eq!(app.database.texts(causes).await, ["mismatch"]);
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_notice_is_made_up_for_by_a_question() {
    let (gateway, app) = start(&[]).await;
    let student = app.student(FIRST).await;
    let sale = app.open_sale(1).await;
    let order = grab(&student, sale).await;
    let no = pay(&student, &gateway, order).await;
    gateway.put(&no, "USERPAYING");
    pass(&app, &gateway, 5_000);
    app.drain_jobs().await;
    assert_eq!(state(&student, order).await, "held");
    assert!(gateway.pay(&no));
    gateway.fail(&[
        WechatFault::Refused(500, "SYSTEM_ERROR"),
        WechatFault::BadSignature,
        WechatFault::HangUp,
        WechatFault::Html(200),
        WechatFault::Refused(429, "FREQUENCY_LIMITED"),
    ]);
    app.eventually("it is paid", async || {
        pass(&app, &gateway, 30_000);
        app.drain_jobs().await;
        state(&student, order).await == "paid"
    })
    .await;
    assert!(gateway.is_calm(), "no answer of these was believed");
    // The notice comes at last.
    assert_eq!(
        gateway.notify(&no, WechatNotice::Honest).await,
        StatusCode::OK
    );
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_ends_is_closed_before_its_seat_is_free() {
    let (gateway, app) = start(&[]).await;
    let student = app.student(FIRST).await;
    let sale = app.open_sale(1).await;
    let order = grab(&student, sale).await;
    let no = pay(&student, &gateway, order).await;
    pass(&app, &gateway, HOLD_MS);
    gateway.fail(&[
        WechatFault::Refused(500, "SYSTEM_ERROR"),
        WechatFault::Refused(500, "SYSTEM_ERROR"),
    ]);
    becomes(&student, order, "closing").await;
    assert_eq!(left(&app, sale).await, 0, "it may still be paid");
    app.eventually("it lapses", async || {
        pass(&app, &gateway, 2_000);
        app.drain_jobs().await;
        state(&student, order).await == "expired"
    })
    .await;
    assert_eq!((left(&app, sale).await, gateway.state(&no)), (1, "CLOSED"));
    assert!(!gateway.pay(&no), "it takes no money any more");
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_comes_between_the_last_question_and_the_close_pays_the_order() {
    let (gateway, app) = start(&[]).await;
    let student = app.student(FIRST).await;
    let sale = app.open_sale(1).await;
    let order = grab(&student, sale).await;
    let no = pay(&student, &gateway, order).await;
    pass(&app, &gateway, HOLD_MS);
    assert!(gateway.pay(&no));
    becomes(&student, order, "paid").await;
    assert_eq!((left(&app, sale).await, gateway.state(&no)), (0, "SUCCESS"));
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_paid_back_once_whatever_the_gateway_says() {
    let (gateway, app) = start(&[]).await;
    let student = app.student(FIRST).await;
    let sale = app.open_sale(1).await;
    let order = grab(&student, sale).await;
    let no = pay(&student, &gateway, order).await;
    assert!(gateway.pay(&no));
    assert_eq!(
        gateway.notify(&no, WechatNotice::Honest).await,
        StatusCode::OK
    );
    refund(&app, order).await;
    gateway.fail(&[
        WechatFault::Refused(403, "NOT_ENOUGH"),
        WechatFault::HangUp,
        WechatFault::Refused(500, "SYSTEM_ERROR"),
    ]);
    app.eventually("it was sent", async || {
        app.drain_jobs().await;
        pass(&app, &gateway, 2 * MINUTE_MS);
        gateway.is_calm()
    })
    .await;
    gateway.end_refunds(&no, "SUCCESS");
    app.eventually("it is paid back", async || {
        app.drain_jobs().await;
        pass(&app, &gateway, 2 * MINUTE_MS);
        state(&student, order).await == "refunded"
    })
    .await;
    assert_eq!(gateway.returned(&no), 990);
    let numbers = app.database.texts("select refund_no from refund").await;
    assert_eq!(numbers, [format!("R{no}")]);
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_does_not_answer_takes_no_payment_and_may_be_asked_again() {
    let (gateway, app) = start(&[]).await;
    let student = app.student(FIRST).await;
    let sale = app.open_sale(1).await;
    let order = grab(&student, sale).await;
    for fault in [
        WechatFault::HangUp,
        WechatFault::Html(502),
        WechatFault::HugeBody,
        WechatFault::BadSignature,
        WechatFault::Refused(403, "NO_AUTH"),
    ] {
        gateway.fail(&[fault]);
        let (status, answer) = ask_to_pay(&student, order).await;
        assert_ne!(status, StatusCode::OK, "{fault:?}: {answer}");
        assert!(!answer.to_string().contains("NO_AUTH"), "{answer}");
    }
    let no = pay(&student, &gateway, order).await;
    assert_eq!(gateway.trades(), [no]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_gets_a_link_where_there_is_a_contract_for_it() {
    let (_gateway, app) = start(&["--wechat-ways", "qr,h5"]).await;
    let student = app.student(FIRST).await;
    let sale = app.open_sale(1).await;
    let order = grab(&student, sale).await;
    let sent = student
        .client
        .post(app.url("/api/v1/order/pay/"))
        .header(header::USER_AGENT, "Mozilla/5.0 (iPhone) Mobile/15E148")
        .json(&json!({"order": order, "provider": "wechat", "way": "link"}))
        .send();
    let answer: Value = sent.await.expect("an answer").json().await.expect("JSON");
    let url = answer["result"]["url"].as_str().expect("a link");
    assert!(url.starts_with("https://wx.tenpay.com/"), "{url}");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_keys_of_the_platform_are_known_during_a_change_over() {
    let (gateway, app) = start(&[]).await;
    let student = app.student(FIRST).await;
    let sale = app.open_sale(1).await;
    let order = grab(&student, sale).await;
    let no = pay(&student, &gateway, order).await;
    assert!(gateway.pay(&no));
    let by_certificate = WechatNotice::NamedKey(CERTIFICATE);
    let heard = gateway.notify(&no, by_certificate).await;
    assert_eq!(heard, StatusCode::UNAUTHORIZED);
    let file = gateway.folder().join("certificate.pem");
    let file = file.display().to_string();
    let app = app
        .restart_with(&["--wechat-certificate-file", &file])
        .await;
    gateway.move_to(&no, &app.url(""));
    for notice in [by_certificate, WechatNotice::Honest] {
        assert_eq!(gateway.notify(&no, notice).await, StatusCode::OK);
    }
    let paid = "select count(*) from payment where state = 1";
    assert_eq!(app.database.numbers(paid).await, [1]);
    app.assert_audit().await;
}

/// What the settings are refused with; `None`: they are not.
fn refused(folder: &Path, database: &TestDatabase, flags: &[String]) -> Option<String> {
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    let config = config(folder, database, &flags);
    wechat::check(&config)
        .err()
        .map(|error| format!("{error:#}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_of_the_settings_has_a_sentence() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let database = TestDatabase::new(folder.path()).await;
    let gateway = WechatGateway::start(TestTime::at(NOON)).await;
    let good = gateway.flags();
    let judge = |flags: &[String]| refused(folder.path(), &database, flags);
    assert_eq!(judge(&good), None);
    assert_eq!(judge(&[]), None);
    let without = |name: &str| {
        let at = good.iter().position(|flag| flag == name).expect("a flag");
        let mut flags = good.clone();
        flags.drain(at..at + 2);
        flags
    };
    let with = |name: &str, value: &str| {
        let mut flags = without(name);
        flags.extend([name.to_owned(), value.to_owned()]);
        flags
    };
    let near = gateway.folder().to_owned();
    let file = |name: &str, text: &str, mode: u32| {
        let path = near.join(name);
        fs::write(&path, text).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its mode");
        path.display().to_string()
    };
    let text = |name: &str| fs::read_to_string(near.join(name)).expect("a file");
    let (key, platform) = (text("shop.pem"), text("platform.pem"));
    let certificate = text("certificate.pem");
    let short = include_str!("../vectors/rsa-1024.pem");
    let own = {
        let vectors: Value =
            serde_json::from_str(include_str!("../vectors/wechat.json")).expect("JSON");
        vectors["keys"]["own-shop"]["public_pem"]
            .as_str()
            .expect("a key")
            .to_owned()
    };
    let (private, apiv3, public) = (
        "--wechat-private-key-file",
        "--wechat-apiv3-key-file",
        "--wechat-public-key-file",
    );
    for (flags, sentence) in [
        (
            without("--wechat-mch-id"),
            "WECHAT_APP_ID is set and WECHAT_MCH_ID is not",
        ),
        (
            without("--wechat-app-id"),
            "WECHAT_MCH_ID needs WECHAT_APP_ID",
        ),
        (
            without("--wechat-serial"),
            "WECHAT_MCH_ID needs WECHAT_SERIAL",
        ),
        (
            without(private),
            "WECHAT_MCH_ID needs WECHAT_PRIVATE_KEY_FILE",
        ),
        (without(apiv3), "WECHAT_MCH_ID needs WECHAT_APIV3_KEY_FILE"),
        (
            without(public),
            "WECHAT_PUBLIC_KEY_ID needs WECHAT_PUBLIC_KEY_FILE",
        ),
        (
            without("--wechat-public-key-id"),
            "WECHAT_PUBLIC_KEY_FILE needs WECHAT_PUBLIC_KEY_ID",
        ),
        (
            without("--payment-prefix"),
            "WECHAT_MCH_ID needs PAYMENT_PREFIX",
        ),
        (
            with("--payment-prefix", "Q"),
            "WECHAT_MCH_ID needs PAYMENT_PREFIX",
        ),
        (
            with("--wechat-gateway", "http://pay.example"),
            "is not WeChat Pay's",
        ),
        (
            with("--wechat-gateway", "https://api.mch.weixin.example"),
            "is not WeChat Pay's",
        ),
        (
            [
                with("--wechat-serial", CERTIFICATE),
                vec![
                    "--wechat-certificate-file".to_owned(),
                    file("platform-certificate.pem", &certificate, 0o644),
                ],
            ]
            .concat(),
            "WECHAT_SERIAL is the number of WeChat Pay's certificate",
        ),
        (
            with("--wechat-gateway", "https://api.mch.weixin.qq.com"),
            "needs a PUBLIC_URL with https://",
        ),
        (
            with(private, "/nowhere/key.pem"),
            "/nowhere/key.pem can't be used: No such file",
        ),
        (
            with(private, &file("open.pem", &key, 0o604)),
            "every user of this machine may read it",
        ),
        (
            with(private, &file("c.pem", &certificate, 0o600)),
            "it holds a certificate, not a private key",
        ),
        (
            with(private, &file("p.pem", &platform, 0o600)),
            "it holds a public key",
        ),
        (
            with(private, &file("s.pem", short, 0o600)),
            "modulus has 1024 bits",
        ),
        (with(private, &file("e.pem", "", 0o600)), "it is empty"),
        (
            with(apiv3, &file("k.txt", "0123456789abcdef", 0o600)),
            "it has 16 bytes: the APIv3 key has 32",
        ),
        (
            with(apiv3, &file("o.txt", "0", 0o644)),
            "every user of this machine may read it",
        ),
        (
            with(public, &file("own.pem", &own, 0o644)),
            "it is the shop's own key",
        ),
        (
            with(public, &file("priv.pem", &key, 0o600)),
            "it holds a private key, not WeChat Pay's public key",
        ),
        (
            with(public, &file("cert.pem", &certificate, 0o644)),
            "WECHAT_CERTIFICATE_FILE",
        ),
        (
            with(public, &file("w.pem", &platform, 0o646)),
            "may write another key into it",
        ),
        (
            with(public, &file("n.pem", "hello", 0o644)),
            "it holds no key",
        ),
    ] {
        let refused = judge(&flags).unwrap_or_default();
        assert!(refused.contains(sentence), "{sentence}: {refused}");
        assert!(!refused.contains("MII"), "no part of a key: {refused}");
    }
    let mut demo = with("--wechat-gateway", "https://api.mch.weixin.qq.com");
    demo.push("--demo".into());
    let said = judge(&demo).unwrap_or_default();
    assert!(said.contains("DEMO is a shop to try out"), "{said}");
    let certificates = file("both.pem", &certificate.repeat(2), 0o644);
    let mut old = without(public);
    let at = old
        .iter()
        .position(|flag| flag == "--wechat-public-key-id")
        .expect("a flag");
    old.drain(at..at + 2);
    assert!(
        judge(&old)
            .unwrap_or_default()
            .contains("can be checked without")
    );
    old.extend(["--wechat-certificate-file".into(), certificates]);
    assert_eq!(judge(&old), None, "certificates alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_student_chose_last_stands_first() {
    let gateway = WechatGateway::start(TestTime::at(NOON)).await;
    let alipay = TestAlipay::start().await;
    let (mut flags, others) = (gateway.flags(), alipay.flags());
    // Both name the prefix, which is the shop's.
    let others = others
        .chunks(2)
        .filter(|pair| pair[0] != "--payment-prefix");
    flags.extend(others.flatten().cloned());
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    let app = TestApp::start_with(&flags).await;
    let providers = async |student: &Visitor<'_>, order: i64| {
        let path = format!("order/detail/?order={order}");
        student.read(&path).await.1["result"]["providers"].clone()
    };
    let student = app.student(FIRST).await;
    let first = grab(&student, app.open_sale(1).await).await;
    assert_eq!(
        providers(&student, first).await,
        json!(["mock", "alipay", "wechat"])
    );
    pay(&student, &gateway, first).await;
    let next = grab(&student, app.open_sale(1).await).await;
    for order in [first, next] {
        assert_eq!(
            providers(&student, order).await,
            json!(["wechat", "mock", "alipay"])
        );
    }
    let other = app.student("13800000002").await;
    let others = grab(&other, app.open_sale(1).await).await;
    assert_eq!(
        providers(&other, others).await,
        json!(["mock", "alipay", "wechat"])
    );
}
