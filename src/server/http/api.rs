//! Server functions over HTTP: methods, the shape of errors, and answers that are shared.

use super::{
    body, canonical,
    context::Context,
    encoded_body::EncodedBody,
    error::{failure, refuse_method},
    forms::{ApiRequest, LOOKED_INTO_MAX, redirect_form},
    headers::{self, media_type},
    multipart::{self, MULTIPART},
    response_cache,
};
use crate::{
    api::wire::FORM,
    server::{identity::cookies, shop::state::AppState},
    types::{
        error::{AppError, Fault},
        lang::Lang,
        link,
    },
};
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use leptos::prelude::provide_context;

/// Marks an error of a server function.
const ERROR_HEADER: &str = "serverfnerror";

/// Bytes of a shared answer at most.
const SHARED_MAX: usize = 1 << 20;

/// What goes with an answer that is for one asker.
pub(super) const PERSONAL: [(HeaderName, &str); 2] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::VARY, "accept-language, cookie"),
];

pub(super) async fn handle(State(context): State<Context>, request: Request) -> Response {
    if let Some(target) = with_slash(&request) {
        let status = if is_read(request.method()) {
            StatusCode::MOVED_PERMANENTLY
        } else {
            StatusCode::PERMANENT_REDIRECT
        };
        return (status, PERSONAL, [(header::LOCATION, target)]).into_response();
    }
    let asked = ApiRequest::of(&request);
    if is_read(request.method())
        && !context.cached.is_off()
        && let Some(address) = canonical::address(&asked.path, request.uri().query())
    {
        return shared(&context, &asked, address, request).await;
    }
    let answer =
        if asked.needs_cookies() && !cookies::keeps_cookies(&context.app, request.headers()) {
            // Before an SMS is paid for whose code this browser could not use.
            Err(AppError::field("cookie", Fault::Missing))
        } else {
            run(&context.app, &asked, request).await
        };
    let answer = answer.unwrap_or_else(|error| failure(&error, asked.lang));
    let mut answer = if asked.is_form {
        redirect_form(&asked, answer).await
    } else {
        answer
    };
    answer
        .headers_mut()
        .extend(PERSONAL.map(|(name, value)| (name, HeaderValue::from_static(value))));
    answer
}

/// Whether a method only reads.
fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Where a request goes whose path lacks the slash at its end, as the original sends it on
/// (Django's APPEND_SLASH).
fn with_slash(request: &Request) -> Option<String> {
    let path = request.uri().path();
    if path.ends_with('/')
        || !server_fn::axum::server_fn_paths().any(|(own, _)| own.strip_suffix('/') == Some(path))
    {
        return None;
    }
    let query = request
        .uri()
        .query()
        .map(|query| format!("?{}", link::escape(query)))
        .unwrap_or_default();
    Some(format!("{path}/{query}")).filter(|target| link::is_target(target))
}

/// An answer from the cached ones.
async fn shared(
    context: &Context,
    asked: &ApiRequest,
    address: String,
    request: Request,
) -> Response {
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    let target = uri
        .path_and_query()
        .map_or(asked.path.as_str(), |target| target.as_str());
    let make = async {
        let answer = run(&context.app, asked, request)
            .await
            .unwrap_or_else(|error| failure(&error, asked.lang));
        let (mut parts, body) = answer.into_parts();
        let Ok(body) = to_bytes(body, SHARED_MAX).await else {
            tracing::error!(
                path = asked.path,
                limit = SHARED_MAX,
                "a shared answer is too long"
            );
            let (parts, body) = failure(&AppError::Internal, asked.lang).into_parts();
            return Err((
                parts,
                to_bytes(body, LOOKED_INTO_MAX).await.unwrap_or_default(),
            ));
        };
        if parts.status != StatusCode::OK {
            parts
                .headers
                .extend(PERSONAL.map(|(name, value)| (name, HeaderValue::from_static(value))));
            return Err((parts, body));
        }
        headers::add_missing(&mut parts.headers, &context.security);
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, no-cache"),
        );
        parts
            .headers
            .insert(header::VARY, HeaderValue::from_static("accept-language"));
        Ok(EncodedBody::compress(body.into(), parts.headers))
    };
    let target = response_cache::CacheRequest {
        lang: asked.lang,
        target,
        address,
    };
    match context.cached.get(&context.app, &target, make).await {
        Ok(answer) => answer.answer(&headers),
        Err(failed)
            if failed.0.status.is_server_error()
                && let Some(last) = context.cached.last(asked.lang, &target.address) =>
        {
            last.answer(&headers)
        }
        Err(failed) => Response::from_parts(failed.0.clone(), Body::from(failed.1.clone())),
    }
}

async fn run(app: &AppState, asked: &ApiRequest, request: Request) -> Result<Response, AppError> {
    let (mut parts, body) = request.into_parts();
    // The head of an answer is that of a GET; its body stays here when the connection writes it.
    if parts.method == Method::HEAD {
        parts.method = Method::GET;
    }
    let methods: Vec<_> = server_fn::axum::server_fn_paths()
        .filter(|(path, _)| *path == asked.path)
        .map(|(_, method)| method)
        .collect();
    if methods.is_empty() {
        return Err(AppError::NotFound);
    }
    if !methods.contains(&parts.method) {
        return Ok(refuse_method(asked.lang, &methods));
    }
    let mut body = to_bytes(body, app.config.body_max as usize)
        .await
        .map_err(|error| body::refusal(&error))?;
    if let Some(content_type) = parts.headers.get(header::CONTENT_TYPE).cloned() {
        // Of two it is not known which one is meant.
        let kind = media_type(&parts.headers).ok_or(AppError::UnsupportedMedia)?;
        // Some clients name it with every request; a GET has no form.
        if kind == MULTIPART && parts.method == Method::POST {
            body = Box::pin(multipart::as_form(content_type, body)).await?;
            parts
                .headers
                .insert(header::CONTENT_TYPE, HeaderValue::from_static(FORM));
            parts.headers.remove(header::CONTENT_LENGTH);
        }
    }
    // The framework would answer a form with a redirect to its referrer: this layer leads on
    // itself.
    parts.headers.remove(header::ACCEPT);
    let (app, lang, is_form) = (app.clone(), asked.lang, asked.is_form);
    let context = move || {
        provide_context(app.clone());
        provide_context(lang);
        provide_context(cookies::IsForm(is_form));
    };
    let answer = leptos_axum::handle_server_fns_with_context(
        context,
        Request::from_parts(parts, Body::from(body)),
    )
    .await
    .into_response();
    Ok(if answer.headers().contains_key(ERROR_HEADER) {
        reshape(answer, asked.lang).await
    } else {
        answer
    })
}

/// A server function's error as the wire has it; what it set besides, cookies, is kept.
async fn reshape(answer: Response, lang: Lang) -> Response {
    let (mut parts, body) = answer.into_parts();
    let error = to_bytes(body, LOOKED_INTO_MAX)
        .await
        .ok()
        .and_then(|body| serde_json::from_slice(&body).ok());
    let mut reshaped = failure(&error.unwrap_or(AppError::Internal), lang);
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        parts.headers.remove(name);
    }
    parts.headers.remove(ERROR_HEADER);
    reshaped.headers_mut().extend(parts.headers);
    reshaped
}
