//! Retries: when a student is told to ask again, by the pace at which tickets are decided, and what a
//! client makes of it.

use crate::types::time::Millis;

/// Milliseconds from click to decision, as long as none was measured of late.
pub const PACE_FIRST_MS: i64 = 200;
/// Milliseconds that a measurement counts: after a quiet second nobody waits for what a crowd, a
/// lock or a crash took before.
pub const PACE_LIFE_MS: i64 = 1_000;
/// Milliseconds between polls at least.
pub const RETRY_MIN_MS: i64 = 3;
/// Milliseconds between polls at most, before they are spread.
pub const RETRY_MAX_MS: i64 = 3_000;
/// A newly measured pace counts one part in so many.
const PACE_PARTS: i64 = 4;
/// One part in so many is taken off a wait or added to it at most: a fifth, so that a batch's
/// students come back apart.
const SPREAD_PARTS: i64 = 5;

/// Milliseconds until the next poll when the shop does not say.
const POLL_MS: i64 = 1_000;
/// Milliseconds that a client waits at most, whatever the shop says.
const POLL_MAX_MS: i64 = 10_000;

/// Seconds that are added at most to what the shop says, when it fails again and again.
const PATIENCE_MAX_S: i64 = 4;
/// Milliseconds by which students who failed together come back apart.
const AGAIN_SPREAD_MS: i64 = 500;

/// The pace of the last second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    ms: i64,
    measured_at: Millis,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            ms: PACE_FIRST_MS,
            measured_at: Millis(0),
        }
    }
}

impl Pace {
    /// The pace after a decision that took `took_ms`. It rises at once, so that a crowd is told to
    /// wait, and falls slowly.
    #[must_use]
    pub fn after(self, took_ms: i64, now: Millis) -> Self {
        let (before, took_ms) = (self.ms_at(now), took_ms.clamp(0, RETRY_MAX_MS));
        let ms = if took_ms >= before {
            took_ms
        } else {
            before - (before - took_ms + PACE_PARTS - 1) / PACE_PARTS
        };
        Self {
            ms,
            measured_at: now,
        }
    }

    /// Milliseconds that a ticket takes; [`PACE_FIRST_MS`] when none was decided within
    /// [`PACE_LIFE_MS`], by a clock that may jump.
    pub fn ms_at(self, now: Millis) -> i64 {
        let age_ms = now.since(self.measured_at);
        if (0..=PACE_LIFE_MS).contains(&age_ms) {
            self.ms
        } else {
            PACE_FIRST_MS
        }
    }
}

/// When to ask again about a ticket of this age, while tickets take `pace_ms` to be decided: when
/// it is due, and then after half its age each time. Most students ask once.
pub fn retry_ms(age_ms: i64, pace_ms: i64, seed: u16) -> i64 {
    let due_ms = pace_ms
        .saturating_sub(age_ms)
        .max(age_ms / 2)
        .clamp(RETRY_MIN_MS, RETRY_MAX_MS);
    spread_ms(due_ms, seed).max(RETRY_MIN_MS)
}

/// Milliseconds that a client waits before it polls, for what the shop said.
pub fn poll_after_ms(said_ms: Option<i64>) -> i64 {
    said_ms.unwrap_or(POLL_MS).clamp(RETRY_MIN_MS, POLL_MAX_MS)
}

/// Milliseconds that a client waits before it asks once more for what failed, for the seconds that
/// the shop said: a little longer each time, and spread evenly over the seeds.
pub fn again_after_ms(said_s: Option<i64>, tries: u32, seed: u16) -> i64 {
    let patience_s = i64::from(tries / 2).min(PATIENCE_MAX_S);
    let wait_s = said_s.unwrap_or(1).max(1).saturating_add(patience_s);
    wait_s
        .saturating_mul(1_000)
        .saturating_add(share_ms(AGAIN_SPREAD_MS, seed))
}

/// A wait spread by up to a fifth to either side, evenly over the seeds.
fn spread_ms(ms: i64, seed: u16) -> i64 {
    ms - ms / SPREAD_PARTS + share_ms(2 * ms / SPREAD_PARTS, seed)
}

/// From 0 to `ms`, evenly over the seeds.
pub fn share_ms(ms: i64, seed: u16) -> i64 {
    ms * i64::from(seed) / i64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// The seed in the middle of the spread.
    const EVEN: u16 = u16::MAX / 2 + 1;

    #[test]
    fn polls_slow_down_within_limits() {
        assert_eq!(retry_ms(0, 40, EVEN), 40, "when it is due");
        assert_eq!(retry_ms(30, 40, EVEN), 15, "half its age");
        assert_eq!(retry_ms(0, 0, 0), RETRY_MIN_MS);
        assert_eq!(retry_ms(4_000, 40, EVEN), 2_000);
        assert_eq!(retry_ms(i64::MAX, 40, EVEN), RETRY_MAX_MS);
        assert_eq!(retry_ms(i64::MIN, i64::MAX, EVEN), RETRY_MAX_MS);
    }

    #[test]
    fn students_of_a_batch_come_back_apart() {
        assert_eq!(
            [0, EVEN, u16::MAX].map(|seed| retry_ms(0, 200, seed)),
            [160, 200, 240]
        );
        assert_eq!(
            [0, EVEN, u16::MAX].map(|seed| retry_ms(0, i64::MAX, seed)),
            [2_400, 3_000, 3_600]
        );
        let moments: HashSet<_> = (0..=u16::MAX).map(|seed| retry_ms(0, 200, seed)).collect();
        assert_eq!(
            moments,
            (160..=240).collect(),
            "every millisecond between them"
        );
    }

    #[test]
    fn the_pace_rises_at_once_and_falls_slowly() {
        let now = Millis(5_000);
        let pace = |before: i64, took_ms: i64| {
            Pace::default()
                .after(before.max(PACE_FIRST_MS), now)
                .after(took_ms, now)
                .ms_at(now)
        };
        assert_eq!(Pace::default().after(1_000, now).ms_at(now), 1_000);
        assert_eq!(pace(1_000, 200), 800);
        assert_eq!(pace(1_000, 1_000), 1_000);
        assert_eq!(pace(0, i64::MAX), RETRY_MAX_MS);
        assert_eq!(pace(0, -5), 150, "a clock that went back took no time");
        let steps = std::iter::successors(Some(Pace::default()), |pace| Some(pace.after(20, now)));
        let steps = steps.take_while(|pace| pace.ms_at(now) > 20).count();
        assert!(
            (10..=16).contains(&steps),
            "it reaches what was measured: {steps}"
        );
    }

    #[test]
    fn a_quiet_second_makes_the_pace_forget() {
        let (stall, after) = (Millis(10_000), |ms| Millis(10_000 + ms));
        let slow = Pace::default().after(2_500, stall);
        assert_eq!(
            slow.ms_at(after(PACE_LIFE_MS)),
            2_500,
            "a crowd still waits"
        );
        assert_eq!(slow.ms_at(after(PACE_LIFE_MS + 1)), PACE_FIRST_MS);
        assert_eq!(
            slow.ms_at(after(-1)),
            PACE_FIRST_MS,
            "a clock that went back tells nothing of the last second"
        );
        assert_eq!(
            slow.after(5, after(60_000)).ms_at(after(60_000)),
            Pace::default().after(5, stall).ms_at(stall),
            "it begins anew"
        );
    }
}
