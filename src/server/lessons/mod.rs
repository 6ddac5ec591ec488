//! Lessons: where the shop keeps them, signed links to them, and a copy of who may follow one.
//!
//! - No page holds where a lesson is: it holds a path of this shop that is signed for one student
//!   and ends ([`link`]).
//! - The right is asked for again when a link is followed, and while a file is sent: a copy of it
//!   is at most [`rights::COPY_MS`] old.

pub mod link;
pub mod rights;
pub mod vod;

use crate::{
    server::{config::LessonSettings, signer::Signer},
    types::{catalog::SectionType, hex::hex, lesson::LessonSource, time::Millis},
};
use link::LessonLinks;
use rights::Rights;
use std::path::{Path, PathBuf};
use vod::Vod;

/// The lessons of a demo that names no folder, from where it was started.
const DEMO_FOLDER: &str = "seed/lessons";
/// Random bytes that make one link of the cloud differ from another.
const NONCE_BYTES: usize = 5;

/// What the settings say of lessons, and what links and rights need.
pub struct Lessons {
    pub links: LessonLinks,
    pub rights: Rights,
    folder: Option<PathBuf>,
    /// Hosts that a video may come from, the cloud's among them.
    hosts: Vec<String>,
    vod: Option<Vod>,
}

/// Where the lesson behind a link that was followed is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Followed {
    /// A file of this machine.
    File(PathBuf),
    /// An address of another host.
    Address(String),
}

impl Lessons {
    /// By these settings. A demo has lessons of its own.
    pub fn new(settings: &LessonSettings, is_demo: bool, signer: &Signer) -> Self {
        let demo = is_demo.then(|| PathBuf::from(DEMO_FOLDER));
        let vod = Vod::new(settings.vod_host.as_deref(), settings.vod_key.as_deref());
        Self {
            links: LessonLinks::new(signer),
            rights: Rights::new(),
            folder: settings
                .lessons_dir
                .clone()
                .or_else(|| demo.filter(|folder| folder.is_dir())),
            hosts: settings.hosts().map(str::to_owned).collect(),
            vod,
        }
    }

    /// Where a section's lesson is, if this shop can show it: a browser plays a video of a host
    /// that is not in the settings nowhere, since the page's policy forbids it.
    pub fn source(&self, link: &str, kind: SectionType) -> Option<LessonSource> {
        let source = LessonSource::parse(link)?;
        let is_shown = match &source {
            LessonSource::File(_) => self.folder.is_some(),
            LessonSource::Web(url) => kind != SectionType::Video || self.is_known(url),
            LessonSource::Vod(_) => self.vod.is_some(),
        };
        is_shown.then_some(source)
    }

    /// Where a lesson is for one who follows a link now.
    pub fn follow(&self, source: &LessonSource, now: Millis) -> Option<Followed> {
        match source {
            LessonSource::File(name) => self.file(name).map(Followed::File),
            LessonSource::Web(url) => Some(Followed::Address(url.clone())),
            LessonSource::Vod(path) => {
                let mut nonce = [0; NONCE_BYTES];
                getrandom::fill(&mut nonce).ok()?;
                let ends_at = now.plus(link::LIFE_MS);
                let address = self.vod.as_ref()?.address(path, ends_at, &hex(&nonce));
                Some(Followed::Address(address))
            }
        }
    }

    /// The path of a file of the folder; `LessonSource` has seen to it that its name does not lead
    /// out.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        self.folder.as_deref().map(|folder| folder.join(name))
    }

    fn is_known(&self, url: &str) -> bool {
        let host = url
            .strip_prefix("https://")
            .and_then(|rest| rest.split(['/', '?', '#']).next())
            .unwrap_or_default();
        self.hosts
            .iter()
            .any(|known| known.eq_ignore_ascii_case(host))
    }
}

/// The path of the captions in a language that stand beside a video: `a.zh.vtt` beside `a.mp4`.
pub fn captions(video: &Path, tag: &str) -> PathBuf {
    video.with_extension(format!("{tag}.vtt"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lessons(settings: &LessonSettings) -> Lessons {
        let signer = Signer::new(vec![1; 32]).expect("a key");
        Lessons::new(settings, false, &signer)
    }

    #[test]
    fn a_lesson_is_shown_where_the_settings_say_how() {
        let none = lessons(&LessonSettings::default());
        let all = lessons(&LessonSettings {
            lessons_dir: Some("/srv/lessons".into()),
            lesson_hosts: vec!["cdn.example".into()],
            vod_host: Some("1.vod2.example".into()),
            vod_key: Some("24FEQmTzro4V5u3D5epW".into()),
        });
        for (link, kind, is_shown) in [
            ("file:a.mp4", SectionType::Video, [false, true]),
            ("vod:/d/a.mp4", SectionType::Video, [false, true]),
            ("https://CDN.example/a", SectionType::Video, [false, true]),
            (
                "https://1.vod2.example/a",
                SectionType::Video,
                [false, true],
            ),
            ("https://x.example/a", SectionType::Video, [false, false]),
            ("https://x.example/a", SectionType::Document, [true, true]),
            ("", SectionType::Video, [false, false]),
        ] {
            let shown = [&none, &all].map(|lessons| lessons.source(link, kind).is_some());
            assert_eq!(shown, is_shown, "{link}");
        }
        let followed = |source: LessonSource| all.follow(&source, Millis(0));
        assert_eq!(
            followed(LessonSource::File("x/a.mp4".into())),
            Some(Followed::File("/srv/lessons/x/a.mp4".into()))
        );
        let Some(Followed::Address(address)) = followed(LessonSource::Vod("/d/a.mp4".into()))
        else {
            panic!("an address");
        };
        assert!(
            address.starts_with("https://1.vod2.example/d/a.mp4?t="),
            "{address}"
        );
    }

    #[test]
    fn captions_stand_beside_their_video() {
        assert_eq!(
            captions(Path::new("/x/a.b.mp4"), "zh"),
            Path::new("/x/a.b.zh.vtt")
        );
    }
}
