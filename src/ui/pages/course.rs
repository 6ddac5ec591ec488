//! A course: what it is, its outline, its teacher, what it costs.

use super::{PageRequest, for_asker, loaded};
use crate::{
    api,
    types::{
        catalog::{self, CourseDetail, DetailArgs, Status},
        error::{AppError, Refusal},
        ids::CourseId,
        lang::Lang,
    },
    ui::{
        context::ForOwner,
        link,
        parts::{
            content_lang,
            course_card::slot,
            course_facts::course_facts,
            frame::{crumbs, frame},
            head::{Head, NavEntry},
            json_ld::json_ld,
            notice,
            offer::offer,
            outline::outline,
            picture::{COVER_FALLBACK, Loading, cover, source},
            teacher::teacher,
        },
        sales::Sales,
        text::{self, course as words},
    },
};
use leptos::prelude::*;

#[component]
pub fn Course() -> impl IntoView {
    let asked = PageRequest::here();
    let id = PageRequest::part("id")
        .parse()
        .ok()
        .filter(|id: &CourseId| id.0 > 0);
    let error = notice::error_of(|name| asked.query(name));
    let for_owner = ForOwner::is_here();
    loaded(asked.lang, asked.path, async move {
        course(asked.lang, id.ok_or(AppError::NotFound)?, for_owner, error).await
    })
}

async fn course(
    lang: Lang,
    id: CourseId,
    for_owner: bool,
    error: Option<AppError>,
) -> Result<AnyView, AppError> {
    let CourseDetail {
        course,
        coursechapters,
    } = api::catalog::read_course(DetailArgs {
        id: Some(id.into()),
    })
    .await?
    .result;
    let sales = Sales::load().await?;
    let free = coursechapters
        .iter()
        .flat_map(|chapter| &chapter.coursesections)
        .any(|section| section.free_trail);
    let badge = |shown: bool, words: &'static str| {
        shown.then(|| view! { <span class="badge">{words}</span> })
    };
    let brief = course.brief.clone().map(|brief| {
        view! {
            <p class="course-brief" lang=content_lang(lang)>
                {brief}
            </p>
        }
    });
    let may_study = for_owner || was_owner(error.as_ref());
    let main = view! {
        {crumbs(lang, way(lang, &course))}
        {notice::of_error(lang, error.as_ref())}
        <article>
            <div class=format!("course {}", slot(course.id))>
                {cover(course.course_img.as_deref(), "course-cover slot-cover", Loading::Eager).into_any()} <div class="course-head">
                    <h1 class="slot-name" lang=content_lang(lang)>
                        {course.name.clone()}
                    </h1>
                    {badge(course.status == Status::Announced, words::announced(lang))} {brief} {course_facts(lang, &course).into_any()}
                    {offer(lang, &course, sales.of_course(course.id), may_study).into_any()}
                    <p>
                        <a class="part-more" href="#outline">
                            {if free && !may_study { words::free_go(lang) } else { words::outline_go(lang) }}
                        </a>
                    </p>
                </div>
            </div>
            <div class="course-rows">
                {outline(lang, &coursechapters, may_study.then_some(course.id)).into_any()} {course.teacher.as_ref().map(|person| teacher(lang, person).into_any())}
            </div>
        </article>
        {json_ld(lang, &course, sales.of_course(course.id)).into_any()}
    };
    let head = head(lang, &course);
    let head = if for_owner {
        for_asker(head).await
    } else {
        head
    };
    Ok(frame(lang, &head, main))
}

fn head(lang: Lang, course: &catalog::Course) -> Head {
    let teacher = course.teacher.as_ref().map(|teacher| teacher.name.as_str());
    let description = words::description(lang, &course.name, teacher);
    let head = Head::public(
        format!("/courses/{}", course.id),
        course.name.clone(),
        description,
    )
    .at(NavEntry::Courses);
    Head {
        image: Some(source(course.course_img.as_deref(), COVER_FALLBACK)),
        ..head
    }
}

fn way(lang: Lang, course: &catalog::Course) -> Vec<(String, String, Option<&'static str>)> {
    let all = (
        link::page(lang, "/courses"),
        text::courses::title(lang).to_owned(),
        None,
    );
    let category = course.course_category.as_ref().map(|category| {
        (
            link::page(lang, &format!("/courses?category={}", category.id)),
            category.name.clone(),
            content_lang(lang),
        )
    });
    std::iter::once(all).chain(category).collect()
}

/// Whether the form of this page was just refused since the course is the asker's: their session may
/// not be readable at the moment.
fn was_owner(error: Option<&AppError>) -> bool {
    matches!(
        error,
        Some(AppError::Refused {
            why: Refusal::AlreadyYours
        })
    )
}
