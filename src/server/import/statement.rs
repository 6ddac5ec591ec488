//! Statements of a dump: INSERT, REPLACE and COPY bring rows, CREATE TABLE says the order of their columns, most others say nothing of
//! rows and are passed over. Nothing of the file is ever run.

use super::{
    escapes::Escapes,
    fault::{Place, Why},
    lexer::{self, Lexer, Token},
    literal::{self, Stop},
    parse::{Reading, Row},
    source::Source,
    table,
};
use crate::server::store::Table;
use std::{collections::HashMap, io::Read, rc::Rc};

mod copy;
mod create;

/// Columns of a statement, and values of a row, that are kept: more than any table has.
const COLUMNS_MAX: usize = 256;

/// The columns that a statement names, if it does, and the token behind them.
type Named = (Option<Rc<[String]>>, Option<Token>);

/// What a statement means for rows, by its first word.
enum Verb {
    /// INSERT, REPLACE.
    Rows,
    /// COPY … FROM stdin.
    Copy,
    /// CREATE.
    Create,
    /// It changes rows that stand: no dump does that with tables of the catalogue.
    Change,
    /// ROLLBACK, with which `sqlite3 .dump` ends what it could not read to the end.
    Rollback,
    /// Nothing.
    Other,
    /// It is no statement.
    Unknown,
}

impl Verb {
    fn of(word: &str) -> Self {
        match word {
            "insert" | "replace" => Self::Rows,
            "copy" => Self::Copy,
            "create" => Self::Create,
            "update" | "delete" | "merge" | "load" | "with" => Self::Change,
            "rollback" => Self::Rollback,
            "alter" | "analyze" | "begin" | "change" | "check" | "comment" | "commit" | "deallocate" | "discard" | "do" | "drop"
            | "end" | "execute" | "flush" | "grant" | "lock" | "optimize" | "pragma" | "prepare" | "purge" | "refresh" | "reindex"
            | "release" | "rename" | "repair" | "reset" | "revoke" | "savepoint" | "security" | "select" | "set" | "show" | "start"
            | "truncate" | "unlock" | "use" | "vacuum" => Self::Other,
            _ => Self::Unknown,
        }
    }
}

/// A file's statements.
pub(super) struct Statements<'a, 's, R> {
    lexer: Lexer<R>,
    reading: &'a mut Reading<'s>,
    columns: HashMap<Table, Rc<[String]>>,
}

/// Reads a whole file; whether it looks as if it was cut off between two statements.
pub(super) fn read<R: Read>(source: Source<R>, escapes: Option<Escapes>, reading: &mut Reading<'_>) -> (Source<R>, bool) {
    let mut statements = Statements { lexer: Lexer::new(source, escapes), reading, columns: HashMap::new() };
    while !statements.reading.is_stopped() && statements.lexer.begin() {
        statements.lexer.keep = true;
        statements.lexer.begin_row();
        statements.statement();
        statements.complain();
    }
    statements.complain();
    let is_cut_short = statements.lexer.is_cut_short();
    (statements.lexer.into_source(), is_cut_short)
}

impl<R: Read> Statements<'_, '_, R> {
    fn statement(&mut self) {
        let first = self.lexer.next();
        let place = self.lexer.place();
        let Some(first) = first.filter(|first| *first != Token::End) else { return };
        let word = first.lower();
        match Verb::of(&word) {
            Verb::Rows => self.insert(place),
            Verb::Copy => self.copy(place),
            Verb::Create => self.create(),
            Verb::Change => self.change(place, &word),
            Verb::Rollback => {
                self.reading.unreadable(None);
                self.reading.fault(place, None, None, Why::RolledBack);
                self.skip();
            }
            Verb::Other => self.other(&word),
            Verb::Unknown => {
                self.reading.unreadable(None);
                self.reading.fault(place, None, None, Why::NotOfDump(first.shown()));
                self.skip();
            }
        }
    }

    /// Reports what the lexer could not make sense of.
    fn complain(&mut self) {
        if let Some(place) = self.lexer.take_ambiguous() {
            self.reading.fault(place, None, None, Why::Ambiguous);
        }
        if let Some(place) = self.lexer.take_broken() {
            self.reading.unreadable(None);
            self.reading.fault(place, None, None, Why::Endless);
        }
    }

    /// Passes over the rest of a statement.
    fn skip(&mut self) {
        self.lexer.keep = false;
        while self.lexer.next().is_some_and(|token| token != Token::End) {}
    }

