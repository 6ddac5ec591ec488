//! The head of an answer: small, and without a word of the request that has no limit. A load
//! balancer takes an answer whose head it can't hold for a broken instance, so that one client
//! could take the shop away from everybody.

use crate::doors::{FUNCTIONS, OTHERS, PAGES};
use reqwest::{RequestBuilder, Url};
use std::sync::Arc;
use support::{
    app::TestApp,
    crowd::gather,
    http::{ask, field},
};
use tokio::{sync::Semaphore, task::JoinSet};

/// Bytes of an answer's head at most, the empty line included.
const HEAD_MAX: usize = 2_048;
/// Requests at a time.
const AT_ONCE: usize = 4;
/// What the shop's own address is for a browser.
const BASE: &str = "https://shop.example/sign-in";
/// What is asked for, beside the pages and functions of the shop.
const MORE: [&str; 16] = [
    "/boot.js",
    "/pkg/qiangke.js",
    "/pkg/none",
    "/media/none",
    "/nothing",
    "/nothing/",
    "/courses/",
    "/courses/01",
    "/courses/x",
    "/en/",
    "//evil.example/",
    "/en//evil.example/",
    "/..//evil.example/",
    "/api/v1/nothing/",
    "/api/",
    "/%",
];
const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW",
];

/// A request but for its method and path.
#[derive(Clone, Default)]
pub struct Rest {
    /// Follows the path, which makes it longer, or a query.
    pub target: String,
    pub fields: String,
    pub body: String,
}

/// `a`, or something that an address writes with three letters for each, as often as it may be
/// taken for a word of ours and fill a head.
fn long(piece: &str, bytes: usize) -> String {
    piece.repeat(bytes / piece.len())
}

/// What a hostile client adds to a request: each alone fills more than an answer's head may have.
pub fn hostile() -> Vec<Rest> {
    let form = "accept: text/html\r\ncontent-type: application/x-www-form-urlencoded\r\nsec-fetch-site: same-origin\r\n";
    let json = "content-type: application/json\r\n";
    let query = |target: String| Rest {
        target,
        fields: form.to_owned(),
        body: "mobile=13800000001&code=000000&sale=1".to_owned(),
    };
    let fields = |fields: String| Rest {
        fields,
        ..Rest::default()
    };
    let a = long("a", 6_000);
    vec![
        Rest::default(),
        query(format!("?{a}")),
        query(format!("?next=/{}&lang=en", long("!", 340))),
        query(format!("?next=/{}", long("%21", 1_020))),
        query(format!("?next=/{a}")),
        query("?next=%2Fen%2F%2Fevil.example&lang=en".to_owned()),
        query("?next=/en/en//evil.example".to_owned()),
        query(format!("?next=/me&lang={a}")),
        query(format!(
            "?error={a}&field={}&retry_s={}",
            long("b", 2_000),
            long("9", 2_000)
        )),
        query(format!(
            "?error=missing&field={a}&next=/courses%3Fpage%3D1%23{}",
            long("b", 200)
        )),
        Rest {
            target: format!("/{a}"),
            ..Rest::default()
        },
        Rest {
            target: format!("{}?q={}", long("/", 2_000), long("%E4%BD%A0", 6_000)),
            ..Rest::default()
        },
        Rest {
            target: "?next=/me".to_owned(),
            fields: form.to_owned(),
            body: format!("{a}=1"),
        },
        Rest {
            body: format!("{{\"{a}\":1}}"),
            fields: json.to_owned(),
            ..Rest::default()
        },
        Rest {
            body: format!("{{\"mobile\":{{\"{a}\":1}},\"sale\":\"{a}\"}}"),
            fields: json.to_owned(),
            ..Rest::default()
        },
        fields(format!("x-request-id: {a}\r\n")),
        fields(format!("x-request-id: ok\r\nx-request-id: {a}\r\n")),
        fields(format!(
            "cookie: session={a}; sms_mobile={}; __Host-session={}\r\n",
            long("1", 2_000),
            long("2", 2_000)
        )),
        fields(format!("accept-language: {a}\r\naccept-encoding: {a}\r\n")),
        fields(format!(
            "origin: https://{a}\r\nreferer: https://{}/\r\nx-forwarded-host: {}\r\n",
            long("b", 4_000),
            long("c", 4_000)
        )),
        fields(format!(
            "if-none-match: \"{a}\"\r\nrange: bytes=0-{}\r\ncontent-type: {}\r\n",
            long("9", 2_000),
            long("b", 2_000)
        )),
    ]
}

