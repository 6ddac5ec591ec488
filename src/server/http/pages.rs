//! Pages. An anonymous page is a string of bytes that is the same for everybody, kept among the finished answers.

use super::{
    api,
    assets::find,
    compress::Encodings,
    finished::Asked,
    render::{Rendered, render},
    router::Context,
};
use crate::types::{error::AppError, lang::Lang, page::CourseQuery};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use std::{collections::HashMap, sync::Arc};

/// A page of one student: rendered for each request, kept nowhere.
pub(super) async fn personal(State(context): State<Context>, request: Request) -> Response {
    render(&context, request).await.answer("no-store")
}

/// Every other path: a file of the site, a page that is the same for everybody, or the page that says there is none.
pub(super) async fn anonymous(State(context): State<Context>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return api::failure(&AppError::MethodNotAllowed, Lang::of_path(request.uri().path()).0);
    }
    if let Some(file) = find(&context, &request) {
        return file;
    }
    if let Some(target) = without_slash(request.uri()) {
        return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, target)]).into_response();
    }
    let address = if context.finished.is_off() { None } else { address(request.uri()) };
    let Some(address) = address else { return render(&context, request).await.answer("no-store") };
    let headers = request.headers().clone();
    match finished(&context, address, request).await {
        Ok(page) => page.answer(&headers),
        Err(rendered) => rendered.answer("no-store"),
    }
}

async fn finished(context: &Context, address: String, request: Request) -> Result<Arc<Encodings>, Arc<Rendered>> {
    let uri = request.uri().clone();
    // A page's address says its language.
    let asked = Asked { lang: Lang::default(), target: uri.path_and_query().map_or("/", |target| target.as_str()), address };
    let page = async {
        let rendered = render(context, request).await;
        if rendered.status != StatusCode::OK {
            return Err(rendered);
        }
        let mut fields = HeaderMap::clone(&context.security);
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
        // A structured field: the quotes belong to it (https://html.spec.whatwg.org/multipage/speculative-loading.html).
        fields.insert("speculation-rules", HeaderValue::from_static("\"/speculation-rules.json\""));
        Ok(Encodings::compress(rendered.html, fields))
    };
    match context.finished.get(&context.app, &asked, page).await {
        Err(rendered) if rendered.status.is_server_error() => context.finished.last(asked.lang, &asked.address).ok_or(rendered),
        page => page,
    }
}

/// A page's path with what of its query changes it; `None` for a page that is not worth keeping.
fn address(uri: &Uri) -> Option<String> {
    let query: HashMap<_, _> = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    if query.contains_key("error") {
        return None;
    }
    let (_, path) = Lang::of_path(uri.path());
    let search = if path == "/courses" { CourseQuery::of_page(|name| query.get(name).cloned()).ok()?.page_search() } else { String::new() };
    Some(format!("{}{search}", uri.path()))
}

/// `/courses/` is `/courses`.
fn without_slash(uri: &Uri) -> Option<String> {
    let path = uri.path();
    let plain = path.trim_end_matches('/');
    // Only paths of this shop: `//evil.example/` must not become the target of a redirect.
    if plain == path || plain.is_empty() || !api::is_own_path(plain) {
        return None;
    }
    Some(uri.query().map_or_else(|| plain.to_owned(), |query| format!("{plain}?{query}")))
}
