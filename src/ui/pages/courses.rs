//! The list of courses. Its address is its state.

use super::{PageRequest, loaded};
use crate::{
    api,
    types::{
        catalog::Category,
        error::{AppError, Fault},
        lang::Lang,
        page::{CourseArgs, CourseQuery, PriceBand, SEARCH_MAX},
        sort::{Ordering, SortKey},
        text::Text,
        wire::Nothing,
    },
    ui::{
        context::PageStatus,
        islands::Finder,
        link,
        parts::{
            chips::{Chip, chips},
            course_card::course_grid,
            course_list::{finder, list},
            frame::frame,
            head::{Head, NavEntry},
            message::message,
            notice,
            pager::pager,
        },
        sales::Sales,
        text::{courses as text, frame as frame_text},
    },
};
use leptos::prelude::*;

/// Covers of the list that are in the first view of a desktop.
const EAGER: usize = 4;
/// Popular courses below a search that found nothing.
const POPULAR: i64 = 4;

#[component]
pub fn Courses() -> impl IntoView {
    let asked = PageRequest::here();
    let query = CourseQuery::of_page(|name| asked.query(name));
    loaded(asked.lang, asked.path, async move {
        match query {
            Ok(query) => courses(asked.lang, query).await,
            Err(error) => Ok(bad_query(asked.lang, &error)),
        }
    })
}

async fn courses(lang: Lang, query: CourseQuery) -> Result<AnyView, AppError> {
    let categories = api::catalog::list_categories(Nothing {}).await?.result;
    let page = match api::catalog::list_cards(args(&query)).await {
        Ok(page) => Some(page.result),
        // There is no such page of it.
        Err(AppError::NotFound) => None,
        Err(error) => return Err(error),
    };
    let sales = Sales::load().await?;
    let results = match page.as_ref().map(|page| page.results.as_slice()) {
        None => beyond(lang, &query).into_any(),
        Some([]) => view! {
            {empty(lang, &query)}
            {popular(lang, &query, &sales).await?}
        }
        .into_any(),
        Some(found) => course_grid(lang, found, &sales, EAGER).into_any(),
    };
    let found = page.as_ref().map(|page| page.count);
    let title = title(lang, &query, &categories);
    let inside = view! {
        {finder(lang, &query, &categories)}
        <section class="results" aria-labelledby="results-title">
            <h2 class="unseen" id="results-title">
                {text::results_title(lang)}
            </h2>
            <p class="found" role="status">
                {found.map_or_else(|| text::beyond_title(lang).to_owned(), |found| text::found(lang, found))}
            </p>
            {results}
        </section>
        {pager(lang, &query, found.unwrap_or_default())}
    };
    let main = view! {
        <h1>{text::title(lang)}</h1>
        {notice::here(lang)}
        <Finder>{inside}</Finder>
    };
    let head = Head::public(
        format!("/courses{}", query.page_search()),
        title,
        frame_text::about(lang),
    )
    .at(NavEntry::Courses);
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
        price: text(query.price.map(|band| {
            if band == PriceBand::Free {
                "free"
            } else {
                "paid"
            }
            .to_owned()
        })),
        search: text(query.search.clone()),
        ordering: Some(Text(query.ordering.name())),
        page: Some(query.page.into()),
        page_size: Some(query.page_size.into()),
    }
}

fn title(lang: Lang, query: &CourseQuery, categories: &[Category]) -> String {
    let mut parts = Vec::new();
    parts.extend(query.search.clone());
    parts.extend(
        categories
            .iter()
            .find(|category| query.category == Some(category.id))
            .map(|category| category.name.clone()),
    );
    parts.extend(query.level.map(|level| level.name(lang).to_owned()));
    parts.push(text::title(lang).to_owned());
    if query.page > 1 {
        parts.push(text::page(lang, query.page));
    }
    parts.join(" · ")
}

/// Each condition of a question, as a link to the question without it.
fn drops(lang: Lang, query: &CourseQuery) -> Vec<Chip> {
    let drop = |is_set: bool, label: String, change: fn(&mut CourseQuery)| {
        is_set.then(|| {
            let mut without = query.at_page(1);
            change(&mut without);
            Chip {
                href: list(lang, &without),
                label,
                lang: None,
                chosen: false,
            }
        })
    };
    let search = query.search.as_deref().unwrap_or_default();
    let drops = [
        drop(
            query.search.is_some(),
            text::empty_drop_search(lang, search),
            |query| query.search = None,
        ),
        drop(
            query.category.is_some(),
            text::empty_drop_category(lang).into(),
            |query| query.category = None,
        ),
        drop(
            query.level.is_some(),
            text::empty_drop_level(lang).into(),
            |query| query.level = None,
        ),
        drop(
            query.course_type.is_some(),
            text::empty_drop_type(lang).into(),
            |query| query.course_type = None,
        ),
        drop(
            query.teacher.is_some(),
            text::empty_drop_teacher(lang).into(),
            |query| query.teacher = None,
        ),
        drop(
            query.price.is_some(),
            text::empty_drop_price(lang).into(),
            |query| query.price = None,
        ),
    ];
    drops.into_iter().flatten().collect()
}

/// Nothing fits: each condition that can be dropped is a link.
fn empty(lang: Lang, query: &CourseQuery) -> impl IntoView + use<> {
    let next = view! {
        {chips("chips message-next", drops(lang, query))}
        <p>
            <a class="part-more" href=link::page(lang, "/courses")>
                {text::empty_all(lang)}
            </a>
        </p>
    };
    message(
        "/media/empty.svg",
        view! { <h2>{text::empty_title(lang)}</h2> },
        text::empty_text(lang),
        next,
    )
}

/// What others study, for whoever searched for what is not there.
async fn popular(
    lang: Lang,
    query: &CourseQuery,
    sales: &Sales,
) -> Result<Option<impl IntoView + use<>>, AppError> {
    if query.search.is_none() {
        return Ok(None);
    }
    let ordering = Ordering {
        key: SortKey::Students,
        descending: true,
    };
    let most = CourseQuery {
        ordering: ordering.into(),
        page_size: POPULAR,
        ..CourseQuery::default()
    };
    let courses = api::catalog::list_cards(args(&most)).await?.result.results;
    Ok((!courses.is_empty()).then(|| {
        view! {
            <h2>{text::popular(lang)}</h2>
            {course_grid(lang, &courses, sales, 0)}
        }
    }))
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
    message(
        "/media/empty.svg",
        view! { <h2>{text::beyond_title(lang)}</h2> },
        text::beyond_text(lang),
        next,
    )
}

/// A condition that can't be used: says which, and drops it.
fn bad_query(lang: Lang, error: &AppError) -> AnyView {
    PageStatus::here().fail(error);
    let next = view! {
        {notice::warning(match error {
            AppError::BadField {
                field,
                why: Fault::OutOfRange,
            } if field == "q" => text::search_too_long(lang, SEARCH_MAX),
            AppError::BadField { field, .. } => text::bad_filter(lang, field),
            other => other.message(lang),
        })}
        <p class="message-next">
            <a class="button" href=link::page(lang, "/courses")>
                {text::bad_go(lang)}
            </a>
        </p>
    };
    let main = message(
        "/media/empty.svg",
        view! { <h1>{text::bad_title(lang)}</h1> },
        text::bad_text(lang),
        next,
    );
    frame(
        lang,
        &Head::private("/courses", text::bad_title(lang)).at(NavEntry::Courses),
        main,
    )
}
