//! Warnings about proxies whose clients can't be told apart: a proxy that is not trusted, and a
//! trusted one whose X-Forwarded-For can't be read. All clients behind such a proxy share the
//! limits of one address.

use crate::server::identity::address::{self, Peer};
use axum::{
    extract::{Request, State},
    http::HeaderName,
    middleware::Next,
    response::Response,
};
use ipnet::IpNet;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies that are trusted, and what was noticed of them and of others: one line in the log is
/// enough for each.
#[derive(Clone)]
pub(super) struct Proxies {
    trusted: Arc<[IpNet]>,
    noticed: Arc<Noticed>,
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
            noticed: Arc::default(),
        }
    }

    /// What is wrong, the first time.
    fn first(&self, request: &Request) -> Option<ForwardedFault> {
        let headers = request.headers();
        let is_forwarded = headers.contains_key(FORWARDED_FOR);
        if !is_forwarded && !headers.contains_key("forwarded") {
            return None;
        }
        let peer = request
            .extensions()
            .get::<Peer>()
            .map(|Peer(peer)| peer.ip().to_canonical())?;
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
                .last()
                .and_then(|hop| address::heard(hop))
                .is_none(),
        };
        (is_so && !noticed.swap(true, Ordering::Relaxed)).then_some(trouble)
    }
}

pub(super) async fn notice(
    State(proxies): State<Proxies>,
    request: Request,
    next: Next,
) -> Response {
    if let Some(trouble) = proxies.first(&request)
        && let Some(Peer(peer)) = request.extensions().get::<Peer>()
    {
        let peer = peer.ip();
        match trouble {
            ForwardedFault::Other => tracing::warn!(
                %peer,
                "X-Forwarded-For came from an address that TRUSTED_PROXIES does not name, and is not believed: if a proxy of yours is \
                 there, name it, or all students share the limits of its one address"
            ),
            ForwardedFault::Unreadable => tracing::warn!(
                %peer,
                "a trusted proxy names no client that can be read: it has to send an address in X-Forwarded-For (Forwarded is not read), \
                 or all students share the limits of its one address"
            ),
        }
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[test]
    fn only_what_is_wrong_is_noticed_and_once() {
        let proxies = Proxies::new(&["10.0.0.0/8".parse().expect("a network")]);
        let first = |peer: &str, fields: &[(&str, &str)]| {
            let builder = Request::builder().extension(Peer(peer.parse().expect("an address")));
            let builder = fields.iter().fold(builder, |builder, (name, value)| {
                builder.header(*name, *value)
            });
            proxies.first(&builder.body(Body::empty()).expect("a request"))
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
            assert_eq!(first(peer, fields), trouble, "{peer} {fields:?}");
        }
        let proxies = Proxies::new(&["10.0.0.0/8".parse().expect("a network")]);
        let request = Request::builder()
            .extension(Peer("10.0.0.2:4000".parse().expect("an address")))
            .header("forwarded", "for=203.0.113.7");
        assert_eq!(
            proxies.first(&request.body(Body::empty()).expect("a request")),
            Some(ForwardedFault::Unreadable)
        );
    }
}
