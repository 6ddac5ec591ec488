//! What answers and notices of WeChat Pay say, and what that is in the shop's terms. What is not
//! documented is not guessed: it is unreadable.

use crate::{
    server::payment::terms::{
        NoticeRefused, PaymentError, Queried, Receipt, RefundAnswer, RefundOrder, UnknownAnswer,
        is_name,
    },
    types::{money::Fen, time::Millis},
};
use serde::Deserialize;

pub(super) const CURRENCY: &str = "CNY";
/// How notices are sealed.
pub(super) const ALGORITHM: &str = "AEAD_AES_256_GCM";
/// The notice that tells of money taken.
pub(super) const PAID: &str = "TRANSACTION.SUCCESS";
/// Bytes of a link or a QR code's text at most: WeChat Pay has 512.
const PLACE_MAX: usize = 1_024;

/// Who the shop is at WeChat Pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WechatNames {
    /// The merchant's number.
    pub mch_id: String,
    pub app_id: String,
}

/// A payment as answers and notices say it.
#[derive(Debug, Deserialize)]
pub(super) struct TradeAnswer {
    appid: String,
    mchid: String,
    out_trade_no: String,
    #[serde(rename = "trade_state")]
    state: String,
    transaction_id: Option<String>,
    success_time: Option<String>,
    amount: Option<TradeTotal>,
}

#[derive(Debug, Deserialize)]
struct TradeTotal {
    total: i64,
    currency: Option<String>,
}

/// A refund as answers say it.
#[derive(Debug, Deserialize)]
pub(super) struct WechatRefund {
    out_trade_no: String,
    out_refund_no: String,
    status: String,
    amount: RefundTotal,
}

#[derive(Debug, Deserialize)]
struct RefundTotal {
    refund: i64,
    total: i64,
    currency: Option<String>,
}

/// A notice, sealed.
#[derive(Debug, Deserialize)]
pub(super) struct SealedNotice {
    pub(super) id: String,
    pub(super) event_type: String,
    pub(super) resource: Sealed,
}

#[derive(Debug, Deserialize)]
pub(super) struct Sealed {
    pub(super) algorithm: String,
    pub(super) ciphertext: String,
    #[serde(default)]
    pub(super) associated_data: Option<String>,
    pub(super) nonce: String,
}

/// What a notice of anything but money taken says, as far as the shop reads it.
#[derive(Debug, Deserialize)]
pub(super) struct OtherNotice {
    mchid: String,
    pub(super) out_trade_no: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct QrPlace {
    code_url: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct H5Place {
    h5_url: String,
}

/// How a payment stands, or why what is said of it can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TradeStanding {
    Paid(Receipt),
    Unpaid,
    Closed,
    /// It was paid, and money of it went back.
    Refunded,
}

/// Why what is said of a payment can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadTrade {
    Foreign,
    Malformed,
    Currency,
}

impl From<BadTrade> for NoticeRefused {
    fn from(why: BadTrade) -> Self {
        match why {
            BadTrade::Foreign => Self::Foreign,
            BadTrade::Malformed => Self::Malformed,
            BadTrade::Currency => Self::Currency,
        }
    }
}

impl TradeAnswer {
    pub(super) fn out_trade_no(&self) -> &str {
        &self.out_trade_no
    }

    /// How a payment of this merchant and app stands.
    pub(super) fn state(self, names: &WechatNames) -> Result<TradeStanding, BadTrade> {
        if self.mchid != names.mch_id || self.appid != names.app_id {
            return Err(BadTrade::Foreign);
        }
        match self.state.as_str() {
            "SUCCESS" => self.receipt().map(TradeStanding::Paid),
            // USERPAYING waits for a password; after PAYERROR the same payment may be paid again.
            "NOTPAY" | "USERPAYING" | "PAYERROR" | "ACCEPT" => Ok(TradeStanding::Unpaid),
            "CLOSED" | "REVOKED" => Ok(TradeStanding::Closed),
            "REFUND" => Ok(TradeStanding::Refunded),
            _ => Err(BadTrade::Malformed),
        }
    }

    fn receipt(self) -> Result<Receipt, BadTrade> {
        let (Some(gateway_no), Some(time), Some(amount)) =
            (self.transaction_id, self.success_time, self.amount)
        else {
            return Err(BadTrade::Malformed);
        };
        // Left out, it is the only one of a mainland merchant.
        if amount.currency.is_some_and(|currency| currency != CURRENCY) {
            return Err(BadTrade::Currency);
        }
        let receipt = Receipt {
            gateway_no,
            amount: Fen(amount.total),
            paid_at: moment(&time).ok_or(BadTrade::Malformed)?,
            out_trade_no: self.out_trade_no,
        };
        let is_whole = is_name(&receipt.out_trade_no) && receipt.is_of(&receipt.out_trade_no);
        is_whole.then_some(receipt).ok_or(BadTrade::Malformed)
    }
}

