//! Drops copies of sessions that were ended elsewhere: by their student in another browser, by an
//! operator, by another server. The database says whose, so that what this costs does not grow with
//! the sessions that go on.

use super::session_cache::SessionCache;
use crate::{
    server::{shop::state::AppState, store::StoreError, supervisor::supervise},
    types::ids::StudentId,
};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::{CancellationToken, DropGuard};

/// How often the database is asked.
const PERIOD: Duration = Duration::from_secs(1);

/// Starts the task, which ends with the last of these guards.
pub(super) fn start(app: AppState, copies: SessionCache) -> Arc<DropGuard> {
    let stop = CancellationToken::new();
    let guard = stop.clone().drop_guard();
    tokio::spawn(supervise("session_ends", async move || {
        run(&app, &copies, &stop).await;
    }));
    Arc::new(guard)
}

async fn run(app: &AppState, copies: &SessionCache, stop: &CancellationToken) {
    let mut timer = tokio::time::interval(PERIOD);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen: Option<i64> = None;
    let mut before = HashSet::new();
    while stop.run_until_cancelled(timer.tick()).await.is_some() {
        match look(app, seen).await {
            Ok((version, ends)) => {
                // A row that was read just before its end may have become a copy just after: those
                // of the last look are dropped once more.
                drop_copies(copies, &ends);
                drop_copies(copies, &before);
                (seen, before) = (Some(version), ends);
            }
            Err(error) => {
                tracing::warn!(%error, "ends of sessions are not known: copies serve for their own time");
            }
        }
    }
}

/// The version up to which everything is known, and whose sessions ended since the last one; `None`
/// stands for all students.
async fn look(
    app: &AppState,
    seen: Option<i64>,
) -> Result<(i64, HashSet<Option<StudentId>>), StoreError> {
    let Some(seen) = seen else {
        // What ended before there was a copy needs none to be dropped.
        return Ok((app.store.session_version().await?, HashSet::new()));
    };
    let ends = app.store.session_ends(seen).await?;
    let version = ends
        .iter()
        .map(|(_, version)| *version)
        .max()
        .unwrap_or(seen);
    Ok((
        version,
        ends.into_iter().map(|(student, _)| student).collect(),
    ))
}

fn drop_copies(copies: &SessionCache, ends: &HashSet<Option<StudentId>>) {
    if ends.contains(&None) {
        return copies.invalidate_all();
    }
    if ends.is_empty() {
        return;
    }
    let ended = copies.iter().filter(|(_, known)| {
        known
            .as_ref()
            .is_some_and(|known| ends.contains(&known.student()))
    });
    for (id, _) in ended.collect::<Vec<_>>() {
        copies.invalidate(&*id);
    }
}
