//! Accounts: mobiles, codes and the signed-in student, parsed so that they can't be wrong.

use crate::types::{
    error::Fault, ids::StudentId, order::OpenHold, text::Text, time::Millis, typed,
};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::fmt;

/// A mobile number of mainland China: eleven digits from 13000000000 on, one spelling for each.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mobile(String);

/// A number as it was written.
struct Written {
    digits: String,
    /// Whether a `+` stands before it.
    has_plus: bool,
}

impl Written {
    /// The digits of a text; `None` when it has more than a number: a letter at a digit or between
    /// two, a `+` after one.
    fn read(text: &str) -> Option<Self> {
        let mut written = Self {
            digits: String::with_capacity(16),
            has_plus: false,
        };
        let (mut is_digit, mut is_letter, mut has_ended) = (false, false, false);
        for c in text.chars().filter(|c| !typed::is_unseen(*c)) {
            let digit = typed::digit(c);
            let letter = digit.is_none() && c.is_alphanumeric();
            // A Chinese word ends by itself; any other may go on as a number.
            let touches = letter && !typed::is_han(c);
            if (digit.is_some() && (is_letter || has_ended)) || (touches && is_digit) {
                return None;
            }
            if matches!(c, '+' | '\u{FF0B}' | '\u{FE62}') {
                if written.has_plus || !written.digits.is_empty() {
                    return None;
                }
                written.has_plus = true;
            }
            written.digits.extend(digit);
            has_ended |= letter && !written.digits.is_empty();
            (is_digit, is_letter) = (digit.is_some(), touches);
        }
        Some(written)
    }
}

impl Mobile {
    /// Signs of a text in which a number is looked for at most; a contact's card has fewer.
    pub const TEXT_MAX: usize = 64;

    /// Reads a number as people write and paste it: digits of any script, with `+86`, `0086`, `86`
    /// or a trunk's `0` in front, and brackets, dots, dashes, blanks and signs that show nothing
    /// anywhere. A name may stand beside it, not in it.
    ///
    /// # Errors
    /// [`Fault::Malformed`] when it is not one mobile number.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.chars().nth(Self::TEXT_MAX).is_some() {
            return Err(Fault::Malformed);
        }
        let written = Written::read(text).ok_or(Fault::Malformed)?;
        let digits = match (
            written.has_plus,
            written.digits.strip_prefix("00").unwrap_or(&written.digits),
        ) {
            (true, abroad) => abroad.strip_prefix("86").ok_or(Fault::Malformed)?,
            // A form turns the `+` that nobody escaped into a blank.
            (false, other) => other.strip_prefix("86").unwrap_or(&written.digits),
        };
        let digits = digits.strip_prefix('0').unwrap_or(digits);
        let bytes = digits.as_bytes();
        let fits = bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1]);
        if fits {
            Ok(Self(digits.to_owned()))
        } else {
            Err(Fault::Malformed)
        }
    }

    /// The eleven digits. For the database and the SMS provider, never for a log.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// `138****0000`.
    pub fn masked(&self) -> String {
        format!("{}****{}", &self.0[..3], &self.0[7..])
    }
}

/// Shows the masked form, so that no log ever holds a number.
impl fmt::Debug for Mobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// The student who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// The student's number.
    pub id: StudentId,
    /// The mobile as [`Mobile::masked`] shows it.
    pub mobile: String,
}

/// The student who asks, and what waits for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// The student's number.
    pub id: StudentId,
    /// The mobile as [`Mobile::masked`] shows it.
    pub mobile: String,
    /// Of the holds that are to be paid the one that ends first.
    pub hold: Option<OpenHold>,
}

/// What `user/send_sms/` takes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SmsArgs {
    /// The mobile that is to get a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobile: Option<Text>,
    /// Anything: another code for the mobile that this browser asked one for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Text>,
    /// The challenge that the shop answered with while too many asked for codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Text>,
    /// Its proof of work: a number in decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Text>,
    /// What an earlier answer said, of a client without cookies that wants another code. A browser
    /// has a cookie.
    #[serde(default, skip_serializing)]
    pub browser: Option<Text>,
}

/// What `user/send_sms/` answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CodeSent {
    /// What a client without cookies signs in with, beside the code: it works for whoever asked for
    /// it only.
    pub browser: String,
}

/// A browser has it as a cookie: nothing of the answer is read, and no reader of it loaded.
impl<'de> Deserialize<'de> for CodeSent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("CodeSent", &[], Unread)
    }
}

struct Unread;

impl<'de> de::Visitor<'de> for Unread {
    type Value = CodeSent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, _: A) -> Result<CodeSent, A::Error> {
        Ok(CodeSent::default())
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<CodeSent, A::Error> {
        while map
            .next_entry::<de::IgnoredAny, de::IgnoredAny>()?
            .is_some()
        {}
        Ok(CodeSent::default())
    }
}

