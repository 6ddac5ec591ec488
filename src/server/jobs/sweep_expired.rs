//! Task that repairs and sweeps: tickets that a crash left undecided, expired rows, and idle rate
//! limits.

use crate::{
    server::{shop::state::AppState, store::StoreError},
    types::sale::Reason,
};
use std::time::Duration;
use tokio::time::Instant;

pub(super) const PERIOD: Duration = Duration::from_secs(60);
/// Tickets that are put back in the queue at start at most; the others are read when they are asked
/// for.
const RESUMED_MAX: i64 = 100_000;

/// Puts the tickets that wait in the database back into the status cache, in their order.
pub(super) async fn resume(app: &AppState) -> Result<(), StoreError> {
    let waiting = match app.store.tickets_waiting(RESUMED_MAX).await {
        Err(StoreError::Defect(_)) => {
            lose_unreadable(app).await?;
            app.store.tickets_waiting(RESUMED_MAX).await?
        }
        waiting => waiting?,
    };
    if !waiting.is_empty() {
        tracing::info!(tickets = waiting.len(), "tickets of an earlier run go on");
    }
    app.queue.resume(&waiting);
    Ok(())
}

/// Ends waiting tickets that can't be read; `qiangke audit` names them.
pub(super) async fn lose_unreadable(app: &AppState) -> Result<(), StoreError> {
    let lost = app
        .store
        .lose_unreadable(Reason::GaveUp, app.clock.now())
        .await?;
    if lost > 0 {
        tracing::error!(lost, "waiting tickets can't be read: they were given up");
    }
    Ok(())
}

/// Sweeps of one tick at most: a million rows go in a few minutes, and whoever writes gets a turn
/// between two.
const SWEEPS_MAX: usize = 200;

pub(super) async fn tick(app: AppState) {
    app.rate_limit.shrink();
    if let Err(error) = app.show_budget().await {
        tracing::warn!(?error, "the budget of SMS codes is not in the metrics");
    }
    if let Err(error) = sweep(&app, Instant::now()).await {
        tracing::warn!(%error, "expired rows were not swept");
    }
}

/// Deletes expired rows, on the instance that holds the lease, and only once they have certainly
/// expired.
///
/// # Errors
/// The database can't be written.
pub async fn sweep(app: &AppState, at: Instant) -> Result<(), StoreError> {
    // Each instance reads its clocks, also while another one sweeps: the lease may come to it at
    // any time.
    let passed = app.clock_watch.passed(at, app.clock.now());
    let Some(passed) = passed.filter(|_| app.lease.is_held()) else {
        return Ok(());
    };
    for _ in 0..SWEEPS_MAX {
        if !app.store.sweep(passed).await? {
            break;
        }
    }
    Ok(())
}
