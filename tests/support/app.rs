//! A shop for one test: a random port, a folder of its own, a clock that the test moves, and an
//! outbox to read.

use crate::{
    database::{TestDatabase, setting},
    http::{client, metrics},
    redis::RedisServer,
    setup::{config, fill, make_site},
    time::TestTime,
};
use qiangke::{
    server::{
        self, Overrides, Running,
        boot::mock::MockChoice,
        config::{Role, Serve},
        jobs,
        sms::{Sms, memory::MemoryOutbox},
        store::{NewSale, Store},
    },
    types::{
        ids::{CourseId, SaleId},
        money::Fen,
        sale::HOLD_S,
        time::Millis,
    },
};
use reqwest::{Client, Response, StatusCode, header};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::sync::Mutex;

/// 2026-11-22 12:00 UTC.
pub const NOON: Millis = Millis(1_795_348_800_000);
/// How long a test waits for what the shop does on its own.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running shop.
pub struct TestApp {
    pub running: Running,
    pub outbox: MemoryOutbox,
    pub database: TestDatabase,
    /// The Redis that this shop brought with it.
    _redis: Option<RedisServer>,
    /// Held while jobs are drained: who finds none left knows that none is half done.
    draining: Arc<Mutex<()>>,
    flags: Vec<String>,
    /// Held until the end, then it goes.
    folder: Arc<TempDir>,
    pub time: TestTime,
}

impl TestApp {
    /// A shop with the seed's courses and banners.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same with other settings, as flags.
    pub async fn start_with(flags: &[&str]) -> Self {
        Self::build(flags, async |_, _| {}).await
    }

    /// The same with a folder and a database that were tampered with before the start.
    pub async fn build(flags: &[&str], tamper: impl AsyncFnOnce(&Path, &TestDatabase)) -> Self {
        Self::make(flags, false, tamper).await
    }

    /// A shop that may share its database of PostgreSQL with others, although its queue knows
    /// nothing of theirs.
    pub async fn start_unlocked() -> Self {
        Self::make(&[], true, async |_, _| {}).await
    }

