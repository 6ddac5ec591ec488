//! Lessons: the right to study a course, and where its sections' lessons are.

use crate::types::{
    catalog::SectionType,
    ids::{CourseId, SectionId, StudentId},
    time::Millis,
};

store! {
    /// Whether a student may study all of a course at a moment: it is theirs, or it is one for
    /// members and they are one.
    Asked fn may_study(student: StudentId, course: CourseId, now: Millis) -> bool;
    /// A course as those who study it see it, with where each lesson is; also one that is not shown
    /// any more, since it stays its students'. Sections that are hidden or deleted are left out.
    Asked fn lesson_course(course: CourseId) -> Option<LessonCourse>;
    /// One such section.
    Asked fn lesson_section(section: SectionId) -> Option<LessonSection>;
}

/// A course with all that only its students may know.
#[derive(Clone, Debug)]
pub struct LessonCourse {
    pub name: String,
    /// Whether everybody may see its page.
    pub is_shown: bool,
    /// Its sections, in the order of the outline.
    pub sections: Vec<LessonSection>,
}

/// A section with where its lesson is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonSection {
    pub id: SectionId,
    pub course: CourseId,
    /// Whether everybody may see the course's page.
    pub is_course_shown: bool,
    /// The chapter's number in the database, which is its own.
    pub chapter_id: i64,
    /// The chapter's number as its readers count.
    pub chapter: i64,
    pub chapter_name: String,
    pub name: String,
    pub section_type: SectionType,
    /// Where the lesson is; [`LessonSource`](crate::types::lesson::LessonSource) reads it.
    pub link: String,
    /// How long it takes, as text.
    pub duration: Option<String>,
    /// Whether everybody may see it.
    pub free_trail: bool,
}
