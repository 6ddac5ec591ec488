//! Payments: what students pay, what providers tell of it, and the money that goes back.

use crate::types::{
    ids::{OrderId, PaymentId, RefundId, SaleId, StudentId},
    money::Fen,
    order::OrderState,
    payment::{PaymentState, Provider, RefundCause},
    time::Millis,
};

store! {
    /// Makes a payment of the student's hold, or finds the open one that there is at this provider.
    /// Its name there begins with `prefix`.
    Asked fn open_payment(order: OrderId, student: StudentId, provider: Provider, prefix: &str, now: Millis) -> PaymentOpened;
    /// A payment, with its order.
    Job fn payment(id: PaymentId) -> Option<PaymentRow>;
    /// The open payments of an order.
    Asked fn open_payments(order: OrderId) -> Vec<PaymentRow>;
    /// Writes down that money came, and answers it in the same transaction: it pays its order, or
    /// goes back. What was told before changes nothing. A `notice` is kept with what it came to.
    Job fn take_money(money: &MoneyTaken, notice: Option<&NoticeKept>, now: Millis) -> Taken;
    /// Keeps a notice that tells of no money.
    Job fn keep_notice(provider: Provider, notice: &NoticeKept, verdict: &str, now: Millis) -> ();
    /// Closes an open payment at which the provider takes no money any more; ends its order when
    /// that waited for it. Gives the sale whose seat is free then.
    Job fn close_payment(id: PaymentId, now: Millis) -> Option<SaleId>;
    /// Ends the order that a student gave back, of whose last open payment its provider knows nothing
    /// yet; the payment stays open, since it may take money still. Gives the sale whose seat is free.
    Job fn end_unmade(id: PaymentId, now: Millis) -> Option<SaleId>;
}

/// A payment, and what of its order is needed beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRow {
    pub id: PaymentId,
    pub order: OrderId,
    pub provider: Provider,
    /// Its name at the provider.
    pub out_trade_no: String,
    pub amount: Fen,
    pub state: PaymentState,
    /// The provider takes no money from then on.
    pub expires_at: Millis,
    /// Whether its student gave the order back.
    pub is_given_back: bool,
    /// Where its order stands.
    pub order_state: OrderState,
    pub course_name: String,
}

/// What became of a wish to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentOpened {
    /// This payment is open.
    Payment(PaymentRow),
    /// The hold has ended.
    Ended,
    /// There is nothing to pay.
    NothingToPay,
    /// The student has no such order.
    Unknown,
}

/// Money that a provider says it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoneyTaken {
    pub provider: Provider,
    /// Our name of the payment.
    pub out_trade_no: String,
    /// The provider's.
    pub gateway_no: String,
    pub amount: Fen,
    /// When, by the provider's clock.
    pub paid_at: Millis,
}

/// A notice as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeKept {
    /// The provider's name of it.
    pub notice_id: String,
    pub out_trade_no: String,
    /// Of its bytes, in hexadecimal digits.
    pub sha256: String,
}

/// What became of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It paid its order.
    Paid {
        order: OrderId,
        /// The sale whose seat the order, which had ended, took again.
        revived: Option<SaleId>,
    },
    /// It goes back.
    Returned {
        refund: RefundId,
        cause: RefundCause,
        /// The sale whose seat is free, since the order ended by this.
        freed: Option<SaleId>,
    },
    /// It was known.
    Known,
    /// It is about no payment of this shop, or the provider says two things of one payment: a
    /// person must look.
    Foreign,
}

impl Taken {
    /// The verdict that is kept with the notice.
    pub(super) fn verdict(self) -> &'static str {
        match self {
            Self::Paid { revived: None, .. } => "paid",
            Self::Paid {
                revived: Some(_), ..
            } => "paid, seat taken again",
            Self::Returned { cause, .. } => cause.name(),
            Self::Known => "known",
            Self::Foreign => "foreign",
        }
    }
}

/// What the provider calls a payment: an order's `number`-th. Letters and digits, at most 32 of
/// them, since that is what all providers take. The prefix, which ends with a letter, keeps shops
/// apart that share an account there: the digits after it are the order's.
pub(super) fn out_trade_no(prefix: &str, order: OrderId, number: i64) -> String {
    format!("{prefix}{}x{number}", order.0)
}
