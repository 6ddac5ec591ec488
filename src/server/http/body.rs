//! Bodies of requests and answers that note in the connection's activity whether the shop or the
//! client is to act next; and why a body could not be read.

use super::activity::Activity;
use crate::types::error::{AppError, Fault};
use axum::body::Bytes;
use http_body_util::LengthLimitError;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::{
    error::Error,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// What the asker is told whose body could not be read: it is longer than its limit, or it broke off
/// or is not in the form that its head says.
pub(super) fn refusal(error: &(dyn Error + 'static)) -> AppError {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return AppError::TooLarge;
        }
        cause = error.source();
    }
    AppError::field("body", Fault::Unreadable)
}

/// A request's body: as long as it has not come it is the client's turn.
pub struct RequestBody {
    body: Incoming,
    activity: Arc<Activity>,
}

/// An answer's body: once it was handed over it is the client's turn.
pub(super) struct AnswerBody {
    body: axum::body::Body,
    activity: Arc<Activity>,
}

impl RequestBody {
    /// A request came with this body.
    pub(super) fn new(body: Incoming, activity: Arc<Activity>) -> Self {
        activity.works();
        Self { body, activity }
    }

    /// What it is noted in.
    pub(super) fn activity(&self) -> Arc<Activity> {
        Arc::clone(&self.activity)
    }
}

impl AnswerBody {
    pub(super) fn new(body: axum::body::Body, activity: Arc<Activity>) -> Self {
        Self { body, activity }
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        self.activity.rests();
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        match &frame {
            Poll::Pending => self.activity.awaits_body(),
            Poll::Ready(Some(Ok(_))) if !self.body.is_end_stream() => self.activity.works_on(),
            Poll::Ready(_) => self.activity.works(),
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
