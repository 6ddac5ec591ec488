//! Payments: who takes money, and how far it is.

use serde::{Deserialize, Serialize};

/// Who takes money. The numbers stand in the database, the names on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// A gateway to try the shop out with: no money moves.
    Mock,
    /// 支付宝.
    Alipay,
    /// 微信支付.
    Wechat,
}

impl Provider {
    /// Every provider, by its number.
    pub const ALL: [Self; 3] = [Self::Mock, Self::Alipay, Self::Wechat];

    /// Its number in the database.
    pub fn number(self) -> i64 {
        self as i64
    }

    /// The provider of a number; `None` when there is none.
    pub fn of_number(number: i64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mock => "mock",
            Self::Alipay => "alipay",
            Self::Wechat => "wechat",
        }
    }

    /// How it takes money, in the order of choice.
    pub fn ways(self) -> &'static [PayKind] {
        match self {
            Self::Mock => &PayKind::ALL,
            // Its page shows a code, too. A shop without the page's contract shows one itself.
            Self::Alipay | Self::Wechat => &[PayKind::Link],
        }
    }

    /// The provider of a name; `None` when there is none.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|provider| provider.name() == name)
    }
}

/// The kinds of [`PayWay`], by their names on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PayKind {
    #[default]
    Link,
    Qr,
}

impl PayKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Link, Self::Qr];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Qr => "qr",
        }
    }

    /// The kind of a name; `None` when there is none.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Where a student pays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "way", rename_all = "snake_case")]
pub enum PayWay {
    /// At this address, which the student opens.
    Link { url: String },
    /// With an app that reads this text from a QR code.
    Qr { text: String, code: QrCode },
}

/// A QR code to be drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QrCode {
    /// Modules of a side, with the quiet zone.
    pub side: u16,
    /// Its black modules as the path of an SVG, whose unit is a module.
    pub path: String,
}

/// Where a payment stands. The numbers stand in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaymentState {
    /// It may be paid, or be paid already without our knowing.
    Open,
    /// It was paid, with exactly its amount.
    Paid,
    /// Nothing can be paid any more.
    Closed,
    /// Another amount was paid: it goes back.
    Mismatch,
}

impl PaymentState {
    /// Every state, by its number.
    pub const ALL: [Self; 4] = [Self::Open, Self::Paid, Self::Closed, Self::Mismatch];

    /// Its number in the database.
    pub fn number(self) -> i64 {
        self as i64
    }

    /// The state of a number; `None` when there is none.
    pub fn of_number(number: i64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }
}

/// Why money goes back. The names stand in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefundCause {
    /// It came after its order had ended.
    Late,
    /// The order, or the course, was paid already.
    Twice,
    /// It is not the amount that was asked for.
    Mismatch,
    /// An operator gives it back.
    Asked,
}

impl RefundCause {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Twice => "twice",
            Self::Mismatch => "mismatch",
            Self::Asked => "asked",
        }
    }
}

/// How far money is on its way back. The numbers stand in the database, the names on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    Asked,
    /// The provider may know of it.
    Sent,
    Done,
    /// The provider refuses it: a person must look.
    Failed,
}

impl RefundState {
    /// Every state, by its number.
    pub const ALL: [Self; 4] = [Self::Asked, Self::Sent, Self::Done, Self::Failed];

    /// Its number in the database.
    pub fn number(self) -> i64 {
        self as i64
    }

    /// The state of a number; `None` when there is none.
    pub fn of_number(number: i64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }
}
