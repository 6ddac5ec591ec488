//! Hosts of addresses: which of them are this machine's own.

use std::net::{IpAddr, Ipv6Addr};

/// Whether a host, a name or an address, can only be this machine's. IPv6 may stand in brackets, as
/// in a URL.
pub fn is_loopback(host: &str) -> bool {
    let bracketed = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    match bracketed {
        Some(address) => address
            .parse()
            .is_ok_and(|address: Ipv6Addr| address.is_loopback()),
        None => {
            host.eq_ignore_ascii_case("localhost")
                || host
                    .parse()
                    .is_ok_and(|address: IpAddr| address.is_loopback())
        }
    }
}

/// The same of a host with a port or without, as a URL and the `Host` field have it: IPv6 stands in
/// brackets there.
pub fn is_loopback_authority(authority: &str) -> bool {
    let end = authority.find(']').map(|end| end + 1);
    let end = end
        .or_else(|| authority.find(':'))
        .unwrap_or(authority.len());
    let (host, port) = authority.split_at(end);
    let is_port = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| port.parse::<u16>().is_ok());
    is_port && is_loopback(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_of_this_machine_is_known_in_any_case() {
        for host in ["localhost", "LocalHost", "127.1.2.3", "::1", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["", "/run/postgresql", "[127.0.0.1]", "::2", "db.example"] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn an_authority_is_this_machine_s_only_in_its_plain_form() {
        for host in [
            "localhost",
            "LOCALHOST:3000",
            "127.0.0.1",
            "127.1.2.3:80",
            "[::1]",
            "[::1]:65535",
        ] {
            assert!(is_loopback_authority(host), "{host}");
        }
        for host in [
            "",
            "localhost.",
            "localhost:",
            "localhost:x",
            "localhost:65536",
            "localhost.evil.example",
            "a@localhost",
            "localhost@evil.example",
            "127.0.0.1.evil.example",
            "127.1",
            "2130706433",
            "0.0.0.0",
            "::1",
            "[::2]",
            "[::1",
            "[::1]x",
            "[127.0.0.1]",
            "[localhost]",
            "10.0.0.1",
        ] {
            assert!(!is_loopback_authority(host), "{host}");
        }
    }
}
