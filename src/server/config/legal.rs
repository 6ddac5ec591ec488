//! Settings of the pages of privacy and terms: files with the operator's own words.

use clap::Args;
use std::path::PathBuf;

/// Files in plain text, or with headings, lists and links as Markdown has them; they are read at
/// start.
#[derive(Clone, Debug, Default, Args)]
pub struct LegalSettings {
    /// File with your own words for /privacy, read at start: UTF-8, 65536 bytes at most; plain
    /// text, or Markdown's headings (#), lists (-) and links. Without it the page says what the
    /// shop does by itself
    #[arg(long, env = "PRIVACY_FILE", help_heading = "Privacy and terms", value_parser = super::values::path)]
    pub privacy_file: Option<PathBuf>,
    /// The same in English; without it English readers get the Chinese one
    #[arg(long, env = "PRIVACY_FILE_EN", help_heading = "Privacy and terms", value_parser = super::values::path)]
    pub privacy_file_en: Option<PathBuf>,
    /// File with your own words for /terms, of the same kind; without it the page says how sales
    /// work
    #[arg(long, env = "TERMS_FILE", help_heading = "Privacy and terms", value_parser = super::values::path)]
    pub terms_file: Option<PathBuf>,
    /// The same in English; without it English readers get the Chinese one
    #[arg(long, env = "TERMS_FILE_EN", help_heading = "Privacy and terms", value_parser = super::values::path)]
    pub terms_file_en: Option<PathBuf>,
}
