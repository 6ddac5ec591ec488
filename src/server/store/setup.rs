//! The tables themselves: their version, their checks, and whether the database answers.

store! {
    /// Brings the tables up to this program's version, makes the signing key, and hashes the ids of
    /// sessions.
    Command fn migrate(new_secret: &[u8]) -> ();
    /// How the tables stand to this program.
    Command fn schema() -> Schema;
    /// A table that this program's role may not read and write; `None` when it may use all.
    Command fn table_without_privileges() -> Option<String>;
    /// A setting of the engine by which a power cut may lose an accepted ticket; `None` when there
    /// is none.
    Command fn weakness() -> Option<String>;
    /// Writes back and closes; the next start need not check the file.
    Job fn close() -> ();
    /// Whether the database answers.
    Probe fn ping() -> ();
    /// Whether the database's file is whole: `ok`, or what is damaged.
    Command fn quick_check() -> String;
}

/// How the database's tables stand to this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// They are this program's.
    Current,
    /// Of an earlier version, or not there.
    Behind,
    /// Of a later version.
    Ahead,
    /// Made by something else.
    Foreign,
}
