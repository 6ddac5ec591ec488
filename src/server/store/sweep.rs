//! Deletion of rows whose time is over.

use crate::types::time::Millis;

store! {
    /// Forgets some of the rows whose time is over, of each table that has such rows; gives whether
    /// there may be more.
    Job fn sweep(now: Millis) -> bool;
}
