//! The reader of the original shop's SQL dump: a stream of any size in bounded memory. All of a
//! file is taken or nothing of it; taking it twice is taking it once; whatever is wrong is named by
//! its line and column, everything at once. The file is data: nothing of it is ever run.

mod escapes;
mod fault;
mod fields;
mod lexer;
mod literal;
mod parse;
mod report;
mod source;
mod statement;
mod table;
mod value;
mod writer;

pub use escapes::Escapes;
pub use fault::{FAULTS_MAX, ImportFault, ImportFaults, Position, Why};
pub use parse::Others;
pub use report::{ImportError, ImportReport};
pub use source::{ROW_MAX, ReadProgress};

use crate::{
    server::store::{Dump, ImportOutcome, ImportTerms, Store, Table},
    types::time::Millis,
};
use parse::Reading;
use source::Source;
use statement::FileEnd;
use std::{
    io::{self, Cursor, Read},
    sync::Arc,
};
use tokio::sync::mpsc;

/// Batches of rows that are read ahead of the one that is staged.
const BATCHES_AHEAD: usize = 1;

/// The first data of a new shop: the original's courses, then our banners.
pub const SEED: [&str; 2] = [
    include_str!("../../../seed/courses.sql"),
    include_str!("../../../seed/banners.sql"),
];

/// How a file is to be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Whether rows that stand with other values are updated, in the columns that the file names,
    /// instead of refusing the file.
    pub update: bool,
    /// Whether it is only said what would change.
    pub dry_run: bool,
    /// Sales that have closed by then are not said to be hidden.
    pub now: Millis,
    /// What a backslash in a text means, when the file does not say.
    pub escapes: Option<Escapes>,
    /// Whether a file is taken that lacks what its program writes at the end.
    pub accept_cut: bool,
}

/// What was read of a file, but for its rows.
struct Contents {
    faults: ImportFaults,
    unreadable: Vec<Table>,
    others: Others,
    rows: u64,
    missing_end: Option<&'static str>,
    failure: Option<io::Error>,
}

/// What a dump says, and what is wrong with it, before any database is asked. For files that fit
/// into memory.
pub fn examine(sql: &str) -> (Vec<Dump>, ImportFaults) {
    let mut dumps = Vec::new();
    let contents = read(
        Source::new(sql.as_bytes(), Arc::default()),
        Terms::default(),
        &ReadProgress::default(),
        &mut |dump| {
            dumps.push(dump);
            true
        },
    );
    (dumps, contents.faults)
}

/// Takes the rows of a text into the database.
///
/// # Errors
/// As [`take`].
pub async fn run(store: &Store, sql: &str, update: bool) -> Result<ImportReport, ImportError> {
    let terms = Terms {
        update,
        ..Terms::default()
    };
    take(store, Cursor::new(sql.to_owned()), terms, Arc::default()).await
}

/// Takes the rows of a file into the database: all, or none and every reason.
///
/// # Errors
/// [`ImportError`] says what is wrong; nothing was written then.
pub async fn take(
    store: &Store,
    file: impl Read + Send + 'static,
    terms: Terms,
    progress: Arc<ReadProgress>,
) -> Result<ImportReport, ImportError> {
    let mut import = store.begin_import().await.map_err(ImportError::Store)?;
    let (sender, mut batches) = mpsc::channel(BATCHES_AHEAD);
    let reader = tokio::task::spawn_blocking(move || {
        let mut source = Source::new(file, Arc::clone(&progress));
        match source.other_kind() {
            Some(kind) => Err(ImportError::NotText(kind)),
            None => Ok(read(source, terms, &progress, &mut |dump| {
                sender.blocking_send(dump).is_ok()
            })),
        }
    });
    while let Some(dump) = batches.recv().await {
        import.stage(&dump).await.map_err(ImportError::Store)?;
    }
    let mut contents = reader
        .await
        .map_err(|panic| ImportError::File(panic.into()))??;
    if let Some(failure) = contents.failure.take() {
        return Err(ImportError::File(failure));
    }
    if contents.rows == 0 && contents.faults.is_empty() {
        return Err(ImportError::Empty(contents.others));
    }
    let standing = ImportTerms {
        update: terms.update,
        dry_run: terms.dry_run,
        now: terms.now,
        is_partial: !contents.faults.is_empty(),
        unreadable: std::mem::take(&mut contents.unreadable),
    };
    match import.finish(&standing).await.map_err(ImportError::Store)? {
        ImportOutcome::Done {
            counts,
            changes,
            hidden,
        } => Ok(ImportReport {
            counts,
            hidden,
            changes: changes.into_iter().map(ImportFault::from).collect(),
            others: contents.others,
            is_dry: terms.dry_run,
            missing_end: contents.missing_end,
        }),
        ImportOutcome::Refused { objections, more } => {
            contents
                .faults
                .merge(objections.into_iter().map(ImportFault::from), more);
            Err(ImportError::Refused(contents.faults))
        }
    }
}

/// Reads a file to its end.
fn read<R: Read>(
    source: Source<R>,
    terms: Terms,
    progress: &ReadProgress,
    hand_over: &mut dyn FnMut(Dump) -> bool,
) -> Contents {
    let mut reading = Reading::new(progress, hand_over);
    let FileEnd {
        mut source,
        is_cut,
        place,
        unclosed,
        missing,
    } = statement::read(source, terms.escapes, &mut reading);
    if let Some(missing) = unclosed.filter(|_| !is_cut && !terms.accept_cut) {
        reading.unreadable(None);
        reading.fault(place, None, None, Why::CutShort(missing));
    }
    reading.flush();
    let Reading {
        faults,
        unreadable,
        others,
        rows,
        ..
    } = reading;
    let failure = source.take_failure();
    Contents {
        faults,
        unreadable: unreadable.into_iter().collect(),
        others,
        rows,
        missing_end: unclosed.or(missing),
        failure,
    }
}
