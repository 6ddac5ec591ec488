//! The words of WeChat Pay's interface: what its JSON says, its states and codes, and what they are in
//! the shop's terms. What it does not document is not guessed: it is unreadable.

use crate::{
    server::payment::terms::{
        NewPayment, NoticeRefused, PaymentError, Queried, Receipt, RefundAnswer, RefundOrder,
        UnknownAnswer, is_name,
    },
    types::{money::Fen, time::Millis},
};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

pub(super) const CURRENCY: &str = "CNY";
/// How notices are sealed.
pub(super) const ALGORITHM: &str = "AEAD_AES_256_GCM";
/// The notice that tells of money taken.
pub(super) const PAID: &str = "TRANSACTION.SUCCESS";
/// Characters of what is paid for, at most 127; a student's list shows fewer.
const DESCRIPTION_MAX: usize = 60;
/// Characters of a payment's name.
const TRADE_NO: std::ops::RangeInclusive<usize> = 6..=32;
/// Characters of a refund's name at most.
const REFUND_NO_MAX: usize = 64;
/// Bytes of a link or a QR code's text at most: WeChat Pay has 512.
const PLACE_MAX: usize = 1_024;

/// What a code means for whoever runs the shop. docs/payments.md has the same table.
pub const MEANINGS: [(&str, &str); 17] = [
    (
        "PARAM_ERROR",
        "PARAM_ERROR: a field is not of the documented form; the log has WeChat Pay's words",
    ),
    (
        "INVALID_REQUEST",
        "INVALID_REQUEST: against a rule of the product; the log has WeChat Pay's words",
    ),
    (
        "SIGN_ERROR",
        "SIGN_ERROR: WECHAT_SERIAL and WECHAT_PRIVATE_KEY_FILE are no pair, or this machine's clock is off",
    ),
    (
        "NO_AUTH",
        "NO_AUTH: this product is not open for the merchant: apply for it on the merchant platform",
    ),
    (
        "MCH_NOT_EXISTS",
        "MCH_NOT_EXISTS: there is no merchant of this WECHAT_MCH_ID",
    ),
    (
        "APPID_MCHID_NOT_MATCH",
        "APPID_MCHID_NOT_MATCH: WECHAT_APP_ID is not bound to WECHAT_MCH_ID: bind it on the merchant platform",
    ),
    (
        "OUT_TRADE_NO_USED",
        "OUT_TRADE_NO_USED: the payment's number was used before: does another shop use this merchant?",
    ),
    ("ORDER_CLOSED", "ORDER_CLOSED: the payment is closed"),
    ("ORDER_PAID", "ORDER_PAID: the payment is paid"),
    (
        "ORDER_NOT_EXIST",
        "ORDER_NOT_EXIST: there is no such payment",
    ),
    (
        "RESOURCE_NOT_EXISTS",
        "RESOURCE_NOT_EXISTS: there is no such payment or refund",
    ),
    (
        "NOT_ENOUGH",
        "NOT_ENOUGH: the merchant's account has too little money: fill it, the refund is sent again",
    ),
    (
        "USER_ACCOUNT_ABNORMAL",
        "USER_ACCOUNT_ABNORMAL: the student's account can't take money: pay it back another way",
    ),
    (
        "ACCOUNT_ERROR",
        "ACCOUNT_ERROR: the student's account is not in order",
    ),
    (
        "RULE_LIMIT",
        "RULE_LIMIT: a rule of the product limits it; the log has WeChat Pay's words",
    ),
    (
        "FREQUENCY_LIMITED",
        "FREQUENCY_LIMITED: asked too often; the shop asks again later",
    ),
    (
        "SYSTEM_ERROR",
        "SYSTEM_ERROR: a fault of WeChat Pay; the shop asks again",
    ),
];

/// Codes by which a refund is refused for good, or until a person has done something. After any
/// other it may have been taken all the same.
const REFUND_REFUSED: [&str; 6] = [
    "INVALID_REQUEST",
    "MCH_NOT_EXISTS",
    "NOT_ENOUGH",
    "NO_AUTH",
    "PARAM_ERROR",
    "USER_ACCOUNT_ABNORMAL",
];

