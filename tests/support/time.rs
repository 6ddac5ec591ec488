//! The time of a test's shop: it stands still until the test moves it, and whoever reads it may
//! panic.

use qiangke::{server::clock::Clock, types::time::Millis};
use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

#[derive(Clone, Debug)]
pub struct TestTime(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    ms: AtomicI64,
    readings: AtomicU64,
    /// Of so many readings one panics; 0 is none.
    one_in: AtomicU64,
    panics_left: AtomicU64,
}

impl TestTime {
    pub fn at(now: Millis) -> Self {
        let [readings, one_in, panics_left] = Default::default();
        Self(Arc::new(Parts {
            ms: AtomicI64::new(now.0),
            readings,
            one_in,
            panics_left,
        }))
    }

    /// The shop's clock, which tells this time.
    pub fn clock(&self) -> Clock {
        let time = self.clone();
        Clock::Told(Arc::new(move || time.tell()))
    }

    pub fn now(&self) -> Millis {
        Millis(self.0.ms.load(Ordering::SeqCst))
    }

    pub fn pass(&self, ms: i64) {
        self.0.ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// From now on every so-many-th reading panics, until so many did.
    pub fn panic_at(&self, one_in: u64, panics: u64) {
        self.0.readings.store(0, Ordering::SeqCst);
        self.0.panics_left.store(panics, Ordering::SeqCst);
        self.0.one_in.store(one_in, Ordering::SeqCst);
    }

    /// Whether every panic that was asked for has happened.
    pub fn is_calm(&self) -> bool {
        self.0.panics_left.load(Ordering::SeqCst) == 0
    }

    fn tell(&self) -> Millis {
        let one_in = self.0.one_in.load(Ordering::SeqCst);
        if one_in > 0 && (self.0.readings.fetch_add(1, Ordering::SeqCst) + 1).is_multiple_of(one_in)
        {
            let take = |left: u64| left.checked_sub(1);
            let taken = self
                .0
                .panics_left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take);
            assert!(taken.is_err(), "a clock that panics on purpose");
        }
        self.now()
    }
}
