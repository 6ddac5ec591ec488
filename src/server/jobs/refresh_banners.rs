//! Task that refreshes the banner cache: every period, and at once when the catalogue's version
//! moved. Pages read banners from this cache only. A refresh that fails keeps the old set.

use crate::server::{shop::state::AppState, store::StoreError};

/// Counts refreshes by outcome.
const METRIC: &str = "qiangke_banner_refreshes_total";

pub(super) async fn tick(app: AppState) {
    if let Err(error) = once(&app).await {
        tracing::warn!(%error, "banners could not be refreshed: the old set stays");
    }
}

pub(super) async fn once(app: &AppState) -> Result<(), StoreError> {
    let turn = app.cache.banners_turn();
    let read = app.store.banners(app.config.banner_count).await;
    metrics::counter!(METRIC, "outcome" => if read.is_ok() { "ok" } else { "failed" }).increment(1);
    app.cache.put_banners(turn, read?);
    Ok(())
}
