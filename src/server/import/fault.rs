//! Faults of a dump: each with its reason and its place in the file.

use super::{table, value};
use crate::{
    server::store::{Table, Value},
    types::money::BadMoney,
};
use std::fmt;

/// Faults that a report names; the others are counted. More than a screen of them helps nobody.
pub const FAULTS_MAX: usize = 20;
/// Characters of a value that a report shows.
const SHOWN_MAX: usize = 60;

/// Where something stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The character of the line, from 1.
    pub column: u32,
}

/// Bits of a column in a number that stands for a place.
const COLUMN_BITS: u32 = 32;

impl Place {
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
pub struct Fault {
    /// Where.
    pub place: Place,
    /// The table's name, as the original calls it or as the file does.
    pub table: Option<String>,
    /// The column's name.
    pub column: Option<String>,
    /// What.
    pub why: Why,
}

/// Why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Something else stands there than SQL has in such a place.
    Unparsable {
        /// What SQL has there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A text, a name, a comment or a statement begins here and does not end.
    Endless,
    /// The file lacks what its program writes at the end; what that is.
    CutShort(&'static str),
    /// The file has rows of two databases.
    SecondHome {
        /// That of its first rows.
        first: String,
        /// That of these.
        second: String,
    },
    /// The file takes rows away that it has brought.
    Emptied,
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
    /// The table has no such column.
    UnknownColumn,
    /// The statement names the column again.
    ColumnTwice,
    /// The row has more than [`ROW_MAX`](super::ROW_MAX) bytes.
    RowTooLong,
    /// The text is not UTF-8.
    NotUtf8,
    /// A row has more or fewer values than the statement has columns.
    ValueCount {
        /// Values.
        given: usize,
        /// Columns.
        expected: usize,
    },
    /// A column that has no default is not named.
    Missing,
    /// NULL where a value must be.
    Null,
    /// Nothing but white space where a text must be.
    Blank,
    /// The value is of another kind.
    NotA {
        /// What is expected.
        kind: &'static str,
        /// What stands there.
        given: String,
    },
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
        /// The smallest.
        least: i64,
        /// The largest.
        most: i64,
    },
    /// The text has too many characters.
    TooLong {
        /// How many it has.
        length: usize,
        /// How many it may have.
        most: usize,
    },
    /// The text has a NUL, which a record can't keep.
    Nul,
    /// The price is none.
    Price(BadMoney, String),
    /// The path is none below the pictures' folder.
    BadPath(String),
    /// The link leads neither into the shop nor to an address of the web.
    BadLink(String),
    /// The file has a row of this number already.
    IdTwice(Place, i64),
    /// The file has a category of this name already.
    NameTwice(Place, String),
    /// The row stands in the record, with another value.
    Differs {
        /// The row's number.
        id: i64,
        /// In the record.
        standing: Value,
        /// In the file.
        given: Value,
    },
    /// The row belongs to one that is neither in the file nor in the record.
    Orphan {
        /// The row's number.
        id: i64,
        /// The other's table.
        parent: Table,
        /// The other's number.
        parent_id: i64,
    },
    /// Another category of the record has this name.
    NameTaken {
        /// That one's number.
        by: i64,
    },
}

/// The faults of a file: the first [`FAULTS_MAX`] of them, and how many more there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    list: Vec<Fault>,
    more: u64,
}

