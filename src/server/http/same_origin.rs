//! Same origin: writes that come from another site are refused with 403.

use super::{context::Context, error, headers};
use crate::types::error::{AppError, Fault};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method},
    middleware::Next,
    response::Response,
};

pub(super) async fn refuse_other_sites(
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
        error::failure(
            &AppError::field("target", Fault::Malformed),
            error::lang(request.headers()),
        )
    } else if safe || is_same_origin(request.headers(), &context.app.config.base_url()) {
        next.run(request).await
    } else {
        error::failure(&AppError::CrossSite, error::lang(request.headers()))
    };
    headers::add_missing(answer.headers_mut(), &context.security);
    answer
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
    use axum::http::{HeaderName, HeaderValue};

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
