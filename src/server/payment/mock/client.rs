//! The shop's side of the mock gateway.

use super::{
    signature::{BadMessage, MockKey},
    wire::{self, ANSWER, GatewayAnswer, GatewayCall, GatewayRequest, MESSAGE_MAX, NOTIFY, PAY},
};
use crate::{
    server::{
        outbound::{self, Lost},
        payment::{
            client, qr,
            terms::{
                Ack, Closed, NewPayment, Notice, NoticeRefused, PaymentError, Queried,
                RefundAnswer, RefundOrder, UnknownAnswer,
            },
        },
    },
    types::{
        payment::{PayKind, PayWay},
        time::Millis,
    },
};
use http::{HeaderMap, HeaderValue, header};
use reqwest::{Client, StatusCode};
use serde::de::DeserializeOwned;

/// Characters of what is paid for, as the link says it: more would make a long address.
const SUBJECT_MAX: usize = 64;
/// The same of a link in a QR code, whose modules would be too small to be read.
const QR_SUBJECT_MAX: usize = 8;

/// Where gateway and shop are; each an origin, like `http://127.0.0.1:3000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MockPlaces {
    /// Where the shop asks the gateway.
    pub gateway: String,
    /// Where browsers find the gateway's page.
    pub page: String,
    /// Where browsers find the shop.
    pub shop: String,
    /// Where the gateway finds the shop.
    pub notified: String,
}

/// The mock gateway, ready to be asked. A copy shares the client.
#[derive(Clone, Debug)]
pub struct MockClient {
    places: MockPlaces,
    key: MockKey,
    client: Client,
}

impl MockClient {
    /// The gateway at these places; the network is not touched.
    ///
    /// # Errors
    /// No client can be made: most often the system's certificates are missing.
    pub fn new(places: MockPlaces, key: MockKey) -> reqwest::Result<Self> {
        Ok(Self {
            places,
            key,
            client: client()?,
        })
    }

    /// Where browsers find the page.
    pub(in crate::server::payment) fn origin(&self) -> &str {
        &self.places.page
    }

    /// The link to the page. The gateway hears of the payment when the student opens it.
    pub(in crate::server::payment) fn create(
        &self,
        way: PayKind,
        payment: &NewPayment,
    ) -> Result<PayWay, PaymentError> {
        let subject_max = match way {
            PayKind::Link => SUBJECT_MAX,
            PayKind::Qr => QR_SUBJECT_MAX,
        };
        let MockPlaces {
            page,
            shop,
            notified,
            ..
        } = &self.places;
        let offer = wire::PayOffer {
            out_trade_no: payment.out_trade_no.clone(),
            amount: payment.amount,
            subject: payment.subject.chars().take(subject_max).collect(),
            expires_at: payment.expires_at,
            lang: payment.lang,
            return_url: format!("{shop}{}", payment.return_path),
            notify_url: format!("{notified}{NOTIFY}"),
        };
        let query =
            wire::sign_offer(&self.key, &offer).ok_or(PaymentError(UnknownAnswer::Unreadable))?;
        let url = format!("{page}{PAY}?{query}");
        match way {
            PayKind::Link => Ok(PayWay::Link { url }),
            PayKind::Qr => qr::way(url),
        }
    }

    pub(in crate::server::payment) fn read_notice(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Millis,
    ) -> Result<Notice, NoticeRefused> {
        self.key
            .verify("POST", NOTIFY, headers, body, now)
            .map_err(|why| match why {
                BadMessage::Forged => NoticeRefused::BadSignature,
                BadMessage::Stale => NoticeRefused::Stale,
            })?;
        wire::read_notice(body)
    }

    pub(in crate::server::payment) async fn query(
        &self,
        out_trade_no: &str,
        now: Millis,
    ) -> Result<Queried, PaymentError> {
        let answer = self
            .ask(GatewayCall::Query, about(out_trade_no), now)
            .await?;
        match &answer {
            Queried::Paid(receipt) if !receipt.is_of(out_trade_no) => {
                Err(PaymentError(UnknownAnswer::Unreadable))
            }
            Queried::Paid(_) | Queried::Unpaid | Queried::Closed | Queried::NeverMade => Ok(answer),
        }
    }

