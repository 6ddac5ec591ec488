//! Faults of a dump: each with its reason and its place in the file.

use crate::{
    server::store::{ColumnValue, Table},
    types::money::BadMoney,
};

/// Faults that a report names; the others are counted. More than a screen of them helps nobody.
pub const FAULTS_MAX: usize = 20;

/// Where something stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The character of the line, from 1.
    pub column: u32,
}

/// Bits of a column in a number that stands for a place.
const COLUMN_BITS: u32 = 32;

impl Position {
    /// Goes over a byte of UTF-8.
    pub(super) fn pass(&mut self, byte: u8) {
        if byte == b'\n' {
            *self = Self {
                line: self.line.saturating_add(1),
                column: 1,
            };
        } else if byte & 0xc0 != 0x80 {
            self.column = self.column.saturating_add(1);
        }
    }

    /// A number that is greater for every later place, which the database keeps with a row.
    pub(super) fn number(self) -> i64 {
        // A line has 31 bits there: the sign must stay positive.
        i64::from(self.line & (u32::MAX >> 1)) << COLUMN_BITS | i64::from(self.column)
    }

    /// The place of such a number.
    pub(super) fn of_number(number: i64) -> Self {
        let part = |part: i64| u32::try_from(part & i64::from(u32::MAX)).unwrap_or(u32::MAX);
        Self {
            line: part(number >> COLUMN_BITS),
            column: part(number),
        }
    }
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportFault {
    pub place: Position,
    /// The table's name, as the original calls it or as the file does.
    pub table: Option<String>,
    pub column: Option<String>,
    pub why: Why,
}

/// Why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Something else stands there than SQL has in such a place.
    Unparsable {
        /// What SQL has there.
        expected: &'static str,
        found: String,
    },
    /// A text, a name, a comment or a statement begins here and does not end.
    Endless,
    /// The file lacks what its program writes at the end; what that is.
    CutShort(&'static str),
    /// The file has rows of two databases.
    SecondNamespace {
        /// That of its first rows.
        first: String,
        second: String,
    },
    /// The file takes rows away that it has brought.
    Emptied,
    /// The file gives a table whose rows it has brought another name.
    RenamedAway(String),
    /// The file gives another table, whose rows it has brought, the name of this one.
    RenamedHere(String),
    /// The rows stand in another file.
    RowsElsewhere,
    /// The text has a control character, and is to stand on one line.
    Control,
    /// COPY has options, so that its rows may be written in any way.
    CopyOptions(String),
    /// The statement is none that a dump has.
    NotOfDump(String),
    /// The statement would change rows of the catalogue, or take them back, other than by naming
    /// them.
    NotPlain,
    /// The file takes its rows back.
    RolledBack,
    /// A backslash whose meaning the file does not say.
    Ambiguous,
    /// The statement doesn't say what its values are, and no CREATE TABLE before it does.
    NoColumns,
    /// The statement doesn't say what its values are, and the file changes the columns after their
    /// CREATE TABLE.
    ColumnsMoved,
    /// Timestamps are written by the clock of a time zone that is not known here.
    UnknownZone(String),
    /// The table has no such column.
    UnknownColumn,
    /// The statement names the column again.
    ColumnTwice,
    /// The row has more than [`ROW_MAX`](super::source::ROW_MAX) bytes.
    RowTooLong,
    /// The text is not UTF-8.
    NotUtf8,
    /// A row has more or fewer values than the statement has columns.
    ValueCount { given: usize, expected: usize },
    /// A column that has no default is not named.
    Missing,
    /// NULL where a value must be.
    Null,
    /// Nothing but white space where a text must be.
    Blank,
    /// The value is of another kind.
    NotA { kind: &'static str, given: String },
    /// The number stands for nothing that the shop knows.
    NotAChoice {
        /// The number.
        given: i64,
        /// The numbers that stand for something, with their meanings.
        choices: String,
    },
    /// The number is too small or too large.
    OutOfRange {
        /// The number.
        given: i64,
        least: i64,
        most: i64,
    },
    /// The text has too many characters.
    TooLong {
        /// How many it has.
        length: usize,
        /// How many it may have.
        most: usize,
    },
    /// The text has a NUL, which a database can't keep.
    Nul,
    /// The price is none.
    Price(BadMoney, String),
    /// The path is none below the pictures' folder.
    BadPath(String),
    /// The link leads neither into the shop nor to an address of the web.
    BadLink(String),
    /// The file has a row of this number already.
    IdTwice(Position, i64),
    /// The file has a category of this name already.
    NameTwice(Position, String),
    /// The row stands in the database, with another value.
    Differs {
        /// The row's number.
        id: i64,
        standing: ColumnValue,
        given: ColumnValue,
    },
    /// The row belongs to one that is neither in the file nor in the database.
    Orphan {
        /// The row's number.
        id: i64,
        parent: Table,
        /// The other's number.
        parent_id: i64,
    },
    /// Another category of the database has this name.
    NameTaken {
        /// That one's number.
        by: i64,
    },
}

/// The faults of a file: the first [`FAULTS_MAX`] of them, and how many more there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportFaults {
    list: Vec<ImportFault>,
    more: u64,
}

impl ImportFaults {
    /// In the order of the file.
    pub fn list(&self) -> &[ImportFault] {
        &self.list
    }

    /// How many are not in the list.
    pub fn more(&self) -> u64 {
        self.more
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.list.len() as u64 + self.more
    }

    /// Whether the file is sound.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn push(&mut self, fault: ImportFault) {
        if self.list.len() < FAULTS_MAX {
            self.list.push(fault);
        } else {
            self.more += 1;
        }
    }

    /// Adds faults that were found later, wherever in the file they stand, and `more` that are not
    /// named.
    pub(super) fn merge(&mut self, faults: impl IntoIterator<Item = ImportFault>, more: u64) {
        self.list.extend(faults);
        self.list.sort_by_key(|fault| fault.place);
        self.more += more + self.list.len().saturating_sub(FAULTS_MAX) as u64;
        self.list.truncate(FAULTS_MAX);
    }
}
