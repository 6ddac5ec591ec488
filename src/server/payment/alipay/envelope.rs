//! Envelope of an answer: the part that Alipay signed is cut out of the body byte by byte, since the
//! signature is of its bytes as they stand.

use super::{key::AlipayPublicKey, request::AlipayCall};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Deserializer;

/// The parts of a body: an object of the signed part and its signature.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct AnswerParts<'a> {
    pub(super) node: Option<&'a [u8]>,
    /// The same of a call that Alipay did not come to.
    pub(super) error: Option<&'a [u8]>,
    sign: Option<String>,
}

impl<'a> AnswerParts<'a> {
    /// The signed part, when this key signed it.
    pub(super) fn signed(&self, key: &AlipayPublicKey) -> Option<&'a [u8]> {
        let (node, sign) = (self.node?, self.sign.as_ref()?);
        key.has_signed(node, sign).then_some(node)
    }
}

/// The part of a body that is signed in the answer to a query; `None` when the body has none.
pub fn signed_part(body: &[u8]) -> Option<&[u8]> {
    cut(body, AlipayCall::Query.node())?.node
}

/// The parts of a body, as they stand in it; `None` when it is not one JSON object, or says a part
/// twice.
pub(super) fn cut<'a>(body: &'a [u8], node: &str) -> Option<AnswerParts<'a>> {
    let mut parts = AnswerParts::default();
    let mut rest = expect(b'{', body)?;
    if let Some(rest) = expect(b'}', rest) {
        return trimmed(rest).is_empty().then_some(parts);
    }
    loop {
        let (name, after) = value::<String>(rest)?;
        rest = expect(b':', after)?;
        let text = trimmed(rest);
        let doubled = if name == "sign" {
            let (sign, after) = value::<String>(rest)?;
            rest = after;
            parts.sign.replace(sign).is_some()
        } else {
            let (IgnoredAny, after) = value(rest)?;
            rest = after;
            let text = &text[..text.len() - after.len()];
            match name.as_str() {
                "error_response" => parts.error.replace(text).is_some(),
                name if name == node => parts.node.replace(text).is_some(),
                _ => false,
            }
        };
        if doubled {
            return None;
        }
        match expect(b',', rest) {
            Some(after) => rest = after,
            None => break,
        }
    }
    let rest = expect(b'}', rest)?;
    trimmed(rest).is_empty().then_some(parts)
}

/// The JSON value at the start of a text, and what follows it.
fn value<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Option<(T, &'a [u8])> {
    let mut values = Deserializer::from_slice(text).into_iter::<T>();
    let value = values.next()?.ok()?;
    Some((value, &text[values.byte_offset()..]))
}

fn expect(byte: u8, text: &[u8]) -> Option<&[u8]> {
    trimmed(text).strip_prefix(&[byte])
}

fn trimmed(text: &[u8]) -> &[u8] {
    let start = text
        .iter()
        .position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    &text[start.unwrap_or(text.len())..]
}
