//! Signatures of the mock gateway: HMAC-SHA256 over method, path, second and body, in both
//! directions. Its messages live as long as those of WeChat Pay.

use crate::types::{
    hex::{hex, unhex},
    time::Millis,
};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue};
use sha2::Sha256;
use std::fmt;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Seconds that a message's time may differ from the reader's clock.
pub const WINDOW_S: i64 = 300;
/// The field that says when a message was signed, in seconds since 1970.
pub const TIMESTAMP: &str = "x-mock-timestamp";
/// The field that holds its signature, as hexadecimal digits.
pub const SIGNATURE: &str = "x-mock-signature";

/// The key that shop and mock gateway share.
#[derive(Clone)]
pub struct MockKey(Hmac<Sha256>);

impl fmt::Debug for MockKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MockKey(******)")
    }
}

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub struct MockMessage<'a> {
    pub method: &'a str,
    pub path: &'a str,
    /// Seconds since 1970.
    pub at_s: i64,
    pub body: &'a [u8],
}

/// Why a message is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadMessage {
    /// The signature is missing or wrong.
    Forged,
    /// The signature is right, and of another time.
    Stale,
}

impl MockKey {
    /// A key of these bytes.
    pub fn new(bytes: &[u8; KEY_BYTES]) -> Self {
        // A block is the one length of a key that needs no `Result` (RFC 2104, section 2).
        let mut block = [0; 2 * KEY_BYTES];
        block[..KEY_BYTES].copy_from_slice(bytes);
        Self(Hmac::new(&block.into()))
    }

    /// The signature of a message.
    pub fn sign(&self, message: MockMessage<'_>) -> String {
        hex(&self.mac(message).finalize().into_bytes())
    }

    /// Whether a signature is this message's; takes the same time for every wrong one.
    pub fn is_signed(&self, message: MockMessage<'_>, signature: &str) -> bool {
        unhex(signature).is_some_and(|tag| self.mac(message).verify_slice(&tag).is_ok())
    }

    /// The header fields of a message that is signed now.
    pub fn fields(&self, method: &str, path: &str, body: &[u8], now: Millis) -> HeaderMap {
        let at_s = seconds(now);
        let signature = self.sign(MockMessage {
            method,
            path,
            at_s,
            body,
        });
        let signature = HeaderValue::try_from(signature).map(|value| (SIGNATURE, value));
        [(TIMESTAMP, HeaderValue::from(at_s))]
            .into_iter()
            .chain(signature)
            .map(|(name, value)| (http::HeaderName::from_static(name), value))
            .collect()
    }

    /// Checks a message by its header fields.
    ///
    /// # Errors
    /// [`BadMessage`] when a field is missing, the signature is another message's, or its time is
    /// [`WINDOW_S`] seconds or more away.
    pub fn verify(
        &self,
        method: &str,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
        now: Millis,
    ) -> Result<(), BadMessage> {
        let timestamp = field(headers, TIMESTAMP).and_then(|at| at.parse().ok());
        let (Some(at_s), Some(signature)) = (timestamp, field(headers, SIGNATURE)) else {
            return Err(BadMessage::Forged);
        };
        let message = MockMessage {
            method,
            path,
            at_s,
            body,
        };
        if !self.is_signed(message, signature) {
            return Err(BadMessage::Forged);
        }
        if seconds(now).abs_diff(at_s) < WINDOW_S.unsigned_abs() {
            Ok(())
        } else {
            Err(BadMessage::Stale)
        }
    }

    fn mac(&self, message: MockMessage<'_>) -> Hmac<Sha256> {
        let MockMessage {
            method,
            path,
            at_s,
            body,
        } = message;
        self.0
            .clone()
            .chain_update(format!("{method}\n{path}\n{at_s}\n"))
            .chain_update(body)
    }
}

fn seconds(at: Millis) -> i64 {
    at.0.div_euclid(1_000)
}

/// The one value of a field.
fn field<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    value.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_795_348_800_000);

    fn key() -> MockKey {
        MockKey::new(&[7; KEY_BYTES])
    }

    fn verified(
        method: &str,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<(), BadMessage> {
        key().verify(method, path, headers, body, NOW)
    }

    #[test]
    fn a_message_is_believed_as_it_was_signed_and_in_no_other_form() {
        let fields = key().fields("POST", "/a", b"{}", NOW);
        assert_eq!(verified("POST", "/a", &fields, b"{}"), Ok(()));
        for (method, path, body) in [
            ("GET", "/a", &b"{}"[..]),
            ("POST", "/b", b"{}"),
            ("POST", "/a", b"{ }"),
            ("POST", "/a", b""),
        ] {
            assert_eq!(
                verified(method, path, &fields, body),
                Err(BadMessage::Forged)
            );
        }
        let other = MockKey::new(&[8; KEY_BYTES]).fields("POST", "/a", b"{}", NOW);
        assert_eq!(
            verified("POST", "/a", &other, b"{}"),
            Err(BadMessage::Forged),
            "another key"
        );
        let tag = fields[SIGNATURE].to_str().expect("ASCII");
        for wrong in ["", "zz", &tag[2..], &format!("{tag}00")] {
            let mut fields = fields.clone();
            fields.insert(SIGNATURE, wrong.parse().expect("a value"));
            assert_eq!(
                verified("POST", "/a", &fields, b"{}"),
                Err(BadMessage::Forged),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_message_without_a_field_or_with_two_is_not_believed() {
        let fields = key().fields("POST", "/a", b"", NOW);
        for name in [TIMESTAMP, SIGNATURE] {
            let mut fewer = fields.clone();
            fewer.remove(name);
            let mut more = fields.clone();
            more.append(name, fields[name].clone());
            for fields in [fewer, more] {
                assert_eq!(
                    verified("POST", "/a", &fields, b""),
                    Err(BadMessage::Forged),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn a_message_of_another_time_is_stale() {
        for (off_s, is_fresh) in [(299, true), (-299, true), (300, false), (-300, false)] {
            let fields = key().fields("POST", "/a", b"", NOW.plus(off_s * 1_000));
            let expected = if is_fresh {
                Ok(())
            } else {
                Err(BadMessage::Stale)
            };
            assert_eq!(verified("POST", "/a", &fields, b""), expected, "{off_s} s");
        }
        let mut fields = key().fields("POST", "/a", b"", NOW);
        fields.insert(TIMESTAMP, HeaderValue::from(i64::MIN));
        assert_eq!(
            verified("POST", "/a", &fields, b""),
            Err(BadMessage::Forged),
            "the time is signed, too"
        );
    }
}
