//! Reports of an import, as text for the screen and for scripts.

use super::{
    fault::{ImportFault, ImportFaults, Position, Why},
    parse::Others,
    source::ROW_MAX,
    table,
    value::printed_moment,
};
use crate::{
    server::{
        clock::shop_time,
        store::{
            Clash, ColumnValue, HiddenSale, HiddenSales, Objection, RowCounts, StoreError, Table,
        },
    },
    types::{
        line::plain,
        money::{BadMoney, Fen},
    },
};
use std::fmt;
use thiserror::Error;

/// Characters of a value that a report shows.
const SHOWN_MAX: usize = 60;

/// What became of a file that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportReport {
    pub counts: Vec<(Table, RowCounts)>,
    /// What an update changes: the first of them.
    pub changes: Vec<ImportFault>,
    /// Sales whose course an update hides.
    pub hidden: HiddenSales,
    /// Rows of other tables, which were passed over.
    pub others: Others,
    /// Whether nothing was written, because it was only to be said.
    pub is_dry: bool,
    /// What a whole file would have at its end and this one has not.
    pub missing_end: Option<&'static str>,
}

/// Why nothing was written.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The file can't be read.
    #[error("the file can't be read: {0}")]
    File(std::io::Error),
    /// The file is no SQL text; what it is, and what to do.
    #[error(
        "the file is {0}; nothing was written. A dump is SQL text in UTF-8, with INSERT or COPY"
    )]
    NotText(&'static str),
    /// The file has no row of the catalogue.
    #[error("the file has no row of the catalogue{}", only(.0))]
    Empty(Others),
    /// These things are wrong with it.
    #[error("{0}\nnothing was written")]
    Refused(ImportFaults),
    /// The database can't take it.
    #[error("{0}")]
    Store(StoreError),
}

impl From<Objection> for ImportFault {
    fn from(
        Objection {
            table,
            place,
            column,
            clash,
        }: Objection,
    ) -> Self {
        let why = match clash {
            Clash::Repeated { id, first } => Why::IdTwice(Position::of_number(first), id),
            Clash::NameRepeated { name, first } => Why::NameTwice(Position::of_number(first), name),
            Clash::Missing => Why::Missing,
            Clash::Differs {
                id,
                standing,
                given,
            } => Why::Differs {
                id,
                standing,
                given,
            },
            Clash::Orphan {
                id,
                parent,
                parent_id,
            } => Why::Orphan {
                id,
                parent,
                parent_id,
            },
            Clash::NameTaken { by } => Why::NameTaken { by },
        };
        let (table, column) = (
            Some(table::name(table).to_owned()),
            Some(table::column(column).to_owned()),
        );
        Self {
            place: Position::of_number(place),
            table,
            column,
            why,
        }
    }
}

impl fmt::Display for Others {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named: Vec<_> = self
            .tables
            .iter()
            .map(|(name, rows)| format!("{}: {rows}", name.escape_debug()))
            .collect();
        let is_all = self.tables.values().sum::<u64>() == self.rows;
        write!(
            f,
            "rows of other tables: {} ({}{})",
            self.rows,
            named.join(", "),
            if is_all { "" } else { ", …" }
        )
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let would = if self.is_dry { "would be " } else { "" };
        for (n, (table, counts)) in self.counts.iter().enumerate() {
            let RowCounts {
                inserted,
                updated,
                unchanged,
            } = counts;
            let line = if n == 0 { "" } else { "\n" };
            write!(
                f,
                "{line}{}: {inserted} {would}added, {updated} {would}updated, {unchanged} unchanged",
                table.name()
            )?;
        }
        if self.others.rows > 0 {
            write!(f, "\npassed over, {}", self.others)?;
        }
        if let Some(missing) = self.missing_end {
            write!(
                f,
                "\n{missing}: if it was cut off, import the whole one, too"
            )?;
        }
        let no_longer = if self.is_dry {
            "would no longer"
        } else {
            "no longer"
        };
        for HiddenSale {
            id,
            course,
            opens_at,
            closes_at,
        } in &self.hidden.list
        {
            write!(
                f,
                "\nstudents {no_longer} see sale {id} of {}, on from {} to {} (UTC+8): the file hides its course",
                OneLine(course),
                shop_time(*opens_at),
                shop_time(*closes_at)
            )?;
        }
        if self.hidden.more > 0 {
            write!(f, "\nand more sales: {}", self.hidden.more)?;
        }
        if self.is_dry {
            self.changes
                .iter()
                .try_for_each(|change| write!(f, "\n{change}"))?;
            let updated: u64 = self.counts.iter().map(|(_, counts)| counts.updated).sum();
            f.write_str(if updated > 0 {
                "\n(the first rows of each table that would be updated)"
            } else {
                ""
            })?;
            f.write_str("\nnothing was written: --dry-run")?;
        }
        Ok(())
    }
}

