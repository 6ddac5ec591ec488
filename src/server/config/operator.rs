//! Arguments of operators' commands.

use super::Database;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `qiangke backup`.
#[derive(Debug, Args)]
pub struct Backup {
    /// The file to write, which must not be there yet; only its owner may read it
    pub file: PathBuf,
    /// Where the database is.
    #[command(flatten)]
    pub database: Database,
}

/// `qiangke key …`.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// List the keys, the newest first
    List(Database),
    /// Make a key that signs from ten seconds on, once every server that runs has read it, for
    /// which the command waits; the keys before it still verify
    Rotate(Database),
    /// Delete a key that does not sign any more: ids of tickets and codes that it signed are worth
    /// nothing then
    Retire {
        /// The key's number
        number: i64,
        #[command(flatten)]
        database: Database,
    },
}

/// `qiangke student …`.
#[derive(Debug, Subcommand)]
pub enum StudentCommand {
    /// Write what is kept of a person to standard output, as JSON: all but counters of SMS and the
    /// note that sessions were ended, which are gone within a day
    Export {
        /// The mobile
        mobile: String,
        #[command(flatten)]
        database: Database,
    },
    /// Take a person out of the database, for ever. Orders stay, without the person; the mobile may
    /// sign in anew, as another student. Backups, and the file of SMS_PROVIDER=file, are not
    /// touched
    Erase {
        /// The mobile
        mobile: String,
        /// Do not ask back
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        database: Database,
    },
}

/// Seats of a sale, or of one restock, at most.
const STOCK_MAX: i64 = 10_000_000;

/// `qiangke sale create`.
#[derive(Debug, Args)]
pub struct NewSaleArgs {
    /// The course's number
    #[arg(long)]
    pub course: i64,
    /// The price in yuan, like 9.90
    #[arg(long)]
    pub price: String,
    /// Seats
    #[arg(long, value_parser = seats)]
    pub stock: i64,
    /// When it opens: 2026-11-22T20:00:00+08:00, or `now`
    #[arg(long, default_value = "now")]
    pub opens: String,
    /// When it closes: a time like that of --opens, or minutes after the opening like `+60`
    #[arg(long, default_value = "+60")]
    pub closes: String,
    /// Create it although times or price look like a slip; on a terminal the command asks back
    #[arg(long)]
    pub yes: bool,
    /// Where the database is.
    #[command(flatten)]
    pub database: Database,
}

/// `qiangke sale restock`.
#[derive(Debug, Args)]
pub struct RestockArgs {
    /// The sale's number
    pub id: i64,
    /// How many seats
    #[arg(value_parser = seats)]
    pub seats: i64,
    /// Add them although the sale is over; on a terminal the command asks back
    #[arg(long)]
    pub yes: bool,
    /// Where the database is.
    #[command(flatten)]
    pub database: Database,
}

fn seats(text: &str) -> Result<i64, String> {
    match text.parse() {
        Ok(0) => {
            Err("a sale without a seat would be sold out as it opens: give it its seats, and `qiangke sale pause` until it may open".into())
        }
        Ok(seats @ 1..=STOCK_MAX) => Ok(seats),
        Ok(_) | Err(_) => Err(format!("a number of seats from 1 to {STOCK_MAX}")),
    }
}
