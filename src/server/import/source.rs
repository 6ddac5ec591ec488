//! Byte source of the lexer: a file of any size in one small buffer, and the line and column of
//! each byte.

use super::fault::Position;
use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Bytes of the texts of a row at most. The longest of a course's rows has a quarter of that.
pub const ROW_MAX: usize = 1024 * 1024;

/// Bytes that are read at a time.
const CHUNK: usize = 64 * 1024;
/// Bytes by which a text is judged that is no SQL.
const BEGINNING: usize = 4 * 1024;
/// Byte order mark of UTF-8, which editors write.
pub(super) const MARK: &[u8] = "\u{feff}".as_bytes();
/// First bytes of files that are no SQL text, and what to do with them.
const OTHER_KINDS: [(&[u8], &str); 22] = [
    (
        b"\x1f\x8b",
        "compressed: gunzip it first, or `gunzip -c FILE | qiangke import -`",
    ),
    (
        b"\x28\xb5\x2f\xfd",
        "compressed: unzstd it first, or `zstdcat FILE | qiangke import -`",
    ),
    (
        b"\xfd7zXZ\0",
        "compressed: unxz it first, or `xzcat FILE | qiangke import -`",
    ),
    (
        b"BZh",
        "compressed: bunzip2 it first, or `bzcat FILE | qiangke import -`",
    ),
    (
        b"\x04\x22\x4d\x18",
        "compressed: unlz4 it first, or `lz4cat FILE | qiangke import -`",
    ),
    (
        b"7z\xbc\xaf\x27\x1c",
        "a 7z archive: unpack it first, or `7z x -so FILE | qiangke import -`",
    ),
    (
        b"PK\x03\x04",
        "a zip archive, as tables of Excel are, too: unzip it first, or have the program export SQL",
    ),
    (b"Rar!\x1a\x07", "a rar archive: unpack it first"),
    (b"%PDF", DOCUMENT),
    (b"\xd0\xcf\x11\xe0", DOCUMENT),
    (b"{\\rtf", DOCUMENT),
    (b"\x89PNG", PICTURE),
    (b"\xff\xd8\xff", PICTURE),
    (b"GIF8", PICTURE),
    (b"\x7fELF", "a program: name the dump"),
    (b"\xff\xfe\0\0", UTF_32),
    (b"\0\0\xfe\xff", UTF_32),
    (
        b"\xff\xfe",
        "UTF-16, as PowerShell's `>` writes it: save it as UTF-8, or let the dump program name its output file itself",
    ),
    (b"\xfe\xff", UTF_16),
    (b"PGDMP", ARCHIVE),
    (b"toc.dat\0", ARCHIVE),
    (
        b"SQLite format 3\0",
        "a database of SQLite: write it as SQL, with `sqlite3 FILE .dump`",
    ),
];
const DOCUMENT: &str = "a document (PDF, RTF, or of an old Office): have the program export SQL";
const PICTURE: &str = "a picture: name the dump";
const BINARY: &str = "no text: it begins with NUL bytes";
const UTF_32: &str = "UTF-32: save it as UTF-8";
const UTF_16: &str = "UTF-16: save it as UTF-8";
const ARCHIVE: &str = "an archive of pg_dump: write it as SQL, with `pg_dump --format=plain` or `pg_restore --file=FILE`";

const HTML: &str = "a page of HTML, as a browser saves it: have the program export SQL";
const XML: &str = "XML: have the program export SQL (mysqldump without --xml)";
const JSON: &str = "JSON: have the program export SQL";
const TABLE: &str = "a table of plain values (CSV, or what a client shows), without its name: have the program export SQL, with INSERT";
/// What a text is that is no SQL, by how it begins: no statement and no comment begins like these.
fn text_kind(text: &[u8]) -> Option<&'static str> {
    const PAGE: [&str; 6] = ["<!doctype html", "<html", "<head", "<body", "<table", "<br"];
    let text = text.trim_ascii_start();
    let begins = |word: &str| {
        let first = text.get(..word.len());
        first.is_some_and(|first| first.eq_ignore_ascii_case(word.as_bytes()))
    };
    match text.first()? {
        0 => Some(BINARY),
        b'<' if PAGE.into_iter().any(begins) => Some(HTML),
        b'<' => Some(XML),
        b'{' | b'[' => Some(JSON),
        _ if is_table(text) => Some(TABLE),
        _ => None,
    }
}

