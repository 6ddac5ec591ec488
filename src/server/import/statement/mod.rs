//! Statements of a dump: INSERT, REPLACE and COPY bring rows, CREATE TABLE says the order of their
//! columns, ALTER and RENAME whether it stays, most others say nothing of rows and are passed over.
//! Nothing of the file is ever run.

use super::{
    escapes::Escapes,
    fault::{Position, Why},
    lexer::{self, Lexer, Token},
    literal::{self, Stop},
    parse::{ParsedRow, Reading},
    source::Source,
    table,
    value::{Clocks, Zone},
    writer::Family,
};
use crate::server::store::Table;
use create::Created;
use namespace::{Namespace, TableName};
use std::{
    collections::{BTreeSet, HashMap},
    io::Read,
    rc::Rc,
};
use verb::{Verb, is_modifier};

mod alter;
mod body;
mod copy;
mod create;
mod namespace;
mod others;
mod set;
mod verb;

/// Columns of a statement, and values of a row, that are kept: more than any table has.
const COLUMNS_MAX: usize = 256;

/// What says that no row is missing, and a file has not that was cut off behind a whole one.
const OPEN_ROWS: &str = "there is no ; behind its last row";

/// The columns that a statement names, if it does, and the token behind them.
type Named = (Option<Rc<[String]>>, Option<Token>);

pub(super) struct Statements<'a, 's, R> {
    lexer: Lexer<R>,
    reading: &'a mut Reading<'s>,
    columns: HashMap<Table, Created>,
    /// What the file says its times are, where a column is one of MySQL's timestamps.
    zone: Zone,
    /// Tables of which the file has brought rows.
    filled: BTreeSet<Table>,
    /// Where a table is whose name is not qualified.
    schema: Option<String>,
    /// Where the rows are that the file brings.
    namespace: Namespace,
    /// Where those are that are refused, to say it once.
    refused: Option<Namespace>,
    /// Whether the file was found to end inside of something.
    is_cut: bool,
    /// Whether it ended behind a row, where more of them may have stood.
    is_open: bool,
}

/// How a file ended.
pub(super) struct FileEnd<R> {
    pub source: Source<R>,
    /// Whether it ended inside of something, which is a fault.
    pub is_cut: bool,
    /// The end of the file.
    pub place: Position,
    /// What it began and did not end.
    pub unclosed: Option<&'static str>,
    /// What its program writes at the end and it has not.
    pub missing: Option<&'static str>,
}

/// Reads a whole file.
pub(super) fn read<R: Read>(
    source: Source<R>,
    escapes: Option<Escapes>,
    reading: &mut Reading<'_>,
) -> FileEnd<R> {
    let mut statements = Statements {
        lexer: Lexer::new(source, escapes),
        reading,
        columns: HashMap::new(),
        zone: Zone::default(),
        filled: BTreeSet::new(),
        schema: None,
        namespace: Namespace::default(),
        refused: None,
        is_cut: false,
        is_open: false,
    };
    while !statements.reading.is_stopped() && statements.lexer.begin() {
        statements.lexer.keep = true;
        statements.lexer.begin_row();
        statements.statement();
        statements.complain();
    }
    statements.complain();
    let conditional = statements.lexer.take_conditional();
    if let Some(place) = conditional.filter(|_| !statements.is_cut) {
        statements.cut(place);
    }
    let Statements {
        mut lexer,
        is_cut,
        is_open,
        ..
    } = statements;
    let (place, writer) = (lexer.source().place(), lexer.writer());
    let unclosed = writer.unclosed().or(is_open.then_some(OPEN_ROWS));
    let missing = writer.missing_end();
    FileEnd {
        source: lexer.into_source(),
        is_cut,
        place,
        unclosed,
        missing,
    }
}

impl<R: Read> Statements<'_, '_, R> {
    fn statement(&mut self) {
        let first = self.lexer.next();
        let place = self.lexer.place();
        let Some(first) = first.filter(|first| *first != Token::End) else {
            return;
        };
        let word = first.lower();
        let faults = self.reading.faults.count();
        match Verb::of(&word) {
            Verb::Rows => self.insert(place),
            Verb::Copy => self.copy(place),
            Verb::Create => self.create(place),
            Verb::Alter => self.alter(place),
            Verb::Rename => self.rename(place),
            Verb::Change => self.change(place, &word),
            Verb::Set => self.set(),
            Verb::Transaction => self.transaction(&word),
            Verb::Rollback => {
                self.reading.unreadable(None);
                self.reading.fault(place, None, None, Why::RolledBack);
                self.skip();
            }
            Verb::Other => self.other(&word),
            Verb::Unknown => {
                self.reading.unreadable(None);
                self.reading
                    .fault(place, None, None, Why::NotOfDump(first.shown()));
                self.skip();
            }
        }
        if self.lexer.is_unfinished() && !self.lexer.is_broken() {
            self.is_cut = true;
            // What is wrong with the statement is said already.
            if self.reading.faults.count() == faults {
                self.cut(place);
            }
        }
    }

