//! Tallies: counts in memory of how often each of many strangers did something of late. They spare
//! the database, and decide nothing that it must know for sure. A tally that was lost in a restart
//! counts from zero, and a full one counts no newcomer: the requests of those whom it does not know
//! are judged by the database, as a first request is.

use crate::types::time::Millis;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Keys of a window at most, some 3 MB: with more askers than that it is the line before the
/// database that protects it.
const KEYS_MAX: usize = 65_536;

/// Counts by key, of the present window of time and the one before it.
#[derive(Debug)]
pub struct Tally<K> {
    window_ms: i64,
    counts: Mutex<WindowCounts<K>>,
}

#[derive(Debug)]
struct WindowCounts<K> {
    /// The number of the present window. Whatever a wrong clock says, numbers are only compared for
    /// being the same or the next.
    window: i64,
    present: HashMap<K, u32>,
    before: HashMap<K, u32>,
}

impl<K: Eq + Hash> Tally<K> {
    /// What was counted is known for one window at least, and for two at most.
    pub fn new(window_ms: i64) -> Self {
        Self {
            window_ms,
            counts: Mutex::new(WindowCounts {
                window: 0,
                present: HashMap::new(),
                before: HashMap::new(),
            }),
        }
    }

    /// How often this key was counted of late.
    pub fn count(&self, key: &K, now: Millis) -> u32 {
        let counts = self.at(now);
        let of = |window: &HashMap<K, u32>| window.get(key).copied().unwrap_or_default();
        of(&counts.present).saturating_add(of(&counts.before))
    }

    /// Counts this key once more.
    pub fn add(&self, key: K, now: Millis) {
        let mut counts = self.at(now);
        let is_late = now.0.div_euclid(self.window_ms) < counts.window;
        let window = if is_late {
            &mut counts.before
        } else {
            &mut counts.present
        };
        let has_room = window.len() < KEYS_MAX;
        match window.get_mut(&key) {
            Some(count) => *count = count.saturating_add(1),
            None if has_room => drop(window.insert(key, 1)),
            None => {}
        }
    }

    /// Milliseconds until what was counted in the present window is forgotten, at the latest.
    pub fn forgets_in_ms(&self, now: Millis) -> i64 {
        2 * self.window_ms - now.0.rem_euclid(self.window_ms)
    }

    fn at(&self, now: Millis) -> MutexGuard<'_, WindowCounts<K>> {
        // Whole after a panic, too: each change is a single one.
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let window = now.0.div_euclid(self.window_ms);
        // The clock may have been read just before another request began the next window. What is
        // further back is a clock that was wrong.
        let is_late = window.checked_add(1) == Some(counts.window);
        if window != counts.window && !is_late {
            let last = std::mem::take(&mut counts.present);
            counts.before = if window == counts.window.saturating_add(1) {
                last
            } else {
                HashMap::new()
            };
            counts.window = window;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_known_for_a_window_at_least() {
        let tally = Tally::new(1_000);
        tally.add("a", Millis(999));
        tally.add("a", Millis(1_000));
        assert_eq!(tally.count(&"a", Millis(1_999)), 2);
        assert_eq!(
            tally.count(&"a", Millis(2_000)),
            1,
            "the first one is forgotten"
        );
        assert_eq!(tally.count(&"b", Millis(2_000)), 0);
        assert_eq!(tally.forgets_in_ms(Millis(2_300)), 1_700);
    }

    #[test]
    fn who_read_the_clock_before_the_window_ended_counts_to_that_window() {
        let tally = Tally::new(1_000);
        tally.add("a", Millis(999));
        tally.add("a", Millis(1_000));
        tally.add("a", Millis(999));
        assert_eq!(
            [999, 1_000].map(|now| tally.count(&"a", Millis(now))),
            [3, 3],
            "nothing is forgotten"
        );
        assert_eq!(tally.count(&"a", Millis(2_000)), 1, "in its own time only");
    }

    #[test]
    fn a_clock_that_jumps_leaves_nothing_behind() {
        let tally = Tally::new(1_000);
        tally.add("a", Millis(40_000));
        assert_eq!(tally.count(&"a", Millis(-5_000)), 0);
        assert_eq!(tally.count(&"a", Millis(40_000)), 0);
        assert_eq!(tally.count(&"a", Millis(i64::MAX)), 0);
    }

    #[test]
    fn strangers_take_no_more_than_its_memory() {
        let tally = Tally::new(1_000);
        for key in 0..2 * KEYS_MAX {
            tally.add(key, Millis(1));
        }
        assert_eq!(tally.counts.lock().expect("a lock").present.len(), KEYS_MAX);
        tally.add(0, Millis(1));
        assert_eq!(
            tally.count(&0, Millis(1)),
            2,
            "who is known goes on being counted"
        );
    }
}
