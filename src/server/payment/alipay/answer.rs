//! Answers of Alipay: what it signed is read, and nothing else.

use super::{envelope::cut, key::AlipayPublicKey, request::AlipayCall, time_of};
use crate::{
    server::payment::terms::{
        Closed, PaymentError, Queried, Receipt, RefundAnswer, RefundOrder, UnknownAnswer, is_name,
    },
    types::money::Fen,
};
use serde::Deserialize;

/// Characters of a provider's code that the log repeats.
const CODE_MAX: usize = 64;
/// Bytes of what a QR code holds.
const QR_MAX: usize = 512;

/// The signed part of an answer: the fields of every call that this shop makes. Others are left out.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct AlipayAnswer {
    #[serde(default)]
    code: String,
    #[serde(default)]
    sub_code: String,
    #[serde(default)]
    out_trade_no: String,
    #[serde(default)]
    trade_no: String,
    #[serde(default)]
    trade_status: String,
    #[serde(default)]
    total_amount: String,
    #[serde(default)]
    trans_currency: String,
    #[serde(default)]
    send_pay_date: String,
    #[serde(default)]
    qr_code: String,
    #[serde(default)]
    fund_change: String,
    #[serde(default)]
    out_request_no: String,
    #[serde(default)]
    refund_amount: String,
    #[serde(default)]
    refund_status: String,
}

/// What an answer comes to, before its call is looked at.
enum AnswerSense<'a> {
    Done,
    /// Alipay did not do it, and says why.
    Refused(&'a str),
    /// Whether Alipay did it is not known.
    Unknown,
}

/// The answer to a call, when Alipay signed it.
///
/// # Errors
/// [`UnknownAnswer::Unreadable`] or [`UnknownAnswer::Unsigned`].
pub(super) fn read(
    key: &AlipayPublicKey,
    call: AlipayCall,
    body: &[u8],
) -> Result<AlipayAnswer, PaymentError> {
    let parts = cut(body, call.node()).ok_or_else(unreadable)?;
    let Some(node) = parts.signed(key) else {
        warn_unsigned(call, parts.node.or(parts.error));
        return Err(PaymentError(UnknownAnswer::Unsigned));
    };
    of_signed(node)
}

fn of_signed(node: &[u8]) -> Result<AlipayAnswer, PaymentError> {
    serde_json::from_slice(node).map_err(|_| unreadable())
}

/// How a payment stands, by the signed part of the answer to a query.
///
/// # Errors
/// [`PaymentError`]: it says neither.
pub fn read_queried(out_trade_no: &str, node: &[u8]) -> Result<Queried, PaymentError> {
    of_signed(node)?.queried(out_trade_no)
}

/// How far a refund is, by the signed part of the answer to a refund's query.
///
/// # Errors
/// [`PaymentError`]: it does not say.
pub fn read_refund_queried(
    refund: &RefundOrder,
    node: &[u8],
) -> Result<RefundAnswer, PaymentError> {
    of_signed(node)?.refund_queried(refund)
}

