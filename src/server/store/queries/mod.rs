//! SQL that every engine understands, compiled once for each engine: both mount this folder.
//!
//! # What an engine brings
//! Its folder has these files, and each declares these names in this order; a test compares them.
//! - `codes`: `is_passing`
//! - `dialect`: `for_update`, `for_update_skip_locked`, `numbers`, `texts`, `json_rows`, `has`,
//!   `readable_ticket`, `session_student` (macros, parts of statements), then the functions
//!   `numbers`, `texts`, `lock_sms`, `count_up`, `pattern`, `lock_catalog`, `number_on`
//! - `mod`: `Transaction`, `MIGRATIONS`, `BEGIN_IMPORT`, `BEGIN_VIEW`, `Engine`, `call`, `close`,
//!   `begin`, `begin_long`, `view_long`, `connect_import`
//! - `open`: `open`
//! - `rush`: `insert_tickets`, `recorded`, `standing`, `insert_sessions`, `write_decisions`
//! - `schema`: `apply_migrations`, `applied_migrations`, `has_tables`, `table_without_privileges`,
//!   `weakness`, `quick_check`
//!
//! # A new query
//! Declare it in `store!` of its noun's file, write it here in the file of the same name, and call
//! it in a test of `tests/it` that runs on both engines. Several servers may run it at once: what
//! is read to be written again is read under a lock. A limit is `$1 + 0`: SQLite looks at the value
//! of a bare parameter there, and plans the statement anew each time it is bound.

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
mod entitlement;
mod hold;
mod import;
mod import_statements;
mod job;
mod key;
mod lease;
mod lesson;
mod order;
mod payment;
mod person;
mod progress;
mod purchase;
mod refund;
mod sale;
mod session;
mod settle;
mod setup;
mod sweep;
mod ticket;
mod vip;

use super::{BEGIN_IMPORT, BEGIN_VIEW, Connection, Db, Engine, MIGRATIONS, Transaction};

pub use import::Staging;
pub(super) use ticket::{standing_row, ticket_id};
