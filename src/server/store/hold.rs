//! Holds: orders that wait for their money, and how they end.

use crate::types::{
    ids::{OrderId, SaleId, StudentId},
    order::OrderState,
    time::Millis,
};

store! {
    /// Sales with holds that ended by `now`, at most `limit`; `None` stands for the orders without
    /// a sale.
    Job fn sales_with_lapsed_holds(now: Millis, limit: i64) -> Vec<Option<SaleId>>;
    /// Ends the oldest of a sale's holds that ended by `now`, at most `limit`, in one transaction:
    /// those with an open payment are closing from then on, the seats of the others are free.
    Job fn lapse_holds(sale: Option<SaleId>, limit: i64, now: Millis) -> Lapsed;
    /// Ends at most `limit` orders whose payments could not be closed within
    /// [`CLOSING_MAX_MS`](crate::rules::hold::CLOSING_MAX_MS) of their holds' ends; gives their
    /// sales.
    Job fn end_closing(limit: i64, now: Millis) -> Vec<SaleId>;
    /// Gives a hold of the student back.
    Asked fn give_hold_back(order: OrderId, student: StudentId, now: Millis) -> GivenBack;
    /// Gives what servers of the version before won, or ended, its state; at most `limit` orders.
    Job fn adopt_orders(limit: i64, now: Millis) -> i64;
}

/// What became of the holds of a sale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lapsed {
    /// Holds whose seats are free.
    pub ended: i64,
    /// Holds whose payments are closed first.
    pub closing: i64,
}

/// What became of a wish to give a hold back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenBack {
    /// Its seat of this sale is free.
    Ended(Option<SaleId>),
    /// Its payments are closed first.
    Closing,
    /// It stands so, and can't be given back.
    Not(OrderState),
    /// The student has no such order.
    Unknown,
}
