//! What a request may cost, counted and not timed: allocations on the server's thread, and
//! statements of SQL.

use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};
use support::{
    app::TestApp,
    crowd::{ShopClient, gather},
    redis::RedisServer,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Runtime,
};
use tracing_subscriber::{Layer, filter::filter_fn, layer::SubscriberExt};

/// Requests of a measurement.
const REQUESTS: u64 = 100;
/// Measurements, of which the least counts: the shop's jobs run on the same thread.
const ROUNDS: usize = 3;
/// Bytes of an answer at most.
const ANSWER_MAX: usize = 65_536;

static STATEMENTS: AtomicU64 = AtomicU64::new(0);

/// Counts what the driver of the database logs: each statement once.
struct Statements;

impl<S: tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, _: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        STATEMENTS.fetch_add(1, Ordering::Relaxed);
    }
}

/// A shop whose server runs on the test's own thread.
struct Scale {
    runtime: Runtime,
    app: TestApp,
}

impl Scale {
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(flags: &[&str]) -> Self {
        let statements = Statements.with_filter(filter_fn(|event| event.target() == "sqlx::query"));
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(statements))
            .expect("the only test of its process");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let app = runtime.block_on(TestApp::start_with(
            &[&["--clicks-per-s", "1000"], flags].concat(),
        ));
        Self { runtime, app }
    }

    /// Allocations and statements of one such request, once the shop is warm; its answer must start
    /// so.
    fn weigh(&self, request: &str, status: &str) -> (u64, u64) {
        let request = request.replace("\r\n\r\n", "\r\nhost: shop\r\n\r\n");
        let mut stream = self
            .runtime
            .block_on(TcpStream::connect(self.app.running.address))
            .expect("a connection");
        let mut answer = vec![0; ANSWER_MAX];
        let mut round = || {
            let before = STATEMENTS.load(Ordering::Relaxed);
            let counted = allocation_counter::measure(|| {
                self.runtime.block_on(async {
                    for _ in 0..REQUESTS {
                        stream.write_all(request.as_bytes()).await.expect("sent");
                        exchange(&mut stream, &mut answer, status).await;
                    }
                });
            });
            (
                counted.count_total / REQUESTS,
                (STATEMENTS.load(Ordering::Relaxed) - before) / REQUESTS,
            )
        };
        round();
        let rounds: Vec<_> = (0..ROUNDS).map(|_| round()).collect();
        let least =
            |part: fn(&(u64, u64)) -> u64| rounds.iter().map(part).min().unwrap_or_default();
        (least(|round| round.0), least(|round| round.1))
    }
}

/// Reads one answer without an allocation.
async fn exchange(stream: &mut TcpStream, answer: &mut [u8], status: &str) {
    let mut have = 0;
    loop {
        have += stream.read(&mut answer[have..]).await.expect("read");
        let Some(head) = answer[..have].windows(4).position(|end| end == b"\r\n\r\n") else {
            continue;
        };
        let text = std::str::from_utf8(&answer[..head]).expect("a head");
        assert!(text.starts_with(status), "{text}");
        let length = text
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.split("\r\n").next())
            .map_or(0, |n| n.parse().expect("a length"));
        let length = if status.contains("304") { 0 } else { length };
        if have == head + 4 + length {
            return;
        }
    }
}

