//! Renders a page to bytes: no stream, no inline script.

use super::{context::Context, request_id::REQUEST_ID};
use crate::{
    types::lang::Lang,
    ui::{
        context::{ForOwner, PageStatus, Query, RenderedAt, RequestName, Site},
        shell::shell,
    },
};
use axum::{
    body::to_bytes,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::{Stream, StreamExt, stream};
use leptos::prelude::*;
use std::{pin::Pin, sync::Arc};

/// Bytes of a page at most.
const PAGE_MAX: usize = 4 << 20;

pub(super) struct Rendered {
    pub(super) status: StatusCode,
    pub(super) html: Vec<u8>,
    location: Option<String>,
    retry_s: Option<i64>,
}

impl Rendered {
    /// The page as an answer that was made for one request.
    pub(super) fn answer(&self, cache: &'static str) -> Response {
        let mut answer = (self.status, self.html.clone()).into_response();
        let fields = answer.headers_mut();
        fields.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        fields.extend(
            self.location
                .as_deref()
                .and_then(|path| HeaderValue::from_str(path).ok())
                .map(|path| (header::LOCATION, path)),
        );
        fields.extend(
            self.retry_s
                .map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds))),
        );
        answer
    }
}

/// Renders the page of a request.
pub(super) async fn render(context: &Context, request: Request) -> Rendered {
    let lang = Lang::of_path(request.uri().path()).0;
    let status = PageStatus::default();
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let (app, site, page) = (context.app.clone(), Arc::new(site(context)), status.clone());
    let now = RenderedAt(app.clock.now());
    let name = RequestName(
        request
            .headers()
            .get(REQUEST_ID)
            .and_then(|id| id.to_str().ok())
            .unwrap_or_default()
            .to_owned(),
    );
    let for_owner = request.extensions().get::<ForOwner>().copied();
    let provide = move || {
        if let Some(for_owner) = for_owner {
            provide_context(for_owner);
        }
        provide_context(app.clone());
        provide_context(lang);
        provide_context(Arc::clone(&site));
        provide_context(page.clone());
        provide_context(query.clone());
        provide_context(now);
        provide_context(name.clone());
    };
    let answer = leptos_axum::handle_response_inner(
        provide,
        shell,
        request,
        |app, _chunks, _out_of_order| {
            // The chunks that are left out are the framework's inline scripts; boot.js sets what
            // they would.
            Box::pin(async move {
                let html = app.to_html_stream_in_order().collect::<String>().await;
                Box::pin(stream::once(async move { html }))
                    as Pin<Box<dyn Stream<Item = String> + Send>>
            })
        },
    );
    let html = to_bytes(answer.await.into_body(), PAGE_MAX).await;
    let code = StatusCode::from_u16(status.code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match html {
        Ok(html) => Rendered {
            status: code,
            html: html.into(),
            location: status.location(),
            retry_s: status.retry_s(),
        },
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            Rendered {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                html: Vec::new(),
                location: None,
                retry_s: None,
            }
        }
    }
}

fn site(context: &Context) -> Site {
    let Context { app, assets, .. } = context;
    let pkg = |extension| assets.pkg(extension).unwrap_or_default();
    Site {
        base_url: app.config.base_url(),
        css: pkg(".css"),
        boot: "/boot.js".into(),
        pkg_js: pkg(".js"),
        pkg_wasm: pkg(".wasm"),
        legal: Arc::clone(&app.legal),
        reload_port: app.config.watch.as_ref().map(|_| app.config.reload_port),
    }
}
