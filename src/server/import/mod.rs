//! The reader of the original shop's SQL dump. All of a file is taken or nothing of it; taking it twice is taking it once;
//! whatever is wrong is named by its statement's number, everything at once. The file is data: nothing of it is ever run.

mod fault;
mod fields;
mod parse;
mod statement;
mod table;
mod value;

pub use fault::{FAULTS_MAX, Fault, Faults, Place, Why};

use crate::server::store::{Counts, Dump, ImportOutcome, Store, StoreError, Table};
use std::{fmt, path::Path};
use tokio::io::AsyncReadExt;

/// Bytes of a file at most. A thousand times the original's; its words take some thirty times as much memory.
pub const FILE_MAX: usize = 8 * 1024 * 1024;

/// The first data of a new shop: the original's courses, then our banners.
pub const SEED: [&str; 2] = [include_str!("../../../seed/courses.sql"), include_str!("../../../seed/banners.sql")];

/// What became of a file that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Each table's rows.
    pub counts: Vec<(Table, Counts)>,
}

/// Why nothing was written.
#[derive(Debug)]
pub enum ImportError {
    /// The file can't be read.
    File(std::io::Error),
    /// It has more than [`FILE_MAX`] bytes.
    TooLarge,
    /// It is no text.
    NotUtf8,
    /// These things are wrong with it.
    Refused(Faults),
    /// The record can't take it.
    Store(StoreError),
}

/// Reads a file for [`run`].
///
/// # Errors
/// [`ImportError::File`], [`ImportError::TooLarge`] or [`ImportError::NotUtf8`].
pub async fn read(path: &Path) -> Result<String, ImportError> {
    let file = tokio::fs::File::open(path).await.map_err(ImportError::File)?;
    let mut bytes = Vec::new();
    // One byte more than may be, to know that there is more.
    file.take(FILE_MAX as u64 + 1).read_to_end(&mut bytes).await.map_err(ImportError::File)?;
    if bytes.len() > FILE_MAX {
        return Err(ImportError::TooLarge);
    }
    String::from_utf8(bytes).map_err(|_| ImportError::NotUtf8)
}

/// What a dump says, and what is wrong with it, before any record is asked.
pub fn examine(sql: &str) -> (Dump, Faults) {
    // Editors put a byte order mark there.
    let reading = parse::parse(sql.strip_prefix('\u{feff}').unwrap_or(sql));
    (reading.dump, reading.faults)
}

/// Takes the rows of a dump into the record: all, or none and every reason. A row that stands with other values is
/// overwritten with `update`, and refused without.
///
/// # Errors
/// [`ImportError`] says what is wrong; nothing was written then.
pub async fn run(store: &Store, sql: &str, update: bool) -> Result<Outcome, ImportError> {
    if sql.len() > FILE_MAX {
        return Err(ImportError::TooLarge);
    }
    // Editors put a byte order mark there.
    let mut reading = parse::parse(sql.strip_prefix('\u{feff}').unwrap_or(sql));
    match store.import(&reading.dump, update).await.map_err(ImportError::Store)? {
        ImportOutcome::Done(counts) => Ok(Outcome { counts }),
        ImportOutcome::Refused(objections) => {
            reading.object(objections);
            Err(ImportError::Refused(reading.faults))
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (table, counts)) in self.counts.iter().enumerate() {
            let Counts { inserted, updated, unchanged } = counts;
            let line = if n == 0 { "" } else { "\n" };
            write!(f, "{line}{}: {inserted} added, {updated} updated, {unchanged} unchanged", table.name())?;
        }
        Ok(())
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => write!(f, "the file can't be read: {error}"),
            Self::TooLarge => write!(f, "the file has more than {} MiB", FILE_MAX / 1024 / 1024),
            Self::NotUtf8 => f.write_str("the file is not UTF-8 text"),
            Self::Refused(faults) => write!(f, "{faults}\nnothing was written"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ImportError {}
