//! Context of a page: what the server tells it, and what it tells the server.

use crate::types::{document::Legal, error::AppError, time::Millis};
use leptos::prelude::*;
use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, AtomicU16, Ordering},
    },
};

/// What is the same for every page of a running shop; the server provides it as context.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// What absolute links begin with: `https://shop.example`, without a slash at the end.
    pub base_url: String,
    pub css: String,
    /// The module that starts the islands.
    pub boot: String,
    /// The islands' JavaScript half; empty when the site was built without them.
    pub pkg_js: String,
    /// The islands' WASM half.
    pub pkg_wasm: String,
    pub legal: Arc<Legal>,
    /// The port that announces a new build; only while the shop is being worked on.
    pub reload_port: Option<u16>,
}

impl Site {
    /// The site of the page that is being rendered.
    pub fn here() -> Arc<Self> {
        use_context().unwrap_or_default()
    }
}

/// The query of the page that is being rendered, decoded once (the framework's own decodes twice);
/// the server provides it as context, and keeps the page under the same words.
#[derive(Clone, Debug, Default)]
pub struct Query(Arc<HashMap<String, String>>);

impl Query {
    /// Reads a query as it stands in an address.
    pub fn parse(text: &str) -> Self {
        Self(Arc::new(
            form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect(),
        ))
    }

    /// Of the page that is being rendered.
    pub fn here() -> Self {
        use_context().unwrap_or_default()
    }

    /// A parameter; the last one of several.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// The server's clock when a page is rendered; the server provides it as context.
#[derive(Clone, Copy, Debug)]
pub struct RenderedAt(pub Millis);

impl RenderedAt {
    /// The moment of the page that is being rendered.
    pub fn here() -> Millis {
        use_context::<Self>().map_or(Millis(0), |moment| moment.0)
    }
}

/// The page is for a student who may study what it shows. The server provides it as context for a
/// page that nobody else gets, and for no page that is kept.
#[derive(Clone, Copy, Debug)]
pub struct ForOwner;

impl ForOwner {
    /// Whether it is the page that is being rendered.
    pub fn is_here() -> bool {
        use_context::<Self>().is_some()
    }
}

/// The name by which the log knows the request that is being answered; the server provides it as
/// context.
#[derive(Clone, Debug, Default)]
pub struct RequestName(pub String);

impl RequestName {
    /// Of the page that is being rendered; empty when the request has none.
    pub fn here() -> String {
        use_context::<Self>().unwrap_or_default().0
    }
}

/// What a page tells the server: its status, or where to go instead. The server provides it as
/// context and reads it when the page is done.
#[derive(Clone, Debug)]
pub struct PageStatus(Arc<PageAnswer>);

#[derive(Debug)]
struct PageAnswer {
    status: AtomicU16,
    /// Seconds; 0 says nothing.
    retry_s: AtomicI64,
    location: OnceLock<String>,
}

impl Default for PageStatus {
    fn default() -> Self {
        Self(Arc::new(PageAnswer {
            status: AtomicU16::new(200),
            retry_s: AtomicI64::new(0),
            location: OnceLock::new(),
        }))
    }
}

impl PageStatus {
    /// Of the page that is being rendered.
    pub fn here() -> Self {
        use_context().unwrap_or_default()
    }

    /// The page could not be what was asked for: takes the error's status, unless the browser is
    /// sent on anyway.
    pub fn fail(&self, error: &AppError) {
        if self.0.location.get().is_some() {
            return;
        }
        self.0.status.store(error.status(), Ordering::Relaxed);
        self.0
            .retry_s
            .store(error.retry_s().unwrap_or(0), Ordering::Relaxed);
    }

    /// Sends the browser to another page of this shop. `path` is made by the shop, never taken from
    /// a request as it is.
    pub fn redirect(&self, path: String) {
        /// See Other: fetch that page with GET.
        const SEE_OTHER: u16 = 303;
        self.0.status.store(SEE_OTHER, Ordering::Relaxed);
        // The first one counts.
        let _ = self.0.location.set(path);
    }

    /// The HTTP status.
    pub fn code(&self) -> u16 {
        self.0.status.load(Ordering::Relaxed)
    }

    /// The value of `Retry-After`.
    pub fn retry_s(&self) -> Option<i64> {
        Some(self.0.retry_s.load(Ordering::Relaxed)).filter(|s| *s > 0)
    }

    /// Where to go instead.
    pub fn location(&self) -> Option<String> {
        self.0.location.get().cloned()
    }
}
