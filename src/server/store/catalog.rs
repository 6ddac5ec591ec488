//! Courses and categories, as pages show them.

use crate::types::{
    catalog::{Card, Category, Course, CourseDetail},
    ids::CourseId,
    page::CourseQuery,
};

store! {
    /// Moves when what pages show to everybody changed: catalogue, banners, a sale's settings, or
    /// whether it has seats.
    Asked fn catalog_version() -> i64;
    /// Categories that are shown, in their order.
    Page fn categories() -> Vec<Category>;
    /// A page of courses that are shown, and how many there are in all; past the last page nothing.
    Page fn courses(query: &CourseQuery) -> (i64, Vec<Course>);
    /// The same page, of each course what a card shows.
    Page fn cards(query: &CourseQuery) -> (i64, Vec<Card>);
    /// A course that is shown, with its outline; a section's link only where everybody may see it.
    Page fn course(id: CourseId) -> Option<CourseDetail>;
    /// Numbers of all courses that are shown, at most `limit`.
    Job fn course_ids(limit: i64) -> Vec<CourseId>;
    /// The same without the first `skip` of them.
    Job fn course_ids_from(skip: i64, limit: i64) -> Vec<CourseId>;
    /// How many courses are shown.
    Job fn course_count() -> i64;
    /// Paths below `/media/` of the pictures that pages show, each once.
    Command fn pictures() -> Vec<String>;
    /// Whether the catalogue has no row at all, shown or hidden: no course, teacher, category or
    /// banner.
    Command fn is_catalogue_empty() -> bool;
}
