//! Payments: the seam to the providers that take money.
//!
//! - A provider is asked once for each call: nothing here tries again or follows a redirect. No call
//!   is made inside a transaction of the database.
//! - What is not known is an error, and never counts as failed.
//! - An answer or a notice is believed when its provider signed it, and it is about what was asked.
//! - No error, `Debug` form or log line of this room holds a key or a signed address.
//! - Every wait and every answer has a limit. The time is an argument.

pub mod alipay;
pub mod mock;
mod qr;
mod rsa;
mod terms;
pub mod wechat;

pub use self::terms::{
    Ack, Closed, NewPayment, Notice, NoticeRefused, PaymentError, Queried, Receipt, RefundAnswer,
    RefundOrder, UnknownAnswer,
};

use self::mock::{client::MockClient, server::MockGateway};
use crate::{
    server::outbound,
    types::{
        payment::{PayKind, PayWay, Provider},
        time::Millis,
    },
};
use http::HeaderMap;
use reqwest::Client;
use std::time::Duration;

/// How long a connection to a provider may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long its answer may take, connection and body included.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(8);

fn client() -> reqwest::Result<Client> {
    outbound::client(CONNECT_TIMEOUT, TOTAL_TIMEOUT)
}

/// Who takes money.
#[derive(Clone, Debug)]
pub enum Gateway {
    /// A gateway to try the shop out with.
    Mock(MockClient),
    Alipay(alipay::Alipay),
    /// 微信支付.
    Wechat(wechat::WechatPay),
}

/// The providers of a shop, chosen once at start; without one nothing can be paid.
#[derive(Clone, Debug, Default)]
pub struct Payments {
    gateways: Vec<Gateway>,
    /// The mock gateway, when this shop runs it itself.
    hosted: Option<MockGateway>,
}

impl Gateway {
    fn provider(&self) -> Provider {
        match self {
            Self::Mock(_) => Provider::Mock,
            Self::Alipay(_) => Provider::Alipay,
            Self::Wechat(_) => Provider::Wechat,
        }
    }

    /// Every origin that a browser passes on its way to the page that is paid on, redirects
    /// included; as a policy names it, so that `https://*.example` is one, too.
    fn origins(&self) -> Vec<&str> {
        match self {
            Self::Mock(mock) => vec![mock.origin()],
            Self::Alipay(alipay) => vec![alipay.origin()],
            Self::Wechat(wechat) => wechat.origins(),
        }
    }

    /// Whether it can be asked for a way to pay.
    fn takes(&self, way: PayKind) -> bool {
        match self {
            Self::Mock(_) => Provider::Mock.ways().contains(&way),
            Self::Alipay(alipay) => alipay.takes(way),
            Self::Wechat(_) => true,
        }
    }
}

impl Payments {
    /// These providers, in the order of choice.
    pub fn new(gateways: Vec<Gateway>) -> Self {
        Self {
            gateways,
            hosted: None,
        }
    }

    /// The same and one more, after the others.
    #[must_use]
    pub fn and(mut self, gateway: Gateway) -> Self {
        self.gateways.push(gateway);
        self
    }

    /// The same of a shop that runs the mock gateway itself.
    #[must_use]
    pub fn hosting(self, gateway: MockGateway) -> Self {
        Self {
            hosted: Some(gateway),
            ..self
        }
    }

    /// The mock gateway that this shop runs itself.
    pub fn hosted(&self) -> Option<&MockGateway> {
        self.hosted.as_ref()
    }

    /// Who takes money, in the order of choice; nobody: nothing can be paid.
    pub fn providers(&self) -> Vec<Provider> {
        self.gateways.iter().map(Gateway::provider).collect()
    }

    /// Whether a provider of this shop can be asked for a way to pay.
    pub fn takes(&self, provider: Provider, way: PayKind) -> bool {
        self.gateway(provider)
            .is_ok_and(|gateway| gateway.takes(way))
    }

    /// The origins that the forms of an order may lead to.
    pub fn origins(&self) -> Vec<&str> {
        self.gateways.iter().flat_map(Gateway::origins).collect()
    }

