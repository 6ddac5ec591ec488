//! Learning: a course as its students see it, and how far they are.

use super::wire::{Get, Post};
use crate::types::{
    error::AppError,
    lesson::{DoneArgs, ProgressArgs, SectionProgress, Study, StudyArgs},
    wire::Reply,
};
use leptos::server;

/// A course with one section open: the named one, else where the student goes on. Free previews are
/// everybody's.
///
/// # Errors
/// [`AppError::NotSignedIn`] or [`AppError::NotBought`] without the right to the section,
/// [`AppError::NotFound`] when there is none.
#[server(name = ReadStudy, prefix = "/api/v1", endpoint = "learn/course/", protocol = Get<StudyArgs>)]
pub async fn read_study(args: StudyArgs) -> Result<Reply<Study>, AppError> {
    use crate::{
        server::{
            identity::{self, caller},
            shop::args,
        },
        types::{ids::CourseId, text::Text},
    };
    let (app, lang) = identity::current()?;
    let course = CourseId(args::id("course", args.course.as_ref())?);
    let section = Text::trimmed(args.section.as_ref())
        .map(|_| args::section(args.section.as_ref()))
        .transpose()?;
    let me = caller::visitor().await?.map(|me| me.id);
    let study = app.study(me, course, section).await?;
    Ok(Reply::ok(lang, study))
}

/// Keeps where the student's video is. Of several browsers the last one says it.
///
/// # Errors
/// [`AppError::NotBought`] without the right to the section.
#[server(name = SaveProgress, prefix = "/api/v1", endpoint = "learn/progress/", protocol = Post<ProgressArgs>)]
pub async fn save_progress(args: ProgressArgs) -> Result<Reply<SectionProgress>, AppError> {
    use crate::server::{
        identity::{self, caller},
        shop::args,
    };
    let (app, lang) = identity::current()?;
    let me = caller::student().await?;
    let section = args::section(args.section.as_ref())?;
    let position_s = args::seconds("position", args.position.as_ref())?;
    let length_s = args::seconds("length", args.length.as_ref())?;
    let kept = app
        .save_position(me.id, section, position_s, length_s)
        .await?;
    Ok(Reply::ok(lang, kept))
}

/// Marks a section as done.
///
/// # Errors
/// [`AppError::NotBought`] without the right to the section.
#[server(name = FinishSection, prefix = "/api/v1", endpoint = "learn/done/", protocol = Post<DoneArgs>)]
pub async fn finish_section(args: DoneArgs) -> Result<Reply<SectionProgress>, AppError> {
    use crate::server::{
        identity::{self, caller},
        shop::args,
    };
    let (app, lang) = identity::current()?;
    let me = caller::student().await?;
    let section = args::section(args.section.as_ref())?;
    Ok(Reply::ok(lang, app.finish(me.id, section).await?))
}
