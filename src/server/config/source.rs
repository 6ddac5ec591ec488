//! Sources of settings: the command line, then the environment. No other file reads either.

use super::Serve;
use crate::types::{line::plain, typed::wrapped};
use clap::{
    ArgMatches, Parser,
    builder::{Resettable, StyledStr},
    error::{ContextKind, ContextValue},
    parser::ValueSource,
};
use std::{
    error::Error,
    net::AddrParseError,
    num::{IntErrorKind, ParseIntError},
};

/// Settings that are, or may hold, a secret: the argument's name, and its flag.
const SECRETS: [(&str, &str); 5] = [
    ("database_url", "--database-url"),
    ("redis_url", "--redis-url"),
    ("tencent_secret_id", "--tencent-secret-id"),
    ("tencent_secret_key", "--tencent-secret-key"),
    ("vod_key", "--vod-key"),
];

/// What a command was given, and how.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The flags that gave a secret to everybody who may list this machine's processes.
    pub secret_flags: Vec<&'static str>,
    /// Flags by their names, variables of the environment by theirs.
    pub names: Vec<String>,
}

/// Parses command line and environment; ends the process with a message when they can't be read. A
/// variable that is empty counts as unset: Compose, units and shells pass one for a setting without
/// a value.
pub fn parse<C: Parser>() -> (C, Given) {
    let matches = take_negative(unset_empty(C::command()))
        .try_get_matches()
        .unwrap_or_else(|error| with_example(error).exit());
    let parsed = C::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    (parsed, Given::of(&C::command(), &matches))
}

/// The same error, with an example where it says only what can't be read, and nothing in it that a
/// terminal obeys.
fn with_example(mut error: clap::Error) -> clap::Error {
    let given = if let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidValue) {
        given.as_str()
    } else {
        ""
    };
    let source = Error::source(&error);
    let example = if let Some(slip) = slip(given) {
        Some(slip)
    } else if source
        .and_then(<dyn Error>::downcast_ref::<ParseIntError>)
        .is_some_and(|error| *error.kind() == IntErrorKind::PosOverflow)
    {
        Some("write a smaller number".to_owned())
    } else if source.is_some_and(<dyn Error>::is::<ParseIntError>) {
        Some(format!(
            "write a whole number in digits alone, like {}",
            number_like(given)
        ))
    } else if source.is_some_and(<dyn Error>::is::<AddrParseError>) {
        let port = port_like(given);
        Some(format!(
            "write an address and a port, like 127.0.0.1:{port} or 0.0.0.0:{port}"
        ))
    } else {
        None
    };
    // What was typed may be the name of a file (`*.sql`), and a terminal obeys what is in it.
    let typed: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| {
            let ContextValue::String(text) = value else {
                return None;
            };
            Some((kind, ContextValue::String(plain(text))))
        })
        .collect();
    for (kind, value) in typed {
        error.insert(kind, value);
    }
    if let Some(example) = example {
        let example = ContextValue::StyledStrs(vec![StyledStr::from(example)]);
        error.insert(ContextKind::Suggested, example);
    }
    error
}

/// What is wrong with a value before anything is read of it, or with the port at its end.
fn slip(given: &str) -> Option<String> {
    if let Some(fault) = wrapped(given) {
        return Some(fault.to_owned());
    }
    let port = given.strip_suffix('/').unwrap_or(given).rsplit_once(':')?.1;
    let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && port.parse::<u16>().is_err())
        .then(|| format!("{port} is no port: they end with {}", u16::MAX))
}

/// What was given without what people write between digits; where that is no number, some other.
fn number_like(given: &str) -> String {
    let digits = given.replace([',', '_', '\'', ' ', '，'], "");
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits
    } else {
        "30".to_owned()
    }
}

/// The port that an address was to have, or some other.
fn port_like(given: &str) -> u16 {
    let port = given.rsplit(':').next().unwrap_or_default();
    port.parse().unwrap_or(3000)
}

impl Given {
    /// What `matches` of `program` hold.
    pub fn of(program: &clap::Command, matches: &ArgMatches) -> Self {
        Self {
            secret_flags: secret_flags(matches),
            names: names(program, matches),
        }
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

/// The same command, which takes -1 for the value of an argument: what is wrong with it the argument
/// says itself, and no flag is a number.
fn take_negative(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|arg| {
        let takes = arg.get_action().takes_values();
        arg.allow_negative_numbers(takes)
    });
    command.mut_subcommands(take_negative)
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

/// The settings that a command was given.
fn names(program: &clap::Command, matches: &ArgMatches) -> Vec<String> {
    let Some((name, matches)) = matches.subcommand() else {
        return Vec::new();
    };
    let settings = program
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
    /// Which of these settings were given, and how; all others have their defaults.
    pub fn given(&self) -> &Given {
        &self.given
    }

    /// Notes which of these settings were given.
    pub fn set_given(&mut self, given: Given) {
        self.given = given;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::config::Serve;
    use clap::{Args, Command};
    use std::collections::BTreeSet;

    #[test]
    fn the_help_shows_no_secret_of_the_environment() {
        let command = Serve::augment_args(Command::new("serve"));
        let hidden: BTreeSet<_> = command
            .get_arguments()
            .filter(|argument| argument.is_hide_env_values_set())
            .map(|argument| argument.get_id().as_str())
            .collect();
        assert_eq!(hidden, SECRETS.map(|(name, _)| name).into());
    }
}
