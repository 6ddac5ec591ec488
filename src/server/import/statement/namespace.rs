//! Namespace of a file's rows: the database or schema that they are of. A file may have those of
//! several, and a shop has one catalogue.

use super::{Statements, name_of};
use crate::server::{
    import::{
        fault::{Position, Why},
        lexer::Token,
        writer::Family,
    },
    store::Table,
};
use std::{fmt, io::Read};

/// Where rows are, as far as a file says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Namespace {
    /// What a command of PostgreSQL's client goes to.
    database: Option<String>,
    /// What qualifies a table's name, or USE says: a schema, or in MySQL a database.
    schema: Option<String>,
}

/// A table's name, what qualifies it, and the token behind both.
pub(super) struct TableName {
    pub schema: Option<String>,
    pub name: String,
    pub next: Option<Token>,
}

impl Namespace {
    /// Whether both say where they are, and say different things.
    pub fn is_apart_from(&self, other: &Self) -> bool {
        let differ = |a: &Option<String>, b: &Option<String>| {
            a.as_ref()
                .zip(b.as_ref())
                .is_some_and(|(a, b)| !a.eq_ignore_ascii_case(b))
        };
        differ(&self.database, &other.database) || differ(&self.schema, &other.schema)
    }

    /// Learns what another one says beyond this one.
    fn learn(&mut self, other: &Self) {
        self.database = self.database.take().or_else(|| other.database.clone());
        self.schema = self.schema.take().or_else(|| other.schema.clone());
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = [&self.database, &self.schema]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        f.write_str(&parts.join("."))
    }
}

impl<R: Read> Statements<'_, '_, R> {
    /// A table's name and what qualifies it; `None` when there is none.
    pub(super) fn name(&mut self, first: Option<Token>) -> Option<TableName> {
        let (mut token, mut schema) = (first, None::<String>);
        loop {
            let Some(name) = token.as_ref().and_then(name_of) else {
                self.unparsable(None, "a table's name", token.as_ref());
                return None;
            };
            let next = self.lexer.next();
            if next != Some(Token::Sign(b'.')) {
                return Some(TableName { schema, name, next });
            }
            match name.as_str() {
                "public" => self.lexer.note(Family::Postgres),
                "main" => self.lexer.note(Family::Sqlite),
                "dbo" => self.lexer.note(Family::SqlServer),
                _ => {}
            }
            schema = Some(schema.map_or_else(|| name.clone(), |outer| format!("{outer}.{name}")));
            token = self.lexer.next();
        }
    }

    /// Where the rows of a statement are.
    pub(super) fn here(&self, schema: Option<String>) -> Namespace {
        Namespace {
            database: self.lexer.database().map(str::to_owned),
            schema: schema.or_else(|| self.schema.clone()),
        }
    }

    /// Whether these rows are of the database that the file's first ones are of. Those of another
    /// are a fault, which is said once.
    pub(super) fn is_in_namespace(
        &mut self,
        statement: Position,
        table: Table,
        schema: Option<String>,
    ) -> bool {
        let here = self.here(schema);
        if !self.namespace.is_apart_from(&here) {
            self.namespace.learn(&here);
            return true;
        }
        if self.refused.as_ref() != Some(&here) {
            let why = Why::SecondNamespace {
                first: self.namespace.to_string(),
                second: here.to_string(),
            };
            self.reading.fault(statement, Some(table), None, why);
            self.refused = Some(here);
        }
        self.reading.unreadable(None);
        false
    }
}
