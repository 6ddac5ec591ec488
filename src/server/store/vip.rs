//! Members: students who may study every course for members, until a moment.

use crate::types::{account::Mobile, ids::StudentId, time::Millis};

store! {
    /// Makes the student with this mobile a member until `ends_at`; one who never signed in is made.
    Command fn grant_membership(mobile: &Mobile, ends_at: Millis, now: Millis) -> StudentId;
    /// Ends a membership; `false` when there was none that goes on.
    Command fn end_membership(mobile: &Mobile, now: Millis) -> bool;
    /// Members by the ends of their memberships, at most `limit`.
    Command fn members(limit: i64) -> Vec<VipRow>;
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct VipRow {
    pub mobile: String,
    /// When the membership was granted last.
    pub granted_at: i64,
    /// When it ends.
    pub ends_at: i64,
}
