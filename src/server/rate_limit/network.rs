//! Networks: which part of the internet an address stands for when requests are counted. One
//! subscriber holds many addresses of a network, and moves among them for nothing.

use ipnet::IpNet;
use std::net::IpAddr;

/// What a small customer of a hosting provider gets of IPv4, and the least that is announced on its
/// own.
const IPV4_NETWORK: u8 = 24;
/// What a household or a small office gets of IPv6 (RFC 6177).
const IPV6_NETWORK: u8 = 56;
/// What a site may get of IPv6, and the least that is announced on its own.
const IPV6_SITE: u8 = 48;

/// The networks of an address, as keys of counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Networks {
    /// The /24 of IPv4, the /56 of IPv6.
    pub network: String,
    /// The /48 of IPv6; IPv4 has none.
    pub site: Option<String>,
}

impl Networks {
    /// Those of an address. What is no address is a network of its own.
    pub fn of(address: &str) -> Self {
        let network = within(address, IPV4_NETWORK, IPV6_NETWORK);
        let is_ipv6 = address
            .parse()
            .is_ok_and(|address: IpAddr| address.is_ipv6());
        Self {
            network,
            site: is_ipv6.then(|| within(address, IPV4_NETWORK, IPV6_SITE)),
        }
    }

    /// The network by which a student is known again: the site where there is one. A phone gets
    /// another network of 56 bits with each connection, and keeps its 48.
    pub fn home(&self) -> &str {
        self.site.as_deref().unwrap_or(&self.network)
    }
}

/// The subscriber of an address, by which requests are counted in memory: an address of IPv4, a /56
/// of IPv6, which has 256 networks of 64 bits.
pub fn subscriber(address: &str) -> String {
    address.parse().map_or_else(
        |_| address.to_owned(),
        |address| subscriber_of(address).to_string(),
    )
}

/// The same of an address that is none but an address, by which connections are counted.
pub fn subscriber_of(address: IpAddr) -> IpNet {
    let address = address.to_canonical();
    let bits = if address.is_ipv4() { 32 } else { IPV6_NETWORK };
    IpNet::new(address, bits).map_or_else(|_| address.into(), |net| net.trunc())
}

fn within(address: &str, ipv4: u8, ipv6: u8) -> String {
    let net = address.parse::<IpAddr>().ok().and_then(|address| {
        let bits = if address.is_ipv4() { ipv4 } else { ipv6 };
        IpNet::new(address, bits).ok()
    });
    net.map_or_else(|| address.to_owned(), |net| net.trunc().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stands_for_its_networks() {
        let ipv4 = Networks::of("203.0.113.77");
        assert_eq!(
            (ipv4.network.as_str(), ipv4.site.as_deref(), ipv4.home()),
            ("203.0.113.0/24", None, "203.0.113.0/24")
        );
        let ipv6 = Networks::of("2001:db8:1:23ff::");
        assert_eq!(
            (ipv6.network.as_str(), ipv6.home()),
            ("2001:db8:1:2300::/56", "2001:db8:1::/48")
        );
        assert_eq!(Networks::of("").home(), "");
        assert_eq!(subscriber("203.0.113.77"), "203.0.113.77/32");
        assert_eq!(subscriber("2001:db8:1:23ff::"), "2001:db8:1:2300::/56");
        assert_eq!(subscriber("::ffff:203.0.113.77"), "203.0.113.77/32");
        assert_eq!(subscriber("unknown"), "unknown");
    }
}
