//! A course in a list. The whole card is one link with one name.

use crate::{
    types::{
        catalog::{Card, Status},
        ids::CourseId,
        lang::Lang,
        sale::SaleState,
    },
    ui::{
        link,
        parts::{
            content_lang,
            picture::{Loading, cover},
            price::{price, sale_price},
            sale_clock::{clocked, sale_clock, turns},
            turning::turning,
        },
        sales::{OnSale, Sales},
        text,
    },
};
use leptos::prelude::*;

/// Names for the transition from card to page; each is used once on a page, by the first card that
/// it fits.
const SLOTS: i64 = 12;

/// The class that gives a course's cover and name their place in a transition.
pub fn slot(id: CourseId) -> String {
    format!("slot-{}", (id.0 - 1).rem_euclid(SLOTS) + 1)
}

/// Cards side by side; the first `eager` covers are fetched at once.
pub fn course_grid(
    lang: Lang,
    courses: &[Card],
    sales: &Sales,
    eager: usize,
) -> impl IntoView + use<> {
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

/// One card. A sale that goes on without seats or is halted stands on it, too, in a quiet voice.
pub fn course_card(
    lang: Lang,
    course: &Card,
    on: Option<OnSale<'_>>,
    loading: Loading,
) -> impl IntoView + use<> {
    let on = on.filter(|on| on.state != SaleState::Ended);
    let Some(on) = on else {
        return view! { <article class="course-card sheet">{inside(lang, course, None, loading)}</article> }.into_any();
    };
    let turns = turns(format!("course-{}", course.id), on);
    let card = view! {
        <article
            class="course-card sheet"
            {..turns}
        >
            {inside(lang, course, Some(on), loading)}
        </article>
    };
    clocked(card).into_any()
}

fn inside(
    lang: Lang,
    course: &Card,
    on: Option<OnSale<'_>>,
    loading: Loading,
) -> impl IntoView + use<> {
    let strip = on.map(|on| {
        let words = turning(on, None, &|state| {
            text::course::sale_strip(lang, state).to_owned()
        });
        // Where no time runs the state is said once.
        let clock = matches!(on.state, SaleState::Coming | SaleState::Open)
            .then(|| view! { <span>{sale_clock(lang, on)}</span> });
        view! { <p class="course-card-sale clock">{words} {clock}</p> }
    });
    let cost = match on {
        Some(on) => sale_price(lang, on).into_any(),
        None => price(lang, course.price).into_any(),
    };
    let teacher = course
        .teacher
        .clone()
        .map(|name| view! { <span lang=content_lang(lang)>{name}</span> });
    let badge = |words: &'static str| view! { <span class="badge">{words}</span> };
    view! {
        {cover(course.course_img.as_deref(), "course-card-cover slot-cover", loading)}
        {strip}
        <div class="course-card-body">
            <h3 class="course-card-name slot-name">
                <a class="course-card-link" href=link::page(lang, &format!("/courses/{}", course.id)) lang=content_lang(lang)>
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
    }
}
