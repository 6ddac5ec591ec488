//! Verbs: the first words of a statement, and whether a dump may have them.

/// What a statement means for rows, by its first word.
pub(super) enum Verb {
    Rows,
    /// COPY … FROM stdin.
    Copy,
    Create,
    /// It changes rows that stand, or takes them away.
    Change,
    Set,
    /// BEGIN and COMMIT, by which a file is one transaction.
    Transaction,
    /// ROLLBACK, with which `sqlite3 .dump` ends what it could not read to the end.
    Rollback,
    /// Nothing.
    Other,
    /// It is no statement.
    Unknown,
}

impl Verb {
    pub(super) fn of(word: &str) -> Self {
        match word {
            "insert" | "replace" => Self::Rows,
            "copy" => Self::Copy,
            "create" => Self::Create,
            "update" | "delete" | "drop" | "merge" | "load" | "truncate" | "with" => Self::Change,
            "set" => Self::Set,
            "begin" | "start" | "commit" | "end" => Self::Transaction,
            "rollback" => Self::Rollback,
            "alter" | "analyze" | "change" | "check" | "comment" | "deallocate" | "discard"
            | "do" | "execute" | "flush" | "grant" | "lock" | "optimize" | "pragma" | "prepare"
            | "purge" | "refresh" | "reindex" | "release" | "rename" | "repair" | "reset"
            | "revoke" | "savepoint" | "security" | "select" | "show" | "unlock" | "use"
            | "vacuum" => Self::Other,
            _ => Self::Unknown,
        }
    }
}
