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
