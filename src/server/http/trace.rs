//! Trace of a request: the span that its log lines stand in, and the lines about its answer. The
//! fast path and the router write the same.

use axum::{
    http::{HeaderValue, request::Parts},
    response::Response,
};
use std::{future::poll_fn, pin::pin, time::Instant};
use tracing::{Instrument, Level, Span};

/// Bytes of a path that the log shows.
const LOGGED_PATH_MAX: usize = 256;

/// The span of a request: never its query, which may hold a search or an id, nor its headers, and
/// of its path the beginning.
pub(super) fn span(head: &Parts, id: &HeaderValue) -> Span {
    let path = head.uri.path();
    let path = &path[..path.floor_char_boundary(LOGGED_PATH_MAX)];
    tracing::info_span!("request", method = %head.method, path, id = text(id))
}

/// The span of a request of which only the id is left.
pub(super) fn span_of_id(id: &HeaderValue) -> Span {
    tracing::info_span!("request", id = text(id))
}

fn text(id: &HeaderValue) -> &str {
    id.to_str().unwrap_or_default()
}

/// Answers a request in its span.
pub(super) async fn within(span: Span, answer: impl Future<Output = Response>) -> Response {
    let since = Instant::now();
    span.in_scope(begin);
    let answer = answer.instrument(span.clone()).await;
    span.in_scope(|| report(&answer, since));
    answer
}

/// Answers a request of the fast path, whose span is made once it can be seen: when the answer has
/// to wait for something, which may write lines, or has lines of its own. To make one costs more
/// than most of these answers, which are there at the first poll.
pub(super) async fn within_late(
    span: impl Fn() -> Span,
    answer: impl Future<Output = Response>,
) -> Response {
    let since = Instant::now();
    let mut made = tracing::enabled!(Level::DEBUG).then(&span);
    if let Some(made) = &made {
        made.in_scope(begin);
    }
    let mut answer = pin!(answer);
    let answer = poll_fn(|cx| {
        let poll = match &made {
            Some(made) => made.in_scope(|| answer.as_mut().poll(cx)),
            None => answer.as_mut().poll(cx),
        };
        if poll.is_pending() {
            made.get_or_insert_with(&span);
        }
        poll
    })
    .await;
    if made.is_some() || answer.status().is_server_error() {
        made.get_or_insert_with(&span)
            .in_scope(|| report(&answer, since));
    }
    answer
}

/// Writes the line about a request that came.
fn begin() {
    tracing::debug!("asked");
}

/// Writes the lines about its answer.
fn report(answer: &Response, since: Instant) {
    let status = answer.status();
    let latency_us = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::debug!(status = status.as_u16(), latency_us, "answered");
    if status.is_server_error() {
        tracing::error!(status = status.as_u16(), latency_us, "response failed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{
        http::{Request, StatusCode},
        response::IntoResponse,
    };
    use std::{
        cell::Cell,
        future::ready,
        io,
        sync::{Arc, Mutex},
    };

    /// How many spans the answer to a request takes.
    async fn spans(answer: impl Future<Output = Response>) -> u32 {
        let spans = Cell::new(0);
        let span = || {
            spans.set(spans.get() + 1);
            Span::none()
        };
        within_late(span, answer).await;
        spans.get()
    }

    #[tokio::test]
    async fn a_span_is_made_once_and_where_it_can_be_seen() {
        let at_once = async |status: StatusCode| spans(ready(status.into_response())).await;
        assert_eq!(at_once(StatusCode::OK).await, 0);
        assert_eq!(at_once(StatusCode::NOT_FOUND).await, 0);
        assert_eq!(
            at_once(StatusCode::SERVICE_UNAVAILABLE).await,
            1,
            "it writes a line"
        );
        let waits = async {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        };
        assert_eq!(spans(waits).await, 1, "what it waits for may write one");
    }

    /// What was written to the log.
    #[derive(Clone, Default)]
    struct WrittenLog(Arc<Mutex<Vec<u8>>>);

    impl io::Write for WrittenLog {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_failure_is_one_line_with_its_request_on_both_ways() {
        let path = format!("/{}", "p".repeat(2 * LOGGED_PATH_MAX));
        let request = Request::post(format!("{path}?secret")).body(());
        let (head, ()) = request.expect("a request").into_parts();
        let id = HeaderValue::from_static("an-id");
        let failure = || ready(StatusCode::SERVICE_UNAVAILABLE.into_response());
        let mut texts = Vec::new();
        for is_fast in [true, false] {
            let log = WrittenLog::default();
            let own = log.clone();
            let subscriber = tracing_subscriber::fmt()
                .with_ansi(false)
                .with_writer(move || own.clone())
                .finish();
            let _guard = tracing::subscriber::set_default(subscriber);
            if is_fast {
                within_late(|| span(&head, &id), failure()).await;
            } else {
                within(span(&head, &id), failure()).await;
            }
            let text = String::from_utf8(log.0.lock().expect("no panic").clone());
            texts.push(text.expect("UTF-8"));
        }
        let logged = format!("path={:?} id=\"an-id\"", &path[..LOGGED_PATH_MAX]);
        for text in texts {
            assert_eq!(text.lines().count(), 1, "{text}");
            for part in [
                "ERROR",
                "method=POST",
                &logged,
                "response failed status=503",
            ] {
                assert!(text.contains(part), "{part}: {text}");
            }
        }
    }
}
