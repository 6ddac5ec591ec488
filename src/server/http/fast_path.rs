//! Fast path: answers the most frequent requests before the router and its layers. These are files
//! and cached answers from memory, and the click and the poll of a student whose session is cached.
//! Any other or unusual request falls through to the router; both paths must give the same answer.

use super::{
    api, body::RequestBody, context::Context, error, headers, host, listen::HttpService,
    same_origin, sessions::Sessions,
};
use crate::{
    api::wire,
    server::identity::address::Peer,
    types::{
        error::AppError,
        ids::StudentId,
        lang::Lang,
        sale::{ClickArgs, PollArgs},
    },
};
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, HeaderValue, Method, header},
    response::Response,
};
use futures::FutureExt;
use http_body_util::{BodyExt, Limited};
use serde::Serialize;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

/// Where students click and poll.
const SECKILL: &str = "/api/v1/user/sckill/";

/// The shop on the wire. A copy is a pointer.
#[derive(Clone)]
pub struct ShopService(Arc<Front>);

struct Front {
    context: Context,
    sessions: Sessions,
    /// The fields of an answer that is for one student.
    personal: HeaderMap,
    base_url: String,
    /// How long a request may take.
    limit: Duration,
    router: Router,
}

/// What is answered without the router.
enum Short {
    Click(StudentId),
    Poll(StudentId),
}

impl ShopService {
    pub(super) fn new(
        context: Context,
        sessions: Sessions,
        limit: Duration,
        router: Router,
    ) -> Self {
        let mut personal = HeaderMap::clone(&context.security);
        personal.insert(header::CONTENT_TYPE, HeaderValue::from_static(wire::JSON));
        personal.extend(api::PERSONAL.map(|(name, value)| (name, HeaderValue::from_static(value))));
        let base_url = context.app.config.base_url();
        Self(Arc::new(Front {
            context,
            sessions,
            personal,
            base_url,
            limit,
            router,
        }))
    }
}

impl HttpService for ShopService {
    async fn answer(&self, request: hyper::Request<RequestBody>, peer: Peer) -> Response {
        AssertUnwindSafe(self.0.answer(request, peer))
            .catch_unwind()
            .await
            .unwrap_or_else(|panic| {
                let mut answer = error::panicked(panic);
                headers::add_missing(answer.headers_mut(), &self.0.personal);
                answer
            })
    }
}

impl Front {
    /// The short way, or the router's.
    async fn answer(&self, request: hyper::Request<RequestBody>, peer: Peer) -> Response {
        let answer = if let Err(error) = host::check(&request) {
            let mut answer = error::failure(&error, error::lang(request.headers()));
            headers::add_missing(answer.headers_mut(), &self.personal);
            answer
        } else if let Some(answer) = self.cached(&request) {
            answer
        } else {
            match self.short(&request) {
                Some(Short::Click(student)) => {
                    self.guarded(error::lang(request.headers()), self.click(student, request))
                        .await
                }
                Some(Short::Poll(student)) => {
                    self.guarded(error::lang(request.headers()), self.poll(student, request))
                        .await
                }
                None => return self.router.answer(request, peer).await,
            }
        };
        tracing::debug!(status = answer.status().as_u16(), "answered the short way");
        answer
    }

    /// A file, or an answer that is in memory.
    fn cached(&self, request: &hyper::Request<RequestBody>) -> Option<Response> {
        let Context {
            app,
            assets,
            cached,
            ..
        } = &self.context;
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        let (path, headers) = (request.uri().path(), request.headers());
        let lang = if path.starts_with("/api/") {
            error::lang(headers)
        } else {
            Lang::default()
        };
        let known = request
            .uri()
            .path_and_query()
            .and_then(|target| cached.known(app, lang, target.as_str()));
        known
            .map(|answer| answer.answer(headers))
            .or_else(|| assets.answer(path, headers))
    }

    /// A click or a poll that nothing is odd about.
    fn short(&self, request: &hyper::Request<RequestBody>) -> Option<Short> {
        let headers = request.headers();
        if request.uri().path() != SECKILL {
            return None;
        }
        match *request.method() {
            Method::GET => self.sessions.known(headers).map(Short::Poll),
            Method::POST => {
                let is_json = headers::media_type(headers).is_some_and(|kind| kind == wire::JSON);
                let is_plain = is_json && same_origin::is_same_origin(headers, &self.base_url);
                is_plain
                    .then(|| self.sessions.known(headers).map(Short::Click))
                    .flatten()
            }
            _ => None,
        }
    }

    async fn click(
        &self,
        student: StudentId,
        request: hyper::Request<RequestBody>,
    ) -> Result<Body, AppError> {
        let app = &self.context.app;
        let lang = error::lang(request.headers());
        let body = Limited::new(request.into_body(), app.config.body_max as usize)
            .collect()
            .await
            .map_err(|_| AppError::TooLarge)?;
        let args: ClickArgs = wire::read_json(&body.to_bytes())?;
        json(&app.click(student, &args, lang).await?)
    }

    async fn poll(
        &self,
        student: StudentId,
        request: hyper::Request<RequestBody>,
    ) -> Result<Body, AppError> {
        let app = &self.context.app;
        let lang = error::lang(request.headers());
        let args: PollArgs = wire::read_query(request.uri().query().unwrap_or_default())?;
        match app.claim(&args)? {
            None => json(&app.unverified(lang)),
            Some(claim) if claim.student != student => Err(AppError::NotYours),
            Some(claim) => json(&app.poll(&claim, lang).await?),
        }
    }

    /// An answer in time, with the fields that every answer has.
    async fn guarded(
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
