//! Backslashes in texts: MySQL reads them as escapes, standard SQL takes them as they stand. Which
//! of the two a file means is told by who wrote it; a file that says neither is refused at the
//! first backslash that matters.

/// What a backslash in a text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escapes {
    /// `\n` is the end of a line, `\'` a quote, `\\` a backslash.
    Mysql,
    /// A backslash is a backslash.
    Standard,
}

/// Whether a dump program of MySQL writes a backslash before this byte. It writes every other
/// backslash twice, so that one before another byte stands for itself.
pub(super) fn is_written(after: u8) -> bool {
    matches!(
        after,
        b'\\' | b'\'' | b'"' | b'n' | b'r' | b't' | b'b' | b'0' | b'Z'
    )
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
