//! Who is let in where: every path of the shop in one table, held against what the router, the
//! pages and the functions really are.

use crate::finished::comparable;
use qiangke::{
    types::{account::Me, ids::SaleId, lang::Lang, time::DAY_MS},
    ui::{app::App, link},
};
use reqwest::{Client, Method, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use support::{app::TestApp, app::Visitor};

/// Who is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Anyone,
    /// Whoever is signed in, and to what is theirs.
    Student,
}
use Class::{Anyone, Student};

/// The functions: method, path, class.
pub const FUNCTIONS: [(&str, &str, Class); 28] = [
    ("GET", "/api/v1/course/actual/", Anyone),
    ("GET", "/api/v1/course/card/", Anyone),
    ("GET", "/api/v1/course/category/", Anyone),
    ("GET", "/api/v1/course/detail/", Anyone),
    ("GET", "/api/v1/home/banner/", Anyone),
    ("GET", "/api/v1/learn/course/", Anyone),
    ("GET", "/api/v1/sale/", Anyone),
    ("GET", "/api/v1/sale/detail/", Anyone),
    ("GET", "/api/v1/sale/now/", Anyone),
    ("GET", "/api/v1/user/me/", Anyone),
    ("GET", "/api/v1/user/sign_in_step/", Anyone),
    ("POST", "/api/v1/user/login_sms/", Anyone),
    ("POST", "/api/v1/user/logout/", Anyone),
    ("POST", "/api/v1/user/send_sms/", Anyone),
    ("GET", "/api/v1/order/detail/", Student),
    ("GET", "/api/v1/order/of_sale/", Student),
    ("POST", "/api/v1/order/buy/", Student),
    ("POST", "/api/v1/order/cancel/", Student),
    ("POST", "/api/v1/order/check/", Student),
    ("POST", "/api/v1/order/pay/", Student),
    ("GET", "/api/v1/user/order/", Student),
    ("GET", "/api/v1/user/sckill/", Student),
    ("GET", "/api/v1/user/ticket/", Student),
    ("GET", "/api/v1/user/session/", Student),
    ("POST", "/api/v1/learn/done/", Student),
    ("POST", "/api/v1/learn/progress/", Student),
    ("POST", "/api/v1/user/sckill/", Student),
    ("POST", "/api/v1/user/session/end/", Student),
];

/// The pages, and what a visitor is told.
pub const PAGES: [(&str, Class); 13] = [
    ("/", Anyone),
    ("/courses", Anyone),
    ("/courses/{id}", Anyone),
    ("/seckill/{sale}", Anyone),
    ("/learn/{course}", Anyone),
    ("/learn/{course}/{section}", Anyone),
    ("/sign-in", Anyone),
    ("/privacy", Anyone),
    ("/terms", Anyone),
    ("/me", Student),
    ("/tickets/{task_id}", Student),
    ("/orders/{id}", Student),
    ("/orders/{id}/receipt", Student),
];

/// What is neither a page nor a function; all of it is anyone's.
pub const OTHERS: [&str; 5] = [
    "/api/openapi.json",
    "/healthz",
    "/readyz",
    "/robots.txt",
    "/sitemap.xml",
];

/// Where payment providers tell what was paid: by POST, and with a signature in the place of a
/// session.
pub const NOTIFIED: [&str; 1] = ["/pay/notify/{provider}"];

/// The settings of both ways that an answer may come: each door is tried on both.
const FAST_PATH: [[&str; 2]; 2] = [["--fast-path", "true"], ["--fast-path", "false"]];

/// Tables that only a POST may change.
const CHANGED: [&str; 6] = ["student", "session", "job", "ticket", "orders", "payment"];

#[test]
fn every_function_is_in_the_table() {
    let real: BTreeSet<_> = server_fn::axum::server_fn_paths()
        .map(|(path, method)| (method.to_string(), path.to_owned()))
        .collect();
    let table = FUNCTIONS
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(real, table);
}

