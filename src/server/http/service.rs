//! Service of the shop: gives each request its id and its span, and goes through the list of checks;
//! then the fast path answers, or else the router.

use super::{
    activity::Activity, api, body::RequestBody, checks::Checks, context::Context, error,
    fast_path::FastPath, headers, listen::HttpService, request_id, request_id::REQUEST_ID,
    sessions::Sessions, trace,
};
use crate::{
    api::wire,
    server::identity::address::Peer,
    types::{error::AppError, lang::Lang},
};
use axum::{
    Router,
    http::{HeaderMap, HeaderValue, Request, StatusCode, header, request::Parts},
    response::Response,
};
use futures::FutureExt;
use std::{any::Any, future::ready, panic::AssertUnwindSafe, sync::Arc, time::Duration};

/// The shop on the wire. A copy is a pointer.
#[derive(Clone)]
pub struct ShopService(Arc<Front>);

struct Front {
    checks: Checks,
    /// `None` when `FAST_PATH` is off.
    fast_path: Option<FastPath>,
    router: Router,
    /// The fields that make every answer safe.
    security: Arc<HeaderMap>,
    /// The fields of an answer that is for one asker.
    personal: HeaderMap,
}

impl ShopService {
    /// Answers within `limit`.
    pub(super) fn new(
        context: Context,
        sessions: Sessions,
        limit: Duration,
        router: Router,
    ) -> Self {
        let mut personal = HeaderMap::clone(&context.security);
        personal.insert(header::CONTENT_TYPE, HeaderValue::from_static(wire::JSON));
        personal.extend(api::PERSONAL.map(|(name, value)| (name, HeaderValue::from_static(value))));
        Self(Arc::new(Front {
            checks: Checks::new(&context.app.config),
            security: Arc::clone(&context.security),
            fast_path: context
                .app
                .config
                .fast_path
                .then(|| FastPath::new(context, sessions, personal.clone(), limit)),
            router,
            personal,
        }))
    }
}

impl HttpService for ShopService {
    async fn answer(&self, request: hyper::Request<RequestBody>, peer: Peer) -> Response {
        let front = &*self.0;
        let (head, body) = request.into_parts();
        let id = request_id::of(&head.headers);
        let mut answer = AssertUnwindSafe(front.answer(head, &id, body, peer))
            .catch_unwind()
            .await
            .unwrap_or_else(|panic| front.panicked(&id, panic));
        answer.headers_mut().insert(REQUEST_ID, id);
        answer
    }
}

impl Front {
    async fn answer(
        &self,
        mut head: Parts,
        id: &HeaderValue,
        body: RequestBody,
        peer: Peer,
    ) -> Response {
        if let Err(error) = self.checks.judge(&head, peer) {
            let refusal = ready(self.refusal(&error, error::lang(&head.headers)));
            return trace::within_late(|| trace::span(&head, id), refusal).await;
        }
        let activity = body.activity();
        if let Some(fast_path) = &self.fast_path
            && let Some(found) = fast_path.find(&head)
        {
            let answer = fast_path.answer(found, &head, body);
            let answer = trace::within_late(|| trace::span(&head, id), answer).await;
            return self.unless_slow(answer, &activity, || error::lang(&head.headers));
        }
        let span = trace::span(&head, id);
        // A page that failed shows it.
        head.headers.insert(REQUEST_ID, id.clone());
        let lang = error::lang(&head.headers);
        let request = Request::from_parts(head, body);
        let mut answer = trace::within(span, self.router.answer(request, peer)).await;
        headers::add_missing(answer.headers_mut(), &self.security);
        self.unless_slow(answer, &activity, || lang)
    }

    /// The answer, or 408 in place of one that came too late because the request's body did not
    /// come: that is the client's time, not the shop's.
    fn unless_slow(
        &self,
        answer: Response,
        activity: &Activity,
        lang: impl FnOnce() -> Lang,
    ) -> Response {
        if answer.status() == StatusCode::SERVICE_UNAVAILABLE && activity.owes_body() {
            self.refusal(&AppError::TooSlow, lang())
        } else {
            answer
        }
    }

    fn refusal(&self, error: &AppError, lang: Lang) -> Response {
        let mut refusal = error::failure(error, lang);
        headers::add_missing(refusal.headers_mut(), &self.personal);
        if matches!(error, AppError::TooLarge | AppError::TooSlow) {
            // What of it is on the way is no request.
            refusal
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        refusal
    }

    /// The answer to a request during which the fast path or a check panicked; the router answers
    /// for its handlers itself.
    fn panicked(&self, id: &HeaderValue, panic: Box<dyn Any + Send>) -> Response {
        let mut answer = trace::span_of_id(id).in_scope(|| error::panicked(panic));
        headers::add_missing(answer.headers_mut(), &self.personal);
        answer
    }
}
