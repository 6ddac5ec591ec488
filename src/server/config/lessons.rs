//! Settings of lessons: where videos, documents and exercises come from.

use clap::Args;
use std::path::PathBuf;

/// Sources of lessons; docs/operations.md says how a section names one.
#[derive(Clone, Debug, Default, Args)]
pub struct LessonSettings {
    /// Folder with the files of lessons, which sections name as file:NAME. Nobody gets one but by a
    /// link that is signed for them, so keep it apart from the site's folder. With DEMO it is
    /// seed/lessons, where that is there
    #[arg(long, env = "LESSONS_DIR", help_heading = "Lessons", value_parser = super::values::path)]
    pub lessons_dir: Option<PathBuf>,
    /// Hosts that videos of sections with an https address come from, with commas between them:
    /// browsers play one of no other host
    #[arg(long, env = "LESSON_HOSTS", help_heading = "Lessons", value_delimiter = ',', value_parser = super::values::host)]
    pub lesson_hosts: Vec<String>,
    /// Tencent Cloud VOD: the host of the shop's videos, which sections name as vod:/PATH; needs
    /// VOD_KEY
    #[arg(long, env = "VOD_HOST", help_heading = "Lessons", value_parser = super::values::host)]
    pub vod_host: Option<String>,
    /// Tencent Cloud VOD: the key of its hotlink protection (Key 防盗链)
    #[arg(
        long,
        env = "VOD_KEY",
        help_heading = "Lessons",
        hide_env_values = true
    )]
    pub vod_key: Option<String>,
}

impl LessonSettings {
    /// Hosts that a video may come from, beside this shop's own.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.lesson_hosts
            .iter()
            .chain(&self.vod_host)
            .map(String::as_str)
    }
}
