//! Repairs: tickets that a crash left, expired rows, limits of students who left.

use crate::server::{state::AppState, store::StoreError};
use std::time::Duration;

/// How often.
pub(super) const PERIOD: Duration = Duration::from_secs(60);
/// Tickets that are put back in the queue at start at most; the others are read when they are asked for.
const RESUMED_MAX: i64 = 100_000;

/// Puts the tickets that wait in the record back on the board, in their order.
pub(super) async fn resume(app: &AppState) -> Result<(), StoreError> {
    let waiting = app.store.tickets_waiting(RESUMED_MAX).await?;
    if !waiting.is_empty() {
        tracing::info!(tickets = waiting.len(), "tickets of an earlier run go on");
    }
    app.queue.resume(&waiting);
    Ok(())
}

/// Sweeps of one tick at most: a million rows go in a few minutes, and whoever writes gets a turn between two.
const SWEEPS_MAX: usize = 200;

pub(super) async fn tick(app: AppState) {
    app.rates.shrink();
    if let Err(error) = app.show_budget().await {
        tracing::warn!(?error, "the budget of SMS codes is not in the metrics");
    }
    if !app.lease.is_held() {
        return;
    }
    if let Err(error) = app.store.sweep_accounts(app.clock.now()).await {
        tracing::warn!(%error, "expired rows were not swept");
    }
    if let Err(error) = sweep_sign_in(&app).await {
        tracing::warn!(%error, "what is left of old sign-ins was not swept");
    }
}

async fn sweep_sign_in(app: &AppState) -> Result<(), StoreError> {
    for _ in 0..SWEEPS_MAX {
        if !app.store.sweep_sign_in(app.clock.now()).await? {
            break;
        }
    }
    Ok(())
}
