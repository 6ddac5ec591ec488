//! Verbs: the first words of a statement, and whether a dump may have them.

/// What a statement means for rows, by its first word.
pub(super) enum Verb {
    Rows,
    /// COPY … FROM stdin.
    Copy,
    Create,
    Alter,
    Rename,
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
            "alter" => Self::Alter,
            "rename" => Self::Rename,
            "update" | "delete" | "drop" | "merge" | "load" | "truncate" | "with" => Self::Change,
            "set" => Self::Set,
            "begin" | "start" | "commit" | "end" => Self::Transaction,
            "rollback" => Self::Rollback,
            "analyze" | "change" | "check" | "comment" | "deallocate" | "discard" | "do"
            | "execute" | "flush" | "grant" | "lock" | "optimize" | "pragma" | "prepare"
            | "purge" | "refresh" | "reindex" | "release" | "repair" | "reset" | "revoke"
            | "savepoint" | "security" | "select" | "show" | "unlock" | "use" | "vacuum" => {
                Self::Other
            }
            _ => Self::Unknown,
        }
    }
}

/// Words between INSERT and the table's name.
pub(super) fn is_modifier(word: &str) -> bool {
    [
        "into",
        "ignore",
        "low_priority",
        "high_priority",
        "delayed",
        "or",
        "replace",
        "abort",
        "fail",
        "rollback",
        "overwrite",
    ]
    .contains(&word)
}
