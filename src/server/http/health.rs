//! Health checks: whether the process lives, and whether it can serve.

use crate::server::{shop::state::AppState, store::StoreError};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde_json::json;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// How long one look at the database answers everybody who asks. Less than any load balancer waits
/// between two checks, and it makes of a flood of them four statements a second.
const SHARED: Duration = Duration::from_millis(250);

/// The last look at the database. A copy is a pointer.
#[derive(Clone)]
pub(super) struct Readiness(Arc<Mutex<Option<Look>>>);

/// What was found, and when.
#[derive(Clone, Copy)]
struct Look {
    at: Instant,
    is_ready: bool,
}

impl Readiness {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// Whether the database answers. Probes stand in no line of the database's, so there is one at
    /// a time: the others wait for what it finds.
    async fn look(&self, ping: impl AsyncFnOnce() -> Result<(), StoreError>) -> bool {
        let mut last = self.0.lock().await;
        if let Some(look) = last.filter(|look| look.at.elapsed() < SHARED) {
            return look.is_ready;
        }
        let found = ping().await;
        if let Err(error) = &found {
            tracing::warn!(%error, "not ready");
        }
        let is_ready = found.is_ok();
        *last = Some(Look {
            at: Instant::now(),
            is_ready,
        });
        is_ready
    }
}

/// The process answers. Nothing else is said of it: this address is everybody's.
pub(super) async fn alive() -> impl IntoResponse {
    (
        [(header::CACHE_CONTROL, "no-store")],
        Json(json!({"status": "ok"})),
    )
}

/// The same for operators: which version it is, and what its database promises.
pub(super) async fn describe(State(app): State<AppState>) -> impl IntoResponse {
    let text = json!({"status": "ok", "version": env!("CARGO_PKG_VERSION"), "durability": app.store.durability()});
    ([(header::CACHE_CONTROL, "no-store")], Json(text))
}

/// The database answers too.
pub(super) async fn ready(
    State((app, readiness)): State<(AppState, Readiness)>,
) -> impl IntoResponse {
    let is_ready = readiness.look(async || app.store.ping().await).await;
    let (status, text) = if is_ready {
        (StatusCode::OK, "ready")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database is not available",
        )
    };
    (
        status,
        [(header::CACHE_CONTROL, "no-store")],
        Json(json!({"status": text})),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn a_crowd_of_checks_is_one_look() {
        let (readiness, looks) = (Readiness::new(), AtomicUsize::new(0));
        let ping = async || {
            looks.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Err::<(), _>(StoreError::Setting("away".into()))
        };
        let found = futures::future::join_all((0..100).map(|_| readiness.look(&ping))).await;
        assert!(found.iter().all(|is_ready| !is_ready), "they hear the same");
        assert_eq!(looks.load(Ordering::Relaxed), 1);
        readiness.0.lock().await.as_mut().expect("a look").at -= SHARED;
        assert!(
            readiness.look(async || Ok(())).await,
            "an old look counts no more"
        );
    }

    #[tokio::test]
    async fn a_check_that_is_given_up_holds_up_no_other() {
        let readiness = Readiness::new();
        let hangs = readiness.look(async || std::future::pending().await);
        assert!(
            tokio::time::timeout(Duration::from_millis(1), hangs)
                .await
                .is_err()
        );
        assert!(readiness.look(async || Ok(())).await);
    }
}
