//! Result codes of SQLite (<https://www.sqlite.org/rescode.html>).

/// Whether an SQLite code means "not now": BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL,
/// CANTOPEN. Extended codes carry the primary code in their low byte.
pub fn is_passing(code: &str) -> bool {
    const PASSING: [i64; 8] = [5, 6, 7, 8, 9, 10, 13, 14];
    code.parse::<i64>()
        .is_ok_and(|code| PASSING.contains(&(code & 0xff)))
}
