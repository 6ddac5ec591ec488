//! The origin that students type: scheme, host and port, as browsers write them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Reads `PUBLIC_URL`, and writes it as a browser writes an origin (RFC 6454, section 6.2): lower
/// case, without the scheme's own port. Requests are compared with it byte by byte.
pub(super) fn parse(text: &str) -> Result<String, String> {
    let (scheme, rest) = text
        .split_once("://")
        .ok_or("write scheme and host, like https://shop.example")?;
    let scheme = scheme.to_ascii_lowercase();
    let own_port = match scheme.as_str() {
        "https" => 443,
        "http" => 80,
        _ => return Err("only https:// and http:// are addresses of a shop".into()),
    };
    if rest.contains([',', ' ']) {
        return Err("write one address, that which students type: no list".into());
    }
    let place = rest.strip_suffix('/').unwrap_or(rest);
    if place.contains(['/', '?', '#', '\\']) {
        return Err("the shop stands at the root of its host: no path, no query".into());
    }
    if place.contains('@') {
        return Err("a user or a password has no place in it".into());
    }
    let (host, port) = split(place)?;
    let port = match port {
        None => String::new(),
        Some(port) => match port.parse::<u16>() {
            Ok(port) if port == own_port => String::new(),
            Ok(port) if port > 0 => format!(":{port}"),
            Ok(_) | Err(_) => return Err(format!("{port:?} is no port")),
        },
    };
    Ok(format!("{scheme}://{}{port}", canonical(host)?))
}

/// Host and port.
fn split(place: &str) -> Result<(&str, Option<&str>), String> {
    if place.starts_with('[') {
        let end = place.find(']').ok_or("an IPv6 address ends with ]")? + 1;
        let (host, port) = place.split_at(end);
        return match port.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if port.is_empty() => Ok((host, None)),
            None => Err(format!("{port:?} is no port")),
        };
    }
    Ok(place
        .split_once(':')
        .map_or((place, None), |(host, port)| (host, Some(port))))
}

/// The host as browsers write it.
fn canonical(host: &str) -> Result<String, String> {
    if let Some(address) = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        let address: Ipv6Addr = address
            .parse()
            .map_err(|_| format!("{host} is no IPv6 address"))?;
        reachable(address.into())?;
        return Ok(format!("[{address}]"));
    }
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        reachable(address.into())?;
        return Ok(address.to_string());
    }
    // Browsers read what ends in a number as an address (https://url.spec.whatwg.org/#host-parsing).
    let last = host.trim_end_matches('.').rsplit('.').next();
    if last.is_some_and(|last| {
        last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x")
    }) {
        return Err(format!("{host} is no IPv4 address"));
    }
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if !host.split('.').all(is_label) {
        return Err(format!(
            "{host:?} is no host name; one in other letters is written like xn--fiqs8s.example"
        ));
    }
    Ok(host.to_ascii_lowercase())
}

/// Refuses an address that stands for all of a machine's own: no browser goes there.
fn reachable(address: IpAddr) -> Result<(), String> {
    if address.is_unspecified() {
        Err(format!("{address} is no address that students can type"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for (text, origin) in [
            ("https://shop.example", "https://shop.example"),
            ("https://shop.example/", "https://shop.example"),
            ("HTTPS://Shop.Example:443", "https://shop.example"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("http://localhost:8080/", "http://localhost:8080"),
            ("https://shop.example:8443", "https://shop.example:8443"),
            ("http://[0:0::1]:3000", "http://[::1]:3000"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(origin), "{text}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "shop.example",
            "ftp://shop.example",
            "//shop.example",
            "https://",
            "https:///",
            "https://shop.example/shop",
            "https://shop.example//",
            "https://shop.example?x",
            "https://shop.example#x",
            "https://user:secret@shop.example",
            "https://shop.example:0",
            "https://shop.example:",
            "https://shop.example:99999",
            "https://shop example",
            "https://shop..example",
            "https://商店.example",
            "https://[::1",
            "https://[::1]x",
            "http://0.0.0.0:3000",
            "http://[::]:3000",
            " https://shop.example",
            "https://10.0.0.256",
            "https://192.168.1",
            "https://0",
            "https://shop.0x7f",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(
            !parse("https://user:secret@shop.example")
                .expect_err("a password")
                .contains("secret")
        );
    }
}
