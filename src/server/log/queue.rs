//! Queue of log lines: callers put a line in without waiting, one thread writes. When the queue is
//! full, since its reader stopped or the disk is slow, lines are dropped and counted; once they
//! flow again the thread writes a line of its own that says how many.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// Lines that wait at most: a burst of a busy second. With the longest lines 4 MB.
const LINES_MAX: usize = 1_024;
/// Between two lines that say how many were dropped, at least.
const NOTICE_GAP: Duration = Duration::from_secs(1);
/// How long the thread rests when standard error is not to be waited for and takes nothing just
/// now.
const RETRY: Duration = Duration::from_millis(20);

/// The handle of the queue. A copy is a pointer.
#[derive(Clone)]
pub(super) struct LineQueue(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<QueueState>,
    /// There is a line to write.
    filled: Condvar,
    /// Every line is written.
    emptied: Condvar,
}

#[derive(Default)]
struct QueueState {
    lines: VecDeque<Vec<u8>>,
    /// A line was taken out and is being written.
    is_writing: bool,
    /// Lines that nobody was told of.
    dropped: u64,
}

impl LineQueue {
    /// Starts the thread, which ends with the process; `notice` makes the line that says how many
    /// lines were dropped.
    pub(super) fn start(
        out: impl Write + Send + 'static,
        notice: impl Fn(u64) -> Vec<u8> + Send + 'static,
    ) -> io::Result<Self> {
        let queue = Self(Arc::default());
        let (shared, out) = (
            Arc::clone(&queue.0),
            Out {
                to: out,
                is_torn: false,
            },
        );
        thread::Builder::new()
            .name("log".into())
            .spawn(move || shared.write(out, notice))?;
        Ok(queue)
    }

    /// Puts a line in, or drops it when the queue is full.
    pub(super) fn put(&self, line: Vec<u8>) {
        let mut state = self.0.lock();
        if state.lines.len() < LINES_MAX {
            state.lines.push_back(line);
            drop(state);
            self.0.filled.notify_one();
        } else {
            state.dropped += 1;
            drop(state);
            count_dropped();
        }
    }

