//! Whether the process lives, and whether it can serve.

use crate::server::state::AppState;
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde_json::json;

/// The process answers. Nothing else is said of it: this address is everybody's.
pub(super) async fn alive() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], Json(json!({"status": "ok"})))
}

/// The same for operators: which version it is, and what its record promises.
pub(super) async fn describe(State(app): State<AppState>) -> impl IntoResponse {
    let text = json!({"status": "ok", "version": env!("CARGO_PKG_VERSION"), "durability": app.store.durability()});
    ([(header::CACHE_CONTROL, "no-store")], Json(text))
}

/// The record answers too.
pub(super) async fn ready(State(app): State<AppState>) -> impl IntoResponse {
    let (status, text) = match app.store.ping().await {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the record is not available")
        }
    };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(json!({"status": text})))
}
