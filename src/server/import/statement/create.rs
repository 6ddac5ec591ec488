//! CREATE TABLE: the order of the columns, for rows that don't name theirs, and which of them are
//! timestamps.

use super::{
    COLUMNS_MAX, Statements,
    body::Body,
    name_of,
    namespace::{Namespace, TableName},
};
use crate::server::{
    import::{
        fault::{Position, Why},
        lexer::Token,
        table,
        value::Clocks,
        writer::Family,
    },
    store::Table,
};
use std::{io::Read, rc::Rc};

/// First words of what stands among a table's columns and is none. A column of such a name is
/// written in quotes.
pub(super) const NOT_COLUMNS: [&str; 10] = [
    "primary",
    "unique",
    "key",
    "index",
    "constraint",
    "foreign",
    "fulltext",
    "spatial",
    "check",
    "exclude",
];

/// A table as the file makes it.
pub(super) struct Created {
    /// The names of its columns, in their order.
    pub columns: Rc<[String]>,
    /// Those that MySQL keeps as UTC and writes by the time zone that is set.
    pub timestamps: Rc<[String]>,
    /// Where it is.
    here: Namespace,
    /// Whether the file changes the columns later on, so that their order is not known.
    pub is_moved: bool,
}

impl<R: Read> Statements<'_, '_, R> {
    /// CREATE: a table of the catalogue is remembered, anything else passed over.
    pub(super) fn create(&mut self, statement: Position) {
        let mut is_replaced = false;
        loop {
            let token = self.lexer.next();
            match token.as_ref().map(Token::lower).as_deref() {
                Some("table") => return self.create_table(statement, is_replaced),
                Some("trigger" | "function" | "procedure" | "event" | "package") => {
                    return self.skip_body();
                }
                Some("view" | "index" | "as" | "on") => return self.skip(),
                // Others stand between these: OR REPLACE, DEFINER = …, TEMPORARY.
                _ if token.is_none() || token == Some(Token::End) => return,
                _ if token == Some(Token::Sign(b'(')) => return self.skip(),
                word => {
                    is_replaced |= word == Some("replace");
                    self.lexer.begin_row();
                }
            }
        }
    }

    fn create_table(&mut self, statement: Position, is_replaced: bool) {
        let mut token = self.lexer.next();
        let is_conditional = token.as_ref().is_some_and(|token| token.is_word("if"));
        while token
            .as_ref()
            .is_some_and(|token| ["if", "not", "exists"].contains(&token.lower().as_str()))
        {
            token = self.lexer.next();
        }
        let Some(TableName { schema, name, next }) = self.name(token) else {
            return;
        };
        let table = table::of_name(&name);
        let columns = match next {
            Some(Token::Sign(b'(')) => self.columns_created(),
            None | Some(Token::End) => return,
            Some(_) => Ok((Vec::new(), Vec::new())),
        };
        match columns {
            Ok((columns, timestamps)) => {
                if let Some(table) = table.filter(|_| !columns.is_empty()) {
                    let created = Created {
                        columns: columns.into(),
                        timestamps: timestamps.into(),
                        here: self.here(schema),
                        is_moved: false,
                    };
                    if is_replaced {
                        self.replaced(statement, table, &created);
                    }
                    self.remember(table, created, is_conditional);
                }
            }
            Err(None) => return,
            Err(end) => return self.unparsable(table, ")", end.as_ref()),
        }
        // Behind the columns only MySQL names an engine.
        self.lexer.keep = false;
        while let Some(token) = self.lexer.next().filter(|token| *token != Token::End) {
            if token.is_word("engine") {
                self.lexer.note(Family::Mysql);
            }
        }
    }

    /// CREATE OR REPLACE TABLE: the table that stood is gone, with its rows.
    fn replaced(&mut self, statement: Position, table: Table, created: &Created) {
        let is_here = !self.namespace.is_apart_from(&created.here);
        if is_here && self.filled.contains(&table) {
            let why = Why::Emptied;
            self.reading.fault(statement, Some(table), None, why);
        }
        self.columns.remove(&table);
    }