    async fn make(
        flags: &[&str],
        is_unlocked: bool,
        tamper: impl AsyncFnOnce(&Path, &TestDatabase),
    ) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = TestDatabase::new(folder.path()).await;
        make_site(folder.path());
        fill(&database).await;
        tamper(folder.path(), &database).await;
        let brings_redis = wants_redis() && !flags.contains(&"--redis-url");
        let redis = brings_redis.then(RedisServer::start);
        let url = redis.as_ref().map(RedisServer::url);
        let flags: Vec<_> = flags
            .iter()
            .copied()
            .chain(url.iter().flat_map(|url| ["--redis-url", url]))
            .collect();
        let shop = Self::open(folder, database, &flags, is_unlocked, true).await;
        Self {
            _redis: redis,
            ..shop
        }
    }

    /// A shop with a worker, which runs durable jobs on its own; in every other shop they wait for
    /// [`Self::drain_jobs`].
    pub async fn start_with_worker() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = TestDatabase::new(folder.path()).await;
        make_site(folder.path());
        fill(&database).await;
        Self::open(folder, database, &[], false, false).await
    }

    /// A shop with a database that is filled.
    pub async fn with(database: &TestDatabase) -> Self {
        Self::serve(database, false).await
    }

    /// The same, as [`Self::start_unlocked`].
    pub async fn with_unlocked(database: &TestDatabase) -> Self {
        Self::serve(database, true).await
    }

    async fn serve(database: &TestDatabase, is_unlocked: bool) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        make_site(folder.path());
        Self::open(folder, database.clone(), &[], is_unlocked, true).await
    }

    async fn open(
        folder: TempDir,
        database: TestDatabase,
        flags: &[&str],
        instances_unlocked: bool,
        drains_jobs: bool,
    ) -> Self {
        let config = config(folder.path(), &database, flags);
        let (time, outbox) = (TestTime::at(NOON), MemoryOutbox::default());
        let overrides = Overrides {
            instances_unlocked,
            drains_jobs,
            ..overrides(&config, &time, &outbox)
        };
        let running = start(config.role(), config, overrides).await;
        let flags = flags.iter().map(|&flag| flag.to_owned()).collect();
        Self {
            running,
            outbox,
            database,
            _redis: None,
            draining: Arc::default(),
            flags,
            folder: Arc::new(folder),
            time,
        }
    }

    /// A shop that is ready to have siblings.
    pub async fn start_shared(redis: &RedisServer) -> Self {
        Self::start_with(&["--redis-url", &redis.url()]).await
    }

    /// Another instance of this shop, on another port.
    pub async fn sibling(&self, role: Role) -> Self {
        self.sibling_with(role, self.flags.clone()).await
    }

    /// The same, with a Redis that the others do not share.
    pub async fn sibling_apart(&self, role: Role, redis: &RedisServer) -> Self {
        let mut flags = self.flags.clone();
        let url = flags
            .iter()
            .position(|flag| flag == "--redis-url")
            .expect("a shop with Redis")
            + 1;
        flags[url] = redis.url();
        self.sibling_with(role, flags).await
    }

    async fn sibling_with(&self, role: Role, flags: Vec<String>) -> Self {
        let config = config(
            self.folder.path(),
            &self.database,
            &flags.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        let overrides = overrides(&config, &self.time, &self.outbox);
        let running = start(role, config, overrides).await;
        Self {
            running,
            outbox: self.outbox.clone(),
            database: self.database.clone(),
            _redis: None,
            draining: Arc::clone(&self.draining),
            flags,
            folder: Arc::clone(&self.folder),
            time: self.time.clone(),
        }
    }

    /// This shop, started anew with more flags.
    pub async fn restart_with(self, flags: &[&str]) -> Self {
        self.running.stop().await.expect("stop");
        let all: Vec<_> = self
            .flags
            .iter()
            .map(String::as_str)
            .chain(flags.iter().copied())
            .collect();
        let config = config(self.folder.path(), &self.database, &all);
        let role = config.role();
        let overrides = overrides(&config, &self.time, &self.outbox);
        let running = start(role, config, overrides).await;
        Self { running, ..self }
    }

    pub fn store(&self) -> &Store {
        &self.running.app.store
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address)
    }

    pub fn now(&self) -> Millis {
        self.time.now()
    }

    /// Moves the shop's clock.
    pub fn pass(&self, ms: i64) {
        self.time.pass(ms);
    }

    /// A sale of the second course, open now for an hour.
    pub async fn open_sale(&self, stock: i64) -> SaleId {
        self.sale(stock, self.now(), self.now().plus(3_600_000))
            .await
    }

    /// A sale of the second course, known to the running shop.
    pub async fn sale(&self, stock: i64, opens_at: Millis, closes_at: Millis) -> SaleId {
        let sale = NewSale {
            course: CourseId(2),
            price: Fen(990),
            stock,
            opens_at,
            closes_at,
            hold_s: HOLD_S,
        };
        let id = self
            .store()
            .create_sale(&sale, self.now())
            .await
            .expect("create")
            .expect("the course is there");
        self.eventually("the sale is known", async || {
            self.running.app.sale(id.0).is_ok()
        })
        .await;
        id
    }

    /// Waits until something holds that the shop does on its own.
    pub async fn eventually(&self, what: &str, holds: impl AsyncFn() -> bool) {
        self.within(PATIENCE, what, holds).await;
    }

    /// The same, for as long as this.
    pub async fn within(&self, patience: Duration, what: &str, holds: impl AsyncFn() -> bool) {
        let asked = tokio::time::timeout(patience, async {
            while !holds().await {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        assert!(asked.await.is_ok(), "not in time: {what}");
    }

    /// A browser that nobody signed in with.
    pub fn visitor(&self) -> Visitor<'_> {
        let client = client()
            .redirect(reqwest::redirect::Policy::none())
            .cookie_store(true)
            .build()
            .expect("client");
        Visitor { app: self, client }
    }

    /// A browser that signed in with this mobile, through the interface.
    pub async fn student(&self, mobile: &str) -> Visitor<'_> {
        let visitor = self.visitor();
        visitor.sign_in(mobile).await;
        visitor
    }

    /// Runs every durable job that is due to its end.
    pub async fn drain_jobs(&self) {
        let _draining = self.draining.lock().await;
        jobs::drain(&self.running.app)
            .await
            .expect("the jobs are run");
    }

    /// The code that was sent last to a mobile, which got `count` of them at least.
    pub async fn code_for(&self, mobile: &str, count: usize) -> String {
        self.drain_jobs().await;
        let sent = self.outbox.sent();
        let codes: Vec<_> = sent
            .iter()
            .filter(|sent| sent.mobile.digits() == mobile)
            .map(|sent| sent.code.digits())
            .collect();
        assert!(codes.len() >= count, "{mobile} got {} codes", codes.len());
        codes.last().map(|&code| code.to_owned()).expect("a code")
    }

    /// What its metrics count under this name, by the label's value.
    pub async fn counted(&self, name: &str) -> BTreeMap<String, u64> {
        let text = metrics(self.running.metrics_address).await;
        let count = |line: &str| {
            let (_, rest) = line
                .strip_prefix(name)?
                .strip_prefix('{')?
                .split_once("=\"")?;
            let (value, count) = rest.split_once("\"} ")?;
            Some((value.to_owned(), count.parse().expect("a count")))
        };
        text.lines().filter_map(count).collect()
    }

    pub async fn assert_audit(&self) {
        assert_eq!(self.store().audit().await.expect("audit"), []);
    }
}

