//! The accept loop: no delayed packets, limits on connections and on the time that a client may
//! take, an end without cut-off answers.

use super::{
    activity::{Activity, Dismissal},
    body::{AnswerBody, RequestBody},
    connection_limit::{
        ConnectionAdmission, ConnectionLimit, ConnectionPermit, Patience, ROOM_PERIOD,
    },
    stream::{self, Stream},
};
use crate::server::identity::address::Peer;
use anyhow::Context;
use axum::{Router, response::Response};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::server::graceful::GracefulConnection;
use ipnet::IpNet;
use std::{
    convert::Infallible,
    future::poll_fn,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::{Arc, Weak},
    task::Poll,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

/// How long the loop rests when the system has no file left for a connection.
const ACCEPT_REST: Duration = Duration::from_millis(50);
/// How often the clients' time is looked at, for all connections at once.
const SWEEP_PERIOD: Duration = Duration::from_millis(500);
/// Bytes of an answer that the system keeps for a client; Linux takes twice as much. A client that
/// reads is seen to do so when a third of it is on its way, and one that does not holds no
/// megabytes.
const SEND_BUFFER: u32 = 64 << 10;
/// How much longer than an unread answer itself the system keeps what it has taken over of one,
/// some sweeps: as long as a connection is open, the sweep is first and tells its client by a
/// reset.
const UNREAD_MORE: Duration = Duration::from_secs(2);
/// Connections that wait in the system to be accepted.
const BACKLOG: u32 = 1_024;

/// What a connection may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at a time; more take the place of those that rest, or wait in the system's
    /// queue.
    pub connections: u32,
    /// Connections of one subscriber at a time (an address of IPv4, a /56 of IPv6); more take the
    /// place of those that rest, or are closed at once.
    pub connections_per_address: u32,
    /// Whose connections stand for many clients, and are not counted by address.
    pub proxies: Vec<IpNet>,
    /// Bytes of a request's head, its target included.
    pub head_bytes: usize,
    /// Header fields of a request.
    pub head_fields: usize,
    /// For a request's head, and between two requests.
    pub head_timeout: Duration,
    /// For a client that reads nothing of an answer.
    pub unread_timeout: Duration,
    /// For open requests after the end was asked for.
    pub drain: Duration,
}

/// Open files beside those of connections: the database, its log, the readers, the outbox, the
/// system's own.
const FILES_RESERVED: u64 = 128;

/// Raises the process' limit of open files as far as the system lets it; gives how many connections
/// it leaves room for.
pub fn connections_allowed() -> u64 {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!(%error, "the limit of open files could not be raised");
        rlimit::Resource::NOFILE.get_soft().unwrap_or(0)
    });
    files.saturating_sub(FILES_RESERVED).max(1)
}

pub trait HttpService: Clone + Send + Sync + 'static {
    /// The answer to a request of the client at `peer`.
    fn answer(
        &self,
        request: hyper::Request<RequestBody>,
        peer: Peer,
    ) -> impl Future<Output = Response> + Send;
}

impl HttpService for Router {
    async fn answer(&self, request: hyper::Request<RequestBody>, peer: Peer) -> Response {
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(peer);
        self.clone()
            .oneshot(request)
            .await
            .unwrap_or_else(|never| match never {})
    }
}

