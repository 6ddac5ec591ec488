//! Task that renews the lease, or takes it over when its holder stops renewing it.

pub(super) use crate::server::lease::PERIOD;

use crate::server::shop::state::AppState;

pub(super) async fn tick(app: AppState) {
    if let Err(error) = app.lease.keep(&app.store).await {
        tracing::warn!(%error, "the lease of the schedules could not be read");
    }
}
