//! OpenAPI description of /api/v1: what the interface takes and answers. A test compares it with
//! the router, and with what the shop answers.

use super::encoded_body::EncodedBody;
use crate::api::wire;
use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use std::sync::LazyLock;

/// The description, as it is served.
static DESCRIPTION: LazyLock<EncodedBody> = LazyLock::new(|| {
    let fields = [
        (header::CONTENT_TYPE, wire::JSON),
        (header::CACHE_CONTROL, "public, no-cache"),
    ];
    let fields = fields.map(|(name, value)| (name, HeaderValue::from_static(value)));
    EncodedBody::compress(
        include_bytes!("openapi.json").to_vec(),
        fields.into_iter().collect(),
    )
});

pub(super) async fn describe(headers: HeaderMap) -> Response {
    DESCRIPTION.answer(&headers)
}
