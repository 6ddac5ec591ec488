//! COPY … FROM stdin, as pg_dump writes rows unless it is told otherwise: a line for each, its
//! values between tabs.

use super::{COLUMNS_MAX, Statements, namespace::TableName};
use crate::server::{
    import::{
        fault::{Position, Why},
        lexer::Token,
        literal::Literal,
        parse::ParsedRow,
        source::ROW_MAX,
        table,
        value::Clocks,
    },
    store::Table,
};
use std::{io::Read, rc::Rc};

/// The line behind the last row.
const END: &[u8] = b"\\.";
/// What stands for NULL.
const NULL: &[u8] = b"\\N";
/// Bytes of a statement's options that are kept, for the report: more than it shows.
const OPTIONS_MAX: usize = 256;

impl<R: Read> Statements<'_, '_, R> {
    pub(super) fn copy(&mut self, statement: Position) {
        let first = self.lexer.next();
        let Some(TableName { schema, name, next }) = self.name(first) else {
            return;
        };
        let table = table::of_name(&name);
        let named = self.columns_of(table, next);
        let Some((columns, next)) = named else { return };
        let is_from = next.is_some_and(|next| next.is_word("from"));
        let is_rows = is_from && self.lexer.next().is_some_and(|from| from.is_word("stdin"));
        let options = self.options();
        // The rows begin on the next line.
        self.lexer.source().run(|byte| byte == b'\n', |_| ());
        self.lexer.source().next();
        let created = table.and_then(|table| self.columns.get(&table));
        let is_moved = created.is_some_and(|created| created.is_moved);
        let known = created.filter(|created| !created.is_moved);
        let columns = columns.or_else(|| known.map(|created| Rc::clone(&created.columns)));
        match (table, columns) {
            (Some(table), _) if is_from && !is_rows => {
                self.reading.unreadable(Some(table));
                let why = Why::RowsElsewhere;
                self.reading.fault(statement, Some(table), None, why);
            }
            _ if !is_rows => {}
            (None, _) => {
                let rows = self.lines(|_, _, _| ());
                self.reading.other(&name, rows);
            }
            (Some(table), _) if !self.is_in_namespace(statement, table, schema) => {
                let _ = self.lines(|_, _, _| ());
            }
            (Some(table), Some(columns)) if options.is_empty() => {
                self.copy_rows(statement, table, &columns);
            }
            (Some(table), columns) => {
                self.reading.unreadable(Some(table));
                let why = match columns {
                    None if is_moved => Why::ColumnsMoved,
                    None => Why::NoColumns,
                    Some(_) => Why::CopyOptions(options),
                };
                self.reading.fault(statement, Some(table), None, why);
                self.lines(|_, _, _| ());
            }
        }
    }

    /// The rest of the statement, as a report shows it.
    fn options(&mut self) -> String {
        let mut options = String::new();
        while let Some(token) = self.lexer.next().filter(|token| *token != Token::End) {
            if options.len() < OPTIONS_MAX {
                options += if options.is_empty() { "" } else { " " };
                options += &token.shown();
            }
            self.lexer.begin_row();
        }
        options
    }

    fn copy_rows(&mut self, statement: Position, table: Table, columns: &Rc<[String]>) {
        self.reading.columns(statement, table, columns);
        self.filled.insert(table);
        // What COPY writes has its offset.
        let clocks = Clocks::default();
        self.lines(|statements, place, line| {
            let parts = line.split(|byte| *byte == b'\t');
            let values: Vec<_> = parts.clone().take(COLUMNS_MAX).map(value).collect();
            let (given, is_over) = (parts.count(), line.len() > ROW_MAX);
            statements.reading.row(&ParsedRow {
                table,
                statement,
                place,
                columns,
                clocks: &clocks,
                values: &values,
                given,
                is_over,
            });
        });
    }

    /// Gives each line before the last one, cut behind the first byte too many; how many there are.
    fn lines(&mut self, mut take: impl FnMut(&mut Self, Position, &[u8])) -> u64 {
        let mut rows = 0;
        loop {
            let place = self.lexer.source().place();
            let mut line = Vec::new();
            self.lexer.source().run(
                |byte| byte == b'\n',
                |piece| line.extend_from_slice(&piece[..piece.len().min(ROW_MAX + 1 - line.len())]),
            );
            let is_last = self.lexer.source().next().is_none();
            let text = line.strip_suffix(b"\r").unwrap_or(&line);
            if text == END || self.reading.is_stopped() {
                return rows;
            }
            if is_last {
                self.cut(place);
                return rows;
            }
            rows += 1;
            take(self, place, text);
        }
    }
}

/// A value of a line. Everything is a text there; a column reads what it needs from it.
fn value(written: &[u8]) -> Literal {
    if written == NULL {
        return Literal::Null;
    }
    let mut text = Vec::with_capacity(written.len());
    let mut bytes = written.iter();
    while let Some(byte) = bytes.next() {
        text.push(match byte {
            b'\\' => match bytes.next() {
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(b'b') => 8,
                Some(b'f') => 12,
                Some(b'v') => 11,
                Some(same) => *same,
                None => b'\\',
            },
            byte => *byte,
        });
    }
    String::from_utf8(text).map_or(Literal::Garbled, Literal::Text)
}
