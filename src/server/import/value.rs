//! Meanings of a value: the number, text, price or time that a column needs. MySQL takes a number
//! in quotes, and Navicat writes so.

use super::{fault::Why, literal::Literal};
use crate::types::money::{BadMoney, Fen};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::{Offset, offset},
};
use std::rc::Rc;

/// The original's clock: Asia/Shanghai. A fixed offset is the same and needs no table of time
/// zones, since China has had no summer time after 1991 and the original is younger.
const CLOCK: Offset = offset(8);
/// MySQL's names for a clock that the file does not say, the function with which HeidiSQL goes back
/// to it, and the names of the original's own.
const OWN_ZONES: [&str; 7] = [
    "",
    "default",
    "system",
    "ifnull",
    "asia/shanghai",
    "asia/chongqing",
    "prc",
];
const DATE_SHAPE: &str = "%Y-%m-%d";
const MOMENT_SHAPE: &str = "%Y-%m-%d %H:%M:%S";
/// Digits after the second's point.
const FRACTION_MAX: usize = 6;

/// MySQL's variable `time_zone`: by its clock the timestamps of a file are written. Mysqldump and
/// phpMyAdmin set it to UTC. A `datetime` is written as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    Fixed(Offset),
    Unknown(String),
}

impl Default for Zone {
    fn default() -> Self {
        Self::Fixed(CLOCK)
    }
}

impl Zone {
    /// The zone that SET gives; a variable, as at the end of a dump, stands for the server's own.
    pub fn of(written: &str) -> Self {
        let lower = written.to_ascii_lowercase();
        match lower.as_str() {
            own if own.starts_with('@') || OWN_ZONES.contains(&own) => Self::default(),
            "utc" | "etc/utc" | "gmt" => Self::Fixed(Offset::UTC),
            other => {
                // MySQL also takes '+9:00'.
                let padded = match other.split_at_checked(1) {
                    Some((sign, hours)) if hours.find(':') == Some(1) => format!("{sign}0{hours}"),
                    _ => other.to_owned(),
                };
                offset_of(&padded).map_or_else(|| Self::Unknown(written.to_owned()), Self::Fixed)
            }
        }
    }

    /// The clocks of a table with these timestamps.
    ///
    /// # Errors
    /// The zone is not known here; its name.
    pub fn clocks(&self, timestamps: &Rc<[String]>) -> Result<Clocks, String> {
        match self {
            Self::Fixed(zone) => Ok(Clocks {
                zone: Some(*zone),
                timestamps: Rc::clone(timestamps),
            }),
            Self::Unknown(name) => Err(name.clone()),
        }
    }
}

/// The clocks by which the times of a row are written that have no offset from UTC.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    /// That of the timestamps.
    zone: Option<Offset>,
    timestamps: Rc<[String]>,
}

impl Clocks {
    pub fn of(&self, column: &str) -> Offset {
        self.zone
            .filter(|_| self.timestamps.iter().any(|name| name == column))
            .unwrap_or(CLOCK)
    }
}

impl Literal {
    /// A whole number.
    ///
    /// # Errors
    /// It is none, or NULL.
    pub fn number(&self) -> Result<i64, Why> {
        match self {
            Self::Number(digits) | Self::Text(digits) => {
                digits.parse().map_err(|_| self.not_a("a whole number"))
            }
            other => Err(other.not_a("a whole number")),
        }
    }

    /// `TRUE`, `FALSE`, 1 or 0.
    ///
    /// # Errors
    /// It is none of them.
    pub fn flag(&self) -> Result<bool, Why> {
        let of_word = |word: &str| match word {
            // A column of one bit is written as that byte.
            "1" | "t" | "true" | "\u{1}" => Some(true),
            "0" | "f" | "false" | "\0" => Some(false),
            _ => None,
        };
        let flag = match self {
            Self::Flag(flag) => Some(*flag),
            Self::Number(word) | Self::Text(word) => of_word(word),
            _ => None,
        };
        flag.ok_or_else(|| self.not_a("0, 1, TRUE or FALSE"))
    }

    /// A text of at most `most` characters.
    ///
    /// # Errors
    /// It is too long, no text, or can't be kept.
    pub fn text(&self, most: usize) -> Result<String, Why> {
        let Self::Text(text) = self else {
            return Err(self.not_a("a text"));
        };
        let length = text.chars().count();
        if length > most {
            Err(Why::TooLong { length, most })
        } else if text.contains('\0') {
            Err(Why::Nul)
        } else {
            Ok(text.clone())
        }
    }

    /// An amount of at most two decimals, in fen.
    ///
    /// # Errors
    /// It is no price.
    pub fn price(&self) -> Result<i64, Why> {
        let (Self::Number(digits) | Self::Text(digits)) = self else {
            return Err(self.not_a("a price like 99.00"));
        };
        let of_real = |bad| match self {
            Self::Number(digits) if bad == BadMoney::TooManyDecimals => {
                fen_of_real(digits).ok_or(bad)
            }
            _ => Err(bad),
        };
        Fen::parse(digits)
            .or_else(of_real)
            .map(|fen| fen.0)
            .map_err(|bad| Why::Price(bad, self.printed()))
    }

