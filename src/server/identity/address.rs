//! Address of the client: the connection's other end, or whom the trusted proxies heard.

use super::request_parts;
use crate::{
    server::shop::state::AppState,
    types::{device::is_phone, host::is_loopback_authority},
};
use axum::http::{HeaderMap, HeaderValue, header, request::Parts};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// Whom the proxies heard, the first one first.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// What a proxy adds to a request that it hands on; and whatever begins with [`FORWARDED`].
const PROXIED: [&str; 3] = ["forwarded", "via", "x-real-ip"];

const FORWARDED: &str = "x-forwarded-";

/// The address of the client's end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

pub fn address(app: &AppState) -> String {
    let client = request_parts().and_then(|parts| client_of(app, &parts));
    client.map_or_else(String::new, |client| canonical(client).to_string())
}

/// The address of a client that is a phone.
pub fn phone(app: &AppState) -> Option<IpAddr> {
    let parts = request_parts()?;
    let user_agent = parts.headers.get(header::USER_AGENT)?.to_str().ok()?;
    is_phone(user_agent)
        .then(|| client_of(app, &parts))
        .flatten()
}

fn client_of(app: &AppState, parts: &Parts) -> Option<IpAddr> {
    let Peer(peer) = parts.extensions.get::<Peer>()?;
    Some(client(
        peer.ip(),
        &hops(&parts.headers).collect::<Vec<_>>(),
        &app.config.trusted_proxies,
    ))
}

/// The members of X-Forwarded-For, of all its lines: empty ones are none.
pub fn hops(headers: &HeaderMap) -> impl DoubleEndedIterator<Item = &[u8]> {
    let lines = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .map(HeaderValue::as_bytes);
    lines
        .flat_map(|line| line.split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|hop| !hop.is_empty())
}

/// The address of such a member, as proxies write it: perhaps with a port, in brackets or quotes,
/// with a zone.
pub fn heard(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?;
    let text = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text)
        .trim();
    if let Some((bare, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        let is_port = rest.is_empty()
            || rest
                .strip_prefix(':')
                .is_some_and(|port| port.parse::<u16>().is_ok());
        return zoneless(bare).filter(|_| is_port);
    }
    text.parse()
        .map(|address: SocketAddr| address.ip())
        .ok()
        .or_else(|| zoneless(text))
}

/// An address without the name of the zone that it may end with (RFC 4007, section 11).
fn zoneless(text: &str) -> Option<IpAddr> {
    text.split('%').next()?.parse().ok()
}

/// Whether the request was made on this machine, by its user: to a name of loopback, and through no
/// proxy. A page of another site that had its own name point here would come with that name.
pub fn is_near() -> bool {
    request_parts().is_some_and(|parts| {
        let is_peer_near = parts
            .extensions
            .get::<Peer>()
            .is_some_and(|Peer(peer)| peer.ip().to_canonical().is_loopback());
        let is_proxied = parts
            .headers
            .keys()
            .any(|name| PROXIED.contains(&name.as_str()) || name.as_str().starts_with(FORWARDED));
        let mut hosts = parts.headers.get_all(header::HOST).iter();
        let host = hosts
            .next()
            .and_then(|host| host.to_str().ok())
            .filter(|_| hosts.next().is_none());
        let authority = parts
            .uri
            .authority()
            .map(axum::http::uri::Authority::as_str);
        is_peer_near
            && !is_proxied
            && host.is_some_and(is_loopback_authority)
            && authority.is_none_or(is_loopback_authority)
    })
}

/// Who spoke to the outermost proxy that is trusted. Each proxy adds on the right whom it heard,
/// and what stands to the left of that, anybody may have written.
fn client(peer: IpAddr, hops: &[&[u8]], trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| {
        trusted
            .iter()
            .any(|net| net.contains(&address.to_canonical()))
    };
    let mut client = peer;
    for hop in hops.iter().rev() {
        let Some(heard) = heard(hop) else { break };
        if !is_trusted(client) {
            break;
        }
        client = heard;
    }
    client
}

/// The address that a client counts as: of IPv6 its network of 64 bits, in which a machine takes
/// any address. Its subscriber has more of them: see `network`.
fn canonical(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) & (u128::MAX << 64)).into()),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted = ["10.0.0.0/8", "127.0.0.1/32"].map(|net| net.parse().expect("a network"));
        let client = |peer: &str, hops: &[&str]| {
            let hops: Vec<_> = hops.iter().map(|hop| hop.as_bytes()).collect();
            client(peer.parse().expect("an address"), &hops, &trusted).to_string()
        };
        assert_eq!(
            client("203.0.113.7", &["1.1.1.1"]),
            "203.0.113.7",
            "no proxy of ours"
        );
        assert_eq!(client("10.0.0.2", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("::ffff:10.0.0.2", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(
            client("10.0.0.2", &["1.1.1.1", "203.0.113.7:50001", "10.0.0.9"]),
            "203.0.113.7",
            "what the client wrote counts for nothing"
        );
        assert_eq!(client("10.0.0.2", &["203.0.113.7", "unknown"]), "10.0.0.2");
        assert_eq!(client("127.0.0.1", &[]), "127.0.0.1");
    }

    #[test]
    fn an_address_is_read_as_proxies_write_it() {
        for (text, address) in [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7:50001", "203.0.113.7"),
            ("\"203.0.113.7:50001\"", "203.0.113.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:50001", "2001:db8::1"),
            ("\"[2001:db8::1]:50001\"", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%eth0]", "fe80::1"),
            ("[fe80::1%eth0]:50001", "fe80::1"),
            ("\"[fe80::1%25eth0]:50001\"", "fe80::1"),
            ("::ffff:203.0.113.7", "::ffff:203.0.113.7"),
        ] {
            assert_eq!(
                heard(text.as_bytes())
                    .map(|address| address.to_string())
                    .as_deref(),
                Some(address),
                "{text}"
            );
        }
        for text in [
            "",
            "unknown",
            "_hidden",
            "203.0.113.7:",
            "203.0.113.7:x",
            "203.0.113.7:65536",
            "203.0.113",
            "[203.0.113.7",
            "\"203.0.113.7",
            "[2001:db8::1]:",
            "[2001:db8::1]x",
            "[fe80::1%eth0]:x",
        ] {
            assert_eq!(heard(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn several_lines_are_one_list_and_a_bad_member_spoils_no_other() {
        let mut headers = HeaderMap::new();
        for line in [
            b"1.1.1.1,, ".as_slice(),
            b"\xff\xfe , \"x, 203.0.113.7:1",
            b"\t10.0.0.9 ",
        ] {
            headers.append(
                FORWARDED_FOR,
                HeaderValue::from_bytes(line).expect("a field"),
            );
        }
        let hops: Vec<_> = hops(&headers).collect();
        assert_eq!(hops.len(), 5, "{hops:?}");
        let trusted = ["10.0.0.0/8".parse().expect("a network")];
        assert_eq!(
            client("10.0.0.2".parse().expect("an address"), &hops, &trusted).to_string(),
            "203.0.113.7"
        );
    }
}
