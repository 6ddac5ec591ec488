//! What the shop's speed is compared with: a bare axum server that answers `hello`, the very bytes
//! of files that it is given, and a server function that does nothing.
//!
//! `baseline ADDRESS [PATH|TYPE|FILE]…`

use axum::{
    Json, Router,
    body::Bytes,
    http::header,
    routing::{get, post},
    serve::ListenerExt,
};
use leptos::server;
use serde::{Deserialize, Serialize};
use server_fn::{ServerFnError, codec};
use std::sync::atomic::{AtomicI64, Ordering};

/// What a click sends.
#[derive(Deserialize)]
struct Click {
    sale: i64,
}

/// What a click is answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Heard {
    code: u16,
}

/// F of a POST: JSON in, JSON out, nothing done.
///
/// # Errors
/// None.
#[server(prefix = "/f", endpoint = "post", input = codec::Json, output = codec::Json)]
pub async fn noop_post(sale: i64) -> Result<Heard, ServerFnError> {
    Ok(Heard {
        code: u16::try_from(sale % 2).unwrap_or_default() + 100,
    })
}

/// F of a GET.
///
/// # Errors
/// None.
#[server(prefix = "/f", endpoint = "get", input = codec::GetUrl, output = codec::Json)]
pub async fn noop_get(task_id: String) -> Result<Heard, ServerFnError> {
    Ok(Heard {
        code: u16::from(task_id.is_empty()) + 100,
    })
}

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    static CLICKS: AtomicI64 = AtomicI64::new(0);
    let mut args = std::env::args().skip(1);
    let address = args.next().unwrap_or_else(|| "127.0.0.1:3300".to_owned());
    let mut router = Router::new()
        .route("/hello", get(|| async { "hello" }))
        .route(
            "/click",
            post(|Json(click): Json<Click>| async move {
                Json(CLICKS.fetch_add(click.sale, Ordering::Relaxed))
            }),
        )
        .route("/f/post", post(leptos_axum::handle_server_fns))
        .route("/f/get", get(leptos_axum::handle_server_fns));
    for arg in args {
        let mut parts = arg.splitn(3, '|').map(str::to_owned);
        let (Some(path), Some(kind), Some(file)) = (parts.next(), parts.next(), parts.next())
        else {
            anyhow::bail!("{arg}: no PATH|TYPE|FILE")
        };
        let bytes = Bytes::from(std::fs::read(&file)?);
        router = router.route(
            &path,
            get(move || async move { ([(header::CONTENT_TYPE, kind)], bytes) }),
        );
    }
    let listener = tokio::net::TcpListener::bind(&address)
        .await?
        .tap_io(|tcp| drop(tcp.set_nodelay(true)));
    Ok(axum::serve(listener, router).await?)
}
