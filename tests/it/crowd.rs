//! Many students at once: signed in by rows of the record, since sending thousands of SMS proves nothing here.

use crate::app::client;
use reqwest::{Client, header};
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};
use std::{
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};
use tower_sessions::session::Id;

/// Sessions of a crowd end in 2100.
const FAR_FUTURE_MS: i64 = 4_102_444_800_000;

/// A student of a crowd: a cookie.
#[derive(Clone)]
pub struct Student {
    pub id: i64,
    cookie: String,
}

/// Writes students and their sessions into the record.
pub async fn gather(record: &Path, count: i64) -> Vec<Student> {
    let mut connection = connect(record).await;
    let mut tx = connection.begin().await.expect("begin");
    let mut crowd = Vec::new();
    for number in 0..count {
        let id: i64 = sqlx::query_scalar("insert into student (mobile, created_time) values ($1, 0) returning id")
            .bind(format!("199{number:08}"))
            .fetch_one(&mut *tx)
            .await
            .expect("a student");
        let session = Id::default().to_string();
        let data = json!({"me": {"id": id, "mobile": "199****0000"}}).to_string().into_bytes();
        sqlx::query("insert into session (id, data, expires_at) values ($1, $2, $3)")
            .bind(&session)
            .bind(data)
            .bind(FAR_FUTURE_MS)
            .execute(&mut *tx)
            .await
            .expect("a session");
        crowd.push(Student { id, cookie: format!("session={session}") });
    }
    tx.commit().await.expect("commit");
    crowd
}

/// A connection of the test's own to the record.
pub async fn connect(record: &Path) -> SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(record).busy_timeout(Duration::from_secs(10));
    SqliteConnection::connect_with(&options).await.expect("the record")
}

/// Students who hold an order of a sale.
pub async fn owners(record: &Path, sale: i64) -> Vec<i64> {
    let mut connection = connect(record).await;
    sqlx::query_scalar("select student_id from orders where sale_id = $1").bind(sale).fetch_all(&mut connection).await.expect("orders")
}

/// Tickets that are not decided.
pub async fn undecided(record: &Path) -> i64 {
    let mut connection = connect(record).await;
    sqlx::query_scalar("select count(*) from ticket where state = 0").fetch_one(&mut connection).await.expect("count")
}

/// Waits until every ticket is decided, those whose students never heard of them, too.
pub async fn decided(record: &Path) {
    /// How long after a fault's end an accepted ticket may wait (G6).
    const LIMIT: Duration = Duration::from_secs(10);
    let since = Instant::now();
    while undecided(record).await > 0 {
        assert!(since.elapsed() < LIMIT, "{} tickets are not decided", undecided(record).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A crowd's way to a shop.
#[derive(Clone)]
pub struct Street {
    pub client: Client,
    pub address: SocketAddr,
}

impl Street {
    pub fn to(address: SocketAddr) -> Self {
        Self { client: client().timeout(Duration::from_secs(20)).build().expect("client"), address }
    }

    /// A click; the ticket, if the shop answered with one.
    pub async fn click(&self, student: &Student, sale: i64, key: Option<&str>) -> Option<String> {
        let url = format!("http://{}/api/v1/user/sckill/", self.address);
        let request = self.client.post(url).header(header::COOKIE, &student.cookie).json(&json!({"sale": sale, "key": key}));
        let answer: Value = request.send().await.ok()?.json().await.ok()?;
        (answer["code"] == 100).then(|| answer["task_id"].as_str().expect("task_id").to_owned())
    }

    /// A click as a browser makes it: told to come back, it comes back with the same key.
    pub async fn click_until_heard(&self, student: &Student, sale: i64, key: &str) -> String {
        /// Clicks of one student at most.
        const CLICKS_MAX: u32 = 50;
        for _ in 0..CLICKS_MAX {
            if let Some(ticket) = self.click(student, sale, Some(key)).await {
                return ticket;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("student {} was never heard", student.id);
    }

    /// A poll; `None` when the shop does not answer.
    pub async fn poll(&self, student: &Student, task_id: &str) -> Option<Value> {
        let url = format!("http://{}/api/v1/user/sckill/?task_id={task_id}", self.address);
        self.client.get(url).header(header::COOKIE, &student.cookie).send().await.ok()?.json().await.ok()
    }

    /// Polls as told until the ticket is decided.
    pub async fn outcome(&self, student: &Student, task_id: &str) -> Value {
        /// Polls of a ticket at most.
        const POLLS_MAX: u32 = 200;
        for _ in 0..POLLS_MAX {
            match self.poll(student, task_id).await {
                Some(answer) if matches!(answer["code"].as_u64(), Some(100 | 101)) => return answer,
                Some(answer) => tokio::time::sleep(Duration::from_millis(answer["retry_ms"].as_u64().unwrap_or(200))).await,
                None => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
        panic!("ticket {task_id} was never decided");
    }
}
