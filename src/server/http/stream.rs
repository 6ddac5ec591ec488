//! A connection's stream, which notes when its client takes no more bytes: hyper itself would wait for that without an end.

use super::activity::Activity;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::net::TcpStream;

/// The stream.
pub(super) struct Stream {
    tcp: TokioIo<TcpStream>,
    activity: Arc<Activity>,
    is_stalled: bool,
}

impl Stream {
    pub(super) fn new(tcp: TcpStream, activity: Arc<Activity>) -> Self {
        Self { tcp: TokioIo::new(tcp), activity, is_stalled: false }
    }

    /// Notes the outcome of a write. As long as all goes well that is a look at a flag.
    fn note(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_pending() != self.is_stalled {
            self.is_stalled = !self.is_stalled;
            if self.is_stalled { self.activity.stalls() } else { self.activity.flows() }
        }
        written
    }
}

/// Sets how long the system waits for a client to take what was sent (TCP_USER_TIMEOUT), also after the end of the connection: until then
/// it would keep up to twice [`super::listen`]'s buffer in the state FIN-WAIT-1, for minutes, for a client that reads nothing.
#[cfg(target_os = "linux")]
pub(super) fn limit_unread(tcp: &TcpStream, limit: Duration) {
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(tcp, u32::try_from(limit.as_millis()).unwrap_or(u32::MAX)) {
        tracing::debug!(%error, "TCP_USER_TIMEOUT");
    }
}

/// Elsewhere the system's own limits hold.
#[cfg(not(target_os = "linux"))]
pub(super) fn limit_unread(_: &TcpStream, _: Duration) {}

impl Drop for Stream {
    /// A connection whose client takes no more bytes ends with a reset, and the system gives up at once what it still holds. Where all bytes
    /// were handed over to the system, it is [`limit_unread`] that ends the wait for a client that reads none of them.
    fn drop(&mut self) {
        if self.is_stalled {
            drop(self.tcp.inner().set_zero_linger());
        }
    }
}

impl Read for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(cx, buf);
        self.note(written)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
