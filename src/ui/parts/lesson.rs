//! The open section of a course, the way to its neighbours, and the outline with progress.

use crate::{
    types::{
        catalog::SectionType,
        lang::Lang,
        lesson::{Captions, Lesson, SectionAccess, Study, StudyChapter, StudySection},
    },
    ui::{
        link,
        parts::content_lang,
        text::{self, learn as words},
    },
};
use leptos::prelude::*;

const DONE: &str = "/api/v1/learn/done/";
/// What a video may be sped up to, as its player takes it and as it is shown.
const SPEEDS: [(&str, &str); 5] = [
    ("0.75", "0.75×"),
    ("1", "1×"),
    ("1.25", "1.25×"),
    ("1.5", "1.5×"),
    ("2", "2×"),
];

/// The lesson itself.
pub fn lesson(lang: Lang, study: &Study, section: &StudySection, lesson: &Lesson) -> AnyView {
    let Some(media) = lesson.media.clone() else {
        return view! { <p class="notice">{words::not_ready(lang)}</p> }.into_any();
    };
    match section.section_type {
        SectionType::Video => video(lang, study.signed_in, lesson, &media).into_any(),
        SectionType::Document => paper(lang, words::open_document(lang), media).into_any(),
        SectionType::Exercise => paper(lang, words::open_exercise(lang), media).into_any(),
    }
}

fn video(lang: Lang, is_kept: bool, lesson: &Lesson, media: &str) -> impl IntoView + use<> {
    // The browser goes there by itself (https://www.w3.org/TR/media-frags/).
    let source = match lesson.position_s {
        0 => media.to_owned(),
        at => format!("{media}#t={at}"),
    };
    let speeds = SPEEDS
        .map(|(value, shown)| view! { <option value=value selected=value == "1">{shown}</option> })
        .collect_view();
    view! {
        <video
            class="learn-video"
            controls
            playsinline
            preload="metadata"
            src=source
            data-section=is_kept.then(|| lesson.id.to_string())
        >
            {lesson.captions.iter().map(|captions| track(lang, captions)).collect_view()}
            {words::no_video(lang)}
        </video>
        <p class="learn-tools" data-learn-tools hidden>
            <label class="learn-speed">
                {words::speed(lang)} <select data-speed>{speeds}</select>
            </label>
            <span class="learn-keys">{words::keys(lang)}</span>
        </p>
    }
}

fn track(lang: Lang, captions: &Captions) -> impl IntoView + use<> {
    view! {
        <track
            kind="captions"
            src=captions.media.clone()
            srclang=captions.lang.tag()
            label=words::captions(captions.lang)
            default=captions.lang == lang
        />
    }
}

/// A document or an exercise, which is read in a tab of its own.
fn paper(lang: Lang, go: &'static str, media: String) -> impl IntoView {
    view! {
        <div class="sheet learn-paper">
            <p>
                <a class="button" href=media target="_blank" rel="noopener">
                    {go}
                </a>
            </p>
            <p class="part-note">{words::new_tab(lang)}</p>
        </div>
    }
}

/// Whether the section is done, or the way to say so.
pub fn mark(lang: Lang, section: &StudySection, page: &str) -> impl IntoView + use<> {
    let is_done = section.done;
    let form = (!is_done).then(|| {
        view! {
            <form method="post" action=link::action(lang, DONE, Some(page)) data-open>
                <button class="button" data-kind="quiet" type="submit" name="section" value=section.id.to_string()>
                    {words::finish(lang)}
                </button>
            </form>
        }
    });
    view! {
        <p class="learn-done" data-done hidden=!is_done role="status">
            {words::done(lang)}
        </p>
        {form}
    }
}

/// The way to a free preview's course.
pub fn preview(lang: Lang, study: &Study) -> impl IntoView + use<> {
    let note = (!study.signed_in).then(|| words::preview_note(lang));
    view! {
        <p class="notice">
            <span>{words::preview(lang)} " " {note}</span>
            <a class="button" href=link::page(lang, &format!("/courses/{}", study.course))>
                {words::preview_go(lang)}
            </a>
        </p>
    }
}

