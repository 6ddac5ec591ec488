//! Who a student is.

use crate::types::{error::Fault, ids::StudentId, text::Text, time::Millis};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::fmt;

/// A mobile number of mainland China: eleven digits from 13000000000 on, one spelling for each.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mobile(String);

impl Mobile {
    /// Reads a number as people write it: full-width digits, `+86` or `0086` in front, spaces and hyphens between.
    ///
    /// # Errors
    /// [`Fault::Malformed`] when what is left is not a mobile number.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        /// Characters; the longest honest spelling has 20.
        const TEXT_MAX: usize = 40;
        if text.chars().count() > TEXT_MAX {
            return Err(Fault::Malformed);
        }
        let mut plain = String::with_capacity(16);
        for c in text.trim().chars() {
            match c {
                '0'..='9' | '+' => plain.push(c),
                '０'..='９' => plain.extend(char::from_digit(c as u32 - '０' as u32, 10)),
                '＋' => plain.push('+'),
                ' ' | '-' | '\u{3000}' | '\u{a0}' => {}
                _ => return Err(Fault::Malformed),
            }
        }
        let digits = plain.strip_prefix("+86").or_else(|| plain.strip_prefix("0086")).unwrap_or(&plain);
        let bytes = digits.as_bytes();
        let fits = bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1]);
        if fits && bytes.iter().all(u8::is_ascii_digit) { Ok(Self(digits.to_owned())) } else { Err(Fault::Malformed) }
    }

    /// The eleven digits. For the record and the SMS provider, never for a log.
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
    /// What an earlier answer said, of a client without cookies that wants another code. A browser has a cookie.
    #[serde(default, skip_serializing)]
    pub browser: Option<Text>,
}

/// What `user/send_sms/` answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CodeSent {
    /// What a client without cookies signs in with, beside the code: it works for whoever asked for it only.
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
        while map.next_entry::<de::IgnoredAny, de::IgnoredAny>()?.is_some() {}
        Ok(CodeSent::default())
    }
}

/// What `user/login_sms/` takes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SignInArgs {
    /// The mobile that got the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobile: Option<Text>,
    /// The six digits.
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
    /// Whether this is a shop to try out.
    pub demo: bool,
    /// The codes sent of late, the newest first; only in a shop to try out.
    pub outbox: Vec<OutboxMessage>,
}

/// An SMS in the outbox of a shop to try out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxMessage {
    /// To whom.
    pub mobile: String,
    /// The six digits.
    pub code: String,
    /// When.
    pub at: Millis,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_has_one_key() {
        for text in
            ["13800000000", "+86 138 0000 0000", "008613800000000", "１３８００００００００", "＋86-138-0000-0000", " 138\u{3000}00000000 "]
        {
            assert_eq!(Mobile::parse(text).map(|m| m.digits().to_owned()), Ok("13800000000".to_owned()), "{text:?}");
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
            "1380000000a",
            "٠١٢٣٤٥٦٧٨٩٠",
            "+8613800000000+",
            "138+00000000",
        ] {
            assert_eq!(Mobile::parse(text), Err(Fault::Malformed), "{text:?}");
        }
        assert!(Mobile::parse(&"1".repeat(10_000)).is_err());
    }

    #[test]
    fn its_debug_form_hides_the_middle() {
        assert_eq!(format!("{:?}", Mobile::parse("13812345678").expect("valid")), "138****5678");
    }
}
