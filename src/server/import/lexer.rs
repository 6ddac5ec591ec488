//! Lexer of SQL dumps: turns a file into words, texts, numbers and signs, one at a time, as MySQL, PostgreSQL and SQLite write them.
//! What nobody asks for is passed over without being kept, so that its length does not matter.

use super::{
    ROW_MAX,
    escapes::{self, Escapes, Writer},
    fault::Place,
    source::Source,
};
use std::io::Read;

/// Bytes of a word, a number or a sign of its own that are kept: more than any name or number that means something here.
const WORD_MAX: usize = 256;
/// Bytes of a comment that are kept, to know who wrote the file.
const COMMENT_MAX: usize = 1_024;
/// Bytes of the tag of a dollar-quoted text, which PostgreSQL cuts at 63.
const TAG_MAX: usize = 64;
/// What ends a statement unless the file says something else.
const SEMICOLON: &[u8] = b";";
/// The command of MySQL's client by which a file says what ends a statement.
const DELIMITER: &[u8] = b"delimiter";

/// A piece of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word without quotes.
    Word(String),
    /// Something that begins with a digit.
    Number(String),
    /// A name in backticks.
    Name(Vec<u8>),
    /// Something in double quotes: a name, or in MySQL a text.
    Double(Vec<u8>),
    /// A text in single quotes.
    Text(Vec<u8>),
    /// `b'…'`.
    Bits(Vec<u8>),
    /// Any other sign.
    Sign(u8),
    /// The end of a statement.
    End,
}

/// What a backslash between two quotes means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// What the file's writer means by it.
    Plain,
    /// The same; but only MySQL has texts in such quotes, and no name has a backslash.
    Double,
    /// An escape as in C, which PostgreSQL reads after an `E`.
    C,
    /// Itself.
    Name,
}

/// A file in pieces.
pub(super) struct Lexer<R> {
    source: Source<R>,
    writer: Writer,
    delimiter: Vec<u8>,
    place: Place,
    /// Whether texts are kept, or only passed over.
    pub keep: bool,
    room: usize,
    is_over: bool,
    is_conditional: bool,
    broken: Option<Place>,
    ambiguous: Option<Place>,
}

impl<R: Read> Lexer<R> {
    pub fn new(source: Source<R>, escapes: Option<Escapes>) -> Self {
        Self {
            place: source.place(),
            source,
            writer: Writer::new(escapes),
            delimiter: SEMICOLON.to_vec(),
            keep: false,
            room: ROW_MAX,
            is_over: false,
            is_conditional: false,
            broken: None,
            ambiguous: None,
        }
    }

    /// Goes to the next statement; `false` when there is none.
    pub fn begin(&mut self) -> bool {
        loop {
            self.space();
            match self.source.peek() {
                None => return false,
                // A command of psql, which takes its line.
                Some(b'\\') => self.source.run(|byte| byte == b'\n', |_| ()),
                Some(b'd' | b'D') if self.is_at_delimiter() => self.set_delimiter(),
                Some(_) => return true,
            }
        }
    }

    /// The next piece; `None` at the end of the file.
    pub fn next(&mut self) -> Option<Token> {
        self.space();
        self.place = self.source.place();
        let first = self.source.peek()?;
        if first == self.delimiter[0] && self.source.starts_with(&self.delimiter) {
            self.source.pass(self.delimiter.len());
            return Some(Token::End);
        }
        self.writer.begin();
        Some(match first {
            b'\'' => Token::Text(self.quoted(b'\'', Style::Plain)),
            b'"' => Token::Double(self.quoted(b'"', Style::Double)),
            b'`' => {
                self.note(Escapes::Mysql);
                Token::Name(self.quoted(b'`', Style::Name))
            }
            b'0'..=b'9' => Token::Number(self.number()),
            b'$' if self.writer.escapes() != Some(Escapes::Mysql) && self.pass_dollar_quoted() => Token::Sign(b'$'),
            byte if is_word(byte) => self.word(),
            byte => {
                self.source.pass(1);
                Token::Sign(byte)
            }
        })
    }

    /// Where the piece that was given last begins.
    pub fn place(&self) -> Place {
        self.place
    }

    /// The file under the pieces, behind the last one.
    pub fn source(&mut self) -> &mut Source<R> {
        &mut self.source
    }

