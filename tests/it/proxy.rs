//! The shop behind nginx as it is shipped: no request of a client counts as an instance's failure,
//! none is sent twice that must not be, and what a client writes of itself is not believed.

use crate::{
    doors::FUNCTIONS,
    heads::{Rest, hostile, judge},
};
use reqwest::{StatusCode, Url, redirect::Policy};
use std::{
    net::SocketAddr,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};
use support::{
    address::reserve,
    app::TestApp,
    http::{ask, client, field},
    nginx::{INCLUDED, Nginx, REPLACED, shipped},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Where a click goes.
const CLICK: &str = "/api/v1/user/sckill/";
/// The name that the shipped file has for the shop.
const NAME: &str = "shop.example";

fn request(line: &str, fields: &str) -> String {
    format!("{line} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{fields}\r\n")
}

/// Whether an honest client is served, however often it asks.
async fn assert_serves(nginx: &Nginx) {
    for _ in 0..20 {
        let (status, head) = ask(nginx.address(), request("GET /healthz", "")).await;
        assert_eq!(status, 200, "{head}");
    }
}

#[test]
fn of_the_shipped_files_only_addresses_and_paths_are_replaced() {
    /// A file without what a test may replace: the first value of some directives, the lines of
    /// instances, and folders.
    fn kept(text: &str) -> Vec<String> {
        let is_own = |line: &str| {
            line.contains("_temp_path ")
                || line.trim().starts_with("server ") && !line.ends_with('{')
        };
        let lines = text.lines().filter(|line| !is_own(line));
        lines
            .map(|line| {
                let mut words: Vec<_> = line.trim_end_matches(';').split(' ').collect();
                if words.len() > 1 && REPLACED.contains(&words[0].trim()) && words[1] != "{" {
                    words[1] = "…";
                }
                words.join(" ")
            })
            .collect()
    }
    let nobody = [reserve(), reserve(), reserve()];
    let instances = nobody.each_ref().map(|address| **address);
    for main in ["nginx.conf", "nginx-tls.conf"] {
        let nginx = Nginx::start(main, &instances);
        for name in [main].iter().chain(&INCLUDED) {
            assert_eq!(kept(&nginx.file(name)), kept(&shipped(name)), "{name}");
        }
        let servers = |text: &str| {
            text.lines()
                .filter(|line| line.contains("max_fails=0;"))
                .count()
        };
        assert_eq!(
            (servers(&shipped(main)), servers(&nginx.file(main))),
            (4, 6),
            "every instance, in both groups"
        );
        assert_eq!(
            shipped(main).matches("server shop-").count(),
            4,
            "none with another opinion"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reflected_word_takes_no_instance_away() {
    let app = TestApp::start().await;
    // Twice, since a group of one is never given up.
    let nginx = Nginx::start("nginx.conf", &[app.running.address; 2]);
    let a = "a".repeat(6_000);
    let form = format!(
        "accept: text/html\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
        a.len() + 2
    );
    for _ in 0..4 {
        let (named, _) = ask(
            nginx.address(),
            request("GET /healthz", &format!("x-request-id: {a}\r\n")),
        )
        .await;
        let (posted, _) = ask(
            nginx.address(),
            request("POST /api/v1/user/login_sms/", &form) + &a + "=1",
        )
        .await;
        assert_eq!((named, posted), (200, 303));
        assert_serves(&nginx).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_sent_an_honest_client_is_served() {
    let app = TestApp::start_with(&[
        "--sms-calm-minute",
        "1000000",
        "--sms-address-hour",
        "1000000",
    ])
    .await;
    let nginx = Nginx::start("nginx.conf", &[app.running.address; 2]);
    for path in [
        "/",
        "/sign-in",
        "/courses/",
        "/nothing",
        CLICK,
        "/api/v1/user/send_sms/",
        "/api/v1/user/login_sms/",
    ] {
        for Rest {
            target,
            fields,
            body,
        } in hostile()
        {
            for method in ["GET", "POST", "OPTIONS", "BREW"] {
                let length = format!("content-length: {}\r\n", body.len());
                let request =
                    request(&format!("{method} {path}{target}"), &(length + &fields)) + &body;
                let (status, head) = ask(nginx.address(), request.clone()).await;
                judge(&request, status, &head);
            }
        }
        assert_serves(&nginx).await;
    }
    let many = (0..70)
        .map(|number| format!("x-{number}: 1\r\n"))
        .collect::<String>();
    let length =
        |bytes: usize| format!("content-type: application/json\r\ncontent-length: {bytes}\r\n");
    for (request, expected) in [
        (request("GET /", &many), 431),
        (
            request("GET /", &format!("cookie: {}\r\n", "a".repeat(9_000))),
            400,
        ),
        (request(&format!("GET /{}", "a".repeat(9_000)), ""), 414),
        (
            request("POST /", &length(16_000)) + &"a".repeat(16_000),
            405,
        ),
        (
            request("POST /", &length(17_000)) + &"a".repeat(17_000),
            413,
        ),
    ] {
        for _ in 0..4 {
            let (status, head) = ask(nginx.address(), request.clone()).await;
            assert_eq!(status, expected, "{head}");
            judge(&request, status, &head);
        }
        assert_serves(&nginx).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_is_gone_costs_no_client_anything() {
    let app = TestApp::start_with(&["--clicks-per-s", "1000"]).await;
    let nobody = [reserve(), reserve()];
    let nginx = Nginx::start("nginx.conf", &[app.running.address, *nobody[0], *nobody[1]]);
    let sale = app.open_sale(1).await;
    let student = app.student("13800000001").await;
    let ticket = student.click(sale).await;
    for _ in 0..30 {
        assert_serves(&nginx).await;
        let at = |path: &str| format!("http://{}{path}", nginx.address());
        let poll = student
            .client
            .get(at(&format!("{CLICK}?task_id={ticket}")))
            .send()
            .await
            .expect("an answer");
        let click = student
            .client
            .post(at(CLICK))
            .json(&serde_json::json!({"sale": sale}))
            .send()
            .await
            .expect("an answer");
        let write = student
            .client
            .post(at("/api/v1/user/login_sms/"))
            .json(&serde_json::json!({"code": "x"}))
            .send()
            .await
            .expect("an answer");
        assert_eq!(
            [poll.status(), click.status(), write.status()],
            [StatusCode::OK, StatusCode::OK, StatusCode::BAD_REQUEST]
        );
    }
}

/// A server that writes down what it is asked, and answers with this, or closes the connection.
struct Listener {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    async fn start(answer: &'static str) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let (address, heard) = (
            socket.local_addr().expect("an address"),
            Arc::<Mutex<Vec<String>>>::default(),
        );
        let notes = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                tokio::spawn(Self::hear(stream, answer, Arc::clone(&notes)));
            }
        });
        Self { address, heard }
    }

    async fn hear(mut stream: TcpStream, answer: &'static str, notes: Arc<Mutex<Vec<String>>>) {
        let mut bytes = [0; 16_384];
        while let Ok(count @ 1..) = stream.read(&mut bytes).await {
            notes
                .lock()
                .expect("a lock")
                .push(String::from_utf8_lossy(&bytes[..count]).into_owned());
            if answer.is_empty() || stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().expect("a lock"))
    }
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

#[tokio::test(flavor = "multi_thread")]
async fn only_a_click_and_a_read_are_sent_again() {
    let (silent, other) = (Listener::start("").await, Listener::start("").await);
    let nginx = Nginx::start("nginx.conf", &[silent.address, other.address]);
    for (method, path, _) in
        FUNCTIONS
            .into_iter()
            .chain([("GET", "/", crate::doors::Class::Anyone)])
    {
        let fields = if method == "POST" {
            "content-length: 0\r\n"
        } else {
            ""
        };
        let (status, _) = ask(
            nginx.address(),
            request(&format!("{method} {path}"), fields),
        )
        .await;
        let heard = silent.heard().len() + other.heard().len();
        let again = method == "GET" || path == CLICK;
        assert_eq!(
            (status, heard),
            (502, if again { 2 } else { 1 }),
            "{method} {path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_writes_of_itself_is_not_believed() {
    let instance = Listener::start(OK).await;
    let nginx = Nginx::start("nginx.conf", &[instance.address]);
    for path in ["/", CLICK, "/api/v1/user/send_sms/"] {
        let own = "x-forwarded-for: 203.0.113.7\r\nx-forwarded-for: 203.0.113.8\r\nforwarded: for=203.0.113.9\r\nx-request-id: mine\r\n";
        let (status, _) = ask(nginx.address(), request(&format!("GET {path}"), own)).await;
        let heard = instance.heard().concat();
        assert_eq!(status, 200);
        assert_eq!(
            field(&heard, "x-forwarded-for"),
            Some("127.0.0.1"),
            "{heard}"
        );
        assert!(!heard.contains("203.0.113."), "{heard}");
        assert_eq!(
            field(&heard, "x-request-id").map(str::len),
            Some(32),
            "{heard}"
        );
        assert_eq!(field(&heard, "host"), Some("127.0.0.1"), "{heard}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_down_names_no_student() {
    let app = TestApp::start().await;
    let nobody = reserve();
    let nginx = Nginx::start("nginx.conf", &[app.running.address, *nobody]);
    for path in [
        "/courses?q=secret",
        "/tickets/secret",
        "/en/tickets/secret?x=secret",
        "/api/v1/user/sckill/?task_id=secret",
        "/%74ickets/secret",
        "/",
    ] {
        ask(
            nginx.address(),
            request(
                &format!("GET {path}"),
                "x-request-id: secret\r\ncookie: session=secret\r\nreferer: secret\r\n",
            ),
        )
        .await;
    }
    app.eventually("six lines", async || {
        nginx.file("access.log").lines().count() == 6
    })
    .await;
    let log = nginx.file("access.log") + &nginx.file("error.log");
    assert!(!log.contains("secret"), "{log}");
    assert!(
        log.contains("\"/en/tickets/…\"") && log.contains("\"status\":200"),
        "{log}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_tls_the_shop_has_one_name() {
    let app =
        TestApp::start_with(&["--public-url", "https://shop.example", "--hsts-s", "600"]).await;
    let nginx = Nginx::start("nginx-tls.conf", &[app.running.address; 2]);
    // Nobody signed the certificate.
    let browser = || {
        client()
            .redirect(Policy::none())
            .tls_danger_accept_invalid_certs(true)
    };
    let url = |name: &str| format!("https://{name}:{}/courses", nginx.address().port());
    let ours = browser()
        .resolve(NAME, nginx.address())
        .build()
        .expect("a client");
    let answer = ours.get(url(NAME)).send().await.expect("an answer");
    assert_eq!(
        (
            answer.status(),
            answer.headers()["strict-transport-security"].as_bytes()
        ),
        (StatusCode::OK, &b"max-age=600"[..])
    );
    let other = browser()
        .resolve("evil.example", nginx.address())
        .build()
        .expect("a client");
    assert!(
        other.get(url("evil.example")).send().await.is_err(),
        "another name gets no handshake"
    );

    let port = nginx.address().port().to_string();
    let handshake = |arguments: &[&str]| {
        let address = format!("127.0.0.1:{port}");
        let spoken = Command::new("openssl")
            .args(["s_client", "-connect", &address, "-servername", NAME])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("openssl is installed");
        String::from_utf8_lossy(&spoken.stdout).into_owned()
    };
    assert!(handshake(&["-alpn", "h2"]).contains("ALPN protocol: h2"));
    assert!(
        handshake(&["-tls1_1"]).contains("Cipher is (NONE)"),
        "an old protocol"
    );
    assert!(handshake(&["-tls1_2"]).contains("Cipher is ECDHE-ECDSA-"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tls_there_is_only_the_way_to_it() {
    let app = TestApp::start().await;
    let nginx = Nginx::start("nginx-tls.conf", &[app.running.address; 2]);
    let base = Url::parse("https://shop.example/").expect("an address");
    for (target, status) in [
        ("/courses?page=2", 308),
        ("/", 308),
        ("//evil.example/", 308),
        ("/@evil.example", 308),
        (&*format!("/{}", "a".repeat(1_100)), 414),
        ("/.well-known/acme-challenge/../../courses", 308),
    ] {
        for line in [format!("GET {target}"), format!("POST {target}")] {
            let text = format!(
                "{line} HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            );
            let (answered, head) = ask(nginx.plain_address(), text).await;
            assert_eq!(answered, status, "{line}: {head}");
            assert!(head.len() < 2_048 && !head.contains("http://"), "{head}");
            let way = field(&head, "location").map(|way| Url::parse(way).expect("an address"));
            assert!(
                way.is_none_or(|way| way.origin() == base.origin()),
                "{head}"
            );
        }
    }
    // What an authority of certificates asks for is a file of its own folder, or nothing.
    let text = "GET /.well-known/acme-challenge/none HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n\r\n".to_owned();
    assert_eq!(ask(nginx.plain_address(), text).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_requests_over_tls_take_no_instance_away() {
    let app = TestApp::start().await;
    let nginx = Nginx::start("nginx-tls.conf", &[app.running.address; 2]);
    let browser = client()
        .redirect(Policy::none())
        .tls_danger_accept_invalid_certs(true)
        .resolve(NAME, nginx.address())
        .build()
        .expect("a client");
    let url = |path: &str| format!("https://{NAME}:{}{path}", nginx.address().port());
    for _ in 0..4 {
        let named = browser
            .get(url("/healthz"))
            .header("x-request-id", "a".repeat(6_000))
            .send()
            .await
            .expect("an answer");
        let posted = browser
            .post(url("/api/v1/user/login_sms/"))
            .header("accept", "text/html")
            .form(&[("a".repeat(6_000), "1")])
            .send()
            .await
            .expect("an answer");
        assert_eq!(
            [named.status(), posted.status()],
            [StatusCode::OK, StatusCode::SEE_OTHER]
        );
    }
    for _ in 0..20 {
        assert_eq!(
            browser
                .get(url("/healthz"))
                .send()
                .await
                .expect("an answer")
                .status(),
            StatusCode::OK
        );
    }
}
