//! Sends the codes that were asked for. A job is marked as started before the provider is called,
//! and never started again, so that a code goes out at most once (G13); a student whose SMS got
//! lost asks for the next one.

use super::REST;
use crate::server::{
    shop::state::AppState,
    store::{Claimed, StoreError, sms_of},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The longest that a job waits when its bell was lost.
const SWEEP: Duration = Duration::from_secs(1);
/// SMS on their way to the provider at a time.
const SENDING_MAX: usize = 16;
/// A job older than this is not sent: its code is about to expire.
const AGE_MAX_MS: i64 = 4 * 60 * 1_000;

pub(super) async fn run(app: AppState, stop: CancellationToken, tasks: TaskTracker) {
    let slots = Arc::new(Semaphore::new(SENDING_MAX));
    loop {
        let rung = stop
            .run_until_cancelled(tokio::time::timeout(SWEEP, app.sms_bell.notified()))
            .await;
        if rung.is_none() {
            return;
        }
        if let Err(error) = drain(&app, &slots, &tasks, &stop).await {
            tracing::warn!(%error, "SMS wait: the database is not available");
            tokio::time::sleep(REST).await;
        }
    }
}

/// Starts every queued job, [`SENDING_MAX`] at a time: a provider may take seconds for each.
async fn drain(
    app: &AppState,
    slots: &Arc<Semaphore>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    while let Some(Ok(slot)) = stop
        .run_until_cancelled(Arc::clone(slots).acquire_owned())
        .await
    {
        let Some(job) = app.store.claim_job(app.clock.now()).await? else {
            break;
        };
        let app = app.clone();
        tasks.spawn(async move {
            if let Err(error) = finish(&app, &job).await {
                tracing::warn!(%error, job = job.id, "how an SMS ended could not be written down");
            }
            drop(slot);
        });
    }
    Ok(())
}

async fn finish(app: &AppState, job: &Claimed) -> Result<(), StoreError> {
    let failure = send(app, job).await?;
    metrics::counter!("qiangke_sms_total", "outcome" => if failure.is_none() { "sent" } else { "failed" }).increment(1);
    if let Some(failure) = &failure {
        tracing::warn!(job = job.id, failure, "an SMS was not sent");
    }
    app.store
        .end_job(job.id, failure.as_deref(), app.clock.now())
        .await
}

/// Why the job failed; `None` when its SMS went out.
async fn send(app: &AppState, job: &Claimed) -> Result<Option<String>, StoreError> {
    let now = app.clock.now();
    let Some((mobile, nonce)) = sms_of(&job.payload) else {
        return Ok(Some("the payload is no mobile and nonce".into()));
    };
    if now.since(job.created_at) > AGE_MAX_MS {
        return Ok(Some("it waited too long".into()));
    }
    if !app.store.is_code_live(&mobile, &nonce, now).await? {
        return Ok(Some(
            "its code is used, expired, or replaced by a newer one".into(),
        ));
    }
    Ok(app
        .sms
        .send(&mobile, &app.code(&mobile, &nonce), now)
        .await
        .err()
        .map(|error| error.to_string()))
}