/// Whether the first line of a text is the names of columns or the values of a row, with the same
/// sign between them: `id,name`, `1;"x"`.
fn is_table(text: &[u8]) -> bool {
    let end = text.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    let line = &text[..end.unwrap_or(text.len())];
    if line.starts_with(b"+-") {
        return true;
    }
    let begins_with_number = line.first().is_some_and(u8::is_ascii_digit);
    let is_name = |part: &[u8]| {
        let part = part.trim_ascii();
        let bare = part
            .strip_prefix(b"\"")
            .and_then(|part| part.strip_suffix(b"\""))
            .unwrap_or(part);
        let is_letter =
            |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
        !bare.is_empty() && bare.iter().all(is_letter)
    };
    [b',', b'\t', b';', b'|'].into_iter().any(|between| {
        let parts = || line.split(|byte| *byte == between);
        parts().count() > 1 && (begins_with_number || parts().all(is_name))
    })
}

/// How far a file is read; written by the reader, read by whoever shows it.
#[derive(Debug, Default)]
pub struct ReadProgress {
    bytes: AtomicU64,
    rows: AtomicU64,
}

impl ReadProgress {
    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Rows of the catalogue read so far.
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    pub(super) fn add_row(&self) {
        self.rows.fetch_add(1, Ordering::Relaxed);
    }
}

/// A file that is read once, from its beginning to its end.
pub(super) struct Source<R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    is_ended: bool,
    place: Position,
    progress: Arc<ReadProgress>,
    failure: Option<io::Error>,
}

impl<R: Read> Source<R> {
    pub fn new(input: R, progress: Arc<ReadProgress>) -> Self {
        let place = Position { line: 1, column: 1 };
        let mut source = Self {
            input,
            buffer: Vec::with_capacity(CHUNK),
            at: 0,
            is_ended: false,
            place,
            progress,
            failure: None,
        };
        source.fill();
        if source.starts_with(MARK) {
            source.at += MARK.len();
        }
        source
    }

