//! A lesson: where a section's video, document or exercise is, and what its student is shown.

use crate::types::{
    catalog::SectionType,
    ids::{CourseId, SectionId},
    lang::Lang,
    link,
    text::Text,
};
use serde::{Deserialize, Serialize};

/// Where a lesson is, as the column `section_link` says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LessonSource {
    /// `file:NAME`: a path below the folder of lessons.
    File(String),
    /// `https://…`: an address of another host.
    Web(String),
    /// `vod:/PATH`: a path at the shop's host of Tencent Cloud VOD.
    Vod(String),
}

const FILE: &str = "file:";
const VOD: &str = "vod:/";

impl LessonSource {
    /// Reads a section's link; `None` when it names no lesson: nothing, an address without TLS, a
    /// path that leads out of the folder.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(name) = text.strip_prefix(FILE) {
            return link::is_media(name).then(|| Self::File(name.to_owned()));
        }
        if let Some(path) = text.strip_prefix(VOD) {
            let is_plain = path.is_ascii() && link::is_media(path);
            return is_plain.then(|| Self::Vod(format!("/{path}")));
        }
        (text.starts_with("https://") && link::is_web(text)).then(|| Self::Web(text.to_owned()))
    }

    /// Whether a link is of the kind that only this shop can follow: it stands in no answer.
    pub fn is_own(text: &str) -> bool {
        let text = text.trim();
        text.starts_with(FILE) || text.starts_with("vod:")
    }
}

/// Why a link to a lesson is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkRefusal {
    /// Its time is over.
    Expired,
    /// This shop gave no such link, or gave it to another student.
    Foreign,
    /// The right to the course ended.
    Ended,
}

impl LinkRefusal {
    /// One sentence for who followed it: what is so, and what to do.
    pub fn message(self, lang: Lang) -> &'static str {
        match self {
            Self::Expired => lang.pick(
                "这个链接已过期：请回到课程页面，刷新后再打开",
                "This link has expired: go back to the lesson's page, reload it and open it again",
            ),
            Self::Foreign => lang.pick(
                "这个链接不是给您的：请用买下课程的账号登录，从课程页面打开",
                "This link is not yours: sign in as the student who has the course, and open it from the lesson's page",
            ),
            Self::Ended => lang.pick(
                "您已没有这门课的学习权限：请到课程页面查看",
                "You may not study this course any more: see its page",
            ),
        }
    }
}

/// What `learn/course/` takes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct StudyArgs {
    /// The course's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<Text>,
    /// The number of the section to open; left out, it is where the student goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<Text>,
}

/// What `learn/progress/` takes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ProgressArgs {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<Text>,
    /// Whole seconds from the start of the video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Text>,
    /// Whole seconds of the video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<Text>,
}

/// What `learn/done/` takes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct DoneArgs {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<Text>,
}

/// Where a section stands after a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionProgress {
    /// Seconds from the start at which its video goes on.
    pub position_s: i64,
    /// Whether the report, or the mark, says that it is done; what was done before stays so.
    pub done: bool,
}

/// A course as one who studies it sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Study {
    pub course: CourseId,
    pub name: String,
    /// Whether all of it is the asker's; if not, what is open is a free preview.
    pub owned: bool,
    /// Whether the asker signed in, so that progress is kept.
    pub signed_in: bool,
    /// Sections that are done.
    pub done: i64,
    pub chapters: Vec<StudyChapter>,
    /// The section that is open; `None` when the course has none yet.
    pub lesson: Option<Lesson>,
}

/// A chapter of the outline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudyChapter {
    pub chapter: i64,
    pub name: String,
    pub sections: Vec<StudySection>,
}

/// Why the asker may open a section, or that they may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionAccess {
    /// They have the course.
    Owned,
    /// It is a free preview, which everybody may open.
    Free,
    /// It comes with the course.
    Locked,
}

/// A section of the outline. It says nothing of where the lesson is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudySection {
    pub id: SectionId,
    pub name: String,
    pub section_type: SectionType,
    /// How long it takes, as text.
    pub duration: Option<String>,
    pub access: SectionAccess,
    /// Whether there is a lesson yet.
    pub ready: bool,
    pub done: bool,
    /// Percent of its video that was seen.
    pub seen: i64,
}

/// The section that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    pub id: SectionId,
    /// Where it is: a signed path of this shop; `None` while there is no lesson.
    pub media: Option<String>,
    /// Captions of a video.
    pub captions: Vec<Captions>,
    /// Seconds from the start at which its video goes on.
    pub position_s: i64,
}

/// A file with the captions of a video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captions {
    pub lang: Lang,
    /// A signed path of this shop.
    pub media: String,
}

impl StudySection {
    /// Whether the asker may open it.
    pub fn is_open(&self) -> bool {
        self.access != SectionAccess::Locked
    }
}

impl Study {
    /// Every section, in the order of the outline.
    pub fn sections(&self) -> impl Iterator<Item = &StudySection> {
        self.chapters.iter().flat_map(|chapter| &chapter.sections)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_a_file_an_address_or_a_path_at_the_cloud() {
        for (text, source) in [
            ("file:a.mp4", LessonSource::File("a.mp4".into())),
            (
                " file:课程/一.pdf ",
                LessonSource::File("课程/一.pdf".into()),
            ),
            (
                "https://cdn.example/a.mp4?x=1",
                LessonSource::Web("https://cdn.example/a.mp4?x=1".into()),
            ),
            (
                "vod:/dir1/dir2/a.mp4",
                LessonSource::Vod("/dir1/dir2/a.mp4".into()),
            ),
        ] {
            assert_eq!(LessonSource::parse(text), Some(source), "{text:?}");
        }
    }

    #[test]
    fn what_leads_elsewhere_names_no_lesson() {
        for text in [
            "",
            "file:",
            "file:/etc/passwd",
            "file:../shop.db",
            "file:a/../../shop.db",
            "file:a//b",
            "file:./a",
            "file:a\\b",
            "file:a%2fb",
            "file:a\nb",
            "vod:",
            "vod:a.mp4",
            "vod:/a/../b.mp4",
            "vod:/a/b.mp4?t=1",
            "vod://evil.example/a",
            "http://cdn.example/a.mp4",
            "https://",
            "javascript:alert(1)",
            "/media/a.mp4",
        ] {
            assert_eq!(LessonSource::parse(text), None, "{text:?}");
        }
        assert!(LessonSource::is_own("file:../a") && LessonSource::is_own(" vod:x"));
        assert!(!LessonSource::is_own("https://a.example"));
    }
}
