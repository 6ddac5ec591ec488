//! Signing in while somebody else does not want one to: what strangers can't use up, and what they
//! pay for what they can.

use crate::PROGRAM;
use qiangke::{
    rules::proof::Search,
    types::{
        account::CodeSent,
        time::{DAY_MS, MINUTE_MS},
        wire::Reply,
    },
};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use support::app::TestApp;
use tokio::task::JoinSet;

const VICTIM: &str = "13800000001";
/// Addresses of three networks.
const HOME: &str = "203.0.113.5";
const ELSEWHERE: &str = "198.51.100.9";
/// Every address is believed that a test names.
const PROXIED: [&str; 2] = ["--trusted-proxies", "127.0.0.1"];

/// A client at an address, with cookies or without.
struct Caller<'a> {
    app: &'a TestApp,
    address: String,
    client: Client,
}

impl<'a> Caller<'a> {
    /// A browser.
    fn browser(app: &'a TestApp, address: &str) -> Self {
        Self {
            client: app.visitor().client,
            ..Self::program(app, address)
        }
    }

    /// A program that keeps no cookies.
    fn program(app: &'a TestApp, address: &str) -> Self {
        Self {
            app,
            address: address.to_owned(),
            client: support::http::client().build().expect("a client"),
        }
    }

    async fn answer(&self, path: &str, body: &Value) -> Response {
        let request = self
            .client
            .post(self.app.url(&format!("/api/v1/{path}")))
            .header("x-forwarded-for", &self.address);
        request.json(body).send().await.expect("an answer")
    }

    async fn write(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let answer = self.answer(path, &body).await;
        (answer.status(), answer.json().await.expect("JSON"))
    }

    /// Asks for a code, and works for it when the shop says so, as a page does.
    async fn ask(&self, mobile: &str) -> (StatusCode, Value) {
        let (status, refused) = self
            .write("user/send_sms/", json!({"mobile": mobile}))
            .await;
        match refused["challenge"].as_str() {
            Some(challenge) => {
                self.write(
                    "user/send_sms/",
                    json!({"mobile": mobile, "challenge": challenge, "proof": solved(challenge)}),
                )
                .await
            }
            None => (status, refused),
        }
    }

    async fn enter(&self, mobile: &str, code: &str) -> StatusCode {
        self.write("user/login_sms/", json!({"mobile": mobile, "code": code}))
            .await
            .0
    }

    /// A student from here on.
    async fn signs_in(&self, mobile: &str) {
        let before = sent_to(self.app, mobile);
        let (status, answer) = self.ask(mobile).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(
            self.enter(mobile, &self.app.code_for(mobile, before + 1).await)
                .await,
            StatusCode::OK
        );
    }
}

fn sent_to(app: &TestApp, mobile: &str) -> usize {
    app.outbox
        .sent()
        .iter()
        .filter(|sent| sent.mobile.digits() == mobile)
        .count()
}

fn solved(challenge: &str) -> String {
    Search::of(challenge)
        .expect("a challenge")
        .step(u32::MAX)
        .expect("a proof")
}

fn bits(answer: &Value) -> u32 {
    let challenge = answer["challenge"]
        .as_str()
        .unwrap_or_else(|| panic!("no challenge: {answer}"));
    challenge
        .split('.')
        .next()
        .and_then(|bits| bits.parse().ok())
        .expect("zero bits")
}

fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

