//! `qiangke session`: sessions of students.

use super::{open, parsed};
use crate::server::{
    clock::Clock,
    config::Database,
    output::{Output, counted},
};
use anyhow::Context;
use clap::Subcommand;

/// `qiangke session …`.
#[derive(Debug, Subcommand)]
pub enum SessionCommand {
    /// End the sessions of a student, or of everybody: they must sign in again. Servers that run
    /// notice within two seconds
    #[command(group = clap::ArgGroup::new("whose").required(true))]
    End {
        /// The student's mobile
        #[arg(long, group = "whose")]
        mobile: Option<String>,
        /// Everybody
        #[arg(long, group = "whose")]
        all: bool,
        #[command(flatten)]
        database: Database,
    },
}

pub(super) async fn run(command: SessionCommand, output: &mut Output) -> anyhow::Result<()> {
    let SessionCommand::End {
        mobile,
        all: _,
        database,
    } = command;
    let mobile = mobile.as_deref().map(parsed).transpose()?;
    let ended = open(&database)
        .await?
        .end_sessions(mobile.as_ref(), Clock::System.now())
        .await?;
    let ended = ended.context("no student has this mobile")?;
    output.done(format_args!(
        "{}; servers that run notice within two seconds",
        counted(ended, "session is ended", "sessions are ended")
    ));
    Ok(())
}
