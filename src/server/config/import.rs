//! Arguments of `qiangke import`.

use super::Database;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `qiangke import`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct ImportArgs {
    /// The dump, as mysqldump, Navicat, phpMyAdmin, DBeaver, sqlite3 or pg_dump write it; `-` reads
    /// standard input. Rows of the tables luffy_teacher, luffy_course_category, luffy_course,
    /// luffy_course_chapter, luffy_course_section and luffy_banner are taken, those of other tables
    /// passed over
    pub file: PathBuf,
    /// Update rows that stand already with other values, in the columns that the dump names,
    /// instead of refusing it
    #[arg(long)]
    pub update: bool,
    /// Say what would change, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Only into a catalogue without a course, a teacher, a category or a banner: into another one
    /// nothing is written, which is no error
    #[arg(long, conflicts_with = "update")]
    pub if_empty: bool,
    /// What a backslash in a text means [default: what the program that wrote the dump means by it]
    #[arg(long, value_enum)]
    pub escapes: Option<EscapesArg>,
    /// Take a dump whose transaction or lock has no end, as if it were not cut off
    #[arg(long)]
    pub yes: bool,
    /// Where the database is.
    #[command(flatten)]
    pub database: Database,
}

/// What a backslash in a text of a dump means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EscapesArg {
    /// An escape, as in MySQL: \n is the end of a line, \' a quote
    Mysql,
    /// Itself, as in standard SQL
    Standard,
}
