//! Which path is whose.

use super::{
    api,
    assets::{self, Assets},
    compress,
    finished::Finished,
    forwarded::{self, Proxies},
    guard,
    health::{self, Readiness},
    host,
    lane::Shop,
    metrics, openapi, pages, seo,
    sessions::{self, Sessions},
};
use crate::server::{door, state::AppState};
use axum::{
    Router,
    extract::{FromRef, Request},
    http::HeaderMap,
    middleware,
    routing::{any, get},
};
use std::{sync::Arc, time::Duration};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{NotForContentType, Predicate, SizeAbove},
    },
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    trace::TraceLayer,
};
use tower_sessions::{Expiry, SessionManagerLayer, cookie::SameSite};

/// Answers smaller than this many bytes are not worth compressing.
const COMPRESS_MIN: u16 = 1_024;

/// Bytes of a path that the log shows.
const LOGGED_PATH_MAX: usize = 256;

/// What the handlers share.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) app: AppState,
    pub(super) assets: Arc<Assets>,
    pub(super) finished: Arc<Finished>,
    /// The fields that make every answer safe.
    pub(super) security: Arc<HeaderMap>,
}

impl FromRef<Context> for AppState {
    fn from_ref(context: &Context) -> Self {
        context.app.clone()
    }
}

/// The shop.
pub fn shop(app: AppState, assets: Assets) -> Shop {
    // Leptos futures run on Tokio. An error only means that it was set before, by another server of
    // the same test process.
    let _ = any_spawner::Executor::init_tokio();
    let timeout = Duration::from_secs(app.config.request_timeout_s);
    let store = Sessions::new(app.clone());
    let layer = SessionManagerLayer::new(store.clone())
        .with_name(door::session_cookie(&app))
        .with_secure(!app.config.is_loopback())
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(time::Duration::days(
            app.config.session_days,
        )));
    let compressed = CompressionLayer::new().gzip(true).br(true).compress_when(
        SizeAbove::new(COMPRESS_MIN)
            .and(NotForContentType::IMAGES)
            .and(NotForContentType::const_new("application/wasm")),
    );
    let personal = [
        "/me",
        "/en/me",
        "/tickets/{task_id}",
        "/en/tickets/{task_id}",
    ];
    let personal = personal.into_iter().fold(Router::new(), |router, path| {
        router.route(path, get(pages::personal))
    });
    let personal = ["/sign-in", "/en/sign-in"]
        .into_iter()
        .fold(personal, |router, path| {
            router.route(path, get(pages::sign_in))
        });
    let security = guard::security(&app.config);
    let context = Context {
        assets: Arc::new(assets),
        finished: Arc::new(Finished::new(app.config.page_cache_mb)),
        security: Arc::new(security),
        app,
    };
    let router = Router::new()
        .route("/api/{*path}", any(api::handle))
        .merge(personal)
        .route_layer(layer)
        .route_layer(middleware::from_fn_with_state(
            store.clone(),
            sessions::clear_cookie,
        ))
        .route_layer(middleware::from_fn_with_state(
            store.clone(),
            sessions::keep_own,
        ))
        .route_layer(compressed)
        .route_layer(middleware::from_fn(compress::negotiate))
        .route("/api/openapi.json", get(openapi::describe))
        .route("/healthz", get(health::alive))
        .route(
            "/readyz",
            get(health::ready).with_state((context.app.clone(), Readiness::new())),
        )
        .route("/sitemap.xml", get(seo::sitemap))
        .route("/robots.txt", get(seo::robots))
        .route("/pkg/{*path}", get(assets::serve))
        .route("/media/{*path}", get(assets::serve))
        .fallback(pages::anonymous)
        .with_state(context.clone())
        .layer(
            ServiceBuilder::new()
                .layer(middleware::from_fn(guard::name))
                .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
                .layer(TraceLayer::new_for_http().make_span_with(span))
                .layer(PropagateRequestIdLayer::x_request_id())
                .layer(middleware::from_fn_with_state(
                    Proxies::new(&context.app.config.trusted_proxies),
                    forwarded::notice,
                ))
                .layer(middleware::from_fn_with_state(
                    context.clone(),
                    guard::guard,
                ))
                .layer(CatchPanicLayer::custom(guard::panicked))
                .layer(middleware::from_fn_with_state(timeout, guard::limit_time)),
        );
    Shop::new(context, store, timeout, router)
}

/// What an instance answers that serves no shop: whether it lives, and whether it can work.
pub fn worker(app: AppState) -> Router {
    let ready = get(health::ready).with_state((app.clone(), Readiness::new()));
    let router = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", ready);
    router
        .layer(middleware::from_fn(host::require))
        .with_state(app)
}

/// What operators ask, on an address of its own.
pub fn ops(app: AppState) -> Router {
    let router = Router::new()
        .route("/metrics", get(metrics::render))
        .route("/healthz", get(health::describe));
    router
        .layer(middleware::from_fn(host::require))
        .with_state(app)
}

/// A request in the log: never its query, which may hold a search or an id, nor its headers, and of
/// its path the beginning.
fn span(request: &Request) -> tracing::Span {
    let id = request
        .headers()
        .get("x-request-id")
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default();
    let path = request.uri().path();
    let path = &path[..path.floor_char_boundary(LOGGED_PATH_MAX)];
    tracing::info_span!("request", method = %request.method(), path, id)
}