pub struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Binds the address of a setting; port 0 takes a free one.
    ///
    /// # Errors
    /// The address is taken, or not this machine's.
    pub async fn bind(setting: &str, address: SocketAddr) -> anyhow::Result<Self> {
        let tcp = listen(address).with_context(|| {
            format!("{setting}: can't listen on {address}; `qiangke doctor` says who does, or set another port")
        })?;
        let address = tcp.local_addr()?;
        Ok(Self { tcp, address })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`, then lets open requests end.
    pub async fn serve(self, service: impl HttpService, limits: Limits, stop: CancellationToken) {
        let limit = ConnectionLimit::new(
            limits.connections,
            limits.connections_per_address,
            limits.proxies.clone(),
        );
        let patience = Patience {
            head: limits.head_timeout,
            unread: limits.unread_timeout,
        };
        tokio::select! {
            () = sweep(&limit, patience) => {}
            () = self.accept_all(service, &limits, &limit, stop) => {}
        }
    }

    async fn accept_all(
        self,
        service: impl HttpService,
        limits: &Limits,
        limit: &Arc<ConnectionLimit>,
        stop: CancellationToken,
    ) {
        let permits = Arc::new(Semaphore::new(limits.connections as usize));
        let connections = TaskTracker::new();
        let mut http = http1::Builder::new();
        // The sweep looks after the time of a head: a timer for each request would cost more, and
        // would end an answer that a slow client is still reading.
        http.header_read_timeout(None)
            .max_headers(limits.head_fields)
            .max_buf_size(limits.head_bytes);
        while let Some((tcp, peer, permits)) = stop
            .run_until_cancelled(accept(&self.tcp, &permits, limit))
            .await
        {
            stream::limit_unread(&tcp, limits.unread_timeout + UNREAD_MORE);
            connections.spawn(serve(http.clone(), tcp, peer, service.clone(), permits));
        }
        // Who knocks now is turned away at once, and can go to another instance.
        drop(self.tcp);
        limit.close();
        connections.close();
        if timeout(limits.drain, connections.wait()).await.is_err() {
            tracing::warn!("requests were still open at the end of the drain");
        }
    }
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit it.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Ends, for as long as the listener serves, connections whose client took too long.
async fn sweep(limit: &ConnectionLimit, patience: Patience) {
    let mut timer = tokio::time::interval(SWEEP_PERIOD);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        limit.sweep(patience);
    }
}

/// Serves a connection to its end.
async fn serve(
    http: http1::Builder,
    stream: TcpStream,
    peer: SocketAddr,
    service: impl HttpService,
    permits: Permits,
) {
    let activity = Arc::clone(permits.permit.activity());
    let service = service_fn(|request: hyper::Request<_>| {
        let (service, activity) = (service.clone(), Arc::clone(&activity));
        async move {
            // A client that sends its requests one behind the other takes turns with everybody
            // else: hyper would answer 16 of them before it lets others on, and the runtime would
            // look at no socket for dozens of such turns.
            while activity.answers_again() {
                tokio::task::yield_now().await;
            }
            let request = request.map(|body| RequestBody::new(body, Arc::clone(&activity)));
            let answer = service.answer(request, Peer(peer)).await;
            Ok::<_, Infallible>(answer.map(|body| AnswerBody::new(body, activity)))
        }
    });
    let connection = http.serve_connection(Stream::new(stream, Arc::clone(&activity)), service);
    if let Err(error) = until_it_leaves(connection, &activity).await {
        tracing::debug!(%error, %peer, "a connection broke");
    }
}

/// A connection's end: by itself, or as it was told.
async fn until_it_leaves(
    connection: impl GracefulConnection<Error = hyper::Error>,
    activity: &Activity,
) -> hyper::Result<()> {
    let mut connection = pin!(connection);
    poll_fn(|cx| {
        activity.wakes(cx.waker());
        activity.is_polled();
        // What has come by now is answered, before it is seen whether the client rests.
        if let Poll::Ready(end) = connection.as_mut().poll(cx) {
            return Poll::Ready(end);
        }
        activity.is_seen();
        match activity.heard() {
            None => Poll::Pending,
            Some(Dismissal::Go(turn)) if activity.turn().0 == turn => Poll::Ready(Ok(())),
            Some(Dismissal::Go(_) | Dismissal::Leave) => {
                connection.as_mut().graceful_shutdown();
                connection.as_mut().poll(cx)
            }
        }
    })
    .await
}

/// The next connection that may stay, and what it must give back in the end.
async fn accept(
    tcp: &TcpListener,
    permits: &Arc<Semaphore>,
    limit: &Arc<ConnectionLimit>,
) -> (TcpStream, SocketAddr, Permits) {
    loop {
        match tcp.accept().await {
            Ok((stream, peer)) => {
                let is_admitted = match limit.admits(peer.ip()) {
                    ConnectionAdmission::Admitted => true,
                    ConnectionAdmission::Refused => false,
                    ConnectionAdmission::Unclear => {
                        // Those that came just before get a moment to say whether they rest.
                        tokio::task::yield_now().await;
                        limit.admits_at_last(peer.ip())
                    }
                };
                if !is_admitted {
                    metrics::counter!("qiangke_connections_refused_total").increment(1);
                    continue;
                }
                let permit = permit(permits, limit, peer.ip()).await;
                // A small answer must not wait for the acknowledgement of the one before it.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "TCP_NODELAY");
                }
                return (
                    stream,
                    peer,
                    Permits {
                        permit: limit.enter(peer.ip()),
                        _permit: permit,
                    },
                );
            }
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
}

/// Room for a connection from this address, made if there is none.
async fn permit(
    permits: &Arc<Semaphore>,
    limit: &ConnectionLimit,
    address: IpAddr,
) -> Option<OwnedSemaphorePermit> {
    if let Ok(permit) = Arc::clone(permits).try_acquire_owned() {
        return Some(permit);
    }
    let mut told = Weak::new();
    loop {
        limit.make_room(address, &mut told);
        if let Ok(permit) = timeout(ROOM_PERIOD, Arc::clone(permits).acquire_owned()).await {
            return permit.ok();
        }
    }
}

/// What a connection holds while it is open.
struct Permits {
    permit: ConnectionPermit,
    _permit: Option<OwnedSemaphorePermit>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use std::{
        io::{Read, Write},
        net::TcpStream as Client,
        sync::{
            Mutex,
            atomic::{AtomicUsize, Ordering},
        },
    };
    use tokio::task::spawn_blocking;

    /// Requests of the client that sends one behind the other.
    const PIPELINED: usize = 4_000;
    /// After so many of them another client asks.
    const BEFORE: usize = 100;
    /// So many more may be answered before the other client is.
    const MEANWHILE: usize = 16;

    /// Counts requests; the one after [`BEFORE`] has the other client ask.
    #[derive(Clone)]
    struct Counter {
        asked: Arc<AtomicUsize>,
        other: Arc<Mutex<Client>>,
        /// How many had asked when the other client's request came.
        seen: Arc<AtomicUsize>,
    }

    impl HttpService for Counter {
        async fn answer(&self, request: hyper::Request<RequestBody>, _: Peer) -> Response {
            if request.uri().path() == "/other" {
                self.seen
                    .store(self.asked.load(Ordering::SeqCst), Ordering::SeqCst);
            } else if self.asked.fetch_add(1, Ordering::SeqCst) + 1 == BEFORE {
                let mut other = self.other.lock().expect("one user");
                other
                    .write_all(b"GET /other HTTP/1.1\r\nhost: shop\r\n\r\n")
                    .expect("sent");
            }
            Response::new(Body::empty())
        }
    }

    #[tokio::test]
    async fn requests_one_behind_the_other_hold_up_nobody_else() {
        let listener = Listener::bind("LISTEN", SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .expect("a free port");
        let address = listener.address();
        let service = Counter {
            asked: Arc::default(),
            other: Arc::new(Mutex::new(Client::connect(address).expect("connected"))),
            seen: Arc::default(),
        };
        let limits = Limits {
            connections: 8,
            connections_per_address: 8,
            proxies: Vec::new(),
            head_bytes: 16 << 10,
            head_fields: 16,
            head_timeout: Duration::from_secs(60),
            unread_timeout: Duration::from_secs(60),
            drain: Duration::ZERO,
        };
        let stop = CancellationToken::new();
        let server = tokio::spawn(listener.serve(service.clone(), limits, stop.clone()));
        let mut client = Client::connect(address).expect("connected");
        let mut answers = client.try_clone().expect("the same connection");
        let reader = spawn_blocking(move || answers.read_to_end(&mut Vec::new()));
        let writer = spawn_blocking(move || {
            let request = "GET / HTTP/1.1\r\nhost: shop\r\n\r\n";
            let last = "GET / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n";
            let all = request.repeat(PIPELINED - 1) + last;
            client.write_all(all.as_bytes()).expect("sent");
        });
        writer.await.expect("no panic");
        reader.await.expect("no panic").expect("answered");
        stop.cancel();
        server.await.expect("no panic");
        assert_eq!(service.asked.load(Ordering::SeqCst), PIPELINED);
        let seen = service.seen.load(Ordering::SeqCst);
        assert!(
            (BEFORE..=BEFORE + MEANWHILE).contains(&seen),
            "{} were answered before the other client",
            seen - BEFORE
        );
    }
}
