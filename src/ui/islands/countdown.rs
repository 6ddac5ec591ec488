//! Countdowns: the time that is left as text.

use crate::{
    types::lang::Lang,
    ui::text::{course, sale},
};

const SECOND_MS: i64 = 1_000;
const DAY_S: i64 = 86_400;

/// `00:04:59`; from a day on days and hours, where nobody counts seconds. The second that has begun
/// counts, so that zero is the moment itself.
pub fn digits(lang: Lang, ms: i64) -> String {
    let s = (ms.max(0) + SECOND_MS - 1) / SECOND_MS;
    if s >= DAY_S {
        return [
            course::days(lang, s / DAY_S).as_str(),
            " ",
            &sale::hours(lang, s % DAY_S / 3_600),
        ]
        .concat();
    }
    let mut digits = String::new();
    for (at, part) in [s / 3_600, s / 60 % 60, s % 60].into_iter().enumerate() {
        if at > 0 {
            digits.push(':');
        }
        for digit in [part / 10, part % 10] {
            digits.extend(u8::try_from(digit).map(|digit| char::from(b'0' + digit)));
        }
    }
    digits
}

/// Digits without hours, where there are none.
pub fn short(digits: &str) -> &str {
    digits.strip_prefix("00:").unwrap_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_that_has_begun_counts() {
        for (ms, zh) in [
            (-5, "00:00:00"),
            (0, "00:00:00"),
            (1, "00:00:01"),
            (1_000, "00:00:01"),
            (299_000, "00:04:59"),
        ] {
            assert_eq!(digits(Lang::Zh, ms), zh, "{ms}");
        }
        assert_eq!(digits(Lang::Zh, 86_400_000 * 2 + 3_600_000), "2 天 1 小时");
        assert_eq!(digits(Lang::En, 86_400_000), "1 day 0 h");
        assert_eq!(digits(Lang::Zh, 86_399_000), "23:59:59");
    }

    #[test]
    fn hours_are_left_out_where_there_are_none() {
        for (ms, zh) in [
            (0, "00:00"),
            (899_000, "14:59"),
            (3_600_000, "01:00:00"),
            (86_400_000, "1 天 0 小时"),
        ] {
            assert_eq!(short(&digits(Lang::Zh, ms)), zh, "{ms}");
        }
    }
}
