//! Notices of Alipay: a form, whose values are decoded once, sorted, verified as bytes, and only then
//! read.

use super::{AlipayAccount, key::AlipayPublicKey, time_of};
use crate::{
    server::payment::terms::{Notice, NoticeRefused, Receipt, is_name},
    types::money::Fen,
};
use percent_encoding::percent_decode;
use std::collections::BTreeMap;

/// Bytes of a notice at most; an honest one has 3,000.
const NOTICE_MAX: usize = 16 * 1024;
/// NoticeFields of a notice at most; an honest one has 30.
const FIELDS_MAX: usize = 128;

/// A notice whose signature is right.
struct NoticeFields(BTreeMap<Vec<u8>, Vec<u8>>);

/// Reads a notice to this account.
///
/// # Errors
/// [`NoticeRefused`]
pub(super) fn read(
    account: &AlipayAccount,
    key: &AlipayPublicKey,
    body: &[u8],
) -> Result<Notice, NoticeRefused> {
    let fields = NoticeFields::verified(key, body)?;
    let charset = fields.text("charset")?;
    if !charset.is_empty() && !charset.eq_ignore_ascii_case("utf-8") {
        tracing::warn!("a notice of Alipay is not in utf-8, which every payment asks for");
        return Err(NoticeRefused::Malformed);
    }
    if fields.text("app_id")? != account.app_id || fields.text("seller_id")? != account.seller_id {
        return Err(NoticeRefused::Foreign);
    }
    let notice = Notice {
        notice_id: fields.text("notify_id")?.to_owned(),
        out_trade_no: fields.text("out_trade_no")?.to_owned(),
        receipt: fields.receipt()?,
    };
    let is_whole = fields.text("notify_type")? == "trade_status_sync"
        && is_name(&notice.notice_id)
        && is_name(&notice.out_trade_no);
    is_whole.then_some(notice).ok_or(NoticeRefused::Malformed)
}

impl NoticeFields {
    /// The fields of a form that Alipay signed.
    fn verified(key: &AlipayPublicKey, body: &[u8]) -> Result<Self, NoticeRefused> {
        if body.len() > NOTICE_MAX {
            return Err(NoticeRefused::BadSignature);
        }
        let mut fields = BTreeMap::new();
        for pair in body.split(|byte| *byte == b'&') {
            let at = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = match at {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &[][..]),
            };
            // What is read must be what was verified: a field that stands twice has two values.
            if fields.insert(decoded(name), decoded(value)).is_some() || fields.len() > FIELDS_MAX {
                return Err(NoticeRefused::BadSignature);
            }
        }
        let sign = fields.remove(&b"sign"[..]);
        let kind = fields.remove(&b"sign_type"[..]);
        // The older kind, RSA, is one with SHA-1.
        if kind.is_some_and(|kind| kind != b"RSA2") {
            return Err(NoticeRefused::BadSignature);
        }
        let sign = sign.and_then(|sign| String::from_utf8(sign).ok());
        let fields = Self(fields);
        sign.filter(|sign| key.has_signed(&fields.message(), sign))
            .map(|_| fields)
            .ok_or(NoticeRefused::BadSignature)
    }

    /// The text that is signed: every field but `sign` and `sign_type`.
    fn message(&self) -> Vec<u8> {
        let pairs: Vec<_> = self
            .0
            .iter()
            .map(|(name, value)| [name.as_slice(), b"=", value].concat())
            .collect();
        pairs.join(&b'&')
    }

    /// A field as a text; empty when it is missing.
    fn text(&self, name: &str) -> Result<&str, NoticeRefused> {
        let value = self.0.get(name.as_bytes()).map_or(&[][..], Vec::as_slice);
        std::str::from_utf8(value).map_err(|_| NoticeRefused::Malformed)
    }

    /// Money that the notice tells of; `None` when it tells of something else.
    fn receipt(&self) -> Result<Option<Receipt>, NoticeRefused> {
        // A refund in part comes as TRADE_SUCCESS again.
        let returned = self.text("refund_fee")?;
        let is_refund = !self.text("gmt_refund")?.is_empty()
            || (!returned.is_empty() && Fen::parse(returned) != Ok(Fen(0)));
        match self.text("trade_status")? {
            "TRADE_SUCCESS" | "TRADE_FINISHED" if !is_refund => {}
            "TRADE_SUCCESS" | "TRADE_FINISHED" | "TRADE_CLOSED" | "WAIT_BUYER_PAY" => {
                return Ok(None);
            }
            _ => return Err(NoticeRefused::Malformed),
        }
        let malformed = NoticeRefused::Malformed;
        if !matches!(self.text("trans_currency")?, "" | "CNY") {
            return Err(NoticeRefused::Currency);
        }
        let out_trade_no = self.text("out_trade_no")?;
        let receipt = Receipt {
            out_trade_no: out_trade_no.to_owned(),
            gateway_no: self.text("trade_no")?.to_owned(),
            amount: Fen::parse(self.text("total_amount")?).map_err(|_| malformed)?,
            paid_at: time_of(self.text("gmt_payment")?).ok_or(malformed)?,
        };
        let is_whole = receipt.is_of(out_trade_no);
        is_whole.then_some(Some(receipt)).ok_or(malformed)
    }
}

/// A name or a value of a form, decoded once; it need not be a text.
fn decoded(part: &[u8]) -> Vec<u8> {
    let blanks: Vec<_> = part
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    percent_decode(&blanks).collect()
}
