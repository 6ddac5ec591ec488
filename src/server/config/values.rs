//! Values of settings that no type of the standard library reads.

use crate::types::{link::is_web, typed::wrapped};
use ipnet::{IpNet, Ipv4Net};
use std::{net::IpAddr, path::PathBuf};
use tracing_subscriber::EnvFilter;

/// A filter of the log whose words are levels, perhaps each behind a module: any other word would
/// be the name of a module, and alone silence all others.
pub(super) fn log_filter(text: &str) -> Result<String, String> {
    let words: Vec<_> = text
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect();
    if let Some(word) = words.iter().find(|word| !is_directive(word)) {
        return Err(format!(
            "{word:?} is no level, which are {}; of a module say qiangke=debug",
            LOG_LEVELS.join(", ")
        ));
    }
    let filter = words.join(",");
    EnvFilter::try_new(&filter).map_err(|bad| bad.to_string())?;
    Ok(filter)
}

const LOG_LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// A level, a module of this program, or a module or a span with its level.
/// Source: the documentation of `tracing_subscriber::EnvFilter`, "Directives".
fn is_directive(word: &str) -> bool {
    let is_level = |word: &str| {
        LOG_LEVELS.contains(&word.to_lowercase().as_str())
            || matches!(word.as_bytes(), [b'0'..=b'5'])
    };
    let (module, rest) = word.split_at(word.find(['[', '=']).unwrap_or(word.len()));
    let (has_span, level) = match rest.rsplit_once(']') {
        Some((span, level)) => (span.starts_with('['), level),
        None => (false, rest),
    };
    let is_module = !module.is_empty()
        && module.split("::").all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|sign| sign.is_ascii_alphanumeric() || sign == b'_')
        });
    match level.strip_prefix('=') {
        Some(level) => (is_module || (module.is_empty() && has_span)) && is_level(level),
        None if !level.is_empty() => false,
        None => is_level(word) || (is_module && module.starts_with("qiangke")),
    }
}

/// A path without the blank or line end that a copied line may bring: a file of that name would be
/// made.
pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.trim() != text || text.chars().any(char::is_control) {
        return Err("a path without blanks around it or a line end in it".into());
    }
    if let Some(fault) = wrapped(text) {
        return Err(fault.into());
    }
    Ok(PathBuf::from(text))
}

/// A host by its name, perhaps with a port, as it stands in an address and in a policy of a page.
pub(super) fn host(text: &str) -> Result<String, String> {
    let host = text.trim().to_ascii_lowercase();
    if host.is_ascii() && !host.contains(['/', '?', '#']) && is_web(&format!("https://{host}")) {
        return Ok(host);
    }
    Err("a host like cdn.example, without https:// and without a path".into())
}

/// A network, or an address as the network of it alone.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let alone = text.parse::<IpAddr>().map(IpNet::from);
    let net = alone.or_else(|_| text.parse()).map_err(|_| {
        String::from(
            "neither an address nor a network like 10.0.0.0/8, several with commas between them",
        )
    })?;
    Ok(unmapped(net).map_or(net, IpNet::V4))
}

/// The network of IPv4 that one of IPv6 stands for (RFC 4291, section 2.5.5.2): a peer with such an
/// address counts as one of IPv4.
fn unmapped(net: IpNet) -> Option<Ipv4Net> {
    /// Bits before the address of IPv4.
    const MAPPED_BITS: u8 = 96;
    let IpNet::V6(net) = net else { return None };
    Ipv4Net::new(
        net.addr().to_ipv4_mapped()?,
        net.prefix_len().checked_sub(MAPPED_BITS)?,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_no_blank_around_it() {
        assert_eq!(path("a b/c"), Ok(PathBuf::from("a b/c")));
        for text in [" ", "a ", "\ta", "a\r", "a\nb"] {
            assert!(path(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_host_is_a_name_alone() {
        assert_eq!(
            host(" CDN.example:8443 ").as_deref(),
            Ok("cdn.example:8443")
        );
        for text in [
            "",
            "https://a.example",
            "a.example/x",
            "*.example",
            "a b",
            "a;b",
            "例子.测试",
        ] {
            assert!(host(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_proxy_is_named_as_its_address_is_compared() {
        for (text, net) in [
            ("10.0.0.5", "10.0.0.5/32"),
            (" 10.0.0.0/8", "10.0.0.0/8"),
            ("::ffff:10.0.0.5", "10.0.0.5/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(
                network(text).map(|net| net.to_string()).as_deref(),
                Ok(net),
                "{text}"
            );
        }
        assert!(network("10.0.0.0/33").is_err() && network("proxy.example").is_err());
    }
}
