//! HTTP client of providers, who send SMS and take money: each request is sent once, with limits of
//! time and size on its answer.

use reqwest::{Client, Response, redirect, retry};
use std::time::Duration;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// No connection, or it broke before the whole answer was here.
    Unreachable,
    /// The whole answer was not here in time.
    Timeout,
    /// More bytes than any honest answer has.
    TooLarge,
}

/// The error's own text is dropped: it may hold what was sent, and a signed address.
impl From<reqwest::Error> for Lost {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::Timeout
        } else {
            Self::Unreachable
        }
    }
}

/// A client that sends each request once, on a connection of its own: one that waited may be half
/// closed, and whether a request that is lost on it was heard is not known. It follows no redirect,
/// trusts the system's certificates and asks no environment variable for a proxy. `connect` is how
/// long a connection may take, `total` the answer, connection and body included.
///
/// # Errors
/// No HTTPS here: most often the system's certificates are missing.
pub fn client(connect: Duration, total: Duration) -> reqwest::Result<Client> {
    // An error says that one is installed already, which is all that is needed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("qiangke/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .pool_max_idle_per_host(0)
        .no_proxy()
        .connect_timeout(connect)
        .timeout(total)
        .build()
}

/// The whole body, unless it has more bytes than `max`; reading stops there.
///
/// # Errors
/// [`Lost`] says why it is not here.
pub async fn body(mut response: Response, max: usize) -> Result<Vec<u8>, Lost> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > max {
            return Err(Lost::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
