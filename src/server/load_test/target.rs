//! Target of a load test: the operator's own shop.

use anyhow::{Context, bail, ensure};
use http::{HeaderValue, Uri};
use std::net::SocketAddr;

#[derive(Clone, Debug)]
pub struct Target {
    /// The one address that is connected to.
    pub address: SocketAddr,
    /// Its name, as `Host` says it.
    pub authority: HeaderValue,
}

/// The port of `http://` (RFC 9110, section 4.2.1).
const HTTP_PORT: u16 = 80;

impl Target {
    /// The shop at `url`. What is judged is the address that will be connected to, whatever the
    /// name in front of it says.
    ///
    /// # Errors
    /// The URL can't be used; or it is not this machine, and nobody said `--yes-this-is-mine`.
    pub async fn find(url: &str, is_mine: bool) -> anyhow::Result<Self> {
        let uri: Uri = url
            .parse()
            .with_context(|| format!("--url {url:?} is no address like http://127.0.0.1:3000"))?;
        if uri.scheme_str() != Some("http") {
            bail!(
                "--url {url:?}: a load test speaks http:// only; name the server itself, behind what ends TLS"
            );
        }
        ensure!(
            matches!(uri.path(), "" | "/") && uri.query().is_none(),
            "--url {url:?}: leave out the path"
        );
        let host = uri.host().unwrap_or_default();
        let port = uri.port_u16().unwrap_or(HTTP_PORT);
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let found = tokio::net::lookup_host((bare, port))
            .await
            .with_context(|| format!("--url {url:?}: {bare} can't be found"))?
            .next();
        let address = found.with_context(|| format!("--url {url:?}: {bare} has no address"))?;
        ensure!(
            is_mine || address.ip().to_canonical().is_loopback(),
            "--url {url:?} is {address}, which is not this machine: a load test is for one's own shop only. \
             If it is yours, say so with --yes-this-is-mine"
        );
        let authority = HeaderValue::from_str(&format!("{host}:{port}"))
            .with_context(|| format!("--url {url:?}: no such host"))?;
        Ok(Self { address, authority })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn this_machine_is_one_s_own() {
        for (url, authority) in [
            ("http://127.0.0.1:3000", "127.0.0.1:3000"),
            ("http://127.0.0.1:3000/", "127.0.0.1:3000"),
            ("http://[::1]:3000", "[::1]:3000"),
            ("http://[::ffff:127.0.0.1]", "[::ffff:127.0.0.1]:80"),
        ] {
            assert_eq!(
                Target::find(url, false).await.expect(url).authority,
                authority,
                "{url}"
            );
        }
    }

    #[tokio::test]
    async fn a_foreign_address_is_refused_unless_it_is_said_to_be_one_s_own() {
        for url in [
            "http://203.0.113.7",
            "http://127.0.0.1@203.0.113.7:3000",
            "http://[2001:db8::1]:3000",
            "http://0.0.0.0:3000",
        ] {
            let error = Target::find(url, false).await.expect_err(url).to_string();
            assert!(error.contains("--yes-this-is-mine"), "{url}: {error}");
            assert!(Target::find(url, true).await.is_ok(), "{url}");
        }
    }

    #[tokio::test]
    async fn what_is_no_shop_is_refused_whoever_s_it_is() {
        for url in [
            "",
            "127.0.0.1:3000",
            "https://127.0.0.1",
            "http://127.0.0.1/shop",
            "http://127.0.0.1?x",
            "ftp://127.0.0.1",
        ] {
            assert!(Target::find(url, true).await.is_err(), "{url}");
        }
    }
}
