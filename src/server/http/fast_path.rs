//! Fast path: answers the most frequent requests before the router and its layers. These are files
//! and cached answers from memory, and the click and the poll of a student whose session is cached.
//! Any other or unusual request falls through to the router; both paths must give the same answer.
//! What holds for every request stands in [`super::checks`].

use super::{
    body::{self, RequestBody},
    context::Context,
    error, headers,
    sessions::{self, Sessions},
};
use crate::{
    api::wire,
    types::{
        error::AppError,
        ids::StudentId,
        lang::Lang,
        link,
        sale::{ClickArgs, PollArgs},
    },
};
use axum::{
    body::Body,
    http::{HeaderMap, Method, request::Parts},
    response::Response,
};
use http_body_util::{BodyExt, Limited};
use serde::Serialize;
use std::time::Duration;

/// Where students click and poll.
const SECKILL: &str = "/api/v1/user/sckill/";

pub(super) struct FastPath {
    context: Context,
    sessions: Sessions,
    /// The fields of an answer that is for one student.
    personal: HeaderMap,
    /// How long a request may take.
    limit: Duration,
}

/// A request that the fast path can answer.
pub(super) enum FastAnswer {
    /// A file, or an answer from the response cache.
    Cached(Response),
    Click(StudentId),
    Poll(StudentId),
}

impl FastPath {
    pub(super) fn new(
        context: Context,
        sessions: Sessions,
        personal: HeaderMap,
        limit: Duration,
    ) -> Self {
        Self {
            context,
            sessions,
            personal,
            limit,
        }
    }

    /// The request as the fast path can answer it; `None` leaves it to the router.
    pub(super) fn find(&self, head: &Parts) -> Option<FastAnswer> {
        // No click and no poll is in memory as a file or an answer is.
        if head.uri.path() == SECKILL {
            self.seckill(head)
        } else {
            self.cached(head).map(FastAnswer::Cached)
        }
    }

    pub(super) async fn answer(
        &self,
        found: FastAnswer,
        head: &Parts,
        body: RequestBody,
    ) -> Response {
        let lang = || error::lang(&head.headers);
        match found {
            FastAnswer::Cached(answer) => answer,
            FastAnswer::Click(student) => {
                let lang = lang();
                self.in_time(lang, self.click(student, lang, body)).await
            }
            FastAnswer::Poll(student) => {
                let (lang, query) = (lang(), head.uri.query().unwrap_or_default());
                self.in_time(lang, self.poll(student, lang, query)).await
            }
        }
    }

    /// A file, or an answer that is in memory.
    fn cached(&self, head: &Parts) -> Option<Response> {
        let Context {
            app,
            assets,
            cached,
            ..
        } = &self.context;
        if !matches!(head.method, Method::GET | Method::HEAD) {
            return None;
        }
        let (path, headers) = (head.uri.path(), &head.headers);
        if link::course(path).is_some() && sessions::has_session(app, headers) {
            // It may be the page of an owner.
            return None;
        }
        let lang = if path.starts_with("/api/") {
            error::lang(headers)
        } else {
            Lang::default()
        };
        let known = head
            .uri
            .path_and_query()
            .and_then(|target| cached.known(app, lang, target.as_str()));
        known
            .map(|answer| answer.answer(headers))
            .or_else(|| assets.answer(path, headers))
    }

    /// The click or the poll of a student whose session is cached.
    fn seckill(&self, head: &Parts) -> Option<FastAnswer> {
        let student = || self.sessions.known(&head.headers);
        match head.method {
            Method::GET => student().map(FastAnswer::Poll),
            Method::POST => headers::media_type(&head.headers)
                .filter(|kind| kind == wire::JSON)
                .and_then(|_| student())
                .map(FastAnswer::Click),
            _ => None,
        }
    }

    async fn click(
        &self,
        student: StudentId,
        lang: Lang,
        body: RequestBody,
    ) -> Result<Body, AppError> {
        let app = &self.context.app;
        let body = Limited::new(body, app.config.body_max as usize)
            .collect()
            .await
            .map_err(|error| body::refusal(&*error))?;
        let args: ClickArgs = wire::read_json(&body.to_bytes())?;
        json(&app.click(student, &args, lang).await?)
    }

    async fn poll(&self, student: StudentId, lang: Lang, query: &str) -> Result<Body, AppError> {
        let app = &self.context.app;
        let args: PollArgs = wire::read_query(query)?;
        match app.claim(&args)? {
            None => json(&app.unverified(lang)),
            Some(claim) if claim.student != student => Err(AppError::NotYours),
            Some(claim) => json(&app.poll(&claim, lang).await?),
        }
    }

    /// An answer in time, with the fields that every answer has.
    async fn in_time(
        &self,
        lang: Lang,
        work: impl Future<Output = Result<Body, AppError>>,
    ) -> Response {
        let mut answer = match tokio::time::timeout(self.limit, work).await {
            Ok(Ok(body)) => {
                let mut answer = Response::new(body);
                *answer.headers_mut() = self.personal.clone();
                return answer;
            }
            Ok(Err(error)) => error::failure(&error, lang),
            Err(_) => error::late(lang),
        };
        headers::add_missing(answer.headers_mut(), &self.personal);
        answer
    }
}

fn json<T: Serialize>(answer: &T) -> Result<Body, AppError> {
    serde_json::to_vec(answer)
        .map(Body::from)
        .map_err(|_| AppError::Internal)
}
