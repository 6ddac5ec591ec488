//! The audit: the promises, as queries over the tables.

store! {
    /// Every invariant of guarantees and logical foreign keys; the first counter-example of each
    /// that does not hold.
    Command fn audit() -> Vec<AuditFinding>;
}

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditFinding {
    pub invariant: &'static str,
    pub example: String,
}
