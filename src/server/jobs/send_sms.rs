//! Sends the codes that were asked for. A job is marked as started before the provider is called, and never started again, so that
//! a code goes out at most once (G13); a student whose SMS got lost asks for the next one.

use super::REST;
use crate::{
    server::{
        state::AppState,
        store::{Claimed, StoreError},
    },
    types::account::Mobile,
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The longest that a job waits when its bell was lost.
const SWEEP: Duration = Duration::from_secs(1);
/// A job older than this is not sent: its code is about to expire.
const AGE_MAX_MS: i64 = 4 * 60 * 1_000;

pub(super) async fn run(app: AppState, stop: CancellationToken) {
    loop {
        let rung = stop.run_until_cancelled(tokio::time::timeout(SWEEP, app.sms_bell.notified())).await;
        if rung.is_none() {
            return;
        }
        if let Err(error) = drain(&app).await {
            tracing::warn!(%error, "SMS wait: the record is not available");
            tokio::time::sleep(REST).await;
        }
    }
}

async fn drain(app: &AppState) -> Result<(), StoreError> {
    while let Some(job) = app.store.claim_job(app.clock.now()).await? {
        let failure = send(app, &job).await?;
        metrics::counter!("qiangke_sms_total", "outcome" => if failure.is_none() { "sent" } else { "failed" }).increment(1);
        if let Some(failure) = &failure {
            tracing::warn!(job = job.id, failure, "an SMS was not sent");
        }
        app.store.end_job(job.id, failure.as_deref(), app.clock.now()).await?;
    }
    Ok(())
}

/// Why the job failed; `None` when its SMS went out.
async fn send(app: &AppState, job: &Claimed) -> Result<Option<String>, StoreError> {
    let now = app.clock.now();
    let Ok(mobile) = Mobile::parse(&job.payload) else { return Ok(Some("the payload is no mobile".into())) };
    if now.since(job.created_at) > AGE_MAX_MS {
        return Ok(Some("it waited too long".into()));
    }
    let Some(nonce) = app.store.code_nonce(&mobile, now).await? else { return Ok(Some("its code is used or expired".into())) };
    Ok(app.sms.send(&mobile, &app.code(&mobile, &nonce), now).await.err().map(|error| error.to_string()))
}
