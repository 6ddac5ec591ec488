//! Same origin: writes that come from another site are refused with 403.

use crate::types::error::AppError;
use axum::http::{HeaderMap, Method};

/// Refuses a write that another site sent.
///
/// # Errors
/// [`AppError::CrossSite`].
pub(super) fn check(method: &Method, headers: &HeaderMap, base_url: &str) -> Result<(), AppError> {
    let is_safe = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if is_safe || is_same_origin(headers, base_url) {
        Ok(())
    } else {
        Err(AppError::CrossSite)
    }
}

/// Browsers say where a request comes from: by Sec-Fetch-Site, older ones by Origin. A client that
/// says neither is no browser; of several lines each has to hold.
fn is_same_origin(headers: &HeaderMap, base_url: &str) -> bool {
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
