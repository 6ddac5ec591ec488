//! Orders: the seats that students won.

use crate::types::{
    account::Mobile,
    ids::{OrderId, SaleId, StudentId},
    sale::Order,
    time::Millis,
};

store! {
    /// The seats that a student holds, the newest first, at most `limit`.
    Asked fn orders_of(student: StudentId, limit: i64) -> Vec<Order>;
    /// Orders, live and ended, by number, at most `limit`.
    Command fn orders(query: &OrderQuery, limit: i64) -> Vec<OrderRow>;
    /// Ends a live order and gives its seat back, in one transaction with its ticket and its sale.
    Command fn cancel_order(id: OrderId, reason: &str, now: Millis) -> Cancelled;
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
    pub sale_id: i64,
    /// The seat's number.
    pub seat: i64,
    /// The student's mobile; empty when the student is not there.
    pub mobile: String,
    pub course: String,
    /// When it was won.
    pub created_at: i64,
    /// When it ended; `None` while it is live.
    pub ended_at: Option<i64>,
    pub end_reason: Option<String>,
}

/// What became of an operator's wish to end an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// It ended now, and this seat of this sale is free.
    Ended {
        sale: SaleId,
        /// The seat's number.
        seat: i64,
    },
    /// It had ended already.
    Before(Millis),
    /// There is no such order.
    Unknown,
}
