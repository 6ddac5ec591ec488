//! Bodies of triggers and routines that a `;` does not end: SQLite writes BEGIN … END so, and
//! PostgreSQL BEGIN ATOMIC … END. MySQL's client is told another delimiter before them.

use crate::server::import::lexer::Token;

/// Words behind which a statement begins, inside of a body.
const OPENERS: [&str; 8] = [
    "begin",
    "atomic",
    "then",
    "else",
    "do",
    "loop",
    "repeat",
    "sqlexception",
];
/// Words behind END that say what else than a block ends there.
const OTHER_ENDS: [&str; 5] = ["if", "loop", "while", "repeat", "case"];

/// What was seen last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LastSeen {
    /// Something in the middle of a statement.
    #[default]
    Inside,
    /// A sign before a name, or before a column in a list: no keyword stands there.
    BeforeName,
    /// What a statement begins behind.
    Opener,
    /// END of a block, or of something else: the next word says that.
    Close,
}

/// How deep in blocks a statement is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Body {
    depth: usize,
    seen: LastSeen,
}

impl Body {
    /// Goes over a piece; `true` when it is what ends the statement.
    pub fn is_ended_by(&mut self, piece: &Token) -> bool {
        let word = piece.lower();
        if self.seen == LastSeen::Close && OTHER_ENDS.contains(&word.as_str()) {
            self.depth += 1;
        }
        let begins = word == "begin"
            && if self.depth == 0 {
                self.seen != LastSeen::BeforeName
            } else {
                self.seen == LastSeen::Opener
            };
        let ends = word == "end" && self.depth > 0 && self.seen == LastSeen::Opener;
        if begins {
            self.depth += 1;
        } else if ends {
            self.depth -= 1;
        }
        let is_over = *piece == Token::End && self.depth == 0;
        self.seen = match piece {
            _ if ends => LastSeen::Close,
            Token::End | Token::Sign(b':') => LastSeen::Opener,
            Token::Sign(b'.' | b',' | b'(') => LastSeen::BeforeName,
            _ if OPENERS.contains(&word.as_str()) => LastSeen::Opener,
            _ => LastSeen::Inside,
        };
        is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::import::{lexer::Lexer, source::Source};
    use std::sync::Arc;

    /// What is left behind the statement that a text begins with.
    fn rest(sql: &str) -> String {
        let mut lexer = Lexer::new(Source::new(sql.as_bytes(), Arc::default()), None);
        let mut body = Body::default();
        while lexer.next().is_some_and(|piece| !body.is_ended_by(&piece)) {}
        let mut rest = Vec::new();
        lexer
            .source()
            .run(|_| false, |piece| rest.extend_from_slice(piece));
        String::from_utf8(rest).expect("a text")
    }

    #[test]
    fn a_body_ends_with_its_last_end() {
        for body in [
            "TRIGGER t AFTER INSERT ON x EXECUTE FUNCTION f();",
            "TRIGGER t AFTER INSERT ON x BEGIN INSERT INTO y VALUES (1); UPDATE y SET end = new.end, a = 1; END;",
            "TRIGGER t BEGIN SELECT CASE WHEN new.begin IS NULL THEN RAISE(ABORT, 'x') END; END;",
            "FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE 1 WHEN 1 THEN 2 END; END;",
            "PROCEDURE p() BEGIN IF a THEN BEGIN SELECT 1; END; END IF; a: LOOP SELECT 2; END LOOP; END;",
            "PROCEDURE p() BEGIN CASE a WHEN 1 THEN SELECT 1; END CASE; END;",
            "FUNCTION f() RETURNS int AS $$ begin return 1; end; $$;",
            "PROCEDURE p() BEGIN END;",
        ] {
            assert_eq!(
                rest(&format!("{body} and more; END;")),
                " and more; END;",
                "{body}"
            );
        }
    }

    #[test]
    fn a_body_without_its_end_goes_to_the_end_of_the_file() {
        assert_eq!(
            rest("TRIGGER t BEGIN SELECT 1; INSERT INTO x VALUES (1);"),
            ""
        );
    }
}
