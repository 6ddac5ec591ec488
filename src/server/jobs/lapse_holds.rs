//! Task that ends holds that were not paid in time, and gives orders of servers of the version
//! before their states. The instance that holds the lease does so.

use crate::server::{shop::state::AppState, store::StoreError};
use std::time::Duration;

pub(super) const PERIOD: Duration = Duration::from_secs(1);
/// Holds that one transaction ends at most: settlements of their sale wait meanwhile.
const BATCH_MAX: i64 = 1_000;
/// Sales, or orders, that one run looks at.
const LOOKED_AT_MAX: i64 = 100;

pub(super) async fn tick(app: AppState) {
    if !app.lease.is_held() {
        return;
    }
    if let Err(error) = once(&app).await {
        tracing::warn!(%error, "holds wait for their end: the database is not available");
    }
}

/// Ends what is to be ended now.
///
/// # Errors
/// The database is away; the next run goes on.
pub(super) async fn once(app: &AppState) -> Result<(), StoreError> {
    app.store
        .adopt_orders(LOOKED_AT_MAX, app.clock.now())
        .await?;
    let now = app.clock.now();
    for sale in app
        .store
        .sales_with_lapsed_holds(now, LOOKED_AT_MAX)
        .await?
    {
        loop {
            let lapsed = app
                .store
                .lapse_holds(sale, BATCH_MAX, app.clock.now())
                .await?;
            metrics::counter!("qiangke_holds_lapsed_total").increment(lapsed.ended.unsigned_abs());
            if lapsed.closing > 0 {
                app.job_bell.notify_one();
            }
            if let Some(sale) = sale.filter(|_| lapsed.ended > 0) {
                app.queue.recount(sale);
            }
            if lapsed.ended + lapsed.closing < BATCH_MAX {
                break;
            }
        }
    }
    for sale in app.store.end_closing(LOOKED_AT_MAX, now).await? {
        app.queue.recount(sale);
    }
    Ok(())
}
