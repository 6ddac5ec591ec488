//! Settlement: which waiting tickets win.

use crate::{
    rules::seckill::settle::Decision,
    types::{
        ids::{SaleId, TicketId},
        sale::Reason,
        time::Millis,
    },
};

store! {
    /// Decides the oldest waiting tickets of a sale, at most `limit`, in one transaction: deduct,
    /// create orders, decide tickets. Those of a sale whose row is gone are given up.
    Job fn settle(sale: SaleId, limit: i64, now: Millis) -> Vec<Decision>;
    /// Decides one waiting ticket as lost; `false` when it was decided already.
    Job fn lose(id: TicketId, reason: Reason, now: Millis) -> bool;
    /// Decides the waiting tickets that this program can't read as lost, and gives how many: they
    /// would hold up those behind them.
    Job fn lose_unreadable(reason: Reason, now: Millis) -> u64;
}
