//! Deletion of rows whose time is over.

use crate::types::time::Millis;

store! {
    /// Forgets some of the codes, counters, networks, jobs and lost tickets whose time is over;
    /// gives whether there may be more.
    Job fn sweep(now: Millis) -> bool;
}
