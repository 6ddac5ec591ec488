//! Error codes of PostgreSQL (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).

/// Whether PostgreSQL means "not now"
/// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
pub fn is_passing(code: &str) -> bool {
    /// Lost connection, refused login, no database, resources, operator, system.
    const CLASSES: [&str; 6] = ["08", "28", "3D", "53", "57", "58"];
    /// A lock that was not free in time, a transaction that gave way or was left open, a primary
    /// that became a standby.
    const CODES: [&str; 5] = ["55P03", "40001", "40P01", "25P03", "25006"];
    CODES.contains(&code) || CLASSES.iter().any(|class| code.starts_with(class))
}
