//! Checks of a request before it is answered: the one list for the fast path and the router, which
//! [`super::service`] goes through before it asks either.

use super::{forwarded::Proxies, host, notify::NOTICE_MAX, same_origin};
use crate::{
    server::{config::Serve, identity::address::Peer},
    types::error::{AppError, Fault},
};
use axum::http::{HeaderMap, Uri, header, request::Parts};

/// What the checks of one shop compare a request with.
pub(super) struct Checks {
    base_url: String,
    proxies: Proxies,
    /// Bytes of the largest body that any door reads.
    body_max: u64,
}

impl Checks {
    pub(super) fn new(config: &Serve) -> Self {
        Self {
            base_url: config.base_url(),
            proxies: Proxies::new(&config.trusted_proxies),
            body_max: u64::from(config.body_max).max(NOTICE_MAX as u64),
        }
    }

    /// Goes through the list.
    ///
    /// # Errors
    /// [`AppError::BadField`] for a Host or a target that can't be one, [`AppError::CrossSite`] for
    /// a write that another site sent, [`AppError::TooLarge`] for a body that says it will be.
    pub(super) fn judge(&self, head: &Parts, peer: Peer) -> Result<(), AppError> {
        host::check(head.version, &head.headers)?;
        self.proxies.notice(&head.headers, peer);
        check_target(&head.uri)?;
        same_origin::check(&head.method, &head.headers, &self.base_url)?;
        self.check_length(&head.headers)
    }

    /// Refuses a body that is announced as larger than any door reads, before a byte of it came.
    fn check_length(&self, headers: &HeaderMap) -> Result<(), AppError> {
        let length = headers.get(header::CONTENT_LENGTH);
        let announced = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|bytes| bytes > self.body_max) {
            return Err(AppError::TooLarge);
        }
        Ok(())
    }
}

/// Refuses `example.com:443` and `*` (RFC 9112, section 3.2): they name no page, and the framework
/// would panic.
fn check_target(uri: &Uri) -> Result<(), AppError> {
    if uri.path().starts_with('/') {
        Ok(())
    } else {
        Err(AppError::field("target", Fault::Malformed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue, Method, Request};

    fn judged(
        method: Method,
        target: &str,
        fields: &[(&'static str, &'static str)],
    ) -> Result<(), AppError> {
        let checks = Checks {
            base_url: "https://shop.example".into(),
            proxies: Proxies::new(&[]),
            body_max: 16_384,
        };
        let (mut head, ()) = Request::new(()).into_parts();
        head.method = method;
        head.uri = target.parse().expect("a target");
        head.headers = fields
            .iter()
            .map(|(name, value)| {
                let name = HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .collect();
        checks.judge(&head, Peer(([127, 0, 0, 1], 4_000).into()))
    }

    #[test]
    fn each_check_of_the_list_refuses() {
        let host = ("host", "shop.example");
        let other_site = ("origin", "https://evil.example");
        assert_eq!(judged(Method::POST, "/", &[host]), Ok(()));
        assert_eq!(judged(Method::GET, "/", &[host, other_site]), Ok(()));
        assert_eq!(
            judged(Method::GET, "/", &[]),
            Err(AppError::field("host", Fault::Missing))
        );
        for target in ["*", "shop.example:443"] {
            assert_eq!(
                judged(Method::GET, target, &[host]),
                Err(AppError::field("target", Fault::Malformed)),
                "{target}"
            );
        }
        assert_eq!(
            judged(Method::POST, "/", &[host, other_site]),
            Err(AppError::CrossSite)
        );
        for (length, expected) in [
            ("16384", Ok(())),
            ("16385", Err(AppError::TooLarge)),
            ("99999999999", Err(AppError::TooLarge)),
        ] {
            let fields = [host, ("content-length", length)];
            assert_eq!(judged(Method::POST, "/", &fields), expected, "{length}");
        }
    }
}