    /// The file, when all of it was read.
    pub fn into_source(self) -> Source<R> {
        self.source
    }

    /// A sign of who wrote the file.
    pub fn note(&mut self, escapes: Escapes) {
        self.writer.note(escapes);
    }

    /// Makes room for the texts of a row.
    pub fn begin_row(&mut self) {
        (self.room, self.is_over) = (ROW_MAX, false);
    }

    /// Whether the texts of the row had more bytes than there was room for.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether something began that never ended.
    pub fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// Where that was.
    pub fn take_broken(&mut self) -> Option<Place> {
        self.broken.take()
    }

    /// The first backslash whose meaning is not known.
    pub fn take_ambiguous(&mut self) -> Option<Place> {
        self.ambiguous.take()
    }

    /// Whether the file begins as one of mysqldump and does not end as one.
    pub fn is_cut_short(&self) -> bool {
        self.writer.is_cut_short()
    }

    /// Passes over white space and comments. What stands in a comment of the kind `/*!40101 … */` is for MySQL no comment.
    fn space(&mut self) {
        loop {
            match (self.source.peek(), self.source.look(1)) {
                (Some(byte), _) if byte.is_ascii_whitespace() || byte == 0x0b => {
                    self.source.run(|byte| !byte.is_ascii_whitespace() && byte != 0x0b, |_| ());
                }
                (Some(b'#'), _) => self.comment(1, b"\n"),
                (Some(b'-'), Some(b'-')) => self.comment(2, b"\n"),
                (Some(b'/'), Some(b'*')) if self.source.look(2) == Some(b'!') => self.begin_conditional(),
                (Some(b'/'), Some(b'*')) => self.comment(2, b"*/"),
                (Some(b'*'), Some(b'/')) if self.is_conditional => {
                    self.source.pass(2);
                    self.is_conditional = false;
                }
                _ => return,
            }
        }
    }

    /// A comment that begins with so many bytes and goes on to `end`; comments don't nest.
    fn comment(&mut self, begins: usize, end: &[u8]) {
        let began = self.source.place();
        self.source.pass(begins);
        let mut text = Vec::new();
        loop {
            self.source.run(|byte| byte == end[0], |piece| text.extend_from_slice(&piece[..piece.len().min(COMMENT_MAX - text.len())]));
            if self.source.starts_with(end) {
                self.source.pass(end.len());
                break;
            }
            if self.source.next().is_none() {
                if end != b"\n" {
                    self.broken = Some(began);
                }
                break;
            }
        }
        self.writer.read(&text);
    }

    fn begin_conditional(&mut self) {
        let digits: Vec<u8> = (3..9).map_while(|n| self.source.look(n).filter(u8::is_ascii_digit)).collect();
        // A version that no server has.
        if digits.len() >= 5 && digits.iter().all(|digit| *digit == b'9') {
            return self.comment(2, b"*/");
        }
        self.note(Escapes::Mysql);
        self.source.pass(3 + digits.len());
        self.is_conditional = true;
    }

    fn is_at_delimiter(&mut self) -> bool {
        let is_named = (0..DELIMITER.len()).all(|n| self.source.look(n).is_some_and(|byte| byte.to_ascii_lowercase() == DELIMITER[n]));
        is_named && matches!(self.source.look(DELIMITER.len()), Some(b' ' | b'\t'))
    }

    fn set_delimiter(&mut self) {
        self.source.pass(DELIMITER.len());
        let mut line = Vec::new();
        self.source
            .run(|byte| byte == b'\n', |piece| line.extend_from_slice(&piece[..piece.len().min(WORD_MAX - line.len().min(WORD_MAX))]));
        let said = line.trim_ascii();
        self.delimiter = if said.is_empty() { SEMICOLON.to_vec() } else { said.to_vec() };
        self.note(Escapes::Mysql);
    }

