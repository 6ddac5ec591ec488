//! Learning: what a student sees of a course, how far they are, and who may follow a link to a
//! lesson.

use crate::{
    rules::progress::{LENGTH_MAX_S, percent, watched},
    server::{
        lessons::{self, Followed, link::ANYBODY, link::LinkProof, rights::RightTo},
        shop::state::AppState,
        store::{LessonCourse, LessonSection, ProgressRow},
    },
    types::{
        catalog::SectionType,
        error::{AppError, Fault},
        ids::{CourseId, SectionId, StudentId},
        lang::Lang,
        lesson::{
            Captions, Lesson, LessonSource, LinkRefusal, SectionAccess, SectionProgress, Study,
            StudyChapter, StudySection,
        },
        time::Millis,
    },
};
use std::{collections::HashMap, path::PathBuf};

/// Who looks at a course, and what of it is theirs.
#[derive(Clone, Copy)]
struct Onlooker {
    student: Option<StudentId>,
    owns: bool,
}

/// Why a link was not followed.
pub enum NotFollowed {
    Refused(LinkRefusal),
    Failed(AppError),
}

impl From<AppError> for NotFollowed {
    fn from(error: AppError) -> Self {
        Self::Failed(error)
    }
}

impl AppState {
    /// A course as one who studies it sees it, with one section open: the named one, else where the
    /// student goes on.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is no such course or section; [`AppError::NotSignedIn`] or
    /// [`AppError::NotBought`] when the section is neither a free preview nor of a course that is
    /// the asker's.
    pub async fn study(
        &self,
        student: Option<StudentId>,
        course: CourseId,
        section: Option<SectionId>,
    ) -> Result<Study, AppError> {
        let found = self.store.lesson_course(course).await?;
        let found = found.ok_or(AppError::NotFound)?;
        let owns = match student {
            Some(student) => self.may_study(student, course).await?,
            None => false,
        };
        if !owns && !found.is_shown {
            return Err(AppError::NotFound);
        }
        let kept = match student {
            Some(student) => self.kept(student, course).await?,
            None => HashMap::new(),
        };
        let who = Onlooker { student, owns };
        let open = match section {
            Some(id) => {
                let named = found.sections.iter().find(|section| section.id == id);
                Some(named.ok_or(AppError::NotFound)?)
            }
            None => goes_on(&found.sections, &kept),
        };
        // Without a section it is about the whole course.
        let is_preview = section.is_some() && open.is_some_and(|section| section.free_trail);
        if !owns && !is_preview {
            return Err(no_right(student));
        }
        let lesson = match open {
            Some(section) => Some(self.opened(who, section, &kept).await),
            None => None,
        };
        Ok(self.described(course, &found, who, &kept, lesson))
    }

    /// Whether a student may study all of a course: it is theirs, or it is one for members and they
    /// are one. One statement, by its indexes.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database can't be read.
    pub async fn may_study(&self, student: StudentId, course: CourseId) -> Result<bool, AppError> {
        let now = self.clock.now();
        Ok(self.store.may_study(student, course, now).await?)
    }

    /// Keeps where a student's video is.
    ///
    /// # Errors
    /// [`AppError::BadField`] for numbers that no video has, [`AppError::NotBought`] without the
    /// right to the section, [`AppError::TooManyRequests`].
    pub async fn save_position(
        &self,
        student: StudentId,
        section: SectionId,
        position_s: i64,
        length_s: i64,
    ) -> Result<SectionProgress, AppError> {
        if position_s < 0 {
            return Err(AppError::field("position", Fault::OutOfRange));
        }
        if !(1..=LENGTH_MAX_S).contains(&length_s) {
            return Err(AppError::field("length", Fault::OutOfRange));
        }
        self.limit_clicks(student).await?;
        let now = self.clock.now();
        self.right_to(student, section, now).await?;
        let Some(report) = watched(position_s, length_s) else {
            return Ok(SectionProgress {
                position_s: 0,
                done: false,
            });
        };
        self.store
            .save_progress(student, section, &report, now)
            .await?;
        Ok(SectionProgress {
            position_s: report.position_s,
            done: report.is_done,
        })
    }

