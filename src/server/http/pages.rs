//! Pages. An anonymous page is a string of bytes that is the same for everybody: rendered once for each version of the catalogue,
//! then sent from memory. The last good copy of a page serves while the record is away.

use super::{
    api,
    assets::find,
    compress::Encodings,
    render::{Rendered, render},
    router::Context,
};
use crate::{
    server::state::AppState,
    types::{error::AppError, lang::Lang, page::CourseQuery},
};
use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use moka::{future::Cache, sync};
use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

/// Bytes of pages in memory at most, in all encodings.
const FRESH_MAX_BYTES: u64 = 32 << 20;
/// Bytes of last good copies at most.
const LAST_MAX_BYTES: u64 = 32 << 20;

/// What a page is kept under: its path and what of its query counts, the catalogue's version, the banners' edition, and the
/// sales that opened or closed.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    address: String,
    version: i64,
    banners: u64,
    boundaries: usize,
}

/// Finished pages.
pub(super) struct Pages {
    fresh: Cache<Key, Arc<Encodings>>,
    last: sync::Cache<String, Arc<Encodings>>,
}

impl Pages {
    pub(super) fn new() -> Self {
        let size = |page: &Arc<Encodings>| u32::try_from(page.size()).unwrap_or(u32::MAX);
        Self {
            fresh: Cache::builder().max_capacity(FRESH_MAX_BYTES).weigher(move |_: &Key, page| size(page)).build(),
            last: sync::Cache::builder().max_capacity(LAST_MAX_BYTES).weigher(move |_: &String, page| size(page)).build(),
        }
    }
}

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
    let Some(address) = address(request.uri()) else { return render(&context, request).await.answer("no-store") };
    let headers = request.headers().clone();
    match cached(&context, address, request).await {
        Ok(page) => {
            let mut answer = page.answer(&headers);
            let fields = answer.headers_mut();
            fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
            answer
        }
        Err(rendered) => rendered.answer("no-store"),
    }
}

/// The page from memory, or rendered by one request for all that wait for it.
async fn cached(context: &Context, address: String, request: Request) -> Result<Arc<Encodings>, Arc<Rendered>> {
    let Context { app, pages, .. } = context;
    let version = app.catalog_version.load(Ordering::Acquire);
    let key = Key { address: address.clone(), version, banners: app.cache.banners_edition(), boundaries: boundaries(app) };
    let page = pages.fresh.try_get_with(key, async {
        let rendered = render(context, request).await;
        if rendered.status != StatusCode::OK {
            return Err(rendered);
        }
        let page = Arc::new(Encodings::compress(rendered.html));
        pages.last.insert(address.clone(), Arc::clone(&page));
        Ok(page)
    });
    match page.await {
        Err(rendered) if rendered.status.is_server_error() => pages.last.get(&address).ok_or(rendered),
        page => page,
    }
}

/// How many openings and closings of the sales that pages show have passed: at each of them pages look different.
fn boundaries(app: &AppState) -> usize {
    let now = app.clock.now();
    app.cache.sales().iter().map(|sale| usize::from(sale.opens_at <= now) + usize::from(sale.closes_at <= now)).sum()
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
