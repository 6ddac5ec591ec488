//! Whether the process lives, and whether it can serve.

use crate::server::state::AppState;
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde_json::json;

/// The process answers.
pub(super) async fn alive(State(app): State<AppState>) -> impl IntoResponse {
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
