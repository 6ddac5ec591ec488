//! WeChat Pay, version 3 of its interface: QR codes for a desktop (Native), links for a phone (H5),
//! queries, closing, refunds, and notices.
//!
//! - What it answers with 2xx is believed when the platform signed it, over its raw bytes. What it
//!   refuses (4xx) it need not sign: such an answer never says that money was taken or went back.
//! - A payment and a refund each have one name, so that asking twice takes and returns money once.
//! - A state or a code that is not known, a fault, a limit of frequency: nothing is known.

mod answer;
mod codes;
pub mod keys;
mod notice;
mod request;
pub mod sign;
#[cfg(test)]
mod tests;

pub use answer::WechatNames;
pub use codes::MEANINGS;
pub use notice::{read_opened, read_verified};

use self::{
    answer::{BadTrade, H5Place, QrPlace, TradeAnswer, TradeStanding, WechatRefund},
    codes::WechatRefusal,
    keys::{NoticeKey, OwnKey, PlatformKeys},
    request::{RefundRequest, TradeOrder, is_refund_no, is_trade_no},
    sign::{BridgeFields, NotSigned, WechatRequest, seconds},
};
use super::{
    client, qr,
    terms::{
        Ack, Closed, NewPayment, Notice, NoticeRefused, PaymentError, Queried, RefundAnswer,
        RefundOrder, UnknownAnswer,
    },
};
use crate::{
    server::outbound::{self, Lost},
    types::{
        hex::hex,
        payment::{PayKind, PayWay},
        time::Millis,
    },
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Method};
use serde::{Serialize, de::DeserializeOwned};
use std::sync::Arc;

/// Where the platform is.
pub const GATEWAY: &str = "https://api.mch.weixin.qq.com";
/// Where the shop takes notices.
pub const NOTIFY: &str = "/pay/notify/wechat";
/// The origin of the page that a phone passes on its way to the app.
const H5_ORIGIN: &str = "https://wx.tenpay.com";
/// Bytes of an answer at most; an honest one has 2,000.
const ANSWER_MAX: usize = 32 * 1024;
/// Characters of WeChat Pay's own words in the log.
const MESSAGE_SHOWN: usize = 200;

/// Where platform and shop are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WechatPlaces {
    /// The origin of the platform, [`GATEWAY`] but in tests.
    pub gateway: String,
    /// The origin of the shop: https, since notices come there.
    pub shop: String,
}

/// What the merchant has a contract for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WechatProduct {
    /// A QR code, which WeChat on a phone reads (Native支付).
    Native,
    /// A link, which opens WeChat from a phone's browser (H5支付).
    H5,
}

/// The keys of both sides.
#[derive(Debug)]
pub struct WechatKeys {
    pub own: OwnKey,
    pub platform: PlatformKeys,
    pub notice: NoticeKey,
}

/// WeChat Pay, ready to be asked. A copy shares keys and client.
#[derive(Clone, Debug)]
pub struct WechatPay {
    names: WechatNames,
    places: WechatPlaces,
    products: Vec<WechatProduct>,
    keys: Arc<WechatKeys>,
    notify_url: String,
    client: Client,
}

/// What came back, signed where it must be.
enum Answer {
    /// 2xx.
    Said(StatusCode, Vec<u8>),
    /// Any other status.
    Refused(StatusCode, WechatRefusal),
}

impl WechatPay {
    /// WeChat Pay for a merchant; the network is not touched.
    ///
    /// # Errors
    /// No client can be made: most often the system's certificates are missing.
    pub fn new(
        names: WechatNames,
        places: WechatPlaces,
        products: Vec<WechatProduct>,
        keys: WechatKeys,
    ) -> reqwest::Result<Self> {
        Ok(Self {
            notify_url: format!("{}{NOTIFY}", places.shop),
            names,
            places,
            products,
            keys: Arc::new(keys),
            client: client()?,
        })
    }

    /// The origins of pages that it is paid on; codes have none.
    pub(super) fn origins(&self) -> Vec<&str> {
        let has_links = self.products.contains(&WechatProduct::H5);
        has_links.then_some(H5_ORIGIN).into_iter().collect()
    }

    /// Makes a payment: a QR code, or a link for a phone if there is a contract for it. The link is good
    /// for five minutes, and is made anew when the student asks again.
    pub(super) async fn create(
        &self,
        way: PayKind,
        payment: &NewPayment,
        now: Millis,
    ) -> Result<PayWay, PaymentError> {
        if !is_trade_no(&payment.out_trade_no) {
            return Err(unreadable());
        }
        let phone = payment
            .phone
            .filter(|_| way == PayKind::Link && self.products.contains(&WechatProduct::H5));
        let order = TradeOrder::new(&self.names, &self.notify_url, payment, phone);
        let product = if phone.is_some() { "h5" } else { "native" };
        let path = format!("/v3/pay/transactions/{product}");
        let body = match self.ask(Method::POST, &path, &json(&order)?, now).await? {
            Answer::Said(_, body) => body,
            Answer::Refused(status, words) => return Err(unknown(status, &words)),
        };
        if phone.is_none() {
            let text = read::<QrPlace>(&body)?.text().ok_or_else(unreadable)?;
            return qr::way(text);
        }
        let url = read::<H5Place>(&body)?.url().ok_or_else(unreadable)?;
        let back = format!("{}{}", self.places.shop, payment.return_path);
        let back = utf8_percent_encode(&back, NON_ALPHANUMERIC);
        let separator = if url.contains('?') { '&' } else { '?' };
        Ok(PayWay::Link {
            url: format!("{url}{separator}redirect_url={back}"),
        })
    }

