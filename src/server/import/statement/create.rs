//! CREATE TABLE: the order of the columns, for rows that don't name theirs.

use super::{COLUMNS_MAX, Statements, TableName, body::Body, name_of};
use crate::server::import::{lexer::Token, table, writer::Family};
use std::io::Read;

/// First words of what stands among a table's columns and is none. A column of such a name is
/// written in quotes.
const NOT_COLUMNS: [&str; 11] = [
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
    "like",
];

impl<R: Read> Statements<'_, '_, R> {
    /// CREATE: a table of the catalogue is remembered, anything else passed over.
    pub(super) fn create(&mut self) {
        loop {
            let token = self.lexer.next();
            match token.as_ref().map(Token::lower).as_deref() {
                Some("table") => return self.create_table(),
                Some("trigger" | "function" | "procedure" | "event" | "package") => {
                    return self.skip_body();
                }
                Some("view" | "index" | "as" | "on") => return self.skip(),
                // Others stand between these: OR REPLACE, DEFINER = …, TEMPORARY.
                _ if token.is_none() || token == Some(Token::End) => return,
                _ if token == Some(Token::Sign(b'(')) => return self.skip(),
                _ => self.lexer.begin_row(),
            }
        }
    }

    fn create_table(&mut self) {
        let mut token = self.lexer.next();
        while token
            .as_ref()
            .is_some_and(|token| ["if", "not", "exists"].contains(&token.lower().as_str()))
        {
            token = self.lexer.next();
        }
        let Some(TableName { name, next, .. }) = self.name(token) else {
            return;
        };
        let table = table::of_name(&name);
        let columns = match next {
            Some(Token::Sign(b'(')) => self.columns_created(),
            None | Some(Token::End) => return,
            Some(_) => Ok(Vec::new()),
        };
        match columns {
            Ok(columns) => {
                if let Some(table) = table.filter(|_| !columns.is_empty()) {
                    self.columns.insert(table, columns.into());
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

    /// The names of the columns between the parentheses, or what ends the statement before the last
    /// one.
    fn columns_created(&mut self) -> Result<Vec<String>, Option<Token>> {
        let (mut columns, mut depth, mut is_first) = (Vec::new(), 0_usize, true);
        loop {
            match self.lexer.next() {
                end @ (None | Some(Token::End)) => return Err(end),
                Some(Token::Sign(b')')) if depth == 0 => return Ok(columns),
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
                        && !NOT_COLUMNS.contains(&token.lower().as_str()) =>
                {
                    columns.extend(name_of(&token).map(|name| name.to_ascii_lowercase()));
                }
                Some(token) if token.is_word("auto_increment") => self.lexer.note(Family::Mysql),
                Some(token) if token.is_word("autoincrement") => self.lexer.note(Family::Sqlite),
                Some(_) => {}
            }
            is_first = false;
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