#[test]
fn every_page_is_in_the_table() {
    // In both languages; the framework writes `:id` as `{id}`.
    let real: BTreeSet<_> = leptos_axum::generate_route_list(App)
        .iter()
        .map(|route| route.path().to_owned())
        .collect();
    let english = |path: &str| {
        if path == "/" {
            "/en".to_owned()
        } else {
            format!("/en{path}")
        }
    };
    let table: BTreeSet<_> = PAGES
        .iter()
        .flat_map(|(path, _)| [(*path).to_owned(), english(path)])
        .collect();
    assert_eq!(real, table);
}

#[test]
fn a_link_of_content_to_a_page_of_anyone_s_gets_the_reader_s_language() {
    for (page, _) in PAGES.into_iter().filter(|(_, class)| *class == Anyone) {
        let path = page
            .replace("{id}", "1")
            .replace("{sale}", "1")
            .replace("{course}", "1")
            .replace("{section}", "1");
        let link = link::of_content(Lang::En, &path);
        assert_eq!(link, Some(Lang::En.path(&path)));
    }
}

#[test]
fn the_router_has_no_other_path() {
    let source = include_str!("../../src/server/http/router.rs");
    let routes = source
        .split("pub fn worker")
        .next()
        .expect("the shop's router");
    let quoted = routes
        .split(".route(")
        .skip(1)
        .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
    let table: BTreeSet<_> = OTHERS
        .into_iter()
        .chain(NOTIFIED)
        .chain([
            "/api/{*path}",
            "/pkg/{*path}",
            "/media/{*path}",
            "/learn/media/{section}",
            "/favicon.ico",
            "/apple-touch-icon-precomposed.png",
        ])
        .collect();
    assert_eq!(quoted.collect::<BTreeSet<_>>(), table);
}

/// What each function needs to be more than malformed.
fn arguments(path: &str, sale: i64) -> Value {
    match path {
        "/api/v1/user/send_sms/" => json!({"mobile": "13800000099"}),
        "/api/v1/user/login_sms/" => json!({"mobile": "13800000099", "code": "000000"}),
        "/api/v1/user/sckill/" => json!({"sale": sale.to_string()}),
        "/api/v1/user/session/end/" => json!({"session": "others"}),
        "/api/v1/course/detail/" => json!({"id": "1"}),
        "/api/v1/order/buy/" => json!({"course": "2"}),
        "/api/v1/order/pay/" => json!({"order": "1", "provider": "mock"}),
        "/api/v1/order/detail/" | "/api/v1/order/check/" | "/api/v1/order/cancel/" => {
            json!({"order": "1"})
        }
        "/api/v1/learn/course/" => json!({"course": "1", "section": "1"}),
        "/api/v1/learn/done/" | "/api/v1/learn/progress/" => json!({"section": "1"}),
        "/api/v1/sale/detail/" | "/api/v1/sale/now/" | "/api/v1/order/of_sale/" => {
            json!({"id": sale.to_string()})
        }
        _ => json!({}),
    }
}

async fn ask(
    visitor: &Visitor<'_>,
    method: &str,
    path: &str,
    arguments: &Value,
) -> (StatusCode, Value) {
    let url = visitor.app.url(path);
    let request = match method {
        "GET" => visitor.client.get(format!("{url}?{}", query(arguments))),
        other => visitor
            .client
            .request(Method::from_bytes(other.as_bytes()).expect("a method"), url)
            .json(arguments),
    };
    let answer = request.send().await.expect("an answer");
    (answer.status(), answer.json().await.unwrap_or_default())
}

