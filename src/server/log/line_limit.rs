//! Rate limit of log lines: each place in the source that logs, down to `info`, writes a burst of
//! lines, and then one a second. So a stranger who repeats a request ten thousand times a second
//! fills no disk, and what is said once in a moment, as warnings of a start and alarms of a budget
//! are, is said whole. The next line of a place says how many were left out. Lines of `debug` and
//! `trace` are not limited: whoever turns them on wants to see each.

use std::{
    collections::HashMap,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};
use tracing::{Event, Level, Metadata, Subscriber, callsite::Identifier};
use tracing_subscriber::layer::{Context, Layer};

/// Milliseconds between two lines of a place after its burst, and those in which it gets one line
/// of a burst back.
const GAP_MS: u64 = 1_000;
/// Lines that a quiet place may write at once: more than a start has warnings, or a request has
/// errors.
pub(super) const BURST: u64 = 16;

/// What each place wrote last; as many places as the source has.
pub(super) struct LineLimit {
    since: Instant,
    places: RwLock<HashMap<Identifier, CallSite>>,
}

#[derive(Default)]
struct CallSite {
    /// When its whole burst is there again, in milliseconds: each line moves it on by a gap (the
    /// generic cell rate algorithm).
    full_ms: AtomicU64,
    /// Lines that nobody was told of.
    left_out: AtomicU64,
}

impl Default for LineLimit {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            places: RwLock::default(),
        }
    }
}

impl LineLimit {
    /// Whether this place may write a line now; one that may not is counted.
    fn admits(&self, metadata: &Metadata<'_>) -> bool {
        if *metadata.level() > Level::INFO {
            return true;
        }
        let now_ms = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let admits = self
            .look(metadata, |place| place.admits(now_ms))
            .unwrap_or_else(|| {
                let mut places = self.places.write().unwrap_or_else(PoisonError::into_inner);
                places
                    .entry(metadata.callsite())
                    .or_default()
                    .admits(now_ms)
            });
        if !admits {
            metrics::counter!("qiangke_log_lines_left_out_total").increment(1);
        }
        admits
    }

    /// How many lines of this place were left out since the last one that was written.
    pub(super) fn take_left_out(&self, metadata: &Metadata<'_>) -> u64 {
        self.look(metadata, |place| place.left_out.swap(0, Ordering::Relaxed))
            .unwrap_or_default()
    }

    fn look<T>(&self, metadata: &Metadata<'_>, read: impl FnOnce(&CallSite) -> T) -> Option<T> {
        self.places
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&metadata.callsite())
            .map(read)
    }
}

impl CallSite {
    fn admits(&self, now_ms: u64) -> bool {
        let spend = |full_ms: u64| {
            let full_ms = full_ms.max(now_ms).saturating_add(GAP_MS);
            (full_ms - now_ms <= BURST * GAP_MS).then_some(full_ms)
        };
        let admits = self
            .full_ms
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend)
            .is_ok();
        if !admits {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
        admits
    }
}

/// The limit as a part of the log: an event that it leaves out is not even formatted.
pub(super) struct Filter(pub(super) std::sync::Arc<LineLimit>);

impl<S: Subscriber> Layer<S> for Filter {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        self.0.admits(event.metadata())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_writes_a_burst_then_once_a_second_and_counts_the_rest() {
        let place = CallSite::default();
        let burst = (0..100).filter(|_| place.admits(0)).count() as u64;
        assert_eq!(burst, BURST, "in the same moment");
        let admitted: Vec<_> = (1..3_001).filter(|now_ms| place.admits(*now_ms)).collect();
        assert_eq!(admitted, [1_000, 2_000, 3_000]);
        assert_eq!(place.left_out.load(Ordering::Relaxed), 100 - BURST + 2_997);
        let later = 3_000 + BURST * GAP_MS;
        assert_eq!(
            (0..100).filter(|_| place.admits(later)).count() as u64,
            BURST,
            "a quiet place has its burst again"
        );
    }
}
