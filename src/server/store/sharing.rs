//! Which servers may share one database of PostgreSQL.

/// Which servers may share a database of PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// None: this one's queue is in its own process, and knows nothing of tickets that others give.
    Alone,
    /// Those whose queue is in Redis, too.
    Together,
}
