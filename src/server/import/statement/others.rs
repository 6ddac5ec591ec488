//! Rows of other tables, which are counted and passed over.

use super::Statements;
use crate::server::import::lexer::Token;
use std::io::Read;

/// Part of a statement that brings rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StatementPart {
    Columns,
    Rows,
    /// Behind the rows: what becomes of those that stand.
    Clauses,
}

impl<R: Read> Statements<'_, '_, R> {
    /// Passes over a statement about another table, and counts its rows.
    pub(super) fn count_rows(&mut self, first: Option<Token>) -> u64 {
        self.lexer.keep = false;
        let (mut rows, mut depth, mut part) = (0, 0_usize, StatementPart::Columns);
        let (mut token, mut before) = (first, None);
        while let Some(piece) = token {
            if piece == Token::End {
                return rows;
            }
            match &piece {
                Token::Sign(b'(') => {
                    rows += u64::from(part == StatementPart::Rows && depth == 0);
                    depth += 1;
                }
                Token::Sign(b')') => depth = depth.saturating_sub(1),
                Token::Word(word) if depth == 0 => match (part, word.to_ascii_lowercase().as_str())
                {
                    (StatementPart::Columns, "values" | "value") => part = StatementPart::Rows,
                    (StatementPart::Rows, "on" | "as" | "returning") => {
                        part = StatementPart::Clauses;
                    }
                    _ => {}
                },
                _ => {}
            }
            self.look_behind_text(before.as_ref(), &piece);
            before = Some(piece);
            token = self.lexer.next();
        }
        let is_whole = part == StatementPart::Rows && depth == 0;
        if is_whole && before == Some(Token::Sign(b')')) {
            self.end_open();
        }
        rows
    }

    /// A word directly behind a text was a part of one, when the text before it ended in the middle
    /// of a character.
    fn look_behind_text(&mut self, before: Option<&Token>, piece: &Token) {
        if matches!(before, Some(Token::Text(_)))
            && matches!(
                piece,
                Token::Word(_) | Token::Number(_) | Token::Name(_) | Token::Bits(_)
            )
        {
            self.lexer
                .take_garbled()
                .into_iter()
                .for_each(|place| self.garbled(place));
        }
    }
}
