//! Two instances behind nginx as it is shipped, while PostgreSQL is away, while Redis is, while one
//! of the instances is: what an instance promises holds for who comes through nginx, too. Needs a
//! database that processes can share, and so PostgreSQL.

use crate::{
    app::{TestApp, client, fill},
    crash::open_sale,
    crowd::{ShopClient, Student, gather},
    database::TestDatabase,
    nginx::Nginx,
    postgres,
    process::{Server, free_address},
    redis::RedisServer,
};
use qiangke::server::{boot, store::Store};
use reqwest::{Client, StatusCode, header};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Requests of each kind while something is away, at least.
const REQUESTS: usize = 60;
/// Clicks that are refused meanwhile: enough for nginx to give up every instance, were it to count
/// them.
const CLICKS: usize = 12;
/// How long a click waits that can't be recorded (G11).
const REFUSED_WITHIN: Duration = Duration::from_secs(1);
/// Pages that everybody asks for.
const PAGES: [&str; 4] = ["/", "/courses", "/courses/1", "/en/courses?page=1"];

/// Two instances, what they share, and nginx before them. What is dropped first stands first.
struct House {
    nginx: Nginx,
    servers: Vec<Server>,
    redis: RedisServer,
    store: Store,
    database: TestDatabase,
    postgres: postgres::Server,
    _folder: TempDir,
}

impl House {
    async fn open(name: &str) -> Self {
        let postgres = postgres::Server::start(name);
        let folder = tempfile::tempdir().expect("a folder");
        TestApp::make_site(folder.path());
        let database = TestDatabase::database(&postgres.url, folder.path()).await;
        fill(&database).await;
        let store = boot::open_store(&database.url).await.expect("open");
        let redis = RedisServer::start();
        let mut servers = Vec::new();
        for _ in 0..2 {
            servers.push(
                Server::start_at(
                    free_address(),
                    folder.path(),
                    &database,
                    &["--redis-url", &redis.url()],
                )
                .await,
            );
        }
        let nginx = Nginx::start(
            "nginx.conf",
            &servers
                .iter()
                .map(|server| server.address)
                .collect::<Vec<_>>(),
        );
        Self {
            nginx,
            servers,
            redis,
            store,
            database,
            postgres,
            _folder: folder,
        }
    }

    /// A student with a ticket that is decided, as each instance knows.
    async fn winner(&self, student: &Student, sale: i64) -> String {
        let ticket = ShopClient::to(self.nginx.address())
            .click_until_heard(student, sale, "key")
            .await;
        for server in &self.servers {
            let shop_client = ShopClient::to(server.address);
            shop_client.outcome(student, &ticket).await;
            for page in PAGES {
                let answer = shop_client
                    .client
                    .get(format!("http://{}{page}", server.address))
                    .send()
                    .await
                    .expect("an answer");
                assert_eq!(answer.status(), StatusCode::OK, "{page}");
            }
        }
        ticket
    }

    /// Asks for pages, and for a ticket, many times and until `enough`: none may fail.
    async fn assert_reads(
        &self,
        when: &str,
        student: &Student,
        ticket: &str,
        enough: impl Fn() -> bool,
    ) {
        let client = patient();
        for number in 0.. {
            if number >= REQUESTS && enough() {
                return;
            }
            let poll = format!("/api/v1/user/sckill/?task_id={ticket}");
            for path in [PAGES[number % PAGES.len()], &poll] {
                let url = format!("http://{}{path}", self.nginx.address());
                let answer = client
                    .get(url)
                    .header(header::COOKIE, student.cookie())
                    .send()
                    .await
                    .expect("an answer");
                let status = answer.status();
                assert_eq!(
                    status,
                    StatusCode::OK,
                    "{when}, request {number}: {path}: {}",
                    answer.text().await.expect("a body")
                );
            }
        }
    }

    /// A student who has no ticket, and clicks until told to stop; each refusal is counted.
    fn clicks(
        &self,
        student: &Student,
        sale: i64,
        refused: &Arc<AtomicUsize>,
        stop: &CancellationToken,
    ) -> JoinHandle<()> {
        let (url, student) = (
            format!("http://{}/api/v1/user/sckill/", self.nginx.address()),
            student.clone(),
        );
        let (refused, stop, client) = (Arc::clone(refused), stop.clone(), patient());
        tokio::spawn(async move {
            while !stop.is_cancelled() {
                let since = Instant::now();
                let click = client
                    .post(&url)
                    .header(header::COOKIE, student.cookie())
                    .json(&json!({"sale": sale}));
                let status = click.send().await.expect("an answer").status();
                let waited = since.elapsed();
                assert!(
                    matches!(status.as_u16(), 429 | 503) && waited < 2 * REFUSED_WITHIN,
                    "{status} after {waited:?}"
                );
                refused.fetch_add(1, Ordering::Relaxed);
            }
        })
    }
}

/// A client with a new connection for each request, so that every worker of nginx has its share of
/// them.
fn patient() -> Client {
    client()
        .pool_max_idle_per_host(0)
        .build()
        .expect("a client")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_clicks_while_the_database_is_away_takes_no_page_from_others() {
    let house = House::open("behind-nginx").await;
    let crowd = gather(&house.database, 3).await;
    let sale = open_sale(&house.store).await;
    let ticket = house.winner(&crowd[0], sale).await;

    house.postgres.crash();
    house
        .assert_reads("nobody clicks", &crowd[0], &ticket, || true)
        .await;
    let (refused, stop) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
    let clicks = [&crowd[1], &crowd[2]].map(|student| house.clicks(student, sale, &refused, &stop));
    house
        .assert_reads("two students click", &crowd[0], &ticket, || {
            refused.load(Ordering::Relaxed) >= CLICKS || clicks[0].is_finished()
        })
        .await;
    stop.cancel();
    for student in clicks {
        student.await.expect("every click was refused in time");
    }

    house.postgres.again();
    let shop_client = ShopClient::to(house.nginx.address());
    let late = shop_client.click_until_heard(&crowd[1], sale, "late").await;
    shop_client.outcome(&crowd[1], &late).await;
    house.database.decided().await;
    assert_eq!(house.store.audit().await.expect("audit"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_and_an_instance_may_go_away_behind_nginx() {
    let mut house = House::open("behind-nginx-too").await;
    let crowd = gather(&house.database, 24).await;
    let sale = open_sale(&house.store).await;
    let ticket = house.winner(&crowd[0], sale).await;
    let shop_client = ShopClient::to(house.nginx.address());

    house.redis.stop();
    house
        .assert_reads("Redis is away", &crowd[0], &ticket, || true)
        .await;
    shop_client.click_until_heard(&crowd[1], sale, "key").await;
    house.redis.resume();

    house.servers[0].kill();
    house
        .assert_reads("an instance was killed", &crowd[0], &ticket, || true)
        .await;
    for student in &crowd[2..] {
        // One try each.
        shop_client
            .click(student, sale, Some("key"))
            .await
            .unwrap_or_else(|| panic!("the click of student {} failed", student.id));
    }
    house.database.decided().await;
    assert_eq!(house.store.audit().await.expect("audit"), []);
}
