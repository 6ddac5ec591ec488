//! Settings of the pages of privacy and terms: files with the operator's own words.

use clap::Args;
use std::path::PathBuf;

/// Files in plain text, or with headings, lists and links as Markdown has them; they are read at
/// start.
#[derive(Clone, Debug, Default, Args)]
pub struct LegalSettings {
    /// The privacy policy in Chinese; without it the page says what the shop keeps by itself
    #[arg(long, env = "PRIVACY_FILE")]
    pub privacy_file: Option<PathBuf>,
    /// The same in English; without it English readers get the Chinese one
    #[arg(long, env = "PRIVACY_FILE_EN")]
    pub privacy_file_en: Option<PathBuf>,
    /// The terms in Chinese; without them the page says how sales work
    #[arg(long, env = "TERMS_FILE")]
    pub terms_file: Option<PathBuf>,
    /// The same in English; without them English readers get the Chinese ones
    #[arg(long, env = "TERMS_FILE_EN")]
    pub terms_file_en: Option<PathBuf>,
}
