//! Task that notices when any process wrote the catalogue, banners or sales' settings, and reads
//! this process' copies again.

use super::refresh_banners;
use crate::{
    rules::seckill::window::Window,
    server::{
        shop::state::AppState,
        store::{ListedSale, StoreError},
    },
    types::time::{DAY_MS, Millis},
};
use std::{
    collections::HashMap,
    sync::{PoisonError, atomic::Ordering},
    time::Duration,
};

/// How often the version is read: a hidden banner is gone within a second.
pub(super) const PERIOD: Duration = Duration::from_millis(250);
/// Sales that ended are shown this long.
const ENDED_SHOWN_MS: i64 = 7 * DAY_MS;

pub(super) async fn tick(app: AppState) {
    if let Err(error) = once(&app).await {
        metrics::counter!("qiangke_catalog_watch_failures_total").increment(1);
        tracing::debug!(%error, "the catalogue's version could not be read");
    }
}

/// Fills the copies before it moves the version, so that no page of the new version is rendered
/// from old copies.
pub(super) async fn once(app: &AppState) -> Result<(), StoreError> {
    let version = app.store.catalog_version().await?;
    let now = app.clock.now();
    let since = now.plus(-ENDED_SHOWN_MS);
    let is_current = version == app.catalog_version.load(Ordering::Acquire);
    // A clock that was ahead left out sales that go on.
    let is_whole = app.sales_since.load(Ordering::Acquire) <= since.0;
    if is_current && is_whole && app.cache.sales().iter().all(|sale| sale.closes_at >= since) {
        return Ok(());
    }
    refresh_banners::once(app).await?;
    app.cache.put_categories(app.store.categories().await?);
    let listed = app.store.sales(since).await?;
    app.cache
        .put_sales(listed.iter().map(|listed| listed.sale.clone()).collect());
    recount(app, listed, now);
    app.sales_since.store(since.0, Ordering::Release);
    app.catalog_version.store(version, Ordering::Release);
    tracing::debug!(version, "catalogue read anew");
    Ok(())
}

/// Counts the desks of those sales anew whose settings or seats changed; a banner counts none.
fn recount(app: &AppState, listed: Vec<ListedSale>, now: Millis) {
    let mut known = app
        .sale_versions
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    app.queue
        .retain(listed.iter().map(|listed| listed.sale.id).collect());
    let mut now_known = HashMap::with_capacity(listed.len());
    for listed in listed {
        let id = listed.sale.id;
        if known
            .get(&id)
            .is_none_or(|known| !has_same_desk(known, &listed))
        {
            // One that is over needs no desk. If only the clock says so, it is new once that is
            // right again.
            if listed.sale.closes_at <= now {
                continue;
            }
            app.queue.recount(id);
        }
        now_known.insert(id, listed);
    }
    *known = now_known;
}

/// Whether two versions of a sale are judged by the same desk: its course may have another name,
/// and be shown or not.
fn has_same_desk(before: &ListedSale, after: &ListedSale) -> bool {
    let seats = |listed: &ListedSale| (listed.version, listed.sale.stock, Window::of(&listed.sale));
    seats(before) == seats(after)
}
