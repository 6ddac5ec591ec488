//! Task that sweeps expired rows and idle rate limits.

use crate::server::{shop::state::AppState, store::StoreError};
use std::time::Duration;
use tokio::time::Instant;

pub(super) const PERIOD: Duration = Duration::from_secs(60);
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
