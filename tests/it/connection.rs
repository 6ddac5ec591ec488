//! Bytes that no browser would send, on a socket of the test's own: each is answered or cut off,
//! and others are served meanwhile.

use reqwest::StatusCode;
use std::{
    fmt::Write,
    time::{Duration, Instant},
};
use support::{app::TestApp, crowd::gather};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How long the test listens for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

async fn dial(app: &TestApp) -> TcpStream {
    TcpStream::connect(app.running.address)
        .await
        .expect("a connection")
}

/// All that the shop answers until it closes the connection.
async fn heard(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes))
        .await
        .expect("the connection is closed in time");
    // A reset is an end, too.
    drop(read);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Sends a request, which must ask for the connection to be closed, and gives the answer's status.
async fn status(app: &TestApp, request: &str) -> u16 {
    let mut stream = dial(app).await;
    stream.write_all(request.as_bytes()).await.expect("sent");
    let answer = heard(stream).await;
    answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or_else(|| panic!("{request:?}: {answer:?}"))
}

async fn assert_serves(app: &TestApp) {
    assert_eq!(app.visitor().get("/healthz").await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_or_speaks_slowly_is_cut_off() {
    let app = TestApp::start_with(&["--head-timeout-s", "1", "--request-timeout-s", "1"]).await;
    let since = Instant::now();
    assert_eq!(heard(dial(&app).await).await, "", "silent");
    let mut slow = dial(&app).await;
    slow.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ")
        .await
        .expect("sent");
    let answer = heard(slow).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
        "{answer}"
    );
    // A click of a student whose session is known goes a shorter way.
    let student = gather(&app.database, 1).await.remove(0);
    let cookie = student.cookie();
    assert_eq!(
        status(&app, &format!("GET /api/v1/user/me/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncookie: {cookie}\r\n\r\n")).await,
        200
    );
    for path in ["send_sms", "sckill"] {
        let mut body = dial(&app).await;
        let fields = format!(
            "host: x\r\nconnection: close\r\ncookie: {cookie}\r\ncontent-type: application/json\r\ncontent-length: 99"
        );
        body.write_all(
            format!("POST /api/v1/user/{path}/ HTTP/1.1\r\n{fields}\r\n\r\n{{").as_bytes(),
        )
        .await
        .expect("sent");
        let answer = heard(body).await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{path}: {answer}");
        assert!(answer.contains("\"too-slow\""), "{path}: {answer}");
    }
    assert!(since.elapsed() < PATIENCE);
    assert_serves(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_has_limits() {
    let app = TestApp::start().await;
    let many = (0..1_000).fold(String::new(), |mut fields, number| {
        write!(fields, "x-{number}: 1\r\n").expect("a string grows");
        fields
    });
    assert_eq!(
        status(&app, &format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n")).await,
        431
    );
    let long = "a".repeat(40_000);
    assert_eq!(
        status(
            &app,
            &format!("GET / HTTP/1.1\r\nhost: x\r\nx-long: {long}\r\n\r\n")
        )
        .await,
        431
    );
    let uri = status(
        &app,
        &format!("GET /{long} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
    )
    .await;
    assert!(matches!(uri, 414 | 431), "{uri}");
    assert_serves(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_s_limits_are_settings() {
    let app = TestApp::start_with(&["--head-max", "8192", "--head-fields-max", "16"]).await;
    let tail = "HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    let fields = (0..15).fold(String::new(), |fields, number| {
        fields + &format!("x-{number}: 1\r\n")
    });
    assert_eq!(status(&app, &format!("GET /healthz {tail}\r\n")).await, 200);
    assert_eq!(
        status(&app, &format!("GET /healthz {tail}{fields}\r\n")).await,
        431
    );
    let long = status(
        &app,
        &format!("GET /healthz?{} {tail}\r\n", "a".repeat(9_000)),
    )
    .await;
    assert!(matches!(long, 414 | 431), "{long}");
    let app = TestApp::start().await;
    assert_eq!(
        status(
            &app,
            &format!("GET /healthz?{} {tail}{fields}\r\n", "a".repeat(9_000))
        )
        .await,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_holds_no_more_connections_than_its_share() {
    let app = TestApp::start_with(&["--connections-per-address", "2"]).await;
    let (first, mut second) = (dial(&app).await, dial(&app).await);
    // Let the loop take both before the third one knocks.
    tokio::time::sleep(Duration::from_millis(100)).await;
    second.write_all(b"GET / HTTP/1.1\r\n").await.expect("sent");
    assert_serves(&app).await;
    assert_eq!(heard(first).await, "", "who rested longest made room");
    // Behind a proxy everybody has the same address.
    let app = TestApp::start_with(&[
        "--connections-per-address",
        "1",
        "--trusted-proxies",
        "127.0.0.1",
    ])
    .await;
    let _held = (dial(&app).await, dial(&app).await, dial(&app).await);
    assert_serves(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_are_told_of_tls_when_it_is_there() {
    const NAME: &str = "strict-transport-security";
    let app = TestApp::start_with(&[
        "--public-url",
        "https://shop.example",
        "--hsts-s",
        "31536000",
    ])
    .await;
    for path in [
        "/",
        "/api/v1/course/category/",
        "/no-such-page",
        "/api/v1/no-such-path",
    ] {
        assert_eq!(
            app.visitor().get(path).await.headers()[NAME],
            "max-age=31536000",
            "{path}"
        );
    }
    assert!(
        !TestApp::start()
            .await
            .visitor()
            .get("/")
            .await
            .headers()
            .contains_key(NAME)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_requests_are_never_the_shop_s_fault() {
    let app = TestApp::start().await;
    let tail = "HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    let requests = [
        // Forms of the target (RFC 9112, section 3.2).
        format!("GET http://shop.example/courses {tail}\r\n"),
        format!("CONNECT shop.example:443 {tail}\r\n"),
        format!("GET shop.example:443 {tail}\r\n"),
        format!("OPTIONS * {tail}\r\n"),
        // Paths that lead nowhere, or would lead out.
        format!("GET /../../etc/passwd {tail}\r\n"),
        format!("GET /media/..%2f..%2fetc/passwd {tail}\r\n"),
        format!("GET /courses/..%2f..%2fCargo.toml {tail}\r\n"),
        format!("GET //evil.example/ {tail}\r\n"),
        format!("GET /%00 {tail}\r\n"),
        format!("GET /courses?q=%ff%fe&page=99999999999999999999 {tail}\r\n"),
        // A redirect's target with a line break.
        format!(
            "POST /api/v1/user/logout/?next=/%0d%0aset-cookie:%20a=b {tail}accept: text/html\r\ncontent-length: 0\r\n\r\n"
        ),
        format!("GET /sign-in?next=/%0d%0aset-cookie:%20a=b {tail}\r\n"),
        // A multipart body without a boundary.
        format!(
            "POST /api/v1/user/send_sms/ {tail}content-type: multipart/form-data\r\ncontent-length: 1\r\n\r\nx"
        ),
        // Two lengths, a length beside chunks, and another protocol.
        format!(
            "POST /api/v1/user/send_sms/ {tail}content-length: 1\r\ncontent-length: 2\r\n\r\nx"
        ),
        format!(
            "POST /api/v1/user/send_sms/ {tail}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        String::from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        String::from("GET / HTTP/3.7\r\n\r\n"),
        String::from("\u{7f}\u{1}\u{2}\r\n\r\n"),
    ];
    for request in requests {
        let mut stream = dial(&app).await;
        stream.write_all(request.as_bytes()).await.expect("sent");
        let answer = heard(stream).await;
        let status: u16 = answer
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(400);
        assert!(status < 500, "{request:?}: {answer}");
        assert!(
            !answer.to_lowercase().contains("\r\nset-cookie: a=b"),
            "{request:?}: {answer}"
        );
        assert!(
            !answer.contains("root:") && !answer.contains("[package]"),
            "{request:?}: {answer}"
        );
    }
    assert_serves(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_body_is_unreadable_and_a_long_one_is_refused_before_it_comes() {
    let app = TestApp::start().await;
    let student = gather(&app.database, 1).await.remove(0);
    let known = format!("cookie: {}\r\n", student.cookie());
    // Its session is known from here on: its click goes a shorter way.
    let me =
        format!("GET /api/v1/user/me/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{known}\r\n");
    assert_eq!(status(&app, &me).await, 200);
    for (path, cookie) in [("sckill", known.as_str()), ("sckill", ""), ("send_sms", "")] {
        let request = |fields: &str| {
            format!(
                "POST /api/v1/user/{path}/ HTTP/1.1\r\nhost: x\r\n{cookie}content-type: application/json\r\n{fields}\r\n\r\n"
            )
        };
        for chunks in ["zz\r\n{}\r\n0\r\n\r\n", "5\r\n{}\r\n0\r\n\r\n"] {
            let broken = request("connection: close\r\ntransfer-encoding: chunked") + chunks;
            assert_eq!(
                status(&app, &broken).await,
                400,
                "{path} {cookie} {chunks:?}"
            );
        }
        let chunked = request("connection: close\r\ntransfer-encoding: chunked");
        let long = format!("{chunked}5000\r\n{}\r\n0\r\n\r\n", " ".repeat(0x5000));
        assert_eq!(status(&app, &long).await, 413, "{path} {cookie}");
        for expect in ["", "\r\nexpect: 100-continue"] {
            // The body never comes, and the client does not ask for the end.
            let mut stream = dial(&app).await;
            let head = request(&format!("content-length: 16385{expect}"));
            stream.write_all(head.as_bytes()).await.expect("sent");
            let answer = heard(stream).await.to_lowercase();
            assert!(answer.starts_with("http/1.1 413"), "{path} {answer}");
            assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
        }
    }
}
