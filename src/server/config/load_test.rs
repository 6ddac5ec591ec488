//! Arguments of `qiangke rush`.

use super::Database;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `qiangke rush`.
#[derive(Clone, Debug, Args)]
pub struct LoadTest {
    /// The shop, which uses the database of --database-url
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    pub url: String,
    /// The sale's number [default: the open sale, if there is one only]
    #[arg(long)]
    pub sale: Option<i64>,
    /// How many students come
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=200_000))]
    pub students: u32,
    /// How they arrive
    #[arg(long, value_enum, default_value_t = Profile::Burst)]
    pub profile: Profile,
    /// Seconds in which they arrive [default: 10; with `emf` 17]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3_000))]
    pub seconds: Option<u32>,
    /// Clicks of each student: an impatient one clicks again and again, 200 ms after each answer
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub clicks: u32,
    /// Connections that students share, at most; more of them don't fit into common limits of open
    /// files
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=900))]
    pub connections: u32,
    /// Test a shop that is not on this machine
    #[arg(long)]
    pub yes_this_is_mine: bool,
    /// The report as one line of JSON
    #[arg(long)]
    pub json: bool,
    /// Only sign the students in, for an hour, and write their cookies to this file, a line each,
    /// for another load generator
    #[arg(long, conflicts_with_all = ["sale", "json"])]
    pub cookies: Option<PathBuf>,
    /// Where the database is.
    #[command(flatten)]
    pub database: Database,
}

/// How students arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// All at once
    Burst,
    /// At a rate that rises evenly from nothing
    Ramp,
    /// At a rate that stays the same
    Even,
    /// Like a ticket sale of the camp EMF: 967 grabs in 17 s, 134 of them in the fastest second;
    /// scaled to --students
    Emf,
}
