//! A file's text becomes a dump: every row that can be read, and a fault for everything that can't.

use super::{
    fault::{Fault, Faults, Place, Why},
    fields::Fields,
    statement::{self, Statement, Unread},
    table,
    value::Literal,
};
use crate::server::store::{Clash, Dump, Objection, Table};
use std::collections::{HashMap, HashSet};

/// What was read of a file.
#[derive(Default)]
pub(super) struct Reading {
    /// The rows.
    pub dump: Dump,
    /// What is wrong.
    pub faults: Faults,
    ids: HashMap<(Table, i64), Place>,
    names: HashMap<String, Place>,
    statements: usize,
}

/// Reads a whole file.
pub(super) fn parse(sql: &str) -> Reading {
    let mut reading = Reading::default();
    statement::for_each(sql, |statement| reading.statement(statement));
    reading.dump.is_partial = !reading.faults.is_empty();
    reading
}

impl Reading {
    /// Adds what the record says against the dump.
    pub fn object(&mut self, objections: Vec<Objection>) {
        for Objection { table, id, column, clash } in objections {
            let Some(place) = self.ids.get(&(table, id)).copied() else { continue };
            let why = match clash {
                Clash::Differs { standing, given } => Why::Differs { id, standing, given },
                Clash::Orphan { parent, id: parent_id } => Why::Orphan { id, parent, parent_id },
                Clash::NameTaken { by } => Why::NameTaken { by },
            };
            self.fault(place, Some(table), Some(table::column(column)), why);
        }
        self.faults.sort();
    }

    fn statement(&mut self, statement: Result<Statement, Unread>) {
        self.statements += 1;
        let place = Place { statement: self.statements, row: None };
        match statement {
            Err((name, why)) => {
                let table = name.as_deref().and_then(table::of_name);
                self.dump.unreadable.extend(table.map_or_else(|| Table::ALL.to_vec(), |table| vec![table]).into_iter().map(|t| (t, None)));
                self.faults.push(Fault { place, table: table.map(|table| table::name(table).to_owned()).or(name), column: None, why });
            }
            Ok(statement) => match table::of_name(&statement.table) {
                None => self.faults.push(Fault { place, table: Some(statement.table), column: None, why: Why::UnknownTable }),
                Some(table) => self.insert(place, table, &statement),
            },
        }
    }

    fn insert(&mut self, place: Place, table: Table, statement: &Statement) {
        let mut seen = HashSet::new();
        for column in &statement.columns {
            if !table::has_column(table, column) {
                self.fault(place, Some(table), Some(column), Why::UnknownColumn);
            }
            if !seen.insert(column) {
                self.fault(place, Some(table), Some(column), Why::ColumnTwice);
            }
        }
        let is_single = statement.rows.len() == 1;
        for (index, values) in statement.rows.iter().enumerate() {
            let place = Place { row: (!is_single).then_some(index + 1), ..place };
            self.row(place, table, &statement.columns, values);
        }
    }

    fn row(&mut self, place: Place, table: Table, columns: &[String], values: &[Literal]) {
        let (given, expected) = (values.len(), columns.len());
        if given != expected {
            self.dump.unreadable.push((table, None));
            return self.fault(place, Some(table), None, Why::ValueCount { given, expected });
        }
        let id = columns.iter().zip(values).find(|(column, _)| *column == "id").and_then(|(_, value)| value.number().ok());
        let mut fields = Fields::new(columns, values);
        if let Some(id) = id {
            match self.ids.get(&(table, id)) {
                Some(first) => fields.note("id", Why::IdTwice(*first, id)),
                None => drop(self.ids.insert((table, id), place)),
            }
        }
        let categories = self.dump.categories.len();
        table::add(&mut self.dump, table, &mut fields);
        if let Some(name) = self.dump.categories.get(categories).map(|category| category.name.clone())
            && let Some(first) = self.names.insert(name.clone(), place)
        {
            self.dump.categories.truncate(categories);
            fields.note("name", Why::NameTwice(first, name));
        }
        let faults = fields.into_faults();
        if !faults.is_empty() {
            self.dump.unreadable.push((table, id));
        }
        // A column that is missing is missing in every row of the statement: it is said once.
        let is_first = place.row.is_none_or(|row| row == 1);
        for (column, why) in faults {
            if is_first || why != Why::Missing {
                let place = if why == Why::Missing { Place { row: None, ..place } } else { place };
                self.fault(place, Some(table), Some(column), why);
            }
        }
    }

    fn fault(&mut self, place: Place, table: Option<Table>, column: Option<&str>, why: Why) {
        let table = table.map(|table| table::name(table).to_owned());
        self.faults.push(Fault { place, table, column: column.map(str::to_owned), why });
    }
}
