//! What is wrong with a file, and where.

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

/// Where a row stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The statement, from 1.
    pub statement: usize,
    /// The row of a statement that has several, from 1.
    pub row: Option<usize>,
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
    /// The parser can't read the statement, and says so.
    Unparsable(String),
    /// It is no INSERT.
    NotInsert,
    /// It is an INSERT of another shape.
    NotPlain,
    /// The table is none of the catalogue's.
    UnknownTable,
    /// The statement doesn't say what its values are.
    NoColumns,
    /// The table has no such column.
    UnknownColumn,
    /// The statement names the column again.
    ColumnTwice,
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
    /// The path leads out of the pictures' folder.
    BadPath(String),
    /// The link leads neither into the shop nor to an https address.
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
    more: usize,
}

impl Faults {
    /// In the order of the file.
    pub fn list(&self) -> &[Fault] {
        &self.list
    }

    /// How many are not in the list.
    pub fn more(&self) -> usize {
        self.more
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

    pub(super) fn sort(&mut self) {
        self.list.sort_by_key(|fault| fault.place);
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statement {}", self.statement)?;
        self.row.map_or(Ok(()), |row| write!(f, ", row {row}"))
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
            Why::Differs { id, standing, given } => {
                let shown = |value| value::shown(self.table.as_deref(), self.column.as_deref(), value);
                write!(f, "row {id} stands with {}, the file has {}", Line(&shown(standing)), Line(&shown(given)))
            }
            why => why.fmt(f),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unparsable(message) => write!(f, "can't be read: {}", message.replace(['\n', '\r'], " ")),
            Self::NotInsert => f.write_str("only INSERT statements are taken"),
            Self::NotPlain => f.write_str("only the plain form INSERT INTO table (columns) VALUES (values) is taken"),
            Self::UnknownTable => f.write_str("no table of the catalogue has this name"),
            Self::NoColumns => f.write_str("the columns must be named"),
            Self::UnknownColumn => f.write_str("the table has no such column"),
            Self::ColumnTwice => f.write_str("the column is named twice"),
            Self::ValueCount { given, expected } => write!(f, "{given} values for {expected} columns"),
            Self::Missing => f.write_str("the column is missing and has no default"),
            Self::Null => f.write_str("must not be NULL"),
            Self::Blank => f.write_str("must not be empty"),
            Self::NotA { kind, given } => write!(f, "{} is not {kind}", Line(given)),
            Self::OutOfRange { given, least, most } => write!(f, "{given} is not between {least} and {most}"),
            Self::TooLong { length, most } => write!(f, "{length} characters, {most} at most"),
            Self::Nul => f.write_str("has a NUL character"),
            Self::Price(BadMoney::NotANumber, given) => write!(f, "{} is not a price like 99.00", Line(given)),
            Self::Price(BadMoney::TooManyDecimals, given) => write!(f, "{} has more than two decimals", Line(given)),
            Self::Price(BadMoney::OutOfRange, given) => write!(f, "{} is not between 0.00 and 9999.99", Line(given)),
            Self::BadPath(given) => write!(f, "{} is not a path below the pictures' folder", Line(given)),
            Self::BadLink(given) => write!(f, "{} is neither a path of this shop nor an https address", Line(given)),
            Self::IdTwice(first, id) => write!(f, "number {id} stands already at {first}"),
            Self::NameTwice(first, name) => write!(f, "the name {} stands already at {first}", Line(name)),
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
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { write!(f, "{c}")? }
        }
        if self.0.chars().nth(SHOWN_MAX).is_some() { f.write_str("…") } else { Ok(()) }
    }
}
