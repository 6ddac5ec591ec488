//! Server functions over HTTP: status, language and shape of errors, HEAD, and the way on for forms
//! without JavaScript.

use super::{
    canonical,
    compress::Encodings,
    finished, guard,
    multipart::{self, MULTIPART},
    router::Context,
};
use crate::{
    api::wire::{self, FORM, JSON},
    server::{door, state::AppState},
    types::{
        accept::accepted,
        error::{AppError, FORM_FIELDS, Fault},
        lang::Lang,
        link,
        page::percent_encode,
        sale::Clicked,
        wire::Failure,
    },
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use leptos::prelude::provide_context;
use std::collections::HashMap;

/// Marks an error of a server function.
const ERROR_HEADER: &str = "serverfnerror";
/// Bytes of an answer that is looked into: errors, and the answer to a click.
const LOOKED_INTO_MAX: usize = 16_384;

/// Where the two steps of signing in are sent: a browser needs a cookie from the first to the
/// second.
const SEND_SMS: &str = "/api/v1/user/send_sms/";
const SIGN_IN: &str = "/api/v1/user/login_sms/";

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
    let asked = Asked::of(&request);
    if is_read(request.method())
        && !context.finished.is_off()
        && let Some(address) = canonical::address(&asked.path, request.uri().query())
    {
        return shared(&context, &asked, address, request).await;
    }
    let answer = if asked.needs_cookies() && !door::keeps_cookies(&context.app, request.headers()) {
        // Before an SMS is paid for whose code this browser could not use.
        Err(AppError::field("cookie", Fault::Missing))
    } else {
        run(&context.app, &asked, request).await
    };
    let answer = answer.unwrap_or_else(|error| failure(&error, asked.lang));
    let mut answer = if asked.is_form {
        lead_on(&asked, answer).await
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
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    Some(format!("{path}/{query}")).filter(|target| link::is_target(target))
}

/// The media type of a request's body; `None` when it has none, or several.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let mut lines = headers.get_all(header::CONTENT_TYPE).iter();
    let line = lines.next().filter(|_| lines.next().is_none())?;
    Some(wire::media_type(line.to_str().ok()?))
}

/// Whether a client asks for a page: by name, and at least as much as for JSON, of which the
/// narrowest range counts (RFC 9110, section 12.5.1).
fn takes_html(headers: &HeaderMap) -> bool {
    let weight = |kind: &str| {
        let accepted = accepted(
            headers
                .get_all(header::ACCEPT)
                .iter()
                .map(HeaderValue::as_bytes),
        );
        accepted
            .filter(|accepted| accepted.range.eq_ignore_ascii_case(kind))
            .map(|accepted| accepted.weight)
            .max()
    };
    let html = weight("text/html").unwrap_or(0);
    let json = [JSON, "application/*", "*/*"]
        .into_iter()
        .find_map(weight)
        .unwrap_or(0);
    html > 0 && html >= json
}

/// An answer from the finished ones.
async fn shared(context: &Context, asked: &Asked, address: String, request: Request) -> Response {
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
        guard::dress(&mut parts.headers, &context.security);
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, no-cache"),
        );
        parts
            .headers
            .insert(header::VARY, HeaderValue::from_static("accept-language"));
        Ok(Encodings::compress(body.into(), parts.headers))
    };
    let target = finished::Asked {
        lang: asked.lang,
        target,
        address,
    };
    match context.finished.get(&context.app, &target, make).await {
        Ok(answer) => answer.answer(&headers),
        Err(failed)
            if failed.0.status.is_server_error()
                && let Some(last) = context.finished.last(asked.lang, &target.address) =>
        {
            last.answer(&headers)
        }
        Err(failed) => Response::from_parts(failed.0.clone(), Body::from(failed.1.clone())),
    }
}

