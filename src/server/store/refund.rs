//! Refunds: money that goes back.

use crate::types::{
    ids::{OrderId, RefundId, SaleId},
    money::Fen,
    order::OrderState,
    payment::{Provider, RefundState},
    time::Millis,
};

store! {
    /// Money that goes back.
    Job fn refund(id: RefundId) -> Option<RefundRow>;
    /// Notes how far a refund is; `note` says why a try failed. One that is done stays done, and its
    /// order is refunded.
    Job fn note_refund(id: RefundId, state: RefundState, note: Option<&str>, now: Millis) -> ();
    /// Takes a paid order back: its seat is free, its student's right ends, and its money goes back,
    /// in one transaction.
    Command fn ask_refund(order: OrderId, reason: &str, now: Millis) -> RefundAsked;
}

/// Money that goes back, with what the provider must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRow {
    pub id: RefundId,
    pub provider: Provider,
    /// Its payment's name at the provider.
    pub out_trade_no: String,
    /// Its own name there.
    pub refund_no: String,
    pub amount: Fen,
    /// What was paid.
    pub total: Fen,
    pub state: RefundState,
}

/// What became of an operator's wish to pay an order back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundAsked {
    /// This much goes back, and the seat of this sale is free.
    Asked { amount: Fen, sale: Option<SaleId> },
    /// It stands so: nothing was paid, or it goes back already.
    Not(OrderState),
    /// There is no such order.
    Unknown,
}

/// What the provider calls a refund, in every try.
pub(super) fn refund_no(out_trade_no: &str) -> String {
    format!("R{out_trade_no}")
}
