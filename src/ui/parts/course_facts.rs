//! A course in numbers.

use crate::{
    types::{catalog::Course, lang::Lang},
    ui::text::course as text,
};
use leptos::prelude::*;

/// On its own page: level, days, lessons published, students.
pub fn course_facts(lang: Lang, course: &Course) -> impl IntoView + use<> {
    let fact = |name: &'static str, value: String| {
        view! {
            <div class="course-fact">
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    view! {
        <dl class="course-facts">
            {fact(text::fact_level(lang), course.level.name(lang).to_owned())}
            {fact(text::fact_days(lang), text::days(lang, course.period))}
            {fact(text::fact_sections(lang), text::published(lang, course.pub_sections, course.sections))}
            {fact(text::fact_students(lang), text::people(lang, course.students))}
        </dl>
    }
}

/// On the page of its sale: in one line.
pub fn sale_facts(lang: Lang, course: &Course) -> impl IntoView + use<> {
    let teacher = course
        .teacher
        .as_ref()
        .map(|teacher| view! { <span>{text::by_teacher(lang, &teacher.name)}</span> });
    view! {
        <p class="sale-facts">
            {teacher} <span>{course.level.name(lang)}</span> <span>{text::lessons(lang, course.sections)}</span>
            <span>{text::students(lang, course.students)}</span>
        </p>
    }
}
