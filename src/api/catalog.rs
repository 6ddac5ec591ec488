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
pub async fn list_categories(args: Nothing) -> Result<Reply<Vec<Category>>, AppError> {
    use crate::server::identity;
    let Nothing {} = args;
    let (app, lang) = identity::current()?;
    Ok(Reply::ok(lang, app.cache.categories().to_vec()))
}

/// A page of courses: filtered, in a stable total order.
///
/// # Errors
/// [`AppError::BadField`] names the argument that can't be used.
#[server(name = ReadCourses, prefix = "/api/v1", endpoint = "course/actual/", protocol = Get<CourseArgs>)]
pub async fn list_courses(args: CourseArgs) -> Result<Reply<Page<Course>>, AppError> {
    use crate::{server::identity, types::page::CourseQuery};
    let (app, lang) = identity::current()?;
    Ok(Reply::ok(
        lang,
        app.courses(&CourseQuery::parse(&args)?, lang).await?,
    ))
}

/// The same page, of each course what a card shows.
///
/// # Errors
/// [`AppError::BadField`] names the argument that can't be used.
#[server(name = ReadCards, prefix = "/api/v1", endpoint = "course/card/", protocol = Get<CourseArgs>)]
pub async fn list_cards(args: CourseArgs) -> Result<Reply<Page<Card>>, AppError> {
    use crate::{server::identity, types::page::CourseQuery};
    let (app, lang) = identity::current()?;
    Ok(Reply::ok(
        lang,
        app.cards(&CourseQuery::parse(&args)?).await?,
    ))
}

/// A course with its chapters and sections.
///
/// # Errors
/// [`AppError::NotFound`] when it is not there, or not shown.
#[server(name = ReadCourse, prefix = "/api/v1", endpoint = "course/detail/", protocol = Get<DetailArgs>)]
pub async fn read_course(args: DetailArgs) -> Result<Reply<CourseDetail>, AppError> {
    use crate::server::{identity, shop::args};
    let (app, lang) = identity::current()?;
    Ok(Reply::ok(
        lang,
        app.course(args::id("id", args.id.as_ref())?, lang).await?,
    ))
}
