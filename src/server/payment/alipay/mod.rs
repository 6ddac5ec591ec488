//! Alipay: its gateway (version 2, RSA2, public-key mode), asked over HTTPS.
//!
//! - What Alipay says is believed when its public key signed it: a notice over its decoded fields, an
//!   answer over the bytes that stand in it.
//! - A payment is a link or a QR code until its student opens it. Before that Alipay has not heard of
//!   it, and that it has not heard of it proves nothing before the payment's end.
//! - An answer that says neither yes nor no is an error.

mod account;
mod answer;
mod envelope;
mod key;
mod notice;
mod request;
#[cfg(test)]
mod tests;

pub use self::{
    account::{AlipayAccount, AlipayProduct},
    answer::{read_queried, read_refund_queried},
    envelope::signed_part,
    key::{AlipayAppKey, AlipayKeyError, AlipayPublicKey},
    notice::read_verified,
};

use self::request::{
    AlipayCall, AlipayParameters, AlipayTrade, AlipayTradeNamed, encode, on_clock,
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
        payment::{PayKind, PayWay},
        time::Millis,
    },
};
use http::{HeaderValue, header};
use jiff::{civil::DateTime, tz};
use reqwest::{Client, StatusCode};
use serde::Serialize;

/// Where the shop takes Alipay's notices.
pub const NOTIFY: &str = "/pay/notify/alipay";
/// Bytes of an answer at most; an honest one has 3,000.
const ANSWER_MAX: usize = 64 * 1024;
/// Characters of what is paid for; Alipay takes 256.
const SUBJECT_MAX: usize = 64;
/// Hours that China's clock is ahead of UTC.
const CHINA_H: i8 = 8;

/// Alipay, ready to be asked. A copy shares keys and client.
#[derive(Clone, Debug)]
pub struct Alipay {
    account: AlipayAccount,
    own: AlipayAppKey,
    public: AlipayPublicKey,
    client: Client,
}

impl Alipay {
    /// Alipay with this account; the network is not touched.
    ///
    /// # Errors
    /// No client can be made: most often the system's certificates are missing.
    pub fn new(
        account: AlipayAccount,
        own: AlipayAppKey,
        public: AlipayPublicKey,
    ) -> reqwest::Result<Self> {
        Ok(Self {
            account,
            own,
            public,
            client: client()?,
        })
    }

    /// Where the page is, with every redirect on the way to it.
    pub(super) fn origin(&self) -> &str {
        match self.account.gateway.as_str() {
            gateway if gateway.starts_with("https://openapi.alipay.com/") => "https://*.alipay.com",
            gateway if gateway.starts_with("https://") => "https://*.alipaydev.com",
            gateway => gateway.strip_suffix("/gateway.do").unwrap_or(gateway),
        }
    }

    /// Whether it can be asked for a way to pay: one without a contract gives what there is one for.
    pub(super) fn takes(&self, way: PayKind) -> bool {
        match way {
            PayKind::Link => true,
            PayKind::Qr => self.account.products.contains(&AlipayProduct::Qr),
        }
    }

    /// A page's link asks nobody; a QR code is Alipay's, which is asked for it.
    pub(super) async fn create(
        &self,
        way: PayKind,
        payment: &NewPayment,
        now: Millis,
    ) -> Result<PayWay, PaymentError> {
        let back = format!("{}{}", self.account.shop, payment.return_path);
        let trade = |product_code, quit_url| AlipayTrade {
            out_trade_no: &payment.out_trade_no,
            total_amount: payment.amount.to_string(),
            subject: subject(&payment.subject),
            product_code,
            time_expire: on_clock(payment.expires_at),
            quit_url,
        };
        match self.account.product(way, payment.phone.is_some()) {
            AlipayProduct::Page => {
                let trade = trade(Some("FAST_INSTANT_TRADE_PAY"), None);
                self.link(AlipayCall::PagePay, &trade, &back, now)
            }
            AlipayProduct::Wap => {
                let trade = trade(Some("QUICK_WAP_WAY"), Some(back.as_str()));
                self.link(AlipayCall::WapPay, &trade, &back, now)
            }
            AlipayProduct::Qr => {
                let trade = trade(None, None);
                let answer = self.ask(AlipayCall::Precreate, &trade, now).await?;
                qr::way(answer.qr(&payment.out_trade_no)?)
            }
        }
    }

    pub(super) fn read_notice(&self, body: &[u8]) -> Result<Notice, NoticeRefused> {
        notice::read(&self.account, &self.public, body)
    }

    pub(super) async fn query(
        &self,
        out_trade_no: &str,
        now: Millis,
    ) -> Result<Queried, PaymentError> {
        let content = named(out_trade_no);
        let answer = self.ask(AlipayCall::Query, &content, now).await?;
        answer.queried(out_trade_no)
    }

