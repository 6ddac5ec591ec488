//! One value of a row: what the file may write, and what it means.

use super::{fault::Why, table};
use crate::{
    server::store::{Table, Value},
    types::money::Fen,
};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::{Offset, offset},
};
use sqlparser::ast::{Expr, UnaryOperator, Value as Sql};

/// The original's clock: Asia/Shanghai. A fixed offset is the same and needs no table of time zones,
/// since China has had no summer time after 1991 and the original is younger.
const CLOCK: Offset = offset(8);
const DATE_SHAPE: &str = "%Y-%m-%d";
const MOMENT_SHAPE: &str = "%Y-%m-%d %H:%M:%S";
/// Digits after the second's point.
const FRACTION_MAX: usize = 6;

/// A value as the file writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Literal {
    /// `NULL`.
    Null,
    /// `TRUE` or `FALSE`.
    Flag(bool),
    /// Digits, perhaps with a sign and a point.
    Number(String),
    /// A text in single quotes.
    Text(String),
    /// Anything else that the parser understands: functions, sums, other kinds of texts.
    Other(String),
}

impl From<Expr> for Literal {
    fn from(expr: Expr) -> Self {
        match expr {
            Expr::Value(value) => match value.value {
                Sql::Null => Self::Null,
                Sql::Boolean(flag) => Self::Flag(flag),
                Sql::Number(digits, false) => Self::Number(digits),
                Sql::SingleQuotedString(text) => Self::Text(text),
                other => Self::Other(other.to_string()),
            },
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match Self::from(*expr) {
                Self::Number(digits) if !digits.starts_with('-') => Self::Number(format!("-{digits}")),
                other => Self::Other(format!("-{}", other.printed())),
            },
            other => Self::Other(other.to_string()),
        }
    }
}

impl Literal {
    /// A whole number.
    ///
    /// # Errors
    /// It is none, or NULL.
    pub fn number(&self) -> Result<i64, Why> {
        match self {
            Self::Number(digits) => digits.parse().map_err(|_| self.not_a("a whole number")),
            other => Err(other.not_a("a whole number")),
        }
    }

    /// `TRUE`, `FALSE`, 1 or 0.
    ///
    /// # Errors
    /// It is none of them.
    pub fn flag(&self) -> Result<bool, Why> {
        match self {
            Self::Flag(flag) => Ok(*flag),
            Self::Number(digits) if digits == "0" => Ok(false),
            Self::Number(digits) if digits == "1" => Ok(true),
            other => Err(other.not_a("0, 1, TRUE or FALSE")),
        }
    }

    /// A text of at most `most` characters.
    ///
    /// # Errors
    /// It is too long, no text, or can't be kept.
    pub fn text(&self, most: usize) -> Result<String, Why> {
        let Self::Text(text) = self else { return Err(self.not_a("a text")) };
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
        let Self::Number(digits) = self else { return Err(self.not_a("a price like 99.00")) };
        Fen::parse(digits).map(|fen| fen.0).map_err(|bad| Why::Price(bad, digits.clone()))
    }

    /// A moment like '2022-07-14 13:44:19.661327', in epoch milliseconds.
    ///
    /// # Errors
    /// It is none, or one that the calendar doesn't have.
    pub fn moment(&self) -> Result<i64, Why> {
        let wrong = || self.not_a("a time like 'YYYY-MM-DD HH:MM:SS'");
        let Self::Text(text) = self else { return Err(wrong()) };
        moment(text).ok_or_else(wrong)
    }

    /// A day like '2022-07-14', as it is written.
    ///
    /// # Errors
    /// It is none, or one that the calendar doesn't have.
    pub fn date(&self) -> Result<String, Why> {
        let wrong = || self.not_a("a date like 'YYYY-MM-DD'");
        let Self::Text(text) = self else { return Err(wrong()) };
        // Reading takes other spellings too; only the one that prints the same is a date here.
        let date: Option<Date> = text.parse().ok();
        date.filter(|date| date.strftime(DATE_SHAPE).to_string() == *text).map(|_| text.clone()).ok_or_else(wrong)
    }

    fn not_a(&self, kind: &'static str) -> Why {
        if *self == Self::Null { Why::Null } else { Why::NotA { kind, given: self.printed() } }
    }

    fn printed(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Flag(flag) => flag.to_string().to_uppercase(),
            Self::Number(digits) => digits.clone(),
            Self::Text(text) => format!("'{text}'"),
            Self::Other(other) => other.clone(),
        }
    }
}

