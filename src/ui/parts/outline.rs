//! A course's chapters and lessons.

use crate::{
    types::{
        catalog::{Chapter, Section},
        ids::CourseId,
        lang::Lang,
    },
    ui::{link, parts::content_lang, text::course as text},
};
use leptos::prelude::*;

/// The outline; the first chapter is open. `own` is the course of a reader who may study all of it:
/// each lesson leads to its page, and none is a preview.
pub fn outline(lang: Lang, chapters: &[Chapter], own: Option<CourseId>) -> impl IntoView + use<> {
    let body = if chapters.is_empty() {
        view! { <p class="part-note">{text::outline_none(lang)}</p> }.into_any()
    } else {
        let chapters = chapters
            .iter()
            .enumerate()
            .map(|(at, chapter)| chapter_of(lang, chapter, own, at == 0))
            .collect_view();
        view! { <div class="outline">{chapters}</div> }.into_any()
    };
    view! {
        <section id="outline" aria-labelledby="outline-title">
            <h2 id="outline-title">{text::outline_title(lang)}</h2>
            {body}
        </section>
    }
}

fn chapter_of(
    lang: Lang,
    chapter: &Chapter,
    own: Option<CourseId>,
    open: bool,
) -> impl IntoView + use<> {
    let count = i64::try_from(chapter.coursesections.len()).unwrap_or(i64::MAX);
    let lessons = chapter
        .coursesections
        .iter()
        .map(|section| lesson(lang, section, own))
        .collect_view();
    let summary = chapter.summary.clone().filter(|text| !text.is_empty());
    view! {
        <details class="chapter sheet" open=open>
            <summary class="chapter-head">
                <span class="chapter-count">{text::chapter(lang, chapter.chapter)}</span>
                <span class="chapter-name" lang=content_lang(lang)>
                    {chapter.name.clone()}
                </span>
                <span class="chapter-count">{text::lessons(lang, count)}</span>
            </summary>
            {summary
                .map(|words| {
                    view! {
                        <p class="lessons part-note" lang=content_lang(lang)>
                            {words}
                        </p>
                    }
                })}
            <ol class="lessons">{lessons}</ol>
        </details>
    }
}

fn lesson(lang: Lang, section: &Section, own: Option<CourseId>) -> impl IntoView + use<> {
    let name = section.name.clone();
    let link = || link::of_content(lang, section.section_link.as_deref()?);
    let is_preview = section.free_trail && own.is_none();
    let name = match own.map_or_else(link, |course| Some(link::lesson(lang, course, section.id))) {
        Some(href) => view! { <a href=href>{name}</a> }.into_any(),
        None => name.into_any(),
    };
    let length = section.duration.clone().filter(|text| !text.is_empty());
    view! {
        <li class="lesson">
            <span class="lesson-kind">{section.section_type.name(lang)}</span>
            <span class="lesson-name" lang=content_lang(lang)>
                {name}
            </span>
            {length.map(|words| view! { <span class="lesson-length">{words}</span> })}
            {is_preview.then(|| view! { <span class="badge">{text::section_free(lang)}</span> })}
        </li>
    }
}
