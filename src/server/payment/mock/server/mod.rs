//! The mock gateway itself: what stands behind [`super::client`] in a shop to try out, and in tests.
//!
//! - A trade exists once its page was opened; before, the gateway has not heard of it.
//! - Trades are in memory only: a gateway that is started again has forgotten them.
//! - It takes no money after a trade's end or its closing, unless an action says so.
//! - Requests, answers, links and notices are signed; what is not is refused.

pub mod book;
mod delivery;

pub use self::book::{PayAct, TradeBalance, TradeState};

use self::{
    book::{GatewayBook, GatewayNotice},
    delivery::{Delivery, own_url},
};
use super::{
    signature::MockKey,
    wire::{ANSWER, GatewayAnswer, GatewayCall, GatewayRequest, MESSAGE_MAX, PayOffer, read_offer},
};
use crate::types::time::Millis;
use http::HeaderMap;
use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A running gateway. A copy is a pointer.
#[derive(Clone, Debug)]
pub struct MockGateway(Arc<GatewayParts>);

#[derive(Debug)]
struct GatewayParts {
    key: MockKey,
    book: Mutex<GatewayBook>,
    delivery: Delivery,
}

/// Why the gateway does not do what it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayRefusal {
    /// The signature is missing or wrong, or of another time.
    Unsigned,
    /// It can't be read.
    Malformed,
    /// There is a trade of this name with other terms, or it can be none.
    BadOffer,
    /// What became of it is not said.
    Silence,
}

/// A call's answer: its header fields and its body.
pub type SignedAnswer = (HeaderMap, Vec<u8>);

impl MockGateway {
    /// A gateway without trades.
    ///
    /// # Errors
    /// No client for its notices can be made.
    pub fn new(key: MockKey) -> reqwest::Result<Self> {
        Ok(Self(Arc::new(GatewayParts {
            delivery: Delivery::new(key.clone())?,
            key,
            book: Mutex::default(),
        })))
    }

    /// Opens the page of a link: its query as it stands there.
    ///
    /// # Errors
    /// [`GatewayRefusal::Unsigned`] or [`GatewayRefusal::BadOffer`].
    pub fn open(&self, query: &str, now: Millis) -> Result<(PayOffer, TradeState), GatewayRefusal> {
        let offer = read_offer(&self.0.key, query).ok_or(GatewayRefusal::Unsigned)?;
        own_url(&offer.notify_url).ok_or(GatewayRefusal::BadOffer)?;
        let state = self
            .book()
            .open(&offer, now)
            .ok_or(GatewayRefusal::BadOffer)?;
        Ok((offer, state))
    }

    /// Does what was asked for on that page; gives where the browser goes.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn act(&self, query: &str, act: PayAct, now: Millis) -> Result<String, GatewayRefusal> {
        // A gateway that was started again meets forms of pages from before.
        let (offer, _) = self.open(query, now)?;
        let notices = self.book().act(&offer.out_trade_no, act, now);
        self.0.delivery.send(notices, now);
        Ok(offer.return_url)
    }

    /// Answers a call of the shop.
    ///
    /// # Errors
    /// [`GatewayRefusal::Unsigned`], [`GatewayRefusal::Malformed`], or [`GatewayRefusal::Silence`]
    /// about a refund that is to stay unknown.
    pub fn answer(
        &self,
        call: GatewayCall,
        headers: &HeaderMap,
        body: &[u8],
        now: Millis,
    ) -> Result<SignedAnswer, GatewayRefusal> {
        if body.len() > MESSAGE_MAX {
            return Err(GatewayRefusal::Malformed);
        }
        let path = call.path();
        self.0
            .key
            .verify("POST", &path, headers, body, now)
            .map_err(|_| GatewayRefusal::Unsigned)?;
        let request: GatewayRequest =
            serde_json::from_slice(body).map_err(|_| GatewayRefusal::Malformed)?;
        let (body, notices) = self.outcome(call, &request, now)?;
        self.0.delivery.send(notices, now);
        Ok((self.0.key.fields(ANSWER, &path, &body, now), body))
    }

    /// What a trade has taken and paid back; `None` when there is none.
    pub fn balance(&self, out_trade_no: &str) -> Option<TradeBalance> {
        self.book().balance(out_trade_no)
    }

    fn outcome(
        &self,
        call: GatewayCall,
        request: &GatewayRequest,
        now: Millis,
    ) -> Result<(Vec<u8>, Vec<GatewayNotice>), GatewayRefusal> {
        let no = &request.out_trade_no;
        let refund = || {
            let refund = request.refund.as_ref();
            refund
                .filter(|refund| refund.out_trade_no == *no)
                .ok_or(GatewayRefusal::Malformed)
        };
        match call {
            GatewayCall::Query => Ok((json(request, self.book().query(no))?, Vec::new())),
            GatewayCall::Close => {
                let (closed, notices) = self.book().close(no, now);
                Ok((json(request, closed)?, notices))
            }
            GatewayCall::Refund => {
                let answer = self.book().refund(refund()?);
                let answer = answer.ok_or(GatewayRefusal::Silence)?;
                Ok((json(request, answer)?, Vec::new()))
            }
            GatewayCall::QueryRefund => {
                let answer = self.book().query_refund(refund()?);
                let answer = answer.ok_or(GatewayRefusal::Silence)?;
                Ok((json(request, answer)?, Vec::new()))
            }
        }
    }

    fn book(&self) -> MutexGuard<'_, GatewayBook> {
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn json<T: Serialize>(request: &GatewayRequest, outcome: T) -> Result<Vec<u8>, GatewayRefusal> {
    let answer = GatewayAnswer {
        out_trade_no: request.out_trade_no.clone(),
        refund_no: request
            .refund
            .as_ref()
            .map(|refund| refund.refund_no.clone()),
        outcome,
    };
    serde_json::to_vec(&answer).map_err(|_| GatewayRefusal::Malformed)
}
