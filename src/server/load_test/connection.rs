//! A connection to the shop, and what is said over it.

use super::target::Target;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use std::{borrow::Cow, time::Duration};
use tokio::net::TcpStream;

/// How long an answer may take, connecting included: longer than any shop lets a request take by
/// default.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// Bytes of an answer's body at most.
const ANSWER_MAX: usize = 65_536;
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A connection that stays open between requests.
pub struct Connection(SendRequest<Full<Bytes>>);

#[derive(Debug)]
pub struct Received {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, in seconds.
    pub retry_after_s: Option<u64>,
    /// The body, as it came.
    pub body: Bytes,
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestFailure {
    /// No connection could be made.
    Refused,
    Broken,
    /// It took too long.
    Late,
}

/// The answer to a click or a poll, as far as it matters here.
#[derive(Debug, Deserialize)]
pub struct Said<'a> {
    /// 100 to 104.
    pub code: u16,
    /// The ticket, of a click.
    #[serde(borrow, default)]
    pub task_id: Option<Cow<'a, str>>,
    /// Why a ticket is lost.
    #[serde(borrow, default)]
    pub reason: Option<Cow<'a, str>>,
    /// When to ask again, in milliseconds.
    #[serde(default)]
    pub retry_ms: Option<u64>,
}

impl RequestFailure {
    /// Its name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "no connection",
            Self::Broken => "connection lost",
            Self::Late => "no answer in 15 s",
        }
    }
}

impl Received {
    /// What it says; `None` when it is no answer of this shop.
    pub fn read(&self) -> Option<Said<'_>> {
        serde_json::from_slice(&self.body).ok()
    }
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// [`RequestFailure::Refused`].
    pub async fn open(target: &Target) -> Result<Self, RequestFailure> {
        let stream = TcpStream::connect(target.address)
            .await
            .map_err(|_| RequestFailure::Refused)?;
        stream
            .set_nodelay(true)
            .map_err(|_| RequestFailure::Refused)?;
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(|_| RequestFailure::Refused)?;
        // Whoever asks over it hears that it broke; nobody else needs to.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self(sender))
    }

    async fn ask(&mut self, request: Request<Full<Bytes>>) -> Result<Received, RequestFailure> {
        self.0.ready().await.map_err(|_| RequestFailure::Broken)?;
        let (parts, body) = self
            .0
            .send_request(request)
            .await
            .map_err(|_| RequestFailure::Broken)?
            .into_parts();
        let body = Limited::new(body, ANSWER_MAX)
            .collect()
            .await
            .map_err(|_| RequestFailure::Broken)?
            .to_bytes();
        let retry_after_s = number(&parts.headers, header::RETRY_AFTER);
        Ok(Received {
            status: parts.status.as_u16(),
            retry_after_s,
            body,
        })
    }
}

/// Asks over a line, or a new one where there is none; gives the line back if it can be used again.
///
/// A line that rested may have been closed by the shop meanwhile. What was asked is asked again
/// then, once and over a new one, as browsers do: a click is the same click by its key.
pub async fn ask(
    target: &Target,
    line: Option<Connection>,
    request: Request<Full<Bytes>>,
) -> (Option<Connection>, Result<Received, RequestFailure>) {
    let asked = async {
        if let Some(mut line) = line
            && let Ok(answer) = line.ask(request.clone()).await
        {
            return Ok((line, answer));
        }
        let mut line = Connection::open(target).await?;
        let answer = line.ask(request).await?;
        Ok((line, answer))
    };
    match tokio::time::timeout(ANSWER_WITHIN, asked).await {
        Ok(Ok((line, answer))) => (Some(line), Ok(answer)),
        Ok(Err(trouble)) => (None, Err(trouble)),
        Err(_) => (None, Err(RequestFailure::Late)),
    }
}

/// A read by a student.
pub fn get(target: &Target, uri: Uri, cookie: &HeaderValue) -> Request<Full<Bytes>> {
    request(target, Method::GET, uri, cookie, Bytes::new())
}

/// A write of JSON by a student.
pub fn post(target: &Target, uri: Uri, cookie: &HeaderValue, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = request(target, Method::POST, uri, cookie, body);
    request.headers_mut().insert(header::CONTENT_TYPE, JSON);
    request
}

fn request(
    target: &Target,
    method: Method,
    uri: Uri,
    cookie: &HeaderValue,
    body: Bytes,
) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    request
        .headers_mut()
        .insert(header::HOST, target.authority.clone());
    request.headers_mut().insert(header::COOKIE, cookie.clone());
    request
}

fn number(headers: &HeaderMap, name: header::HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}