    pub(in crate::server::payment) async fn close(
        &self,
        out_trade_no: &str,
        now: Millis,
    ) -> Result<Closed, PaymentError> {
        self.ask(GatewayCall::Close, about(out_trade_no), now).await
    }

    pub(in crate::server::payment) async fn refund(
        &self,
        refund: &RefundOrder,
        now: Millis,
    ) -> Result<RefundAnswer, PaymentError> {
        self.ask(GatewayCall::Refund, about_refund(refund), now)
            .await
    }

    pub(in crate::server::payment) async fn query_refund(
        &self,
        refund: &RefundOrder,
        now: Millis,
    ) -> Result<RefundAnswer, PaymentError> {
        self.ask(GatewayCall::QueryRefund, about_refund(refund), now)
            .await
    }

    /// Asks once, and believes an answer that the gateway signed for this call, about this payment.
    async fn ask<T: DeserializeOwned>(
        &self,
        call: GatewayCall,
        request: GatewayRequest,
        now: Millis,
    ) -> Result<T, PaymentError> {
        let unreadable = || PaymentError(UnknownAnswer::Unreadable);
        let path = call.path();
        let body = serde_json::to_vec(&request).map_err(|_| unreadable())?;
        let mut fields = self.key.fields("POST", &path, &body, now);
        fields.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        let url = format!("{}{path}", self.places.gateway);
        let sent = self.client.post(url).headers(fields).body(body).send();
        let response = sent.await.map_err(Lost::from)?;
        if response.status() != StatusCode::OK {
            return Err(PaymentError(UnknownAnswer::Status(
                response.status().as_u16(),
            )));
        }
        let headers = response.headers().clone();
        let body = outbound::body(response, MESSAGE_MAX).await?;
        self.key
            .verify(ANSWER, &path, &headers, &body, now)
            .map_err(|_| PaymentError(UnknownAnswer::Unsigned))?;
        let answer: GatewayAnswer<T> = serde_json::from_slice(&body).map_err(|_| unreadable())?;
        let refund_no = request.refund.map(|refund| refund.refund_no);
        if answer.out_trade_no != request.out_trade_no || answer.refund_no != refund_no {
            return Err(unreadable());
        }
        Ok(answer.outcome)
    }
}

/// What the gateway wants to hear once its notice was kept.
pub(in crate::server::payment) fn ack() -> Ack {
    Ack {
        status: 200,
        content_type: "text/plain; charset=utf-8",
        body: wire::SUCCESS.as_bytes(),
    }
}

fn about(out_trade_no: &str) -> GatewayRequest {
    GatewayRequest {
        out_trade_no: out_trade_no.to_owned(),
        refund: None,
    }
}

