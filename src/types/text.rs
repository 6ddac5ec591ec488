//! A value as a client wrote it.

use serde::{Deserialize, Deserializer, Serialize, de};
use std::fmt;

/// A form's text or a JSON scalar, before it is parsed: `{"id": 7}`, `{"id": "7"}` and `id=7` are
/// the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Text(pub String);

impl Text {
    /// The text without the white space around it; `None` when nothing is left.
    pub fn trimmed(this: Option<&Self>) -> Option<&str> {
        this.map(|text| text.0.trim())
            .filter(|text| !text.is_empty())
    }
}

impl<T: fmt::Display> From<T> for Text {
    fn from(value: T) -> Self {
        Self(value.to_string())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Scalar)
    }
}

struct Scalar;

impl de::Visitor<'_> for Scalar {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Text, E> {
        Ok(Text(value.to_owned()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Text, E> {
        Ok(Text(value.to_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Text, E> {
        Ok(Text(value.to_string()))
    }
}
