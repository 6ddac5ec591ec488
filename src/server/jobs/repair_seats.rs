//! Task that refreshes the seats left of open sales from Redis; the instance that holds the lease
//! also repairs admission from the database.

use crate::server::shop::state::AppState;
use std::time::Duration;

pub(super) const PERIOD: Duration = Duration::from_secs(1);

pub(super) async fn tick(app: AppState) {
    let now = app.clock.now();
    let sales = app.cache.sales();
    let open: Vec<_> = sales
        .iter()
        .filter(|sale| sale.opens_at <= now && now < sale.closes_at)
        .map(|sale| sale.id)
        .collect();
    app.queue.refresh(&open).await;
    if app.lease.is_held() {
        for sale in open {
            app.queue.repair(sale).await;
        }
    }
}
