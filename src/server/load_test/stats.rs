//! Counters and latencies of a running load test.

use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// The counts so far.
#[derive(Debug, Default)]
pub struct Stats {
    pub arrived: u64,
    /// Students who hold or held a ticket that was no refusal.
    pub accepted: u64,
    pub won: u64,
    /// Students who lost, by the reason.
    pub lost: BTreeMap<String, u64>,
    /// Students who were never heard.
    pub turned_away: u64,
    /// Students whose ticket was not decided in the time they had.
    pub undecided: u64,
    /// Answers that were none, by their kind.
    pub errors: BTreeMap<String, u64>,
    /// Requests that were sent.
    pub requests: u64,
    /// From the start to the last answer that accepted a click.
    pub last_accepted: Duration,
    /// From the start to the last answer that told of a seat.
    pub last_won: Duration,
    /// From a click's intended moment to its answer.
    pub clicks: Times,
    /// From a student's arrival to the answer that decided.
    pub settled: Times,
    /// From a click's intended moment to the moment when it was sent: what of the above is the
    /// load test's own slowness.
    pub late: Times,
}

/// Durations in whole microseconds; an hour fits.
#[derive(Debug, Default)]
pub struct Times(Vec<u32>);

/// How durations are spread, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Half took no longer.
    pub p50: f64,
    /// 99 of 100 took no longer.
    pub p99: f64,
    /// 999 of 1,000 took no longer.
    pub p999: f64,
    pub max: f64,
}

impl Stats {
    /// Students whose way is over.
    pub fn ended(&self) -> u64 {
        self.won + self.lost() + self.turned_away + self.undecided
    }

    pub fn lost(&self) -> u64 {
        self.lost.values().sum()
    }

    /// Errors of all kinds.
    pub fn errors(&self) -> u64 {
        self.errors.values().sum()
    }
}

/// Counts one more of this name.
pub fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}

impl Times {
    /// Notes a duration.
    pub fn note(&mut self, time: Duration) {
        self.0
            .push(u32::try_from(time.as_micros()).unwrap_or(u32::MAX));
    }

    /// Their spread; `None` when there are none.
    pub fn spread(&self) -> Option<Spread> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = |per_mille| quantile(&sorted, per_mille).map(|micros| f64::from(micros) / 1_000.0);
        Some(Spread {
            p50: at(500)?,
            p99: at(990)?,
            p999: at(999)?,
            max: at(1_000)?,
        })
    }
}

/// The least value that is not exceeded by so many of 1,000: one that was measured, nothing between
/// two.
fn quantile(sorted: &[u32], per_mille: usize) -> Option<u32> {
    let rank = (sorted.len() * per_mille).div_ceil(1_000);
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let thousand: Vec<u32> = (1..=1_000).collect();
        for (per_mille, value) in [
            (0, 1),
            (1, 1),
            (500, 500),
            (990, 990),
            (999, 999),
            (1_000, 1_000),
        ] {
            assert_eq!(quantile(&thousand, per_mille), Some(value));
        }
        assert_eq!(quantile(&[7], 500), Some(7));
        assert_eq!(quantile(&[1, 2, 3], 500), Some(2));
        assert_eq!(quantile(&[1, 2], 999), Some(2));
        assert_eq!(quantile(&[], 500), None);
    }

    proptest! {
        #[test]
        fn so_many_of_a_thousand_do_not_exceed_a_quantile(mut values in proptest::collection::vec(0..50_u32, 1..300), per_mille in 1..=1_000_usize) {
            values.sort_unstable();
            let value = quantile(&values, per_mille).expect("not empty");
            let up_to = |limit: u32| values.iter().filter(|value| **value <= limit).count();
            prop_assert!(up_to(value) * 1_000 >= values.len() * per_mille);
            prop_assert!(value == 0 || up_to(value - 1) * 1_000 < values.len() * per_mille, "a smaller one would do");
        }
    }

    #[test]
    fn a_spread_is_in_milliseconds_whatever_the_order() {
        let mut times = Times::default();
        assert_eq!(times.spread(), None);
        for micros in [3_000, 1_500, 2_000_000] {
            times.note(Duration::from_micros(micros));
        }
        assert_eq!(
            times.spread(),
            Some(Spread {
                p50: 3.0,
                p99: 2_000.0,
                p999: 2_000.0,
                max: 2_000.0
            })
        );
    }
}
