//! Names of what stands in Redis. A sale's keys carry its tag, so that a cluster keeps them
//! together and spreads the sales.

use crate::types::ids::{SaleId, TicketId};
use std::fmt::Write;

/// The doorbell: an entry for each group of tickets, `v` its version.
pub(super) const BELL: &str = "bell";
/// Entries of the doorbell that this version can't read.
pub(super) const PARKED: &str = "bell:parked";

pub(super) fn key(sale: SaleId, what: &str) -> String {
    format!("{{sale:{sale}}}:{what}")
}

pub(super) fn ticket(sale: SaleId, id: TicketId) -> String {
    id.0.iter().fold(key(sale, "ticket:"), |mut key, byte| {
        // Writing to a String can't fail.
        let _ = write!(key, "{byte:02x}");
        key
    })
}
