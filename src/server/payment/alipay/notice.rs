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
/// Fields of a notice at most; an honest one has 30.
pub(super) const FIELDS_MAX: usize = 128;

/// The fields of a notice but `sign` and `sign_type`.
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
    let (fields, sign) = NoticeFields::parse(body)?;
    if !sign.is_some_and(|sign| key.has_signed(&fields.message(), &sign)) {
        return Err(NoticeRefused::BadSignature);
    }
    fields.notice(account)
}

/// Reads the form of a notice that Alipay signed.
///
/// # Errors
/// [`NoticeRefused`]: it is not whole, or not ours.
pub fn read_verified(account: &AlipayAccount, body: &[u8]) -> Result<Notice, NoticeRefused> {
    NoticeFields::parse(body)?.0.notice(account)
}

impl NoticeFields {
    /// The fields of a form, and the signature of them.
    fn parse(body: &[u8]) -> Result<(Self, Option<String>), NoticeRefused> {
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
        Ok((Self(fields), sign))
    }

    /// What they say, to this account.
    fn notice(&self, account: &AlipayAccount) -> Result<Notice, NoticeRefused> {
        let charset = self.text("charset")?;
        if !charset.is_empty() && !charset.eq_ignore_ascii_case("utf-8") {
            tracing::warn!("a notice of Alipay is not in utf-8, which every payment asks for");
            return Err(NoticeRefused::Malformed);
        }
        if self.text("app_id")? != account.app_id || self.text("seller_id")? != account.seller_id {
            return Err(NoticeRefused::Foreign);
        }
        let notice = Notice {
            notice_id: self.text("notify_id")?.to_owned(),
            out_trade_no: self.text("out_trade_no")?.to_owned(),
            receipt: self.receipt()?,
        };
        let is_whole = self.text("notify_type")? == "trade_status_sync"
            && is_name(&notice.notice_id)
            && is_name(&notice.out_trade_no);
        is_whole.then_some(notice).ok_or(NoticeRefused::Malformed)
    }

    /// The text that is signed.
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
            || (!returned.is_empty() && Fen::received(returned) != Ok(Fen(0)));
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
            amount: Fen::received(self.text("total_amount")?).map_err(|_| malformed)?,
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