async fn start(flags: &[&str]) -> TestApp {
    TestApp::start_with(&[&PROXIED, flags].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_of_others_use_up_nobody_s_tries() {
    let app = start(&[]).await;
    let victim = Caller::browser(&app, HOME);
    assert_eq!(victim.ask(VICTIM).await.0, StatusCode::OK);
    let code = app.code_for(VICTIM, 1).await;
    for address in [ELSEWHERE, HOME] {
        let attacker = Caller::browser(&app, address);
        for _ in 0..20 {
            assert_eq!(
                attacker.enter(VICTIM, wrong(&code)).await,
                StatusCode::BAD_REQUEST
            );
        }
        assert_eq!(
            attacker.enter(VICTIM, &code).await,
            StatusCode::BAD_REQUEST,
            "the code is the other browser's"
        );
    }
    assert_eq!(victim.enter(VICTIM, &code).await, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_s_request_replaces_a_live_code() {
    let app = start(&["--sms-gap-s", "0"]).await;
    let (victim, attacker) = (
        Caller::browser(&app, HOME),
        Caller::browser(&app, ELSEWHERE),
    );
    assert_eq!(victim.ask(VICTIM).await.0, StatusCode::OK);
    let first = app.code_for(VICTIM, 1).await;
    assert_eq!(attacker.ask(VICTIM).await.0, StatusCode::OK);
    let second = app.code_for(VICTIM, 2).await;
    assert_eq!(
        attacker.enter(VICTIM, &first).await,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        victim.enter(VICTIM, &second).await,
        StatusCode::BAD_REQUEST,
        "each browser has its own"
    );
    assert_eq!(victim.enter(VICTIM, &first).await, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_ask_for_leaves_the_owner_a_code_at_home() {
    let app = start(&["--sms-gap-s", "0", "--sms-mobile-hour", "8"]).await;
    let attacker = Caller::program(&app, ELSEWHERE);
    for _ in 0..8 {
        assert_eq!(attacker.ask(VICTIM).await.0, StatusCode::OK);
    }
    assert_eq!(
        attacker.ask(VICTIM).await.0,
        StatusCode::TOO_MANY_REQUESTS,
        "eight a day from one network"
    );
    let (status, answer) = Caller::browser(&app, HOME).ask(VICTIM).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

/// A mobile that signed in from a network before needs none of what strangers can use up.
#[tokio::test(flavor = "multi_thread")]
async fn a_student_at_home_is_served_whatever_strangers_do() {
    let app = start(&["--sms-gap-s", "0", "--sms-address-hour", "1000"]).await;
    let victim = Caller::browser(&app, HOME);
    victim.signs_in(VICTIM).await;
    app.pass(DAY_MS);
    let mut sent = 0;
    for network in 0..20 {
        let attacker = Caller::program(&app, &format!("10.0.{network}.1"));
        while attacker.ask(VICTIM).await.0 == StatusCode::OK {
            sent += 1;
        }
    }
    assert!((8..=24).contains(&sent), "{sent} SMS to one mobile");
    let (status, answer) = victim
        .write("user/send_sms/", json!({"mobile": VICTIM}))
        .await;
    assert_eq!(status, StatusCode::OK, "without any work: {answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_burn_their_own_part_of_the_budget() {
    let app = start(&["--sms-shop-day", "40", "--sms-gap-s", "0"]).await;
    let student = Caller::browser(&app, HOME);
    student.signs_in(VICTIM).await;
    app.pass(DAY_MS);
    let mut sent = 0;
    for number in 0..60 {
        let attacker = Caller::program(&app, &format!("10.0.{number}.1"));
        sent += i64::from(attacker.ask(&format!("139000000{number:02}")).await.0 == StatusCode::OK);
    }
    assert_eq!(sent, 20, "half of the day is kept for students");
    let (status, answer) = student
        .write("user/send_sms/", json!({"mobile": VICTIM}))
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let elsewhere = Caller::browser(&app, ELSEWHERE);
    assert_eq!(
        elsewhere.ask(VICTIM).await.0,
        StatusCode::OK,
        "a student in a new place has a part of it, too"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_challenge_is_cheap_while_the_shop_is_calm() {
    let app = start(&[]).await;
    let caller = Caller::program(&app, ELSEWHERE);
    let mut given = Vec::new();
    for number in 0..60 {
        let mobile = format!("139000000{number:02}");
        let (status, answer) = caller
            .write(
                "user/send_sms/",
                json!({"mobile": mobile, "challenge": "0.x", "proof": "0"}),
            )
            .await;
        if status == StatusCode::TOO_MANY_REQUESTS {
            given.push(bits(&answer));
        }
    }
    assert!(given.iter().all(|bits| *bits >= 15), "{given:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_students_of_one_address_get_their_codes() {
    const STUDENTS: usize = 500;
    let app = start(&["--sms-calm-minute", "1000", "--sms-address-hour", "1000"]).await;
    let time = app.time.clone();
    // The clock goes on while they wait for each other.
    let ticking = tokio::spawn(async move {
        loop {
            time.pass(1);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let client = support::http::client().build().expect("a client");
    let mut asking = JoinSet::new();
    for number in 0..STUDENTS {
        let request = client
            .post(app.url("/api/v1/user/send_sms/"))
            .header("x-forwarded-for", HOME);
        let request = request.json(&json!({"mobile": format!("13900000{number:03}")}));
        asking.spawn(async move { request.send().await.expect("an answer").status() });
    }
    let answers = asking.join_all().await;
    ticking.abort();
    let refused: Vec<_> = answers
        .iter()
        .filter(|status| **status != StatusCode::OK)
        .collect();
    assert!(
        refused.is_empty(),
        "{} of {STUDENTS}: {refused:?}",
        refused.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_wrong_for_a_while_locks_nobody_out() {
    const WRONG_MS: i64 = 40 * DAY_MS;
    let app = start(&[
        "--sms-calm-minute",
        "2",
        "--sms-mobile-hour",
        "1",
        "--sms-address-hour",
        "1",
        "--sms-shop-day",
        "2",
    ])
    .await;
    let victim = Caller::browser(&app, HOME);
    app.pass(WRONG_MS);
    assert_eq!(victim.ask(VICTIM).await.0, StatusCode::OK);
    app.pass(80_000 - WRONG_MS);
    let code = app.code_for(VICTIM, 1).await;
    assert_eq!(
        victim.enter(VICTIM, &code).await,
        StatusCode::BAD_REQUEST,
        "a code of a wrong clock has expired"
    );
    let (status, answer) = victim
        .write("user/send_sms/", json!({"mobile": VICTIM}))
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(
        victim.enter(VICTIM, &app.code_for(VICTIM, 2).await).await,
        StatusCode::OK
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_has_ended_names_no_mobile() {
    let app = start(&["--sms-gap-s", "0"]).await;
    app.outbox
        .fail_next(qiangke::server::sms::SmsError::Timeout);
    let caller = Caller::browser(&app, HOME);
    assert_eq!(caller.ask(VICTIM).await.0, StatusCode::OK);
    let count = async |which: &str| {
        app.database
            .numbers(&format!("select count(*) from job where {which}"))
            .await[0]
    };
    app.drain_jobs().await;
    assert_eq!(count("state = 3").await, 1, "the first one failed");
    assert_eq!(caller.ask(VICTIM).await.0, StatusCode::OK);
    assert_eq!(count("payload <> ''").await, 1);
    app.drain_jobs().await;
    assert_eq!(count("state = 2").await, 1, "the second one is done");
    assert_eq!(count("payload <> ''").await, 0);
}

/// The codes of a shop to try out are for the browser in front of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_demo_shows_its_codes_to_this_machine_s_browser_only() {
    let app = TestApp::start_with(&["--demo"]).await;
    let visitor = app.visitor();
    assert_eq!(
        visitor
            .write("user/send_sms/", json!({"mobile": VICTIM}))
            .await
            .0,
        StatusCode::OK
    );
    app.code_for(VICTIM, 1).await;
    app.visitor()
        .write("user/send_sms/", json!({"mobile": "13800000002"}))
        .await;
    app.code_for("13800000002", 1).await;
    let port = app.running.address.port();
    let shown = async |client: &Client, host: &str, field: Option<(&str, &str)>| {
        // Not by the client's idea of a host.
        let request = client
            .get(app.url("/api/v1/user/sign_in_step/"))
            .header("host", host);
        let request = field.into_iter().fold(request, |request, (name, value)| {
            request.header(name, value)
        });
        let answer = request
            .send()
            .await
            .expect("an answer")
            .json::<Value>()
            .await
            .expect("JSON");
        // What names no host is refused before.
        answer["result"]["outbox"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|sent| sent["mobile"].clone())
            .collect::<Vec<_>>()
    };
    let mine = &visitor.client;
    for host in ["localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "[::1]"] {
        assert_eq!(
            shown(mine, &format!("{host}:{port}"), None).await,
            [VICTIM],
            "{host}"
        );
        assert_eq!(shown(mine, host, None).await, [VICTIM], "{host}");
    }
    assert_eq!(
        shown(&app.visitor().client, &format!("127.0.0.1:{port}"), None).await,
        <[&str; 0]>::default(),
        "another browser"
    );
    let rebound = [
        "shop.example",
        "rebind.evil.example:3000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
    ];
    for host in rebound.into_iter().chain([
        "10.0.0.1",
        "[::2]",
        "0.0.0.0",
        "2130706433",
        "localhost:x",
        "[::1",
        "",
    ]) {
        assert_eq!(
            shown(mine, host, None).await,
            <[&str; 0]>::default(),
            "{host}"
        );
    }
    let forwarded = [
        "Forwarded",
        "Via",
        "X-Real-IP",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "x-forwarded-anything",
    ];
    for name in forwarded {
        assert_eq!(
            shown(mine, "localhost", Some((name, "127.0.0.1"))).await,
            <[&str; 0]>::default(),
            "{name}"
        );
    }
}

/// Names of one machine and of one shop mean nothing to a cookie: others' stand beside ours, with
/// any bytes, also under our names.
#[tokio::test(flavor = "multi_thread")]
async fn cookies_that_others_set_change_nothing() {
    /// Times that each is planted, so that one's own is far behind.
    const PLANTED: usize = 10;
    let app = start(&["--sms-gap-s", "0"]).await;
    let cookie_of = |answer: &Response| {
        let cookies = answer
            .headers()
            .get_all("set-cookie")
            .iter()
            .map(|cookie| cookie.to_str().expect("ASCII"));
        let mut ours = cookies.filter_map(|cookie| cookie.strip_prefix("sms_mobile="));
        ours.next()
            .map(|cookie| cookie.split(';').next().expect("a value").to_owned())
    };
    // What somebody holds who asked for codes of his own, and of the victim's mobile.
    let attacker = Caller::program(&app, ELSEWHERE);
    let his = cookie_of(
        &attacker
            .answer("user/send_sms/", &json!({"mobile": "13900000009"}))
            .await,
    )
    .expect("a cookie");
    let planted = cookie_of(
        &attacker
            .answer("user/send_sms/", &json!({"mobile": VICTIM}))
            .await,
    )
    .expect("a cookie");
    app.code_for(VICTIM, 1).await;

    let around = |mine: &str| {
        let mut field = b"other=\xff\xfe\x80; ;=;sms_mobile; sms_mobile=; sms_mobile=13800000001; sms_mobile=13800000001.AAAA; ".to_vec();
        field.extend_from_slice(
            format!("sms_mobile={his}; sms_mobile={planted}; ")
                .repeat(PLANTED)
                .as_bytes(),
        );
        field.extend_from_slice(mine.as_bytes());
        reqwest::header::HeaderValue::from_bytes(&field).expect("a field")
    };
    let send = async |path: &str, mine: &str, body: Value| {
        let request = app
            .visitor()
            .client
            .post(app.url(&format!("/api/v1/user/{path}/")))
            .header("x-forwarded-for", HOME);
        request
            .header("cookie", around(mine))
            .json(&body)
            .send()
            .await
            .expect("an answer")
    };
    let asked = send("send_sms", "", json!({"mobile": VICTIM})).await;
    assert_eq!(asked.status(), StatusCode::OK);
    let mine = format!("sms_mobile={}", cookie_of(&asked).expect("a cookie"));
    let code = app.code_for(VICTIM, 2).await;
    for _ in 0..8 {
        let cookie = format!("sms_mobile={planted}");
        let request = app
            .visitor()
            .client
            .post(app.url("/api/v1/user/login_sms/"))
            .header("cookie", cookie);
        let answer = request
            .json(&json!({"code": wrong(&code)}))
            .send()
            .await
            .expect("an answer");
        assert_eq!(
            answer.status(),
            StatusCode::BAD_REQUEST,
            "he knows what he planted, and it is worth nothing"
        );
    }
    let answer = send("login_sms", &mine, json!({"code": code})).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let me: Value = answer.json().await.expect("JSON");
    assert_eq!(me["result"]["mobile"], "138****0001");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_without_cookies_signs_in() {
    let app = start(&["--sms-gap-s", "0"]).await;
    let program = Caller::program(&app, HOME);
    let enter = async |code: &str, browser: &Value| {
        program
            .write(
                "user/login_sms/",
                json!({"mobile": VICTIM, "code": code, "browser": browser}),
            )
            .await
            .0
    };
    let (status, first) = program
        .write("user/send_sms/", json!({"mobile": VICTIM}))
        .await;
    assert_eq!(status, StatusCode::OK, "{first}");
    let browser = first["result"]["browser"].clone();
    assert!(
        serde_json::from_value::<Reply<CodeSent>>(first).is_ok(),
        "a browser passes over it"
    );
    let code = app.code_for(VICTIM, 1).await;
    assert_eq!(
        program.enter(VICTIM, &code).await,
        StatusCode::BAD_REQUEST,
        "nobody in particular"
    );
    for other in [json!("x"), json!("A".repeat(43)), json!(7)] {
        assert_eq!(
            enter(&code, &other).await,
            StatusCode::BAD_REQUEST,
            "{other}"
        );
    }
    let (_, second) = program
        .write(
            "user/send_sms/",
            json!({"mobile": VICTIM, "browser": browser}),
        )
        .await;
    assert_eq!(second["result"]["browser"], browser, "the same client");
    let last = app.code_for(VICTIM, 2).await;
    assert_eq!(
        enter(&code, &browser).await,
        StatusCode::BAD_REQUEST,
        "its own request replaced it"
    );
    assert_eq!(enter(&last, &browser).await, StatusCode::OK);
    assert_eq!(
        enter(&last, &browser).await,
        StatusCode::BAD_REQUEST,
        "once"
    );
}

/// A browser that keeps no cookies could not use its code: it hears so before an SMS is paid for.
#[tokio::test(flavor = "multi_thread")]
async fn who_keeps_no_cookies_hears_so_before_a_code_is_sent() {
    let app = TestApp::start().await;
    let keepless = support::http::client()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    keepless
        .get(app.url("/sign-in"))
        .send()
        .await
        .expect("a page");
    let submit = async |path: &str, accept: &str, fields: &[(&str, &str)]| {
        let request = keepless
            .post(app.url(path))
            .header("accept", accept)
            .form(fields);
        let answer = request.send().await.expect("an answer");
        let to = answer
            .headers()
            .get("location")
            .map(|to| to.to_str().expect("ASCII").to_owned());
        (answer.status(), to.unwrap_or_default())
    };
    let (status, to) = submit(
        "/api/v1/user/send_sms/?next=%2Fme",
        "text/html",
        &[("mobile", VICTIM)],
    )
    .await;
    assert_eq!(
        (status, to.as_str()),
        (
            StatusCode::SEE_OTHER,
            "/sign-in?next=%2Fme&error=missing&field=cookie"
        )
    );
    let page = keepless
        .get(app.url(&to))
        .send()
        .await
        .expect("a page")
        .text()
        .await
        .expect("a page");
    assert!(
        page.contains("登录需要 Cookie") && page.contains("id=\"mobile\""),
        "{page}"
    );
    let (_, to) = submit(
        "/api/v1/user/login_sms/?lang=en",
        "text/html",
        &[("code", "000000")],
    )
    .await;
    assert_eq!(to, "/en/sign-in?error=missing&field=cookie");
    assert_eq!(
        app.database.numbers("select count(*) from job").await,
        [0],
        "no SMS"
    );
    let (status, _) = submit("/api/v1/user/send_sms/", "*/*", &[("mobile", VICTIM)]).await;
    assert_eq!(status, StatusCode::OK, "a program has the field `browser`");

    let visitor = app.visitor();
    let page = visitor.get("/sign-in").await;
    let probe = page.headers()["set-cookie"].to_str().expect("ASCII");
    assert_eq!(probe, "keeps_cookies=1; Path=/; HttpOnly; SameSite=Lax");
    assert!(
        visitor
            .get("/sign-in")
            .await
            .headers()
            .get("set-cookie")
            .is_none(),
        "once"
    );
}

/// Whatever other programs of the same host put into the field, each pair is read by itself, by
/// everybody who reads it.
#[tokio::test(flavor = "multi_thread")]
async fn foreign_bytes_hide_no_session() {
    let app = TestApp::start().await;
    let sale = app.open_sale(5).await;
    let student = support::crowd::gather(&app.database, 1).await.remove(0);
    let own = student.cookie();
    let around: [&[&[u8]]; 6] = [
        &[b"name=\xe4\xb8\xad\xe6\x96\x87; ", own.as_bytes()],
        &[own.as_bytes(), b"; name=\xff\xfe\x80"],
        &[b"=; ;;a; b=\"c;d\"; %73ession=x; session; ", own.as_bytes()],
        &[
            own.as_bytes(),
            b"; session=eyJmbGFzayI6MX0.Zw.x-y; session=",
        ],
        &[b"sms_mobile=\xff; ", own.as_bytes(), b"; keeps_cookies"],
        &[b"a=\xff"],
    ];
    for (number, parts) in around.iter().enumerate() {
        let field = reqwest::header::HeaderValue::from_bytes(&parts.concat()).expect("a field");
        let signed_in = number < 5;
        let request = |request: reqwest::RequestBuilder| {
            let request = request.header("cookie", field.clone());
            // The last one: in a line of its own.
            if signed_in {
                request
            } else {
                request.header("cookie", own)
            }
        };
        let client = app.visitor().client;
        let me: Value = request(client.get(app.url("/api/v1/user/me/")))
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("JSON");
        assert!(me["result"].is_object(), "{number}: {me}");
        assert_eq!(
            request(client.get(app.url("/me")))
                .send()
                .await
                .expect("a page")
                .status(),
            StatusCode::OK,
            "{number}"
        );
        let click =
            request(client.post(app.url("/api/v1/user/sckill/"))).json(&json!({"sale": sale.0}));
        assert_eq!(
            click.send().await.expect("an answer").status(),
            StatusCode::OK,
            "{number}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_counted_whatever_port_it_comes_with() {
    let app = start(&["--sms-address-hour", "2", "--sms-gap-s", "0"]).await;
    let mut number = 0;
    let mut ask = async |forwarded: &[&[u8]]| {
        number += 1;
        let request = app
            .visitor()
            .client
            .post(app.url("/api/v1/user/send_sms/"))
            .json(&json!({"mobile": format!("139000000{number:02}")}));
        let line = |line: &&[u8]| reqwest::header::HeaderValue::from_bytes(line).expect("a field");
        let request = forwarded.iter().map(line).fold(request, |request, line| {
            request.header("x-forwarded-for", line)
        });
        request.send().await.expect("an answer").status()
    };
    for spelling in [b"203.0.113.7:50001".as_slice(), b"\"203.0.113.7:50002\", "] {
        assert_eq!(ask(&[spelling]).await, StatusCode::OK);
    }
    assert_eq!(
        ask(&[b"1.2.3.4, \xff", b" 203.0.113.7 ,,"]).await,
        StatusCode::TOO_MANY_REQUESTS,
        "the same address"
    );
    for spelling in [
        b"203.0.114.8:50001".as_slice(),
        b"[2001:db8::1]:50001",
        b"\"[2001:db8:1::1]\"",
        b"2001:db8:2::1%eth0",
    ] {
        assert_eq!(ask(&[spelling]).await, StatusCode::OK, "another one");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_alone_bring_another_code() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    assert_eq!(
        visitor
            .submit("/api/v1/user/send_sms/", &[("mobile", VICTIM)])
            .await,
        "/sign-in"
    );
    app.code_for(VICTIM, 1).await;
    assert_eq!(
        visitor
            .submit("/api/v1/user/send_sms/", &[("again", "1")])
            .await,
        "/sign-in?error=too-many&retry_s=61"
    );
    app.pass(61_000);
    assert_eq!(
        visitor
            .submit("/api/v1/user/send_sms/", &[("again", "1")])
            .await,
        "/sign-in"
    );
    let code = app.code_for(VICTIM, 2).await;
    assert_eq!(
        visitor
            .submit("/api/v1/user/login_sms/", &[("code", &code)])
            .await,
        "/me"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_comes_after_its_cookie_is_said_to_be_void() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/sign-in").await;
    let to = visitor
        .submit("/api/v1/user/login_sms/", &[("code", "123456")])
        .await;
    assert_eq!(to, "/sign-in?error=wrong-code&field=code");
    let page = visitor.get(&to).await.text().await.expect("a page");
    assert!(
        page.contains("id=\"mobile\"") && page.contains("请重新获取"),
        "{page}"
    );
}

/// What a browser that nobody planted anything in guesses ends with its five tries, and the
/// database hears no more of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_s_guesses_end() {
    let app = start(&[]).await;
    let guesser = Caller::browser(&app, HOME);
    assert_eq!(guesser.ask(VICTIM).await.0, StatusCode::OK);
    let code = app.code_for(VICTIM, 1).await;
    for _ in 0..100 {
        assert_eq!(
            guesser.enter(VICTIM, wrong(&code)).await,
            StatusCode::BAD_REQUEST
        );
    }
    assert_eq!(guesser.enter(VICTIM, &code).await, StatusCode::BAD_REQUEST);
    assert_eq!(
        app.database
            .numbers("select tries_left from sign_in_code")
            .await,
        [0],
        "five, and not one below"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_easy_is_worth_nothing_under_pressure() {
    let app = start(&[
        "--sms-calm-minute",
        "2",
        "--sms-address-hour",
        "1000",
        "--sms-gap-s",
        "0",
    ])
    .await;
    let others = Caller::program(&app, ELSEWHERE);
    for number in 0..2 {
        others.ask(&format!("139000000{number:02}")).await;
    }
    let caller = Caller::program(&app, HOME);
    assert_eq!(
        caller.ask("13900000098").await.0,
        StatusCode::OK,
        "the first one of an address proves nothing"
    );
    let mut hoarded = Vec::new();
    for number in 0..2 {
        let mobile = format!("137000000{number:02}");
        let (_, refused) = caller
            .write("user/send_sms/", json!({"mobile": mobile}))
            .await;
        assert_eq!(bits(&refused), 15);
        hoarded.push((
            mobile,
            refused["challenge"]
                .as_str()
                .expect("a challenge")
                .to_owned(),
        ));
    }
    let spend = async |(mobile, challenge): &(String, String)| {
        caller
            .write(
                "user/send_sms/",
                json!({"mobile": mobile, "challenge": challenge, "proof": solved(challenge)}),
            )
            .await
    };
    assert_eq!(spend(&hoarded[0]).await.0, StatusCode::OK);
    assert_eq!(
        spend(&hoarded[0]).await.0,
        StatusCode::TOO_MANY_REQUESTS,
        "once"
    );
    for number in 2..16 {
        assert_eq!(
            others.ask(&format!("139000000{number:02}")).await.0,
            StatusCode::OK
        );
    }
    let (status, refused) = spend(&hoarded[1]).await;
    assert_eq!(
        (status, &refused["error"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("proof-needed"))
    );
    assert!(bits(&refused) >= 17, "{refused}");
    let harder = (
        hoarded[1].0.clone(),
        refused["challenge"]
            .as_str()
            .expect("a challenge")
            .to_owned(),
    );
    assert_eq!(
        spend(&harder).await.0,
        StatusCode::OK,
        "who works for what is asked now is served"
    );
}

/// A flood of requests that are refused is refused from memory, and pays more and more; whoever
/// shares its address works, and is served.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_pays_for_its_refusals() {
    let app = start(&["--sms-address-hour", "1000"]).await;
    let flood = Caller::program(&app, HOME);
    assert_eq!(
        flood
            .write("user/send_sms/", json!({"mobile": VICTIM}))
            .await
            .0,
        StatusCode::OK
    );
    let mut last = Value::Null;
    for _ in 0..220 {
        let (status, refused) = flood
            .write("user/send_sms/", json!({"mobile": VICTIM}))
            .await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
        last = refused;
    }
    assert_eq!(last["error"], "proof-needed");
    assert!(bits(&last) >= 16, "{last}");
    assert_eq!(
        Caller::browser(&app, HOME).ask("13900000001").await.0,
        StatusCode::OK,
        "a neighbour works for it"
    );
    let elsewhere = Caller::browser(&app, ELSEWHERE)
        .write("user/send_sms/", json!({"mobile": "13900000002"}))
        .await;
    assert_eq!(
        elsewhere.0,
        StatusCode::OK,
        "nobody else notices: {}",
        elsewhere.1
    );
    app.pass(4 * 60_000);
    assert_eq!(
        flood
            .write("user/send_sms/", json!({"mobile": VICTIM}))
            .await
            .0,
        StatusCode::OK,
        "it is forgotten"
    );
}

/// Asks for a code without a proof, whatever the shop says.
async fn asks_unproven(app: &TestApp, address: &str, mobile: &str) -> StatusCode {
    Caller::program(app, address)
        .write("user/send_sms/", json!({"mobile": mobile}))
        .await
        .0
}

/// Who can't work, as a browser without JavaScript, has one code in ten minutes, also where others
/// of the address are refused all the time.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_leaves_its_address_the_code_without_a_proof() {
    let app = start(&["--sms-address-hour", "1000"]).await;
    assert_eq!(asks_unproven(&app, HOME, VICTIM).await, StatusCode::OK);
    for _ in 0..110 {
        assert_eq!(
            asks_unproven(&app, HOME, VICTIM).await,
            StatusCode::TOO_MANY_REQUESTS
        );
    }
    assert_eq!(
        asks_unproven(&app, HOME, "13900000001").await,
        StatusCode::OK,
        "a neighbour's"
    );
    for number in 2..14 {
        let mobile = format!("139000000{number:02}");
        assert_eq!(
            asks_unproven(&app, HOME, &mobile).await,
            StatusCode::TOO_MANY_REQUESTS,
            "one, whatever the mobile: {mobile}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_that_were_proven_or_needed_no_proof_leave_the_one_without() {
    let app = start(&["--sms-calm-minute", "3"]).await;
    for number in 0..3 {
        assert_eq!(
            asks_unproven(&app, HOME, &format!("1390000000{number}")).await,
            StatusCode::OK,
            "in calm"
        );
    }
    assert_eq!(
        asks_unproven(&app, HOME, "13900000003").await,
        StatusCode::OK,
        "the one of ten minutes"
    );
    assert_eq!(
        asks_unproven(&app, HOME, "13900000004").await,
        StatusCode::TOO_MANY_REQUESTS
    );

    let app = start(&["--sms-calm-minute", "0"]).await;
    assert_eq!(
        asks_unproven(&app, HOME, "13900000000").await,
        StatusCode::OK
    );
    app.pass(9 * MINUTE_MS);
    let neighbour = Caller::browser(&app, HOME);
    assert_eq!(
        neighbour.ask("13900000001").await.0,
        StatusCode::OK,
        "with a proof"
    );
    app.pass(MINUTE_MS + 1_000);
    assert_eq!(
        asks_unproven(&app, HOME, "13900000002").await,
        StatusCode::OK,
        "ten minutes after the first one"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_has_its_day() {
    let app = start(&[
        "--sms-network-day",
        "3",
        "--sms-site-day",
        "5",
        "--sms-gap-s",
        "0",
    ])
    .await;
    let mut number = 0;
    let mut asks = async |address: &str| {
        number += 1;
        Caller::program(&app, address)
            .ask(&format!("139000000{number:02}"))
            .await
            .0
            == StatusCode::OK
    };
    for (address, is_served) in [
        ("203.0.113.1", true),
        ("203.0.113.2", true),
        ("203.0.113.3", true),
        ("203.0.113.4", false),
        ("203.0.114.4", true),
        ("2001:db8:1:100::1", true),
        ("2001:db8:1:101::1", true),
        ("2001:db8:1:1ff::1", true),
        ("2001:db8:1:102::1", false),
        ("2001:db8:1:200::1", true),
        ("2001:db8:1:300::1", true),
        ("2001:db8:1:400::1", false),
        ("2001:db8:2:400::1", true),
    ] {
        assert_eq!(asks(address).await, is_served, "{address}");
    }
    app.pass(DAY_MS);
    assert!(asks("203.0.113.4").await, "the next day");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mobile_that_moves_among_networks_costs_work() {
    let app = start(&["--sms-gap-s", "0"]).await;
    let ask = async |address: &str| {
        Caller::program(&app, address)
            .write("user/send_sms/", json!({"mobile": VICTIM}))
            .await
    };
    assert_eq!(ask(HOME).await.0, StatusCode::OK);
    assert_eq!(ask(HOME).await.0, StatusCode::OK, "the same network");
    assert_eq!(
        ask(ELSEWHERE).await.0,
        StatusCode::OK,
        "an address that can't work has one in ten minutes"
    );
    let (_, refused) = ask(ELSEWHERE).await;
    assert_eq!(bits(&refused), 15, "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_raises_the_budget_of_a_running_shop() {
    let app = start(&["--sms-shop-day", "2", "--sms-reserve-percent", "0"]).await;
    let budget = |args: &[&str]| {
        let mut command = PROGRAM.command();
        let output = command
            .args(["sms", "budget", "--database-url", &app.database.url])
            .args(args)
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
    let ask = async |number: u32| {
        Caller::program(&app, HOME)
            .ask(&format!("139000000{number:02}"))
            .await
            .0
    };
    assert_eq!(
        [ask(0).await, ask(1).await, ask(2).await],
        [
            StatusCode::OK,
            StatusCode::OK,
            StatusCode::TOO_MANY_REQUESTS
        ]
    );
    let refused = app.counted("qiangke_sms_refused_total").await;
    assert!(
        refused.get("budget").is_some_and(|count| *count > 0),
        "{refused:?}"
    );
    let spent = app.counted("qiangke_sms_budget_spent").await;
    assert_eq!(
        (spent.get("all"), spent.get("strangers")),
        (Some(&2), Some(&2)),
        "{spent:?}"
    );
    let (is_set, said) = budget(&["3", "--keep"]);
    assert!(
        is_set && said.contains("3 codes a day, until it is changed"),
        "{said}"
    );
    assert_eq!(
        [ask(2).await, ask(3).await],
        [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS]
    );
    assert!(budget(&["--reset"]).1.contains("SMS_SHOP_DAY"));
    assert_eq!(ask(3).await, StatusCode::TOO_MANY_REQUESTS);
    // Until midnight by the command's own clock, which is not this shop's.
    assert!(budget(&["9"]).1.contains("the budget is 9 codes until "));
    for wrong in [&["-1"][..], &["x"], &["3", "--reset"], &["--keep"]] {
        assert!(!budget(wrong).0, "{wrong:?}");
    }
}

/// What strangers leave in the database goes, and their names are not in what counts them.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_strangers() {
    let app = start(&[]).await;
    for number in 0..20 {
        Caller::program(&app, &format!("10.0.{number}.1"))
            .ask(&format!("139000000{number:02}"))
            .await;
    }
    let count = async |table: &str| {
        app.database
            .numbers(&format!("select count(*) from {table}"))
            .await[0]
    };
    assert_eq!(count("sign_in_code").await, 20);
    assert!(count("sms_counter").await > 20);
    assert_eq!(
        count("sms_counter where key like '%139000000%' or key like '%10.0.%'").await,
        0
    );
    while app
        .store()
        .sweep(app.now().plus(DAY_MS))
        .await
        .expect("swept")
    {}
    assert_eq!(
        (count("sign_in_code").await, count("sms_counter").await),
        (0, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_student_has_few_homes() {
    let app = start(&[
        "--sms-mobile-hour",
        "100",
        "--sms-mobile-day",
        "100",
        "--sms-gap-s",
        "0",
    ])
    .await;
    for network in 0..12 {
        app.pass(1_000);
        Caller::browser(&app, &format!("10.0.{network}.1"))
            .signs_in(VICTIM)
            .await;
    }
    assert_eq!(
        app.database
            .numbers("select count(*) from student_network")
            .await,
        [8]
    );
    app.assert_audit().await;
}
