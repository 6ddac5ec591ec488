//! Lexer of SQL dumps: turns a file into words, texts, numbers and signs, one at a time, as MySQL,
//! PostgreSQL and SQLite write them. What nobody asks for is passed over without being kept, so
//! that its length does not matter.

use super::{
    escapes::Escapes,
    fault::Position,
    source::{MARK, ROW_MAX, Source},
    writer::{DumpAuthor, Family},
};
use std::io::Read;
use text::Style;

mod text;

/// Bytes of a word, a number or a sign of its own that are kept: more than any name or number that
/// means something here.
const WORD_MAX: usize = 256;
/// Bytes of a comment that are kept, to know who wrote the file.
const COMMENT_MAX: usize = 1_024;
/// What ends a statement unless the file says something else.
const SEMICOLON: &[u8] = b";";
/// The command of MySQL's client by which a file says what ends a statement.
const DELIMITER: &[u8] = b"delimiter";
/// The command of PostgreSQL's client by which a file goes to another database, and its short form.
const CONNECT: [&str; 2] = ["connect", "c"];
/// Commands of PostgreSQL's and MySQL's clients that read another file.
const INCLUDE: [&str; 5] = ["i", "ir", "include", "include_relative", "."];
/// What dump programs say on standard error about a dump that is good all the same, and `2>&1` puts
/// into the file.
const CHATTER: [&[u8]; 12] = [
    b"mysqldump: [Warning]",
    b"mysqldump: Deprecated program name",
    b"mysql: Deprecated program name",
    b"WARNING: option --ssl-verify-server-cert is disabled",
    // What it lacks then is tablespaces, and a catalogue has none.
    b"mysqldump: Error: 'Access denied; you need (at least one of) the PROCESS privilege",
    b"mysqlpump: [Warning]",
    b"mysql: [Warning]",
    b"mariadb-dump: [Warning]",
    b"Warning: ",
    b"pg_dump: warning:",
    b"pg_dump: detail:",
    b"pg_dump: hint:",
];

/// What they ask for on a terminal that is a file.
const PROMPT: &[u8] = b"Enter password: ";

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
    Sign(u8),
    /// The end of a statement.
    End,
}

/// Where the last piece stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// At the end of a statement.
    Between,
    Inside,
    /// In one, at the end of the file.
    CutOff,
}

/// A file in pieces.
pub(super) struct Lexer<R> {
    source: Source<R>,
    writer: DumpAuthor,
    delimiter: Vec<u8>,
    database: Option<String>,
    /// The first command that reads rows or statements from another file.
    elsewhere: Option<Position>,
    place: Position,
    /// Whether texts are kept, or only passed over.
    pub keep: bool,
    room: usize,
    is_over: bool,
    extent: Extent,
    /// Where a comment begins that is none for MySQL.
    conditional: Option<Position>,
    broken: Option<Position>,
    ambiguous: Option<Position>,
    garbled: Option<Position>,
}

impl<R: Read> Lexer<R> {
    pub fn new(source: Source<R>, escapes: Option<Escapes>) -> Self {
        Self {
            place: source.place(),
            source,
            writer: DumpAuthor::new(escapes),
            delimiter: SEMICOLON.to_vec(),
            database: None,
            elsewhere: None,
            keep: false,
            room: ROW_MAX,
            is_over: false,
            extent: Extent::Between,
            conditional: None,
            broken: None,
            ambiguous: None,
            garbled: None,
        }
    }

    /// Goes to the next statement; `false` when there is none.
    pub fn begin(&mut self) -> bool {
        self.garbled = None;
        loop {
            self.space();
            match self.source.peek() {
                None => return false,
                Some(_) if self.is_at_end() => return true,
                Some(b'\\') => self.client_command(),
                Some(b'd' | b'D') if self.is_at_delimiter() => self.set_delimiter(),
                // Behind it stands the dump's first line.
                Some(b'E') if self.source.starts_with(PROMPT) => {
                    for _ in PROMPT {
                        self.source.next();
                    }
                }
                Some(_) if CHATTER.iter().any(|said| self.source.starts_with(said)) => {
                    self.source.run(|byte| byte == b'\n', |_| ());
                }
                Some(_) => return true,
            }
        }
    }

