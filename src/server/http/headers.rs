//! Fields that make every answer safe, and fields of a request that several files read.

use crate::{api::wire, server::config::Serve};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// No inline script, no nonce: a page's bytes can be cached. WASM needs `wasm-unsafe-eval`.
/// `form-action` stands last, so that [`order_policy`] can go on.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'; \
                      frame-ancestors 'none'; form-action 'self'";

/// While `cargo leptos watch` runs: its reloading is an inline script and a socket to another port.
const POLICY_WATCH: &str = "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; connect-src 'self' ws:; \
                            object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// What a provider that takes money hears of the page that a student comes from: the shop's origin,
/// and no path. WeChat Pay refuses a phone's link without it (H5支付, 常见问题: 商家参数格式有误).
pub(super) const ORIGIN_ONLY: HeaderValue =
    HeaderValue::from_static("strict-origin-when-cross-origin");

/// How a page stands to the page that opened it.
pub(super) const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

const HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (OPENER_POLICY, "same-origin"),
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

/// The fields that make every answer safe.
pub(super) fn security(config: &Serve) -> HeaderMap {
    let mut fields: HeaderMap = HEADERS
        .into_iter()
        .map(|(name, value)| (name, HeaderValue::from_static(value)))
        .collect();
    fields.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(policy(config)),
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

fn policy(config: &Serve) -> &'static str {
    if config.watch.is_some() {
        POLICY_WATCH
    } else {
        POLICY
    }
}

/// The policy of a page with a lesson: its video may come from the hosts of the settings, too.
/// `None` when they name none.
pub(super) fn lesson_policy(config: &Serve) -> Option<HeaderValue> {
    let hosts: Vec<_> = config
        .lessons
        .hosts()
        .map(|host| format!(" https://{host}"))
        .collect();
    if hosts.is_empty() {
        return None;
    }
    HeaderValue::try_from(format!(
        "{}; media-src 'self'{}",
        policy(config),
        hosts.concat()
    ))
    .ok()
}

/// The policy of the page of an order: its forms may lead to these origins, too. Chromium holds every
/// redirect that follows a form against the policy of the page with the form. `None` when there is
/// no origin.
pub(super) fn order_policy(config: &Serve, origins: &[&str]) -> Option<HeaderValue> {
    if origins.is_empty() {
        return None;
    }
    HeaderValue::try_from(format!("{} {}", policy(config), origins.join(" "))).ok()
}

/// Adds the fields that an answer does not have yet.
pub(super) fn add_missing(headers: &mut HeaderMap, fields: &HeaderMap) {
    for (name, value) in fields {
        headers.entry(name).or_insert_with(|| value.clone());
    }
}

/// The media type of a request's body; `None` when it has none, or several.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let mut lines = headers.get_all(header::CONTENT_TYPE).iter();
    let line = lines.next().filter(|_| lines.next().is_none())?;
    Some(wire::media_type(line.to_str().ok()?))
}