/// What is remembered of a request while its function runs.
struct Asked {
    path: String,
    lang: Lang,
    /// A browser sent a form and wants a page.
    is_form: bool,
    next: Option<String>,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let headers = request.headers();
        // No form of a browser sends JSON.
        let is_form = request.method() == Method::POST
            && media_type(headers).is_none_or(|kind| kind != JSON)
            && takes_html(headers);
        // A GET's query is its function's arguments; a form's says where it came from.
        let query: HashMap<String, String> = if is_form {
            form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect()
        } else {
            HashMap::new()
        };
        let lang = match query.get("lang").map(String::as_str) {
            Some("en") => Lang::En,
            Some(_) => Lang::Zh,
            None if is_form => Lang::Zh,
            None => guard::lang(headers),
        };
        Self {
            path: request.uri().path().to_owned(),
            lang,
            is_form,
            next: query
                .get("next")
                .filter(|next| link::page(next).is_some())
                .cloned(),
        }
    }

    /// Whether a browser signs in by forms alone. A program that keeps no cookies has the field
    /// `browser` instead.
    fn needs_cookies(&self) -> bool {
        self.is_form && [SEND_SMS, SIGN_IN].contains(&self.path.as_str())
    }
}

async fn run(app: &AppState, asked: &Asked, request: Request) -> Result<Response, AppError> {
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
        .map_err(|_| AppError::TooLarge)?;
    if let Some(content_type) = parts.headers.get(header::CONTENT_TYPE).cloned() {
        // Of two it is not known which one is meant.
        let kind = media_type(&parts.headers).ok_or(AppError::UnsupportedMedia)?;
        if kind == MULTIPART {
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
        provide_context(door::IsForm(is_form));
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

/// 405 with what the path takes (RFC 9110, section 15.5.6): what takes GET takes HEAD.
pub(super) fn refuse_method(lang: Lang, methods: &[Method]) -> Response {
    let names = methods.iter().flat_map(|method| {
        if *method == Method::GET {
            vec!["GET", "HEAD"]
        } else {
            vec![method.as_str()]
        }
    });
    let allowed = names.collect::<Vec<_>>().join(", ");
    let mut refusal = failure(&AppError::MethodNotAllowed, lang);
    refusal
        .headers_mut()
        .extend(HeaderValue::from_str(&allowed).map(|allowed| (header::ALLOW, allowed)));
    refusal
}

/// An error with its HTTP status.
pub(super) fn failure(error: &AppError, lang: Lang) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = (status, axum::Json(Failure::of(error, lang))).into_response();
    if let Some(retry_s) = error.retry_s() {
        answer
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(retry_s));
    }
    answer
}

/// Where a browser goes that sent a form: on, or back to the form with the error's name.
async fn lead_on(asked: &Asked, answer: Response) -> Response {
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, LOOKED_INTO_MAX).await.unwrap_or_default();
    let failure = if parts.status.is_success() {
        None
    } else {
        serde_json::from_slice::<Failure>(&body)
            .ok()
            .or_else(|| Some(Failure::of(&AppError::Internal, asked.lang)))
    };
    let target = match &failure {
        None => after_success(asked, &body),
        Some(failure) => after_failure(asked, failure),
    };
    let mut answer = StatusCode::SEE_OTHER.into_response();
    for cookie in parts.headers.get_all(header::SET_COOKIE) {
        answer
            .headers_mut()
            .append(header::SET_COOKIE, cookie.clone());
    }
    answer
        .headers_mut()
        .extend(HeaderValue::from_str(&target).map(|target| (header::LOCATION, target)));
    answer
}

fn after_success(asked: &Asked, body: &Bytes) -> String {
    let next = asked.next.as_deref();
    match asked.path.as_str() {
        SEND_SMS => sign_in_path(asked, None),
        SIGN_IN => next.map_or_else(|| asked.lang.path("/me"), str::to_owned),
        "/api/v1/user/sckill/" => match serde_json::from_slice::<Clicked>(body) {
            Ok(clicked) => asked.lang.path(&format!("/tickets/{}", clicked.task_id)),
            Err(_) => asked.lang.path("/"),
        },
        _ => next.map_or_else(|| asked.lang.path("/"), str::to_owned),
    }
}

