//! The HTTP client of providers: one request each, limits of time and size on every answer.

use super::terms::{PaymentError, UnknownAnswer};
use reqwest::{Client, Response, redirect, retry};
use std::time::Duration;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long an answer may take, connection and body included.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(8);

/// A client that sends each request once, on a connection of its own: one that waited may be half
/// closed, and whether a request that is lost on it was heard is not known. It follows no redirect,
/// and asks no environment variable for a proxy.
pub(super) fn client() -> reqwest::Result<Client> {
    // An error says that one is installed already, which is all that is needed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("qiangke/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .pool_max_idle_per_host(0)
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
        .build()
}

/// The whole body, unless it has more bytes than `max`; reading stops there.
pub(super) async fn bounded(mut response: Response, max: usize) -> Result<Vec<u8>, PaymentError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
        if body.len() + chunk.len() > max {
            return Err(PaymentError(UnknownAnswer::TooLarge));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The error's own text is dropped: it may hold a signed address.
pub(super) fn lost(error: &reqwest::Error) -> PaymentError {
    PaymentError(if error.is_timeout() {
        UnknownAnswer::Timeout
    } else {
        UnknownAnswer::Unreachable
    })
}
