//! Worker of durable jobs: claims those that are due and runs them, each kind up to its own limit,
//! so that a slow provider delays jobs of its own kind only. Each instance that works has one; a
//! claim is a row's update, so that no two run the same job.

use super::{REST, close_payment, job_end::JobEnd, query_payment, send_refund, send_sms};
use crate::server::{
    shop::state::AppState,
    store::{ClaimedJob, Job, JobKind, StoreError},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The longest that a due job waits when its bell was lost.
const SWEEP: Duration = Duration::from_secs(1);
/// Milliseconds until a job that failed is due again, if it has tries left.
const RETRY_MS: i64 = 10_000;

/// Jobs of a kind that one instance runs at a time.
fn running_max(kind: JobKind) -> usize {
    match kind {
        JobKind::SendSms => send_sms::RUNNING_MAX,
        JobKind::QueryPayment => query_payment::RUNNING_MAX,
        JobKind::ClosePayment => close_payment::RUNNING_MAX,
        JobKind::SendRefund => send_refund::RUNNING_MAX,
    }
}

/// Runs a job; an error is the reason why it failed.
async fn run_job(app: &AppState, job: &Job, claimed: &ClaimedJob) -> Result<JobEnd, String> {
    let tries = claimed.tries_before;
    match job {
        Job::SendSms(sms) => send_sms::run(app, sms, claimed.created_at)
            .await
            .map(|()| JobEnd::Done),
        Job::QueryPayment(job) => query_payment::run(app, job.payment, tries).await,
        Job::ClosePayment(job) => close_payment::run(app, job.payment, tries).await,
        Job::SendRefund(job) => send_refund::run(app, job.refund, tries).await,
    }
}

pub(super) async fn run(app: AppState, stop: CancellationToken, tasks: TaskTracker) {
    let slots = Slots::new();
    loop {
        let rung = stop
            .run_until_cancelled(tokio::time::timeout(SWEEP, app.job_bell.notified()))
            .await;
        if rung.is_none() {
            return;
        }
        if let Err(error) = start_due(&app, &slots, &tasks, &stop).await {
            tracing::warn!(%error, "jobs wait: the database is not available");
            tokio::time::sleep(REST).await;
        }
    }
}

/// Runs due jobs to their ends, one after the other, until none is left: what a test without a
/// worker does instead of waiting.
///
/// # Errors
/// The database can't be read or written.
pub async fn drain(app: &AppState) -> Result<(), StoreError> {
    while let Some(claimed) = app.store.claim_job(&JobKind::ALL, app.clock.now()).await? {
        finish(app, &claimed).await?;
    }
    Ok(())
}

/// The places of each kind.
struct Slots(Vec<(JobKind, Arc<Semaphore>)>);

impl Slots {
    fn new() -> Self {
        let of_kind = |kind| (kind, Arc::new(Semaphore::new(running_max(kind))));
        Self(JobKind::ALL.into_iter().map(of_kind).collect())
    }

    /// A place of each kind that has a free one.
    fn free(&self) -> Vec<(JobKind, OwnedSemaphorePermit)> {
        let free = |(kind, slots): &(JobKind, Arc<Semaphore>)| {
            Some((*kind, Arc::clone(slots).try_acquire_owned().ok()?))
        };
        self.0.iter().filter_map(free).collect()
    }
}

/// Starts due jobs until none is left, or no kind has a free place. A job that ends gives its place
/// back, and rings.
async fn start_due(
    app: &AppState,
    slots: &Slots,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    while !stop.is_cancelled() {
        let mut free = slots.free();
        let kinds: Vec<_> = free.iter().map(|(kind, _)| *kind).collect();
        if kinds.is_empty() {
            break;
        }
        let Some(claimed) = app.store.claim_job(&kinds, app.clock.now()).await? else {
            break;
        };
        free.retain(|(kind, _)| *kind == claimed.kind);
        let app = app.clone();
        tasks.spawn(async move {
            if let Err(error) = finish(&app, &claimed).await {
                tracing::warn!(%error, job = claimed.id, "how a job ended could not be written down");
            }
            drop(free);
            app.job_bell.notify_one();
        });
    }
    Ok(())
}

/// Runs a job and writes down how it ended. One that can't be read is not tried again.
async fn finish(app: &AppState, claimed: &ClaimedJob) -> Result<(), StoreError> {
    let Some(job) = claimed.job() else {
        return fail(app, claimed, "its payload can't be read", false).await;
    };
    match run_job(app, &job, claimed).await {
        Ok(JobEnd::Done) => app.store.finish_job(claimed.id, app.clock.now()).await,
        Ok(JobEnd::Again { in_ms }) => {
            let now = app.clock.now();
            let due_at = now.plus(in_ms);
            app.store.postpone_job(claimed.id, due_at, now).await
        }
        Err(reason) => fail(app, claimed, &reason, true).await,
    }
}

async fn fail(
    app: &AppState,
    claimed: &ClaimedJob,
    reason: &str,
    may_retry: bool,
) -> Result<(), StoreError> {
    tracing::warn!(
        job = claimed.id,
        kind = claimed.kind.name(),
        reason,
        "a job failed"
    );
    let now = app.clock.now();
    let retry_at = may_retry.then(|| now.plus(RETRY_MS));
    app.store.fail_job(claimed.id, reason, retry_at, now).await
}
