//! Codes and sessions.

use crate::PROGRAM;
use qiangke::{
    rules::proof::Search,
    server::{challenge::ChallengeScope, store::SmsStanding},
    types::account::Mobile,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{
    app::TestApp,
    crowd::gather,
    database::{setting, sms_code},
};

const MOBILE: &str = "13800000001";

#[tokio::test(flavor = "multi_thread")]
async fn a_student_signs_in_and_out() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    assert_eq!(visitor.read("user/me/").await.1["result"], json!(null));
    visitor.sign_in(MOBILE).await;
    assert_eq!(
        visitor.read("user/me/").await.1["result"]["mobile"],
        "138****0001"
    );
    assert_eq!(
        visitor.write("user/logout/", json!({})).await.0,
        StatusCode::OK
    );
    assert_eq!(visitor.read("user/me/").await.1["result"], json!(null));
    assert_eq!(
        visitor.read("user/order/").await.0,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_once_and_only_for_its_mobile() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor
        .write("user/send_sms/", json!({"mobile": "+86 138 0000 0001"}))
        .await;
    let code = app.code_for(MOBILE, 1).await;
    let sign_in = async |mobile: &str, code: &str| {
        visitor
            .write("user/login_sms/", json!({"mobile": mobile, "code": code}))
            .await
    };
    assert_eq!(sign_in("13800000002", &code).await.1["error"], "wrong-code");
    assert_eq!(sign_in(MOBILE, &code).await.0, StatusCode::OK);
    let (status, again) = sign_in(MOBILE, &code).await;
    assert_eq!(
        (status, &again["error"], &again["field"]),
        (
            StatusCode::BAD_REQUEST,
            &json!("wrong-code"),
            &json!("code")
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_dies_after_five_minutes_or_five_wrong_tries() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let sign_in = async |code: &str| {
        visitor
            .write("user/login_sms/", json!({"mobile": MOBILE, "code": code}))
            .await
            .0
    };
    visitor
        .write("user/send_sms/", json!({"mobile": MOBILE}))
        .await;
    let code = app.code_for(MOBILE, 1).await;
    app.pass(5 * 60 * 1_000);
    assert_eq!(sign_in(&code).await, StatusCode::BAD_REQUEST, "too old");

    visitor
        .write("user/send_sms/", json!({"mobile": MOBILE}))
        .await;
    let code = app.code_for(MOBILE, 2).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        assert_eq!(sign_in(wrong).await, StatusCode::BAD_REQUEST);
    }
    assert_eq!(
        sign_in(&code).await,
        StatusCode::BAD_REQUEST,
        "no tries left"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mobile_is_read_as_people_paste_it() {
    let app = TestApp::start().await;
    let spellings = [
        "\u{202D}13900000000\u{202C}",
        "+86 (139) 0000 0001",
        "139.0000.0002",
        "139\u{2011}0000\u{2011}0003",
        "8613900000004",
        "\u{FF11}39 0000\u{3000}0005",
        "tel:+86-139-0000-0006",
    ];
    for (number, spelling) in spellings.into_iter().enumerate() {
        let (status, answer) = app
            .visitor()
            .write("user/send_sms/", json!({"mobile": spelling}))
            .await;
        assert_eq!(status, StatusCode::OK, "{spelling:?}: {answer}");
        app.code_for(&format!("1390000000{number}"), 1).await;
    }
    let form = app
        .visitor()
        .client
        .post(app.url("/api/v1/user/send_sms/"))
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = form
        .body("mobile=+8613900000009")
        .send()
        .await
        .expect("an answer");
    assert_eq!(
        answer.status(),
        StatusCode::OK,
        "the plus of a form is a blank"
    );
    app.code_for("13900000009", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_read_as_people_paste_it() {
    let app = TestApp::start_with(&[
        "--sms-gap-s",
        "0",
        "--sms-mobile-hour",
        "9",
        "--sms-mobile-day",
        "9",
    ])
    .await;
    let visitor = app.visitor();
    let spell: [fn(&str) -> String; 5] = [
        |code| format!("{}-{}", &code[..3], &code[3..]),
        |code| format!("\u{202D}{} {}\u{202C}\n", &code[..3], &code[3..]),
        |code| {
            code.chars()
                .filter_map(|digit| char::from_u32(u32::from(digit) + 0xFEE0))
                .collect()
        },
        |code| format!("【抢课】您的验证码是{code}，5分钟内有效，请勿告诉他人。"),
        |code| format!("{code} is your code.\n@shop.example #{code}"),
    ];
    for (number, spell) in spell.iter().enumerate() {
        assert_eq!(
            visitor
                .write("user/send_sms/", json!({"mobile": MOBILE}))
                .await
                .0,
            StatusCode::OK
        );
        let typed = spell(&app.code_for(MOBILE, number + 1).await);
        let (status, answer) = visitor
            .write("user/login_sms/", json!({"mobile": MOBILE, "code": typed}))
            .await;
        assert_eq!(status, StatusCode::OK, "{typed:?}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_six_digits_takes_no_try() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor
        .write("user/send_sms/", json!({"mobile": MOBILE}))
        .await;
    let code = app.code_for(MOBILE, 1).await;
    let two = format!("{code} 000000 000001");
    for text in [
        "81112",
        "8111211",
        "abc",
        "验证码",
        "5 分钟内有效",
        &two,
        "811121811121",
    ] {
        let (status, answer) = visitor
            .write("user/login_sms/", json!({"mobile": MOBILE, "code": text}))
            .await;
        assert_eq!(
            (status, &answer["error"], &answer["field"]),
            (StatusCode::BAD_REQUEST, &json!("malformed"), &json!("code")),
            "{text}"
        );
    }
    assert_eq!(
        visitor
            .write("user/login_sms/", json!({"mobile": MOBILE, "code": code}))
            .await
            .0,
        StatusCode::OK
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_guessed_at_too_often_is_said_to_be_void() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor
        .write("user/send_sms/", json!({"mobile": MOBILE}))
        .await;
    let code = app.code_for(MOBILE, 1).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let enter = async |code: &str| {
        visitor
            .write("user/login_sms/", json!({"code": code}))
            .await
            .1["error"]
            .clone()
    };
    for _ in 0..4 {
        assert_eq!(enter(wrong).await, "wrong-code");
    }
    assert_eq!(
        enter(wrong).await,
        "code-void",
        "the fifth one says so at once"
    );
    assert_eq!(enter(&code).await, "code-void", "and so does the right one");
    let to = visitor
        .submit("/api/v1/user/login_sms/", &[("code", &code)])
        .await;
    assert_eq!(to, "/sign-in?error=code-void&field=code");
    let page = visitor.get(&to).await.text().await.expect("a page");
    assert!(
        page.contains("试错 5 次")
            && page.contains("name=\"again\"")
            && !page.contains("id=\"code\""),
        "only another one helps"
    );
    app.pass(61_000);
    assert_eq!(
        visitor
            .submit("/api/v1/user/send_sms/", &[("again", "1")])
            .await,
        "/sign-in"
    );
    let page = visitor.get("/sign-in").await.text().await.expect("a page");
    assert!(
        page.contains("id=\"code\"") && !page.contains("role=\"alert\""),
        "a field without an error"
    );
    assert_eq!(enter(&app.code_for(MOBILE, 2).await).await, json!(null));
}

/// The wait for another code is the shop's to say: a second tab has the same, and so has a page
/// that was loaded again.
#[tokio::test(flavor = "multi_thread")]
async fn every_tab_knows_when_another_code_may_be_asked_for() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor
        .write("user/send_sms/", json!({"mobile": MOBILE}))
        .await;
    let wait = async || visitor.read("user/sign_in_step/").await.1["result"]["wait_s"].as_i64();
    assert_eq!(wait().await, Some(61));
    app.pass(40_000);
    assert_eq!(wait().await, Some(21));
    let page = visitor.get("/sign-in").await.text().await.expect("a page");
    assert!(page.contains("data-wait-s=\"21\""), "the page has it, too");
    app.pass(21_000);
    assert_eq!(wait().await, Some(0));
    assert_eq!(
        app.visitor().read("user/sign_in_step/").await.1["result"]["wait_s"],
        0,
        "who waits for no code"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_for_a_mobile_an_address_and_the_shop() {
    let app = TestApp::start_with(&[
        "--sms-address-hour",
        "10",
        "--sms-shop-day",
        "12",
        "--sms-reserve-percent",
        "0",
    ])
    .await;
    let visitor = app.visitor();
    let send = async |body: Value| {
        visitor
            .client
            .post(app.url("/api/v1/user/send_sms/"))
            .json(&body)
            .send()
            .await
            .expect("an answer")
    };
    // As a browser asks: when half of the day is spent, it works for its code.
    let ask = async |mobile: &str| {
        let refused: Value = match send(json!({"mobile": mobile})).await {
            answer if answer.status() == StatusCode::OK => return answer,
            answer => answer.json().await.expect("JSON"),
        };
        let challenge = refused["challenge"].as_str().unwrap_or_default();
        let proof = Search::of(challenge)
            .and_then(|mut search| search.step(u32::MAX))
            .unwrap_or_default();
        send(json!({"mobile": mobile, "challenge": challenge, "proof": proof})).await
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
    assert_eq!(
        ask(MOBILE).await.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "five an hour"
    );
    for other in 10..15 {
        assert_eq!(
            ask(&format!("138000000{other}")).await.status(),
            StatusCode::OK
        );
    }
    assert_eq!(
        ask("13800000020").await.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "ten an hour from an address"
    );
    app.pass(3_600_000);
    for _ in 0..2 {
        app.pass(61_000);
        assert_eq!(ask(MOBILE).await.status(), StatusCode::OK);
    }
    assert_eq!(
        ask("13800000020").await.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "twelve a day for the shop"
    );
}

/// While many ask, whoever proves nothing gets one code in ten minutes for an address, and whoever
/// works gets one for each proof.
#[tokio::test(flavor = "multi_thread")]
async fn under_pressure_a_code_costs_work() {
    let app = TestApp::start_with(&["--sms-calm-minute", "0", "--sms-gap-s", "0"]).await;
    let ask = async |body: Value| app.visitor().write("user/send_sms/", body).await;
    assert_eq!(
        ask(json!({"mobile": MOBILE})).await.0,
        StatusCode::OK,
        "the first one of the address"
    );
    let (status, refused) = ask(json!({"mobile": MOBILE})).await;
    assert_eq!(
        (status, &refused["error"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("proof-needed")),
        "{refused}"
    );
    assert_eq!(refused["retry_s"], 601);
    let challenge = refused["challenge"].as_str().expect("a challenge");
    let proof = Search::of(challenge)
        .expect("a challenge")
        .step(u32::MAX)
        .expect("a proof");
    let proven = |mobile: &str| json!({"mobile": mobile, "challenge": challenge, "proof": proof});
    assert_eq!(
        ask(proven("13800000002")).await.1["error"],
        "proof-needed",
        "it is for another mobile"
    );
    assert_eq!(ask(proven(MOBILE)).await.0, StatusCode::OK);
    let (_, again) = ask(proven(MOBILE)).await;
    assert_eq!(again["error"], "proof-needed", "once");
    assert_ne!(again["challenge"], refused["challenge"]);
    assert_eq!(
        ask(json!({"mobile": MOBILE, "challenge": challenge}))
            .await
            .1["field"],
        "proof"
    );
    assert_eq!(
        ask(json!({"mobile": MOBILE, "challenge": "x".repeat(200), "proof": "1"}))
            .await
            .1["field"],
        "challenge"
    );
    let to = app
        .visitor()
        .submit("/api/v1/user/send_sms/", &[("mobile", "13800000003")])
        .await;
    assert_eq!(
        to, "/sign-in?error=proof-needed&retry_s=601",
        "a browser without JavaScript is told when"
    );
    app.pass(10 * 60 * 1_000);
    assert_eq!(
        app.visitor()
            .submit("/api/v1/user/send_sms/", &[("mobile", "13800000003")])
            .await,
        "/sign-in"
    );
}

/// Ten mobiles for each address, a thousand times: what is sent is what a plain count of the limits
/// allows, not one more.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_gets_what_the_limits_allow() {
    /// Requests; `QIANGKE_TEST_FLOOD` makes it another number.
    const REQUESTS: u64 = 5_000;
    let requests: u64 =
        setting("QIANGKE_TEST_FLOOD").map_or(REQUESTS, |text| text.parse().expect("a number"));
    let (addresses, day_ms) = ((requests / 1_000).max(5), 24 * 60 * 60 * 1_000);
    let mobiles = addresses * 10;
    let step_ms = day_ms / i64::try_from(requests).expect("a number");
    let app = TestApp::start_with(&[
        "--sms-shop-day",
        "1400",
        "--sms-address-hour",
        "10",
        "--sms-calm-minute",
        "2",
    ])
    .await;
    let mut reference = Reference::default();
    for number in 0..requests {
        app.pass(step_ms);
        // Some come often, some seldom, and no mobile keeps to an address.
        let pick = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .rotate_left(29);
        let mobile = Mobile::parse(&format!(
            "139{:08}",
            (pick % mobiles) * (pick >> 32) % mobiles
        ))
        .expect("a mobile");
        let address = format!(
            "203.0.{}.{}",
            pick % addresses / 250,
            pick % addresses % 250
        );
        let sent = app
            .running
            .app
            .ask_code(
                ChallengeScope {
                    mobile: &mobile,
                    address: &address,
                },
                None,
                None,
            )
            .await
            .is_ok();
        assert_eq!(
            sent,
            reference.asks(mobile.digits(), &address, app.now().0),
            "request {number}"
        );
    }
    let asked = app.database.numbers("select count(*) from job").await[0];
    assert_eq!(
        asked,
        i64::try_from(reference.sent.len()).expect("a number")
    );
    println!("{asked} of {requests} were sent");
    assert!(asked > 50, "some must get through");
}

/// The limits of the test above, counted in the plainest way.
#[derive(Default)]
struct Reference {
    /// Mobile, address and moment of what was sent.
    sent: Vec<(String, String, i64)>,
    /// Address and moment of what was sent without the proof that was asked for.
    unproven: Vec<(String, i64)>,
}

impl Reference {
    fn asks(&mut self, mobile: &str, address: &str, now: i64) -> bool {
        const MINUTE: i64 = 60_000;
        const DAY: i64 = 24 * 60 * MINUTE;
        type Sent = (String, String, i64);
        let net = |address: &str| address.rsplit_once('.').expect("an address").0.to_owned();
        let count = |since: i64, fits: &dyn Fn(&Sent) -> bool| {
            self.sent
                .iter()
                .rev()
                .take_while(|(_, _, at)| *at >= since)
                .filter(|sent| fits(sent))
                .count()
        };
        // Hours and days begin with the clock; the shop's day in UTC+8.
        let hour = now - now.rem_euclid(60 * MINUTE);
        let day = now - (now + 8 * 60 * MINUTE).rem_euclid(DAY);
        let minute = now - now.rem_euclid(MINUTE);
        let of_mobile = |(to, _, _): &Sent| to == mobile;
        let of_address = |(_, from, _): &Sent| from == address;
        let here = |sent: &Sent| of_mobile(sent) && net(&sent.1) == net(address);
        let anybody = |_: &Sent| true;
        let (this, last) = (count(minute, &anybody), count(minute - MINUTE, &anybody));
        let spent = count(day, &anybody);
        let is_calm = this < 2
            && last - this < 2
            && spent * 2 < 700
            && count(day, &of_mobile) <= count(day, &here);
        let passes = count(now - MINUTE + 1, &here) < 1
            && count(hour, &here) < 5
            && count(day, &here) < 8
            && count(day, &of_mobile) < 24
            && count(hour, &of_address) < 10
            && count(day, &|sent| net(&sent.1) == net(address)) < 1_000
            && spent < 700
            && (is_calm
                || !self
                    .unproven
                    .iter()
                    .any(|(from, at)| from == address && *at > now - 10 * MINUTE));
        if passes && !is_calm {
            self.unproven.push((address.to_owned(), now));
        }
        if passes {
            self.sent.push((mobile.to_owned(), address.to_owned(), now));
        }
        passes
    }
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
    let always = |_: &SmsStanding| Some(Vec::new());
    // Two requests of one browser before the worker wakes.
    for nonce in [[1; 16], [2; 16]] {
        app.store()
            .ask_code(&sms_code(&mobile, &nonce, app.now()), &always, app.now())
            .await
            .expect("asked");
    }
    app.drain_jobs().await;
    let sent = app.outbox.sent();
    let codes: Vec<_> = sent.iter().map(|sent| sent.code.digits()).collect();
    assert_eq!(codes, [app.running.app.code(&mobile, &[2; 16]).digits()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_code_is_asked_for_by_name() {
    let app = TestApp::start_with(&["--sms-gap-s", "0"]).await;
    let visitor = app.visitor();
    assert_eq!(
        visitor
            .write("user/send_sms/", json!({"mobile": MOBILE}))
            .await
            .0,
        StatusCode::OK
    );
    let (status, answer) = visitor.write("user/send_sms/", json!({})).await;
    assert_eq!(
        (status, &answer["msg"]),
        (StatusCode::BAD_REQUEST, &json!("请填写手机号")),
        "{answer}"
    );
    assert_eq!(
        visitor
            .write("user/send_sms/", json!({"again": "1"}))
            .await
            .0,
        StatusCode::OK
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_gets_a_new_id_at_sign_in_and_its_cookie_is_closed() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let page = visitor.read("user/me/").await;
    assert_eq!(page.0, StatusCode::OK);
    let asked = visitor
        .client
        .post(app.url("/api/v1/user/send_sms/"))
        .json(&json!({"mobile": MOBILE}))
        .send()
        .await
        .expect("an answer");
    let remembered = asked.headers()["set-cookie"]
        .to_str()
        .expect("ASCII")
        .to_owned();
    let browser = asked.json::<Value>().await.expect("JSON")["result"]["browser"].clone();
    let code = app.code_for(MOBILE, 1).await;
    let planted = "AAAAAAAAAAAAAAAAAAAAAA";
    let request = app
        .visitor()
        .client
        .post(app.url("/api/v1/user/login_sms/"))
        .header("cookie", format!("session={planted}"));
    let answer = request
        .json(&json!({"mobile": MOBILE, "code": code, "browser": browser}))
        .send()
        .await
        .expect("an answer");
    let cookies: Vec<_> = answer
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().expect("ASCII"))
        .collect();
    let session = *cookies
        .iter()
        .find(|cookie| cookie.starts_with("session="))
        .expect("a session");
    assert!(
        !session.contains(planted),
        "an id planted before sign-in is worth nothing"
    );
    for cookie in [session, &remembered] {
        for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_somebody_left_in_a_browser_is_not_the_next_one_s() {
    const OTHER: &str = "13800000002";
    let app = TestApp::start().await;
    let left = gather(&app.database, 1).await.remove(0);
    let (_, asked) = app
        .visitor()
        .write("user/send_sms/", json!({"mobile": OTHER}))
        .await;
    let code = app.code_for(OTHER, 1).await;
    let request = app
        .visitor()
        .client
        .post(app.url("/api/v1/user/login_sms/"))
        .header("cookie", left.cookie());
    let answer = request
        .json(&json!({"mobile": OTHER, "code": code, "browser": asked["result"]["browser"]}))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let request = app
        .visitor()
        .client
        .get(app.url("/api/v1/user/me/"))
        .header("cookie", left.cookie());
    let me: Value = request
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(
        me["result"],
        json!(null),
        "whoever left it is not signed in as the other one"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_are_counted() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor
        .write("user/send_sms/", json!({"mobile": MOBILE}))
        .await;
    let code = app.code_for(MOBILE, 1).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for (code, status) in [
        (wrong, StatusCode::BAD_REQUEST),
        (&code, StatusCode::OK),
        (&code, StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(
            visitor
                .write("user/login_sms/", json!({"mobile": MOBILE, "code": code}))
                .await
                .0,
            status
        );
    }
    let counted = app.counted("qiangke_sign_ins_total").await;
    assert_eq!(
        counted.into_iter().collect::<Vec<_>>(),
        [("ok".to_owned(), 1), ("wrong_code".to_owned(), 2)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_tls_no_other_host_can_plant_a_session() {
    let app = TestApp::start_with(&["--public-url", "https://shop.example"]).await;
    let visitor = app.visitor();
    let asked = visitor
        .client
        .post(app.url("/api/v1/user/send_sms/"))
        .json(&json!({"mobile": MOBILE}))
        .send()
        .await
        .expect("an answer");
    let remembered = asked.headers()["set-cookie"]
        .to_str()
        .expect("ASCII")
        .to_owned();
    assert!(
        remembered.starts_with("__Host-sms_mobile=") && remembered.contains("Secure"),
        "{remembered}"
    );
    // A client for http keeps no such cookie.
    let browser = asked.json::<Value>().await.expect("JSON")["result"]["browser"].clone();
    let code = json!({"mobile": MOBILE, "code": app.code_for(MOBILE, 1).await, "browser": browser});
    let answer = visitor
        .client
        .post(app.url("/api/v1/user/login_sms/"))
        .json(&code)
        .send()
        .await
        .expect("an answer");
    let cookies: Vec<_> = answer
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().expect("ASCII"))
        .collect();
    let session = cookies
        .iter()
        .find(|cookie| cookie.starts_with("__Host-session="))
        .expect("a session");
    assert!(
        session.contains("Secure") && session.contains("Path=/") && !session.contains("Domain"),
        "{session}"
    );
    let (_, id) = session
        .split(';')
        .next()
        .and_then(|pair| pair.split_once('='))
        .expect("an id");
    let me = async |cookie: String| {
        let asked = app
            .visitor()
            .client
            .get(app.url("/api/v1/user/me/"))
            .header("cookie", cookie)
            .send()
            .await
            .expect("an answer");
        asked.json::<serde_json::Value>().await.expect("JSON")["result"]["mobile"].clone()
    };
    assert_eq!(me(format!("__Host-session={id}")).await, "138****0001");
    assert!(
        me(format!("session={id}")).await.is_null(),
        "a name that any host of the domain can set"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_without_javascript_signs_in_by_forms() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let to = visitor
        .submit(
            "/api/v1/user/send_sms/?next=%2Fseckill%2F1",
            &[("mobile", MOBILE)],
        )
        .await;
    assert_eq!(to, "/sign-in?next=%2Fseckill%2F1");
    let to = visitor
        .submit(
            "/api/v1/user/login_sms/?next=%2Fseckill%2F1",
            &[("code", "12")],
        )
        .await;
    assert_eq!(
        to,
        "/sign-in?next=%2Fseckill%2F1&error=malformed&field=code"
    );
    let code = app.code_for(MOBILE, 1).await;
    let to = visitor
        .submit(
            "/api/v1/user/login_sms/?next=%2Fseckill%2F1",
            &[("code", &code)],
        )
        .await;
    assert_eq!(to, "/seckill/1");
    assert_eq!(
        visitor.read("user/me/").await.1["result"]["mobile"],
        "138****0001"
    );
    let to = app
        .visitor()
        .submit(
            "/api/v1/user/login_sms/?next=%2F%2Fevil.example&lang=en",
            &[("mobile", MOBILE), ("code", "000000")],
        )
        .await;
    assert_eq!(
        to, "/en/sign-in?error=wrong-code&field=code",
        "no other site is led to"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_ends_sessions() {
    let app = TestApp::start().await;
    for mobile in [MOBILE, "13800000002", "13800000003"] {
        app.student(mobile).await;
    }
    let end = |whose: &[&str]| {
        let mut command = PROGRAM.command();
        let output = command
            .args(["session", "end", "--database-url", &app.database.url])
            .args(whose)
            .output()
            .expect("it runs");
        let said = if output.status.success() {
            output.stdout
        } else {
            output.stderr
        };
        (
            output.status.success(),
            String::from_utf8(said).expect("words"),
        )
    };
    let ended = |whose: &[&str]| end(whose).1.split(' ').next().map(str::to_owned);
    let left = async || app.database.numbers("select count(*) from session").await[0];

    for (whose, objection) in [
        (
            &["--mobile", "13800000009"][..],
            "no student has this mobile",
        ),
        (&["--mobile", "1380000000x"], "1380000000x"),
        (&["--mobile", MOBILE, "--all"], "cannot be used with"),
        (&[], "--mobile"),
    ] {
        let (success, said) = end(whose);
        assert!(!success && said.contains(objection), "{whose:?}: {said}");
    }
    assert_eq!(left().await, 3, "what is refused ends nobody's");
    assert_eq!(
        (ended(&["--mobile", MOBILE]).as_deref(), left().await),
        (Some("1"), 2),
        "one student's"
    );
    assert_eq!(
        (ended(&["--all"]).as_deref(), left().await),
        (Some("2"), 0),
        "everybody's"
    );
}
