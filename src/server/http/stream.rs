//! A connection's stream, which notes when its client takes no more bytes: hyper itself would wait
//! for that without an end.

use super::activity::Activity;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use rustix::net::{RecvFlags, recv};
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::net::TcpStream;

/// Bytes that the last look before an end takes at most; what is more is read in the usual way.
const LAST_LOOK_BYTES: usize = 1_024;

pub(super) struct Stream {
    tcp: TokioIo<TcpStream>,
    activity: Arc<Activity>,
    is_stalled: bool,
}

impl Stream {
    pub(super) fn new(tcp: TcpStream, activity: Arc<Activity>) -> Self {
        Self {
            tcp: TokioIo::new(tcp),
            activity,
            is_stalled: false,
        }
    }

    /// Notes the outcome of a write. As long as all goes well that is a look at a flag.
    fn note(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_pending() != self.is_stalled {
            self.is_stalled = !self.is_stalled;
            if self.is_stalled {
                self.activity.stalls();
            } else {
                self.activity.flows();
            }
        }
        written
    }
}

/// Sets how long the system waits for a client to take what was sent (TCP_USER_TIMEOUT), also after
/// the end of the connection: until then it would keep up to twice [`super::listen`]'s buffer in
/// the state FIN-WAIT-1, for minutes, for a client that reads nothing.
#[cfg(target_os = "linux")]
pub(super) fn limit_unread(tcp: &TcpStream, limit: Duration) {
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(
        tcp,
        u32::try_from(limit.as_millis()).unwrap_or(u32::MAX),
    ) {
        tracing::debug!(%error, "TCP_USER_TIMEOUT");
    }
}

/// Elsewhere the system's own limits hold.
#[cfg(not(target_os = "linux"))]
pub(super) fn limit_unread(_: &TcpStream, _: Duration) {}

impl Drop for Stream {
    /// A connection whose client takes no more bytes ends with a reset, and the system gives up at
    /// once what it still holds. Where all bytes were handed over to the system, it is
    /// [`limit_unread`] that ends the wait for a client that reads none of them.
    fn drop(&mut self) {
        if self.is_stalled {
            drop(self.tcp.inner().set_zero_linger());
        }
    }
}

impl Read for Stream {
    /// Before a connection ends as it was told, the system is asked whether bytes have come that
    /// the runtime has not heard of yet: on a busy machine that takes it a while, and the end would
    /// reset a request that is already here.
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let room = buf.remaining().min(LAST_LOOK_BYTES);
        // Without room nothing would come, which is how a connection ends.
        if room > 0 && self.activity.is_told() {
            let mut bytes = [0; LAST_LOOK_BYTES];
            if let Ok((count, _)) = recv(self.tcp.inner(), &mut bytes[..room], RecvFlags::DONTWAIT)
            {
                buf.put_slice(&bytes[..count]);
                return Poll::Ready(Ok(()));
            }
        }
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(cx, buf);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
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

#[cfg(test)]
mod tests {
    use super::{
        super::activity::{Dismissal, Turn},
        *,
    };
    use hyper::rt::ReadBuf;
    use std::{io::Write as _, time::Instant};

    #[tokio::test]
    async fn a_request_that_is_here_is_seen_before_the_end() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let mut client = std::net::TcpStream::connect(listener.local_addr().expect("bound"))
            .expect("a connection");
        let (tcp, _) = listener.accept().await.expect("the same one");
        let activity = Arc::new(Activity::new(Instant::now(), Arc::default()));
        let mut stream = Stream::new(tcp, Arc::clone(&activity));
        let mut read = || {
            let (mut bytes, waker) = ([0; 16], std::task::Waker::noop());
            let mut buf = ReadBuf::new(&mut bytes);
            let polled =
                Pin::new(&mut stream).poll_read(&mut Context::from_waker(waker), buf.unfilled());
            polled.map(|outcome| outcome.map(|()| buf.filled().to_vec()).expect("no error"))
        };
        assert_eq!(read(), Poll::Pending);
        client.write_all(b"GET /").expect("sent");
        assert_eq!(
            read(),
            Poll::Pending,
            "nobody has awaited anything, so that the runtime has not heard of it"
        );
        activity.tell(Dismissal::Go(Turn::Rest));
        assert_eq!(read(), Poll::Ready(b"GET /".to_vec()));
        assert_eq!(read(), Poll::Pending);
    }
}
