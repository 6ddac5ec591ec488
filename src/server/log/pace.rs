//! Pace of log lines: each place in the source that logs, down to `info`, writes one line a second at most. A stranger who repeats a
//! request ten thousand times a second makes no more lines than one who asks once; the next line says how many were left out. Lines of
//! `debug` and `trace` are not limited: whoever turns them on wants to see each.

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

/// Milliseconds between two lines of a place, at least.
const GAP_MS: u64 = 1_000;

/// What each place wrote last; as many places as the source has.
pub(super) struct Pace {
    since: Instant,
    places: RwLock<HashMap<Identifier, Place>>,
}

struct Place {
    /// When it may write again, in milliseconds.
    next_ms: AtomicU64,
    /// Lines that nobody was told of.
    left_out: AtomicU64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { since: Instant::now(), places: RwLock::default() }
    }
}

impl Pace {
    /// Whether this place may write a line now; one that may not is counted.
    fn admits(&self, metadata: &Metadata<'_>) -> bool {
        if *metadata.level() > Level::INFO {
            return true;
        }
        let now_ms = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let admits = self.look(metadata, |place| place.admits(now_ms)).unwrap_or_else(|| {
            let mut places = self.places.write().unwrap_or_else(PoisonError::into_inner);
            let place =
                places.entry(metadata.callsite()).or_insert_with(|| Place { next_ms: AtomicU64::new(0), left_out: AtomicU64::new(0) });
            place.admits(now_ms)
        });
        if !admits {
            metrics::counter!("qiangke_log_lines_left_out_total").increment(1);
        }
        admits
    }

    /// How many lines of this place were left out since the last one that was written.
    pub(super) fn take_left_out(&self, metadata: &Metadata<'_>) -> u64 {
        self.look(metadata, |place| place.left_out.swap(0, Ordering::Relaxed)).unwrap_or_default()
    }

    fn look<T>(&self, metadata: &Metadata<'_>, read: impl FnOnce(&Place) -> T) -> Option<T> {
        self.places.read().unwrap_or_else(PoisonError::into_inner).get(&metadata.callsite()).map(read)
    }
}

impl Place {
    fn admits(&self, now_ms: u64) -> bool {
        let next_ms = self.next_ms.load(Ordering::Relaxed);
        let admits = now_ms >= next_ms
            && self.next_ms.compare_exchange(next_ms, now_ms.saturating_add(GAP_MS), Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if !admits {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
        admits
    }
}

/// The pace as a part of the log: an event that it leaves out is not even formatted.
pub(super) struct Filter(pub(super) std::sync::Arc<Pace>);

impl<S: Subscriber> Layer<S> for Filter {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        self.0.admits(event.metadata())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_writes_once_a_second_and_counts_the_rest() {
        let place = Place { next_ms: AtomicU64::new(0), left_out: AtomicU64::new(0) };
        let admitted: Vec<_> = (0..3_000).filter(|now_ms| place.admits(*now_ms)).collect();
        assert_eq!(admitted, [0, 1_000, 2_000]);
        assert_eq!(place.left_out.load(Ordering::Relaxed), 2_997);
    }
}
