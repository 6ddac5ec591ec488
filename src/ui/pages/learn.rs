//! Studying a course: one section is open, and its outline stands beside it. Who may not study it
//! is led to the course's page.

use super::{PageRequest, for_asker, loaded};
use crate::{
    api,
    types::{
        error::AppError,
        ids::{CourseId, SectionId},
        lang::Lang,
        lesson::{Study, StudyArgs},
    },
    ui::{
        context::{PageStatus, Query},
        link,
        parts::{
            content_lang,
            frame::{crumbs, frame},
            head::{Head, NavEntry},
            lesson::{contents, lesson, mark, preview, steps},
            message::message,
            notice,
        },
        text::learn as words,
    },
};
use leptos::prelude::*;
use std::str::FromStr;

/// What the keys and the place in a video need of a browser.
const SCRIPT: &str = "/learn.js";

/// /learn/{course}: leads to where the student goes on.
#[component]
pub fn Learn() -> impl IntoView {
    let asked = PageRequest::here();
    let course = number("course");
    loaded(asked.lang, asked.path, async move {
        let course = course.ok_or(AppError::NotFound)?;
        let study = study(asked.lang, course, None).await?;
        match &study.lesson {
            Some(open) => {
                let target = link::lesson(asked.lang, course, open.id);
                PageStatus::here().redirect(target);
                Ok(().into_any())
            }
            None => empty(asked.lang, &study).await,
        }
    })
}

/// /learn/{course}/{section}.
#[component]
pub fn LearnSection() -> impl IntoView {
    let asked = PageRequest::here();
    let (course, section) = (number("course"), number("section"));
    let error = notice::error_of(|name| asked.query(name));
    loaded(asked.lang, asked.path, async move {
        let course = course.ok_or(AppError::NotFound)?;
        let section: SectionId = section.ok_or(AppError::NotFound)?;
        let study = study(asked.lang, course, Some(section)).await?;
        opened(asked.lang, &study, error).await
    })
}

/// A number of the path, as this shop writes it.
fn number<T: FromStr + ToString>(name: &str) -> Option<T> {
    let part = PageRequest::part(name);
    let number: T = part.parse().ok()?;
    (number.to_string() == part).then_some(number)
}

/// What is studied; who has no right to it is led to the course's page.
async fn study(
    lang: Lang,
    course: CourseId,
    section: Option<SectionId>,
) -> Result<Study, AppError> {
    let args = StudyArgs {
        course: Some(course.into()),
        section: section.map(Into::into),
    };
    let study = api::learning::read_study(args).await;
    if matches!(study, Err(AppError::NotSignedIn | AppError::NotBought)) {
        // What became of the form that led here is said there.
        let error = match (Query::here().get("error"), &study) {
            (Some(_), Err(AppError::NotBought)) => "?error=not-bought",
            _ => "",
        };
        PageStatus::here().redirect(link::page(lang, &format!("/courses/{course}{error}")));
    }
    Ok(study?.result)
}

async fn head(path: &str, title: &str) -> Head {
    for_asker(Head::private(path, title).at(NavEntry::Courses)).await
}

async fn empty(lang: Lang, study: &Study) -> Result<AnyView, AppError> {
    let next = view! {
        <p class="message-next">
            <a class="button" href=link::page(lang, &format!("/courses/{}", study.course))>
                {study.name.clone()}
            </a>
        </p>
    };
    let main = message(
        "/media/empty.svg",
        view! { <h1>{words::none_title(lang)}</h1> },
        words::none_text(lang),
        next,
    );
    let path = format!("/learn/{}", study.course);
    Ok(frame(lang, &head(&path, &study.name).await, main))
}

async fn opened(lang: Lang, study: &Study, error: Option<AppError>) -> Result<AnyView, AppError> {
    let open = study.lesson.as_ref().ok_or(AppError::NotFound)?;
    let section = study
        .sections()
        .find(|section| section.id == open.id)
        .ok_or(AppError::NotFound)?;
    let path = format!("/learn/{}/{}", study.course, open.id);
    let course = (
        link::page(lang, &format!("/courses/{}", study.course)),
        study.name.clone(),
        content_lang(lang),
    );
    let main = view! {
        {crumbs(lang, vec![course])}
        {notice::of_error(lang, error.as_ref())}
        <div class="learn">
            <article class="learn-open">
                <h1 lang=content_lang(lang)>{section.name.clone()}</h1>
                {(!study.owned).then(|| preview(lang, study).into_any())}
                {lesson(lang, study, section, open)}
                {study.signed_in.then(|| mark(lang, section, &path).into_any())}
                {steps(lang, study, section).into_any()}
            </article>
            {contents(lang, study).into_any()}
        </div>
        <script r#type="module" src=SCRIPT></script>
    };
    Ok(frame(lang, &head(&path, &section.name).await, main))
}
