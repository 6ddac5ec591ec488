//! ALTER TABLE and RENAME TABLE: whether the columns of a table still stand in the order of its
//! CREATE TABLE, and whether rows that the file brings end in another table.

use super::{
    Statements,
    create::{Created, NOT_COLUMNS},
    name_of,
};
use crate::server::{
    import::{
        fault::{Position, Why},
        lexer::Token,
        table,
    },
    store::Table,
};
use std::io::Read;

/// Words between ALTER TABLE and the table's name.
const BEFORE_NAME: [&str; 4] = ["if", "exists", "only", "ignore"];
/// Words behind ADD, DROP and RENAME that say what else than a column is meant, beside those of
/// CREATE TABLE.
const ALTERED_PARTS: [&str; 3] = ["partition", "period", "system"];
/// Words of an action that are kept: those in front of a column's type, and it.
const WORDS_MAX: usize = 8;

/// One action of ALTER TABLE: its first words and names.
#[derive(Default)]
struct Action {
    words: Vec<ActionWord>,
    /// Whether FIRST or AFTER stands in it.
    has_place: bool,
}

struct ActionWord {
    /// In lower case.
    name: String,
    is_quoted: bool,
}

/// What an action changes.
#[derive(Debug, PartialEq, Eq)]
enum Alteration {
    Nothing,
    /// Which columns there are, or their order.
    Columns,
    /// The type of a column.
    Type {
        column: String,
        is_timestamp: bool,
    },
    /// The table's name, to this one.
    Name(String),
}

impl Action {
    fn push(&mut self, token: &Token) {
        self.has_place |= token.is_word("first") || token.is_word("after");
        if let Some(name) = name_of(token).filter(|_| self.words.len() < WORDS_MAX) {
            self.words.push(ActionWord {
                name: name.to_ascii_lowercase(),
                is_quoted: !matches!(token, Token::Word(_)),
            });
        }
    }

    /// The word at a place; empty for a name in quotes.
    fn bare(&self, n: usize) -> &str {
        self.words
            .get(n)
            .filter(|word| !word.is_quoted)
            .map_or("", |word| word.name.as_str())
    }

    fn change(&self) -> Alteration {
        let (first, second) = (self.bare(0), self.bare(1));
        let is_column = ![&NOT_COLUMNS[..], &ALTERED_PARTS]
            .concat()
            .contains(&second);
        let is_name = first == "rename" && (matches!(second, "to" | "as") || self.words.len() == 2);
        let is_moved = match first {
            "add" | "drop" => is_column,
            "rename" => is_column && !is_name,
            "modify" | "change" => self.has_place,
            _ => false,
        };
        match first {
            _ if is_moved => Alteration::Columns,
            "modify" => self.retyped(0),
            "change" => self.retyped(1),
            _ if is_name => {
                let last = self.words.last();
                Alteration::Name(last.map(|word| word.name.clone()).unwrap_or_default())
            }
            _ => Alteration::Nothing,
        }
    }

    /// MODIFY, or CHANGE, which has the column's name again: `names` more of them.
    fn retyped(&self, names: usize) -> Alteration {
        let mut words = self.words.iter().skip(1).peekable();
        while words
            .next_if(|word| {
                !word.is_quoted && matches!(word.name.as_str(), "column" | "if" | "exists")
            })
            .is_some()
        {}
        let Some(first) = words.next() else {
            return Alteration::Nothing;
        };
        let mut column = &first.name;
        for _ in 0..names {
            match words.next() {
                Some(second) if second.name != *column => return Alteration::Columns,
                Some(second) => column = &second.name,
                None => return Alteration::Nothing,
            }
        }
        Alteration::Type {
            column: column.clone(),
            is_timestamp: words.next().is_some_and(|word| word.name == "timestamp"),
        }
    }
}

impl<R: Read> Statements<'_, '_, R> {
    pub(super) fn alter(&mut self, statement: Position) {
        let first = self.lexer.next();
        if !first.as_ref().is_some_and(|first| first.is_word("table")) {
            return self.skip_behind(first.as_ref());
        }
        let mut token = self.lexer.next();
        while token
            .as_ref()
            .is_some_and(|token| BEFORE_NAME.contains(&token.lower().as_str()))
        {
            token = self.lexer.next();
        }
        let (schema, name, mut token) = self.qualified(token);
        let (mut depth, mut action) = (0_usize, Action::default());
        while let Some(piece) = token.filter(|token| *token != Token::End) {
            match piece {
                Token::Sign(b'(') => depth += 1,
                Token::Sign(b')') => depth = depth.saturating_sub(1),
                Token::Sign(b',') if depth == 0 => {
                    let whole = std::mem::take(&mut action);
                    self.changed(statement, schema.as_ref(), &name, whole.change());
                }
                piece if depth == 0 => action.push(&piece),
                _ => {}
            }
            self.lexer.begin_row();
            token = self.lexer.next();
        }
        self.changed(statement, schema.as_ref(), &name, action.change());
    }

