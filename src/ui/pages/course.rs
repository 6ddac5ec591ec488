//! A course: what it is, its outline, its teacher, what it costs.

use super::{PageRequest, loaded};
use crate::{
    api,
    types::{
        catalog::{self, CourseDetail, DetailArgs, Status},
        error::AppError,
        ids::CourseId,
        lang::Lang,
    },
    ui::{
        link,
        parts::{
            content_lang,
            course_card::slot,
            course_facts::course_facts,
            frame::{crumbs, frame},
            head::{Head, NavEntry},
            json_ld::json_ld,
            outline::outline,
            picture::{COVER_FALLBACK, Loading, cover, source},
            price::{price, sale_price},
            sale_clock::{clocked, sale_clock, turns},
            teacher::teacher,
            turning::turning,
        },
        sales::{OnSale, Sales},
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
    loaded(asked.lang, asked.path, async move {
        course(asked.lang, id.ok_or(AppError::NotFound)?).await
    })
}

async fn course(lang: Lang, id: CourseId) -> Result<AnyView, AppError> {
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
    let main = view! {
        {crumbs(lang, way(lang, &course))}
        <article>
            <div class=format!("course {}", slot(course.id))>
                {cover(course.course_img.as_deref(), "course-cover slot-cover", Loading::Eager).into_any()} <div class="course-head">
                    <h1 class="slot-name" lang=content_lang(lang)>
                        {course.name.clone()}
                    </h1>
                    {badge(course.status == Status::Announced, words::announced(lang))} {brief} {course_facts(lang, &course).into_any()}
                    {price_bar(lang, &course, sales.of_course(course.id), free).into_any()}
                </div>
            </div>
            <div class="course-rows">
                {outline(lang, &coursechapters).into_any()} {course.teacher.as_ref().map(|person| teacher(lang, person).into_any())}
            </div>
        </article>
        {json_ld(lang, &course, sales.of_course(course.id)).into_any()}
    };
    Ok(frame(lang, &head(lang, &course), main))
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

/// What it costs and what to do; at the thumb on a phone.
fn price_bar(
    lang: Lang,
    course: &catalog::Course,
    on: Option<OnSale<'_>>,
    free: bool,
) -> impl IntoView + use<> {
    let Some(on) = on else {
        let words = if free {
            words::free_go(lang)
        } else {
            words::outline_go(lang)
        };
        return view! {
            <div class="bar">
                <div class="price-bar">
                    <p class="price-bar-price">{price(lang, course.price)}</p>
                    <a class="button" href="#outline">
                        {words}
                    </a>
                </div>
            </div>
        }
        .into_any();
    };
    let turns = turns(format!("bar-{}", course.id), on);
    let bar = view! {
        <div
            class="bar"
            {..turns}
        >
            <div class="price-bar">
                <p class="price-bar-price">
                    {sale_price(lang, on)} <span class="price-bar-clock clock">{sale_clock(lang, on)}</span>
                </p>
                <a class="button go" href=link::page(lang, &format!("/seckill/{}", on.sale.id))>
                    {turning(on, None, &|state| words::sale_button(lang, state).to_owned())}
                </a>
            </div>
        </div>
    };
    clocked(bar).into_any()
}
