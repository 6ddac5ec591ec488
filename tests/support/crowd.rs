//! Many students at once: signed in by rows of the database, since sending thousands of SMS proves
//! nothing here.

use crate::{database::TestDatabase, http::client};
use reqwest::{Client, RequestBuilder, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    net::SocketAddr,
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

impl Student {
    /// A click as their browser sends it to a shop.
    pub fn click(
        &self,
        client: &Client,
        shop: SocketAddr,
        sale: i64,
        key: Option<&str>,
    ) -> RequestBuilder {
        client
            .post(format!("http://{shop}/api/v1/user/sckill/"))
            .header(header::COOKIE, &self.cookie)
            .json(&json!({"sale": sale, "key": key}))
    }

    /// A poll as their browser sends it to a shop.
    pub fn poll(&self, client: &Client, shop: SocketAddr, task_id: &str) -> RequestBuilder {
        client
            .get(format!(
                "http://{shop}/api/v1/user/sckill/?task_id={task_id}"
            ))
            .header(header::COOKIE, &self.cookie)
    }

    /// What their browser sends.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }
}

/// Writes students and their sessions into the database.
pub async fn gather(database: &TestDatabase, count: i64) -> Vec<Student> {
    let students: Vec<_> = (0..count)
        .map(|number| format!("('199{number:08}', 0)"))
        .collect();
    database
        .execute(&format!(
            "insert into student (mobile, created_time) values {}",
            students.join(", ")
        ))
        .await;
    let ids = database
        .numbers("select id from student where mobile like '199%' order by mobile")
        .await;
    let (mut crowd, mut sessions) = (Vec::new(), Vec::new());
    for id in ids {
        let session = Id::default().to_string();
        let data = json!({"me": {"id": id, "mobile": "199****0000"}})
            .to_string()
            .into_bytes();
        sessions.push(format!(
            "('{}', {}, {FAR_FUTURE_MS})",
            key(&session),
            database.literal(&data)
        ));
        crowd.push(Student {
            id,
            cookie: format!("session={session}"),
        });
    }
    database
        .execute(&format!(
            "insert into session (id, data, expires_at) values {}",
            sessions.join(", ")
        ))
        .await;
    crowd
}

/// The key of a session's row: the SHA-256 of its cookie's value.
pub fn key(session: &str) -> String {
    Sha256::digest(session)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A crowd's way to a shop.
#[derive(Clone)]
pub struct ShopClient {
    pub client: Client,
    pub address: SocketAddr,
}

impl ShopClient {
    pub fn to(address: SocketAddr) -> Self {
        Self {
            client: client()
                .timeout(Duration::from_secs(20))
                .build()
                .expect("client"),
            address,
        }
    }

    /// A click; the ticket, if the shop answered with one.
    pub async fn click(&self, student: &Student, sale: i64, key: Option<&str>) -> Option<String> {
        let request = student.click(&self.client, self.address, sale, key);
        let answer: Value = request.send().await.ok()?.json().await.ok()?;
        (answer["code"] == 100).then(|| answer["task_id"].as_str().expect("task_id").to_owned())
    }

    /// A click as a browser makes it: told to come back in a second, it comes back with the same
    /// key.
    pub async fn click_until_heard(&self, student: &Student, sale: i64, key: &str) -> String {
        /// Clicks of one student at most.
        const CLICKS_MAX: u32 = 50;
        for _ in 0..CLICKS_MAX {
            if let Some(ticket) = self.click(student, sale, Some(key)).await {
                return ticket;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        panic!("student {} was never heard", student.id);
    }

    /// A poll; `None` when the shop does not answer.
    pub async fn poll(&self, student: &Student, task_id: &str) -> Option<Value> {
        let request = student.poll(&self.client, self.address, task_id);
        request.send().await.ok()?.json().await.ok()
    }

    /// Polls as told until the ticket is decided. While the tests' clock stands still the shop
    /// takes every ticket for new, and says "at once" for as long as the database is away: so its
    /// rule for old tickets, half of their age, is the crowd's own.
    pub async fn outcome(&self, student: &Student, task_id: &str) -> Value {
        const PATIENCE: Duration = Duration::from_secs(60);
        const WAIT_MAX: Duration = Duration::from_secs(1);
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            let told_ms = match self.poll(student, task_id).await {
                Some(answer) if matches!(answer["code"].as_u64(), Some(100 | 101)) => {
                    return answer;
                }
                Some(answer) => answer["retry_ms"].as_u64().unwrap_or(200),
                None => 100,
            };
            tokio::time::sleep(
                Duration::from_millis(told_ms)
                    .max(since.elapsed() / 2)
                    .min(WAIT_MAX),
            )
            .await;
        }
        panic!("ticket {task_id} was never decided");
    }
}