    pub(super) async fn close(
        &self,
        out_trade_no: &str,
        now: Millis,
    ) -> Result<Closed, PaymentError> {
        let content = named(out_trade_no);
        let answer = self.ask(AlipayCall::Close, &content, now).await?;
        answer.closed(out_trade_no)
    }

    pub(super) async fn refund(
        &self,
        refund: &RefundOrder,
        now: Millis,
    ) -> Result<RefundAnswer, PaymentError> {
        let content = AlipayTradeNamed {
            out_request_no: Some(&refund.refund_no),
            refund_amount: Some(refund.amount.to_string()),
            ..named(&refund.out_trade_no)
        };
        let answer = self.ask(AlipayCall::Refund, &content, now).await?;
        answer.refunded(refund)
    }

    pub(super) async fn query_refund(
        &self,
        refund: &RefundOrder,
        now: Millis,
    ) -> Result<RefundAnswer, PaymentError> {
        let content = AlipayTradeNamed {
            out_request_no: Some(&refund.refund_no),
            ..named(&refund.out_trade_no)
        };
        let answer = self.ask(AlipayCall::QueryRefund, &content, now).await?;
        answer.refund_queried(refund)
    }

    /// A signed address that a browser opens.
    fn link(
        &self,
        call: AlipayCall,
        trade: &AlipayTrade<'_>,
        back: &str,
        now: Millis,
    ) -> Result<PayWay, PaymentError> {
        let signed = self.signed(call, trade, now, Some(back))?;
        Ok(PayWay::Link {
            url: format!("{}?{}", self.account.gateway, encode(&signed)),
        })
    }

    /// Asks once, and reads an answer that Alipay signed.
    async fn ask(
        &self,
        call: AlipayCall,
        content: &impl Serialize,
        now: Millis,
    ) -> Result<answer::AlipayAnswer, PaymentError> {
        let signed = self.signed(call, content, now, None)?;
        // As its own libraries do: what is the same in every call stands in the address.
        let (content, common): (AlipayParameters, AlipayParameters) = signed
            .into_iter()
            .partition(|(name, _)| *name == "biz_content");
        let url = format!("{}?{}", self.account.gateway, encode(&common));
        let form = HeaderValue::from_static("application/x-www-form-urlencoded;charset=utf-8");
        let request = self.client.post(url).header(header::CONTENT_TYPE, form);
        let sent = request.body(encode(&content)).send().await;
        let response = sent.map_err(Lost::from)?;
        if response.status() != StatusCode::OK {
            let status = response.status().as_u16();
            return Err(PaymentError(UnknownAnswer::Status(status)));
        }
        let body = outbound::body(response, ANSWER_MAX).await?;
        answer::read(&self.public, call, &body)
    }

    /// The signed parameters of a call; one that makes a payment says where notices go.
    fn signed(
        &self,
        call: AlipayCall,
        content: &impl Serialize,
        now: Millis,
        back: Option<&str>,
    ) -> Result<AlipayParameters, PaymentError> {
        let unreadable = PaymentError(UnknownAnswer::Unreadable);
        let mut parameters =
            request::parameters(&self.account, call, content, now).ok_or(unreadable)?;
        if call.makes_a_payment() {
            let notify = format!("{}{NOTIFY}", self.account.shop);
            parameters.insert("notify_url", notify);
        }
        if let Some(back) = back {
            parameters.insert("return_url", back.to_owned());
        }
        request::sign(&self.own, parameters).ok_or(unreadable)
    }
}

/// What Alipay wants to hear once its notice was kept.
pub(super) fn ack() -> Ack {
    Ack {
        status: 200,
        content_type: "text/plain; charset=utf-8",
        body: b"success",
    }
}

fn named(out_trade_no: &str) -> AlipayTradeNamed<'_> {
    AlipayTradeNamed {
        out_trade_no,
        out_request_no: None,
        refund_amount: None,
    }
}

/// What is paid for, without the characters that Alipay takes for its own.
fn subject(text: &str) -> String {
    let plain = |c: char| {
        if c.is_control() || matches!(c, '/' | '=' | '&') {
            ' '
        } else {
            c
        }
    };
    text.chars().map(plain).take(SUBJECT_MAX).collect()
}

/// A moment as Alipay writes it: `2026-11-29 20:00:00`, on the clock of China.
fn time_of(text: &str) -> Option<Millis> {
    let time = DateTime::strptime("%Y-%m-%d %H:%M:%S%.f", text).ok()?;
    let at = tz::offset(CHINA_H).to_timestamp(time).ok()?;
    Some(Millis(at.as_millisecond()))
}