    /// The next piece; `None` at the end of the file.
    pub fn next(&mut self) -> Option<Token> {
        self.space();
        self.place = self.source.place();
        let Some(first) = self.source.peek() else {
            if self.extent == Extent::Inside {
                self.extent = Extent::CutOff;
            }
            return None;
        };
        if self.is_at_end() {
            self.extent = Extent::Between;
            self.source.pass(self.delimiter.len());
            return Some(Token::End);
        }
        self.extent = Extent::Inside;
        self.writer.begin();
        Some(match first {
            b'\'' => Token::Text(self.quoted(b'\'', Style::Plain)),
            b'"' => Token::Double(self.quoted(b'"', Style::Double)),
            b'`' => {
                self.note(Family::Mysql);
                Token::Name(self.quoted(b'`', Style::Name))
            }
            b'0'..=b'9' => Token::Number(self.number()),
            b'$' if self.writer.has_dollar_texts() && self.pass_dollar_quoted() => {
                Token::Sign(b'$')
            }
            byte if is_word(byte) => self.word(),
            byte => {
                self.source.pass(1);
                Token::Sign(byte)
            }
        })
    }

    /// Where the piece that was given last begins.
    pub fn place(&self) -> Position {
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
    pub fn note(&mut self, family: Family) {
        self.writer.note(family);
    }

    /// What is known of who wrote the file.
    pub fn writer(&mut self) -> &mut DumpAuthor {
        &mut self.writer
    }

    /// Whether the file says itself what ends a statement, so that a `;` may stand inside of one.
    pub fn has_delimiter(&self) -> bool {
        self.delimiter != SEMICOLON
    }

    /// The database that the file has gone to with a command of PostgreSQL's client.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// Whether the file is at its end and its last statement is not.
    pub fn is_unfinished(&self) -> bool {
        self.extent == Extent::CutOff
    }

    /// Takes the statement for one that goes on, although something in it looked like its end.
    pub fn go_on(&mut self) {
        self.extent = Extent::Inside;
    }

    /// Takes the statement for a whole one, although nothing ends it.
    pub fn finish(&mut self) {
        self.extent = Extent::Between;
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

    pub fn take_elsewhere(&mut self) -> Option<Position> {
        self.elsewhere.take()
    }

    pub fn take_broken(&mut self) -> Option<Position> {
        self.broken.take()
    }

    /// The first backslash whose meaning is not known.
    pub fn take_ambiguous(&mut self) -> Option<Position> {
        self.ambiguous.take()
    }

    /// The first backslash of this statement behind half a character, where a text of another
    /// encoding was misread.
    pub fn take_garbled(&mut self) -> Option<Position> {
        self.garbled.take()
    }

    /// Where a comment begins that is none for MySQL, when the file has ended in it.
    pub fn take_conditional(&mut self) -> Option<Position> {
        self.conditional.take()
    }

    /// Whether the next bytes end a statement.
    fn is_at_end(&mut self) -> bool {
        self.source.peek() == self.delimiter.first().copied()
            && self.source.starts_with(&self.delimiter)
    }

    /// Passes over white space and comments. What stands in a comment of the kind `/*!40101 … */`
    /// is for MySQL no comment.
    fn space(&mut self) {
        loop {
            // What ends a statement may begin as a comment.
            if self.has_delimiter() && self.is_at_end() {
                return;
            }
            match (self.source.peek(), self.source.look(1)) {
                (Some(byte), _) if is_space(byte) => {
                    self.source.run(|byte| !is_space(byte), |_| ());
                }
                // Files that were joined have one in the middle.
                (Some(byte), _) if byte == MARK[0] && self.source.starts_with(MARK) => {
                    self.source.pass(MARK.len());
                }
                (Some(b'#'), _) if self.writer.has_hash_comments() => self.comment(1, b"\n"),
                (Some(b'-'), Some(b'-')) => self.comment(2, b"\n"),
                (Some(b'/'), Some(b'*')) if self.source.look(2) == Some(b'!') => {
                    self.begin_conditional();
                }
                (Some(b'/'), Some(b'*')) => self.comment(2, b"*/"),
                (Some(b'*'), Some(b'/')) if self.conditional.is_some() => {
                    self.source.pass(2);
                    self.conditional = None;
                }
                _ => return,
            }
        }
    }

    /// A comment that begins with so many bytes and goes on to `end`; comments don't nest.
    fn comment(&mut self, begins: usize, end: &[u8]) {
        let began = self.source.place();
        let is_line = end == b"\n";
        self.source.pass(begins);
        let mut text = Vec::new();
        loop {
            self.source.run(
                |byte| byte == end[0] || (is_line && byte == b'\r'),
                |piece| text.extend_from_slice(&piece[..piece.len().min(COMMENT_MAX - text.len())]),
            );
            if self.source.starts_with(end) {
                self.source.pass(end.len());
                break;
            }
            if is_line && self.is_lone_end() {
                break;
            }
            if self.source.next().is_none() {
                if !is_line {
                    self.broken = Some(began);
                }
                break;
            }
        }
        self.writer.read(&text);
    }

    /// Whether a CR ends the line here: no line of the file has ended with LF so far, and none does
    /// with this one. Old programs of the Mac write files so, all of which would be one comment.
    fn is_lone_end(&mut self) -> bool {
        self.source.place().line == 1
            && self.source.peek() == Some(b'\r')
            && !matches!(self.source.look(1), Some(b'\r' | b'\n'))
    }

    fn begin_conditional(&mut self) {
        let digits: Vec<u8> = (3..9)
            .map_while(|n| self.source.look(n).filter(u8::is_ascii_digit))
            .collect();
        // A version that no server has.
        if digits.len() >= 5 && digits.iter().all(|digit| *digit == b'9') {
            return self.comment(2, b"*/");
        }
        self.note(Family::Mysql);
        self.conditional = Some(self.source.place());
        self.source.pass(3 + digits.len());
    }

    fn is_at_delimiter(&mut self) -> bool {
        let is_named = (0..DELIMITER.len()).all(|n| {
            self.source
                .look(n)
                .is_some_and(|byte| byte.to_ascii_lowercase() == DELIMITER[n])
        });
        is_named && matches!(self.source.look(DELIMITER.len()), Some(b' ' | b'\t'))
    }

    fn set_delimiter(&mut self) {
        self.source.pass(DELIMITER.len());
        let line = self.line();
        let said = line.trim_ascii();
        self.delimiter = if said.is_empty() {
            SEMICOLON.to_vec()
        } else {
            said.to_vec()
        };
        self.note(Family::Mysql);
    }

    /// A command of psql, which takes its line.
    fn client_command(&mut self) {
        let place = self.source.place();
        let line = String::from_utf8_lossy(&self.line()).into_owned();
        let (command, rest) = line
            .trim_start_matches('\\')
            .split_once(char::is_whitespace)
            .unwrap_or_default();
        if CONNECT.contains(&command) {
            self.database = Some(rest.trim().to_owned());
        }
        let copies = command == "copy" && rest.to_lowercase().contains(" from ");
        if (copies && !rest.trim_end().to_lowercase().ends_with("stdin"))
            || INCLUDE.contains(&command)
        {
            self.elsewhere = self.elsewhere.or(Some(place));
        }
    }

    /// The rest of a line, or its beginning.
    fn line(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        self.source.run(
            |byte| byte == b'\n',
            |piece| line.extend_from_slice(&piece[..piece.len().min(WORD_MAX - line.len())]),
        );
        line
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

    /// Digits, and what stands directly behind them: a point, an exponent, letters that make it no
    /// number.
    fn number(&mut self) -> String {
        let mut number = self.letters(|byte| !is_word(byte) && byte != b'.');
        if number.ends_with(['e', 'E']) && matches!(self.source.peek(), Some(b'+' | b'-')) {
            number.extend(self.source.next().map(char::from));
            number += &self.letters(|byte| !byte.is_ascii_digit());
        }
        number
    }

    /// The bytes before the next one that `stops` says, or before what ends a statement, which may
    /// be made of letters.
    fn letters(&mut self, stops: impl Fn(u8) -> bool) -> String {
        let mut letters = Vec::new();
        let first = self
            .delimiter
            .first()
            .copied()
            .filter(|first| !stops(*first));
        loop {
            self.source.run(
                |byte| stops(byte) || Some(byte) == first,
                |piece| {
                    letters.extend_from_slice(&piece[..piece.len().min(WORD_MAX - letters.len())]);
                },
            );
            if first.is_none() || self.source.peek() != first || self.is_at_end() {
                return String::from_utf8_lossy(&letters).into_owned();
            }
            let byte = self.source.next();
            letters.extend(byte.filter(|_| letters.len() < WORD_MAX));
        }
    }
}

/// What separates words, and the sign with which DOS ends a text.
fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, 0x0b | 0x1a)
}

/// Bytes of a word; those of letters beyond ASCII are all part of one.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'$') || byte >= 0x80
}

impl Token {
    /// A word in lower case, for comparison; empty for anything else.
    pub fn lower(&self) -> String {
        if let Self::Word(word) = self {
            word.to_ascii_lowercase()
        } else {
            String::new()
        }
    }

    pub fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own.eq_ignore_ascii_case(word))
    }

    /// As a report shows it.
    pub fn shown(&self) -> String {
        let between =
            |text: &[u8], quote: &str| format!("{quote}{}{quote}", String::from_utf8_lossy(text));
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
