//! The list of courses. Its address is its state.

use super::{Asked, loaded};
use crate::{
    api,
    types::{
        catalog::Category,
        error::AppError,
        lang::Lang,
        page::{CourseArgs, CourseQuery, PriceBand},
        text::Text,
        wire::Nothing,
    },
    ui::{
        islands::Finder,
        parts::{
            chips::{Chip, chips},
            course_card::course_grid,
            finder::{finder, list},
            frame::frame,
            head::{Head, Place},
            link,
            message::message,
            notice,
            pager::pager,
        },
        sales::Sales,
        shell::PageStatus,
        text::{courses as text, frame as frame_text},
    },
};
use leptos::prelude::*;

/// Covers of the list that are in the first view of a desktop.
const EAGER: usize = 4;

/// The page.
#[component]
pub fn Courses() -> impl IntoView {
    let asked = Asked::here();
    let query = CourseQuery::of_page(|name| asked.query(name));
    loaded(asked.lang, asked.path, async move {
        match query {
            Ok(query) => courses(asked.lang, query).await,
            Err(error) => Ok(bad_query(asked.lang, &error)),
        }
    })
}

async fn courses(lang: Lang, query: CourseQuery) -> Result<AnyView, AppError> {
    let categories = api::catalog::category(Nothing {}).await?.result;
    let page = api::catalog::card(args(&query)).await?.result;
    let sales = Sales::load().await?;
    let results = match page.results.as_slice() {
        [] if page.count > 0 => beyond(lang, &query).into_any(),
        [] => empty(lang, &query).into_any(),
        found => course_grid(lang, found, &sales, EAGER).into_any(),
    };
    let title = title(lang, &query, &categories);
    let inside = view! {
        {finder(lang, &query, &categories)}
        <section class="results" aria-labelledby="results-title">
            <h2 class="unseen" id="results-title">
                {text::results_title(lang)}
            </h2>
            <p class="found" role="status">
                {text::found(lang, page.count)}
            </p>
            {results}
        </section>
        {pager(lang, &query, page.count)}
    };
    let main = view! {
        <h1>{text::title(lang)}</h1>
        <Finder>{inside}</Finder>
    };
    let head = Head::public(format!("/courses{}", query.page_search()), title, frame_text::about(lang)).at(Place::Courses);
    Ok(frame(lang, &head, main))
}

/// The same question in the interface's words.
fn args(query: &CourseQuery) -> CourseArgs {
    let text = |value: Option<String>| value.map(Text);
    CourseArgs {
        course_category: query.category.map(Text::from),
        level: query.level.map(|level| i64::from(level).into()),
        course_type: query.course_type.map(|kind| i64::from(kind).into()),
        teacher: query.teacher.map(Text::from),
        price: text(query.price.map(|band| if band == PriceBand::Free { "free" } else { "paid" }.to_owned())),
        search: text(query.search.clone()),
        ordering: Some(query.ordering.name().into()),
        page: Some(query.page.into()),
        page_size: Some(query.page_size.into()),
    }
}

fn title(lang: Lang, query: &CourseQuery, categories: &[Category]) -> String {
    let mut parts = Vec::new();
    parts.extend(query.search.clone());
    parts.extend(categories.iter().find(|category| query.category == Some(category.id)).map(|category| category.name.clone()));
    parts.extend(query.level.map(|level| level.name(lang).to_owned()));
    parts.push(text::title(lang).to_owned());
    if query.page > 1 {
        parts.push(text::page(lang, query.page));
    }
    parts.join(" · ")
}

/// Nothing fits: each condition that can be dropped is a link.
fn empty(lang: Lang, query: &CourseQuery) -> impl IntoView + use<> {
    let first = query.at_page(1);
    let mut drops = Vec::new();
    let mut drop = |set: bool, label: String, without: CourseQuery| {
        if set {
            drops.push(Chip { href: list(lang, &without), label, lang: None, chosen: false });
        }
    };
    let search = query.search.as_deref().unwrap_or_default();
    drop(query.search.is_some(), text::empty_drop_search(lang, search), CourseQuery { search: None, ..first.clone() });
    drop(query.category.is_some(), text::empty_drop_category(lang).into(), CourseQuery { category: None, ..first.clone() });
    drop(query.level.is_some(), text::empty_drop_level(lang).into(), CourseQuery { level: None, ..first.clone() });
    drop(query.course_type.is_some(), text::empty_drop_type(lang).into(), CourseQuery { course_type: None, ..first.clone() });
    drop(query.teacher.is_some(), text::empty_drop_teacher(lang).into(), CourseQuery { teacher: None, ..first.clone() });
    drop(query.price.is_some(), text::empty_drop_price(lang).into(), CourseQuery { price: None, ..first.clone() });
    let next = view! {
        {chips("chips message-next", drops)}
        <p>
            <a class="part-more" href=link::page(lang, "/courses")>
                {text::empty_all(lang)}
            </a>
        </p>
    };
    message("/media/empty.svg", view! { <h2>{text::empty_title(lang)}</h2> }, text::empty_text(lang), next)
}

/// A page past the last one.
fn beyond(lang: Lang, query: &CourseQuery) -> impl IntoView + use<> {
    PageStatus::here().fail(&AppError::NotFound);
    let next = view! {
        <p class="message-next">
            <a class="button" href=list(lang, &query.at_page(1))>
                {text::beyond_go(lang)}
            </a>
        </p>
    };
    message("/media/empty.svg", view! { <h2>{text::beyond_title(lang)}</h2> }, text::beyond_text(lang), next)
}

/// A condition that can't be used: says which, and drops it.
fn bad_query(lang: Lang, error: &AppError) -> AnyView {
    PageStatus::here().fail(error);
    let next = view! {
        {notice::warning(match error {
            AppError::BadField { field, .. } => text::bad_filter(lang, field),
            other => other.message(lang),
        })}
        <p class="message-next">
            <a class="button" href=link::page(lang, "/courses")>
                {text::bad_go(lang)}
            </a>
        </p>
    };
    let main = message("/media/empty.svg", view! { <h1>{text::bad_title(lang)}</h1> }, text::bad_text(lang), next);
    frame(lang, &Head::private("/courses", text::bad_title(lang)).at(Place::Courses), main)
}
