//! Warnings about proxies whose clients can't be told apart: a proxy that is not trusted, and a
//! trusted one whose X-Forwarded-For can't be read. All clients behind such a proxy share the
//! limits of one address.

use crate::server::identity::address::{self, Peer};
use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;
use std::{
    net::IpAddr,
    sync::atomic::{AtomicBool, Ordering},
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies that are trusted, and what was noticed of them and of others: one line in the log is
/// enough for each.
pub(super) struct Proxies {
    trusted: Box<[IpNet]>,
    noticed: Noticed,
}

#[derive(Default)]
struct Noticed {
    other: AtomicBool,
    unreadable: AtomicBool,
}

/// What is wrong with how a request was forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ForwardedFault {
    /// By somebody who is not trusted, or says that it was.
    Other,
    /// By a trusted proxy, which names no address that can be read.
    Unreadable,
}

impl Proxies {
    pub(super) fn new(trusted: &[IpNet]) -> Self {
        Self {
            trusted: trusted.into(),
            noticed: Noticed::default(),
        }
    }

    /// Warns of what is wrong, the first time.
    pub(super) fn notice(&self, headers: &HeaderMap, Peer(peer): Peer) {
        let peer = peer.ip();
        match self.first(headers, peer.to_canonical()) {
            None => {}
            Some(ForwardedFault::Other) => tracing::warn!(
                %peer,
                "X-Forwarded-For came from an address that TRUSTED_PROXIES does not name, and is not believed: if a proxy of yours is \
                 there, name it, or all students share the limits of its one address"
            ),
            Some(ForwardedFault::Unreadable) => tracing::warn!(
                %peer,
                "a trusted proxy names no client that can be read: it has to send an address in X-Forwarded-For (Forwarded is not read), \
                 or all students share the limits of its one address"
            ),
        }
    }

    /// What is wrong, the first time.
    fn first(&self, headers: &HeaderMap, peer: IpAddr) -> Option<ForwardedFault> {
        let is_forwarded = headers.contains_key(FORWARDED_FOR);
        if !is_forwarded && !headers.contains_key(header::FORWARDED) {
            return None;
        }
        let (trouble, noticed) = if self.trusted.iter().any(|net| net.contains(&peer)) {
            (ForwardedFault::Unreadable, &self.noticed.unreadable)
        } else {
            (ForwardedFault::Other, &self.noticed.other)
        };
        if noticed.load(Ordering::Relaxed) {
            return None;
        }
        let is_so = match trouble {
            ForwardedFault::Other => is_forwarded,
            ForwardedFault::Unreadable => address::hops(headers)
                .next_back()
                .and_then(address::heard)
                .is_none(),
        };
        (is_so && !noticed.swap(true, Ordering::Relaxed)).then_some(trouble)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use std::net::SocketAddr;

    #[test]
    fn only_what_is_wrong_is_noticed_and_once() {
        let proxies = Proxies::new(&["10.0.0.0/8".parse().expect("a network")]);
        let first = |proxies: &Proxies, peer: &str, fields: &[(&'static str, &'static str)]| {
            let field = |(name, value): &(&'static str, &'static str)| {
                let name = HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            };
            let peer: SocketAddr = peer.parse().expect("an address");
            proxies.first(
                &fields.iter().map(field).collect(),
                peer.ip().to_canonical(),
            )
        };
        let address = ("x-forwarded-for", "unknown, 203.0.113.7:50001");
        let unknown = ("x-forwarded-for", "203.0.113.7, unknown");
        let standard = ("forwarded", "for=203.0.113.7");
        for (peer, fields, trouble) in [
            ("198.51.100.7:4000", &[][..], None),
            ("198.51.100.7:4000", &[standard], None),
            ("10.0.0.2:4000", &[address], None),
            ("[::ffff:10.0.0.2]:4000", &[address, standard], None),
            ("198.51.100.7:4000", &[address], Some(ForwardedFault::Other)),
            ("198.51.100.8:4000", &[address], None),
            (
                "10.0.0.2:4000",
                &[unknown],
                Some(ForwardedFault::Unreadable),
            ),
            ("10.0.0.2:4000", &[standard], None),
        ] {
            assert_eq!(first(&proxies, peer, fields), trouble, "{peer} {fields:?}");
        }
        let proxies = Proxies::new(&["10.0.0.0/8".parse().expect("a network")]);
        assert_eq!(
            first(&proxies, "10.0.0.2:4000", &[standard]),
            Some(ForwardedFault::Unreadable)
        );
    }
}