/// A client with cookies of its own.
pub struct Visitor<'a> {
    pub app: &'a TestApp,
    pub client: Client,
}

impl Visitor<'_> {
    pub async fn get(&self, path: &str) -> Response {
        self.client
            .get(self.app.url(path))
            .send()
            .await
            .expect("an answer")
    }

    /// A GET of the interface.
    pub async fn read(&self, path: &str) -> (StatusCode, Value) {
        let answer = self.get(&format!("/api/v1/{path}")).await;
        (answer.status(), answer.json().await.expect("JSON"))
    }

    /// A POST of JSON to the interface.
    pub async fn write(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let answer = self
            .client
            .post(self.app.url(&format!("/api/v1/{path}")))
            .json(&body)
            .send()
            .await
            .expect("an answer");
        (answer.status(), answer.json().await.expect("JSON"))
    }

    /// A form that a browser without JavaScript sends; gives where it is led to. Those of signing
    /// in stand on a page of their own.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> String {
        if path.contains("_sms/") {
            self.get("/sign-in").await;
        }
        let request = self
            .client
            .post(self.app.url(path))
            .header(header::ACCEPT, "text/html,*/*;q=0.8")
            .form(fields);
        let answer = request.send().await.expect("an answer");
        assert_eq!(
            answer.status(),
            StatusCode::SEE_OTHER,
            "{}",
            answer.text().await.expect("a body")
        );
        answer.headers()[header::LOCATION]
            .to_str()
            .expect("ASCII")
            .to_owned()
    }

    pub async fn sign_in(&self, mobile: &str) {
        let before = self
            .app
            .outbox
            .sent()
            .iter()
            .filter(|sent| sent.mobile.digits() == mobile)
            .count();
        let (status, answer) = self
            .write("user/send_sms/", json!({"mobile": mobile}))
            .await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let code = self.app.code_for(mobile, before + 1).await;
        let (status, answer) = self
            .write("user/login_sms/", json!({"mobile": mobile, "code": code}))
            .await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }

    /// Clicks, and gives the ticket.
    pub async fn click(&self, sale: SaleId) -> String {
        let (status, answer) = self.write("user/sckill/", json!({"sale": sale.0})).await;
        assert_eq!(
            (status, &answer["code"]),
            (StatusCode::OK, &json!(100)),
            "{answer}"
        );
        answer["task_id"].as_str().expect("task_id").to_owned()
    }

    pub async fn poll(&self, task_id: &str) -> Value {
        let (status, answer) = self.read(&format!("user/sckill/?task_id={task_id}")).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// Polls until the ticket is decided.
    pub async fn outcome(&self, task_id: &str) -> Value {
        self.app
            .eventually("the ticket is decided", async || {
                matches!(self.poll(task_id).await["code"].as_u64(), Some(100 | 101))
            })
            .await;
        self.poll(task_id).await
    }
}

async fn start(role: Role, config: Serve, overrides: Overrides) -> Running {
    let overrides = Overrides {
        shares_file: config.redis_url.is_some(),
        ..overrides
    };
    // Its settings alone are kilobytes.
    Box::pin(server::start_as(role, config, overrides))
        .await
        .expect("start")
}

/// A shop whose time and SMS are the test's, and whose jobs wait for the test. Unless its settings
/// name a mock gateway, it runs one itself.
fn overrides(config: &Serve, time: &TestTime, outbox: &MemoryOutbox) -> Overrides {
    let names_gateway = config.payment.mock_gateway_url.is_some();
    Overrides {
        clock: time.clock(),
        sms: Some(Sms::Memory(outbox.clone())),
        gateway: (!names_gateway).then_some(MockChoice::Own),
        drains_jobs: true,
        ..Overrides::default()
    }
}

/// Whether every shop is to bring a Redis.
fn wants_redis() -> bool {
    setting("QIANGKE_TEST_REDIS").is_some()
}
