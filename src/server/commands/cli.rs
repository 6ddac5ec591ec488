//! Command line: the commands, each with its arguments.

use super::{
    backup::BackupArgs, banner::BannerCommand, import::ImportArgs, key::KeyCommand,
    member::MemberCommand, order::OrderCommand, sale::SaleCommand, session::SessionCommand,
    sms::SmsCommand, student::StudentCommand,
};
use crate::server::{
    config::{self, Database, Description, Serve, secret_warning},
    load_test::LoadTestArgs,
};
use clap::{Parser, Subcommand};
use std::io::Write;

/// qiangke (抢课): a course shop with flash sales that never oversell.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the shop until SIGTERM or Ctrl-C
    Serve(Box<Serve>),
    /// Settle tickets, end holds, send SMS and ask after payments without serving the shop, until
    /// SIGTERM or Ctrl-C: the settings of `serve`, and health at LISTEN
    Work(Box<Serve>),
    /// Create or update the tables, and the key that signs ticket ids
    Migrate(Database),
    /// Load an SQL dump of the original shop, all of it or nothing
    Import(ImportArgs),
    /// Flash sales
    #[command(subcommand)]
    Sale(SaleCommand),
    /// Orders: what students hold, paid, and got back
    #[command(subcommand)]
    Order(OrderCommand),
    /// Members: students who may study every course for members
    #[command(subcommand)]
    Member(MemberCommand),
    /// Banners of the home page
    #[command(subcommand)]
    Banner(BannerCommand),
    /// Sessions of students
    #[command(subcommand)]
    Session(SessionCommand),
    /// Students as persons: what is kept of one, and how that ends
    #[command(subcommand)]
    Student(StudentCommand),
    /// Keys that sign ticket ids and codes
    #[command(subcommand)]
    Key(KeyCommand),
    /// Copy the database of SQLite into a file, as it is at one moment, while the shop serves
    Backup(BackupArgs),
    /// Load test of a rush: students arrive, click and poll as browsers do; exit 1 when the audit fails
    /// afterwards
    ///
    /// For a shop of one's own, on a copy of the database or with a sale made for it: the students
    /// (mobiles from 15400000000 on, which no network has), their tickets and their orders stay in
    /// the database. Each load test brings new students; they are signed in for an hour, without
    /// SMS. Latencies are measured from the moment at which a click was meant to be sent, so that a
    /// shop that falls behind is not spared. Ctrl-C ends it with the report so far.
    Rush(Box<LoadTestArgs>),
    /// SMS codes
    #[command(subcommand)]
    Sms(SmsCommand),
    /// Check every invariant of the database; exit 1 and the first counter-example of each that
    /// does not hold
    Audit(Database),
    /// Describe every setting, with its default
    Settings {
        /// In which form
        #[arg(value_enum)]
        form: Description,
    },
    /// Check that this machine and these settings can serve, and say what to do where not
    Doctor(Box<Serve>),
}

impl Cli {
    /// Reads command line and environment; ends the process with a message when they can't be read.
    /// Every command warns of secrets that were given as flags: those with settings among their
    /// other warnings, the others on standard error.
    pub fn read() -> Self {
        let (mut cli, given) = config::parse::<Self>();
        if let Command::Serve(config) | Command::Work(config) | Command::Doctor(config) =
            &mut cli.command
        {
            config.set_given(given);
        } else if let Some(warning) = secret_warning(&given.secret_flags) {
            // A closed standard error stops no command.
            drop(writeln!(std::io::stderr(), "qiangke: {warning}"));
        }
        cli
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::config::Given;
    use clap::{CommandFactory, builder::Resettable};

    #[test]
    fn a_secret_on_the_command_line_is_noticed() {
        let flags = |more: &[&str]| {
            let line = ["qiangke", "serve"].iter().chain(more);
            let matches = Cli::command()
                .try_get_matches_from(line)
                .expect("it is read");
            Given::of(&Cli::command(), &matches).secret_flags
        };
        assert_eq!(flags(&[]), [""; 0]);
        assert_eq!(
            flags(&[
                "--database-url",
                "sqlite://data/qiangke.db",
                "--redis-url",
                "redis://127.0.0.1:6379"
            ]),
            [""; 0]
        );
        assert_eq!(
            flags(&["--database-url", "postgres://shop@db/shop"]),
            [""; 0]
        );
        assert_eq!(
            flags(&["--database-url", "postgres://shop:secret@db/shop"]),
            ["--database-url"]
        );
        assert_eq!(
            flags(&[
                "--database-url",
                "postgres://db/shop?user=shop&password=secret"
            ]),
            ["--database-url"]
        );
        assert_eq!(
            flags(&["--redis-url", "redis://:secret@redis"]),
            ["--redis-url"]
        );
        assert_eq!(
            flags(&["--tencent-secret-key", "secret"]),
            ["--tencent-secret-key"]
        );
    }

    #[test]
    fn settings_that_were_given_are_told_from_defaults() {
        let given = |more: &[&str]| {
            let line = ["qiangke", "doctor"].iter().chain(more);
            let command = Cli::command()
                .mut_subcommands(|command| command.mut_args(|arg| arg.env(Resettable::Reset)));
            let matches = command.try_get_matches_from(line).expect("it is read");
            Given::of(&Cli::command(), &matches).names
        };
        assert_eq!(given(&[]), [""; 0]);
        assert_eq!(
            given(&["--session-days", "30", "--demo"]),
            ["--demo", "--session-days"]
        );
    }

    /// The command lines of every command that knows the database, without their other arguments.
    fn lines(command: &clap::Command, before: &[String]) -> Vec<Vec<String>> {
        let line: Vec<_> = before
            .iter()
            .cloned()
            .chain([command.get_name().to_owned()])
            .collect();
        let inner = command
            .get_subcommands()
            .flat_map(|command| lines(command, &line))
            .collect();
        let is_leaf = command
            .get_arguments()
            .any(|arg| arg.get_id() == "database_url");
        if is_leaf { vec![line] } else { inner }
    }

    #[test]
    fn a_secret_is_noticed_whatever_the_command_is() {
        let lines = lines(&Cli::command(), &[]);
        assert!(lines.len() > 20, "{lines:?}");
        for line in lines {
            let all = line
                .iter()
                .map(String::as_str)
                .chain(["--database-url", "postgres://shop:secret@db/shop"]);
            // What else a command needs does not matter here.
            let matches = Cli::command()
                .ignore_errors(true)
                .try_get_matches_from(all)
                .expect("it is read");
            let given = Given::of(&Cli::command(), &matches);
            assert_eq!(given.secret_flags, ["--database-url"], "{line:?}");
        }
    }
}