    /// Marks a section as done.
    ///
    /// # Errors
    /// [`AppError::NotBought`] without the right to the section, [`AppError::TooManyRequests`].
    pub async fn finish(
        &self,
        student: StudentId,
        section: SectionId,
    ) -> Result<SectionProgress, AppError> {
        self.limit_clicks(student).await?;
        let now = self.clock.now();
        self.right_to(student, section, now).await?;
        self.store.finish_section(student, section, now).await?;
        Ok(SectionProgress {
            position_s: 0,
            done: true,
        })
    }

    /// Where a link to a section's lesson, or with `captions` to those in a language, leads who
    /// follows it; and whose link it is.
    ///
    /// # Errors
    /// [`NotFollowed`] says why it leads nowhere.
    pub async fn follow(
        &self,
        student: Option<StudentId>,
        section: SectionId,
        proof: LinkProof<'_>,
        captions: Option<Lang>,
    ) -> Result<(StudentId, Followed), NotFollowed> {
        let now = self.clock.now();
        let askers: Vec<_> = student.into_iter().chain([ANYBODY]).collect();
        let judged = self.lessons.links.judge(section, &askers, proof, now);
        let whose = judged.map_err(NotFollowed::Refused)?;
        let right = self.right_to(whose, section, now).await.map_err(refused)?;
        let source = self.lessons.source(&right.link, right.kind);
        let source = source.ok_or(AppError::NotFound)?;
        let followed = match captions {
            None => self.lessons.follow(&source, now),
            Some(lang) => self.captions(&source, lang).map(Followed::File),
        };
        Ok((whose, followed.ok_or(AppError::NotFound)?))
    }

    /// Whether a link that is being followed is its student's still.
    ///
    /// # Errors
    /// [`AppError::NotBought`]; [`AppError::Unavailable`] when the database can't be read.
    pub async fn still_follows(
        &self,
        student: StudentId,
        section: SectionId,
    ) -> Result<(), AppError> {
        let now = self.clock.now();
        self.right_to(student, section, now).await.map(drop)
    }

    /// How far a student is, by section.
    async fn kept(
        &self,
        student: StudentId,
        course: CourseId,
    ) -> Result<HashMap<SectionId, ProgressRow>, AppError> {
        let rows = self.store.progress_of(student, course).await?;
        let by_section = rows.into_iter().map(|row| (SectionId(row.section_id), row));
        Ok(by_section.collect())
    }

    /// The right to a section, as it was within the last [`COPY_MS`](lessons::rights::COPY_MS).
    /// [`ANYBODY`] has that to free previews.
    async fn right_to(
        &self,
        student: StudentId,
        section: SectionId,
        now: Millis,
    ) -> Result<RightTo, AppError> {
        if let Some(right) = self.lessons.rights.get(student, section, now) {
            return Ok(right);
        }
        let found = self.store.lesson_section(section).await?;
        let found = found.ok_or(AppError::NotFound)?;
        let is_free = found.free_trail && found.is_course_shown;
        let is_theirs = is_free
            || (student != ANYBODY && self.store.may_study(student, found.course, now).await?);
        if !is_theirs {
            return Err(AppError::NotBought);
        }
        let right = RightTo {
            link: found.link.into(),
            kind: found.section_type,
        };
        self.lessons
            .rights
            .keep(student, section, now, right.clone());
        Ok(right)
    }

    /// The open section, with signed links to its lesson.
    async fn opened(
        &self,
        who: Onlooker,
        section: &LessonSection,
        kept: &HashMap<SectionId, ProgressRow>,
    ) -> Lesson {
        let source = self.lessons.source(&section.link, section.section_type);
        // A free preview is everybody's, and stays so after a sign-out.
        let whose = who.student.filter(|_| who.owns).unwrap_or(ANYBODY);
        let now = self.clock.now();
        let media = source
            .as_ref()
            .map(|_| self.lessons.links.give(section.id, whose, now));
        let mut captions = Vec::new();
        if let (Some(source), Some(media), SectionType::Video) =
            (&source, &media, section.section_type)
        {
            for lang in Lang::ALL {
                if let Some(path) = self.captions(source, lang)
                    && tokio::fs::try_exists(&path).await.unwrap_or(false)
                {
                    captions.push(Captions {
                        lang,
                        media: format!("{media}&c={}", tag(lang)),
                    });
                }
            }
        }
        Lesson {
            id: section.id,
            media,
            captions,
            position_s: kept.get(&section.id).map_or(0, |row| row.position_s),
        }
    }

