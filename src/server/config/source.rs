//! Sources of settings: the command line, then the environment. No other file reads either.

use super::{Cli, Command, Serve};
use clap::{ArgMatches, CommandFactory, FromArgMatches, builder::Resettable, parser::ValueSource};
use std::io::Write;

/// Settings that are, or may hold, a secret: the argument's name, and its flag.
const SECRETS: [(&str, &str); 4] = [
    ("database_url", "--database-url"),
    ("redis_url", "--redis-url"),
    ("tencent_secret_id", "--tencent-secret-id"),
    ("tencent_secret_key", "--tencent-secret-key"),
];

impl Cli {
    /// Reads command line and environment; ends the process with a message when they can't be read.
    /// A variable that is empty counts as unset: Compose, units and shells pass one for a setting
    /// that nobody gave a value. Of secrets that were given as flags every command warns: those
    /// with settings among their other warnings, the others on standard error.
    pub fn read() -> Self {
        let matches = unset_empty(Self::command()).get_matches();
        let mut cli = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        let flags = secret_flags(&matches);
        if let Command::Serve(config) | Command::Work(config) | Command::Doctor(config) =
            &mut cli.command
        {
            config.secret_flags = flags;
            config.given = given(&matches);
        } else if let Some(warning) = secret_warning(&flags) {
            // Where nobody reads, the command goes on.
            drop(writeln!(std::io::stderr(), "qiangke: {warning}"));
        }
        cli
    }
}

/// The same command, which takes an empty variable of the environment for none.
#[expect(
    clippy::disallowed_methods,
    reason = "this is where the environment is read"
)]
fn unset_empty(command: clap::Command) -> clap::Command {
    let is_empty = |arg: &clap::Arg| {
        arg.get_env()
            .and_then(std::env::var_os)
            .is_some_and(|value| value.is_empty())
    };
    let command = command.mut_args(|arg| {
        if is_empty(&arg) {
            arg.env(Resettable::Reset)
        } else {
            arg
        }
    });
    command.mut_subcommands(unset_empty)
}

/// The flags by which secrets were given, to a command or to one of its subcommands.
fn secret_flags(given: &ArgMatches) -> Vec<&'static str> {
    let holds_secret = |name: &str| {
        // Not every command has every setting.
        let value = given.try_get_one::<String>(name).ok().flatten();
        value.is_some_and(|value| {
            given.value_source(name) == Some(ValueSource::CommandLine)
                && (!value.contains("://") || has_password(value))
        })
    };
    let own = SECRETS
        .into_iter()
        .filter(|(name, _)| holds_secret(name))
        .map(|(_, flag)| flag);
    let of_subcommand = given
        .subcommand()
        .map(|(_, given)| secret_flags(given))
        .unwrap_or_default();
    own.chain(of_subcommand).collect()
}

/// The settings that a command was given: flags by their names, variables of the environment by
/// theirs.
fn given(matches: &ArgMatches) -> Vec<String> {
    let Some((name, matches)) = matches.subcommand() else {
        return Vec::new();
    };
    let command = Cli::command();
    let settings = command
        .find_subcommand(name)
        .into_iter()
        .flat_map(clap::Command::get_arguments);
    let named = settings.filter_map(|arg| match matches.value_source(arg.get_id().as_str())? {
        ValueSource::CommandLine => arg.get_long().map(|flag| format!("--{flag}")),
        ValueSource::EnvVariable => arg.get_env()?.to_str().map(str::to_owned),
        _ => None,
    });
    named.collect()
}

/// What an operator hears of secrets that came by these flags.
pub fn secret_warning(flags: &[&str]) -> Option<String> {
    (!flags.is_empty()).then(|| {
        format!("every user of this machine sees the secret of {} in its list of processes: use the environment", flags.join(" and "))
    })
}

/// Whether a URL holds a password.
fn has_password(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let user = rest.rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':') || rest.contains("password=")
}

impl Serve {
    /// The flags that gave a secret to everybody who may list this machine's processes.
    pub fn secret_flags(&self) -> &[&'static str] {
        &self.secret_flags
    }

    /// The settings that this command was given, by the names of their flags and variables; all
    /// others have their defaults.
    pub fn given(&self) -> &[String] {
        &self.given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_on_the_command_line_is_noticed() {
        let flags = |more: &[&str]| {
            let line = ["qiangke", "serve"].iter().chain(more);
            secret_flags(
                &Cli::command()
                    .try_get_matches_from(line)
                    .expect("it is read"),
            )
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
            given(&command.try_get_matches_from(line).expect("it is read"))
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
            assert_eq!(secret_flags(&matches), ["--database-url"], "{line:?}");
        }
    }
}
