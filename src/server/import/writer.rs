//! Writer of a file: which program it is, by its comments and statements; what it means by a
//! backslash; whether it wrote the end.

use super::escapes::Escapes;

/// Databases whose programs write dumps alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// MySQL and MariaDB.
    Mysql,
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
    SqlServer,
}

impl Family {
    fn escapes(self) -> Escapes {
        if self == Self::Mysql {
            Escapes::Mysql
        } else {
            Escapes::Standard
        }
    }
}

/// What the comments before a file's first statement may name, lower case.
const NAMES: [(&str, Family); 8] = [
    ("mysql", Family::Mysql),
    ("mariadb", Family::Mysql),
    ("phpmyadmin", Family::Mysql),
    ("heidisql", Family::Mysql),
    ("sequel ", Family::Mysql),
    ("postgresql", Family::Postgres),
    ("sqlite", Family::Sqlite),
    ("sql server", Family::SqlServer),
];

/// A comment with which a program begins its files, the one with which it ends them, and what is
/// said of a file without that.
type Frame = (&'static [u8], &'static [u8], &'static str);

/// The programs that write both. `mysqldump --compact` and `--skip-comments` write neither.
const FRAMES: [Frame; 6] = [
    (
        b" MySQL dump ",
        b" Dump completed",
        "the file begins as one of mysqldump and does not end with \"-- Dump completed\"",
    ),
    (
        b" MariaDB dump ",
        b" Dump completed",
        "the file begins as one of mariadb-dump and does not end with \"-- Dump completed\"",
    ),
    (
        b" Dump created by MySQL pump utility",
        b" Dump end time",
        "the file begins as one of mysqlpump and does not end with \"-- Dump end time\"",
    ),
    (
        b" PostgreSQL database dump",
        b" PostgreSQL database dump complete",
        "the file begins as one of pg_dump and does not end with \"-- PostgreSQL database dump complete\"",
    ),
    (
        b" PostgreSQL database cluster dump",
        b" PostgreSQL database cluster dump complete",
        "the file begins as one of pg_dumpall and does not end with \"-- PostgreSQL database cluster dump complete\"",
    ),
    (
        b" Adminer ",
        b" 20",
        "the file begins as one of Adminer and does not end with the time in a comment",
    ),
];
const OPEN_TRANSACTION: &str = "the file begins a transaction and does not end it with COMMIT";
const OPEN_LOCK: &str = "the file locks tables and does not end that with UNLOCK TABLES";
const KEPT_CHARSET: &str = "the file keeps MySQL's CHARACTER_SET_CLIENT at its beginning and does not put it back at its end";

/// What is known of the program that wrote a file.
#[derive(Debug, Default)]
pub(super) struct DumpAuthor {
    /// What the operator says of backslashes.
    said: Option<Escapes>,
    /// What the file sets.
    set: Option<Escapes>,
    family: Option<Family>,
    is_begun: bool,
    /// How many files of each program began and did not end: people join files.
    open: [u32; FRAMES.len()],
    /// What is said of a transaction that has begun, if the file ends in it.
    transaction: Option<&'static str>,
    /// What is said of locked tables, if the file ends with them.
    lock: Option<&'static str>,
    has_kept_charset: bool,
}

impl DumpAuthor {
    /// Nothing but what the operator says of its escapes.
    pub fn new(escapes: Option<Escapes>) -> Self {
        Self {
            said: escapes,
            ..Self::default()
        }
    }

    /// What it means by a backslash, as far as that is known: the operator's word is above what the
    /// file sets, and that above what it tells of its program.
    pub fn escapes(&self) -> Option<Escapes> {
        self.said.or(self.set).or(self.family.map(Family::escapes))
    }

    /// Whether its escapes are those of PostgreSQL, like those of C.
    pub fn has_c_escapes(&self) -> bool {
        self.said.is_none() && self.family == Some(Family::Postgres)
    }

    /// Whether it writes texts between `$$`.
    pub fn has_dollar_texts(&self) -> bool {
        self.family.map_or_else(
            || self.escapes() != Some(Escapes::Mysql),
            |family| family == Family::Postgres,
        )
    }

    /// Whether `#` begins a comment: elsewhere it is an operator.
    pub fn has_hash_comments(&self) -> bool {
        !matches!(self.family, Some(Family::Postgres | Family::Sqlite))
    }

    /// A sign of the program: the first one counts.
    pub fn note(&mut self, family: Family) {
        self.family.get_or_insert(family);
    }

    /// What the file itself sets a backslash to mean; `None` when it leaves that to the program.
    pub fn set(&mut self, escapes: Option<Escapes>) {
        self.set = escapes;
    }

    /// A transaction begins, or ends.
    pub fn set_transaction(&mut self, is_open: bool) {
        self.transaction = is_open.then_some(OPEN_TRANSACTION);
    }

    /// Tables are locked, or no longer.
    pub fn set_lock(&mut self, is_held: bool) {
        self.lock = is_held.then_some(OPEN_LOCK);
    }

    /// MySQL's character set is kept for the file's end, or put back there.
    pub fn keep_charset(&mut self, is_kept: bool) {
        self.has_kept_charset = is_kept;
    }

    /// The file's first statement begins: comments behind it are about something else.
    pub fn begin(&mut self) {
        self.is_begun = true;
    }

    /// Reads a comment, or its beginning.
    pub fn read(&mut self, comment: &[u8]) {
        for ((first, last, _), open) in FRAMES.iter().zip(&mut self.open) {
            if comment.starts_with(last) {
                *open = open.saturating_sub(1);
                self.has_kept_charset = false;
            } else if comment.starts_with(first) {
                *open += 1;
            }
        }
        if !self.is_begun {
            of_comment(comment)
                .into_iter()
                .for_each(|family| self.note(family));
        }
    }

    /// What the file begins and does not end: it was cut off.
    pub fn unclosed(&self) -> Option<&'static str> {
        self.transaction.or(self.lock)
    }

    /// What its program writes at the end and this file has not. Perhaps it was cut off; people
    /// take out such lines, too.
    pub fn missing_end(&self) -> Option<&'static str> {
        let open = FRAMES
            .iter()
            .zip(self.open)
            .find(|(_, open)| *open > 0)
            .map(|((.., missing), _)| *missing);
        open.or(self.has_kept_charset.then_some(KEPT_CHARSET))
    }
}