    /// A statement that says nothing of rows, though perhaps of who wrote the file.
    fn other(&mut self, verb: &str) {
        let next = self.lexer.next();
        let subject = next.as_ref().map(Token::lower).unwrap_or_default();
        match (verb, subject.as_str()) {
            ("set", "standard_conforming_strings") => {
                let value = (0..2).filter_map(|_| self.lexer.next()).last();
                let is_off = value.is_some_and(|value| value.is_word("off"));
                self.lexer.note(if is_off { Escapes::Mysql } else { Escapes::Standard });
            }
            ("set", "names" | "foreign_key_checks" | "unique_checks" | "sql_mode" | "time_zone") | ("lock" | "unlock", "tables") => {
                self.lexer.note(Escapes::Mysql);
            }
            ("set", variable) if variable.starts_with('@') => self.lexer.note(Escapes::Mysql),
            ("pragma", _) | ("select", "pg_catalog") => self.lexer.note(Escapes::Standard),
            (_, _) if next == Some(Token::End) => return,
            _ => {}
        }
        self.skip();
    }

    /// A statement that changes rows that stand. Those of other tables are nobody's business here, and a table that is emptied before
    /// its rows come is as good as dropped.
    fn change(&mut self, place: Place, verb: &str) {
        let (mut table, mut is_partial) = (None, verb != "delete");
        loop {
            match self.lexer.next() {
                None | Some(Token::End) => break,
                Some(token) => {
                    is_partial |= token.is_word("where") || token.is_word("limit");
                    table = table.or_else(|| name_of(&token).as_deref().and_then(table::of_name));
                }
            }
            self.lexer.begin_row();
        }
        if let Some(table) = table.filter(|_| is_partial) {
            self.reading.fault(place, Some(table), None, Why::NotPlain);
        }
    }

    /// INSERT and REPLACE, whatever they say of rows that stand.
    fn insert(&mut self, statement: Place) {
        let mut token = self.lexer.next();
        while let Some(word) = token.as_ref().map(Token::lower).filter(|word| is_modifier(word)) {
            match word.as_str() {
                "or" => self.lexer.note(Escapes::Standard),
                "ignore" | "low_priority" | "high_priority" | "delayed" => self.lexer.note(Escapes::Mysql),
                _ => {}
            }
            token = self.lexer.next();
        }
        let Some((name, next)) = self.name(token) else { return };
        let Some(table) = table::of_name(&name) else {
            let rows = self.count_rows(next);
            return self.reading.other(&name, rows);
        };
        let Some((columns, next)) = self.columns_of(Some(table), next) else { return };
        if next.as_ref().is_some_and(|next| next.is_word("values") || next.is_word("value")) {
            let columns = columns.or_else(|| self.columns.get(&table).cloned());
            let Some(columns) = columns else {
                self.reading.unreadable(Some(table));
                self.reading.fault(statement, Some(table), None, Why::NoColumns);
                return self.skip();
            };
            self.reading.columns(statement, table, &columns);
            return self.rows(statement, table, &columns);
        }
        match next {
            Some(Token::Word(_)) => {
                self.reading.unreadable(Some(table));
                self.reading.fault(statement, Some(table), None, Why::NotPlain);
                self.skip();
            }
            next => self.unparsable(Some(table), "VALUES", next.as_ref()),
        }
    }

    /// A table's name, without what it is qualified by, and the token behind it.
    fn name(&mut self, first: Option<Token>) -> Option<(String, Option<Token>)> {
        let mut token = first;
        loop {
            let Some(name) = token.as_ref().and_then(name_of) else {
                self.unparsable(None, "a table's name", token.as_ref());
                return None;
            };
            if matches!(token, Some(Token::Double(_))) {
                self.lexer.note(Escapes::Standard);
            }
            match self.lexer.next() {
                Some(Token::Sign(b'.')) => {
                    if name == "public" {
                        self.lexer.note(Escapes::Standard);
                    }
                    token = self.lexer.next();
                }
                next => return Some((name, next)),
            }
        }
    }

    /// The columns that a statement names, if it does, and the token behind them and other clauses; `None` when they can't be read.
    fn columns_of(&mut self, table: Option<Table>, first: Option<Token>) -> Option<Named> {
        let mut token = first;
        let mut columns = None;
        loop {
            match token {
                Some(Token::Sign(b'(')) if columns.is_none() => {
                    columns = match self.names(table)? {
                        Ok(names) => Some(names),
                        query => return Some((None, query.err())),
                    };
                }
                // PostgreSQL's OVERRIDING SYSTEM VALUE.
                Some(Token::Word(word)) if word.eq_ignore_ascii_case("overriding") => {
                    self.lexer.next();
                    self.lexer.next();
                }
                token => return Some((columns, token)),
            }
            token = self.lexer.next();
        }
    }