    /// Reports what the lexer could not make sense of.
    fn complain(&mut self) {
        if let Some(place) = self.lexer.take_ambiguous() {
            self.reading.fault(place, None, None, Why::Ambiguous);
        }
        if let Some(place) = self.lexer.take_elsewhere() {
            self.reading.fault(place, None, None, Why::RowsElsewhere);
        }
        let garbled = self.lexer.take_garbled();
        match (self.lexer.take_broken(), garbled) {
            (Some(_), Some(place)) => {
                self.is_cut = true;
                self.garbled(place);
            }
            (Some(place), None) => self.cut(place),
            (None, _) => {}
        }
    }

    /// Reports what the end of the file cuts off.
    fn cut(&mut self, place: Position) {
        self.is_cut = true;
        self.reading.unreadable(None);
        self.reading.fault(place, None, None, Why::Endless);
    }

    /// Reports a text of another encoding, behind which nothing is what it seems.
    fn garbled(&mut self, place: Position) {
        self.reading.unreadable(None);
        self.reading.fault(place, None, None, Why::NotUtf8);
    }

    /// Passes over the rest of a statement.
    fn skip(&mut self) {
        self.lexer.keep = false;
        while self.lexer.next().is_some_and(|token| token != Token::End) {}
    }

    /// Passes over the rest of a statement behind this token, which may be its end.
    fn skip_behind(&mut self, token: Option<&Token>) {
        if token != Some(&Token::End) {
            self.skip();
        }
    }

    /// BEGIN, START, COMMIT and END. The last of them may stand at the end of a file with nothing
    /// behind it.
    fn transaction(&mut self, verb: &str) {
        let next = self.lexer.next();
        let is_end = matches!(verb, "commit" | "end");
        if verb != "start"
            || next
                .as_ref()
                .is_some_and(|next| next.is_word("transaction"))
        {
            self.lexer.writer().set_transaction(!is_end);
        }
        self.skip_behind(next.as_ref());
        if is_end {
            self.lexer.finish();
        }
    }

    /// A statement that says nothing of rows, though perhaps of who wrote the file and where it is.
    fn other(&mut self, verb: &str) {
        let next = self.lexer.next();
        let subject = next.as_ref().map(Token::lower).unwrap_or_default();
        match (verb, subject.as_str()) {
            ("use", _) => self.schema = next.as_ref().and_then(name_of).or(self.schema.take()),
            ("lock" | "unlock", "tables") => {
                self.lexer.note(Family::Mysql);
                self.lexer.writer().set_lock(verb == "lock");
            }
            ("pragma", _) => self.lexer.note(Family::Sqlite),
            ("select", "pg_catalog") => self.lexer.note(Family::Postgres),
            _ => {}
        }
        self.skip_behind(next.as_ref());
    }

    /// A statement that changes rows that stand, or takes them away. Those of other tables do not
    /// matter here, and a table that is emptied before its rows come begins anew; one that is
    /// emptied behind them lacks them when the file's own program has read it.
    fn change(&mut self, place: Position, verb: &str) {
        let first = self.lexer.next();
        if verb == "drop" && !first.as_ref().is_some_and(|first| first.is_word("table")) {
            return self.skip_behind(first.as_ref());
        }
        let (mut tables, mut token) = (Vec::new(), first);
        let mut is_partial = !matches!(verb, "delete" | "drop" | "truncate");
        while let Some(piece) = token.filter(|token| *token != Token::End) {
            is_partial |= piece.is_word("where") || piece.is_word("limit");
            let named = name_of(&piece).as_deref().and_then(table::of_name);
            tables.extend(named.filter(|named| !tables.contains(named)));
            self.lexer.begin_row();
            token = self.lexer.next();
        }
        let is_elsewhere = self.namespace.is_apart_from(&self.here(None));
        let filled = tables
            .iter()
            .copied()
            .find(|table| self.filled.contains(table) && !is_elsewhere);
        if verb == "drop" && !is_elsewhere {
            self.columns.retain(|table, _| !tables.contains(table));
        }
        match (is_partial, tables.first(), filled) {
            (true, Some(table), _) => self.reading.fault(place, Some(*table), None, Why::NotPlain),
            (false, _, Some(table)) => self.reading.fault(place, Some(table), None, Why::Emptied),
            _ => {}
        }
    }