    fn quoted(&mut self, quote: u8, style: Style) -> Vec<u8> {
        let began = self.source.place();
        self.source.pass(1);
        let mut text = Vec::new();
        loop {
            let (keep, room, is_over) = (self.keep, &mut self.room, &mut self.is_over);
            self.source.run(
                |byte| byte == quote || byte == b'\\',
                |piece| {
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
                Some(b'\\') => self.backslash(style, place, &mut text),
                Some(_) if self.source.peek() == Some(quote) => {
                    self.source.pass(1);
                    self.add(&mut text, &[quote]);
                }
                Some(_) => return text,
            }
        }
    }

    /// Reads on behind a backslash.
    fn backslash(&mut self, style: Style, place: Place, text: &mut Vec<u8>) {
        let after = self.source.peek();
        let is_escape = match (style, self.writer.escapes()) {
            (Style::Name, _) | (Style::Plain | Style::Double, Some(Escapes::Standard)) => false,
            (Style::C, _) | (Style::Plain | Style::Double, Some(Escapes::Mysql)) => true,
            (Style::Double, None) => {
                self.note(Escapes::Mysql);
                true
            }
            (Style::Plain, None) => {
                // In what is passed over only where a text ends matters.
                let matters = after.is_some_and(|after| if self.keep { escapes::is_written(after) } else { b"\\'\"".contains(&after) });
                if matters {
                    self.ambiguous.get_or_insert(place);
                    self.note(Escapes::Mysql);
                }
                matters
            }
        };
        let Some(after) = after.filter(|_| is_escape) else { return self.add(text, b"\\") };
        self.source.pass(1);
        if style == Style::C {
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
            b'n' | b'r' | b't' | b'b' => return escapes::of_mysql(first).into_iter().for_each(|byte| self.add(text, &[byte])),
            same => return self.add(text, &[same]),
        };
        let mut code = char::from(first).to_digit(8).filter(|_| radix == 8).unwrap_or(0);
        for _ in 0..most {
            let Some(digit) = self.source.peek().and_then(|byte| char::from(byte).to_digit(radix)) else { break };
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

    /// A word, or the text behind one that says how it is written.
    fn word(&mut self) -> Token {
        let word = self.letters(|byte| !is_word(byte));
        if self.source.peek() != Some(b'\'') {
            return Token::Word(word);
        }
        match word.as_str() {
            "e" | "E" => Token::Text(self.quoted(b'\'', Style::C)),
            "n" | "N" => Token::Text(self.quoted(b'\'', Style::Plain)),
            "b" | "B" => Token::Bits(self.quoted(b'\'', Style::Name)),
            _ => Token::Word(word),
        }
    }

    /// Digits, and what stands directly behind them: a point, an exponent, letters that make it no number.
    fn number(&mut self) -> String {
        let mut number = self.letters(|byte| !is_word(byte) && byte != b'.');
        if number.ends_with(['e', 'E']) && matches!(self.source.peek(), Some(b'+' | b'-')) {
            number.extend(self.source.next().map(char::from));
            number += &self.letters(|byte| !byte.is_ascii_digit());
        }
        number
    }

    fn letters(&mut self, stops: impl Fn(u8) -> bool) -> String {
        let mut letters = Vec::new();
        self.source.run(stops, |piece| letters.extend_from_slice(&piece[..piece.len().min(WORD_MAX - letters.len())]));
        String::from_utf8_lossy(&letters).into_owned()
    }

    /// Passes over a text of PostgreSQL between two equal tags like `$$` or `$body$`; `false` when there is none here.
    fn pass_dollar_quoted(&mut self) -> bool {
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

/// Bytes of a word; those of letters beyond ASCII are all part of one.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'$') || byte >= 0x80
}

impl Token {
    /// A word in lower case, for comparison; empty for anything else.
    pub fn lower(&self) -> String {
        if let Self::Word(word) = self { word.to_ascii_lowercase() } else { String::new() }
    }

    pub fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own.eq_ignore_ascii_case(word))
    }

    /// As a report shows it.
    pub fn shown(&self) -> String {
        let between = |text: &[u8], quote: &str| format!("{quote}{}{quote}", String::from_utf8_lossy(text));
        match self {
            Self::Word(word) | Self::Number(word) => word.clone(),
            Self::Name(name) => between(name, "`"),
            Self::Double(text) => between(text, "\""),
            Self::Text(text) => between(text, "'"),
            Self::Bits(bits) => format!("b{}", between(bits, "'")),
            Self::Sign(sign) => char::from(*sign).to_string(),
            Self::End => "the end of the statement".to_owned(),
        }
    }
}

/// As [`Token::shown`], and what stands there when nothing does.
pub(super) fn shown(token: Option<&Token>) -> String {
    token.map_or_else(|| "the end of the file".to_owned(), Token::shown)
}
