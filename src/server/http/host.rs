//! Check of the Host field. A request without it, with two of them, or with one that is no host
//! name is answered with 400 (RFC 9112, section 3.2), since a proxy on the way may have read
//! another host out of it.

use super::error;
use crate::types::error::{AppError, Fault};
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Version, header},
    middleware::Next,
    response::Response,
};
use std::net::Ipv6Addr;

/// Characters of a name at most (RFC 1035, section 2.3.4).
const NAME_MAX: usize = 255;

/// Refuses a request whose Host can't be one.
pub(super) async fn require(request: Request, next: Next) -> Response {
    match check(request.version(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => error::failure(&error, error::lang(request.headers())),
    }
}

/// Whether a request names one host.
///
/// # Errors
/// [`AppError::BadField`] when there is none, more than one, or one that is no name.
pub(super) fn check(version: Version, headers: &HeaderMap) -> Result<(), AppError> {
    let mut hosts = headers
        .get_all(header::HOST)
        .iter()
        .map(HeaderValue::as_bytes);
    let fault = match (hosts.next(), hosts.next()) {
        (Some(host), None) if is_host(host) => return Ok(()),
        (Some(_), None) => Fault::Malformed,
        (Some(_), Some(_)) => Fault::Repeated,
        // Before HTTP/1.1 it was not known.
        (None, _) if version < Version::HTTP_11 => return Ok(()),
        (None, _) => Fault::Missing,
    };
    Err(AppError::field("host", fault))
}

/// Whether a text is a host, perhaps with a port (RFC 9110, section 7.2): a name or an address as
/// DNS and browsers have it.
fn is_host(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else {
        return false;
    };
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) if address.parse::<Ipv6Addr>().is_ok() => ("", port),
        Some(_) => return false,
        None => {
            let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            if host.is_empty() || host.len() > NAME_MAX {
                return false;
            }
            (host, port)
        }
    };
    let is_port = |port: &str| {
        port.is_empty()
            || (port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok())
    };
    is_name(host) && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

/// Letters, digits, dots, hyphens, underscores, and escapes of other letters.
fn is_name(host: &str) -> bool {
    let mut parts = host.split('%');
    let is_plain = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    parts.next().is_some_and(is_plain)
        && parts.all(|part| {
            part.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2
                && part.get(2..).is_some_and(is_plain)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_told_from_the_rest() {
        for host in [
            "shop.example",
            "SHOP.example:443",
            "shop_1.example.",
            "127.0.0.1:3000",
            "localhost:",
            "[::1]",
            "[2001:db8::1]:8080",
            "xn--fiqs8s.example",
            "a%20b",
        ] {
            assert!(is_host(host.as_bytes()), "{host}");
        }
        for host in [
            "",
            ":3000",
            "shop example",
            "a,b",
            "a.example, b.example",
            "user@shop.example",
            "shop.example/",
            "shop.example:x",
            "shop.example:+1",
            "shop.example:65536",
            "shop.example:1:2",
            "[::1",
            "::1",
            "[::1]x",
            "[localhost]",
            "a%2",
            "a%zz",
            "\u{5e97}.example",
        ] {
            assert!(!is_host(host.as_bytes()), "{host}");
        }
        assert!(!is_host(b"shop\xff.example") && !is_host(&[b'a'; NAME_MAX + 1]));
    }

    #[test]
    fn only_what_is_older_may_leave_it_out() {
        let checked = |version, hosts: &[&'static str]| {
            let line = |host: &&'static str| (header::HOST, HeaderValue::from_static(host));
            check(version, &hosts.iter().map(line).collect())
        };
        assert_eq!(checked(Version::HTTP_11, &["a.example"]), Ok(()));
        assert_eq!(checked(Version::HTTP_10, &[]), Ok(()));
        for (version, hosts, why) in [
            (Version::HTTP_11, &[][..], Fault::Missing),
            (
                Version::HTTP_11,
                &["a.example", "a.example"],
                Fault::Repeated,
            ),
            (
                Version::HTTP_10,
                &["a.example", "b.example"],
                Fault::Repeated,
            ),
            (Version::HTTP_10, &["a b"], Fault::Malformed),
        ] {
            assert_eq!(
                checked(version, hosts),
                Err(AppError::field("host", why)),
                "{version:?} {hosts:?}"
            );
        }
    }
}
