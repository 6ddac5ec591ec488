//! SET: says nothing of rows, though perhaps who wrote the file, what it means by a backslash, and
//! where its tables are.

use super::Statements;
use crate::server::import::{escapes::Escapes, lexer::Token, value::Zone, writer::Family};
use std::io::Read;

/// Variables that dump programs of MySQL set. Those of a user begin with `@`.
const OF_MYSQL: [&str; 6] = [
    "names",
    "foreign_key_checks",
    "unique_checks",
    "sql_mode",
    "time_zone",
    "character_set_client",
];
/// Variables that pg_dump sets.
const OF_POSTGRES: [&str; 10] = [
    "standard_conforming_strings",
    "client_encoding",
    "client_min_messages",
    "search_path",
    "row_security",
    "check_function_bodies",
    "statement_timeout",
    "lock_timeout",
    "default_tablespace",
    "xmloption",
];
/// Where MySQL's programs keep the client's character set.
const KEPT_CHARSET: &str = "@old_character_set_client";

impl<R: Read> Statements<'_, '_, R> {
    pub(super) fn set(&mut self) {
        let (mut variable, mut is_assigned) = (String::new(), false);
        while let Some(token) = self.lexer.next().filter(|token| *token != Token::End) {
            let word = token.lower();
            match token {
                Token::Sign(b'=') => is_assigned = true,
                Token::Word(_) if word == "to" && !variable.is_empty() => is_assigned = true,
                value if is_assigned => {
                    self.assign(&variable, &value);
                    is_assigned = false;
                }
                Token::Word(_) => {
                    let family = of_variable(&word);
                    family
                        .into_iter()
                        .for_each(|family| self.lexer.note(family));
                    variable = word;
                }
                _ => {}
            }
            self.lexer.begin_row();
        }
    }

    /// Takes the first part of a variable's value.
    fn assign(&mut self, variable: &str, value: &Token) {
        let value = match value {
            Token::Text(text) | Token::Name(text) | Token::Double(text) => {
                String::from_utf8_lossy(text).into_owned()
            }
            Token::Word(word) | Token::Number(word) => word.clone(),
            _ => String::new(),
        };
        let lower = value.to_ascii_lowercase();
        match variable.trim_start_matches("@@") {
            "standard_conforming_strings" => {
                let is_off = matches!(lower.as_str(), "off" | "false" | "no" | "0");
                self.lexer.writer().set(Some(if is_off {
                    Escapes::Mysql
                } else {
                    Escapes::Standard
                }));
            }
            "sql_mode" => self.lexer.writer().set(
                lower
                    .contains("no_backslash_escapes")
                    .then_some(Escapes::Standard),
            ),
            "search_path" => {
                self.schema =
                    Some(value).filter(|schema| !schema.is_empty() && !schema.starts_with('$'));
            }
            "time_zone" => self.zone = Zone::of(&value),
            KEPT_CHARSET => self.lexer.writer().keep_charset(true),
            "character_set_client" if lower == KEPT_CHARSET => {
                self.lexer.writer().keep_charset(false);
            }
            _ => {}
        }
    }
}

/// Whose variable this is.
fn of_variable(variable: &str) -> Option<Family> {
    if variable.starts_with('@') || OF_MYSQL.contains(&variable) {
        Some(Family::Mysql)
    } else {
        OF_POSTGRES.contains(&variable).then_some(Family::Postgres)
    }
}