/// Who wrote a file by a comment at its beginning; `None` when it names nobody, or writers that
/// disagree.
fn of_comment(comment: &[u8]) -> Option<Family> {
    let comment = String::from_utf8_lossy(comment).to_ascii_lowercase();
    let mut named = NAMES
        .iter()
        .filter(|(name, _)| comment.contains(name))
        .map(|(_, family)| *family);
    let first = named.next()?;
    named.all(|family| family == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_names_the_writer() {
        for (comment, family) in [
            (" MySQL dump 10.13  Distrib 8.0.36", Some(Family::Mysql)),
            (" MariaDB dump 10.19", Some(Family::Mysql)),
            (" phpMyAdmin SQL Dump", Some(Family::Mysql)),
            (
                "\n Navicat Premium Data Transfer\n\n Source Server Type    : MySQL\n",
                Some(Family::Mysql),
            ),
            (
                "\n Navicat PostgreSQL Data Transfer\n",
                Some(Family::Postgres),
            ),
            (" PostgreSQL database dump", Some(Family::Postgres)),
            (" from MySQL to PostgreSQL", None),
            (" categories", None),
        ] {
            assert_eq!(of_comment(comment.as_bytes()), family, "{comment}");
        }
    }

    #[test]
    fn each_file_of_a_joined_one_has_its_end() {
        let missing = |comments: &[&str]| {
            let mut writer = DumpAuthor::new(None);
            comments
                .iter()
                .for_each(|comment| writer.read(comment.as_bytes()));
            writer.missing_end().is_some()
        };
        let (first, last) = (" MySQL dump 10.13", " Dump completed on 2024-03-01");
        assert!(!missing(&[]) && !missing(&[first, last]) && !missing(&[first, last, first, last]));
        assert!(
            missing(&[first]) && missing(&[first, first, last]) && missing(&[first, last, first])
        );
        let (first, last) = (
            " PostgreSQL database dump",
            " PostgreSQL database dump complete",
        );
        assert!(
            !missing(&[first, "", last])
                && missing(&[" PostgreSQL database cluster dump", first, last])
        );
    }

    #[test]
    fn what_a_file_sets_is_above_its_program_and_below_the_operator() {
        let mut writer = DumpAuthor::new(None);
        writer.note(Family::Postgres);
        assert_eq!(
            (writer.escapes(), writer.has_dollar_texts()),
            (Some(Escapes::Standard), true)
        );
        writer.set(Some(Escapes::Mysql));
        assert_eq!(
            (writer.escapes(), writer.has_dollar_texts()),
            (Some(Escapes::Mysql), true)
        );
        let mut writer = DumpAuthor::new(Some(Escapes::Standard));
        writer.set(Some(Escapes::Mysql));
        assert_eq!(writer.escapes(), Some(Escapes::Standard));
    }
}
