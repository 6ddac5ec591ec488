//! A course in a list. The whole card is one link with one name.

use crate::{
    types::{
        catalog::{Card, Status},
        ids::CourseId,
        lang::Lang,
        sale::Phase,
    },
    ui::{
        parts::{
            link, of_record,
            picture::{Loading, cover},
            price::{price, sale_price},
            sale_clock::sale_clock,
        },
        sales::{OnSale, Sales},
        text,
    },
};
use leptos::prelude::*;

/// Names for the transition from card to page; each is used once on a page, by the first card that it fits.
const SLOTS: i64 = 12;

/// The class that gives a course's cover and name their place in a transition.
pub fn slot(id: CourseId) -> String {
    format!("slot-{}", (id.0 - 1).rem_euclid(SLOTS) + 1)
}

/// Cards side by side; the first `eager` covers are fetched at once.
pub fn course_grid(lang: Lang, courses: &[Card], sales: &Sales, eager: usize) -> impl IntoView + use<> {
    let mut taken = Vec::new();
    let cards = courses
        .iter()
        .enumerate()
        .map(|(at, course)| {
            let slot = slot(course.id);
            let first = !taken.contains(&slot);
            taken.push(slot.clone());
            let loading = if at < eager { Loading::Eager } else { Loading::Lazy };
            view! { <li class=first.then_some(slot)>{course_card(lang, course, sales.of_course(course.id), loading)}</li> }
        })
        .collect_view();
    view! { <ul class="course-grid">{cards}</ul> }
}

/// One card.
pub fn course_card(lang: Lang, course: &Card, on: Option<OnSale<'_>>, loading: Loading) -> impl IntoView + use<> {
    let on = on.filter(|on| matches!(on.phase, Phase::Open | Phase::Upcoming));
    let open = on.filter(|on| on.phase == Phase::Open);
    let strip = on.map(|on| {
        let label = if open.is_some() { text::course::sale_on(lang) } else { text::course::sale_soon(lang) };
        view! { <p class="course-card-sale clock">{sale_clock(lang, on, Some(label))}</p> }
    });
    let cost = match open {
        Some(on) => sale_price(lang, on.sale, true).into_any(),
        None => price(lang, course.price).into_any(),
    };
    let teacher = course.teacher.clone().map(|name| view! { <span lang=of_record(lang)>{name}</span> });
    let badge = |words: &'static str| view! { <span class="badge">{words}</span> };
    view! {
        <article class="course-card sheet" data-sale=on.map(OnSale::state)>
            {cover(course.course_img.as_deref(), "course-card-cover slot-cover", loading)}
            {strip}
            <div class="course-card-body">
                <h3 class="course-card-name slot-name">
                    <a class="course-card-link" href=link::page(lang, &format!("/courses/{}", course.id)) lang=of_record(lang)>
                        {course.name.clone()}
                    </a>
                </h3>
                <p class="course-card-facts">
                    {teacher} <span>{course.level.name(lang)}</span> <span>{text::course::lessons(lang, course.sections)}</span>
                </p>
                <p class="course-card-foot">
                    {cost} {(course.status == Status::Announced).then(|| badge(text::course::announced(lang)))}
                    <span class="course-card-students">{text::course::students(lang, course.students)}</span>
                </p>
            </div>
        </article>
    }
}