fn about_refund(refund: &RefundOrder) -> GatewayRequest {
    GatewayRequest {
        out_trade_no: refund.out_trade_no.clone(),
        refund: Some(refund.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::signature::KEY_BYTES, *};
    use crate::{
        server::payment::terms::Receipt,
        types::{lang::Lang, money::Fen},
    };

    const NOW: Millis = Millis(1_795_348_800_000);

    fn key() -> MockKey {
        MockKey::new(&[7; KEY_BYTES])
    }

    fn gateway() -> MockClient {
        let places = MockPlaces {
            gateway: "http://127.0.0.1:1".into(),
            page: "http://localhost:1".into(),
            shop: "http://localhost:2".into(),
            notified: "http://127.0.0.1:2".into(),
        };
        MockClient::new(places, key()).expect("a client")
    }

    fn notice() -> Notice {
        Notice {
            notice_id: "N1".into(),
            out_trade_no: "Q1x1".into(),
            receipt: Some(Receipt {
                out_trade_no: "Q1x1".into(),
                gateway_no: "M1".into(),
                amount: Fen(990),
                paid_at: NOW,
            }),
        }
    }

    /// What the shop makes of a body that the gateway signed.
    fn read(body: &str) -> Result<Notice, NoticeRefused> {
        let fields = key().fields("POST", NOTIFY, body.as_bytes(), NOW);
        gateway().read_notice(&fields, body.as_bytes(), NOW)
    }

    #[test]
    fn a_notice_says_what_the_gateway_signed() {
        let of_nothing = Notice {
            receipt: None,
            ..notice()
        };
        for notice in [notice(), of_nothing] {
            let body = wire::notice_body(&notice, wire::MERCHANT);
            assert_eq!(read(&body), Ok(notice));
        }
    }

    #[test]
    fn a_notice_with_any_changed_byte_is_refused() {
        let body = wire::notice_body(&notice(), wire::MERCHANT).into_bytes();
        let fields = key().fields("POST", NOTIFY, &body, NOW);
        for at in 0..body.len() {
            let mut changed = body.clone();
            changed[at] ^= 1;
            assert_eq!(
                key().verify("POST", NOTIFY, &fields, &changed, NOW),
                Err(BadMessage::Forged),
                "at {at}"
            );
        }
        let read = |body: &[u8], now| gateway().read_notice(&fields, body, now);
        assert_eq!(read(&body[1..], NOW), Err(NoticeRefused::BadSignature));
        assert_eq!(read(&body, NOW.plus(300_000)), Err(NoticeRefused::Stale));
    }

    #[test]
    fn a_signed_notice_must_be_ours_and_whole() {
        let foreign = wire::notice_body(&notice(), "other");
        assert_eq!(read(&foreign), Err(NoticeRefused::Foreign));
        let body = wire::notice_body(&notice(), wire::MERCHANT);
        let huge = body.clone() + &" ".repeat(MESSAGE_MAX);
        for (body, what) in [
            (huge.as_str(), "huge"),
            ("", "empty"),
            ("{}", "no fields"),
            (&body[..body.len() - 1], "cut"),
            (&body.replace("9.90", "0.00"), "no money"),
            (&body.replace("9.90", "9.999"), "no amount"),
            (&body.replacen("Q1x1", "Q2x1", 1), "two trades"),
            (&body.replace("\"M1\"", "\"\""), "no name"),
            (&body.replace("\"N1\"", "\"a b\""), "a blank"),
            (&body.replace("\"N1\"", "\"\\u0000\""), "a zero"),
        ] {
            assert_eq!(read(body), Err(NoticeRefused::Malformed), "{what}");
        }
    }

    #[test]
    fn a_link_says_the_payment_and_can_not_be_changed() {
        let payment = NewPayment {
            out_trade_no: "Q1x1".into(),
            amount: Fen(990),
            subject: "从零开始".repeat(100),
            expires_at: NOW,
            lang: Lang::En,
            phone: None,
            return_path: "/en/orders/1?back=1".into(),
        };
        let Ok(PayWay::Link { url }) = gateway().create(PayKind::Link, &payment) else {
            panic!("a link");
        };
        let (place, query) = url.split_once('?').expect("a query");
        assert_eq!(place, "http://localhost:1/mock-gateway/pay");
        let offer = wire::read_offer(&key(), query).expect("an offer");
        assert_eq!(
            (offer.amount, offer.expires_at, offer.lang),
            (Fen(990), NOW, Lang::En)
        );
        assert_eq!(offer.return_url, "http://localhost:2/en/orders/1?back=1");
        assert_eq!(offer.notify_url, "http://127.0.0.1:2/pay/notify/mock");
        assert_eq!(offer.subject.chars().count(), SUBJECT_MAX);
        let cheaper = query.replace("amount=9.90", "amount=0.01");
        let unsigned = query.split("&sign=").next().expect("fields");
        for forged in [cheaper.as_str(), unsigned, "", "&sign="] {
            assert_eq!(wire::read_offer(&key(), forged), None, "{forged}");
        }
    }
}
