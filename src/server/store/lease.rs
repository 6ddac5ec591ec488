//! Leases: which instance does the work that one does for all.

store! {
    /// A lease as it stands; `None` when there is none of this name.
    Job fn lease(name: &str) -> Option<LeaseRow>;
    /// Touches a lease that still stands as it was seen, for `holder`; `false` when somebody else
    /// touched it.
    Job fn take_lease(name: &str, seen: &LeaseRow, holder: &str) -> bool;
}

/// A lease: who holds it, and how often it was touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseRow {
    /// The instance; empty when nobody does.
    pub holder: String,
    /// Moves with every touch.
    pub beat: i64,
}
