//! Arguments of the commands that keep a record.

use super::Database;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `qiangke backup`.
#[derive(Debug, Args)]
pub struct Backup {
    /// The file to write, which must not be there yet; only its owner may read it
    pub file: PathBuf,
    /// Where the record is.
    #[command(flatten)]
    pub database: Database,
}

/// `qiangke key …`.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// List the keys, the newest first
    List(Database),
    /// Make a key that signs from now on; the keys before it still verify. Servers that run take it over by themselves, for which the
    /// command waits ten seconds
    Rotate(Database),
    /// Delete a key that does not sign any more: ids of tickets and codes that it signed are worth nothing then
    Retire {
        /// The key's number
        number: i64,
        #[command(flatten)]
        database: Database,
    },
}