    /// A moment like '2022-07-14 13:44:19.661327' by this clock, in epoch milliseconds.
    ///
    /// # Errors
    /// It is none, or one that the calendar doesn't have.
    pub fn moment(&self, clock: Offset) -> Result<i64, Why> {
        let wrong =
            || self.not_a("a time of the calendar like 'YYYY-MM-DD HH:MM:SS', up to 9999-12-30");
        let Self::Text(text) = self else {
            return Err(wrong());
        };
        moment(text, clock).ok_or_else(wrong)
    }

    /// A day like '2022-07-14', as it is written.
    ///
    /// # Errors
    /// It is none, or one that the calendar doesn't have.
    pub fn date(&self) -> Result<String, Why> {
        let wrong = || self.not_a("a date of the calendar like 'YYYY-MM-DD'");
        let Self::Text(text) = self else {
            return Err(wrong());
        };
        // Reading takes other spellings too; only the one that prints the same is a date here.
        let date: Option<Date> = text.parse().ok();
        date.filter(|date| date.strftime(DATE_SHAPE).to_string() == *text)
            .map(|_| text.clone())
            .ok_or_else(wrong)
    }

    fn not_a(&self, kind: &'static str) -> Why {
        match self {
            Self::Null => Why::Null,
            Self::Garbled => Why::NotUtf8,
            other => Why::NotA {
                kind,
                given: other.printed(),
            },
        }
    }
}

/// The price of two decimals that a binary number stands for: SQLite keeps 9.90 as the nearest one,
/// and writes 9.9000000000000003552.
fn fen_of_real(digits: &str) -> Option<Fen> {
    let real: f64 = digits.parse().ok()?;
    let rounded = format!("{real:.2}");
    // The same bits, not a number nearby.
    let is_same = rounded
        .parse::<f64>()
        .is_ok_and(|price| price.to_bits() == real.to_bits());
    Fen::parse(&rounded).ok().filter(|_| is_same)
}

/// The day of a moment by the original's clock.
pub(super) fn date_of(moment: i64) -> Option<String> {
    let moment = Timestamp::from_millisecond(moment).ok()?;
    Some(CLOCK.to_datetime(moment).strftime(DATE_SHAPE).to_string())
}

/// A moment: by its column's clock, or by the offset from UTC that stands behind it, as
/// PostgreSQL writes it.
fn moment(text: &str, own: Offset) -> Option<i64> {
    let (clock, offset) = text
        .find(['+', 'Z'])
        .or_else(|| text.rfind('-').filter(|at| text[..*at].contains(':')))
        .map_or((text, Some(own)), |at| {
            (text[..at].trim_end(), offset_of(&text[at..]))
        });
    let (whole, fraction) = clock
        .split_once('.')
        .map_or((clock, None), |(whole, fraction)| (whole, Some(fraction)));
    let ms = match fraction {
        None => 0,
        Some(digits)
            if (1..=FRACTION_MAX).contains(&digits.len())
                && digits.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            digits
                .bytes()
                .chain(*b"00")
                .take(3)
                .fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0'))
        }
        Some(_) => return None,
    };
    let civil: DateTime = whole.parse().ok()?;
    // Reading takes other spellings and a 60th second too; only what prints the same is a moment
    // here.
    let civil = Some(civil)
        .filter(|civil| civil.strftime(MOMENT_SHAPE).to_string() == whole.replacen('T', " ", 1))?;
    Some(offset?.to_timestamp(civil).ok()?.as_millisecond() + ms)
}

/// `Z`, `+08`, `+0800` or `+08:00`.
fn offset_of(text: &str) -> Option<Offset> {
    if text == "Z" {
        return Some(Offset::UTC);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text.strip_prefix(['+', '-'])?.replace(':', "");
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i32, i32) =
        (digits[..2].parse().ok()?, digits[2..].parse().unwrap_or(0));
    Offset::from_seconds(sign * (hours * 60 + minutes) * 60).ok()
}