/// What the file has instead of rows of the catalogue.
fn only(others: &Others) -> String {
    if others.rows > 0 {
        format!(", only {others}")
    } else {
        String::new()
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

impl fmt::Display for ImportFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        match (&self.table, &self.column) {
            (Some(table), Some(column)) => write!(f, "{}.{}: ", OneLine(table), OneLine(column))?,
            (Some(name), None) | (None, Some(name)) => write!(f, "{}: ", OneLine(name))?,
            (None, None) => {}
        }
        match &self.why {
            Why::Differs {
                id,
                standing,
                given,
            } => {
                let value = |value| shown(self.table.as_deref(), self.column.as_deref(), value);
                write!(
                    f,
                    "row {id} stands with {}, the file has {}",
                    OneLine(&value(standing)),
                    OneLine(&value(given))
                )
            }
            why => why.fmt(f),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unparsable { expected, found } => write!(f, "can't be read: {expected} expected, found {}", OneLine(found)),
            Self::Endless => f.write_str("what begins here does not end: was the file cut off? (A last statement ends with ; too)"),
            Self::CutShort(missing) => {
                write!(f, "{missing}: was the file cut off? Write it once more, or say --yes if this is all of it")
            }
            Self::SecondNamespace { first, second } => {
                let (first, second) = (OneLine(first), OneLine(second));
                write!(f, "the file has rows of two databases, {first} before and {second} here, and a shop has one catalogue: ")?;
                f.write_str("write a dump of that one alone, or leave the other's statements out")
            }
            Self::Emptied => {
                f.write_str("the file has brought rows of this table, and takes them away here: leave one of both out; ")?;
                f.write_str("dumps that were joined are imported one by one")
            }
            Self::RenamedAway(name) => write!(
                f,
                "the file has brought rows of this table, and renames it to {} here: leave one of both out",
                OneLine(name)
            ),
            Self::RenamedHere(name) => write!(
                f,
                "the file has brought rows of {}, which it gives this table's name here: write the rows under this name",
                OneLine(name)
            ),
            Self::RowsElsewhere => f.write_str(
                "the rows stand in another file: write a dump that has them itself, as pg_dump --format=plain does",
            ),
            Self::Control => f.write_str("has a line break or another control character: take it out"),
            Self::CopyOptions(options) => {
                write!(f, "COPY with options can't be read ({}): write the rows as pg_dump does, without options", OneLine(options))
            }
            Self::NotOfDump(found) => write!(f, "{} is no statement of a dump", OneLine(found)),
            Self::NotPlain => {
                f.write_str("only rows are taken: INSERT or REPLACE INTO table (columns) VALUES (values), or COPY … FROM stdin")
            }
            Self::RolledBack => f.write_str("the file takes its rows back: whoever wrote it could not read all of them"),
            Self::Ambiguous => f.write_str(
                "what this backslash means is not clear, and nothing in the file says which program wrote it: say --escapes mysql (\\n is \
                 the end of a line, \\' a quote) or --escapes standard (a backslash is a backslash)",
            ),
            Self::NoColumns => f.write_str("the columns must be named, here or in a CREATE TABLE before"),
            Self::ColumnsMoved => f.write_str(
                "the columns must be named here: the file changes them, or their order, after it made the table",
            ),
            Self::UnknownZone(name) => write!(
                f,
                "the file sets the time zone {}, and the table has timestamps: dump it with the time zone '+00:00'",
                OneLine(name)
            ),
            Self::UnknownColumn => f.write_str("the table has no such column"),
            Self::ColumnTwice => f.write_str("the column is named twice"),
            Self::RowTooLong => write!(f, "the row has more than {} KiB", ROW_MAX / 1024),
            Self::NotUtf8 => f.write_str("the text is not UTF-8: save the file as UTF-8"),
            Self::ValueCount { given, expected } => write!(f, "{given} {} for {expected} columns", if *given == 1 { "value" } else { "values" }),
            Self::Missing => f.write_str("the column is missing and has no default"),
            Self::Null => f.write_str("must not be NULL"),
            Self::Blank => f.write_str("must not be empty"),
            Self::NotA { kind, given } => write!(f, "{} is not {kind}", OneLine(given)),
            Self::NotAChoice { given, choices } => write!(f, "{given} is not known here, only {choices}: change it in the file"),
            Self::OutOfRange { given, least, most } => write!(f, "{given} is not between {least} and {most}"),
            Self::TooLong { length, most } => write!(f, "{length} characters, {most} at most"),
            Self::Nul => f.write_str("has a NUL character"),
            Self::Price(BadMoney::NotANumber, given) => write!(f, "{} is not a price like 99.00", OneLine(given)),
            Self::Price(BadMoney::TooManyDecimals, given) => write!(f, "{} has more than two decimals", OneLine(given)),
            Self::Price(BadMoney::OutOfRange, given) => write!(f, "{} is not between 0.00 and 9999.99", OneLine(given)),
            Self::BadPath(given) => write!(f, "{} is not a path below the pictures' folder like courses/a.png, without blanks and % ? # : \\ ..", OneLine(given)),
            Self::BadLink(given) => write!(f, "{} is neither a path of this shop nor an address of the web", OneLine(given)),
            Self::IdTwice(first, id) => write!(f, "number {id} stands already in {first}"),
            Self::NameTwice(first, name) => write!(f, "the name {} stands already in {first}", OneLine(name)),
            Self::Differs { id, .. } => write!(f, "row {id} stands with another value"),
            Self::Orphan { id, parent, parent_id } => {
                write!(
                    f,
                    "row {id} belongs to number {parent_id} of {}, which is neither in the file nor in the database",
                    table::name(*parent)
                )
            }
            Self::NameTaken { by } => write!(f, "the name stands in the database already, at number {by}"),
        }
    }
}

