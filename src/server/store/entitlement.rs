//! Entitlements: who may study which course.

use crate::types::ids::{CourseId, StudentId};

store! {
    /// Whether the student bought, won or took the course, and has it still.
    Asked fn is_owner(student: StudentId, course: CourseId) -> bool;
}
