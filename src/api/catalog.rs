//! Categories and courses.

use super::wire::Get;
use crate::types::{
    catalog::{Card, Category, Course, CourseDetail, DetailArgs},
    error::AppError,
    page::{CourseArgs, Page},
    wire::{Nothing, Reply},
};
use leptos::server;

/// The categories that are shown, in their order; never a query.
///
/// # Errors
/// None of its own.
#[server(name = ReadCategories, prefix = "/api/v1", endpoint = "course/category/", protocol = Get<Nothing>)]
pub async fn category(args: Nothing) -> Result<Reply<Vec<Category>>, AppError> {
    use crate::server::state::AppState;
    let Nothing {} = args;
    let app = AppState::current()?;
    Ok(Reply::ok(app.lang(), app.cache.categories().to_vec()))
}

/// A page of courses: filtered, in a stable total order.
///
/// # Errors
/// [`AppError::BadField`] names the argument that can't be used.
#[server(name = ReadCourses, prefix = "/api/v1", endpoint = "course/actual/", protocol = Get<CourseArgs>)]
pub async fn actual(args: CourseArgs) -> Result<Reply<Page<Course>>, AppError> {
    use crate::{server::state::AppState, types::page::CourseQuery};
    let app = AppState::current()?;
    Ok(Reply::ok(
        app.lang(),
        app.courses(&CourseQuery::parse(&args)?).await?,
    ))
}

/// The same page, of each course what a card shows.
///
/// # Errors
/// [`AppError::BadField`] names the argument that can't be used.
#[server(name = ReadCards, prefix = "/api/v1", endpoint = "course/card/", protocol = Get<CourseArgs>)]
pub async fn card(args: CourseArgs) -> Result<Reply<Page<Card>>, AppError> {
    use crate::{server::state::AppState, types::page::CourseQuery};
    let app = AppState::current()?;
    Ok(Reply::ok(
        app.lang(),
        app.cards(&CourseQuery::parse(&args)?).await?,
    ))
}

/// A course with its chapters and sections.
///
/// # Errors
/// [`AppError::NotFound`] when it is not there, or not shown.
#[server(name = ReadCourse, prefix = "/api/v1", endpoint = "course/detail/", protocol = Get<DetailArgs>)]
pub async fn detail(args: DetailArgs) -> Result<Reply<CourseDetail>, AppError> {
    use crate::server::{field, state::AppState};
    let app = AppState::current()?;
    Ok(Reply::ok(
        app.lang(),
        app.course(field::id("id", args.id.as_ref())?).await?,
    ))
}