    pub(super) fn read_notice(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Millis,
    ) -> Result<Notice, NoticeRefused> {
        let keys = (&self.keys.platform, &self.keys.notice);
        notice::read(keys, &self.names, headers, body, now)
    }

    pub(super) async fn query(
        &self,
        out_trade_no: &str,
        now: Millis,
    ) -> Result<Queried, PaymentError> {
        let path = format!("{}?mchid={}", trade_path(out_trade_no)?, self.names.mch_id);
        match self.ask(Method::GET, &path, "", now).await? {
            Answer::Said(_, body) => read_queried(&self.names, out_trade_no, &body),
            Answer::Refused(StatusCode::NOT_FOUND, words) if words.is_not_there() => {
                Ok(Queried::NeverMade)
            }
            Answer::Refused(status, words) => Err(unknown(status, &words)),
        }
    }

    /// Closes a payment. What a refusal means is asked after: the student may have paid since the last
    /// query, and the documents name no code for that.
    pub(super) async fn close(
        &self,
        out_trade_no: &str,
        now: Millis,
    ) -> Result<Closed, PaymentError> {
        let path = format!("{}/close", trade_path(out_trade_no)?);
        let body = json(&serde_json::json!({ "mchid": self.names.mch_id }))?;
        match self.ask(Method::POST, &path, &body, now).await? {
            Answer::Said(StatusCode::NO_CONTENT, _) => Ok(Closed::Closed),
            Answer::Said(status, _) => Err(PaymentError(UnknownAnswer::Status(status.as_u16()))),
            Answer::Refused(status, words)
                if matches!(
                    status,
                    StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND
                ) =>
            {
                match self.query(out_trade_no, now).await? {
                    Queried::Paid(_) => Ok(Closed::AlreadyPaid),
                    Queried::Closed => Ok(Closed::Closed),
                    Queried::NeverMade => Ok(Closed::NeverMade),
                    Queried::Unpaid => Err(unknown(status, &words)),
                }
            }
            Answer::Refused(status, words) => Err(unknown(status, &words)),
        }
    }

    pub(super) async fn refund(
        &self,
        refund: &RefundOrder,
        now: Millis,
    ) -> Result<RefundAnswer, PaymentError> {
        if !is_trade_no(&refund.out_trade_no) || !is_refund_no(&refund.refund_no) {
            return Err(unreadable());
        }
        let body = json(&RefundRequest::new(refund))?;
        match self.ask(Method::POST, REFUNDS, &body, now).await? {
            Answer::Said(_, body) => read_refunded(refund, &body),
            Answer::Refused(status, words) if status.is_client_error() => words
                .refused_refund()
                .map(|why| RefundAnswer::Failed(why.to_owned()))
                .ok_or_else(|| unknown(status, &words)),
            Answer::Refused(status, words) => Err(unknown(status, &words)),
        }
    }

    pub(super) async fn query_refund(
        &self,
        refund: &RefundOrder,
        now: Millis,
    ) -> Result<RefundAnswer, PaymentError> {
        if !is_refund_no(&refund.refund_no) {
            return Err(unreadable());
        }
        let path = format!("{REFUNDS}/{}", refund.refund_no);
        match self.ask(Method::GET, &path, "", now).await? {
            Answer::Said(_, body) => read_refunded(refund, &body),
            Answer::Refused(StatusCode::NOT_FOUND, words) if words.is_not_there() => {
                Ok(RefundAnswer::NeverMade)
            }
            Answer::Refused(status, words) => Err(unknown(status, &words)),
        }
    }

    /// What a page inside WeChat needs to ask for a payment of this id (JSAPI).
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn bridge(&self, prepay_id: &str, now: Millis) -> Result<BridgeFields, PaymentError> {
        let nonce = nonce()?;
        let (app_id, own) = (&self.names.app_id, &self.keys.own);
        BridgeFields::sign(app_id, seconds(now), &nonce, prepay_id, own).ok_or_else(no_random)
    }

