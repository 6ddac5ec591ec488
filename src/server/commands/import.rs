//! `qiangke import`: a dump of the original shop, of any size, from a file or a pipe.

use super::{
    open,
    progress::{megabytes, told},
};
use crate::server::{
    clock::Clock,
    config::Database,
    import::{self, ImportError, ImportReport, ReadProgress, Terms},
    output::{Output, counted, shown},
    store::Store,
};
use anyhow::anyhow;
use clap::{Args, ValueEnum};
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The name of standard input.
const STANDARD_INPUT: &str = "-";

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

pub(super) async fn run(args: &ImportArgs, output: &mut Output) -> anyhow::Result<()> {
    let store = open(&args.database).await?;
    if args.if_empty && !store.is_catalogue_empty().await? {
        output.line("the catalogue has rows already: nothing was written");
        return Ok(());
    }
    let escapes = args.escapes.map(|escapes| match escapes {
        EscapesArg::Mysql => import::Escapes::Mysql,
        EscapesArg::Standard => import::Escapes::Standard,
    });
    let terms = Terms {
        update: args.update,
        dry_run: args.dry_run,
        now: Clock::System.now(),
        escapes,
        accept_cut: args.yes,
    };
    let outcome = take(&store, &args.file, terms)
        .await
        .map_err(|error| match error {
            ImportError::File(error) => anyhow!("{} can't be read: {error}", name_of(&args.file)),
            other => other.into(),
        })?;
    if terms.dry_run {
        output.line(outcome);
        return Ok(());
    }
    output.done(outcome);
    Ok(())
}

async fn take(store: &Store, path: &Path, terms: Terms) -> Result<ImportReport, ImportError> {
    let progress = Arc::new(ReadProgress::default());
    let line = |size| line(progress.bytes(), progress.rows(), size);
    if path == Path::new(STANDARD_INPUT) {
        let taken = import::take(store, io::stdin(), terms, Arc::clone(&progress));
        return told(taken, || line(None)).await;
    }
    let file = File::open(path).map_err(ImportError::File)?;
    let size = file
        .metadata()
        .ok()
        .filter(std::fs::Metadata::is_file)
        .map(|found| found.len());
    let taken = import::take(store, file, terms, Arc::clone(&progress));
    told(taken, || line(size)).await
}

/// A file's name as a report shows it.
fn name_of(path: &Path) -> String {
    if path == Path::new(STANDARD_INPUT) {
        "standard input".to_owned()
    } else {
        shown(path)
    }
}

/// How far an import of a file of this size is.
fn line(bytes: u64, rows: u64, size: Option<u64>) -> String {
    match size {
        Some(size) if bytes >= size => {
            let rows = counted(rows, "row is", "rows are");
            format!("{rows} read and compared with the database …")
        }
        Some(size) => {
            format!(
                "{:3} % of {} MB read, {rows} rows",
                (bytes * 100).checked_div(size).unwrap_or(100),
                megabytes(size)
            )
        }
        None => format!("{} MB read, {rows} rows", megabytes(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is() {
        assert_eq!(
            line(42_500_000, 7, Some(170_000_000)),
            " 25 % of 170.0 MB read, 7 rows"
        );
        assert_eq!(
            line(170_000_000, 9, Some(170_000_000)),
            "9 rows are read and compared with the database …"
        );
        assert_eq!(line(1_250_000, 3, None), "1.2 MB read, 3 rows");
        assert_eq!(
            line(0, 0, Some(0)),
            "0 rows are read and compared with the database …"
        );
    }
}
