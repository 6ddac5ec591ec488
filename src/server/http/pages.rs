//! Pages over HTTP. A page for a visitor is the same for every client, and is kept in the response
//! cache (`cached`).

use super::{
    address::{Address, address},
    context::Context,
    encoded_body::EncodedBody,
    error,
    files::find,
    headers,
    render::{Rendered, render},
    response_cache::CacheRequest,
    sessions,
};
use crate::{
    server::{
        identity::{caller, cookies},
        shop::state::AppState,
    },
    types::{lang::Lang, link},
    ui::context::{ForOwner, Query},
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// The address of no page: what names none is rendered as this, since the framework reads addresses
/// its own way, and would find pages under other spellings.
const NOWHERE: &str = "/404";
/// The same in English.
const NOWHERE_EN: &str = "/en/404";

/// A page of one student: rendered for each request, kept nowhere.
pub(super) async fn personal(State(context): State<Context>, request: Request) -> Response {
    render(&context, request).await.answer("no-store")
}

/// The page of an order, whose forms lead to providers that take money.
pub(super) async fn order(State(context): State<Context>, request: Request) -> Response {
    let origins = context.app.payments.origins();
    let policy = headers::order_policy(&context.app.config, &origins);
    let leads_away = policy.is_some();
    let mut answer = with_policy(&context, request, policy).await;
    if leads_away {
        let fields = answer.headers_mut();
        fields.insert(header::REFERRER_POLICY, headers::ORIGIN_ONLY);
    }
    answer
}

/// A page with a lesson, which is of one student, or a free preview.
pub(super) async fn lesson(State(context): State<Context>, request: Request) -> Response {
    let policy = headers::lesson_policy(&context.app.config);
    with_policy(&context, request, policy).await
}

/// A page of one student with a policy of its own; `None`: the one that every page has.
async fn with_policy(context: &Context, request: Request, policy: Option<HeaderValue>) -> Response {
    let mut answer = render(context, request).await.answer("no-store");
    answer
        .headers_mut()
        .extend(policy.map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
    answer
}

/// A course. A student who may study it gets a page of their own, everybody else the bytes that all
/// get; with a session neither is kept in the browser, so that no copy from before a payment comes
/// back after it.
pub(super) async fn course(State(context): State<Context>, request: Request) -> Response {
    if !sessions::has_session(&context.app, request.headers()) {
        return anonymous(State(context), request).await;
    }
    let (mut head, body) = request.into_parts();
    let mut answer = if may_study(&context.app, &head).await {
        head.extensions.insert(ForOwner);
        let request = Request::from_parts(head, body);
        render(&context, request).await.answer("no-store")
    } else {
        // What the browser has may be a page of before it had a session.
        head.headers.remove(header::IF_NONE_MATCH);
        anonymous(State(context), Request::from_parts(head, body)).await
    };
    let fields = answer.headers_mut();
    fields.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    fields.remove(header::ETAG);
    answer
}

/// Whether a course's page is asked for by a student who may study the course. While that can't be
/// read nobody is: the page that all get is in memory.
async fn may_study(app: &AppState, head: &Parts) -> bool {
    if !matches!(head.method, Method::GET | Method::HEAD) {
        return false;
    }
    let (Some(course), Ok(Some(student))) = (
        link::course(head.uri.path()),
        caller::visitor_of(&head.extensions).await,
    ) else {
        return false;
    };
    app.may_study(student, course).await.unwrap_or_default()
}

/// The page of signing in, which brings the cookie that its form comes back with.
pub(super) async fn sign_in(State(context): State<Context>, request: Request) -> Response {
    let probe = (!cookies::keeps_cookies(&context.app, request.headers()))
        .then(|| cookies::probe(&context.app));
    let mut answer = render(&context, request).await.answer("no-store");
    answer
        .headers_mut()
        .extend(probe.flatten().map(|probe| (header::SET_COOKIE, probe)));
    answer
}

/// A path that is only read was asked for otherwise.
pub(super) async fn refuse_method(request: Request) -> Response {
    error::refuse_method(Lang::of_path(request.uri().path()).0, &[Method::GET])
}

/// Every other path: a file of the site, a page that is the same for everybody, or the page that
/// says there is none.
pub(super) async fn anonymous(State(context): State<Context>, mut request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return refuse_method(request).await;
    }
    if let Some(file) = find(&context, &request) {
        return file;
    }
    let uri = request.uri().clone();
    if let Some(target) = shortened(uri.path()) {
        return (StatusCode::SEE_OTHER, [(header::LOCATION, target)]).into_response();
    }
    let kept = match address(&uri, &Query::parse(uri.query().unwrap_or_default())) {
        Address::Moved(target) => {
            return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, target)]).into_response();
        }
        Address::Page(address) if !context.cached.is_off() => address,
        Address::Page(_) | Address::Passing => {
            return render(&context, request).await.answer("no-store");
        }
        Address::Nothing => {
            *request.uri_mut() =
                Uri::from_static(Lang::of_path(uri.path()).0.pick(NOWHERE, NOWHERE_EN));
            return render(&context, request).await.answer("no-store");
        }
    };
    let headers = request.headers().clone();
    match cached(&context, kept, request).await {
        Ok(page) => page.answer(&headers),
        Err(rendered) => rendered.answer("no-store"),
    }
}

/// Where a path leads that somebody shortened by hand: to the list of what stood there.
fn shortened(path: &str) -> Option<String> {
    let (lang, plain) = Lang::of_path(path);
    match plain {
        "/seckill" => Some(format!("{}#sales", lang.path("/"))),
        "/tickets" | "/orders" | "/learn" => Some(lang.path("/me")),
        _ => None,
    }
}

async fn cached(
    context: &Context,
    address: String,
    request: Request,
) -> Result<Arc<EncodedBody>, Arc<Rendered>> {
    let uri = request.uri().clone();
    // A page's address says its language.
    let asked = CacheRequest {
        lang: Lang::default(),
        target: uri.path_and_query().map_or("/", |target| target.as_str()),
        address,
    };
    let page = async {
        let rendered = render(context, request).await;
        if rendered.status != StatusCode::OK {
            return Err(rendered);
        }
        let mut fields = HeaderMap::clone(&context.security);
        fields.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        fields.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, no-cache"),
        );
        if link::course(uri.path()).is_some() {
            // With a session it may be another one.
            fields.insert(header::VARY, HeaderValue::from_static("cookie"));
        }
        // A structured field: the quotes belong to it
        // (https://html.spec.whatwg.org/multipage/speculative-loading.html).
        fields.insert(
            "speculation-rules",
            HeaderValue::from_static("\"/speculation-rules.json\""),
        );
        Ok(EncodedBody::compress(rendered.html, fields))
    };
    match context.cached.get(&context.app, &asked, page).await {
        Err(rendered) if rendered.status.is_server_error() => context
            .cached
            .last(asked.lang, &asked.address)
            .ok_or(rendered),
        page => page,
    }
}