fn query(arguments: &Value) -> String {
    let pairs = arguments
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some(format!("{name}={}", value.as_str()?)));
    pairs.collect::<Vec<_>>().join("&")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_is_let_in_where_the_table_says() {
    for fast_path in FAST_PATH {
        let app = TestApp::start_with(&fast_path).await;
        let sale = app.open_sale(1).await.0;
        for (method, path, class) in FUNCTIONS {
            let poll = (method, path) == ("GET", "/api/v1/user/sckill/");
            let arguments = if poll {
                json!({"task_id": "x"})
            } else {
                arguments(path, sale)
            };
            let (status, answer) = ask(&app.visitor(), method, path, &arguments).await;
            // An id that this shop never gave out is nobody's: anyone hears so, without a look at any
            // session.
            let expects_sign_in = class == Student && !poll;
            assert_eq!(
                status == StatusCode::UNAUTHORIZED,
                expects_sign_in,
                "{method} {path}: {answer}"
            );
        }
        let owner = app.student("13800000001").await;
        let ticket = owner.click(qiangke::types::ids::SaleId(sale)).await;
        let (status, _) = ask(
            &app.visitor(),
            "GET",
            "/api/v1/user/sckill/",
            &json!({"task_id": ticket}),
        )
        .await;
        assert_eq!(
            status,
            StatusCode::UNAUTHORIZED,
            "a real one is its student's"
        );
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .build()
            .expect("a client");
        for (page, class) in PAGES {
            let page = page
                .replace("{id}", "1")
                .replace("{course}", "1")
                .replace("{section}", "1")
                .replace("{sale}", &sale.to_string())
                .replace("{task_id}", &ticket);
            let answer = client.get(app.url(&page)).send().await.expect("an answer");
            let target = answer
                .headers()
                .get("location")
                .map(|target| target.to_str().expect("ASCII").to_owned())
                .unwrap_or_default();
            assert_eq!(
                target.starts_with("/sign-in?next="),
                class == Student,
                "{page}: {} {target}",
                answer.status()
            );
        }
        for path in OTHERS {
            assert_eq!(
                app.visitor().get(path).await.status(),
                StatusCode::OK,
                "{path}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_changes_anything_answers_to_get() {
    for fast_path in FAST_PATH {
        let app = TestApp::start_with(&fast_path).await;
        let sale = app.open_sale(1).await.0;
        let student = app.student("13800000001").await;
        let count = async || {
            let mut counts = Vec::new();
            for table in CHANGED {
                counts.extend(
                    app.database
                        .numbers(&format!("select count(*) from {table}"))
                        .await,
                );
            }
            counts
        };
        let before = count().await;
        let reads: BTreeSet<_> = FUNCTIONS
            .iter()
            .filter(|(method, ..)| *method == "GET")
            .map(|(_, path, _)| *path)
            .collect();
        for (_, path, _) in FUNCTIONS {
            for method in ["GET", "HEAD"] {
                let (status, _) = ask(&student, method, path, &arguments(path, sale)).await;
                assert_eq!(
                    status == StatusCode::METHOD_NOT_ALLOWED,
                    !reads.contains(path),
                    "{method} {path}"
                );
            }
            for method in ["PUT", "PATCH", "DELETE"] {
                assert_eq!(
                    ask(&student, method, path, &arguments(path, sale)).await.0,
                    StatusCode::METHOD_NOT_ALLOWED,
                    "{method} {path}"
                );
            }
        }
        assert_eq!(count().await, before);
        // They are what changes when the same is sent by POST.
        ask(
            &student,
            "POST",
            "/api/v1/user/sckill/",
            &arguments("/api/v1/user/sckill/", sale),
        )
        .await;
        assert_ne!(count().await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_student_sees_nothing_of_another_s() {
    for fast_path in FAST_PATH {
        let app = TestApp::start_with(&fast_path).await;
        let sale = app.open_sale(5).await;
        let (one, other) = (
            app.student("13800000001").await,
            app.student("13800000002").await,
        );
        let ticket = one.click(sale).await;
        assert_eq!(one.outcome(&ticket).await["code"], json!(100));
        let of = |answer: &Value| {
            serde_json::from_value::<Me>(answer["result"].clone()).expect("a student")
        };
        let (own, foreign) = (
            of(&one.read("user/me/").await.1),
            of(&other.read("user/me/").await.1),
        );
        assert_ne!(own.id, foreign.id);
        for (method, path, _) in FUNCTIONS
            .into_iter()
            .filter(|(_, path, _)| *path != "/api/v1/user/logout/")
        {
            for more in [
                json!({}),
                json!({"task_id": ticket}),
                json!({"student": own.id.0.to_string()}),
                json!({"id": own.id.0.to_string()}),
            ] {
                let (_, answer) = ask(&other, method, path, &more).await;
                let text = answer.to_string();
                assert!(
                    !text.contains("138****0001") && !text.contains("\"seat\":"),
                    "{method} {path} {more}: {text}"
                );
            }
        }
        assert_eq!(other.read("user/order/").await.1["result"], json!([]));
        assert_eq!(other.read("user/ticket/").await.1["result"], json!([]));
        assert_eq!(
            one.read("user/order/").await.1["result"]
                .as_array()
                .map(Vec::len),
            Some(1)
        );
        assert_eq!(
            other
                .read(&format!("user/sckill/?task_id={ticket}"))
                .await
                .0,
            StatusCode::FORBIDDEN
        );
        let page = other.get(&format!("/tickets/{ticket}")).await;
        assert_eq!(page.status(), StatusCode::FORBIDDEN);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_it_should_and_can_not_be_made_up() {
    for fast_path in FAST_PATH {
        let app = TestApp::start_with(&fast_path).await;
        let visitor = app.visitor();
        let sign_in = async || {
            app.pass(61_000);
            let before = app.outbox.sent().len();
            visitor
                .write("user/send_sms/", json!({"mobile": "13800000001"}))
                .await;
            let code = app.code_for("13800000001", before + 1).await;
            let request = visitor
                .client
                .post(app.url("/api/v1/user/login_sms/"))
                .json(&json!({"mobile": "13800000001", "code": code}));
            let answer = request.send().await.expect("an answer");
            let mut cookies = answer
                .headers()
                .get_all("set-cookie")
                .iter()
                .filter_map(|cookie| cookie.to_str().ok());
            let session = cookies
                .find_map(|cookie| cookie.strip_prefix("session="))
                .expect("a session");
            session.split(';').next().expect("a value").to_owned()
        };
        let me = async |session: &str| {
            let request = app
                .visitor()
                .client
                .get(app.url("/api/v1/user/me/"))
                .header("cookie", format!("session={session}"));
            request
                .send()
                .await
                .expect("an answer")
                .json::<Value>()
                .await
                .expect("JSON")["result"]
                .clone()
        };
        let first = sign_in().await;
        assert!(me(&first).await.is_object());
        for at in [0, first.len() / 2, first.len() - 3] {
            let mut forged = first.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).expect("ASCII");
            assert_eq!(me(&forged).await, json!(null), "changed at {at}");
            assert_eq!(me(&first[..at]).await, json!(null), "cut at {at}");
        }
        assert_eq!(
            visitor.write("user/logout/", json!({})).await.0,
            StatusCode::OK
        );
        assert_eq!(me(&first).await, json!(null), "signed out");
        assert_eq!(
            app.database.numbers("select count(*) from session").await,
            [0],
            "for every instance"
        );
        let second = sign_in().await;
        assert_ne!(first, second);
        app.pass(29 * DAY_MS);
        assert!(me(&second).await.is_object());
        app.pass(2 * DAY_MS);
        assert_eq!(
            me(&second).await,
            json!(null),
            "too old, however lately it was used"
        );
        let click = app
            .visitor()
            .client
            .post(app.url("/api/v1/user/sckill/"))
            .header("cookie", format!("session={second}"));
        let answer = click
            .json(&json!({"sale": 1}))
            .send()
            .await
            .expect("an answer");
        assert_eq!(
            answer.status(),
            StatusCode::UNAUTHORIZED,
            "the fast path, too"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_the_fields_that_make_it_safe() {
    const FIELDS: [(&str, &str); 7] = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), geolocation=(), microphone=(), payment=()",
        ),
        ("x-frame-options", "DENY"),
        (
            "content-security-policy",
            "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'; \
             frame-ancestors 'none'; form-action 'self'",
        ),
    ];
    for fast_path in FAST_PATH {
        let app = TestApp::start_with(&fast_path).await;
        let student = app.student("13800000001").await;
        let sale = app.open_sale(1).await;
        let mut answers = Vec::new();
        let pages = [
            "/",
            "/",
            "/courses?page=9",
            "/nothing",
            "/boot.js",
            "/sign-in",
            "/me",
            "/healthz",
        ];
        let functions = [
            "sale/",
            "sale/",
            "user/me/",
            "nothing/",
            "course/?page=x",
            "user/send_sms/",
            "user/sckill/?task_id=x",
            "user/sckill/",
        ];
        for path in pages
            .into_iter()
            .map(str::to_owned)
            .chain(functions.map(|path| format!("/api/v1/{path}")))
        {
            answers.push(student.get(&path).await);
        }
        let click = || {
            student
                .client
                .post(app.url("/api/v1/user/sckill/"))
                .json(&json!({"sale": sale}))
        };
        for request in [
            click(),
            click().header("sec-fetch-site", "cross-site"),
            student.client.post(app.url("/")),
        ] {
            answers.push(request.send().await.expect("an answer"));
        }
        for answer in &answers {
            for (name, value) in FIELDS {
                let said = answer
                    .headers()
                    .get(name)
                    .and_then(|value| value.to_str().ok());
                assert_eq!(
                    said,
                    Some(value),
                    "{name} of {} {}",
                    answer.status(),
                    answer.url()
                );
            }
        }
        let statuses: BTreeSet<_> = answers
            .iter()
            .map(|answer| answer.status().as_u16())
            .collect();
        assert_eq!(statuses, BTreeSet::from([200, 303, 400, 403, 404, 405]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_for_operators_on_an_address_of_their_own() {
    for fast_path in FAST_PATH {
        let app = TestApp::start_with(&fast_path).await;
        assert_eq!(
            app.visitor().get("/metrics").await.status(),
            StatusCode::NOT_FOUND
        );
        let ops = app.running.metrics_address;
        let status = async |path: &str| {
            reqwest::get(format!("http://{ops}{path}"))
                .await
                .expect("an answer")
                .status()
        };
        assert_eq!(status("/metrics").await, StatusCode::OK);
        for (_, path, _) in FUNCTIONS {
            assert_eq!(status(path).await, StatusCode::NOT_FOUND, "{path}");
        }
    }
}

/// A request that is sent on both ways.
struct SentRequest {
    method: Method,
    path: String,
    fields: &'static [(&'static str, &'static str)],
    body: String,
}

/// What the fast path answers, and what it leaves to the router, about a ticket of a sale that is
/// sold out.
fn sent_on_both_ways(sale: SaleId, task: &str) -> Vec<SentRequest> {
    const JSON: (&str, &str) = ("content-type", "application/json");
    let sent = |method: &Method, path: &str, fields, body: &str| SentRequest {
        method: method.clone(),
        path: path.to_owned(),
        fields,
        body: body.to_owned(),
    };
    let poll = format!("/api/v1/user/sckill/?task_id={task}");
    let read = [
        "/",
        "/?page=1",
        "/en/courses",
        "/courses/1",
        "/nothing",
        "/boot.js",
        "/%62oot.js",
        "/pkg/qiangke.js",
        "/pkg/none",
        "/healthz",
        "/api/v1/sale/",
        "/api/v1/sale",
        "/api/v1/nothing/",
        "/api/v1/user/sckill/",
        "/api/v1/user/sckill/?task_id=x",
        "/api/v1/user/sckill/?task_id=x&task_id=y",
        &poll,
    ];
    let asked: [&'static [(&str, &str)]; 5] = [
        &[],
        &[("accept-language", "en")],
        &[("accept-encoding", "br, gzip")],
        &[("if-none-match", "*")],
        &[("host", "shop example")],
    ];
    let reads = read.iter().flat_map(|path| {
        let get = asked.map(|fields| sent(&Method::GET, path, fields, ""));
        get.into_iter().chain([sent(&Method::HEAD, path, &[], "")])
    });
    let (click, click_path) = (format!(r#"{{"sale":"{sale}"}}"#), "/api/v1/user/sckill/");
    let post = |fields, body: &str| sent(&Method::POST, click_path, fields, body);
    let form = format!("sale={sale}");
    let writes = [
        post(&[JSON], &click),
        post(&[JSON, ("accept-language", "en")], &click),
        post(&[JSON, ("accept", "text/html")], &click),
        post(&[JSON, ("sec-fetch-site", "cross-site")], &click),
        post(&[JSON, ("origin", "https://evil.example")], &click),
        post(&[JSON, ("host", "shop example")], &click),
        post(&[JSON], r#"{"sale":"999"}"#),
        post(&[JSON], r#"{"sale":"x"}"#),
        post(&[JSON], r#"{"sale":"1","seats":2}"#),
        post(&[JSON], "{"),
        post(&[("content-type", "text/plain")], &click),
        post(&[], &click),
        post(
            &[("content-type", "application/x-www-form-urlencoded")],
            &form,
        ),
        sent(&Method::PUT, click_path, &[JSON], &click),
        sent(&Method::POST, "/boot.js", &[], ""),
        sent(&Method::POST, "/", &[("sec-fetch-site", "same-site")], ""),
    ];
    reads.chain(writes).collect()
}

/// The answer to a request, without what no two answers have in common: the ids of requests, and of
/// refusals, which have no row.
async fn heard(app: &TestApp, client: &Client, sent: &SentRequest, task: &str) -> Value {
    let request = client.request(sent.method.clone(), app.url(&sent.path));
    let request = sent.fields.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    let request = if sent.body.is_empty() {
        request
    } else {
        request.body(sent.body.clone())
    };
    let answer = request.send().await.expect("an answer");
    assert!(
        answer.headers().contains_key("x-request-id"),
        "{}",
        sent.path
    );
    let (status, fields) = (answer.status().as_u16(), comparable(answer.headers()));
    let bytes = answer.bytes().await.expect("a body");
    let mut body = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(bytes.to_vec()));
    if let Some(id) = body.get_mut("task_id").filter(|id| *id != task) {
        *id = json!("of a refusal");
    }
    json!({"status": status, "fields": fields, "body": body})
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ways_give_the_same_answers() {
    // Pages name it; the port is another one after each restart.
    let mut app = TestApp::start_with(&["--public-url", "http://127.0.0.1:1"]).await;
    let sale = app.open_sale(1).await;
    let winner = app.student("13800000001").await;
    let task = winner.click(sale).await;
    assert_eq!(winner.outcome(&task).await["code"], json!(100));
    let clients = [
        winner.client,
        app.student("13800000002").await.client,
        app.visitor().client,
    ];
    let all = sent_on_both_ways(sale, &task);
    let mut first: Option<Vec<Value>> = None;
    for fast_path in FAST_PATH {
        app = app.restart_with(&fast_path).await;
        // A page is made for the first one who asks, and comes from memory to the next.
        for pass in 0..2 {
            let mut answers = Vec::new();
            for sent in &all {
                for client in &clients {
                    answers.push(heard(&app, client, sent, &task).await);
                }
            }
            let Some(first) = &first else {
                first = Some(answers);
                continue;
            };
            for (at, (one, other)) in first.iter().zip(&answers).enumerate() {
                let SentRequest {
                    method,
                    path,
                    fields,
                    body,
                } = &all[at / clients.len()];
                assert_eq!(
                    one, other,
                    "{fast_path:?}, pass {pass}: {method} {path} {fields:?} {body}"
                );
            }
        }
    }
}
