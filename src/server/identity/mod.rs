//! Identity: who asks. The only room beside `http` that knows cookies and sessions.

pub mod address;
pub mod caller;
pub mod cookies;

use crate::{
    server::shop::state::AppState,
    types::{error::AppError, lang::Lang},
};
use axum::http::request::Parts;
use leptos::prelude::use_context;

/// The shop of the request that is being answered, and the language of who asks.
///
/// # Errors
/// [`AppError::Internal`] outside a request.
pub fn current() -> Result<(AppState, Lang), AppError> {
    let app = use_context().ok_or(AppError::Internal)?;
    Ok((app, use_context().unwrap_or_default()))
}

/// The head of the request that is being answered.
fn request_parts() -> Option<Parts> {
    use_context()
}
