//! Connections that rest, stall or are too many: a newcomer gets in, whoever reads is heard out,
//! whoever does not read is dropped.

use crate::{app::TestApp, crowd::gather, database::TestDatabase};
use std::{
    net::Ipv4Addr,
    path::Path,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// How long a test waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// A newcomer is served within this time, far less than any limit that would end a connection at
/// rest.
const PROMPTLY: Duration = Duration::from_secs(5);
const ASK: &[u8] = b"GET /robots.txt HTTP/1.1\r\nhost: x\r\n\r\n";
const LAST: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
/// The head of a request whose body never comes.
const HALF: &[u8] = b"POST /api/v1/user/logout/ HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n";
/// Bytes of a file that fits into no buffer on the way.
const LARGE: usize = 8 << 20;
const LARGE_FILE: &[u8] = b"GET /media/large.png HTTP/1.1\r\nhost: x\r\n\r\n";

/// A connection from the address 127.0.0.`client`.
async fn dial(app: &TestApp, client: u8) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket
        .bind((Ipv4Addr::new(127, 0, 0, client), 0).into())
        .expect("a loopback address");
    socket
        .connect(app.running.address)
        .await
        .expect("a connection")
}

/// Asks for a small answer and reads it; the connection rests afterwards.
async fn ask(stream: &mut TcpStream) {
    stream.write_all(ASK).await.expect("sent");
    let mut answer = Vec::new();
    while !answer.ends_with(b"/sitemap.xml\n") {
        let read = tokio::time::timeout(PATIENCE, stream.read_buf(&mut answer))
            .await
            .expect("an answer in time")
            .expect("an answer");
        assert!(read > 0, "the connection was closed");
    }
}

/// Whether the shop closed this connection.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    match tokio::time::timeout(Duration::from_millis(300), stream.peek(&mut byte)).await {
        Ok(Ok(read)) => read == 0,
        Ok(Err(_)) => true,
        Err(_) => false,
    }
}

/// The answer to a client's only request.
async fn served(app: &TestApp, client: u8) -> String {
    let mut stream = dial(app, client).await;
    stream.write_all(LAST).await.expect("sent");
    let mut answer = Vec::new();
    // A reset is an end, too.
    drop(tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await);
    String::from_utf8_lossy(&answer).into_owned()
}

async fn assert_served(app: &TestApp, client: u8) {
    let since = Instant::now();
    let answer = served(app, client).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer:?}");
    assert!(since.elapsed() < PROMPTLY, "{:?}", since.elapsed());
}