    /// INSERT and REPLACE, whatever they say of rows that stand.
    fn insert(&mut self, statement: Position) {
        let mut token = self.lexer.next();
        while let Some(word) = token
            .as_ref()
            .map(Token::lower)
            .filter(|word| is_modifier(word))
        {
            match word.as_str() {
                "or" => self.lexer.note(Family::Sqlite),
                "ignore" | "low_priority" | "high_priority" | "delayed" => {
                    self.lexer.note(Family::Mysql);
                }
                _ => {}
            }
            token = self.lexer.next();
        }
        let Some(TableName { schema, name, next }) = self.name(token) else {
            return;
        };
        let Some(table) = table::of_name(&name) else {
            let rows = self.count_rows(next);
            return self.reading.other(&name, rows);
        };
        if !self.is_in_namespace(statement, table, schema) {
            return self.skip_behind(next.as_ref());
        }
        let Some((columns, next)) = self.columns_of(Some(table), next) else {
            return;
        };
        if next
            .as_ref()
            .is_some_and(|next| next.is_word("values") || next.is_word("value"))
        {
            let Some(columns) = columns.or_else(|| self.order_of(statement, table)) else {
                return self.skip();
            };
            self.reading.columns(statement, table, &columns);
            return self.rows(statement, table, &columns);
        }
        match next {
            Some(Token::Word(_)) => {
                self.reading.unreadable(Some(table));
                self.reading
                    .fault(statement, Some(table), None, Why::NotPlain);
                self.skip();
            }
            next => self.unparsable(Some(table), "VALUES", next.as_ref()),
        }
    }

    /// The columns that a statement names, if it does, and the token behind them and other clauses;
    /// `None` when they can't be read.
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

    /// The names in a parenthesis, or the first word of the query that stands there instead; `None`
    /// when they can't be read.
    fn names(&mut self, table: Option<Table>) -> Option<Result<Rc<[String]>, Token>> {
        let mut names = Vec::new();
        loop {
            let token = self.lexer.next();
            match token.as_ref().and_then(name_of) {
                Some(_)
                    if token
                        .as_ref()
                        .is_some_and(|word| word.is_word("select") || word.is_word("with")) =>
                {
                    return token.map(Err);
                }
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

    /// The rows behind VALUES. What is behind them says what becomes of rows that stand, and the
    /// command line says that here.
    fn rows(&mut self, statement: Position, table: Table, columns: &[String]) {
        let clocks = self.clocks(statement, table);
        loop {
            let mut token = self.lexer.next();
            if token.as_ref().is_some_and(|token| token.is_word("row")) {
                token = self.lexer.next();
            }
            if token != Some(Token::Sign(b'(')) {
                return self.unparsable(Some(table), "(", token.as_ref());
            }
            if !self.row(statement, table, columns, &clocks) || self.reading.is_stopped() {
                return;
            }
            match self.lexer.next() {
                Some(Token::Sign(b',')) => {}
                Some(Token::End) => return,
                None => return self.end_open(),
                Some(Token::Word(word))
                    if ["on", "as", "returning"].contains(&word.to_ascii_lowercase().as_str()) =>
                {
                    return self.skip();
                }
                other => return self.unparsable(Some(table), ", or ;", other.as_ref()),
            }
        }
    }

    /// A row behind its first parenthesis; `false` when it has no end.
    fn row(
        &mut self,
        statement: Position,
        table: Table,
        columns: &[String],
        clocks: &Clocks,
    ) -> bool {
        self.filled.insert(table);
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
        self.reading.row(&ParsedRow {
            table,
            statement,
            place,
            columns,
            clocks,
            values: &values,
            given,
            is_over,
        });
        true
    }

    /// Ends the file behind a row of a statement that nothing ends.
    fn end_open(&mut self) {
        self.is_open = true;
        self.lexer.finish();
    }

    /// Reports what stands where something else should, and passes over the rest of the statement.
    fn unparsable(&mut self, table: Option<Table>, expected: &'static str, found: Option<&Token>) {
        self.reading.unreadable(table);
        // What has no end is reported where it begins.
        if !self.lexer.is_broken() {
            match self.lexer.take_garbled() {
                Some(place) => self.garbled(place),
                None => {
                    let place = self.lexer.place();
                    self.reading.fault(
                        place,
                        table,
                        None,
                        Why::Unparsable {
                            expected,
                            found: lexer::shown(found),
                        },
                    );
                }
            }
        }
        match found {
            None => {
                self.is_cut = true;
                self.lexer.finish();
            }
            found => self.skip_behind(found),
        }
    }
}

/// A name in any quotes, or none.
fn name_of(token: &Token) -> Option<String> {
    match token {
        Token::Word(name) => Some(name.clone()),
        Token::Name(name) | Token::Double(name) => Some(String::from_utf8_lossy(name).into_owned()),
        Token::Number(_) | Token::Text(_) | Token::Bits(_) | Token::Sign(_) | Token::End => None,
    }
}