/// Who the shop is at WeChat Pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WechatNames {
    /// The merchant's number.
    pub mch_id: String,
    pub app_id: String,
}

#[derive(Serialize)]
pub(super) struct TradeOrder<'a> {
    appid: &'a str,
    mchid: &'a str,
    description: String,
    out_trade_no: &'a str,
    time_expire: String,
    notify_url: &'a str,
    amount: TradeAmount,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene_info: Option<PhoneScene>,
}

#[derive(Serialize)]
struct TradeAmount {
    total: i64,
    currency: &'static str,
}

#[derive(Serialize)]
struct PhoneScene {
    payer_client_ip: IpAddr,
    h5_info: H5Info,
}

#[derive(Serialize)]
struct H5Info {
    r#type: &'static str,
}

#[derive(Serialize)]
pub(super) struct RefundRequest<'a> {
    out_trade_no: &'a str,
    out_refund_no: &'a str,
    amount: RefundAmount,
}

#[derive(Serialize)]
struct RefundAmount {
    refund: i64,
    total: i64,
    currency: &'static str,
}

/// A payment as answers and notices say it.
#[derive(Debug, Deserialize)]
pub(super) struct TradeWords {
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
pub(super) struct RefundWords {
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
pub(super) struct NoticeWords {
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

/// Why something is refused, as an answer other than 2xx says it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct RefusalWords {
    #[serde(default)]
    pub(super) code: String,
    #[serde(default)]
    pub(super) message: String,
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

impl<'a> TradeOrder<'a> {
    /// The body that makes a payment; `phone` is the address of a phone that opens the link (H5).
    pub(super) fn new(
        names: &'a WechatNames,
        notify_url: &'a str,
        payment: &'a NewPayment,
        phone: Option<IpAddr>,
    ) -> Self {
        Self {
            appid: &names.app_id,
            mchid: &names.mch_id,
            description: description(&payment.subject),
            out_trade_no: &payment.out_trade_no,
            time_expire: payment.expires_at.in_shop().rfc3339(),
            notify_url,
            amount: TradeAmount {
                total: payment.amount.0,
                currency: CURRENCY,
            },
            scene_info: phone.map(|payer_client_ip| PhoneScene {
                payer_client_ip,
                h5_info: H5Info { r#type: "Wap" },
            }),
        }
    }
}

impl<'a> RefundRequest<'a> {
    pub(super) fn new(refund: &'a RefundOrder) -> Self {
        Self {
            out_trade_no: &refund.out_trade_no,
            out_refund_no: &refund.refund_no,
            amount: RefundAmount {
                refund: refund.amount.0,
                total: refund.total.0,
                currency: CURRENCY,
            },
        }
    }
}

impl TradeWords {
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

impl RefundWords {
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

impl RefusalWords {
    /// Whether it says this code, spelled as in version 2 or 3 of the interface.
    pub(super) fn is(&self, code: &str) -> bool {
        is_same(&self.code, code)
    }

    /// Whether it says that there is no such payment, or no such refund.
    pub(super) fn is_not_there(&self) -> bool {
        self.is("ORDER_NOT_EXIST") || self.is("RESOURCE_NOT_EXISTS")
    }

    /// What whoever runs the shop should know; `None` when the code is not a documented one.
    pub(super) fn meaning(&self) -> Option<&'static str> {
        MEANINGS
            .iter()
            .find(|(code, _)| self.is(code))
            .map(|(_, meaning)| *meaning)
    }