    /// The file that may hold captions.
    fn captions(&self, source: &LessonSource, lang: Lang) -> Option<PathBuf> {
        let LessonSource::File(name) = source else {
            return None;
        };
        let video = self.lessons.file(name)?;
        Some(lessons::captions(&video, tag(lang)))
    }

    fn described(
        &self,
        course: CourseId,
        found: &LessonCourse,
        who: Onlooker,
        kept: &HashMap<SectionId, ProgressRow>,
        lesson: Option<Lesson>,
    ) -> Study {
        let mut chapters: Vec<(i64, StudyChapter)> = Vec::new();
        for section in &found.sections {
            if chapters.last().map(|(id, _)| *id) != Some(section.chapter_id) {
                let chapter = StudyChapter {
                    chapter: section.chapter,
                    name: section.chapter_name.clone(),
                    sections: Vec::new(),
                };
                chapters.push((section.chapter_id, chapter));
            }
            if let Some((_, chapter)) = chapters.last_mut() {
                chapter.sections.push(self.listed(section, who, kept));
            }
        }
        let chapters: Vec<_> = chapters.into_iter().map(|(_, chapter)| chapter).collect();
        let all = chapters.iter().flat_map(|chapter| &chapter.sections);
        let done = all.filter(|section| section.done).count();
        Study {
            course,
            name: found.name.clone(),
            owned: who.owns,
            signed_in: who.student.is_some(),
            done: i64::try_from(done).unwrap_or(i64::MAX),
            chapters,
            lesson,
        }
    }

    fn listed(
        &self,
        section: &LessonSection,
        who: Onlooker,
        kept: &HashMap<SectionId, ProgressRow>,
    ) -> StudySection {
        let row = kept.get(&section.id);
        StudySection {
            id: section.id,
            name: section.name.clone(),
            section_type: section.section_type,
            duration: section.duration.clone(),
            access: access(who, section),
            ready: self
                .lessons
                .source(&section.link, section.section_type)
                .is_some(),
            done: row.is_some_and(|row| row.done_at.is_some()),
            seen: row.map_or(0, |row| percent(row.furthest_s, row.length_s)),
        }
    }
}

/// Where a student goes on: the section that was open last, or the one behind it when that is done;
/// at the beginning the first one.
fn goes_on<'a>(
    sections: &'a [LessonSection],
    kept: &HashMap<SectionId, ProgressRow>,
) -> Option<&'a LessonSection> {
    let last = sections
        .iter()
        .enumerate()
        .filter_map(|(at, section)| kept.get(&section.id).map(|row| (row.updated_at, at, row)))
        .max_by_key(|(updated_at, at, _)| (*updated_at, *at));
    let Some((_, at, row)) = last else {
        return sections.first();
    };
    let next = sections.get(at + 1).filter(|_| row.done_at.is_some());
    next.or_else(|| sections.get(at))
}

fn access(who: Onlooker, section: &LessonSection) -> SectionAccess {
    if who.owns {
        SectionAccess::Owned
    } else if section.free_trail {
        SectionAccess::Free
    } else {
        SectionAccess::Locked
    }
}

/// What one hears who may not study.
fn no_right(student: Option<StudentId>) -> AppError {
    match student {
        Some(_) => AppError::NotBought,
        None => AppError::NotSignedIn,
    }
}

fn refused(error: AppError) -> NotFollowed {
    match error {
        AppError::NotBought => NotFollowed::Refused(LinkRefusal::Ended),
        error => NotFollowed::Failed(error),
    }
}

/// What a language is called in the name of a file and in a link.
pub fn tag(lang: Lang) -> &'static str {
    lang.pick("zh", "en")
}
