//! Time on the wire and in the database, and as the shop's pages show it.

use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub i64);

/// A moment on the wall clock of the shop: UTC+8 the whole year round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShopTime {
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
    /// 0 to 23.
    pub hour: i64,
    /// 0 to 59.
    pub minute: i64,
    /// 0 to 59.
    pub second: i64,
}

const SECOND_MS: i64 = 1_000;
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// Milliseconds that the shop's clock is ahead of UTC.
const SHOP_OFFSET_MS: i64 = 8 * HOUR_MS;

impl Millis {
    /// The moment `ms` milliseconds later (earlier, when negative).
    #[must_use]
    pub fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to here; negative when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The next midnight on the shop's clock: the end of its day.
    #[must_use]
    pub fn shop_midnight(self) -> Self {
        let day = self.plus(SHOP_OFFSET_MS).0.div_euclid(DAY_MS);
        Self(
            day.saturating_add(1)
                .saturating_mul(DAY_MS)
                .saturating_sub(SHOP_OFFSET_MS),
        )
    }

    /// The same moment on the shop's clock.
    #[must_use]
    pub fn in_shop(self) -> ShopTime {
        let seconds = self.plus(SHOP_OFFSET_MS).0.div_euclid(1_000);
        let (year, month, day) = date_of(seconds.div_euclid(86_400));
        let second_of_day = seconds.rem_euclid(86_400);
        ShopTime {
            year,
            month,
            day,
            hour: second_of_day / 3_600,
            minute: second_of_day / 60 % 60,
            second: second_of_day % 60,
        }
    }
}

impl ShopTime {
    /// `2026-11-22 20:00`.
    pub fn date_and_time(self) -> String {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            ..
        } = self;
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
    }

    /// `11-22 20:00`.
    pub fn day_and_time(self) -> String {
        let Self {
            month,
            day,
            hour,
            minute,
            ..
        } = self;
        format!("{month:02}-{day:02} {hour:02}:{minute:02}")
    }

    /// `11-22 20:00`, or with its year when that is not this one.
    pub fn day_and_time_seen_at(self, now: Self) -> String {
        if self.year == now.year {
            self.day_and_time()
        } else {
            self.date_and_time()
        }
    }

    /// `20:00`.
    pub fn time(self) -> String {
        format!("{:02}:{:02}", self.hour, self.minute)
    }

    /// `11-22 20:00:07`.
    pub fn day_and_second(self) -> String {
        format!("{}:{:02}", self.day_and_time(), self.second)
    }

    /// `2026-11-22T20:00:00+08:00`, for machines.
    pub fn rfc3339(self) -> String {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+08:00")
    }
}

/// Milliseconds until a countdown of so many milliseconds shows another second.
pub fn next_second_ms(left_ms: i64) -> i64 {
    match left_ms % SECOND_MS {
        part_ms @ 1.. => part_ms,
        _ => SECOND_MS,
    }
}

/// The date of a day counted from 1970-01-01, in the Gregorian calendar. Years are counted from
/// March, so that a leap day is the last of its year, and in cycles of 400 years, all of the same
/// length.
fn date_of(day: i64) -> (i64, i64, i64) {
    const CYCLE_DAYS: i64 = 146_097;
    /// Days from 0000-03-01 to 1970-01-01.
    const EPOCH: i64 = 719_468;
    let shifted = day.saturating_add(EPOCH);
    let cycle = shifted.div_euclid(CYCLE_DAYS);
    let of_cycle = shifted.rem_euclid(CYCLE_DAYS);
    let year_of_cycle =
        (of_cycle - of_cycle / 1_460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
    let of_year = of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_cycle + cycle * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * from_march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_have_their_dates() {
        for (ms, text) in [
            (0, "1970-01-01T08:00:00+08:00"),
            (-1, "1970-01-01T07:59:59+08:00"),
            (951_753_600_000, "2000-02-29T00:00:00+08:00"),
            (1_657_777_459_661, "2022-07-14T13:44:19+08:00"),
            (1_795_348_800_000, "2026-11-22T20:00:00+08:00"),
            (4_107_513_599_000, "2100-02-28T23:59:59+08:00"),
            (4_107_513_600_000, "2100-03-01T00:00:00+08:00"),
        ] {
            assert_eq!(Millis(ms).in_shop().rfc3339(), text, "{ms}");
        }
    }

    #[test]
    fn each_day_follows_the_one_before() {
        let mut before = date_of(-800_000);
        for day in -799_999..800_000 {
            let (year, month, of_month) = date_of(day);
            let next_of_month = (year, month) == (before.0, before.1) && of_month == before.2 + 1;
            let first_of_month =
                of_month == 1 && (year * 12 + month) == (before.0 * 12 + before.1) + 1;
            assert!(next_of_month || first_of_month, "{day}");
            assert!((28..=31).contains(&before.2) || !first_of_month, "{day}");
            before = (year, month, of_month);
        }
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        for ms in [i64::MIN, i64::MAX] {
            assert!(Millis(ms).in_shop().month >= 1);
        }
    }

    #[test]
    fn digits_change_on_the_second() {
        assert_eq!(
            [4_990, 5_000, 1, 0, -5].map(next_second_ms),
            [990, 1_000, 1, 1_000, 1_000]
        );
    }

    #[test]
    fn pages_show_the_shop_s_clock() {
        let time = Millis(1_795_348_800_000).in_shop();
        assert_eq!(time.date_and_time(), "2026-11-22 20:00");
        assert_eq!(
            (time.day_and_time(), time.time()),
            ("11-22 20:00".to_owned(), "20:00".to_owned())
        );
        assert_eq!(time.day_and_second(), "11-22 20:00:00");
        assert_eq!(time.day_and_time_seen_at(time), "11-22 20:00");
        let next_year = ShopTime { year: 2027, ..time };
        assert_eq!(time.day_and_time_seen_at(next_year), "2026-11-22 20:00");
    }
}