    /// Why a refund is refused for sure; `None` when it may have been taken.
    pub(super) fn refused_refund(&self) -> Option<&'static str> {
        let is_refused = self.is_not_there() || REFUND_REFUSED.iter().any(|code| self.is(code));
        is_refused.then(|| self.meaning()).flatten()
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

/// Whether WeChat Pay takes a text as a payment's name.
pub(super) fn is_trade_no(text: &str) -> bool {
    TRADE_NO.contains(&text.len()) && text.bytes().all(is_name_byte)
}

/// The same of a refund's name.
pub(super) fn is_refund_no(text: &str) -> bool {
    (1..=REFUND_NO_MAX).contains(&text.len()) && text.bytes().all(is_name_byte)
}

/// Both may have `|` and `*`, too; the shop does not write them, and they would have to be encoded in
/// a path.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn is_place(text: &str) -> bool {
    text.len() <= PLACE_MAX && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What is paid for, without what WeChat Pay may refuse.
fn description(subject: &str) -> String {
    let shown: String = subject
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .take(DESCRIPTION_MAX)
        .collect();
    shown.trim().to_owned()
}

/// A moment in RFC 3339, as `2026-11-29T20:00:31+08:00`.
fn moment(text: &str) -> Option<Millis> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(Millis(at.as_millisecond()))
}

/// Version 2 writes ORDERNOTEXIST where version 3 has ORDER_NOT_EXIST, and some answers still do.
fn is_same(code: &str, other: &str) -> bool {
    let letters = |text: &str| {
        text.bytes()
            .filter(|byte| *byte != b'_')
            .collect::<Vec<_>>()
    };
    letters(code) == letters(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{ids::OrderId, lang::Lang};

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
        let trade: TradeWords = serde_json::from_value(trade).expect("a trade");
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
                serde_json::from_value::<TradeWords>(trade).is_err(),
                "{pointer}"
            );
        }
    }

    #[test]
    fn a_payment_is_asked_for_in_fen_and_in_the_shop_s_time() {
        let payment = NewPayment {
            order: OrderId(12),
            out_trade_no: "QK7Q12x1".into(),
            amount: Fen(990),
            subject: format!("从零\n开始{}", "长".repeat(100)),
            expires_at: Millis(1_795_954_500_999),
            lang: Lang::Zh,
            phone: None,
            return_url: "/orders/12".into(),
        };
        let names = names();
        let order = |phone| {
            let order = TradeOrder::new(&names, "https://shop.example/n", &payment, phone);
            serde_json::to_value(&order).expect("JSON")
        };
        let qr = order(None);
        assert_eq!(
            qr["amount"],
            serde_json::json!({"total": 990, "currency": "CNY"})
        );
        assert_eq!(qr["time_expire"], "2026-11-29T20:15:00+08:00");
        let description = qr["description"].as_str().expect("text");
        assert!(description.starts_with("从零 开始长") && description.chars().count() == 60);
        assert!(qr.get("scene_info").is_none());
        let h5 = order(Some("2001:db8::1".parse().expect("an address")));
        assert_eq!(
            h5["scene_info"],
            serde_json::json!({"payer_client_ip": "2001:db8::1", "h5_info": {"type": "Wap"}})
        );
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
            let words: RefundWords = serde_json::from_value(words).expect("a refund");
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
    fn codes_are_known_in_both_spellings_and_guessed_in_none() {
        let words = |code: &str| RefusalWords {
            code: code.into(),
            message: String::new(),
        };
        for code in ["ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"] {
            assert!(words(code).is_not_there(), "{code}");
        }
        for (code, is_refused) in [
            ("NOT_ENOUGH", true),
            ("NOTENOUGH", true),
            ("RESOURCE_NOT_EXISTS", true),
            ("SYSTEM_ERROR", false),
            ("SYSTEMERROR", false),
            ("FREQUENCY_LIMITED", false),
            ("BIZERR_NEED_RETRY", false),
            ("SIGN_ERROR", false),
            ("RULE_LIMIT", false),
            ("SOMETHING_NEW", false),
            ("", false),
        ] {
            assert_eq!(words(code).refused_refund().is_some(), is_refused, "{code}");
        }
        assert_eq!(words("SOMETHING_NEW").meaning(), None);
    }

    #[test]
    fn names_have_the_length_and_the_letters_that_wechat_pay_takes() {
        for (name, is_taken) in [
            ("QK7Q12x1", true),
            ("QK7-20261129-000812", true),
            ("Q1x1", false),
            ("Q12345678901234567890123456789012", false),
            ("Q1x1/../", false),
            ("Q1 x1 x", false),
            ("", false),
        ] {
            assert_eq!(is_trade_no(name), is_taken, "{name}");
        }
        assert!(is_refund_no("RQ1x1") && !is_refund_no("") && !is_refund_no("R?"));
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
