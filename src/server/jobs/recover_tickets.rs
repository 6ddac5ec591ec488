//! Recovery of tickets: at start, those that an earlier run left undecided wait again; those that
//! can't be read are given up, so that they hold up no other.

use crate::{
    server::{shop::state::AppState, store::StoreError},
    types::sale::Reason,
};

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
