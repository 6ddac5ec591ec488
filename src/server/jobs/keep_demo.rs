//! Task that keeps a shop to try out going: as one of its sales opens or ends, it creates the next.

use crate::server::{demo, shop::state::AppState};
use std::time::Duration;

/// How often it looks; at the sales in memory, so that a look costs the database nothing.
pub(super) const PERIOD: Duration = Duration::from_secs(1);

pub(super) async fn tick(app: AppState) {
    let now = app.clock.now();
    if demo::is_complete(&app.cache.sales(), now) || !app.lease.is_held() {
        return;
    }
    if let Err(error) = demo::go_on(&app.store, now).await {
        tracing::warn!(%error, "no sale to try out could be created");
    }
}