impl AlipayAnswer {
    /// The text of the QR code of a new payment.
    pub(super) fn qr(&self, out_trade_no: &str) -> Result<String, PaymentError> {
        match self.sense() {
            AnswerSense::Done
                if self.is_of(out_trade_no)
                    && self.qr_code.len() <= QR_MAX
                    && self.qr_code.starts_with("https://")
                    && self.qr_code.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Ok(self.qr_code.clone())
            }
            AnswerSense::Done => Err(unreadable()),
            AnswerSense::Refused(_) | AnswerSense::Unknown => {
                Err(self.refused(AlipayCall::Precreate))
            }
        }
    }

    pub(super) fn queried(&self, out_trade_no: &str) -> Result<Queried, PaymentError> {
        match self.sense() {
            AnswerSense::Done => {}
            AnswerSense::Refused("ACQ.TRADE_NOT_EXIST") => return Ok(Queried::NeverMade),
            AnswerSense::Refused(_) | AnswerSense::Unknown => {
                return Err(self.refused(AlipayCall::Query));
            }
        }
        if !self.is_of(out_trade_no) {
            return Err(unreadable());
        }
        match self.trade_status.as_str() {
            "WAIT_BUYER_PAY" => Ok(Queried::Unpaid),
            "TRADE_SUCCESS" | "TRADE_FINISHED" => self.receipt().map(Queried::Paid),
            // It was never paid, or its money went back in full: none of it is the shop's.
            "TRADE_CLOSED" => Ok(Queried::Closed),
            _ => Err(unreadable()),
        }
    }

    /// Money in yuan, and of nothing else.
    fn receipt(&self) -> Result<Receipt, PaymentError> {
        let is_yuan = matches!(self.trans_currency.as_str(), "" | "CNY");
        let receipt = Receipt {
            out_trade_no: self.out_trade_no.clone(),
            gateway_no: self.trade_no.clone(),
            amount: Fen::received(&self.total_amount).map_err(|_| unreadable())?,
            paid_at: time_of(&self.send_pay_date).ok_or_else(unreadable)?,
        };
        Some(receipt)
            .filter(|receipt| is_yuan && receipt.is_of(&self.out_trade_no))
            .ok_or_else(unreadable)
    }

    pub(super) fn closed(&self, out_trade_no: &str) -> Result<Closed, PaymentError> {
        match self.sense() {
            AnswerSense::Done if self.is_of(out_trade_no) => Ok(Closed::Closed),
            AnswerSense::Done => Err(unreadable()),
            AnswerSense::Refused("ACQ.TRADE_NOT_EXIST") => Ok(Closed::NeverMade),
            AnswerSense::Refused("ACQ.TRADE_HAS_CLOSE") => Ok(Closed::Closed),
            // It was paid, or its time is over: a query says which.
            AnswerSense::Refused(
                "ACQ.TRADE_HAS_SUCCESS"
                | "ACQ.TRADE_HAS_FINISHED"
                | "ACQ.TRADE_STATUS_ERROR"
                | "ACQ.REASON_TRADE_STATUS_INVALID"
                | "ACQ.REASON_ILLEGAL_STATUS",
            ) => Ok(Closed::AlreadyPaid),
            AnswerSense::Refused(_) | AnswerSense::Unknown => Err(self.refused(AlipayCall::Close)),
        }
    }

    /// That Alipay took a refund does not say that money moved: `fund_change` does. It is `N` in
    /// every repeat, also of one that moved it.
    pub(super) fn refunded(&self, refund: &RefundOrder) -> Result<RefundAnswer, PaymentError> {
        match self.sense() {
            AnswerSense::Done if !self.is_of(&refund.out_trade_no) => Err(unreadable()),
            AnswerSense::Done if self.fund_change == "Y" => Ok(RefundAnswer::Done),
            AnswerSense::Done => Ok(RefundAnswer::Accepted),
            AnswerSense::Refused(why) => Ok(RefundAnswer::Failed(word(why))),
            AnswerSense::Unknown => Err(self.refused(AlipayCall::Refund)),
        }
    }

    /// An answer without `refund_status` is of a refund that Alipay has not heard of, or could not
    /// make: it may be sent again by the same number.
    pub(super) fn refund_queried(
        &self,
        refund: &RefundOrder,
    ) -> Result<RefundAnswer, PaymentError> {
        match self.sense() {
            AnswerSense::Done => {}
            AnswerSense::Refused("ACQ.TRADE_NOT_EXIST") => return Ok(RefundAnswer::NeverMade),
            AnswerSense::Refused(_) | AnswerSense::Unknown => {
                return Err(self.refused(AlipayCall::QueryRefund));
            }
        }
        // One that Alipay does not know has no name in the answer.
        if !self.out_trade_no.is_empty() && !self.is_of(&refund.out_trade_no) {
            return Err(unreadable());
        }
        match self.refund_status.as_str() {
            "" => Ok(RefundAnswer::NeverMade),
            "REFUND_PROCESSING" => Ok(RefundAnswer::Accepted),
            "REFUND_SUCCESS"
                if self.is_of(&refund.out_trade_no)
                    && self.out_request_no == refund.refund_no
                    && Fen::received(&self.refund_amount) == Ok(refund.amount) =>
            {
                Ok(RefundAnswer::Done)
            }
            _ => Err(unreadable()),
        }
    }

    fn is_of(&self, out_trade_no: &str) -> bool {
        self.out_trade_no == out_trade_no && is_name(out_trade_no)
    }

    fn sense(&self) -> AnswerSense<'_> {
        match self.code.as_str() {
            "10000" => AnswerSense::Done,
            "40001" | "40002" | "40003" | "40004" | "40006" if !self.is_their_fault() => {
                AnswerSense::Refused(if self.sub_code.is_empty() {
                    &self.code
                } else {
                    &self.sub_code
                })
            }
            _ => AnswerSense::Unknown,
        }
    }

    /// The error of a call that came to nothing; the log has Alipay's codes.
    fn refused(&self, call: AlipayCall) -> PaymentError {
        let (code, sub_code) = (word(&self.code), word(&self.sub_code));
        tracing::warn!(
            call = call.method(),
            code,
            sub_code,
            "Alipay does not do what it is asked"
        );
        PaymentError(UnknownAnswer::Refused(meaning(&self.code, &self.sub_code)))
    }

    /// Whether a failure is one inside Alipay, which says nothing of the trade.
    fn is_their_fault(&self) -> bool {
        self.sub_code.ends_with("SYSTEM_ERROR")
            || self.sub_code.starts_with("isp.")
            || self.sub_code.starts_with("aop.")
    }
}

