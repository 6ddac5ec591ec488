//! What shop and providers say to each other, whoever the provider is.

use crate::{
    server::outbound::Lost,
    types::{lang::Lang, money::Fen, time::Millis},
};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use thiserror::Error;

/// Bytes of a name that a provider gives: of its payment, of a notice.
const NAME_MAX: usize = 128;

/// A payment that a provider is to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPayment {
    /// Its name at the provider.
    pub out_trade_no: String,
    pub amount: Fen,
    /// What is paid for, as its student reads it.
    pub subject: String,
    /// The provider takes no money from then on.
    pub expires_at: Millis,
    /// The language of the provider's page.
    pub lang: Lang,
    /// The address of the phone that it is paid on; `None`: on a large screen.
    pub phone: Option<IpAddr>,
    /// Where the student comes back to: an absolute path of the shop.
    pub return_path: String,
}

/// Money that a provider says it took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub out_trade_no: String,
    /// The provider's own name of the payment.
    pub gateway_no: String,
    pub amount: Fen,
    pub paid_at: Millis,
}

/// What a provider tells on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The provider's name of it, the same in repeats.
    pub notice_id: String,
    pub out_trade_no: String,
    /// `None`: it tells of something else than money taken.
    pub receipt: Option<Receipt>,
}

/// Why a notice is not taken. None of them may be acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoticeRefused {
    #[error("the signature is missing or wrong")]
    BadSignature,
    /// It was signed at another time than now: it may be a copy.
    #[error("signed at another time: is this machine's clock right?")]
    Stale,
    /// The provider signed it wrongly on purpose, to see whether its signature is checked.
    #[error("the provider's own test of this check")]
    Probe,
    /// It names a key that the shop does not have.
    #[error("signed with a key that the shop does not have: did the provider's key change?")]
    UnknownKey,
    /// It is signed, and can't be decrypted.
    #[error("sealed with another key than the shop's")]
    Sealed,
    /// It is signed, and for another shop.
    #[error("for another shop")]
    Foreign,
    /// It is signed, and tells of money in another currency.
    #[error("in another currency")]
    Currency,
    /// It is signed, and not of the form that the provider documents.
    #[error("malformed")]
    Malformed,
}

impl NoticeRefused {
    /// Its name in the metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::BadSignature => "bad_signature",
            Self::Stale => "stale",
            Self::Probe => "probe",
            Self::UnknownKey => "unknown_key",
            Self::Sealed => "sealed",
            Self::Foreign => "foreign",
            Self::Currency => "currency",
            Self::Malformed => "malformed",
        }
    }
}

/// What a provider knows of a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Queried {
    Paid(Receipt),
    /// It may still be paid.
    Unpaid,
    /// Nothing was paid, and nothing can be.
    Closed,
    /// The provider has not heard of it; it may yet, while the student can open the page.
    NeverMade,
}

/// What a provider says when it is asked to take no money any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closed {
    Closed,
    /// A query says what was paid.
    AlreadyPaid,
    /// The provider has not heard of it: no proof before the payment's end.
    NeverMade,
}

/// Money that a provider is to pay back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundOrder {
    pub out_trade_no: String,
    /// The refund's name at the provider: the same for every try.
    pub refund_no: String,
    pub amount: Fen,
    /// What was paid.
    pub total: Fen,
}

/// How far a refund is at a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundAnswer {
    /// The provider will pay it back; a query says when it has.
    Accepted,
    Done,
    /// The provider refuses, and says why.
    Failed(String),
    /// The provider has not heard of the refund, or of its payment.
    NeverMade,
}

/// What a provider wants to hear once its notice was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// The HTTP status.
    pub status: u16,
    pub content_type: &'static str,
    pub body: &'static [u8],
}

/// No answer of a provider that can be used: what was asked for may have been done all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the payment provider's answer is unknown: {0}")]
pub struct PaymentError(pub UnknownAnswer);

impl From<Lost> for PaymentError {
    fn from(why: Lost) -> Self {
        Self(match why {
            Lost::Unreachable => UnknownAnswer::Unreachable,
            Lost::Timeout => UnknownAnswer::Timeout,
            Lost::TooLarge => UnknownAnswer::TooLarge,
        })
    }
}

/// Why nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UnknownAnswer {
    /// This shop takes no money by this provider.
    #[error("the shop has no such provider")]
    NoSuchProvider,
    /// No connection, or it broke before the whole answer was here.
    #[error("it can't be reached")]
    Unreachable,
    /// The whole answer was not here in time.
    #[error("it did not answer in time")]
    Timeout,
    /// An HTTP status other than 200.
    #[error("HTTP status {0}")]
    Status(u16),
    /// More bytes than any honest answer has.
    #[error("too large")]
    TooLarge,
    /// It says why, by a code that it documents; what the code means is for whoever runs the shop.
    #[error("{0}")]
    Refused(&'static str),
    /// The signature is missing or wrong.
    #[error("not signed by it")]
    Unsigned,
    /// The signature names a key that the shop does not have.
    #[error("signed with a key that the shop does not have: did the provider's key change?")]
    UnknownKey,
    /// The signature is of another time.
    #[error("signed at another time: is this machine's clock right?")]
    OffTime,
    /// The system gives no random bytes, which every request needs.
    #[error("this machine gives no random bytes")]
    NoRandom,
    /// Not of the form that it documents, or about something else than was asked for.
    #[error("unreadable")]
    Unreadable,
}

/// Whether a text can be a provider's name of something: it goes into the database.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= NAME_MAX && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl Receipt {
    /// Whether it can be one, and of this payment.
    pub(super) fn is_of(&self, out_trade_no: &str) -> bool {
        self.out_trade_no == out_trade_no
            && is_name(&self.gateway_no)
            && self.amount > Fen(0)
            && self.paid_at > Millis(0)
    }
}
