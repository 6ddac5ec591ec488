//! Rows of a file become rows of the database, a bounded number at a time; everything that can't is
//! a fault.

use super::{
    fault::{ImportFault, ImportFaults, Position, Why},
    fields::Fields,
    literal::Literal,
    source::ReadProgress,
    table::{self, Origin},
    value::Clocks,
};
use crate::server::store::{Dump, Table};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of text in the rows that are handed over together: a few thousand rows, and many times
/// less than a process may take.
const BATCH_BYTES: usize = 1024 * 1024;
/// What a row counts beside its texts.
const ROW_BYTES: usize = 256;
/// Other tables that a report names.
const OTHERS_MAX: usize = 12;
/// Columns that no table has and that are said once; of more than a report names nothing need be
/// known.
const UNKNOWN_MAX: usize = 256;

/// A row as the file has it.
pub(super) struct ParsedRow<'a> {
    pub table: Table,
    pub statement: Position,
    pub place: Position,
    /// Names of columns, lower case.
    pub columns: &'a [String],
    pub clocks: &'a Clocks,
    /// Values, some of them.
    pub values: &'a [Literal],
    /// How many values there are.
    pub given: usize,
    /// Whether the row has more bytes than one may have.
    pub is_over: bool,
}

/// Rows of tables that are no part of the catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Others {
    /// How many rows the first of them have.
    pub tables: BTreeMap<String, u64>,
    /// How many there are in all.
    pub rows: u64,
}

/// What was read of a file so far.
pub(super) struct Reading<'s> {
    /// Rows that were not handed over yet.
    dump: Dump,
    held: usize,
    /// Rows of the catalogue, good and bad.
    pub rows: u64,
    pub faults: ImportFaults,
    /// Tables with rows that could not be read.
    pub unreadable: BTreeSet<Table>,
    pub others: Others,
    unknown: BTreeSet<(Table, String)>,
    hand_over: &'s mut dyn FnMut(Dump) -> bool,
    is_stopped: bool,
    progress: &'s ReadProgress,
}

impl<'s> Reading<'s> {
    /// Nothing was read yet; `hand_over` takes rows, and says whether it takes more.
    pub fn new(progress: &'s ReadProgress, hand_over: &'s mut dyn FnMut(Dump) -> bool) -> Self {
        Self {
            dump: Dump::default(),
            held: 0,
            rows: 0,
            faults: ImportFaults::default(),
            unreadable: BTreeSet::new(),
            others: Others::default(),
            unknown: BTreeSet::new(),
            hand_over,
            is_stopped: false,
            progress,
        }
    }

    /// Whether nobody takes rows any more.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// Notes rows of another table.
    pub fn other(&mut self, name: &str, rows: u64) {
        self.others.rows += rows;
        let is_named =
            self.others.tables.len() < OTHERS_MAX || self.others.tables.contains_key(name);
        if rows > 0 && is_named {
            *self.others.tables.entry(name.to_owned()).or_default() += rows;
        }
    }

    /// Whether rows of the other table of this name were passed over; of more than a report names
    /// that is not known.
    pub fn may_have_rows_of(&self, name: &str) -> bool {
        let mut named = self.others.tables.keys();
        named.any(|other| other.eq_ignore_ascii_case(name))
            || self.others.tables.values().sum::<u64>() < self.others.rows
    }

    /// Notes that rows of this table, or of who knows which, can't be read.
    pub fn unreadable(&mut self, table: Option<Table>) {
        self.unreadable
            .extend(table.map_or_else(|| Table::ALL.to_vec(), |table| vec![table]));
    }

    pub fn fault(&mut self, place: Position, table: Option<Table>, column: Option<&str>, why: Why) {
        let table = table.map(|table| table::name(table).to_owned());
        self.faults.push(ImportFault {
            place,
            table,
            column: column.map(str::to_owned),
            why,
        });
    }

    /// Judges the columns that a statement names. One that the table has not is said once of a
    /// file, not of each statement.
    pub fn columns(&mut self, statement: Position, table: Table, columns: &[String]) {
        let mut seen = BTreeSet::new();
        for column in columns {
            let is_known = table::has_column(table, column);
            if !is_known
                && self.unknown.len() < UNKNOWN_MAX
                && self.unknown.insert((table, column.clone()))
            {
                self.fault(statement, Some(table), Some(column), Why::UnknownColumn);
            }
            if !seen.insert(column) {
                self.fault(statement, Some(table), Some(column), Why::ColumnTwice);
            }
        }
    }

    /// Reads a row, and hands over what was gathered when that is enough.
    pub fn row(&mut self, row: &ParsedRow<'_>) {
        self.rows += 1;
        self.progress.add_row();
        let expected = row.columns.len();
        if row.is_over || row.given != expected {
            let why = if row.is_over {
                Why::RowTooLong
            } else {
                Why::ValueCount {
                    given: row.given,
                    expected,
                }
            };
            self.unreadable(Some(row.table));
            return self.fault(row.place, Some(row.table), None, why);
        }
        let mut fields = Fields::new(row.columns, row.values, row.clocks);
        table::add(
            &mut self.dump,
            row.table,
            Origin {
                place: row.place,
                statement: row.statement,
            },
            &mut fields,
        );
        if fields.has_faults() {
            self.unreadable(Some(row.table));
        }
        for (column, why) in fields.into_faults() {
            self.fault(row.place, Some(row.table), Some(column), why);
        }
        self.held += ROW_BYTES
            + row
                .values
                .iter()
                .map(|value| {
                    if let Literal::Text(text) = value {
                        text.len()
                    } else {
                        0
                    }
                })
                .sum::<usize>();
        if self.held >= BATCH_BYTES {
            self.flush();
        }
    }

    /// Hands over what was gathered.
    pub fn flush(&mut self) {
        self.held = 0;
        self.is_stopped |= !(self.hand_over)(std::mem::take(&mut self.dump));
    }
}