fn unreadable() -> PaymentError {
    PaymentError(UnknownAnswer::Unreadable)
}

/// What an answer says that is not believed: a hint for who looks for a mistake in the settings,
/// and nothing is done by it.
fn warn_unsigned(call: AlipayCall, node: Option<&[u8]>) {
    let said: AlipayAnswer = node
        .and_then(|node| serde_json::from_slice(node).ok())
        .unwrap_or_default();
    let (code, sub_code) = (word(&said.code), word(&said.sub_code));
    tracing::warn!(
        call = call.method(),
        code,
        sub_code,
        "an answer is not signed by the key in ALIPAY_PUBLIC_KEY_FILE"
    );
}

/// What a failure asks of whoever runs the shop; docs/payments.md has more.
fn meaning(code: &str, sub_code: &str) -> &'static str {
    match (code, sub_code) {
        ("40005", _) => "Alipay takes no more calls this minute",
        (_, "isv.invalid-signature" | "isv.missing-signature") => {
            "Alipay does not take the shop's signature: is the public half of ALIPAY_PRIVATE_KEY_FILE the app's key at Alipay?"
        }
        (_, "isv.invalid-app-id") => "Alipay does not know ALIPAY_APP_ID, at this ALIPAY_GATEWAY",
        (_, "isv.invalid-timestamp" | "isv.missing-timestamp") => {
            "Alipay does not take the time of a call: is this machine's clock right?"
        }
        ("40006", _) => {
            "the app may not do this at Alipay: is it online, and is there a contract for the product?"
        }
        (_, "ACQ.TRADE_HAS_SUCCESS") => "it is paid already at Alipay",
        (_, "ACQ.TRADE_HAS_CLOSE") => "it is closed already at Alipay",
        (_, "ACQ.CONTEXT_INCONSISTENT") => {
            "Alipay knows this number of a payment, with another amount or name: does another shop use the same PAYMENT_PREFIX?"
        }
        (_, "ACQ.ACCESS_FORBIDDEN") => "Alipay has no contract with the shop for this product",
        ("20000", _) => "Alipay is out of order",
        _ => "Alipay does not do what it is asked: the line before has its code",
    }
}

/// A code as the log shows it: whoever wrote it.
fn word(code: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    code.chars().filter(is_plain).take(CODE_MAX).collect()
}
