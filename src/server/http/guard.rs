//! What holds for every answer and every request: security headers, and no writes from other sites.

use super::api;
use crate::{
    server::state::AppState,
    types::{error::AppError, lang::Lang},
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};

/// No inline script, no nonce: a page's bytes can be cached. WASM needs `wasm-unsafe-eval`.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'; \
                      frame-ancestors 'none'; form-action 'self'";
/// While `cargo leptos watch` runs: its reloading is an inline script and a socket to another port.
const POLICY_WATCH: &str = "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; connect-src 'self' ws:; \
                            object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

pub(super) async fn guard(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let mut answer = if safe || is_same_origin(request.headers(), &app.config.base_url()) {
        next.run(request).await
    } else {
        let lang = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).map_or(Lang::Zh, Lang::of_header);
        api::failure(&AppError::CrossSite, lang)
    };
    let headers = answer.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let policy = if app.config.watch.is_some() { POLICY_WATCH } else { POLICY };
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(policy));
    answer
}

/// Browsers say where a request comes from: by Sec-Fetch-Site, older ones by Origin. A client that says neither is no browser.
fn is_same_origin(headers: &HeaderMap, base_url: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else { return true };
    let host = origin.split_once("://").map(|(_, host)| host);
    origin == base_url || (host.is_some() && host == text("host"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_request_of_another_site_is_told_apart() {
        let same = |pairs: &[_]| is_same_origin(&headers(pairs), "https://shop.example");
        assert!(same(&[("sec-fetch-site", "same-origin")]));
        assert!(same(&[("sec-fetch-site", "none")]));
        assert!(!same(&[("sec-fetch-site", "cross-site"), ("origin", "https://shop.example")]));
        assert!(!same(&[("sec-fetch-site", "same-site")]));
        assert!(same(&[("origin", "https://shop.example")]));
        assert!(same(&[("origin", "http://127.0.0.1:3000"), ("host", "127.0.0.1:3000")]));
        assert!(!same(&[("origin", "https://evil.example"), ("host", "shop.example")]));
        assert!(!same(&[("origin", "null"), ("host", "shop.example")]));
        assert!(!same(&[("origin", "null")]));
        assert!(same(&[]), "no browser");
    }
}
