//! CREATE TABLE: the order of the columns, for rows that don't name theirs.

use super::{COLUMNS_MAX, Statements, name_of};
use crate::server::import::{escapes::Escapes, lexer::Token, table};
use std::io::Read;

/// First words of what stands among a table's columns and is none. A column of such a name is written in quotes.
const NOT_COLUMNS: [&str; 11] =
    ["primary", "unique", "key", "index", "constraint", "foreign", "fulltext", "spatial", "check", "exclude", "like"];

impl<R: Read> Statements<'_, '_, R> {
    /// CREATE: a table of the catalogue is remembered, anything else passed over.
    pub(super) fn create(&mut self) {
        loop {
            let token = self.lexer.next();
            match token.as_ref().map(Token::lower).as_deref() {
                Some("table") => return self.create_table(),
                Some("trigger") => return self.skip_trigger(),
                Some("temporary" | "temp" | "global" | "local" | "unlogged") => {}
                _ if token.is_none() || token == Some(Token::End) => return,
                _ => return self.skip(),
            }
        }
    }

    fn create_table(&mut self) {
        let mut token = self.lexer.next();
        while token.as_ref().is_some_and(|token| ["if", "not", "exists"].contains(&token.lower().as_str())) {
            token = self.lexer.next();
        }
        let Some((name, next)) = self.name(token) else { return };
        let columns = if next == Some(Token::Sign(b'(')) { self.columns_created() } else { Vec::new() };
        if let Some(table) = table::of_name(&name).filter(|_| !columns.is_empty()) {
            self.columns.insert(table, columns.into());
        }
        if next.is_none_or(|next| next == Token::End) {
            return;
        }
        // Behind the columns only MySQL names an engine.
        self.lexer.keep = false;
        while let Some(token) = self.lexer.next().filter(|token| *token != Token::End) {
            if token.is_word("engine") {
                self.lexer.note(Escapes::Mysql);
            }
        }
    }

    /// The names of the columns between the parentheses.
    fn columns_created(&mut self) -> Vec<String> {
        let (mut columns, mut depth, mut is_first) = (Vec::new(), 0_usize, true);
        while let Some(token) = self.lexer.next().filter(|token| *token != Token::End) {
            match token {
                Token::Sign(b')') if depth == 0 => break,
                Token::Sign(b'(') => depth += 1,
                Token::Sign(b')') => depth -= 1,
                Token::Sign(b',') if depth == 0 => {
                    is_first = true;
                    self.lexer.begin_row();
                    continue;
                }
                token if is_first && columns.len() < COLUMNS_MAX && !NOT_COLUMNS.contains(&token.lower().as_str()) => {
                    columns.extend(name_of(&token).map(|name| name.to_ascii_lowercase()));
                }
                _ => {}
            }
            is_first = false;
        }
        columns
    }

    /// A trigger, which in SQLite has statements of its own and ends with `; end;`.
    fn skip_trigger(&mut self) {
        self.lexer.keep = false;
        let (mut has_body, mut is_last, mut is_behind) = (false, false, false);
        while let Some(token) = self.lexer.next() {
            let is_end = token == Token::End;
            if is_end && (!has_body || is_last) {
                return;
            }
            has_body |= token.is_word("begin");
            (is_last, is_behind) = (is_behind && token.is_word("end"), is_end);
        }
    }
}
