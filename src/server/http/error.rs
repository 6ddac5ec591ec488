//! Errors as HTTP answers: their status, their JSON, and the language of who asked.

use crate::types::{error::AppError, lang::Lang, wire::Failure};
use axum::{
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::any::Any;

/// 405 with what the path takes (RFC 9110, section 15.5.6): what takes GET takes HEAD.
pub(super) fn refuse_method(lang: Lang, methods: &[Method]) -> Response {
    let names = methods.iter().flat_map(|method| {
        if *method == Method::GET {
            vec!["GET", "HEAD"]
        } else {
            vec![method.as_str()]
        }
    });
    let allowed = names.collect::<Vec<_>>().join(", ");
    let mut refusal = failure(&AppError::MethodNotAllowed, lang);
    refusal
        .headers_mut()
        .extend(HeaderValue::from_str(&allowed).map(|allowed| (header::ALLOW, allowed)));
    refusal
}

/// An error with its HTTP status.
pub(super) fn failure(error: &AppError, lang: Lang) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = (status, axum::Json(Failure::of(error, lang))).into_response();
    if let Some(retry_s) = error.retry_s() {
        answer
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(retry_s));
    }
    answer
}

/// What stands in for an answer that took too long.
pub(super) fn late(lang: Lang) -> Response {
    tracing::warn!("a request took too long");
    failure(&AppError::Unavailable, lang)
}

/// What stands in for the answer of a handler that panicked.
pub(super) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(message, "a handler panicked");
    failure(&AppError::Internal, Lang::default())
}

/// The language that a client likes best.
pub(super) fn lang(headers: &HeaderMap) -> Lang {
    Lang::of_fields(
        headers
            .get_all(header::ACCEPT_LANGUAGE)
            .iter()
            .map(HeaderValue::as_bytes),
    )
}