/// What `user/login_sms/` takes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SignInArgs {
    /// The mobile that got the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobile: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Text>,
    /// What `user/send_sms/` answered, of a client without cookies.
    #[serde(default, skip_serializing)]
    pub browser: Option<Text>,
}

/// Where a browser stands on its way to sign in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInStep {
    /// The mobile that a code was sent to, masked; `None` before that.
    pub mobile: Option<String>,
    /// Seconds between two codes for a mobile.
    pub gap_s: i64,
    /// Seconds until another code may be asked for; 0 when that is now.
    pub wait_s: i64,
    /// Whether this is a shop to try out.
    pub demo: bool,
    /// The codes sent of late, the newest first; only in a shop to try out.
    pub outbox: Vec<OutboxMessage>,
}

/// A browser in which a student is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The session's name for `user/session/end/`; it signs nobody in.
    pub session: String,
    /// Since when; `None` when it was not written down.
    pub since: Option<Millis>,
    /// Family and system of the browser, like `Chrome · Android`; empty when they are not known.
    pub device: String,
    /// Whether it is the browser that asks.
    pub current: bool,
}

/// The word that stands for all sessions but the asker's own.
pub const OTHER_SESSIONS: &str = "others";
/// Hexadecimal digits of a session's name: the SHA-256 of its cookie's value.
const SESSION_NAME_LEN: usize = 64;

/// Which sessions are to end, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEnding {
    /// All but the asker's own.
    Others,
    /// The one of this name.
    One(String),
}

impl SessionEnding {
    /// Reads [`OTHER_SESSIONS`] or the name of a session.
    ///
    /// # Errors
    /// [`Fault::Malformed`] when it is neither.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let is_name = text.len() == SESSION_NAME_LEN
            && text
                .bytes()
                .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        match text {
            OTHER_SESSIONS => Ok(Self::Others),
            name if is_name => Ok(Self::One(name.to_owned())),
            _ => Err(Fault::Malformed),
        }
    }
}

/// Which sessions are to end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndSessionArgs {
    /// One of the list, or [`OTHER_SESSIONS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Text>,
}

/// An SMS in the outbox of a shop to try out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxMessage {
    pub mobile: String,
    pub code: String,
    pub at: Millis,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_has_one_key() {
        for text in [
            "13800000000",
            "+86 138 0000 0000",
            "008613800000000",
            "8613800000000",
            " 8613800000000",
            "+008613800000000",
            "013800000000",
            "+86 (0)138 0000 0000",
            "１３８００００００００",
            "＋86-138-0000-0000",
            " 138\u{3000}00000000 ",
            "\u{202D}13800000000\u{202C}",
            "\u{FEFF}138\u{200B}0000\u{AD}0000\u{2060}",
            "+86 (138) 0000 0000",
            "(+86)138-0000-0000",
            "【138】0000【0000】",
            "138.0000.0000",
            "138·0000·0000",
            "138\u{2011}0000\u{2011}0000",
            "138\u{2013}0000\u{2212}0000",
            "138/0000/0000",
            "138_0000_0000\t",
            "138\u{2009}0000\u{202F}0000",
            "١٣٨٠٠٠٠٠٠٠٠",
            "1\u{FE0F}\u{20E3}38 0000 0000",
            "tel:+86-138-0000-0000",
            "手机：138 0000 0000",
            "138 0000 0000 张三",
            "手机号13800000000",
            "张三13800000000",
            "13800000000张三",
        ] {
            assert_eq!(
                Mobile::parse(text).map(|m| m.digits().to_owned()),
                Ok("13800000000".to_owned()),
                "{text:?}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "1380000000",
            "138000000000",
            "12800000000",
            "23800000000",
            "+1 3800000000",
            "+13800000000",
            "+8513800000000",
            "1380000000a",
            "1380000000l0",
            "13800000000a",
            "138OOOO0000",
            "138 0000 0000 转 1",
            "1380000张0000",
            "13800000000或13900000000",
            "тел13800000000",
            "138 0000 0000 / 139 0000 0000",
            "٠١٢٣٤٥٦٧٨٩٠",
            "一三八00000000",
            "①38 0000 0000",
            "+8613800000000+",
            "138+00000000",
            "++8613800000000",
            "868613800000000",
            "08613800000000",
        ] {
            assert_eq!(Mobile::parse(text), Err(Fault::Malformed), "{text:?}");
        }
        assert!(Mobile::parse(&"1".repeat(10_000)).is_err());
    }

    #[test]
    fn its_debug_form_hides_the_middle() {
        assert_eq!(
            format!("{:?}", Mobile::parse("13812345678").expect("valid")),
            "138****5678"
        );
    }
}
