//! Sees that catalogue, banners or sales' settings were written, by whatever process, and drops this process' copies.

use super::refresh_banners;
use crate::server::{state::AppState, store::StoreError};
use std::{sync::atomic::Ordering, time::Duration};

/// How often the version is read: a hidden banner is gone within a second.
pub(super) const PERIOD: Duration = Duration::from_millis(250);
/// Sales that ended are shown this long.
const ENDED_SHOWN_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

pub(super) async fn tick(app: AppState) {
    if let Err(error) = once(&app).await {
        metrics::counter!("qiangke_catalog_watch_failures_total").increment(1);
        tracing::debug!(%error, "the catalogue's version could not be read");
    }
}

/// Fills the copies before it moves the version, so that no page of the new version is rendered from old copies.
pub(super) async fn once(app: &AppState) -> Result<(), StoreError> {
    let version = app.store.catalog_version().await?;
    let now = app.clock.now();
    let since = now.plus(-ENDED_SHOWN_MS);
    let is_current = version == app.catalog_version.load(Ordering::Acquire);
    if is_current && app.cache.sales().iter().all(|sale| sale.closes_at >= since) {
        return Ok(());
    }
    refresh_banners::once(app).await?;
    app.cache.put_categories(app.store.categories().await?);
    let sales = app.store.sales(since).await?;
    let live = sales.iter().filter(|sale| sale.closes_at > now).map(|sale| sale.id).collect();
    app.cache.put_sales(sales);
    app.queue.reload(live);
    app.catalog_version.store(version, Ordering::Release);
    tracing::debug!(version, "catalogue read anew");
    Ok(())
}
