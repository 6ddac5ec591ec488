//! Codes and sessions.

use crate::app::TestApp;
use qiangke::{server::store::SmsLimits, types::account::Mobile};
use reqwest::StatusCode;
use serde_json::json;

const MOBILE: &str = "13800000001";

#[tokio::test(flavor = "multi_thread")]
async fn a_student_signs_in_and_out() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    assert_eq!(visitor.read("user/me/").await.1["result"], json!(null));
    visitor.sign_in(MOBILE).await;
    assert_eq!(visitor.read("user/me/").await.1["result"]["mobile"], "138****0001");
    assert_eq!(visitor.write("user/logout/", json!({})).await.0, StatusCode::OK);
    assert_eq!(visitor.read("user/me/").await.1["result"], json!(null));
    assert_eq!(visitor.read("user/order/").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_once_and_only_for_its_mobile() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.write("user/send_sms/", json!({"mobile": "+86 138 0000 0001"})).await;
    let code = app.code_for(MOBILE, 1).await;
    let sign_in = async |mobile: &str, code: &str| visitor.write("user/login_sms/", json!({"mobile": mobile, "code": code})).await;
    assert_eq!(sign_in("13800000002", &code).await.1["error"], "wrong-code");
    assert_eq!(sign_in(MOBILE, &code).await.0, StatusCode::OK);
    let (status, again) = sign_in(MOBILE, &code).await;
    assert_eq!((status, &again["error"], &again["field"]), (StatusCode::BAD_REQUEST, &json!("wrong-code"), &json!("code")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_dies_after_five_minutes_or_five_wrong_tries() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let sign_in = async |code: &str| visitor.write("user/login_sms/", json!({"mobile": MOBILE, "code": code})).await.0;
    visitor.write("user/send_sms/", json!({"mobile": MOBILE})).await;
    let code = app.code_for(MOBILE, 1).await;
    app.pass(5 * 60 * 1_000);
    assert_eq!(sign_in(&code).await, StatusCode::BAD_REQUEST, "too old");

    visitor.write("user/send_sms/", json!({"mobile": MOBILE})).await;
    let code = app.code_for(MOBILE, 2).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        assert_eq!(sign_in(wrong).await, StatusCode::BAD_REQUEST);
    }
    assert_eq!(sign_in(&code).await, StatusCode::BAD_REQUEST, "no tries left");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_for_a_mobile_an_address_and_the_shop() {
    let app = TestApp::start_with(&["--sms-address-hour", "10", "--sms-shop-day", "12"]).await;
    let visitor = app.visitor();
    let ask = async |mobile: &str| {
        visitor.client.post(app.url("/api/v1/user/send_sms/")).json(&json!({"mobile": mobile})).send().await.expect("an answer")
    };
    assert_eq!(ask(MOBILE).await.status(), StatusCode::OK);
    let refused = ask(MOBILE).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["retry-after"], "61");
    for _ in 0..4 {
        app.pass(61_000);
        assert_eq!(ask(MOBILE).await.status(), StatusCode::OK);
    }
    app.pass(61_000);
    assert_eq!(ask(MOBILE).await.status(), StatusCode::TOO_MANY_REQUESTS, "five an hour");
    for other in 10..15 {
        assert_eq!(ask(&format!("138000000{other}")).await.status(), StatusCode::OK);
    }
    assert_eq!(ask("13800000020").await.status(), StatusCode::TOO_MANY_REQUESTS, "ten an hour from an address");
    app.pass(3_600_000);
    for _ in 0..2 {
        app.pass(61_000);
        assert_eq!(ask(MOBILE).await.status(), StatusCode::OK);
    }
    assert_eq!(ask("13800000020").await.status(), StatusCode::TOO_MANY_REQUESTS, "twelve a day for the shop");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sms_is_sent_once_and_never_for_a_used_code() {
    let app = TestApp::start().await;
    app.student(MOBILE).await;
    app.pass(61_000);
    app.student(MOBILE).await;
    assert_eq!(app.outbox.sent().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_replaced_before_it_was_sent_is_not_sent_twice() {
    let app = TestApp::start().await;
    let mobile = Mobile::parse(MOBILE).expect("a mobile");
    let limits = SmsLimits { gap_ms: 0, mobile_hour: 9, mobile_day: 9, address_hour: 9, shop_day: 9, life_ms: 300_000, tries: 5 };
    // Two requests before the sender wakes: nobody rings for them.
    for nonce in [[1; 16], [2; 16]] {
        app.store().ask_code(&mobile, "127.0.0.1", &nonce, &limits, app.now()).await.expect("asked");
    }
    let codes = || app.outbox.sent().iter().map(|sent| sent.code.digits().to_owned()).collect::<Vec<_>>();
    let last = app.running.app.code(&mobile, &[2; 16]).digits().to_owned();
    app.eventually("the last code is sent", async || codes().contains(&last)).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(codes().iter().filter(|code| **code == last).count(), 1, "{:?}", codes());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_code_is_asked_for_by_name() {
    let app = TestApp::start_with(&["--sms-gap-s", "0"]).await;
    let visitor = app.visitor();
    assert_eq!(visitor.write("user/send_sms/", json!({"mobile": MOBILE})).await.0, StatusCode::OK);
    let (status, answer) = visitor.write("user/send_sms/", json!({})).await;
    assert_eq!((status, &answer["msg"]), (StatusCode::BAD_REQUEST, &json!("手机号没有携带")), "{answer}");
    assert_eq!(visitor.write("user/send_sms/", json!({"again": "1"})).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_gets_a_new_id_at_sign_in_and_its_cookie_is_closed() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let page = visitor.read("user/me/").await;
    assert_eq!(page.0, StatusCode::OK);
    visitor.write("user/send_sms/", json!({"mobile": MOBILE})).await;
    let code = app.code_for(MOBILE, 1).await;
    let planted = "AAAAAAAAAAAAAAAAAAAAAA";
    let request = app.visitor().client.post(app.url("/api/v1/user/login_sms/")).header("cookie", format!("session={planted}"));
    let answer = request.json(&json!({"mobile": MOBILE, "code": code})).send().await.expect("an answer");
    let cookies: Vec<_> = answer.headers().get_all("set-cookie").iter().map(|value| value.to_str().expect("ASCII")).collect();
    let session = cookies.iter().find(|cookie| cookie.starts_with("session=")).expect("a session");
    assert!(!session.contains(planted), "an id planted before sign-in is worth nothing");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(session.contains(attribute), "{session}");
    }
    let secure = TestApp::start_with(&["--public-url", "https://shop.example"]).await;
    assert!(!secure.running.app.config.is_loopback());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_without_javascript_signs_in_by_forms() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let to = visitor.submit("/api/v1/user/send_sms/?next=%2Fseckill%2F1", &[("mobile", MOBILE)]).await;
    assert_eq!(to, "/sign-in?next=%2Fseckill%2F1");
    let to = visitor.submit("/api/v1/user/login_sms/?next=%2Fseckill%2F1", &[("code", "12")]).await;
    assert_eq!(to, "/sign-in?next=%2Fseckill%2F1&error=wrong-code&field=code");
    let code = app.code_for(MOBILE, 1).await;
    let to = visitor.submit("/api/v1/user/login_sms/?next=%2Fseckill%2F1", &[("code", &code)]).await;
    assert_eq!(to, "/seckill/1");
    assert_eq!(visitor.read("user/me/").await.1["result"]["mobile"], "138****0001");
    let to = app.visitor().submit("/api/v1/user/login_sms/?next=%2F%2Fevil.example&lang=en", &[("mobile", MOBILE), ("code", "1")]).await;
    assert_eq!(to, "/en/sign-in?error=wrong-code&field=code", "no other site is led to");
}