    /// The names in a parenthesis, or the first word of the query that stands there instead; `None` when they can't be read.
    fn names(&mut self, table: Option<Table>) -> Option<Result<Rc<[String]>, Token>> {
        let mut names = Vec::new();
        loop {
            let token = self.lexer.next();
            match token.as_ref().and_then(name_of) {
                Some(_) if token.as_ref().is_some_and(|word| word.is_word("select") || word.is_word("with")) => return token.map(Err),
                Some(name) if names.len() < COLUMNS_MAX => names.push(name.to_ascii_lowercase()),
                _ => {
                    self.unparsable(table, "a column's name", token.as_ref());
                    return None;
                }
            }
            match self.lexer.next() {
                Some(Token::Sign(b',')) => {}
                Some(Token::Sign(b')')) => return Some(Ok(names.into())),
                other => {
                    self.unparsable(table, ", or )", other.as_ref());
                    return None;
                }
            }
        }
    }

    /// The rows behind VALUES. What is behind them says what becomes of rows that stand, and the command line says that here.
    fn rows(&mut self, statement: Place, table: Table, columns: &[String]) {
        loop {
            let mut token = self.lexer.next();
            if token.as_ref().is_some_and(|token| token.is_word("row")) {
                token = self.lexer.next();
            }
            if token != Some(Token::Sign(b'(')) {
                return self.unparsable(Some(table), "(", token.as_ref());
            }
            if !self.row(statement, table, columns) || self.reading.is_stopped() {
                return;
            }
            match self.lexer.next() {
                Some(Token::Sign(b',')) => {}
                None | Some(Token::End) => return,
                Some(Token::Word(word)) if ["on", "as", "returning"].contains(&word.to_ascii_lowercase().as_str()) => return self.skip(),
                other => return self.unparsable(Some(table), ", or ;", other.as_ref()),
            }
        }
    }

    /// A row behind its first parenthesis; `false` when it has no end.
    fn row(&mut self, statement: Place, table: Table, columns: &[String]) -> bool {
        let place = self.lexer.place();
        self.lexer.begin_row();
        let (mut values, mut given) = (Vec::with_capacity(columns.len()), 0);
        loop {
            let (value, stop) = literal::read(&mut self.lexer);
            given += 1;
            if values.len() < COLUMNS_MAX {
                values.push(value);
            }
            match stop {
                Stop::Comma => {}
                Stop::Close => break,
                Stop::End(token) => {
                    self.unparsable(Some(table), ", or )", token.as_ref());
                    return false;
                }
            }
        }
        let is_over = self.lexer.is_over();
        self.reading.row(&Row { table, statement, place, columns, values: &values, given, is_over });
        true
    }

    /// Passes over a statement about another table, and counts its rows.
    fn count_rows(&mut self, first: Option<Token>) -> u64 {
        self.lexer.keep = false;
        let (mut rows, mut depth, mut is_behind) = (0, 0_usize, false);
        let mut token = first;
        loop {
            match token {
                None | Some(Token::End) => return rows,
                Some(Token::Sign(b'(')) => {
                    rows += u64::from(is_behind && depth == 0);
                    depth += 1;
                }
                Some(Token::Sign(b')')) => depth = depth.saturating_sub(1),
                Some(Token::Word(word)) if depth == 0 => match word.to_ascii_lowercase().as_str() {
                    "values" | "value" => is_behind = true,
                    "on" | "as" | "returning" => is_behind = false,
                    _ => {}
                },
                Some(_) => {}
            }
            token = self.lexer.next();
        }
    }

    /// Reports what stands where something else should, and passes over the rest of the statement.
    fn unparsable(&mut self, table: Option<Table>, expected: &'static str, found: Option<&Token>) {
        self.reading.unreadable(table);
        // What has no end is reported where it begins.
        if !self.lexer.is_broken() {
            let place = self.lexer.place();
            self.reading.fault(place, table, None, Why::Unparsable { expected, found: lexer::shown(found) });
        }
        if found.is_some_and(|found| *found != Token::End) {
            self.skip();
        }
    }
}

/// Words between INSERT and the table's name.
fn is_modifier(word: &str) -> bool {
    ["into", "ignore", "low_priority", "high_priority", "delayed", "or", "replace", "abort", "fail", "rollback", "overwrite"]
        .contains(&word)
}

/// A name in any quotes, or none.
fn name_of(token: &Token) -> Option<String> {
    match token {
        Token::Word(name) => Some(name.clone()),
        Token::Name(name) | Token::Double(name) => Some(String::from_utf8_lossy(name).into_owned()),
        Token::Number(_) | Token::Text(_) | Token::Bits(_) | Token::Sign(_) | Token::End => None,
    }
}
