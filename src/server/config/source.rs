//! Where settings come from: the command line, then the environment. Nothing else reads either.

use super::{Cli, Command, Serve};
use clap::{ArgMatches, CommandFactory, FromArgMatches, builder::Resettable, parser::ValueSource};

/// Settings that are, or may hold, a secret: the argument's name, and its flag.
const SECRETS: [(&str, &str); 4] = [
    ("database_url", "--database-url"),
    ("redis_url", "--redis-url"),
    ("tencent_secret_id", "--tencent-secret-id"),
    ("tencent_secret_key", "--tencent-secret-key"),
];

impl Cli {
    /// Reads command line and environment; ends the process with a message when they can't be read. A variable that is empty counts
    /// as unset: Compose, units and shells pass one for a setting that nobody gave a value.
    pub fn read() -> Self {
        let matches = unset_empty(Self::command()).get_matches();
        let mut cli = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        if let (Command::Serve(config) | Command::Work(config) | Command::Doctor(config), Some((_, given))) =
            (&mut cli.command, matches.subcommand())
        {
            config.secret_flags = secret_flags(given);
        }
        cli
    }
}

/// The same command, which takes an empty variable of the environment for none.
#[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
fn unset_empty(command: clap::Command) -> clap::Command {
    let is_empty = |arg: &clap::Arg| arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
    let command = command.mut_args(|arg| if is_empty(&arg) { arg.env(Resettable::Reset) } else { arg });
    command.mut_subcommands(unset_empty)
}

/// The flags by which secrets were given.
fn secret_flags(given: &ArgMatches) -> Vec<&'static str> {
    let holds_secret = |name: &str| {
        let is_flag = given.value_source(name) == Some(ValueSource::CommandLine);
        let value = given.get_one::<String>(name).map(String::as_str).unwrap_or_default();
        is_flag && (!value.contains("://") || has_password(value))
    };
    SECRETS.into_iter().filter(|(name, _)| holds_secret(name)).map(|(_, flag)| flag).collect()
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_on_the_command_line_is_noticed() {
        let flags = |more: &[&str]| {
            let line = ["qiangke", "serve"].iter().chain(more);
            let matches = Cli::command().try_get_matches_from(line).expect("it is read");
            secret_flags(matches.subcommand().expect("serve").1)
        };
        assert_eq!(flags(&[]), [""; 0]);
        assert_eq!(flags(&["--database-url", "sqlite://data/qiangke.db", "--redis-url", "redis://127.0.0.1:6379"]), [""; 0]);
        assert_eq!(flags(&["--database-url", "postgres://shop@db/shop"]), [""; 0]);
        assert_eq!(flags(&["--database-url", "postgres://shop:secret@db/shop"]), ["--database-url"]);
        assert_eq!(flags(&["--database-url", "postgres://db/shop?user=shop&password=secret"]), ["--database-url"]);
        assert_eq!(flags(&["--redis-url", "redis://:secret@redis"]), ["--redis-url"]);
        assert_eq!(flags(&["--tencent-secret-key", "secret"]), ["--tencent-secret-key"]);
    }
}