    /// Makes a payment at its provider, and says where the student pays it. The same payment may be
    /// made again: it has one name at the provider.
    ///
    /// # Errors
    /// [`PaymentError`]: whether the provider knows it is not known.
    pub async fn create(
        &self,
        provider: Provider,
        way: PayKind,
        payment: &NewPayment,
        now: Millis,
    ) -> Result<PayWay, PaymentError> {
        match self.gateway(provider)? {
            Gateway::Mock(mock) => mock.create(way, payment),
            Gateway::Alipay(alipay) => alipay.create(way, payment, now).await,
            Gateway::Wechat(wechat) => wechat.create(way, payment, now).await,
        }
    }

    /// Reads what a provider tells on its own: header fields and raw body.
    ///
    /// # Errors
    /// [`NoticeRefused`]; it may not be acknowledged.
    pub fn read_notice(
        &self,
        provider: Provider,
        headers: &HeaderMap,
        body: &[u8],
        now: Millis,
    ) -> Result<Notice, NoticeRefused> {
        match self.gateway(provider) {
            Ok(Gateway::Mock(mock)) => mock.read_notice(headers, body, now),
            Ok(Gateway::Alipay(alipay)) => alipay.read_notice(body),
            Ok(Gateway::Wechat(wechat)) => wechat.read_notice(headers, body, now),
            Err(PaymentError(_)) => Err(NoticeRefused::Foreign),
        }
    }

    /// What a provider knows of a payment.
    ///
    /// # Errors
    /// [`PaymentError`]: nothing is known.
    pub async fn query(
        &self,
        provider: Provider,
        out_trade_no: &str,
        now: Millis,
    ) -> Result<Queried, PaymentError> {
        match self.gateway(provider)? {
            Gateway::Mock(mock) => mock.query(out_trade_no, now).await,
            Gateway::Alipay(alipay) => alipay.query(out_trade_no, now).await,
            Gateway::Wechat(wechat) => wechat.query(out_trade_no, now).await,
        }
    }

    /// Asks a provider to take no money for a payment any more.
    ///
    /// # Errors
    /// [`PaymentError`]: whether it still takes money is not known.
    pub async fn close(
        &self,
        provider: Provider,
        out_trade_no: &str,
        now: Millis,
    ) -> Result<Closed, PaymentError> {
        match self.gateway(provider)? {
            Gateway::Mock(mock) => mock.close(out_trade_no, now).await,
            Gateway::Alipay(alipay) => alipay.close(out_trade_no, now).await,
            Gateway::Wechat(wechat) => wechat.close(out_trade_no, now).await,
        }
    }

    /// Asks a provider to pay money back; every try of a refund has its one name.
    ///
    /// # Errors
    /// [`PaymentError`]: whether it pays the money back is not known.
    pub async fn refund(
        &self,
        provider: Provider,
        refund: &RefundOrder,
        now: Millis,
    ) -> Result<RefundAnswer, PaymentError> {
        match self.gateway(provider)? {
            Gateway::Mock(mock) => mock.refund(refund, now).await,
            Gateway::Alipay(alipay) => alipay.refund(refund, now).await,
            Gateway::Wechat(wechat) => wechat.refund(refund, now).await,
        }
    }

    /// How far a refund is at its provider.
    ///
    /// # Errors
    /// [`PaymentError`]: nothing is known.
    pub async fn query_refund(
        &self,
        provider: Provider,
        refund: &RefundOrder,
        now: Millis,
    ) -> Result<RefundAnswer, PaymentError> {
        match self.gateway(provider)? {
            Gateway::Mock(mock) => mock.query_refund(refund, now).await,
            Gateway::Alipay(alipay) => alipay.query_refund(refund, now).await,
            Gateway::Wechat(wechat) => wechat.query_refund(refund, now).await,
        }
    }

    /// What a provider wants to hear once its notice was kept.
    pub fn ack(&self, provider: Provider) -> Ack {
        match provider {
            Provider::Mock => mock::client::ack(),
            Provider::Alipay => alipay::ack(),
            Provider::Wechat => wechat::ack(),
        }
    }

    fn gateway(&self, provider: Provider) -> Result<&Gateway, PaymentError> {
        self.gateways
            .iter()
            .find(|gateway| gateway.provider() == provider)
            .ok_or(PaymentError(UnknownAnswer::NoSuchProvider))
    }
}
