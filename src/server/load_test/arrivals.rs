//! When students arrive.

use clap::ValueEnum;
use std::time::Duration;

/// Seconds of the rush that [`Profile::Emf`] is shaped like: a ticket sale of the camp EMF, 967
/// grabs in 17 s, 134 of them in the fastest second. More is not known of it; here the first second
/// is the fastest, and each is a fixed part of the one before.
const EMF_S: u32 = 17;
/// That part, so that the first of [`EMF_S`] seconds has 134 of 967.
const EMF_DECAY: f64 = 0.876_032_9;
/// Seconds of the profiles that could have any length.
const SPAN_S: u32 = 10;

/// How students arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// All at once
    Burst,
    /// At a rate that rises evenly from nothing
    Ramp,
    /// At a rate that stays the same
    Even,
    /// Like a ticket sale of the camp EMF: 967 grabs in 17 s, 134 of them in the fastest second;
    /// scaled to --students
    Emf,
}

/// When each of `count` students arrives, from the start on, in ascending order; within `seconds`,
/// or as long as the profile lasts by itself.
pub fn arrivals(profile: Profile, count: u32, seconds: Option<u32>) -> Vec<Duration> {
    let own = if profile == Profile::Emf {
        EMF_S
    } else {
        SPAN_S
    };
    let span = Duration::from_secs(seconds.unwrap_or(own).into());
    // The middle of each student's share: neither end of the span is crowded.
    (0..count)
        .map(|number| span.mul_f64(part(profile, (f64::from(number) + 0.5) / f64::from(count))))
        .collect()
}

/// The part of the span after which this share of the students is there; both from 0 to 1.
fn part(profile: Profile, share: f64) -> f64 {
    match profile {
        Profile::Burst => 0.0,
        Profile::Even => share,
        // A rate that rises evenly from nothing: as many are there as the square of the time.
        Profile::Ramp => share.sqrt(),
        Profile::Emf => {
            let rest = EMF_DECAY.powi(EMF_S.cast_signed());
            let second = (1.0 - share * (1.0 - rest)).ln() / EMF_DECAY.ln();
            (second / f64::from(EMF_S)).clamp(0.0, 1.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Profile; 4] = [Profile::Burst, Profile::Ramp, Profile::Even, Profile::Emf];

    fn within(arrivals: &[Duration], from: Duration, to: Duration) -> usize {
        arrivals
            .iter()
            .filter(|at| (from..to).contains(*at))
            .count()
    }

    proptest! {
        #[test]
        fn everybody_arrives_once_in_order_and_in_time(count in 1..5_000_u32, seconds in proptest::option::of(1..100_u32)) {
            for profile in ALL {
                let arrivals = arrivals(profile, count, seconds);
                prop_assert_eq!(arrivals.len(), count as usize);
                prop_assert!(arrivals.is_sorted(), "{:?}", profile);
                let last = Duration::from_secs(seconds.unwrap_or(EMF_S.max(SPAN_S)).into());
                prop_assert!(arrivals.iter().all(|at| *at <= last), "{:?}", profile);
            }
        }

        #[test]
        fn emf_has_its_peak_in_its_first_second_whatever_its_size(times in 1..20_u32) {
            let arrivals = arrivals(Profile::Emf, 967 * times, None);
            let second = |number: u32| within(&arrivals, Duration::from_secs(number.into()), Duration::from_secs((number + 1).into()));
            let counts: Vec<_> = (0..EMF_S).map(second).collect();
            prop_assert!(counts[0].abs_diff(134 * times as usize) <= 1, "{:?}", counts);
            prop_assert!(counts.is_sorted_by(|one, next| one >= next), "{:?}", counts);
        }
    }

    #[test]
    fn a_burst_is_one_moment() {
        assert_eq!(arrivals(Profile::Burst, 3, Some(60)), [Duration::ZERO; 3]);
    }

    #[test]
    fn an_even_rate_is_the_same_in_each_second() {
        let arrivals = arrivals(Profile::Even, 700, Some(7));
        for second in 0..7 {
            assert_eq!(
                within(
                    &arrivals,
                    Duration::from_secs(second),
                    Duration::from_secs(second + 1)
                ),
                100
            );
        }
    }

    #[test]
    fn a_ramp_rises_evenly() {
        let arrivals = arrivals(Profile::Ramp, 10_000, None);
        for second in 0..10 {
            let count = within(
                &arrivals,
                Duration::from_secs(second),
                Duration::from_secs(second + 1),
            );
            let expected = usize::try_from(100 * (2 * second + 1)).expect("small");
            assert!(count.abs_diff(expected) <= 1, "second {second}: {count}");
        }
    }
}
