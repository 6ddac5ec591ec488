//! Courses that are bought without a sale.

use crate::types::{
    ids::{CourseId, OrderId, StudentId},
    order::OrderState,
    time::Millis,
};

store! {
    /// Makes an order of a course without a sale, held for `hold_ms` milliseconds, or gives the
    /// student's live one.
    Asked fn buy(course: CourseId, student: StudentId, hold_ms: i64, now: Millis) -> Purchase;
}

/// What became of a wish to buy a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purchase {
    /// This order: a new one, or the live one that there is, of a sale perhaps.
    Order {
        id: OrderId,
        state: OrderState,
        expires_at: Option<Millis>,
    },
    /// The student has the course.
    Owned,
    /// Only members may have it, and the student is none.
    MembersOnly,
    /// No such course is shown.
    Unknown,
}
