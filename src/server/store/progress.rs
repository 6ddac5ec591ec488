//! Progress: how far a student is in the sections of a course.

use crate::{
    rules::progress::Watched,
    types::{
        ids::{CourseId, SectionId, StudentId},
        time::Millis,
    },
};

store! {
    /// How far a student is in the sections of a course.
    Asked fn progress_of(student: StudentId, course: CourseId) -> Vec<ProgressRow>;
    /// Keeps a report of a video. Of several the one with the latest `now` says the position; what
    /// was seen and what is done is never taken back.
    Asked fn save_progress(student: StudentId, section: SectionId, report: &Watched, now: Millis) -> ();
    /// Marks a section as done.
    Asked fn finish_section(student: StudentId, section: SectionId, now: Millis) -> ();
}

/// How far a student is in a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ProgressRow {
    pub section_id: i64,
    /// Seconds from the start at which its video goes on.
    pub position_s: i64,
    /// Seconds that were seen of it.
    pub furthest_s: i64,
    /// Seconds of the video; 0 when nobody said.
    pub length_s: i64,
    pub done_at: Option<i64>,
    pub updated_at: i64,
}