impl TradeStanding {
    pub(super) fn queried(self) -> Queried {
        match self {
            Self::Paid(receipt) => Queried::Paid(receipt),
            Self::Unpaid => Queried::Unpaid,
            // The shop asks money back of payments that it knows to be paid only: this one was paid
            // back by hand, and is not the shop's to sell for.
            Self::Closed | Self::Refunded => Queried::Closed,
        }
    }
}

impl WechatRefund {
    /// How far a refund is; an answer about another one is unreadable.
    pub(super) fn answer(&self, refund: &RefundOrder) -> Result<RefundAnswer, PaymentError> {
        let RefundTotal {
            refund: amount,
            total,
            currency,
        } = &self.amount;
        let is_this = self.out_trade_no == refund.out_trade_no
            && self.out_refund_no == refund.refund_no
            && (*amount, *total) == (refund.amount.0, refund.total.0)
            && currency
                .as_deref()
                .is_none_or(|currency| currency == CURRENCY);
        if !is_this {
            return Err(PaymentError(UnknownAnswer::Unreadable));
        }
        match self.status.as_str() {
            "SUCCESS" => Ok(RefundAnswer::Done),
            "PROCESSING" => Ok(RefundAnswer::Accepted),
            "CLOSED" => Ok(RefundAnswer::Failed(
                "CLOSED: WeChat Pay gave the refund up, most often since the merchant's account had too little money for 7 days".into(),
            )),
            "ABNORMAL" => Ok(RefundAnswer::Failed(
                "ABNORMAL: the student's card or account can't take money: finish the refund on the merchant platform".into(),
            )),
            _ => Err(PaymentError(UnknownAnswer::Unreadable)),
        }
    }
}

impl OtherNotice {
    pub(super) fn is_of(&self, names: &WechatNames) -> bool {
        self.mchid == names.mch_id
    }
}

impl QrPlace {
    pub(super) fn text(self) -> Option<String> {
        Some(self.code_url).filter(|text| text.starts_with("weixin://") && is_place(text))
    }
}

impl H5Place {
    pub(super) fn url(self) -> Option<String> {
        Some(self.h5_url).filter(|url| url.starts_with("https://") && is_place(url))
    }
}