    /// RENAME TABLE a TO b, c TO d.
    pub(super) fn rename(&mut self, statement: Position) {
        let first = self.lexer.next();
        let is_table = |token: &Token| token.is_word("table") || token.is_word("tables");
        if !first.as_ref().is_some_and(is_table) {
            return self.skip_behind(first.as_ref());
        }
        loop {
            let token = self.lexer.next();
            let (schema, name, to) = self.qualified(token);
            if !to.as_ref().is_some_and(|to| to.is_word("to")) {
                return self.skip_behind(to.as_ref());
            }
            let token = self.lexer.next();
            let (_, target, next) = self.qualified(token);
            self.changed(statement, schema.as_ref(), &name, Alteration::Name(target));
            if next != Some(Token::Sign(b',')) {
                return self.skip_behind(next.as_ref());
            }
        }
    }

    /// A table's name, which is empty where none stands, what qualifies it, and the token behind.
    fn qualified(&mut self, first: Option<Token>) -> (Option<String>, String, Option<Token>) {
        let (mut token, mut schema) = (first, None);
        loop {
            let Some(name) = token.as_ref().and_then(name_of) else {
                return (schema, String::new(), token);
            };
            let next = self.lexer.next();
            if next != Some(Token::Sign(b'.')) {
                return (schema, name, next);
            }
            schema = Some(name);
            token = self.lexer.next();
        }
    }

    /// Takes a change of the table of this name.
    fn changed(
        &mut self,
        statement: Position,
        schema: Option<&String>,
        name: &str,
        change: Alteration,
    ) {
        if self.namespace.is_apart_from(&self.here(schema.cloned())) {
            return;
        }
        match (table::of_name(name), change) {
            (table, Alteration::Name(target)) => self.renamed(statement, table, name, &target),
            (Some(table), Alteration::Columns) => {
                if let Some(created) = self.columns.get_mut(&table) {
                    created.is_moved = true;
                }
            }
            (
                Some(table),
                Alteration::Type {
                    column,
                    is_timestamp,
                },
            ) => {
                if let Some(created) = self.columns.get_mut(&table) {
                    created.retype(&column, is_timestamp);
                }
            }
            (_, Alteration::Nothing) | (None, _) => {}
        }
    }

    /// A table of another name: rows under the one are rows of the other, when the file's own
    /// program has read it.
    fn renamed(&mut self, statement: Position, table: Option<Table>, name: &str, target: &str) {
        if let Some(table) = table {
            self.columns.remove(&table);
            if self.filled.contains(&table) {
                let why = Why::RenamedAway(target.to_owned());
                self.reading.fault(statement, Some(table), None, why);
            }
        } else if let Some(table) = table::of_name(target)
            && self.reading.may_have_rows_of(name)
        {
            self.reading.unreadable(Some(table));
            let why = Why::RenamedHere(name.to_owned());
            self.reading.fault(statement, Some(table), None, why);
        }
    }
}

impl Created {
    fn retype(&mut self, column: &str, is_timestamp: bool) {
        let others = self.timestamps.iter().filter(|name| *name != column);
        self.timestamps = others
            .cloned()
            .chain(is_timestamp.then(|| column.to_owned()))
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::import::{lexer::Lexer, source::Source};
    use std::sync::Arc;

    fn change(sql: &str) -> Alteration {
        let mut lexer = Lexer::new(Source::new(sql.as_bytes(), Arc::default()), None);
        lexer.keep = true;
        let mut action = Action::default();
        while let Some(token) = lexer.next() {
            action.push(&token);
        }
        action.change()
    }

    #[test]
    fn an_action_that_leaves_the_order_is_told_from_one_that_does_not() {
        for sql in [
            "ADD PRIMARY KEY (`id`)",
            "ADD UNIQUE KEY name (name)",
            "ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES b (id)",
            "DROP INDEX name",
            "ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY",
            "DISABLE KEYS",
            "OWNER TO shop",
            "AUTO_INCREMENT=4",
            "RENAME INDEX a TO b",
        ] {
            assert_eq!(change(sql), Alteration::Nothing, "{sql}");
        }
        for sql in [
            "ADD name text",
            "ADD COLUMN name text AFTER id",
            "ADD `key` int",
            "DROP COLUMN name",
            "DROP name",
            "MODIFY name text FIRST",
            "MODIFY COLUMN `name` text AFTER `id`",
            "CHANGE name title text",
            "RENAME COLUMN a TO b",
            "RENAME a TO b",
        ] {
            assert_eq!(change(sql), Alteration::Columns, "{sql}");
        }
        assert_eq!(
            change("MODIFY `id` int NOT NULL AUTO_INCREMENT"),
            Alteration::Type {
                column: "id".into(),
                is_timestamp: false
            }
        );
        assert_eq!(
            change("CHANGE COLUMN at at TIMESTAMP"),
            Alteration::Type {
                column: "at".into(),
                is_timestamp: true
            }
        );
        for sql in ["RENAME TO b", "RENAME AS `B`", "RENAME b"] {
            assert_eq!(change(sql), Alteration::Name("b".into()), "{sql}");
        }
    }
}
