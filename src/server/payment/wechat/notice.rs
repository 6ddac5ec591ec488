//! A notice of WeChat Pay: signed over its raw body, sealed with the APIv3 key.

use super::{
    answer::{ALGORITHM, OtherNotice, PAID, SealedNotice, TradeAnswer, TradeStanding, WechatNames},
    keys::{BadSeal, NoticeKey, PlatformKeys},
    sign::{NotSigned, verify},
};
use crate::{
    server::payment::terms::{Notice, NoticeRefused, Receipt, is_name},
    types::time::Millis,
};
use http::HeaderMap;

/// Bytes of a notice at most; an honest one has 1,000.
const NOTICE_MAX: usize = 16 * 1024;

impl From<NotSigned> for NoticeRefused {
    fn from(why: NotSigned) -> Self {
        match why {
            NotSigned::Wrong => Self::BadSignature,
            NotSigned::Probe => Self::Probe,
            NotSigned::UnknownKey => Self::UnknownKey,
            NotSigned::Stale => Self::Stale,
        }
    }
}

/// Reads a notice to this merchant and app.
pub(super) fn read(
    (platform, key): (&PlatformKeys, &NoticeKey),
    names: &WechatNames,
    headers: &HeaderMap,
    body: &[u8],
    now: Millis,
) -> Result<Notice, NoticeRefused> {
    if body.len() > NOTICE_MAX {
        return Err(NoticeRefused::Malformed);
    }
    verify(platform, headers, body, now)?;
    read_verified(key, names, body)
}

/// Reads the body of a notice that the platform signed.
///
/// # Errors
/// [`NoticeRefused`]: it can't be opened, or is not whole, or not ours.
pub fn read_verified(
    key: &NoticeKey,
    names: &WechatNames,
    body: &[u8],
) -> Result<Notice, NoticeRefused> {
    let malformed = |_| NoticeRefused::Malformed;
    let words: SealedNotice = serde_json::from_slice(body).map_err(malformed)?;
    let sealed = &words.resource;
    if sealed.algorithm != ALGORITHM || !is_name(&words.id) {
        return Err(NoticeRefused::Malformed);
    }
    let aad = sealed.associated_data.as_deref().unwrap_or_default();
    let plain = key
        .open(&sealed.nonce, aad, &sealed.ciphertext)
        .map_err(|why| match why {
            BadSeal::Malformed => NoticeRefused::Malformed,
            BadSeal::Wrong => NoticeRefused::Sealed,
        })?;
    read_opened(names, words.id, &words.event_type, &plain)
}

/// Reads what was sealed in a notice of this id, about such an event.
///
/// # Errors
/// [`NoticeRefused`]: it is not whole, or not ours.
pub fn read_opened(
    names: &WechatNames,
    id: String,
    event: &str,
    plain: &[u8],
) -> Result<Notice, NoticeRefused> {
    let malformed = |_| NoticeRefused::Malformed;
    if event != PAID {
        // A refund, most often: the shop asks after those itself.
        let other: OtherNotice = serde_json::from_slice(plain).map_err(malformed)?;
        if !other.is_of(names) {
            return Err(NoticeRefused::Foreign);
        }
        return whole(id, other.out_trade_no, None);
    }
    let trade: TradeAnswer = serde_json::from_slice(plain).map_err(malformed)?;
    let out_trade_no = trade.out_trade_no().to_owned();
    match trade.state(names)? {
        TradeStanding::Paid(receipt) => whole(id, out_trade_no, Some(receipt)),
        TradeStanding::Unpaid | TradeStanding::Closed | TradeStanding::Refunded => {
            whole(id, out_trade_no, None)
        }
    }
}

fn whole(
    notice_id: String,
    out_trade_no: String,
    receipt: Option<Receipt>,
) -> Result<Notice, NoticeRefused> {
    is_name(&out_trade_no)
        .then_some(Notice {
            notice_id,
            out_trade_no,
            receipt,
        })
        .ok_or(NoticeRefused::Malformed)
}
