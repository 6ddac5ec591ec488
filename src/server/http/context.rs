//! Context of the handlers: what every route shares.

use super::{assets::Assets, response_cache::ResponseCache};
use crate::server::shop::state::AppState;
use axum::{extract::FromRef, http::HeaderMap};
use std::sync::Arc;

/// What the handlers share.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) app: AppState,
    pub(super) assets: Arc<Assets>,
    pub(super) cached: Arc<ResponseCache>,
    /// The fields that make every answer safe.
    pub(super) security: Arc<HeaderMap>,
}

impl FromRef<Context> for AppState {
    fn from_ref(context: &Context) -> Self {
        context.app.clone()
    }
}
