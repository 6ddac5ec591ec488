//! Requests to Alipay: parameters, sorted and signed, as a link or as a form.

use super::{AlipayAccount, key::AlipayAppKey};
use crate::types::time::Millis;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a value may hold in an address as it stands (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Parameters of a request by their names, which is the order that they are signed in.
pub(super) type AlipayParameters = BTreeMap<&'static str, String>;

/// What Alipay is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AlipayCall {
    PagePay,
    WapPay,
    Precreate,
    Query,
    Close,
    Refund,
    QueryRefund,
}

impl AlipayCall {
    pub(super) fn method(self) -> &'static str {
        match self {
            Self::PagePay => "alipay.trade.page.pay",
            Self::WapPay => "alipay.trade.wap.pay",
            Self::Precreate => "alipay.trade.precreate",
            Self::Query => "alipay.trade.query",
            Self::Close => "alipay.trade.close",
            Self::Refund => "alipay.trade.refund",
            Self::QueryRefund => "alipay.trade.fastpay.refund.query",
        }
    }

    /// Whether its payment may come to be, and be told of.
    pub(super) fn makes_a_payment(self) -> bool {
        match self {
            Self::PagePay | Self::WapPay | Self::Precreate => true,
            Self::Query | Self::Close | Self::Refund | Self::QueryRefund => false,
        }
    }

    /// The name of the answer's signed part.
    pub(super) fn node(self) -> &'static str {
        match self {
            Self::PagePay => "alipay_trade_page_pay_response",
            Self::WapPay => "alipay_trade_wap_pay_response",
            Self::Precreate => "alipay_trade_precreate_response",
            Self::Query => "alipay_trade_query_response",
            Self::Close => "alipay_trade_close_response",
            Self::Refund => "alipay_trade_refund_response",
            Self::QueryRefund => "alipay_trade_fastpay_refund_query_response",
        }
    }
}

/// A payment as `biz_content` says it.
#[derive(Debug, Serialize)]
pub(super) struct AlipayTrade<'a> {
    pub(super) out_trade_no: &'a str,
    pub(super) total_amount: String,
    pub(super) subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) product_code: Option<&'static str>,
    /// On the clock of China, in whole seconds.
    pub(super) time_expire: String,
    /// Where the student goes who leaves the page of a phone without paying.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) quit_url: Option<&'a str>,
}

/// A payment, or a refund of it, as `biz_content` names them.
#[derive(Debug, Serialize)]
pub(super) struct AlipayTradeNamed<'a> {
    pub(super) out_trade_no: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) out_request_no: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refund_amount: Option<String>,
}

/// The parameters of a call, without its signature.
pub(super) fn parameters(
    account: &AlipayAccount,
    call: AlipayCall,
    content: &impl Serialize,
    now: Millis,
) -> Option<AlipayParameters> {
    Some(AlipayParameters::from([
        ("app_id", account.app_id.clone()),
        ("biz_content", serde_json::to_string(content).ok()?),
        ("charset", "utf-8".into()),
        ("format", "JSON".into()),
        ("method", call.method().into()),
        ("sign_type", "RSA2".into()),
        ("timestamp", on_clock(now)),
        ("version", "1.0".into()),
    ]))
}

/// Adds the signature: of every parameter that is not empty, `sign_type` included.
pub(super) fn sign(key: &AlipayAppKey, parameters: AlipayParameters) -> Option<AlipayParameters> {
    let sign = key.sign(message(&parameters).as_bytes())?;
    let mut signed = parameters;
    signed.insert("sign", sign);
    Some(signed)
}

/// The text that is signed: values as they are, not as they stand in an address.
pub(super) fn message(parameters: &AlipayParameters) -> String {
    let pairs = parameters
        .iter()
        .filter(|(name, value)| **name != "sign" && !value.is_empty());
    let pairs: Vec<_> = pairs
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

/// Its parameters as the query of an address, or as a form.
pub(super) fn encode<'a>(
    parameters: impl IntoIterator<Item = (&'a &'static str, &'a String)>,
) -> String {
    let pairs: Vec<_> = parameters
        .into_iter()
        .map(|(name, value)| format!("{name}={}", percent_encode(value.as_bytes(), RESERVED)))
        .collect();
    pairs.join("&")
}

/// A moment as Alipay writes it: `2026-11-29 20:00:00`, on the clock of China, rounded down.
pub(super) fn on_clock(at: Millis) -> String {
    let time = at.in_shop();
    format!("{}:{:02}", time.date_and_time(), time.second)
}