pub(super) fn printed_moment(at: i64) -> String {
    Timestamp::from_millisecond(at).map_or_else(
        |_| at.to_string(),
        |moment| {
            format!(
                "'{}'",
                CLOCK.to_datetime(moment).strftime("%Y-%m-%d %H:%M:%S.%3f")
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Literal {
        Literal::Text(text.to_owned())
    }

    #[test]
    fn a_moment_is_shanghai_s() {
        // 13:44:19 in Shanghai is 05:44:19 UTC.
        assert_eq!(
            text("2022-07-14 13:44:19.661327").moment(CLOCK),
            Ok(1_657_777_459_661)
        );
        assert_eq!(text("1970-01-01 08:00:00").moment(CLOCK), Ok(0));
        assert_eq!(text("1970-01-01 08:00:00.5").moment(CLOCK), Ok(500));
        assert_eq!(
            printed_moment(1_657_777_459_661),
            "'2022-07-14 13:44:19.661'"
        );
        for same in [
            "2022-07-14T13:44:19.661",
            "2022-07-14 05:44:19.661327+00",
            "2022-07-14 05:44:19.661327Z",
            "2022-07-14 13:44:19.661+08:00",
            "2022-07-14 11:14:19.661+0530",
            "2022-07-14 02:44:19.661-03",
            "2022-07-14 13:44:19.661 +0800",
            "2022-07-14 05:44:19.661327 +00:00",
        ] {
            assert_eq!(text(same).moment(CLOCK), Ok(1_657_777_459_661), "{same}");
        }
    }

    #[test]
    fn a_timestamp_is_of_the_zone_that_is_set() {
        let timestamps: Rc<[String]> = Rc::new(["created_time".to_owned()]);
        for (written, hours) in [
            ("+00:00", 0),
            ("UTC", 0),
            ("-03:00", -3),
            ("+9:00", 9),
            ("IFNULL", 8),
            ("SYSTEM", 8),
            ("@OLD_TIME_ZONE", 8),
            ("Asia/Shanghai", 8),
        ] {
            let clocks = Zone::of(written).clocks(&timestamps).expect(written);
            assert_eq!(clocks.of("created_time"), offset(hours), "{written}");
            assert_eq!(clocks.of("updated_time"), CLOCK, "a datetime: {written}");
        }
        assert!(Zone::of("Europe/Berlin").clocks(&timestamps).is_err());
    }

    #[test]
    fn other_moments_are_refused() {
        for wrong in [
            "",
            "2022-07-14",
            "2022-7-14 13:44:19",
            "2022-02-30 13:44:19",
            "2022-07-14 24:00:00",
            "2022-07-14 13:44:60",
            "2022-07-14 13:44",
            "0000-00-00 00:00:00",
            "2022-07-14 13:44:19.",
            "2022-07-14 13:44:19.1234567",
            "2022-07-14 13:44:19.12x",
            "2022-07-14 13:44:19Zulu",
            "2022-07-14 13:44:19+8",
            "2022-07-14 13:44:19+08:00:00",
            "2022-07-14 13:44:19+抢",
            " 2022-07-14 13:44:19",
            "2022-07-14 13:44:19 ",
        ] {
            assert!(text(wrong).moment(CLOCK).is_err(), "{wrong:?}");
        }
        assert_eq!(Literal::Null.moment(CLOCK), Err(Why::Null));
    }

    #[test]
    fn a_date_is_one_of_the_calendar_s() {
        assert_eq!(text("2024-02-29").date(), Ok("2024-02-29".to_owned()));
        for wrong in [
            "",
            "2023-02-29",
            "2022-7-14",
            "20220714",
            "2022-07-14 00:00:00",
            "0000-00-00",
        ] {
            assert!(text(wrong).date().is_err(), "{wrong:?}");
        }
        // Twenty past four in the afternoon of New Year's Eve in London is next year in Shanghai.
        assert_eq!(date_of(1_672_503_600_000), Some("2023-01-01".to_owned()));
    }

    #[test]
    fn a_text_is_measured_in_characters() {
        assert_eq!(text("抢课").text(2), Ok("抢课".to_owned()));
        assert_eq!(
            text("抢课吧").text(2),
            Err(Why::TooLong { length: 3, most: 2 })
        );
        assert_eq!(text("a\0").text(2), Err(Why::Nul));
    }

    #[test]
    fn a_flag_is_written_in_several_ways() {
        let number = |digits: &str| Literal::Number(digits.to_owned());
        for yes in [
            number("1"),
            Literal::Flag(true),
            text("1"),
            text("t"),
            text("true"),
        ] {
            assert_eq!(yes.flag(), Ok(true), "{yes:?}");
        }
        for no in [
            number("0"),
            Literal::Flag(false),
            text("0"),
            text("f"),
            text("false"),
        ] {
            assert_eq!(no.flag(), Ok(false), "{no:?}");
        }
        for wrong in [number("2"), text(""), text("yes"), Literal::Null] {
            assert!(wrong.flag().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_real_is_the_price_whose_nearest_number_it_is() {
        let price = |digits: &str| Literal::Number(digits.to_owned()).price();
        for (digits, fen) in [
            ("9.9000000000000003552", 990),
            ("0.010000000000000000208", 1),
            ("199.09999999999999431", 19_910),
            ("9999.9899999999997817", 999_999),
        ] {
            assert_eq!(price(digits), Ok(fen), "{digits}");
        }
        for digits in [
            "1.999",
            "9.9000000000000101",
            "9.901",
            "-9.9000000000000003552",
        ] {
            assert!(price(digits).is_err(), "{digits}");
        }
    }

    #[test]
    fn a_number_may_stand_in_quotes() {
        assert_eq!((text("90").number(), text("-1").number()), (Ok(90), Ok(-1)));
        assert_eq!(text("99.00").price(), Ok(9_900));
        assert_eq!(
            text("9.9000000000000003552").price(),
            Err(Why::Price(
                BadMoney::TooManyDecimals,
                "'9.9000000000000003552'".to_owned()
            ))
        );
        for wrong in ["", " 90", "9x", "1.5"] {
            assert!(text(wrong).number().is_err(), "{wrong:?}");
        }
    }
}