    /// Waits until every line is written, but no longer than `limit`.
    pub(super) fn flush(&self, limit: Duration) {
        let is_busy = |state: &mut QueueState| state.is_writing || !state.lines.is_empty();
        drop(
            self.0
                .emptied
                .wait_timeout_while(self.0.lock(), limit, is_busy),
        );
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes lines as they come.
    fn write(&self, mut out: Out<impl Write>, notice: impl Fn(u64) -> Vec<u8>) {
        let mut noticed: Option<Instant> = None;
        loop {
            let line = self.next();
            if out.write_line(&line).is_err() {
                self.lock().dropped += 1;
                count_dropped();
            } else if noticed.is_none_or(|at| at.elapsed() >= NOTICE_GAP)
                && self.tell_of_dropped(&mut out, &notice)
            {
                noticed = Some(Instant::now());
            }
            let mut state = self.lock();
            state.is_writing = false;
            if state.lines.is_empty() {
                self.emptied.notify_all();
            }
        }
    }

    /// Writes how many lines were dropped, past the queue, which may be full; gives whether that
    /// was to be said, and was. What could not be written stays counted.
    fn tell_of_dropped(&self, out: &mut Out<impl Write>, notice: impl Fn(u64) -> Vec<u8>) -> bool {
        let dropped = self.lock().dropped;
        let is_told = dropped > 0 && out.write_line(&notice(dropped)).is_ok();
        if is_told {
            self.lock().dropped -= dropped;
        }
        is_told
    }

    fn next(&self) -> Vec<u8> {
        let mut state = self.lock();
        loop {
            if let Some(line) = state.lines.pop_front() {
                state.is_writing = true;
                return line;
            }
            state = self
                .filled
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn count_dropped() {
    metrics::counter!("qiangke_log_lines_dropped_total").increment(1);
}

struct Out<W> {
    to: W,
    /// The last line was not written to its end, as on a full disk.
    is_torn: bool,
}

impl<W: Write> Out<W> {
    fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_torn {
            self.write_all(b"\n")?;
        }
        self.write_all(line)
    }

    fn write_all(&mut self, mut rest: &[u8]) -> io::Result<()> {
        while !rest.is_empty() {
            match self.to.write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => {
                    rest = rest.get(written..).unwrap_or_default();
                    self.is_torn = !rest.is_empty();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Whoever shares this end of it may have said that writing is not to wait.
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(RETRY),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    /// A reader that takes a write when it is told to.
    struct Reader {
        permits: Receiver<io::Result<usize>>,
        heard: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = self
                .permits
                .recv()
                .map_err(|_| ErrorKind::BrokenPipe)??
                .min(bytes.len());
            self.heard
                .lock()
                .expect("a lock")
                .extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A queue, and its reader from outside.
    struct Scene {
        queue: LineQueue,
        permit: SyncSender<io::Result<usize>>,
        heard: Arc<Mutex<Vec<u8>>>,
    }

    fn start() -> Scene {
        let (permit, permits) = sync_channel(10_000);
        let heard = Arc::default();
        let notice = |dropped| format!("{dropped} dropped\n").into_bytes();
        let queue = LineQueue::start(
            Reader {
                permits,
                heard: Arc::clone(&heard),
            },
            notice,
        )
        .expect("a thread");
        Scene {
            queue,
            permit,
            heard,
        }
    }

    #[test]
    fn a_reader_that_stopped_keeps_nobody_waiting() {
        let Scene {
            queue,
            permit,
            heard,
        } = start();
        for _ in 0..LINES_MAX * 3 {
            queue.put(b"a line\n".to_vec());
        }
        let since = Instant::now();
        queue.flush(Duration::from_millis(20));
        assert!(
            since.elapsed() < Duration::from_secs(10),
            "an end waits for a while only"
        );
        let dropped = queue.0.lock().dropped;
        assert!(dropped >= 2 * LINES_MAX as u64 - 1, "{dropped}");
        // One line was on its way, and one more says what is missing.
        for _ in 0..LINES_MAX + 2 {
            permit.send(Ok(100)).expect("it reads");
        }
        queue.flush(Duration::from_secs(20));
        let heard = String::from_utf8(heard.lock().expect("a lock").clone()).expect("UTF-8");
        assert!(heard.matches("a line\n").count() >= LINES_MAX);
        assert_eq!(
            heard.lines().nth(1),
            Some(format!("{dropped} dropped").as_str()),
            "past the queue, which was full"
        );
        assert_eq!(queue.0.lock().dropped, 0, "they were told of");
    }

    #[test]
    fn what_was_dropped_stays_counted_until_that_is_written() {
        let Scene {
            queue,
            permit,
            heard,
        } = start();
        permit
            .send(Err(ErrorKind::StorageFull.into()))
            .expect("it reads");
        queue.put(b"lost\n".to_vec());
        queue.flush(Duration::from_secs(20));
        // The next line is written, but not the notice after it.
        for taken in [
            Ok(100),
            Err(ErrorKind::StorageFull.into()),
            Ok(100),
            Ok(100),
        ] {
            permit.send(taken).expect("it reads");
        }
        for line in [&b"first\n"[..], b"second\n"] {
            queue.put(line.to_vec());
            queue.flush(Duration::from_secs(20));
        }
        assert_eq!(
            *heard.lock().expect("a lock"),
            b"first\nsecond\n1 dropped\n"
        );
    }

    #[test]
    fn a_torn_line_does_not_spoil_the_next_one() {
        let Scene {
            queue,
            permit,
            heard,
        } = start();
        for taken in [
            Ok(3),
            Err(ErrorKind::StorageFull.into()),
            Ok(1),
            Ok(100),
            Ok(100),
        ] {
            permit.send(taken).expect("it reads");
        }
        queue.put(b"the first\n".to_vec());
        queue.put(b"the second\n".to_vec());
        queue.flush(Duration::from_secs(20));
        assert_eq!(
            *heard.lock().expect("a lock"),
            b"the\nthe second\n1 dropped\n"
        );
    }
}