impl Faults {
    /// In the order of the file.
    pub fn list(&self) -> &[Fault] {
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

    pub(super) fn push(&mut self, fault: Fault) {
        if self.list.len() < FAULTS_MAX {
            self.list.push(fault);
        } else {
            self.more += 1;
        }
    }

    /// Adds faults that were found later, wherever in the file they stand, and `more` that are not
    /// named.
    pub(super) fn merge(&mut self, faults: impl IntoIterator<Item = Fault>, more: u64) {
        self.list.extend(faults);
        self.list.sort_by_key(|fault| fault.place);
        self.more += more + self.list.len().saturating_sub(FAULTS_MAX) as u64;
        self.list.truncate(FAULTS_MAX);
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        match (&self.table, &self.column) {
            (Some(table), Some(column)) => write!(f, "{}.{}: ", Line(table), Line(column))?,
            (Some(name), None) | (None, Some(name)) => write!(f, "{}: ", Line(name))?,
            (None, None) => {}
        }
        match &self.why {
            Why::Differs {
                id,
                standing,
                given,
            } => {
                let shown =
                    |value| value::shown(self.table.as_deref(), self.column.as_deref(), value);
                write!(
                    f,
                    "row {id} stands with {}, the file has {}",
                    Line(&shown(standing)),
                    Line(&shown(given))
                )
            }
            why => why.fmt(f),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unparsable { expected, found } => write!(f, "can't be read: {expected} expected, found {}", Line(found)),
            Self::Endless => f.write_str("what begins here does not end: was the file cut off? (A last statement ends with ; too)"),
            Self::CutShort(missing) => {
                write!(f, "{missing}: was the file cut off? Write it once more, or say --yes if this is all of it")
            }
            Self::SecondHome { first, second } => {
                let (first, second) = (Line(first), Line(second));
                write!(f, "the file has rows of two databases, {first} before and {second} here, and a shop has one catalogue: ")?;
                f.write_str("write a dump of that one alone, or leave the other's statements out")
            }
            Self::Emptied => {
                f.write_str("the file has brought rows of this table, and takes them away here: leave one of both out; ")?;
                f.write_str("dumps that were joined are imported one by one")
            }
            Self::CopyOptions(options) => {
                write!(f, "COPY with options can't be read ({}): write the rows as pg_dump does, without options", Line(options))
            }
            Self::NotOfDump(found) => write!(f, "{} is no statement of a dump", Line(found)),
            Self::NotPlain => {
                f.write_str("only rows are taken: INSERT or REPLACE INTO table (columns) VALUES (values), or COPY … FROM stdin")
            }
            Self::RolledBack => f.write_str("the file takes its rows back: whoever wrote it could not read all of them"),
            Self::Ambiguous => f.write_str(
                "what this backslash means is not clear, and nothing in the file says which program wrote it: say --escapes mysql (\\n is \
                 the end of a line, \\' a quote) or --escapes standard (a backslash is a backslash)",
            ),
            Self::NoColumns => f.write_str("the columns must be named, here or in a CREATE TABLE before"),
            Self::UnknownColumn => f.write_str("the table has no such column"),
            Self::ColumnTwice => f.write_str("the column is named twice"),
            Self::RowTooLong => write!(f, "the row has more than {} KiB", super::ROW_MAX / 1024),
            Self::NotUtf8 => f.write_str("the text is not UTF-8: save the file as UTF-8"),
            Self::ValueCount { given, expected } => write!(f, "{given} values for {expected} columns"),
            Self::Missing => f.write_str("the column is missing and has no default"),
            Self::Null => f.write_str("must not be NULL"),
            Self::Blank => f.write_str("must not be empty"),
            Self::NotA { kind, given } => write!(f, "{} is not {kind}", Line(given)),
            Self::NotAChoice { given, choices } => write!(f, "{given} is not known here, only {choices}: change it in the file"),
            Self::OutOfRange { given, least, most } => write!(f, "{given} is not between {least} and {most}"),
            Self::TooLong { length, most } => write!(f, "{length} characters, {most} at most"),
            Self::Nul => f.write_str("has a NUL character"),
            Self::Price(BadMoney::NotANumber, given) => write!(f, "{} is not a price like 99.00", Line(given)),
            Self::Price(BadMoney::TooManyDecimals, given) => write!(f, "{} has more than two decimals", Line(given)),
            Self::Price(BadMoney::OutOfRange, given) => write!(f, "{} is not between 0.00 and 9999.99", Line(given)),
            Self::BadPath(given) => write!(f, "{} is not a path below the pictures' folder, without blanks and % ? # : \\ ..", Line(given)),
            Self::BadLink(given) => write!(f, "{} is neither a path of this shop nor an address of the web", Line(given)),
            Self::IdTwice(first, id) => write!(f, "number {id} stands already in {first}"),
            Self::NameTwice(first, name) => write!(f, "the name {} stands already in {first}", Line(name)),
            Self::Differs { id, .. } => write!(f, "row {id} stands with another value"),
            Self::Orphan { id, parent, parent_id } => {
                write!(
                    f,
                    "row {id} belongs to number {parent_id} of {}, which is neither in the file nor in the record",
                    table::name(*parent)
                )
            }
            Self::NameTaken { by } => write!(f, "the name stands in the record already, at number {by}"),
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.list.iter().enumerate() {
            write!(f, "{}{fault}", if n == 0 { "" } else { "\n" })?;
        }
        if self.more > 0 {
            write!(f, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}

/// A text of the file on one line of a report: shortened, and no control character in it.
struct Line<'a>(&'a str);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars().take(SHOWN_MAX) {
            if c.is_control() {
                write!(f, "{}", c.escape_default())?
            } else {
                write!(f, "{c}")?
            }
        }
        if self.0.chars().nth(SHOWN_MAX).is_some() {
            f.write_str("…")
        } else {
            Ok(())
        }
    }
}
