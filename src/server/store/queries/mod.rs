//! SQL that every engine understands, compiled once for each: `Connection`, `Db`, `Engine` and its
//! `begin`, `view_long` and locks are the mounting file's. A limit is `$1 + 0`: SQLite looks at the
//! value of a bare parameter there, and plans the statement anew each time it is bound. Several
//! servers may run these at once: what is read to be written again is read under a lock.

/// A job that was started may be started again: its kind allows more tries, and it was not erased.
/// One without a counted try was started by a server of the version before, and never again.
macro_rules! has_tries {
    () => {
        "(tries >= 1 and tries < tries_max and payload <> '')"
    };
}

mod account;
mod audit;
mod banner;
mod catalog;
mod import;
mod import_statements;
mod job;
mod key;
mod lease;
mod order;
mod person;
mod sale;
mod session;
mod settle;
mod setup;
mod sweep;
mod ticket;

use super::{BEGIN_IMPORT, BEGIN_VIEW, Connection, Db, Engine, MIGRATIONS, Transaction};

pub use import::Staging;
pub(super) use ticket::{standing_row, ticket_id};
