//! Notices a proxy that is not trusted: then everybody who comes through it shares the limits of one address.

use crate::server::door::Peer;
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

/// The proxies that are trusted, and whether another one was noticed.
#[derive(Clone)]
pub(super) struct Proxies {
    trusted: Arc<[IpNet]>,
    noticed: Arc<AtomicBool>,
}

impl Proxies {
    pub(super) fn new(trusted: &[IpNet]) -> Self {
        Self { trusted: trusted.into(), noticed: Arc::default() }
    }

    /// Whether this is the first request that somebody else forwarded, or says that it did: one line in the log is enough.
    fn is_first(&self, request: &Request) -> bool {
        if self.noticed.load(Ordering::Relaxed) || !request.headers().contains_key(FORWARDED_FOR) {
            return false;
        }
        let peer = request.extensions().get::<Peer>().map(|Peer(peer)| peer.ip().to_canonical());
        let is_other = peer.is_some_and(|peer| !self.trusted.iter().any(|net| net.contains(&peer)));
        is_other && !self.noticed.swap(true, Ordering::Relaxed)
    }
}

pub(super) async fn notice(State(proxies): State<Proxies>, request: Request, next: Next) -> Response {
    if proxies.is_first(&request)
        && let Some(Peer(peer)) = request.extensions().get::<Peer>()
    {
        let peer = peer.ip();
        tracing::warn!(
            %peer,
            "X-Forwarded-For came from an address that TRUSTED_PROXIES does not name, and is not believed: if a proxy of yours is there, \
             name it, or all students share the limits of its one address"
        );
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[test]
    fn only_a_proxy_that_is_not_trusted_is_noticed_and_once() {
        let proxies = Proxies::new(&["10.0.0.0/8".parse().expect("a network")]);
        let request = |peer: &str, forwarded: bool| {
            let builder = Request::builder().extension(Peer(peer.parse().expect("an address")));
            let builder = if forwarded { builder.header(FORWARDED_FOR, "203.0.113.7") } else { builder };
            builder.body(Body::empty()).expect("a request")
        };
        for (peer, forwarded, is_first) in [
            ("198.51.100.7:4000", false, false),
            ("10.0.0.2:4000", true, false),
            ("[::ffff:10.0.0.2]:4000", true, false),
            ("198.51.100.7:4000", true, true),
            ("198.51.100.8:4000", true, false),
        ] {
            assert_eq!(proxies.is_first(&request(peer, forwarded)), is_first, "{peer} {forwarded}");
        }
    }
}