/// A shop with a large file.
async fn with_large_file(flags: &[&str]) -> TestApp {
    TestApp::build(flags, async |folder: &Path, _: &TestDatabase| {
        let media = folder.join("site/media");
        std::fs::create_dir_all(&media).expect("folder");
        std::fs::write(media.join("large.png"), vec![7; LARGE]).expect("file");
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_takes_the_place_of_who_rests_however_many_addresses_hold_all() {
    for (addresses, each, flags) in [
        (
            2,
            20,
            ["--connections-max", "40", "--connections-per-address", "20"].as_slice(),
        ),
        (8, 5, &["--connections-max", "40"]),
        (100, 1, &["--connections-max", "100"]),
    ] {
        let app = TestApp::start_with(flags).await;
        let mut held = Vec::new();
        for client in (0..addresses).flat_map(|address| std::iter::repeat_n(100 + address, each)) {
            held.push(dial(&app, client).await);
        }
        for stream in &mut held {
            ask(stream).await;
        }
        for _ in 0..10 {
            assert_served(&app, 2).await;
        }
        // One after the other, not all at once.
        let mut closed = 0;
        for stream in &mut held {
            closed += usize::from(is_closed_now(stream));
        }
        assert!(
            closed <= 20,
            "{addresses} addresses: {closed} were closed for ten newcomers"
        );
    }
}

fn is_closed_now(stream: &mut TcpStream) -> bool {
    match stream.try_read(&mut [0]) {
        Ok(read) => read == 0,
        Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_clients_and_slow_heads_make_room_as_well() {
    let app =
        TestApp::start_with(&["--connections-max", "4", "--connections-per-address", "2"]).await;
    let mut held = Vec::new();
    for client in [3, 3, 4, 4] {
        held.push(dial(&app, client).await);
    }
    for stream in &mut held[1..3] {
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ")
            .await
            .expect("sent");
    }
    for _ in 0..4 {
        assert_served(&app, 2).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_most_makes_room_first_and_there_who_rests_longest() {
    let app =
        TestApp::start_with(&["--connections-max", "5", "--connections-per-address", "4"]).await;
    let mut patient = dial(&app, 3).await;
    ask(&mut patient).await;
    let mut greedy = Vec::new();
    for _ in 0..4 {
        let mut stream = dial(&app, 4).await;
        ask(&mut stream).await;
        greedy.push(stream);
    }
    // The first of them is the one that rests shortest now.
    ask(&mut greedy[0]).await;
    assert_served(&app, 2).await;
    assert!(is_closed(&mut greedy[1]).await);
    ask(&mut greedy[0]).await;
    ask(&mut patient).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_in_flight_is_never_cut_for_a_newcomer() {
    let app =
        TestApp::start_with(&["--connections-max", "4", "--connections-per-address", "4"]).await;
    let student = gather(&app.database, 1).await.remove(0);
    let sale = app.open_sale(1).await.0;
    let other = app.database.hold().await;
    let mut click = dial(&app, 3).await;
    let (body, cookie) = (format!("{{\"sale\":{sale}}}"), student.cookie());
    let fields = format!(
        "host: x\r\nconnection: close\r\ncookie: {cookie}\r\ncontent-type: application/json\r\ncontent-length: {}",
        body.len()
    );
    click
        .write_all(
            format!("POST /api/v1/user/sckill/ HTTP/1.1\r\n{fields}\r\n\r\n{body}").as_bytes(),
        )
        .await
        .expect("sent");
    let mut held = [
        dial(&app, 3).await,
        dial(&app, 3).await,
        dial(&app, 3).await,
    ];
    for stream in &mut held {
        ask(stream).await;
    }
    for _ in 0..8 {
        assert_served(&app, 2).await;
    }
    other.release().await;
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, click.read_to_string(&mut answer))
        .await
        .expect("in time")
        .expect("an answer");
    assert!(
        answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.1 503"),
        "{answer:?}"
    );
}

/// The head of an answer whose body is read, too.
async fn head(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    loop {
        let read = tokio::time::timeout(PATIENCE, stream.read_buf(&mut answer))
            .await
            .expect("an answer in time")
            .expect("an answer");
        assert!(
            read > 0,
            "it was cut: {:?}",
            String::from_utf8_lossy(&answer)
        );
        let text = String::from_utf8_lossy(&answer).to_lowercase();
        let Some((head, _)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.split("\r\n").next())
            .expect("a length");
        if answer.len() == head.len() + 4 + length.parse::<usize>().expect("a number") {
            return head.to_owned();
        }
    }
}

/// Three students click at the same time, and the database takes nothing: no connection rests or
/// stalls until they are answered.
#[tokio::test(flavor = "multi_thread")]
async fn while_all_are_busy_a_newcomer_waits_and_one_is_closed_after_its_answer() {
    let app =
        TestApp::start_with(&["--connections-max", "3", "--connections-per-address", "3"]).await;
    let (students, sale) = (gather(&app.database, 3).await, app.open_sale(3).await.0);
    let mut busy = [
        dial(&app, 3).await,
        dial(&app, 3).await,
        dial(&app, 3).await,
    ];
    for (stream, student) in busy.iter_mut().zip(&students) {
        // Sessions are read while the database is free.
        let fields = format!("host: x\r\ncookie: {}", student.cookie());
        stream
            .write_all(format!("GET /api/v1/user/me/ HTTP/1.1\r\n{fields}\r\n\r\n").as_bytes())
            .await
            .expect("sent");
        assert!(head(stream).await.starts_with("http/1.1 200"));
    }
    let other = app.database.hold().await;
    let body = format!("{{\"sale\":{sale}}}");
    for (stream, student) in busy.iter_mut().zip(&students) {
        let fields = format!(
            "host: x\r\ncookie: {}\r\ncontent-type: application/json",
            student.cookie()
        );
        let click = format!(
            "POST /api/v1/user/sckill/ HTTP/1.1\r\n{fields}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(click.as_bytes()).await.expect("sent");
    }
    // Let the shop read the clicks before somebody knocks.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let newcomer = served(&app, 2);
    let heads = futures::future::join_all(busy.iter_mut().map(head));
    let (newcomer, heads) = tokio::join!(newcomer, heads);
    assert!(newcomer.starts_with("HTTP/1.1 200"), "{newcomer:?}");
    assert!(
        heads
            .iter()
            .all(|head| head.starts_with("http/1.1 200") || head.starts_with("http/1.1 503")),
        "{heads:?}"
    );
    let closed = heads
        .iter()
        .filter(|head| head.contains("connection: close"))
        .count();
    assert_eq!(closed, 1, "one for one newcomer: {heads:?}");
    other.release().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_an_answer_is_dropped() {
    let app = with_large_file(&[
        "--unread-timeout-s",
        "1",
        "--connections-max",
        "8",
        "--connections-per-address",
        "8",
    ])
    .await;
    let mut deaf = Vec::new();
    for _ in 0..8 {
        let mut stream = dial(&app, 3).await;
        stream
            .write_all(&LARGE_FILE.repeat(40))
            .await
            .expect("sent");
        deaf.push(stream);
    }
    for stream in &deaf {
        app.eventually("it is dropped", async || {
            stream.take_error().is_ok_and(|error| error.is_some())
        })
        .await;
    }
    assert_served(&app, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stalls_makes_room_when_nobody_rests() {
    let app = with_large_file(&[
        "--unread-timeout-s",
        "300",
        "--connections-max",
        "3",
        "--connections-per-address",
        "3",
    ])
    .await;
    let mut deaf = [
        dial(&app, 3).await,
        dial(&app, 3).await,
        dial(&app, 3).await,
    ];
    for stream in &mut deaf {
        stream
            .write_all(&LARGE_FILE.repeat(40))
            .await
            .expect("sent");
    }
    app.eventually("a newcomer is served", async || {
        served(&app, 2).await.starts_with("HTTP/1.1 200")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_drips_is_a_stall() {
    let app = TestApp::start_with(&[
        "--connections-max",
        "2",
        "--connections-per-address",
        "2",
        "--request-timeout-s",
        "300",
    ])
    .await;
    let mut dripping = [dial(&app, 3).await, dial(&app, 3).await];
    for stream in &mut dripping {
        stream.write_all(HALF).await.expect("sent");
    }
    let drip = async {
        loop {
            for stream in &mut dripping {
                // One of them is closed in the end.
                drop(stream.write_all(b" ").await);
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    };
    let newcomer = app.eventually("a newcomer is served", async || {
        served(&app, 2).await.starts_with("HTTP/1.1 200")
    });
    tokio::select! {
        () = newcomer => {}
        () = drip => {}
    }
}

/// How many connections of this port the system still has that the shop has closed, and whose
/// client has not read everything (`FIN-WAIT-1`, state 4 of /proc/net/tcp).
fn unread_after_their_end(port: u16) -> usize {
    let table = std::fs::read_to_string("/proc/net/tcp").expect("Linux");
    let local = format!(":{port:04X}");
    table
        .lines()
        .filter(|line| {
            line.split_whitespace()
                .nth(1)
                .is_some_and(|at| at.ends_with(&local))
                && line.contains(" 04 ")
        })
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_does_not_read_does_not_outlive_its_connection_for_long() {
    /// Bytes that fit into the shop's buffer, and not into the client's.
    const MEDIUM: usize = 32 << 10;
    let app = TestApp::build(
        &["--unread-timeout-s", "1"],
        async |folder: &Path, _: &TestDatabase| {
            let media = folder.join("site/media");
            std::fs::create_dir_all(&media).expect("folder");
            std::fs::write(media.join("medium.png"), vec![7; MEDIUM]).expect("file");
        },
    )
    .await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket
        .set_recv_buffer_size(4 << 10)
        .expect("a small buffer");
    let mut deaf = socket
        .connect(app.running.address)
        .await
        .expect("a connection");
    deaf.write_all(b"GET /media/medium.png HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .expect("sent");
    let port = app.running.address.port();
    app.eventually("the shop is done with it", async || {
        unread_after_their_end(port) == 1
    })
    .await;
    app.eventually("the system is, too", async || {
        unread_after_their_end(port) == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_that_reads_is_heard_out() {
    /// Bytes that the client takes in a quarter of a second: what a phone has on a bad day.
    const PIECE: usize = LARGE / 32;
    let app = with_large_file(&["--unread-timeout-s", "2", "--head-timeout-s", "2"]).await;
    let mut slow = dial(&app, 3).await;
    slow.write_all(LARGE_FILE).await.expect("sent");
    let (since, mut read, mut piece) = (Instant::now(), 0, vec![0; PIECE]);
    while read < LARGE {
        let took = tokio::time::timeout(PATIENCE, slow.read_exact(&mut piece))
            .await
            .expect("in time")
            .expect("the rest of the answer");
        read += took;
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert!(
        since.elapsed() > Duration::from_secs(5),
        "slower than every limit"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_an_eighth_of_all_connections() {
    let app = TestApp::start_with(&["--connections-max", "24", "--request-timeout-s", "4"]).await;
    let mut busy = [
        dial(&app, 3).await,
        dial(&app, 3).await,
        dial(&app, 3).await,
    ];
    for stream in &mut busy {
        stream.write_all(HALF).await.expect("sent");
    }
    // Let the shop read the heads before the fourth one knocks.
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(served(&app, 3).await, "", "the fourth is closed at once");
    assert_served(&app, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_half_requests_holds_no_more_than_its_address_may() {
    const SHARE: usize = 8;
    const BURST: usize = 80;
    let app =
        TestApp::start_with(&["--connections-max", "64", "--connections-per-address", "8"]).await;
    let mut burst = Vec::with_capacity(BURST);
    for _ in 0..BURST {
        let mut stream = dial(&app, 3).await;
        // Those beyond the share are closed meanwhile.
        drop(stream.write_all(HALF).await);
        burst.push(stream);
    }
    assert_served(&app, 2).await;
    let closed = futures::future::join_all(burst.iter_mut().map(is_closed)).await;
    let held = closed.into_iter().filter(|is_closed| !is_closed).count();
    // One that is told to go while its request arrives stays until that is answered, and counts
    // meanwhile.
    assert!(
        held <= 2 * SHARE,
        "{held} connections of an address that may hold {SHARE}"
    );
}
