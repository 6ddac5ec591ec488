//! The mock gateway's interface: its paths, and the JSON that goes both ways.

use crate::{
    server::payment::{
        mock::signature::{MockKey, MockMessage},
        terms::{Notice, NoticeRefused, Receipt, RefundOrder, is_name},
    },
    types::{lang::Lang, money::Fen, time::Millis},
};
use serde::{Deserialize, Serialize};

/// Where the gateway is asked; the call's name follows.
pub const API: &str = "/mock-gateway/api/";
/// The page that a student pays on.
pub const PAY: &str = "/mock-gateway/pay";
/// Where the forms of that page go.
pub const ACT: &str = "/mock-gateway/pay/act";
/// Where the shop takes notices.
pub const NOTIFY: &str = "/pay/notify/mock";
/// What stands in the place of a method when an answer is signed: none is a request.
pub const ANSWER: &str = "ANSWER";
/// Bytes of a request, an answer or a notice at most; an honest one has a few hundred.
pub const MESSAGE_MAX: usize = 16 * 1024;
/// What the shop answers to a notice that it kept.
pub const SUCCESS: &str = "success";
/// The shop's name at the gateway.
pub const MERCHANT: &str = "qiangke-demo";

/// What the gateway can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayCall {
    Query,
    Close,
    Refund,
    QueryRefund,
}

impl GatewayCall {
    /// Every call.
    pub const ALL: [Self; 4] = [Self::Query, Self::Close, Self::Refund, Self::QueryRefund];

    /// Its name in the path.
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Close => "close",
            Self::Refund => "refund",
            Self::QueryRefund => "query_refund",
        }
    }

    /// The call of a path's last part.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|call| call.name() == name)
    }

    /// Its path.
    pub fn path(self) -> String {
        format!("{API}{}", self.name())
    }
}

/// What a call is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayRequest {
    pub out_trade_no: String,
    /// For calls about a refund.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<RefundOrder>,
}

/// What a call came to. It names what it is about, so that it can't answer another call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayAnswer<T> {
    pub out_trade_no: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_no: Option<String>,
    pub outcome: T,
}

/// A payment as the link to the page says it; the gateway hears of it by that alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayOffer {
    pub out_trade_no: String,
    pub amount: Fen,
    pub subject: String,
    pub expires_at: Millis,
    pub lang: Lang,
    /// Where the browser goes after an action.
    pub return_url: String,
    /// Where notices go.
    pub notify_url: String,
}

/// A notice on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct NoticeBody {
    merchant: String,
    notice_id: String,
    out_trade_no: String,
    receipt: Option<Receipt>,
}

/// The JSON of a notice to a merchant.
pub fn notice_body(notice: &Notice, merchant: &str) -> String {
    let Notice {
        notice_id,
        out_trade_no,
        receipt,
    } = notice.clone();
    let body = NoticeBody {
        merchant: merchant.to_owned(),
        notice_id,
        out_trade_no,
        receipt,
    };
    // Texts and numbers: nothing that JSON could not hold.
    serde_json::to_string(&body).unwrap_or_default()
}

/// Reads a notice whose signature is right.
///
/// # Errors
/// [`NoticeRefused::Malformed`] or [`NoticeRefused::Foreign`].
pub fn read_notice(body: &[u8]) -> Result<Notice, NoticeRefused> {
    if body.len() > MESSAGE_MAX {
        return Err(NoticeRefused::Malformed);
    }
    let NoticeBody {
        merchant,
        notice_id,
        out_trade_no,
        receipt,
    } = serde_json::from_slice(body).map_err(|_| NoticeRefused::Malformed)?;
    if merchant != MERCHANT {
        return Err(NoticeRefused::Foreign);
    }
    let is_whole = is_name(&notice_id)
        && is_name(&out_trade_no)
        && receipt
            .as_ref()
            .is_none_or(|receipt| receipt.is_of(&out_trade_no));
    is_whole
        .then_some(Notice {
            notice_id,
            out_trade_no,
            receipt,
        })
        .ok_or(NoticeRefused::Malformed)
}

/// An offer as a query that the shop signed; `None` when it can't be written as one.
pub fn sign_offer(key: &MockKey, offer: &PayOffer) -> Option<String> {
    let query = serde_urlencoded::to_string(offer).ok()?;
    let sign = key.sign(of_query(&query));
    Some(format!("{query}&sign={sign}"))
}

/// The offer of a query; `None` when this key did not sign it.
pub fn read_offer(key: &MockKey, query: &str) -> Option<PayOffer> {
    let (query, sign) = query.rsplit_once("&sign=")?;
    key.is_signed(of_query(query), sign)
        .then(|| serde_urlencoded::from_str(query).ok())
        .flatten()
}

/// A link has no time of its own: it is good until the payment's end, which stands in it.
fn of_query(query: &str) -> MockMessage<'_> {
    MockMessage {
        method: "GET",
        path: PAY,
        at_s: 0,
        body: query.as_bytes(),
    }
}