fn after_failure(asked: &Asked, failure: &Failure) -> String {
    let page = asked.next.clone().unwrap_or_else(|| asked.lang.path("/"));
    match (asked.path.as_str(), failure.code) {
        (SEND_SMS | SIGN_IN, _) => sign_in_path(asked, Some(failure)),
        (_, 401) => sign_in_path(asked, None),
        ("/api/v1/user/logout/", _) => {
            format!("{}{}", asked.lang.path("/me"), error_query('?', failure))
        }
        _ => {
            let (page, place) = page.split_at(page.find('#').unwrap_or(page.len()));
            let separator = if page.contains('?') { '&' } else { '?' };
            format!("{page}{}{place}", error_query(separator, failure))
        }
    }
}

fn sign_in_path(asked: &Asked, failure: Option<&Failure>) -> String {
    let mut path = asked.lang.path("/sign-in");
    let mut separator = '?';
    if let Some(next) = &asked.next {
        path.push_str("?next=");
        percent_encode(next, &mut path);
        separator = '&';
    }
    path + &failure
        .map(|failure| error_query(separator, failure))
        .unwrap_or_default()
}

/// `?error=missing&field=mobile&retry_s=7`: only names of closed lists, since a client may call a
/// field what it likes.
fn error_query(separator: char, failure: &Failure) -> String {
    let mut query = format!("{separator}error={}", failure.error);
    if let Some(field) = failure
        .field
        .as_deref()
        .filter(|field| FORM_FIELDS.contains(field))
    {
        query.push_str("&field=");
        percent_encode(field, &mut query);
    }
    query
        + &failure
            .retry_s
            .map(|retry_s| format!("&retry_s={retry_s}"))
            .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::error::Fault;

    fn asked(path: &str, next: &str) -> Asked {
        Asked {
            path: path.to_owned(),
            lang: Lang::Zh,
            is_form: true,
            next: Some(next.to_owned()),
        }
    }

    #[test]
    fn a_page_is_for_whoever_asks_for_one_by_name() {
        let takes = |lines: &[&str]| {
            takes_html(
                &lines
                    .iter()
                    .map(|line| {
                        (
                            header::ACCEPT,
                            HeaderValue::from_str(line).expect("a field"),
                        )
                    })
                    .collect(),
            )
        };
        for lines in [
            &["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"][..],
            &["TEXT/HTML"],
            &["application/json;q=0.9", "text/html"],
            &["text/html;level=1"],
            &["text/html;q=0.5, application/json;q=0.4, */*"],
        ] {
            assert!(takes(lines), "{lines:?}");
        }
        for lines in [
            &[][..],
            &["application/json, text/plain, */*"],
            &["application/json, text/html;q=0"],
            &["text/html;q=0.000"],
            &["application/json, text/html;q=0.9"],
            &["text/htmlx"],
            &["text/html;q=0.1, */*"],
            &["text/html;q=0.5, application/*;q=0.6, */*;q=0.1"],
            &["application/json; x=\", text/html\""],
        ] {
            assert!(!takes(lines), "{lines:?}");
        }
    }

    #[test]
    fn a_form_hears_of_its_own_fields_only() {
        let way = |field: &str| {
            after_failure(
                &asked("/api/v1/user/login_sms/", "/me"),
                &Failure::of(&AppError::field(field, Fault::Unknown), Lang::Zh),
            )
        };
        assert_eq!(
            way("mobile"),
            "/sign-in?next=%2Fme&error=unknown&field=mobile"
        );
        assert_eq!(way(&"a".repeat(6_000)), "/sign-in?next=%2Fme&error=unknown");
    }

    #[test]
    fn an_error_stands_before_the_place_on_the_page() {
        let way = after_failure(
            &asked("/api/v1/user/sckill/", "/?x=1#sales"),
            &Failure::of(&AppError::Unavailable, Lang::Zh),
        );
        assert_eq!(way, "/?x=1&error=unavailable&retry_s=1#sales");
    }
}