    /// Remembers a table. Of two with the same name a database keeps the first, and passes over the
    /// other one when that is made IF NOT EXISTS.
    fn remember(&mut self, table: Table, created: Created, is_conditional: bool) {
        match self.columns.get_mut(&table) {
            Some(first) if !first.here.is_apart_from(&created.here) => {
                first.is_moved |= !is_conditional && first.columns != created.columns;
            }
            _ => {
                self.columns.insert(table, created);
            }
        }
    }

    /// The columns of a table whose rows don't name theirs; `None`, and a fault, when they are not
    /// known.
    pub(super) fn order_of(&mut self, statement: Position, table: Table) -> Option<Rc<[String]>> {
        let why = match self.columns.get(&table) {
            Some(created) if !created.is_moved => return Some(Rc::clone(&created.columns)),
            Some(_) => Why::ColumnsMoved,
            None => Why::NoColumns,
        };
        self.reading.unreadable(Some(table));
        self.reading.fault(statement, Some(table), None, why);
        None
    }

    /// The clocks by which a table's times are written; a fault when the file names a time zone that
    /// is not known here.
    pub(super) fn clocks(&mut self, statement: Position, table: Table) -> Clocks {
        let timestamps = self.columns.get(&table).map(|table| &table.timestamps);
        let timestamps = timestamps.filter(|timestamps| !timestamps.is_empty());
        match timestamps.map(|timestamps| self.zone.clocks(timestamps)) {
            None => Clocks::default(),
            Some(Ok(clocks)) => clocks,
            Some(Err(unknown)) => {
                self.reading.unreadable(Some(table));
                let why = Why::UnknownZone(unknown);
                self.reading.fault(statement, Some(table), None, why);
                Clocks::default()
            }
        }
    }

    /// The names of the columns between the parentheses, and of those that are timestamps; or what
    /// ends the statement before the last one.
    fn columns_created(&mut self) -> Result<(Vec<String>, Vec<String>), Option<Token>> {
        let (mut columns, mut timestamps) = (Vec::new(), Vec::new());
        let (mut depth, mut is_first, mut is_type) = (0_usize, true, false);
        loop {
            match self.lexer.next() {
                end @ (None | Some(Token::End)) => return Err(end),
                Some(Token::Sign(b')')) if depth == 0 => return Ok((columns, timestamps)),
                Some(Token::Sign(b'(')) => depth += 1,
                Some(Token::Sign(b')')) => depth -= 1,
                Some(Token::Sign(b',')) if depth == 0 => {
                    is_first = true;
                    self.lexer.begin_row();
                    continue;
                }
                Some(token)
                    if is_first
                        && columns.len() < COLUMNS_MAX
                        && !token.is_word("like")
                        && !NOT_COLUMNS.contains(&token.lower().as_str()) =>
                {
                    columns.extend(name_of(&token).map(|name| name.to_ascii_lowercase()));
                    (is_first, is_type) = (false, true);
                    continue;
                }
                Some(token) if is_type && token.is_word("timestamp") => {
                    timestamps.extend(columns.last().cloned());
                }
                Some(token) if token.is_word("auto_increment") => self.lexer.note(Family::Mysql),
                Some(token) if token.is_word("autoincrement") => self.lexer.note(Family::Sqlite),
                Some(_) => {}
            }
            (is_first, is_type) = (false, false);
        }
    }

    /// A trigger or a routine, which has statements of its own.
    fn skip_body(&mut self) {
        if self.lexer.has_delimiter() {
            return self.skip();
        }
        self.lexer.keep = false;
        let mut body = Body::default();
        while self
            .lexer
            .next()
            .is_some_and(|piece| !body.is_ended_by(&piece))
        {
            self.lexer.go_on();
        }
    }
}
