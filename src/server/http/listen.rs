//! The accept loop: no delayed packets, a limit on the time of a request's head, a limit on connections, an end without cut-off answers.

use super::gate::{Gate, Pass};
use crate::server::door::Peer;
use anyhow::Context;
use axum::{Router, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use ipnet::IpNet;
use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// How long the loop rests when the system has no file left for a connection.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// What a connection may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at a time; more wait in the system's queue.
    pub connections: u32,
    /// Connections of one address at a time; more are closed at once.
    pub connections_per_address: u32,
    /// Whose connections stand for many clients, and are not counted by address.
    pub proxies: Vec<IpNet>,
    /// Bytes of a request's head, its target included.
    pub head_bytes: usize,
    /// Header fields of a request.
    pub head_fields: usize,
    /// For a request's head, and between two requests.
    pub head_timeout: Duration,
    /// For open requests after the end was asked for.
    pub drain: Duration,
}

/// Open files beside those of connections: the record, its log, the readers, the outbox, the system's own.
const FILES_RESERVED: u64 = 128;

/// Raises the process' limit of open files as far as the system lets it; gives how many connections it leaves room for.
pub fn connections_allowed() -> u64 {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!(%error, "the limit of open files could not be raised");
        rlimit::Resource::NOFILE.get_soft().unwrap_or(0)
    });
    files.saturating_sub(FILES_RESERVED).max(1)
}

/// Whoever answers requests.
pub trait Answer: Clone + Send + Sync + 'static {
    /// The answer to a request of the client at `peer`.
    fn answer(&self, request: hyper::Request<Incoming>, peer: Peer) -> impl Future<Output = Response> + Send;
}

impl Answer for Router {
    async fn answer(&self, request: hyper::Request<Incoming>, peer: Peer) -> Response {
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(peer);
        self.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
    }
}

/// A bound address.
pub struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Binds an address; port 0 takes a free one.
    ///
    /// # Errors
    /// The address is taken, or not this machine's.
    pub async fn bind(address: SocketAddr) -> anyhow::Result<Self> {
        let tcp = TcpListener::bind(address).await.with_context(|| format!("can't listen on {address}"))?;
        let address = tcp.local_addr()?;
        Ok(Self { tcp, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`, then lets open requests end.
    pub async fn serve(self, service: impl Answer, limits: Limits, stop: CancellationToken) {
        let permits = Arc::new(Semaphore::new(limits.connections as usize));
        let gate = Gate::new(limits.connections_per_address, limits.proxies);
        let graceful = GracefulShutdown::new();
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
            .max_headers(limits.head_fields)
            .max_buf_size(limits.head_bytes);
        while let Some((stream, peer, passes)) = stop.run_until_cancelled(accept(&self.tcp, &permits, &gate)).await {
            let service = service.clone();
            let service = service_fn(move |request| {
                let service = service.clone();
                async move { Ok::<_, Infallible>(service.answer(request, Peer(peer)).await) }
            });
            let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, %peer, "a connection broke");
                }
                drop(passes);
            });
        }
        // Who knocks now is turned away at once, and can go to another instance.
        drop(self.tcp);
        if tokio::time::timeout(limits.drain, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests were still open at the end of the drain");
        }
    }
}

/// The next connection that may stay, and what it must give back in the end.
async fn accept(tcp: &TcpListener, permits: &Arc<Semaphore>, gate: &Arc<Gate>) -> (TcpStream, SocketAddr, Passes) {
    let permit = Arc::clone(permits).acquire_owned().await.ok();
    loop {
        match tcp.accept().await {
            Ok((stream, peer)) => {
                let Some(pass) = gate.enter(peer.ip()) else {
                    metrics::counter!("qiangke_connections_refused_total").increment(1);
                    continue;
                };
                // A small answer must not wait for the acknowledgement of the one before it.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "TCP_NODELAY");
                }
                return (stream, peer, (permit, pass));
            }
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
}

/// What a connection holds while it is open.
type Passes = (Option<OwnedSemaphorePermit>, Pass);
