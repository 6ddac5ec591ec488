//! An order: the way of a seat, or of a course that was bought without a sale, from a hold to the
//! right to study.

use crate::types::{
    ids::{CourseId, OrderId, SaleId},
    money::Fen,
    payment::{PayWay, Provider, RefundState},
    text::Text,
    time::Millis,
};
use serde::{Deserialize, Serialize};

/// Orders that a student is shown at most.
pub const ORDERS_MAX: i64 = 100;

/// Where an order stands. The numbers stand in the database, the names on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// To be paid until its hold ends.
    Held,
    /// Its hold ended, and its payments are being closed: then the seat is free.
    Closing,
    /// Its student may study.
    Paid,
    /// Its hold ended without a payment.
    Expired,
    /// It was given back.
    Cancelled,
    /// Its money is on the way back.
    Refunding,
    /// Its money was paid back.
    Refunded,
}

impl OrderState {
    /// Every state, by its number.
    pub const ALL: [Self; 7] = [
        Self::Held,
        Self::Closing,
        Self::Paid,
        Self::Expired,
        Self::Cancelled,
        Self::Refunding,
        Self::Refunded,
    ];

    /// Its number in the database.
    pub fn number(self) -> i64 {
        self as i64
    }

    /// The state of a number; `None` when there is none.
    pub fn of_number(number: i64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// Its name on the wire, and the value of `data-state` in the markup.
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Closing => "closing",
            Self::Paid => "paid",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Refunding => "refunding",
            Self::Refunded => "refunded",
        }
    }

    /// Whether it holds its seat.
    pub fn is_live(self) -> bool {
        match self {
            Self::Held | Self::Closing | Self::Paid => true,
            Self::Expired | Self::Cancelled | Self::Refunding | Self::Refunded => false,
        }
    }

    /// Whether its student may study.
    pub fn is_paid(self) -> bool {
        match self {
            Self::Paid => true,
            Self::Held
            | Self::Closing
            | Self::Expired
            | Self::Cancelled
            | Self::Refunding
            | Self::Refunded => false,
        }
    }
}

/// An order in its student's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The order's number.
    pub id: OrderId,
    /// `None` for a course that was bought without a sale.
    pub sale_id: Option<SaleId>,
    pub course_id: CourseId,
    pub course_name: String,
    /// The course's cover: a path below `/media/`, on the wire with the shop's address.
    pub course_img: Option<String>,
    /// Whether the course has a page; `false` while an operator hides it.
    pub course_is_shown: bool,
    /// What it costs.
    pub price: Fen,
    /// The seat's number, from 1; `None` without a sale.
    pub seat: Option<i64>,
    /// When its click was heard, as its ticket says; without a sale when it was made.
    pub clicked_at: Millis,
    /// When it was won, or made.
    pub created_at: Millis,
    pub state: OrderState,
    /// When its hold ends, or ended; `None` when there was nothing to pay.
    pub expires_at: Option<Millis>,
    /// When it was paid; without a price when it was made.
    pub paid_at: Option<Millis>,
    /// When it ended.
    pub ended_at: Option<Millis>,
}

/// The order of a seat, as the page of its sale shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatOrder {
    pub id: OrderId,
    pub state: OrderState,
    /// When its hold ends, or ended; `None` when there was nothing to pay.
    pub expires_at: Option<Millis>,
    /// The server's clock.
    pub now: Millis,
}

/// A hold that can still be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenHold {
    /// The order's number.
    pub order: OrderId,
    pub expires_at: Millis,
}

/// An order as its own page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDetail {
    #[serde(flatten)]
    pub order: Order,
    /// The server's clock.
    pub now: Millis,
    /// Who takes money for it, whom the student chose last before the others; none once it is not to
    /// be paid.
    pub providers: Vec<Provider>,
    /// The payment that it was paid by, or the newest one.
    pub payment: Option<OrderPayment>,
    /// Money that is, or was, on its way back.
    pub refund: Option<OrderRefund>,
}

/// A payment as its student sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPayment {
    pub provider: Provider,
    /// The provider's own name of it; `None` until it was paid.
    pub gateway_no: Option<String>,
    /// Its name at the provider.
    pub out_trade_no: String,
    /// When the provider took the money.
    pub paid_at: Option<Millis>,
}

/// Money on its way back, as its student sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRefund {
    pub amount: Fen,
    pub state: RefundState,
    /// When the provider said that it is paid back.
    pub done_at: Option<Millis>,
}

/// What `order/detail/` and `order/cancel/` take.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct OrderArgs {
    /// The order's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Text>,
}

/// What `order/buy/` takes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BuyArgs {
    /// The course's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<Text>,
}

/// What `order/pay/` takes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PayArgs {
    /// The order's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Text>,
    /// The provider's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Text>,
    /// `link` or `qr`; left out, it is a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<Text>,
}

/// An order that was made, or that there was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bought {
    pub order: OrderId,
    pub state: OrderState,
    /// When its hold ends; `None` when there is nothing to pay.
    pub expires_at: Option<Millis>,
}

/// How an order is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payable {
    #[serde(flatten)]
    pub way: PayWay,
    /// When the provider takes no money any more: the end of the hold.
    pub expires_at: Millis,
}