impl fmt::Display for ImportFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.list().iter().enumerate() {
            write!(f, "{}{fault}", if n == 0 { "" } else { "\n" })?;
        }
        if self.more() > 0 {
            write!(f, "\nand {} more", self.more())?;
        }
        let differs = |fault: &ImportFault| matches!(fault.why, Why::Differs { .. });
        if self.list().iter().any(differs) {
            f.write_str("\nto give rows that stand the file's values, say --update; --update --dry-run says what would change")?;
        }
        Ok(())
    }
}

/// A text of the file on one line of a report: shortened, and no control character in it.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let beginning: String = self.0.chars().take(SHOWN_MAX).collect();
        f.write_str(&plain(&beginning))?;
        if self.0.chars().nth(SHOWN_MAX).is_some() {
            f.write_str("…")
        } else {
            Ok(())
        }
    }
}

/// A value of the database as the file would write it, for people to compare.
fn shown(table: Option<&str>, column: Option<&str>, value: &ColumnValue) -> String {
    let is_section = table == Some(table::name(Table::Section));
    match (column, value) {
        (_, ColumnValue::Null) => "NULL".to_owned(),
        (_, ColumnValue::Flag(flag)) => i64::from(*flag).to_string(),
        (_, ColumnValue::Text(text)) => format!("'{text}'"),
        (Some("price"), ColumnValue::Number(fen)) => Fen(*fen).to_string(),
        (Some("created_time" | "updated_time"), ColumnValue::Number(at)) => printed_moment(*at),
        (Some("pub_date"), ColumnValue::Number(at)) if is_section => printed_moment(*at),
        (_, ColumnValue::Number(number)) => number.to_string(),
    }
}
