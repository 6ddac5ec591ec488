//! Backslashes in texts: MySQL reads them as escapes, standard SQL takes them as they stand. Which of the two a file means is told
//! by who wrote it; a file that says neither is refused at the first backslash that matters.

/// What a backslash in a text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escapes {
    /// `\n` is the end of a line, `\'` a quote, `\\` a backslash.
    Mysql,
    /// A backslash is a backslash.
    Standard,
}

/// What the comments before a file's first statement may name, lower case.
const WRITERS: [(&str, Escapes); 8] = [
    ("mysql", Escapes::Mysql),
    ("mariadb", Escapes::Mysql),
    ("phpmyadmin", Escapes::Mysql),
    ("heidisql", Escapes::Mysql),
    ("sequel ", Escapes::Mysql),
    ("postgresql", Escapes::Standard),
    ("sqlite", Escapes::Standard),
    ("sql server", Escapes::Standard),
];

/// What is known of the program that wrote a file.
#[derive(Debug)]
pub(super) struct Writer {
    escapes: Option<Escapes>,
    is_begun: bool,
    has_header: bool,
    has_footer: bool,
}

impl Writer {
    /// Nothing but what the operator says of its escapes.
    pub fn new(escapes: Option<Escapes>) -> Self {
        Self { escapes, is_begun: false, has_header: false, has_footer: false }
    }

    /// What it means by a backslash, as far as that is known.
    pub fn escapes(&self) -> Option<Escapes> {
        self.escapes
    }

    /// A sign of what it means: the first one counts, and none does when the operator said it.
    pub fn note(&mut self, escapes: Escapes) {
        self.escapes.get_or_insert(escapes);
    }

    /// The file's first statement begins: comments behind it are about something else.
    pub fn begin(&mut self) {
        self.is_begun = true;
    }

    /// Reads a comment, or its beginning.
    pub fn read(&mut self, comment: &[u8]) {
        self.has_footer |= comment.starts_with(b" Dump completed");
        if !self.is_begun {
            self.has_header |= comment.starts_with(b" MySQL dump ") || comment.starts_with(b" MariaDB dump ");
            of_comment(comment).into_iter().for_each(|escapes| self.note(escapes));
        }
    }

    /// Whether the file begins as one of mysqldump and does not end as one.
    pub fn is_cut_short(&self) -> bool {
        self.has_header && !self.has_footer
    }
}

/// Who wrote a file by a comment at its beginning; `None` when it names nobody, or writers that disagree.
fn of_comment(comment: &[u8]) -> Option<Escapes> {
    let comment = String::from_utf8_lossy(comment).to_ascii_lowercase();
    let mut named = WRITERS.iter().filter(|(writer, _)| comment.contains(writer)).map(|(_, escapes)| *escapes);
    let first = named.next()?;
    named.all(|escapes| escapes == first).then_some(first)
}

/// Whether a dump program of MySQL writes a backslash before this byte. It writes every other backslash twice, so that one before
/// another byte stands for itself.
pub(super) fn is_written(after: u8) -> bool {
    matches!(after, b'\\' | b'\'' | b'"' | b'n' | b'r' | b't' | b'b' | b'0' | b'Z')
}

/// What a backslash and this byte stand for in MySQL; `None` when both stand for themselves.
pub(super) fn of_mysql(after: u8) -> Option<u8> {
    match after {
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b't' => Some(b'\t'),
        b'b' => Some(8),
        b'0' => Some(0),
        b'Z' => Some(26),
        b'%' | b'_' => None,
        same => Some(same),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_names_the_writer() {
        for (comment, escapes) in [
            (" MySQL dump 10.13  Distrib 8.0.36", Some(Escapes::Mysql)),
            (" MariaDB dump 10.19", Some(Escapes::Mysql)),
            (" phpMyAdmin SQL Dump", Some(Escapes::Mysql)),
            ("\n Navicat Premium Data Transfer\n\n Source Server Type    : MySQL\n", Some(Escapes::Mysql)),
            ("\n Navicat PostgreSQL Data Transfer\n", Some(Escapes::Standard)),
            (" PostgreSQL database dump", Some(Escapes::Standard)),
            (" from MySQL to PostgreSQL", None),
            (" categories", None),
        ] {
            assert_eq!(of_comment(comment.as_bytes()), escapes, "{comment}");
        }
    }
}
