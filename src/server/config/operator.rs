//! Arguments of the commands that keep a record.

use super::Database;
use clap::Args;
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