/// The sections before and behind the open one that the asker may open, too.
pub fn steps(lang: Lang, study: &Study, open: &StudySection) -> impl IntoView + use<> {
    let may: Vec<_> = study
        .sections()
        .filter(|section| section.is_open())
        .collect();
    let at = may.iter().position(|section| section.id == open.id);
    let neighbour = |at: Option<usize>| at.and_then(|at| may.get(at)).copied();
    let previous = neighbour(at.and_then(|at| at.checked_sub(1)));
    let next = neighbour(at.map(|at| at + 1));
    let way = |section: &StudySection, rel: &'static str, word: &'static str| {
        view! {
            <a class="learn-step sheet" rel=rel href=link::lesson(lang, study.course, section.id)>
                <span class="learn-step-word">{word}</span>
                <span lang=content_lang(lang)>{section.name.clone()}</span>
            </a>
        }
    };
    view! {
        <nav class="learn-steps" aria-label=words::steps(lang)>
            {previous.map(|section| way(section, "prev", words::previous(lang)))}
            {next.map(|section| way(section, "next", words::next(lang)))}
        </nav>
    }
}

/// The outline: beside the lesson, and below it on a phone, where it can be folded away.
pub fn contents(lang: Lang, study: &Study) -> impl IntoView + use<> {
    let all = study.sections().count();
    let shown = study.owned.then(|| {
        let words = words::progress(lang, study.done, i64::try_from(all).unwrap_or(i64::MAX));
        view! {
            <span class="learn-count">{words.clone()}</span>
            <progress class="learn-bar" max=all.max(1).to_string() value=study.done.to_string() aria-label=words></progress>
        }
    });
    let open = study.lesson.as_ref().map(|lesson| lesson.id);
    let chapters = study
        .chapters
        .iter()
        .map(|chapter| {
            let rows = chapter
                .sections
                .iter()
                .map(|section| row(lang, study, section, open == Some(section.id)))
                .collect_view();
            view! {
                <li>
                    <h3 class="learn-chapter">{heading(lang, chapter)}</h3>
                    <ol>{rows}</ol>
                </li>
            }
        })
        .collect_view();
    view! {
        <details class="chapter sheet" open>
            <summary class="chapter-head">
                <h2 class="chapter-name">{words::outline(lang)}</h2>
                {shown}
            </summary>
            <ol class="learn-list">{chapters}</ol>
        </details>
    }
}

fn heading(lang: Lang, chapter: &StudyChapter) -> impl IntoView + use<> {
    let number = text::course::chapter(lang, chapter.chapter);
    view! {
        {number}
        " "
        <span lang=content_lang(lang)>{chapter.name.clone()}</span>
    }
}

fn row(lang: Lang, study: &Study, section: &StudySection, is_open: bool) -> impl IntoView + use<> {
    let name = view! { <span lang=content_lang(lang)>{section.name.clone()}</span> };
    let name = if section.is_open() {
        let href = link::lesson(lang, study.course, section.id);
        view! {
            <a class="learn-name" href=href aria-current=is_open.then_some("page")>
                {name}
            </a>
        }
        .into_any()
    } else {
        view! { <span class="learn-name">{name}</span> }.into_any()
    };
    let length = section
        .duration
        .clone()
        .map(|length| view! { <span class="learn-note">{length}</span> });
    view! {
        <li class="learn-row">
            <span class="learn-note">{section.section_type.name(lang)}</span>
            {name}
            {length}
            <span class="learn-note">{state(lang, section)}</span>
        </li>
    }
}

/// What is to be said of a section, in words.
fn state(lang: Lang, section: &StudySection) -> String {
    if section.done {
        return format!("✓ {}", words::done(lang));
    }
    if !section.is_open() {
        return words::locked(lang).to_owned();
    }
    if !section.ready {
        return words::not_ready_short(lang).to_owned();
    }
    if section.seen > 0 {
        return words::seen(lang, section.seen);
    }
    let is_free = (section.access == SectionAccess::Free).then(|| text::course::section_free(lang));
    is_free.unwrap_or_default().to_owned()
}
