//! Orders: what students hold, paid, and got back.

use crate::types::{
    account::Mobile,
    ids::{OrderId, SaleId, StudentId},
    order::{OpenHold, Order, OrderPayment, OrderRefund, OrderState, SeatOrder},
    payment::Provider,
    time::Millis,
};

store! {
    /// A student's orders, live and ended, the newest first, at most `limit`.
    Asked fn orders_of(student: StudentId, limit: i64) -> Vec<Order>;
    /// One order of a student, with its payment and its refund.
    Asked fn order_of(student: StudentId, id: OrderId) -> Option<OrderParts>;
    /// The newest order that a student has, or had, of a sale.
    Asked fn order_of_sale(student: StudentId, sale: SaleId, now: Millis) -> Option<SeatOrder>;
    /// Of a student's holds that can still be paid the one that ends first.
    Asked fn next_hold(student: StudentId, now: Millis) -> Option<OpenHold>;
    /// Orders, live and ended, by number, at most `limit`.
    Command fn orders(query: &OrderQuery, limit: i64) -> Vec<OrderRow>;
    /// Ends an order that is not paid, or had no price, and gives its seat back, in one transaction
    /// with its ticket and its sale; a hold with open payments closes them first.
    Command fn cancel_order(id: OrderId, reason: &str, now: Millis) -> Cancelled;
    /// The reason that stands with an order that ends; that of an erased student's is not kept, since
    /// it may say whose it was.
    Command fn end_reason(id: OrderId) -> Option<String>;
}

/// Which orders an operator looks for.
#[derive(Clone, Debug, Default)]
pub struct OrderQuery {
    /// Of the student with this mobile.
    pub mobile: Option<Mobile>,
    pub sale: Option<SaleId>,
}

/// An order as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OrderRow {
    /// Its number.
    pub id: i64,
    /// `None` for a course that was bought without a sale.
    pub sale_id: Option<i64>,
    /// The seat's number.
    pub seat: Option<i64>,
    /// The student's mobile; empty when the student is not there.
    pub mobile: String,
    pub course: String,
    /// When it was won.
    pub created_at: i64,
    /// When it ended; `None` while it is live.
    pub ended_at: Option<i64>,
    pub end_reason: Option<String>,
    /// The number of its [`OrderState`].
    pub state: i64,
    /// When its hold ends; `None` without a price.
    pub expires_at: Option<i64>,
}

/// An order, and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderParts {
    pub order: Order,
    pub payment: Option<OrderPayment>,
    pub refund: Option<OrderRefund>,
    /// The provider that the student chose last, for any order.
    pub last_provider: Option<Provider>,
}

/// What became of an operator's wish to end an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// It ended now, and this seat of this sale is free.
    Ended {
        /// `None` for a course that was bought without a sale.
        sale: Option<SaleId>,
        /// The seat's number.
        seat: Option<i64>,
    },
    /// Its open payments are closed first.
    Closing,
    /// It is paid: its money goes back instead.
    Paid,
    /// It had ended already, so.
    Before(OrderState),
    /// There is no such order.
    Unknown,
}