#[test]
fn the_paths_of_a_rush_cost_no_statement_and_few_allocations() {
    let scale = Scale::new();
    let (cookie, sold_out, held, task, foreign) = scale.runtime.block_on(async {
        let app = &scale.app;
        let crowd = gather(&app.database, 2).await;
        let (out, held) = (app.open_sale(1).await, app.open_sale(5).await);
        let shop_client = ShopClient::to(app.running.address);
        let first = shop_client
            .click(&crowd[1], out.0, None)
            .await
            .expect("a ticket");
        assert_eq!(shop_client.outcome(&crowd[1], &first).await["code"], 100);
        let task = shop_client
            .click(&crowd[0], held.0, None)
            .await
            .expect("a ticket");
        assert_eq!(shop_client.outcome(&crowd[0], &task).await["code"], 100);
        (crowd[0].cookie().to_owned(), out, held, task, first)
    });
    let click = |sale: i64| {
        let body = format!("{{\"sale\":{sale}}}");
        format!(
            "POST /api/v1/user/sckill/ HTTP/1.1\r\ncookie: {cookie}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let get = |target: &str| {
        format!("GET {target} HTTP/1.1\r\naccept-encoding: br\r\ncookie: {cookie}\r\n\r\n")
    };
    let known = "GET / HTTP/1.1\r\nif-none-match: *\r\n\r\n".to_owned();
    let forged = task.replacen(|_| true, if task.starts_with('B') { "A" } else { "B" }, 1);
    // What each took when it was measured, and one or two more.
    let limits = [
        (
            "a click that is sold out",
            click(sold_out.0),
            "HTTP/1.1 200",
            20,
        ),
        (
            "a click that has its ticket",
            click(held.0),
            "HTTP/1.1 200",
            21,
        ),
        (
            "a poll",
            get(&format!("/api/v1/user/sckill/?task_id={task}")),
            "HTTP/1.1 200",
            15,
        ),
        (
            "a poll of another's ticket",
            get(&format!("/api/v1/user/sckill/?task_id={foreign}")),
            "HTTP/1.1 403",
            18,
        ),
        (
            "a poll of a ticket that was cut",
            get(&format!("/api/v1/user/sckill/?task_id={}", &task[..40])),
            "HTTP/1.1 200",
            15,
        ),
        (
            "a poll of a ticket that was forged",
            get(&format!("/api/v1/user/sckill/?task_id={forged}")),
            "HTTP/1.1 200",
            15,
        ),
        ("a page", get("/"), "HTTP/1.1 200", 7),
        ("a page that is known", known, "HTTP/1.1 304", 8),
        ("a list", get("/api/v1/course/actual/"), "HTTP/1.1 200", 10),
    ];
    let mut over = Vec::new();
    for (what, request, status, most) in limits {
        let (allocations, statements) = scale.weigh(&request, status);
        println!("{what}: {allocations} allocations, {statements} statements");
        if allocations > most || statements > 0 {
            over.push((what, allocations, statements));
        }
    }
    assert!(over.is_empty(), "{over:?}");
}

/// What the page of a sale asks again and again, before the opening and after it, by students with
/// a ticket and without.
fn assert_looks_cost_no_statement(scale: &Scale) {
    let (visitors, sales) = scale.runtime.block_on(async {
        let app = &scale.app;
        let crowd = gather(&app.database, 2).await;
        let coming = app
            .sale(5, app.now().plus(60_000), app.now().plus(120_000))
            .await;
        let on = app.open_sale(5).await;
        let shop_client = ShopClient::to(app.running.address);
        let ticket = shop_client.click_until_heard(&crowd[0], on.0, "key").await;
        assert_eq!(shop_client.outcome(&crowd[0], &ticket).await["code"], 100);
        app.eventually("the desk is known", async || {
            app.running.app.queue.left(on) == Some(4)
        })
        .await;
        (crowd, [coming, on])
    });
    let mut over = Vec::new();
    for (number, visitor) in visitors.iter().enumerate() {
        for sale in sales {
            let request = format!(
                "GET /api/v1/sale/now/?id={sale} HTTP/1.1\r\ncookie: {}\r\n\r\n",
                visitor.cookie()
            );
            let (_, statements) = scale.weigh(&request, "HTTP/1.1 200");
            if statements > 0 {
                over.push((number, sale, statements));
            }
        }
    }
    assert!(over.is_empty(), "student, sale, statements: {over:?}");
}

#[test]
fn a_look_at_a_sale_costs_no_statement() {
    assert_looks_cost_no_statement(&Scale::new());
}

#[test]
fn a_look_at_a_sale_costs_no_statement_among_instances() {
    let redis = RedisServer::start();
    assert_looks_cost_no_statement(&Scale::with(&["--redis-url", &redis.url()]));
}

/// What every page asks for its header, and the page of a course.
#[test]
fn what_is_a_student_s_own_costs_one_read_and_a_visitor_none() {
    let scale = Scale::new();
    let student = scale
        .runtime
        .block_on(async { gather(&scale.app.database, 1).await });
    for path in ["/api/v1/user/me/", "/courses/1", "/en/courses/2"] {
        for (cookie, statements) in [(student[0].cookie(), 1), ("a=b", 0)] {
            let request = format!("GET {path} HTTP/1.1\r\ncookie: {cookie}\r\n\r\n");
            let (_, spent) = scale.weigh(&request, "HTTP/1.1 200");
            assert_eq!(spent, statements, "{path} {cookie}");
        }
    }
}

#[test]
fn clicks_that_come_together_share_their_statements() {
    const CROWD: i64 = 500;
    let scale = Scale::new();
    let spent = scale.runtime.block_on(async {
        let app = &scale.app;
        let crowd = gather(&app.database, CROWD).await;
        let on_sale = app.open_sale(CROWD).await;
        let shop_client = ShopClient::to(app.running.address);
        let me = async |student| {
            shop_client
                .client
                .get(app.url("/api/v1/user/me/"))
                .header("cookie", student)
                .send()
                .await
                .expect("an answer")
        };
        futures::future::join_all(crowd.iter().map(|student| me(student.cookie()))).await;
        let before = STATEMENTS.load(Ordering::Relaxed);
        let tickets = futures::future::join_all(
            crowd
                .iter()
                .map(|student| shop_client.click(student, on_sale.0, None)),
        )
        .await;
        app.database.decided().await;
        assert_eq!(tickets.iter().flatten().count(), crowd.len());
        let answer: Value = shop_client
            .poll(&crowd[0], tickets[0].as_ref().expect("a ticket"))
            .await
            .expect("an answer");
        assert_eq!(answer["code"], 100);
        STATEMENTS.load(Ordering::Relaxed) - before
    });
    println!("{CROWD} clicks: {spent} statements");
    assert!(
        spent < u64::try_from(CROWD).expect("a number") / 2,
        "{spent} statements for {CROWD} clicks"
    );
}

/// What strangers make the shop say no to must cost less than what they were refused.
#[test]
fn a_refused_code_costs_one_read_and_a_flood_of_them_none() {
    let scale = Scale::new();
    let post = |path: &str, body: &str| {
        format!(
            "POST /api/v1/user/{path}/ HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let ask = post("send_sms", r#"{"mobile":"13900000001"}"#);
    let guess = post("login_sms", r#"{"mobile":"13900000001","code":"000000"}"#);
    let mut stream = scale
        .runtime
        .block_on(TcpStream::connect(scale.app.running.address))
        .expect("a connection");
    let mut answer = vec![0; ANSWER_MAX];
    let mut spent = |request: &str, status: &str, times: u64| {
        let before = STATEMENTS.load(Ordering::Relaxed);
        scale.runtime.block_on(async {
            for _ in 0..times {
                stream.write_all(request.as_bytes()).await.expect("sent");
                exchange(&mut stream, &mut answer, status).await;
            }
        });
        // What the shop's jobs ask meanwhile is less than one for each request.
        (STATEMENTS.load(Ordering::Relaxed) - before) / times
    };
    assert!(
        spent(&ask, "HTTP/1.1 200", 1) > 5,
        "a code is read, counted, stored and queued"
    );
    assert_eq!(spent(&ask, "HTTP/1.1 429", 90), 1);
    spent(&ask, "HTTP/1.1 429", 20);
    assert_eq!(
        spent(&ask, "HTTP/1.1 429", 90),
        0,
        "the flood pays with work now"
    );
    assert_eq!(
        spent(&guess, "HTTP/1.1 400", 90),
        0,
        "whoever asked for no code has none to guess"
    );
}