/// The day of a moment by the original's clock.
pub(super) fn date_of(moment: i64) -> Option<String> {
    let moment = Timestamp::from_millisecond(moment).ok()?;
    Some(CLOCK.to_datetime(moment).strftime(DATE_SHAPE).to_string())
}

/// A value of the record as the file would write it, for people to compare.
pub(super) fn shown(table: Option<&str>, column: Option<&str>, value: &Value) -> String {
    let is_section = table == Some(table::name(Table::Section));
    match (column, value) {
        (_, Value::Null) => "NULL".to_owned(),
        (_, Value::Flag(flag)) => i64::from(*flag).to_string(),
        (_, Value::Text(text)) => format!("'{text}'"),
        (Some("price"), Value::Number(fen)) => Fen(*fen).to_string(),
        (Some("created_time" | "updated_time"), Value::Number(at)) => printed_moment(*at),
        (Some("pub_date"), Value::Number(at)) if is_section => printed_moment(*at),
        (_, Value::Number(number)) => number.to_string(),
    }
}

fn moment(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let ms = match fraction {
        None => 0,
        Some(digits) if (1..=FRACTION_MAX).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.bytes().chain(*b"00").take(3).fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0'))
        }
        Some(_) => return None,
    };
    let civil: DateTime = whole.parse().ok()?;
    // Reading takes other spellings and a 60th second too; only what prints the same is a moment here.
    let civil = Some(civil).filter(|civil| civil.strftime(MOMENT_SHAPE).to_string() == whole)?;
    Some(CLOCK.to_timestamp(civil).ok()?.as_millisecond() + ms)
}

fn printed_moment(at: i64) -> String {
    Timestamp::from_millisecond(at)
        .map_or_else(|_| at.to_string(), |moment| format!("'{}'", CLOCK.to_datetime(moment).strftime("%Y-%m-%d %H:%M:%S.%3f")))
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
        assert_eq!(text("2022-07-14 13:44:19.661327").moment(), Ok(1_657_777_459_661));
        assert_eq!(text("1970-01-01 08:00:00").moment(), Ok(0));
        assert_eq!(text("1970-01-01 08:00:00.5").moment(), Ok(500));
        assert_eq!(printed_moment(1_657_777_459_661), "'2022-07-14 13:44:19.661'");
    }

    #[test]
    fn other_moments_are_refused() {
        for wrong in [
            "",
            "2022-07-14",
            "2022-07-14T13:44:19",
            "2022-7-14 13:44:19",
            "2022-02-30 13:44:19",
            "2022-07-14 24:00:00",
            "2022-07-14 13:44:60",
            "2022-07-14 13:44",
            "0000-00-00 00:00:00",
            "2022-07-14 13:44:19.",
            "2022-07-14 13:44:19.1234567",
            "2022-07-14 13:44:19.12x",
            "2022-07-14 13:44:19Z",
            "2022-07-14 13:44:19+08:00",
            " 2022-07-14 13:44:19",
        ] {
            assert!(text(wrong).moment().is_err(), "{wrong:?}");
        }
        assert_eq!(Literal::Null.moment(), Err(Why::Null));
    }

    #[test]
    fn a_date_is_one_of_the_calendar_s() {
        assert_eq!(text("2024-02-29").date(), Ok("2024-02-29".to_owned()));
        for wrong in ["", "2023-02-29", "2022-7-14", "20220714", "2022-07-14 00:00:00", "0000-00-00"] {
            assert!(text(wrong).date().is_err(), "{wrong:?}");
        }
        // Twenty past four in the afternoon of New Year's Eve in London is next year in Shanghai.
        assert_eq!(date_of(1_672_503_600_000), Some("2023-01-01".to_owned()));
    }

    #[test]
    fn a_text_is_measured_in_characters() {
        assert_eq!(text("抢课").text(2), Ok("抢课".to_owned()));
        assert_eq!(text("抢课吧").text(2), Err(Why::TooLong { length: 3, most: 2 }));
        assert_eq!(text("a\0").text(2), Err(Why::Nul));
    }

    #[test]
    fn a_flag_is_written_in_four_ways() {
        let number = |digits: &str| Literal::Number(digits.to_owned());
        assert_eq!(number("1").flag(), Ok(true));
        assert_eq!(number("0").flag(), Ok(false));
        assert_eq!(Literal::Flag(true).flag(), Ok(true));
        assert!(number("2").flag().is_err());
        assert!(text("1").flag().is_err());
    }
}
