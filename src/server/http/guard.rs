//! Layers around every request: security headers, 403 for writes from other sites, a time limit,
//! and an answer when a handler panics.

use super::{api, router::Context};
use crate::{
    server::config::Serve,
    types::{
        error::{AppError, Fault},
        lang::Lang,
    },
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};
use std::{any::Any, time::Duration};

/// No inline script, no nonce: a page's bytes can be cached. WASM needs `wasm-unsafe-eval`.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'; \
                      frame-ancestors 'none'; form-action 'self'";
/// While `cargo leptos watch` runs: its reloading is an inline script and a socket to another port.
const POLICY_WATCH: &str = "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; connect-src 'self' ws:; \
                            object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=()",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// What the log knows a request by, and its answer says.
pub(super) const REQUEST_ID: &str = "x-request-id";
/// Characters of an id that a client brings, at most: more than a UUID has, and little enough for a
/// line of the log and an answer's head.
const REQUEST_ID_MAX: usize = 64;

/// The fields that make every answer safe.
pub(super) fn security(config: &Serve) -> HeaderMap {
    let mut fields: HeaderMap = HEADERS
        .into_iter()
        .map(|(name, value)| (name, HeaderValue::from_static(value)))
        .collect();
    fields.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(if config.watch.is_some() {
            POLICY_WATCH
        } else {
            POLICY
        }),
    );
    if config.hsts_s > 0 {
        // RFC 6797, section 6.1.
        fields.extend(
            HeaderValue::try_from(format!("max-age={}", config.hsts_s))
                .map(|value| (header::STRICT_TRANSPORT_SECURITY, value)),
        );
    }
    fields
}

/// Adds the fields that an answer does not have yet.
pub(super) fn dress(headers: &mut HeaderMap, fields: &HeaderMap) {
    for (name, value) in fields {
        headers.entry(name).or_insert_with(|| value.clone());
    }
}

pub(super) async fn guard(
    State(context): State<Context>,
    request: Request,
    next: Next,
) -> Response {
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let mut answer = if !request.uri().path().starts_with('/') {
        // `example.com:443` and `*` (RFC 9112, section 3.2) name no page; the framework would
        // panic.
        api::failure(
            &AppError::field("target", Fault::Malformed),
            lang(request.headers()),
        )
    } else if safe || is_same_origin(request.headers(), &context.app.config.base_url()) {
        next.run(request).await
    } else {
        api::failure(&AppError::CrossSite, lang(request.headers()))
    };
    dress(answer.headers_mut(), &context.security);
    answer
}

/// Drops an id that a client brings unless it is a plain word: an answer repeats it, and each line
/// of the log that the request writes. In its place one is made.
pub(super) async fn name(mut request: Request, next: Next) -> Response {
    let is_plain = |id: &HeaderValue| {
        (1..=REQUEST_ID_MAX).contains(&id.len())
            && id
                .as_bytes()
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    if !request.headers().get_all(REQUEST_ID).iter().all(is_plain) {
        request.headers_mut().remove(REQUEST_ID);
    }
    next.run(request).await
}

/// An answer within `limit`, or one that says to come back.
pub(super) async fn limit_time(
    State(limit): State<Duration>,
    request: Request,
    next: Next,
) -> Response {
    let lang = lang(request.headers());
    tokio::time::timeout(limit, next.run(request))
        .await
        .unwrap_or_else(|_| late(lang))
}

/// What stands in for an answer that took too long.
pub(super) fn late(lang: Lang) -> Response {
    tracing::warn!("a request took too long");
    api::failure(&AppError::Unavailable, lang)
}

/// What stands in for the answer of a handler that panicked.
pub(super) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(message, "a handler panicked");
    api::failure(&AppError::Internal, Lang::default())
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

/// Browsers say where a request comes from: by Sec-Fetch-Site, older ones by Origin. A client that
/// says neither is no browser; of several lines each has to hold.
pub(super) fn is_same_origin(headers: &HeaderMap, base_url: &str) -> bool {
    let lines = |name: &str| {
        headers
            .get_all(name)
            .into_iter()
            .map(|value| value.to_str().unwrap_or("?"))
    };
    if headers.contains_key("sec-fetch-site") {
        return lines("sec-fetch-site").all(|site| matches!(site, "same-origin" | "none"));
    }
    let scheme = base_url.split_once("://").map(|(scheme, _)| scheme);
    let host = lines("host").next();
    lines("origin").all(|origin| {
        origin == base_url
            || origin
                .split_once("://")
                .is_some_and(|(by, name)| Some(by) == scheme && Some(name) == host)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, body::to_bytes, http::StatusCode, middleware, routing::get};
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    fn hostile() -> Router {
        let slow = || async { tokio::time::sleep(Duration::from_secs(60)).await };
        Router::new()
            .route(
                "/panics",
                get(|| async { panic!("on purpose") as StatusCode }),
            )
            .route("/hangs", get(slow))
            .layer(middleware::from_fn_with_state(
                Duration::from_millis(20),
                limit_time,
            ))
            .layer(CatchPanicLayer::custom(panicked))
    }

    async fn ask(path: &str) -> (StatusCode, Option<HeaderValue>, serde_json::Value) {
        let request = Request::get(path)
            .header("accept-language", "en")
            .body(axum::body::Body::empty())
            .expect("a request");
        let answer = hostile().oneshot(request).await.expect("an answer");
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, 4_096).await.expect("a body");
        (
            parts.status,
            parts.headers.get(header::RETRY_AFTER).cloned(),
            serde_json::from_slice(&body).expect("JSON"),
        )
    }

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let (status, _, body) = ask("/panics").await;
        assert_eq!(
            (status, &body["code"]),
            (StatusCode::INTERNAL_SERVER_ERROR, &500.into())
        );
    }

    #[tokio::test]
    async fn a_request_that_takes_too_long_is_told_to_come_back() {
        let (status, retry_after, body) = ask("/hangs").await;
        assert_eq!(
            (status, &body["code"]),
            (StatusCode::SERVICE_UNAVAILABLE, &503.into())
        );
        assert!(retry_after.is_some());
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn a_request_of_another_site_is_told_apart() {
        let same = |pairs: &[_]| is_same_origin(&headers(pairs), "https://shop.example");
        assert!(same(&[("sec-fetch-site", "same-origin")]));
        assert!(same(&[("sec-fetch-site", "none")]));
        assert!(!same(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://shop.example")
        ]));
        assert!(!same(&[("sec-fetch-site", "same-site")]));
        assert!(same(&[("origin", "https://shop.example")]));
        assert!(same(&[
            ("origin", "https://www.shop.example"),
            ("host", "www.shop.example")
        ]));
        assert!(
            !same(&[("origin", "http://shop.example"), ("host", "shop.example")]),
            "a page that anybody on the way may have written"
        );
        assert!(!same(&[
            ("origin", "https://evil.example"),
            ("host", "shop.example")
        ]));
        assert!(!same(&[("origin", "null"), ("host", "shop.example")]));
        assert!(!same(&[("origin", "null")]));
        assert!(same(&[]), "no browser");
        let twice = |name: &'static str, values: [&'static str; 2]| {
            let lines = values.map(|value| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            });
            is_same_origin(&lines.into_iter().collect(), "https://shop.example")
        };
        assert!(!twice("sec-fetch-site", ["same-origin", "cross-site"]));
        assert!(!twice(
            "origin",
            ["https://shop.example", "https://evil.example"]
        ));
    }
}