    /// What the file is, when its first bytes say that it is no SQL text. Asked before anything
    /// else.
    pub fn other_kind(&mut self) -> Option<&'static str> {
        OTHER_KINDS
            .into_iter()
            .find(|(first, _)| self.starts_with(first))
            .map(|(_, kind)| kind)
            .or_else(|| self.wide_kind())
            .or_else(|| {
                // A pipe may bring less at a time.
                self.look(BEGINNING - 1);
                text_kind(&self.buffer[self.at..])
            })
    }

    /// Without a mark a sign of ASCII has one or three bytes of nothing around it.
    fn wide_kind(&mut self) -> Option<&'static str> {
        match [0, 1, 2, 3].map(|n| self.look(n).map(|byte| byte == 0)) {
            [Some(false), Some(true), Some(false), Some(true)]
            | [Some(true), Some(false), Some(true), Some(false)] => Some(UTF_16),
            [Some(false), Some(true), Some(true), Some(true)]
            | [Some(true), Some(true), Some(true), Some(false)] => Some(UTF_32),
            _ => None,
        }
    }

    /// Why the file ended early, if reading it failed.
    pub fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// The place of the next byte.
    pub fn place(&self) -> Position {
        self.place
    }

    pub fn peek(&mut self) -> Option<u8> {
        self.look(0)
    }

    /// The byte `ahead` of the next one.
    pub fn look(&mut self, ahead: usize) -> Option<u8> {
        while self.at + ahead >= self.buffer.len() && !self.is_ended {
            self.fill();
        }
        self.buffer.get(self.at + ahead).copied()
    }

    pub fn starts_with(&mut self, text: &[u8]) -> bool {
        (0..text.len()).all(|n| self.look(n) == text.get(n).copied())
    }

    pub fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.pass(1);
        Some(byte)
    }

    /// Goes over so many bytes, which were looked at.
    pub fn pass(&mut self, bytes: usize) {
        let end = self.buffer.len().min(self.at + bytes);
        for byte in &self.buffer[self.at..end] {
            self.place.pass(*byte);
        }
        self.at = end;
    }

    /// Goes to the next byte that `stops` says, or to the end; `take` gets what lies before it, in
    /// pieces.
    pub fn run(&mut self, stops: impl Fn(u8) -> bool, mut take: impl FnMut(&[u8])) {
        while self.peek().is_some() {
            let rest = &self.buffer[self.at..];
            let length = rest
                .iter()
                .position(|byte| stops(*byte))
                .unwrap_or(rest.len());
            take(&rest[..length]);
            let is_found = length < rest.len();
            self.pass(length);
            if is_found {
                return;
            }
        }
    }

    /// Reads more behind what is not used yet.
    fn fill(&mut self) {
        self.buffer.drain(..self.at);
        self.at = 0;
        let kept = self.buffer.len();
        self.buffer.resize(kept + CHUNK, 0);
        let read = loop {
            match self.input.read(&mut self.buffer[kept..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let length = read.unwrap_or_else(|error| {
            self.failure = Some(error);
            0
        });
        self.buffer.truncate(kept + length);
        self.is_ended = length == 0;
        self.progress
            .bytes
            .fetch_add(length as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that gives one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.0.len().min(1);
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    #[test]
    fn a_place_counts_lines_and_characters() {
        let text = "抢课 a\nb";
        for step in [true, false] {
            let input: Box<dyn Read> = if step {
                Box::new(Slow(text.as_bytes()))
            } else {
                Box::new(text.as_bytes())
            };
            let mut source = Source::new(input, Arc::default());
            let mut before = Vec::new();
            source.run(|byte| byte == b'a', |piece| before.extend_from_slice(piece));
            assert_eq!(
                (before.as_slice(), source.place()),
                ("抢课 ".as_bytes(), Position { line: 1, column: 4 })
            );
            assert!(source.starts_with(b"a\nb") && !source.starts_with(b"a\nbc"));
            source.pass(2);
            assert_eq!(
                (source.place(), source.next(), source.next()),
                (Position { line: 2, column: 1 }, Some(b'b'), None)
            );
        }
    }

    #[test]
    fn the_mark_of_an_editor_is_no_part_of_the_text() {
        let mut source = Source::new(Slow("\u{feff}x".as_bytes()), Arc::default());
        assert_eq!((source.place().column, source.next()), (1, Some(b'x')));
    }

    #[test]
    fn what_is_no_text_is_told_by_its_first_bytes() {
        let kind = |bytes: &'static [u8]| Source::new(bytes, Arc::default()).other_kind();
        assert!(kind(b"\x1f\x8b\x08\x00").is_some_and(|kind| kind.starts_with("compressed")));
        for bytes in [
            b"\x28\xb5\x2f\xfd\x04".as_slice(),
            b"\xfd7zXZ\0\0",
            b"BZh91AY",
            b"7z\xbc\xaf\x27\x1c\0",
        ] {
            assert!(
                kind(bytes).is_some_and(|kind| kind.contains("| qiangke import -")),
                "{bytes:?}"
            );
        }
        assert!(kind(b"\xff\xfe\0\0-\0\0\0").is_some_and(|kind| kind.starts_with("UTF-32")));
        for plain in [b"I\0N\0", b"\0I\0N"] {
            assert_eq!(kind(plain), Some(UTF_16));
        }
        for plain in [b"I\0\0\0", b"\0\0\0I"] {
            assert_eq!(kind(plain), Some(UTF_32));
        }
        assert!(kind(b"\xff\xfe-\0-\0").is_some_and(|kind| kind.starts_with("UTF-16")));
        for sql in [
            b"-- a dump".as_slice(),
            b"",
            b"\n\n",
            b"BEGIN;COMMIT;",
            b"-- a dump\r\nSET NAMES utf8;\r\n",
            b"INSERT INTO t VALUES (1,'a\rb');",
            b"-- \r\n-- id,name\n",
            b"COPY t (id, name) FROM stdin;\n1\ta\n",
            b"/*!40101 SET NAMES utf8 */;",
            b"# a,b\n",
            b"SET a=1,b=2;",
        ] {
            assert_eq!(kind(sql), None, "{sql:?}");
        }
    }

    #[test]
    fn a_text_that_is_no_sql_is_told_by_its_beginning() {
        let kind = |text: &'static str| Source::new(text.as_bytes(), Arc::default()).other_kind();
        for (text, is) in [
            ("<!DOCTYPE html>\n<html>", HTML),
            ("\u{feff}\n <HTML>", HTML),
            ("<br />\n<b>Fatal error</b>", HTML),
            ("<?xml version=\"1.0\"?>", XML),
            ("<mysqldump>", XML),
            ("[{\"id\": 1}]", JSON),
            ("{}", JSON),
            ("id,name,price\n1,a,2", TABLE),
            ("\"id\";\"name\"\r\n", TABLE),
            ("编号,课程名\n", TABLE),
            ("1\tAlex\t\\N\n", TABLE),
            ("1,'a b',3", TABLE),
            (" id | name \n----+------\n", TABLE),
            ("+----+------+\n| id | name |\n", TABLE),
            ("\0\0\0\0\0\0", BINARY),
            ("\u{7f}ELF", "a program: name the dump"),
            ("{\\rtf1 x}", DOCUMENT),
        ] {
            assert_eq!(kind(text), Some(is), "{text:?}");
        }
    }
}
