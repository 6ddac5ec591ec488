//! Money: whole fen inside, the original's string ("99.00") on the wire.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The largest price: the original's `DecimalField(max_digits=6, decimal_places=2)`.
pub const PRICE_MAX: Fen = Fen(999_999);
/// The largest amount of one payment that a provider tells of: Alipay's `total_amount` has it.
pub const RECEIVED_MAX: Fen = Fen(10_000_000_000);

/// An amount in fen (1/100 yuan).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fen(pub i64);

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadMoney {
    /// Not digits with at most one point.
    NotANumber,
    /// More than two places after the point.
    TooManyDecimals,
    /// Below zero or above the largest.
    OutOfRange,
}

impl Fen {
    /// Reads a price: "99", "99.5" or "99.00", at most [`PRICE_MAX`].
    ///
    /// # Errors
    /// [`BadMoney`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, BadMoney> {
        Self::at_most(text, PRICE_MAX)
    }

    /// Reads an amount that a provider tells of, at most [`RECEIVED_MAX`]: more than any price came all
    /// the same, and has to be answered.
    ///
    /// # Errors
    /// [`BadMoney`] says what is wrong with the text.
    pub fn received(text: &str) -> Result<Self, BadMoney> {
        Self::at_most(text, RECEIVED_MAX)
    }

    fn at_most(text: &str, max: Self) -> Result<Self, BadMoney> {
        let (yuan, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if text.starts_with('-') {
            return Err(BadMoney::OutOfRange);
        }
        if yuan.is_empty() || !digits(yuan) || !digits(decimals) || text.ends_with('.') {
            return Err(BadMoney::NotANumber);
        }
        if decimals.trim_end_matches('0').len() > 2 {
            return Err(BadMoney::TooManyDecimals);
        }
        let yuan: i64 = yuan.parse().map_err(|_| BadMoney::OutOfRange)?;
        let cents = decimals
            .bytes()
            .take(2)
            .fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0'));
        let cents = if decimals.len() == 1 {
            cents * 10
        } else {
            cents
        };
        let fen = yuan
            .checked_mul(100)
            .and_then(|fen| fen.checked_add(cents))
            .map(Self);
        fen.filter(|fen| *fen <= max).ok_or(BadMoney::OutOfRange)
    }

    /// Nothing to pay.
    pub fn is_free(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl Serialize for Fen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|_| serde::de::Error::custom("not an amount like 99.00"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_original_writes() {
        assert_eq!(Fen::parse("0.00"), Ok(Fen(0)));
        assert_eq!(Fen::parse("99"), Ok(Fen(9_900)));
        assert_eq!(Fen::parse("99.5"), Ok(Fen(9_950)));
        assert_eq!(Fen::parse("9999.99"), Ok(PRICE_MAX));
        assert_eq!(Fen::parse("1.100"), Ok(Fen(110)));
    }

    #[test]
    fn refuses_everything_else() {
        assert_eq!(Fen::parse("1.999"), Err(BadMoney::TooManyDecimals));
        assert_eq!(Fen::parse("-1"), Err(BadMoney::OutOfRange));
        assert_eq!(Fen::parse("10000.00"), Err(BadMoney::OutOfRange));
        assert_eq!(Fen::received("10000.00"), Ok(Fen(1_000_000)));
        assert_eq!(Fen::received("100000000.00"), Ok(RECEIVED_MAX));
        assert_eq!(Fen::received("100000000.01"), Err(BadMoney::OutOfRange));
        assert_eq!(
            Fen::parse("99999999999999999999"),
            Err(BadMoney::OutOfRange)
        );
        for text in ["", ".", "1.", ".5", "1e3", "1,000", " 1", "１"] {
            assert_eq!(Fen::parse(text), Err(BadMoney::NotANumber), "{text:?}");
        }
    }

    #[test]
    fn prints_two_decimals() {
        assert_eq!(Fen(9_905).to_string(), "99.05");
        assert_eq!(Fen(5).to_string(), "0.05");
    }
}
