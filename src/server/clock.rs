//! The only place that reads the time of day.

use crate::types::time::Millis;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Where the server's time comes from.
#[derive(Clone, Default)]
pub enum Clock {
    #[default]
    System,
    /// What a test says that the time is.
    Told(Arc<dyn Fn() -> Millis + Send + Sync>),
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Told(_) => "Told",
        })
    }
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> Millis {
        match self {
            Self::System => Millis(jiff::Timestamp::now().as_millisecond()),
            Self::Told(tell) => tell(),
        }
    }
}

/// For how long the time of day must have gone on evenly before something is deleted by it.
const EVEN_FOR: Duration = Duration::from_secs(60 * 60);
/// By how many milliseconds it may deviate from the monotonic clock between two readings: NTP moves
/// it by half a millisecond in a second, and readings are a minute apart.
const DEVIATION_MAX_MS: i64 = 1_000;

/// Compares the time of day with the monotonic clock, so that nothing is deleted for good because
/// the former was wrong for a while.
#[derive(Debug, Default)]
pub struct ClockWatch(Mutex<Option<Even>>);

/// A time without a jump.
#[derive(Clone, Copy, Debug)]
struct Even {
    since: Instant,
    last: (Instant, Millis),
}

impl ClockWatch {
    /// Takes a reading of both clocks. Gives the moment that has certainly passed: the time of day
    /// of an hour ago, if both have agreed since then; `None` after a jump, and in the first hour
    /// of a process.
    pub fn passed(&self, at: Instant, now: Millis) -> Option<Millis> {
        let mut even = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let goes_on = even.filter(|even| {
            let (last_at, last) = even.last;
            let took_ms = i64::try_from(at.duration_since(last_at).as_millis()).unwrap_or(i64::MAX);
            now.since(last).saturating_sub(took_ms).saturating_abs() <= DEVIATION_MAX_MS
        });
        let since = goes_on.map_or(at, |even| even.since);
        *even = Some(Even {
            since,
            last: (at, now),
        });
        let even_ms = i64::try_from(EVEN_FOR.as_millis()).unwrap_or(i64::MAX);
        (at.duration_since(since) >= EVEN_FOR).then(|| now.plus(-even_ms))
    }
}

/// A moment as people of the shop's city read it: `2026-11-22 20:00`, UTC+8.
pub fn shop_time(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map(|at| {
            jiff::tz::offset(SHOP_UTC_OFFSET_H)
                .to_datetime(at)
                .strftime("%Y-%m-%d %H:%M")
                .to_string()
        })
        .unwrap_or_default()
}

/// A moment in RFC 3339, for machines.
pub fn rfc3339(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map(|at| at.to_string())
        .unwrap_or_default()
}

/// The shop is in mainland China: one zone, no daylight saving time.
pub const SHOP_UTC_OFFSET_H: i8 = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::time::{DAY_MS, MINUTE_MS};

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_moment_has_passed_once_both_clocks_agreed_for_an_hour() {
        let (watch, start) = (ClockWatch::default(), Instant::now());
        let read = |minute: u32, now: i64| watch.passed(start + MINUTE * minute, Millis(now));
        for minute in 0..60 {
            assert_eq!(
                read(minute, i64::from(minute) * MINUTE_MS),
                None,
                "minute {minute}"
            );
        }
        assert_eq!(read(60, 60 * MINUTE_MS), Some(Millis(0)));
        assert_eq!(
            read(61, 61 * MINUTE_MS + DEVIATION_MAX_MS),
            Some(Millis(MINUTE_MS + DEVIATION_MAX_MS)),
            "NTP moves it"
        );
    }

    #[test]
    fn a_jump_of_the_time_of_day_puts_deleting_off_for_an_hour() {
        const DAYS_40_MS: i64 = 40 * DAY_MS;
        for jump_ms in [DAYS_40_MS, -DAYS_40_MS, 2 * DEVIATION_MAX_MS] {
            let (watch, start) = (ClockWatch::default(), Instant::now());
            let read = |minute: u32, off_ms: i64| {
                watch.passed(
                    start + MINUTE * minute,
                    Millis(i64::from(minute) * MINUTE_MS + off_ms),
                )
            };
            let before: Vec<_> = (0..=60).map(|minute| read(minute, 0)).collect();
            assert_eq!(before[60], Some(Millis(0)));
            for minute in 61..=62 {
                assert_eq!(read(minute, jump_ms), None, "wrong since a minute");
            }
            for minute in 63..123 {
                assert_eq!(
                    read(minute, 0),
                    None,
                    "right again, since {} minutes",
                    minute - 63
                );
            }
            assert_eq!(read(123, 0), Some(Millis(63 * MINUTE_MS)));
        }
    }
}
