//! Delivery of the mock gateway's notices: repeated for a while, by tasks of a bounded number.

use super::{
    super::{
        signature::{KEY_BYTES, MockKey},
        wire::{MERCHANT, MESSAGE_MAX, SUCCESS, notice_body},
    },
    book::GatewayNotice,
};
use crate::{
    server::{outbound, payment::client},
    types::time::Millis,
};
use http::{HeaderValue, header};
use reqwest::{Client, StatusCode, Url};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep},
};

/// Notices on their way at a time, a task each; more are dropped, as no provider promises that its
/// notices arrive.
const DELIVERIES_MAX: usize = 1_000;
/// Seconds before each try of a notice; after the last one it is given up.
const TRIES_S: [u64; 7] = [0, 1, 2, 5, 10, 30, 60];
/// The key of somebody else.
const FORGER_S_KEY: [u8; KEY_BYTES] = [0; KEY_BYTES];

/// Who sends the notices. A copy shares the limit.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    key: MockKey,
    client: Client,
    room: Arc<Semaphore>,
}

impl Delivery {
    pub(super) fn new(key: MockKey) -> reqwest::Result<Self> {
        Ok(Self {
            key,
            client: client()?,
            room: Arc::new(Semaphore::new(DELIVERIES_MAX)),
        })
    }

    /// Sends notices; waits for none of them.
    pub(super) fn send(&self, notices: Vec<GatewayNotice>, now: Millis) {
        for notice in notices {
            let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() else {
                tracing::warn!(
                    limit = DELIVERIES_MAX,
                    "the mock gateway drops a notice: too many are on their way"
                );
                continue;
            };
            let delivery = self.clone();
            tokio::spawn(async move {
                delivery.deliver(&notice, now).await;
                drop(permit);
            });
        }
    }

    async fn deliver(&self, notice: &GatewayNotice, now: Millis) {
        let began = Instant::now();
        sleep(notice.after).await;
        // What is forged is refused, however often it comes.
        let tries = if notice.is_forged { 1 } else { TRIES_S.len() };
        for wait_s in &TRIES_S[..tries] {
            sleep(Duration::from_secs(*wait_s)).await;
            let passed_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
            if self.is_taken(notice, now.plus(passed_ms)).await {
                return;
            }
        }
        tracing::info!(
            notice = notice.notice.notice_id,
            "the mock gateway gives a notice up"
        );
    }

    /// Sends a notice once; whether the shop says that it kept it.
    async fn is_taken(&self, notice: &GatewayNotice, now: Millis) -> bool {
        let Some(url) = own_url(&notice.url) else {
            return false;
        };
        let key = if notice.is_forged {
            &MockKey::new(&FORGER_S_KEY)
        } else {
            &self.key
        };
        let body = notice_body(&notice.notice, MERCHANT);
        let mut fields = key.fields("POST", url.path(), body.as_bytes(), now);
        fields.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        let sent = self.client.post(url).headers(fields).body(body).send();
        let Ok(response) = sent.await else {
            return false;
        };
        response.status() == StatusCode::OK
            && outbound::body(response, MESSAGE_MAX)
                .await
                .is_ok_and(|body| body == SUCCESS.as_bytes())
    }
}

/// An address of this machine, which alone gets notices.
pub(super) fn own_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_own =
        url.scheme() == "http" && url.host_str().is_some_and(crate::types::host::is_loopback);
    is_own.then_some(url)
}
