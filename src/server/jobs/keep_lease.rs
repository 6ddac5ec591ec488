//! Holds on to the schedules, or waits for them to become free.

pub(super) use crate::server::lease::PERIOD;

use crate::server::state::AppState;

pub(super) async fn tick(app: AppState) {
    if let Err(error) = app.lease.keep(&app.store).await {
        tracing::warn!(%error, "the lease of the schedules could not be read");
    }
}