fn is_place(text: &str) -> bool {
    text.len() <= PLACE_MAX && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A moment in RFC 3339, as `2026-11-29T20:00:31+08:00`.
fn moment(text: &str) -> Option<Millis> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(Millis(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> WechatNames {
        WechatNames {
            mch_id: "1230000109".into(),
            app_id: "wxd678efh567hg6787".into(),
        }
    }

    fn trade(state: &str) -> serde_json::Value {
        serde_json::json!({
            "appid": "wxd678efh567hg6787", "mchid": "1230000109", "out_trade_no": "QK7Q12x1",
            "transaction_id": "4200000000202611290000000001", "trade_state": state,
            "success_time": "2026-11-29T20:00:31+08:00",
            "amount": {"total": 990, "payer_total": 990, "currency": "CNY"},
        })
    }

    fn state(trade: serde_json::Value) -> Result<TradeStanding, BadTrade> {
        let trade: TradeAnswer = serde_json::from_value(trade).expect("a trade");
        trade.state(&names())
    }

    #[test]
    fn states_mean_what_the_documents_say() {
        let receipt = Receipt {
            out_trade_no: "QK7Q12x1".into(),
            gateway_no: "4200000000202611290000000001".into(),
            amount: Fen(990),
            paid_at: Millis(1_795_953_631_000),
        };
        for (word, expected) in [
            ("SUCCESS", Ok(TradeStanding::Paid(receipt))),
            ("NOTPAY", Ok(TradeStanding::Unpaid)),
            ("USERPAYING", Ok(TradeStanding::Unpaid)),
            ("PAYERROR", Ok(TradeStanding::Unpaid)),
            ("CLOSED", Ok(TradeStanding::Closed)),
            ("REVOKED", Ok(TradeStanding::Closed)),
            ("REFUND", Ok(TradeStanding::Refunded)),
            ("success", Err(BadTrade::Malformed)),
            ("", Err(BadTrade::Malformed)),
        ] {
            assert_eq!(state(trade(word)), expected, "{word}");
        }
        assert_eq!(TradeStanding::Refunded.queried(), Queried::Closed);
    }

    #[test]
    fn money_is_taken_when_it_is_ours_and_whole() {
        let with = |pointer: &str, value: serde_json::Value| {
            let mut trade = trade("SUCCESS");
            *trade.pointer_mut(pointer).expect("a field") = value;
            state(trade)
        };
        let null = serde_json::Value::Null;
        for (pointer, value, why) in [
            ("/mchid", "1".into(), BadTrade::Foreign),
            ("/appid", "wx1".into(), BadTrade::Foreign),
            ("/amount/currency", "USD".into(), BadTrade::Currency),
            ("/amount/total", 0.into(), BadTrade::Malformed),
            ("/amount/total", (-1).into(), BadTrade::Malformed),
            ("/amount", null.clone(), BadTrade::Malformed),
            ("/transaction_id", null.clone(), BadTrade::Malformed),
            ("/transaction_id", "a b".into(), BadTrade::Malformed),
            ("/out_trade_no", "".into(), BadTrade::Malformed),
            ("/success_time", null.clone(), BadTrade::Malformed),
            ("/success_time", "yesterday".into(), BadTrade::Malformed),
            (
                "/success_time",
                "1969-12-31T00:00:00Z".into(),
                BadTrade::Malformed,
            ),
        ] {
            assert_eq!(with(pointer, value.clone()), Err(why), "{pointer} {value}");
        }
        assert!(with("/amount/currency", null).is_ok());
        for (pointer, value) in [
            ("/amount/total", serde_json::json!(990.5)),
            ("/amount/total", "990".into()),
            ("/trade_state", 1.into()),
        ] {
            let mut trade = trade("SUCCESS");
            *trade.pointer_mut(pointer).expect("a field") = value;
            assert!(
                serde_json::from_value::<TradeAnswer>(trade).is_err(),
                "{pointer}"
            );
        }
    }

    #[test]
    fn a_refund_s_answer_is_about_this_refund() {
        let refund = RefundOrder {
            out_trade_no: "QK7Q12x1".into(),
            refund_no: "RQK7Q12x1".into(),
            amount: Fen(990),
            total: Fen(990),
        };
        let answer = |pointer: &str, value: serde_json::Value| {
            let mut words = serde_json::json!({
                "out_trade_no": "QK7Q12x1", "out_refund_no": "RQK7Q12x1", "status": "PROCESSING",
                "amount": {"refund": 990, "total": 990, "currency": "CNY"},
            });
            *words.pointer_mut(pointer).expect("a field") = value;
            let words: WechatRefund = serde_json::from_value(words).expect("a refund");
            words.answer(&refund)
        };
        assert_eq!(
            answer("/status", "PROCESSING".into()),
            Ok(RefundAnswer::Accepted)
        );
        assert_eq!(answer("/status", "SUCCESS".into()), Ok(RefundAnswer::Done));
        for word in ["CLOSED", "ABNORMAL"] {
            let failed = answer("/status", word.into());
            assert!(matches!(failed, Ok(RefundAnswer::Failed(why)) if why.starts_with(word)));
        }
        for (pointer, value) in [
            ("/status", serde_json::json!("DONE")),
            ("/out_trade_no", "QK7Q12x2".into()),
            ("/out_refund_no", "RQK7Q12x2".into()),
            ("/amount/refund", 989.into()),
            ("/amount/total", 991.into()),
            ("/amount/currency", "USD".into()),
        ] {
            let unreadable = Err(PaymentError(UnknownAnswer::Unreadable));
            assert_eq!(answer(pointer, value), unreadable, "{pointer}");
        }
    }

    #[test]
    fn a_place_to_pay_is_wechat_s() {
        let qr = |text: &str| {
            QrPlace {
                code_url: text.into(),
            }
            .text()
        };
        assert!(qr("weixin://wxpay/bizpayurl?pr=p4lpSuKzz").is_some());
        for text in [
            "",
            "https://x",
            "weixin://a b",
            &format!("weixin://{}", "a".repeat(2_000)),
        ] {
            assert_eq!(qr(text), None, "{text}");
        }
        let h5 = |url: &str| H5Place { h5_url: url.into() }.url();
        assert!(
            h5("https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&package=1")
                .is_some()
        );
        assert!(h5("javascript:alert(1)").is_none() && h5("http://wx.tenpay.com/").is_none());
    }
}