    /// Asks once. A refusal is read as far as it is JSON; one that is signed wrongly is no answer.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: &str,
        now: Millis,
    ) -> Result<Answer, PaymentError> {
        let nonce = nonce()?;
        let request = WechatRequest {
            method: method.as_str(),
            path,
            at_s: seconds(now),
            nonce: &nonce,
            body,
        };
        let authorization = request
            .authorization(&self.names.mch_id, &self.keys.own)
            .and_then(|value| HeaderValue::try_from(value).ok())
            .map(|mut value| {
                value.set_sensitive(true);
                value
            })
            .ok_or_else(no_random)?;
        let json = HeaderValue::from_static("application/json");
        let mut sent = self
            .client
            .request(method, format!("{}{path}", self.places.gateway))
            .header(header::AUTHORIZATION, authorization)
            .header(header::ACCEPT, json.clone());
        if let Some(id) = self.keys.platform.public() {
            sent = sent.header(sign::SERIAL, id);
        }
        if !body.is_empty() {
            sent = sent
                .header(header::CONTENT_TYPE, json)
                .body(body.to_owned());
        }
        let response = sent.send().await.map_err(Lost::from)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = outbound::body(response, ANSWER_MAX).await?;
        if status.is_success() || sign::is_signed(&headers) {
            sign::verify(&self.keys.platform, &headers, &body, now).map_err(not_signed)?;
        }
        if status.is_success() {
            return Ok(Answer::Said(status, body));
        }
        let words: WechatRefusal = serde_json::from_slice(&body).unwrap_or_default();
        // That something is not there yet is no fault.
        if !words.is_not_there() {
            log(status, path, &words);
        }
        Ok(Answer::Refused(status, words))
    }
}

const REFUNDS: &str = "/v3/refund/domestic/refunds";

/// What WeChat Pay wants to hear once its notice was kept.
pub(super) fn ack() -> Ack {
    Ack {
        status: 200,
        content_type: "application/json",
        body: b"{\"code\":\"SUCCESS\",\"message\":\"\"}",
    }
}

/// What the body of an answer to a question says, which the platform signed.
///
/// # Errors
/// [`UnknownAnswer::Unreadable`]: it is of another form, or about something else.
pub fn read_queried(
    names: &WechatNames,
    out_trade_no: &str,
    body: &[u8],
) -> Result<Queried, PaymentError> {
    let trade: TradeAnswer = read(body)?;
    if trade.out_trade_no() != out_trade_no {
        return Err(unreadable());
    }
    let state = trade.state(names).map_err(|why| match why {
        BadTrade::Foreign | BadTrade::Malformed | BadTrade::Currency => unreadable(),
    })?;
    if state == TradeStanding::Refunded {
        tracing::error!(
            out_trade_no,
            "money of an open payment went back, and not by this shop: it counts as closed"
        );
    }
    Ok(state.queried())
}

/// What the body of an answer about a refund says, which the platform signed.
///
/// # Errors
/// [`UnknownAnswer::Unreadable`]: it is of another form, or about something else.
pub fn read_refunded(refund: &RefundOrder, body: &[u8]) -> Result<RefundAnswer, PaymentError> {
    read::<WechatRefund>(body)?.answer(refund)
}

fn trade_path(out_trade_no: &str) -> Result<String, PaymentError> {
    is_trade_no(out_trade_no)
        .then(|| format!("/v3/pay/transactions/out-trade-no/{out_trade_no}"))
        .ok_or_else(unreadable)
}

/// 32 characters that no request before had.
fn nonce() -> Result<String, PaymentError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| no_random())?;
    Ok(hex(&bytes))
}

fn json(value: &impl Serialize) -> Result<String, PaymentError> {
    serde_json::to_string(value).map_err(|_| unreadable())
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, PaymentError> {
    serde_json::from_slice(body).map_err(|_| unreadable())
}

/// WeChat Pay's own words, which say more than a code; they hold no key and no signature.
fn log(status: StatusCode, path: &str, words: &WechatRefusal) {
    let shown = |text: &str| -> String {
        text.chars()
            .filter(|char| !char.is_control())
            .take(MESSAGE_SHOWN)
            .collect()
    };
    let (code, message) = (shown(&words.code), shown(&words.message));
    let path = path.split('?').next().unwrap_or_default();
    tracing::warn!(
        status = status.as_u16(),
        path,
        code,
        message,
        "WeChat Pay refuses"
    );
}

fn unknown(status: StatusCode, words: &WechatRefusal) -> PaymentError {
    PaymentError(words.meaning().map_or(
        UnknownAnswer::Status(status.as_u16()),
        UnknownAnswer::Refused,
    ))
}

fn not_signed(why: NotSigned) -> PaymentError {
    PaymentError(match why {
        NotSigned::Wrong | NotSigned::Probe => UnknownAnswer::Unsigned,
        NotSigned::UnknownKey => UnknownAnswer::UnknownKey,
        NotSigned::Stale => UnknownAnswer::OffTime,
    })
}

fn unreadable() -> PaymentError {
    PaymentError(UnknownAnswer::Unreadable)
}

fn no_random() -> PaymentError {
    PaymentError(UnknownAnswer::NoRandom)
}
