//! What is signed: requests by the shop, answers and notices by the platform, and the fields by which
//! a page inside WeChat asks for a payment.

use super::keys::{OwnKey, PlatformKeys};
use crate::types::time::Millis;
use http::HeaderMap;

/// Seconds that a message's time may differ from the reader's clock.
const WINDOW_S: u64 = 300;
/// What a signature begins with that WeChat Pay made wrong on purpose, to see whether it is checked.
const PROBE: &str = "WECHATPAY/SIGNTEST/";
const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";
/// Bytes of a signed field at most: a signature has 344 as base64, at 4096 bits 684.
const FIELD_MAX: usize = 1_024;

const TIMESTAMP: &str = "wechatpay-timestamp";
const NONCE: &str = "wechatpay-nonce";
/// The field that names the key: of the platform in its messages, and in requests the one that their
/// answer is to be signed with.
pub(super) const SERIAL: &str = "wechatpay-serial";
const SIGNATURE: &str = "wechatpay-signature";

/// A request to be signed.
#[derive(Clone, Copy, Debug)]
pub struct WechatRequest<'a> {
    pub method: &'a str,
    /// With the query, without the host.
    pub path: &'a str,
    /// Seconds since 1970.
    pub at_s: i64,
    pub nonce: &'a str,
    pub body: &'a str,
}

/// What a page inside WeChat hands to `WeixinJSBridge` (JSAPI).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgeFields {
    pub app_id: String,
    pub timestamp: String,
    pub nonce: String,
    pub package: String,
    pub sign_type: &'static str,
    pub pay_sign: String,
}

/// Why a message is not the platform's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSigned {
    /// A field is missing, or there twice, or the signature is another message's.
    Wrong,
    /// WeChat Pay signed it wrongly on purpose.
    Probe,
    /// No key of this shop has the name that it gives.
    UnknownKey,
    /// The signature is right, and of another time.
    Stale,
}

impl WechatRequest<'_> {
    /// The text that is signed.
    pub fn message(&self) -> String {
        let Self {
            method,
            path,
            at_s,
            nonce,
            body,
        } = self;
        format!("{method}\n{path}\n{at_s}\n{nonce}\n{body}\n")
    }

    /// The `Authorization` field; `None` when the system gives no random bytes.
    pub fn authorization(&self, mch_id: &str, key: &OwnKey) -> Option<String> {
        let Self { at_s, nonce, .. } = self;
        let serial = key.serial();
        let signature = key.sign(self.message().as_bytes())?;
        Some(format!(
            "{SCHEME} mchid=\"{mch_id}\",nonce_str=\"{nonce}\",timestamp=\"{at_s}\",serial_no=\"{serial}\",signature=\"{signature}\""
        ))
    }
}

impl BridgeFields {
    /// The text that is signed.
    pub fn message(app_id: &str, at_s: i64, nonce: &str, prepay_id: &str) -> String {
        format!("{app_id}\n{at_s}\n{nonce}\nprepay_id={prepay_id}\n")
    }

    /// The fields for a payment that the platform gave this id; `None` when the system gives no random
    /// bytes.
    pub fn sign(
        app_id: &str,
        at_s: i64,
        nonce: &str,
        prepay_id: &str,
        key: &OwnKey,
    ) -> Option<Self> {
        let message = Self::message(app_id, at_s, nonce, prepay_id);
        Some(Self {
            app_id: app_id.to_owned(),
            timestamp: at_s.to_string(),
            nonce: nonce.to_owned(),
            package: format!("prepay_id={prepay_id}"),
            sign_type: "RSA",
            pay_sign: key.sign(message.as_bytes())?,
        })
    }
}

/// Checks that the platform signed a message now: an answer or a notice, by its header fields and its
/// body as it came.
///
/// # Errors
/// [`NotSigned`].
pub fn verify(
    keys: &PlatformKeys,
    headers: &HeaderMap,
    body: &[u8],
    now: Millis,
) -> Result<(), NotSigned> {
    let field = |name| only(headers, name).ok_or(NotSigned::Wrong);
    let (timestamp, nonce) = (field(TIMESTAMP)?, field(NONCE)?);
    let (serial, signature) = (field(SERIAL)?, field(SIGNATURE)?);
    if signature.starts_with(PROBE) {
        return Err(NotSigned::Probe);
    }
    let is_number = timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let at_s: i64 = timestamp
        .parse()
        .ok()
        .filter(|_| is_number)
        .ok_or(NotSigned::Wrong)?;
    let message = [
        timestamp.as_bytes(),
        b"\n",
        nonce.as_bytes(),
        b"\n",
        body,
        b"\n",
    ]
    .concat();
    match keys.has_signed(serial, &message, signature) {
        None => Err(NotSigned::UnknownKey),
        Some(false) => Err(NotSigned::Wrong),
        Some(true) if seconds(now).abs_diff(at_s) >= WINDOW_S => Err(NotSigned::Stale),
        Some(true) => Ok(()),
    }
}

/// Whether a message has a signature at all, right or wrong.
pub(super) fn is_signed(headers: &HeaderMap) -> bool {
    headers.contains_key(SIGNATURE)
}

pub(super) fn seconds(at: Millis) -> i64 {
    at.0.div_euclid(1_000)
}

/// The one value of a field.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    let value = value.to_str().ok()?;
    (!value.is_empty() && value.len() <= FIELD_MAX).then_some(value)
}
