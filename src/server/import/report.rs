//! Reports of an import, as text for the screen and for scripts.

use super::{
    fault::{Fault, Faults, Place, Why},
    parse::Others,
    table,
};
use crate::server::store::{Clash, Counts, Objection, StoreError, Table};
use std::fmt;

/// What became of a file that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Each table's rows.
    pub counts: Vec<(Table, Counts)>,
    /// What an update changes: the first of them.
    pub changes: Vec<Fault>,
    /// Rows of other tables, which were passed over.
    pub others: Others,
    /// Whether nothing was written, because it was only to be said.
    pub is_dry: bool,
    /// What a whole file would have at its end and this one has not.
    pub missing_end: Option<&'static str>,
}

/// Why nothing was written.
#[derive(Debug)]
pub enum ImportError {
    /// The file can't be read.
    File(std::io::Error),
    /// The file is no SQL text; what it is, and what to do.
    NotText(&'static str),
    /// The file has no row of the catalogue.
    Empty(Others),
    /// These things are wrong with it.
    Refused(Faults),
    /// The record can't take it.
    Store(StoreError),
}

impl From<Objection> for Fault {
    fn from(
        Objection {
            table,
            place,
            column,
            clash,
        }: Objection,
    ) -> Self {
        let why = match clash {
            Clash::Repeated { id, first } => Why::IdTwice(Place::of_number(first), id),
            Clash::NameRepeated { name, first } => Why::NameTwice(Place::of_number(first), name),
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
            place: Place::of_number(place),
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

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let would = if self.is_dry { "would be " } else { "" };
        for (n, (table, counts)) in self.counts.iter().enumerate() {
            let Counts {
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

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => write!(f, "the file can't be read: {error}"),
            Self::NotText(kind) => write!(f, "the file is {kind}"),
            Self::Empty(others) if others.rows > 0 => {
                write!(f, "the file has no row of the catalogue, only {others}")
            }
            Self::Empty(_) => f.write_str("the file has no row of the catalogue"),
            Self::Refused(faults) => write!(f, "{faults}\nnothing was written"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ImportError {}