/// What must hold of the head of every answer.
pub fn judge(request: &str, status: u16, head: &str) {
    let asked = || request.chars().take(400).collect::<String>();
    assert!(
        head.len() <= HEAD_MAX,
        "{} bytes: {head}\nfor {}",
        head.len(),
        asked()
    );
    assert!(
        !matches!(status, 500 | 502 | 504..=599),
        "{status} for {}",
        asked()
    );
    // Only an overloaded shop says 503, and then when to come back.
    assert!(
        status != 503 || field(head, "retry-after").is_some(),
        "503 without Retry-After: {head}\nfor {}",
        asked()
    );
    assert!(
        !head.contains(&"a".repeat(65)),
        "the request's own words: {head}\nfor {}",
        asked()
    );
    if status == 405 {
        assert!(
            field(head, "allow").is_some_and(|methods| !methods.is_empty()),
            "405 without Allow: {head}\nfor {}",
            asked()
        );
    }
    if let Some(target) = field(head, "location") {
        let base = Url::parse(BASE).expect("an address");
        let reached = base.join(target).expect("an address");
        assert_eq!(
            reached.origin(),
            base.origin(),
            "{target} leads elsewhere, for {}",
            asked()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_head_of_an_answer_is_small_whatever_was_asked() {
    let app = TestApp::start_with(&[
        "--sms-calm-minute",
        "1000000",
        "--sms-address-hour",
        "1000000",
    ])
    .await;
    let sale = app.open_sale(2).await;
    let crowd = gather(&app.database, 1).await;
    let ticket = app.student("13800000001").await.click(sale).await;
    let pages = PAGES.iter().flat_map(|(page, _)| {
        let page = page
            .replace("{id}", "1")
            .replace("{sale}", &sale.to_string())
            .replace("{task_id}", &ticket);
        [format!("/en{page}"), page]
    });
    let functions = FUNCTIONS.iter().map(|(_, path, _)| (*path).to_owned());
    let others = OTHERS.iter().chain(&MORE).map(|path| (*path).to_owned());
    let cookies = [String::new(), format!("cookie: {}\r\n", crowd[0].cookie())];
    // So many at a time that nobody is told to come back.
    let (address, mut asked, places) = (
        app.running.address,
        JoinSet::new(),
        Arc::new(Semaphore::new(AT_ONCE)),
    );
    for path in pages.chain(functions).chain(others) {
        let (cookies, places) = (cookies.clone(), Arc::clone(&places));
        asked.spawn(async move {
            let _place = places.acquire_owned().await.expect("a place");
            let mut longest = 0;
            for (method, rest) in METHODS.iter().flat_map(|method| hostile().into_iter().map(move |rest| (method, rest))) {
                // Who is signed in sees more; the requests that bring a cookie of their own are
                // done by then.
                for cookie in &cookies {
                    let Rest { target, fields, body } = &rest;
                    let request = format!(
                        "{method} {path}{target} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-length: {}\r\n{fields}{cookie}\r\n{body}",
                        body.len()
                    );
                    let (status, head) = ask(address, request.clone()).await;
                    judge(&request, status, &head);
                    longest = longest.max(head.len());
                }
            }
            longest
        });
    }
    let longest = asked.join_all().await.into_iter().max();
    println!("the longest head has {longest:?} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_before_it_is_read_says_nothing_of_itself() {
    let app = TestApp::start().await;
    let a = long("a", 40_000);
    let many = (0..200)
        .map(|number| format!("x-{number}: 1\r\n"))
        .collect::<String>();
    for request in [
        format!("GET /{a} HTTP/1.1\r\nhost: x\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nhost: x\r\nx-long: {a}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n"),
        format!("{a} / HTTP/1.1\r\nhost: x\r\n\r\n"),
        "GET / HTTP/9.9\r\nhost: x\r\n\r\n".to_owned(),
        "GET /\u{1} HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
        "GET evil.example:443 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(),
        "CONNECT evil.example:443 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(),
        "OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(),
        "GET http://evil.example/courses/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(),
        format!("GET / HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", &a[..8_000]),
        format!("POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", "9".repeat(40)),
        "POST /api/v1/user/send_sms/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: aaaa\r\n\r\n".to_owned(),
    ] {
        let (status, head) = ask(app.running.address, request.clone()).await;
        judge(&request, status, &head);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_s_id_is_taken_when_it_is_a_plain_word() {
    let app = TestApp::start().await;
    let student = app.student("13800000001").await;
    let answered = async |request: &RequestBuilder, id: &str| {
        let request = request.try_clone().expect("no stream");
        let answer = request.header("x-request-id", id).send().await;
        let answer = answer.expect("an answer");
        answer.headers()["x-request-id"]
            .to_str()
            .expect("ASCII")
            .to_owned()
    };
    let get = |path: &str| student.client.get(app.url(path));
    let refused = student
        .client
        .post(app.url("/"))
        .header("sec-fetch-site", "cross-site");
    // By the router; by the fast path, twice; by the checks before both.
    for request in [
        get("/healthz"),
        get("/boot.js"),
        get("/api/v1/user/sckill/?task_id=x"),
        refused,
    ] {
        for id in ["a", "0192-ABC", &"7".repeat(64)] {
            assert_eq!(answered(&request, id).await, id, "{request:?}");
        }
        for id in [
            "",
            "a b",
            "a=1",
            "\u{e9}",
            "a\"",
            "a,b",
            &"7".repeat(65),
            &"7".repeat(7_000),
        ] {
            let made = answered(&request, id).await;
            assert!(
                made != id && made.len() == 36,
                "{id:?} became {made:?}: {request:?}"
            );
        }
    }
}

/// Every path of the shop says what it takes to whoever asks by another method (RFC 9110, section
/// 15.5.6).
#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_a_path_does_not_take_is_told_which_ones_it_takes() {
    let app = TestApp::start().await;
    let pages = PAGES.iter().map(|(page, _)| {
        (
            page.replace("{id}", "1")
                .replace("{sale}", "1")
                .replace("{task_id}", "x"),
            "GET,HEAD",
        )
    });
    let files = OTHERS
        .iter()
        .chain(&["/boot.js", "/pkg/qiangke.js", "/nothing"])
        .map(|path| ((*path).to_owned(), "GET,HEAD"));
    let functions = FUNCTIONS.iter().map(|(_, path, _)| {
        let takes = |method: &str| {
            FUNCTIONS
                .iter()
                .any(|(is, of, _)| (is, of) == (&method, path))
        };
        let allowed = match (takes("GET"), takes("POST")) {
            (true, false) => "GET,HEAD",
            (false, true) => "POST",
            _ => "GET,HEAD,POST",
        };
        ((*path).to_owned(), allowed)
    });
    for (path, allowed) in pages.chain(files).chain(functions) {
        for method in ["OPTIONS", "PUT", "DELETE", "BREW"] {
            let (status, head) = ask(
                app.running.address,
                format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
            )
            .await;
            let mut said: Vec<_> = field(&head, "allow")
                .unwrap_or_default()
                .split(',')
                .map(str::trim)
                .collect();
            said.sort_unstable();
            assert_eq!(
                (status, said.join(",")),
                (405, allowed.to_owned()),
                "{method} {path}"
            );
            assert_eq!(
                field(&head, "content-type"),
                Some("application/json"),
                "why is said to {method} {path}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_kept_under_one_address() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for (spelling, target) in [
        ("/courses/01", "/courses/1"),
        ("/courses/+1", "/courses/1"),
        ("/en/courses/1/", "/en/courses/1"),
        ("/courses/", "/courses"),
    ] {
        let answer = visitor.get(spelling).await;
        let way = answer
            .headers()
            .get("location")
            .map(|way| way.to_str().expect("ASCII").to_owned());
        assert_eq!(
            (answer.status().as_u16(), way.as_deref()),
            (308, Some(target)),
            "{spelling}"
        );
    }
    let raw = async |path: &str| {
        ask(
            app.running.address,
            format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
        )
        .await
        .0
    };
    for path in [
        "/..",
        "/./",
        "/courses/%31",
        "/%63ourses",
        "//courses",
        "/%6de",
        "/courses/x",
    ] {
        assert_eq!(raw(path).await, 404, "{path}");
    }
    // What is looked for is decoded once, by the page as by whoever keeps it.
    let page = visitor
        .get("/courses?q=%2541")
        .await
        .text()
        .await
        .expect("a page");
    assert!(
        page.contains("value=\"%41\""),
        "the search box shows what was looked for"
    );
    assert!(!page.contains("value=\"A\""));
    let plain = visitor
        .get("/courses?q=%41")
        .await
        .text()
        .await
        .expect("a page");
    assert!(plain.contains("value=\"A\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_shortened_leads_to_the_list_and_an_icon_that_is_not_there_is_no_page()
{
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for (path, target) in [
        ("/seckill", "/#sales"),
        ("/en/seckill", "/en#sales"),
        ("/tickets", "/me"),
        ("/en/orders", "/en/me"),
        ("/learn", "/me"),
    ] {
        let answer = visitor.get(path).await;
        assert_eq!(answer.status(), 303, "{path}");
        assert_eq!(answer.headers()["location"], target, "{path}");
    }
    for path in ["/favicon.ico", "/apple-touch-icon-precomposed.png"] {
        let answer = visitor.get(path).await;
        assert_eq!(answer.status(), 404, "{path}");
        let text = answer.text().await.expect("text");
        assert!(text.len() < 200 && !text.contains('<'), "{path}: {text}");
    }
}
