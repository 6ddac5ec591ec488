//! Which path is whose.

use super::{
    api,
    assets::Assets,
    context::Context,
    encoded_body, error, files, forms, headers,
    health::{self, Readiness},
    host, lessons, metrics,
    mock_gateway::{self, GatewayState},
    notify, openapi, pages,
    response_cache::ResponseCache,
    seo,
    service::ShopService,
    sessions::{self, Sessions},
    timeout,
};
use crate::server::{identity::cookies, shop::state::AppState};
use axum::{
    Router, middleware,
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
};
use tower_sessions::{Expiry, SessionManagerLayer, cookie::SameSite};

/// Answers smaller than this many bytes are not worth compressing.
const COMPRESS_MIN: u16 = 1_024;

pub fn shop(app: AppState, assets: Assets) -> ShopService {
    // Leptos futures run on Tokio. An error only means that it was set before, by another server of
    // the same test process.
    let _ = any_spawner::Executor::init_tokio();
    let timeout = Duration::from_secs(app.config.request_timeout_s);
    let store = Sessions::new(app.clone());
    let layer = session_layer(&app, store.clone());
    let compressed = CompressionLayer::new().gzip(true).br(true).compress_when(
        SizeAbove::new(COMPRESS_MIN)
            .and(NotForContentType::IMAGES)
            .and(NotForContentType::const_new("application/wasm")),
    );
    let security = headers::security(&app.config);
    let context = Context {
        assets: Arc::new(assets),
        cached: Arc::new(ResponseCache::new(app.config.page_cache_mb)),
        security: Arc::new(security),
        app,
    };
    let gateway = context.app.payments.hosted().map(|gateway| GatewayState {
        gateway: gateway.clone(),
        clock: context.app.clock.clone(),
    });
    let personal = Router::new()
        .route("/api/{*path}", any(api::handle))
        .merge(personal_pages());
    // Films are packed already, and a part of one could not be found in what is packed anew.
    let files = Router::new().route("/learn/media/{section}", get(lessons::follow));
    let router = with_session(personal, &layer, &store)
        .route_layer(compressed)
        .route_layer(middleware::from_fn(encoded_body::negotiate))
        .merge(with_session(files, &layer, &store))
        .route("/api/openapi.json", get(openapi::describe))
        .route("/healthz", get(health::alive))
        .route(
            "/readyz",
            get(health::ready).with_state((context.app.clone(), Readiness::new())),
        )
        .route("/sitemap.xml", get(seo::sitemap))
        .route("/robots.txt", get(seo::robots))
        .route("/pay/notify/{provider}", any(notify::take))
        .route("/pkg/{*path}", get(files::serve))
        .route("/media/{*path}", get(files::serve))
        // Asked for by browsers that were told of other icons: a short answer, and no page.
        .route("/favicon.ico", get(files::serve))
        .route("/apple-touch-icon-precomposed.png", get(files::serve))
        .method_not_allowed_fallback(pages::refuse_method)
        .fallback(pages::anonymous)
        .with_state(context.clone())
        .merge(gateway.map(mock_gateway::router).unwrap_or_default())
        .layer(
            ServiceBuilder::new()
                .layer(middleware::from_fn(forms::lead_on_failure))
                .layer(CatchPanicLayer::custom(error::panicked))
                .layer(middleware::from_fn_with_state(timeout, timeout::limit_time)),
        );
    ShopService::new(context, store, timeout, router)
}

/// Routes that know who asks.
fn with_session(
    router: Router<Context>,
    layer: &SessionManagerLayer<Sessions>,
    store: &Sessions,
) -> Router<Context> {
    router
        .route_layer(layer.clone())
        .route_layer(middleware::from_fn_with_state(
            store.clone(),
            sessions::clear_cookie,
        ))
        .route_layer(middleware::from_fn_with_state(
            store.clone(),
            sessions::keep_own,
        ))
}

/// The session's cookie, and how long it is kept.
fn session_layer(app: &AppState, store: Sessions) -> SessionManagerLayer<Sessions> {
    SessionManagerLayer::new(store)
        .with_name(cookies::session_cookie(app))
        .with_secure(!app.is_loopback)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(time::Duration::days(
            app.config.session_days,
        )))
}

/// Pages that are rendered for one student, or may be.
fn personal_pages() -> Router<Context> {
    let paths = [
        "/me",
        "/en/me",
        "/tickets/{task_id}",
        "/en/tickets/{task_id}",
        "/orders/{id}/receipt",
        "/en/orders/{id}/receipt",
    ];
    let router = paths.into_iter().fold(Router::new(), |router, path| {
        router.route(path, get(pages::personal))
    });
    let router = ["/orders/{id}", "/en/orders/{id}"]
        .into_iter()
        .fold(router, |router, path| router.route(path, get(pages::order)));
    let router = ["/courses/{id}", "/en/courses/{id}"]
        .into_iter()
        .fold(router, |router, path| {
            router.route(path, any(pages::course))
        });
    let lessons = [
        "/learn/{course}",
        "/en/learn/{course}",
        "/learn/{course}/{section}",
        "/en/learn/{course}/{section}",
    ];
    let router = lessons.into_iter().fold(router, |router, path| {
        router.route(path, get(pages::lesson))
    });
    ["/sign-in", "/en/sign-in"]
        .into_iter()
        .fold(router, |router, path| {
            router.route(path, get(pages::sign_in))
        })
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
