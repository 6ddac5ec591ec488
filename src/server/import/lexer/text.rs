//! Texts between quotes: what a backslash in them means, and those of PostgreSQL between dollar
//! signs.

use super::{Lexer, is_word};
use crate::server::import::{
    escapes::{self, Escapes},
    fault::Position,
    writer::Family,
};
use std::io::Read;

/// Bytes of the tag of a dollar-quoted text, which PostgreSQL cuts at 63.
const TAG_MAX: usize = 64;
/// Bytes of a character of UTF-8 at most.
const CHARACTER_MAX: usize = 4;

/// What a backslash between two quotes means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// What the file's writer means by it.
    Plain,
    /// The same; but only MySQL has texts in such quotes, and no name has a backslash.
    Double,
    /// An escape as in C, which PostgreSQL reads after an `E`.
    C,
    Name,
}

impl<R: Read> Lexer<R> {
    pub(super) fn quoted(&mut self, quote: u8, style: Style) -> Vec<u8> {
        let began = self.source.place();
        self.source.pass(1);
        let mut text = Vec::new();
        loop {
            let mut is_half = false;
            let (keep, room, is_over) = (self.keep, &mut self.room, &mut self.is_over);
            self.source.run(
                |byte| byte == quote || byte == b'\\',
                |piece| {
                    is_half = ends_in_half(piece);
                    let kept = if keep { piece.len().min(*room) } else { 0 };
                    text.extend_from_slice(&piece[..kept]);
                    *room -= kept;
                    *is_over |= keep && kept < piece.len();
                },
            );
            let place = self.source.place();
            match self.source.next() {
                None => {
                    self.broken = Some(began);
                    return text;
                }
                Some(b'\\') => {
                    self.garbled = self.garbled.or(is_half.then_some(place));
                    self.backslash(style, place, &mut text);
                }
                Some(_) if self.source.peek() == Some(quote) => {
                    self.source.pass(1);
                    self.add(&mut text, &[quote]);
                }
                Some(_) => return text,
            }
        }
    }

    /// Reads on behind a backslash.
    fn backslash(&mut self, style: Style, place: Position, text: &mut Vec<u8>) {
        let after = self.source.peek();
        let is_escape = match (style, self.writer.escapes()) {
            (Style::Name, _) | (Style::Plain | Style::Double, Some(Escapes::Standard)) => false,
            (Style::C, _) | (Style::Plain | Style::Double, Some(Escapes::Mysql)) => true,
            (Style::Double, None) => {
                self.note(Family::Mysql);
                true
            }
            (Style::Plain, None) => {
                // In what is passed over only where a text ends matters.
                let matters = after.is_some_and(|after| {
                    if self.keep {
                        escapes::is_written(after)
                    } else {
                        b"\\'\"".contains(&after)
                    }
                });
                if matters {
                    self.ambiguous.get_or_insert(place);
                    self.note(Family::Mysql);
                }
                matters
            }
        };
        let Some(after) = after.filter(|_| is_escape) else {
            return self.add(text, b"\\");
        };
        self.source.pass(1);
        if style == Style::C || self.writer.has_c_escapes() {
            return self.c_escape(after, text);
        }
        match escapes::of_mysql(after) {
            Some(byte) => self.add(text, &[byte]),
            None => self.add(text, &[b'\\', after]),
        }
    }

    /// An escape of PostgreSQL's `E'…'`, behind its first sign.
    fn c_escape(&mut self, first: u8, text: &mut Vec<u8>) {
        let (radix, most) = match first {
            b'x' => (16, 2),
            b'u' => (16, 4),
            b'U' => (16, 8),
            b'0'..=b'7' => (8, 2),
            b'f' => return self.add(text, &[12]),
            b'n' | b'r' | b't' | b'b' => {
                return escapes::of_mysql(first)
                    .into_iter()
                    .for_each(|byte| self.add(text, &[byte]));
            }
            same => return self.add(text, &[same]),
        };
        let mut code = char::from(first)
            .to_digit(8)
            .filter(|_| radix == 8)
            .unwrap_or(0);
        for _ in 0..most {
            let Some(digit) = self
                .source
                .peek()
                .and_then(|byte| char::from(byte).to_digit(radix))
            else {
                break;
            };
            self.source.pass(1);
            code = code.saturating_mul(radix).saturating_add(digit);
        }
        if matches!(first, b'u' | b'U') {
            let letter = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            self.add(text, letter.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            // The others are bytes of a character.
            self.add(text, &[u8::try_from(code & 0xff).unwrap_or_default()]);
        }
    }

    fn add(&mut self, text: &mut Vec<u8>, bytes: &[u8]) {
        if !self.keep {
            return;
        }
        match self.room.checked_sub(bytes.len()) {
            Some(room) => {
                self.room = room;
                text.extend_from_slice(bytes);
            }
            None => self.is_over = true,
        }
    }

    /// Passes over a text of PostgreSQL between two equal tags like `$$` or `$body$`; `false` when
    /// there is none here.
    pub(super) fn pass_dollar_quoted(&mut self) -> bool {
        let mut tag = vec![b'$'];
        loop {
            match self.source.look(tag.len()) {
                Some(b'$') => break tag.push(b'$'),
                Some(byte) if is_word(byte) && tag.len() < TAG_MAX => tag.push(byte),
                _ => return false,
            }
        }
        let began = self.source.place();
        self.source.pass(tag.len());
        loop {
            self.source.run(|byte| byte == b'$', |_| ());
            if self.source.starts_with(&tag) {
                self.source.pass(tag.len());
                return true;
            }
            if self.source.next().is_none() {
                self.broken = Some(began);
                return true;
            }
        }
    }
}

/// Whether a text's last character is no whole one of UTF-8. In GBK and Big5 a backslash is the
/// second half of some.
fn ends_in_half(text: &[u8]) -> bool {
    let tail = &text[text.len().saturating_sub(CHARACTER_MAX)..];
    tail.iter()
        .rposition(|byte| byte & 0xc0 != 0x80)
        .is_some_and(|at| std::str::from_utf8(&tail[at..]).is_err())
}
