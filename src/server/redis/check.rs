//! Checks of a Redis before the shop relies on it. Messages name the server, never the password.

use super::client::{client, connect};
use crate::types::host;
use anyhow::{bail, ensure};
use redis::{Client, ErrorKind, RedisError, ServerErrorKind};
use std::{collections::HashMap, time::Duration};

/// How long Redis may take to answer at start.
const WAIT: Duration = Duration::from_secs(3);
/// The oldest Redis that has XAUTOCLAIM.
const OLDEST: (u32, u32) = (6, 2);
/// The one policy under which Redis never throws away what it was given.
const POLICY: &str = "noeviction";

/// The host of a URL that is not on this machine: what is said to it can be read on the way.
pub fn plain_host(url: &str) -> Option<String> {
    let client = client(url).ok()?;
    let address = client.get_connection_info().addr().to_string();
    let host = address
        .rsplit_once(':')
        .map_or(address.as_str(), |(host, _)| host)
        .trim_matches(['[', ']']);
    (!host::is_loopback(host)).then(|| host.to_owned())
}

/// Checks that Redis answers, lets this program in, is new enough, takes writes, and keeps what it
/// is given; says what it found.
///
/// # Errors
/// One of these does not hold; one line says which, and what to do.
pub async fn check(url: &str) -> anyhow::Result<String> {
    let client = client(url)?;
    let address = client.get_connection_info().addr().to_string();
    let Ok(answer) = tokio::time::timeout(WAIT, info(&client)).await else {
        bail!(
            "REDIS_URL: {address} does not answer within {} s: is it up, and reachable from here?",
            WAIT.as_secs()
        )
    };
    let info = answer.map_err(|error| anyhow::anyhow!(refusal(&address, &error)))?;
    let field = |name: &str| info.get(name).map_or("", String::as_str);
    let version = field("redis_version");
    ensure!(
        parse_version(version) >= Some(OLDEST),
        "REDIS_URL: {address} runs Redis {version}, and {}.{} or later is needed: upgrade it",
        OLDEST.0,
        OLDEST.1
    );
    let policy = field("maxmemory_policy");
    ensure!(
        policy == POLICY,
        "REDIS_URL: {address} has maxmemory-policy {policy}, under which it forgets seats and tickets: set maxmemory-policy {POLICY}"
    );
    ensure!(
        field("role") != "slave",
        "REDIS_URL: {address} is a replica, which takes no writes: name its primary"
    );
    Ok(format!("{address} runs Redis {version}"))
}

async fn info(client: &Client) -> Result<HashMap<String, String>, RedisError> {
    let mut connection = connect(client, WAIT).await?;
    let text: String = redis::cmd("INFO").query_async(&mut connection).await?;
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    Ok(pairs
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect())
}

fn refusal(address: &str, error: &RedisError) -> String {
    let is_auth = error.kind() == ErrorKind::AuthenticationFailed
        || matches!(error.code(), Some("NOAUTH" | "WRONGPASS" | "NOPERM"));
    if is_auth {
        return format!(
            "REDIS_URL: {address} does not let this user in: correct the name and the password, or its rights (+@all ~*)"
        );
    }
    if error.kind() == ErrorKind::Server(ServerErrorKind::BusyLoading) {
        return format!("REDIS_URL: {address} is still loading its data: start again in a moment");
    }
    format!("REDIS_URL: {address} can't be reached ({error}): is it up, and is the address right?")
}

fn parse_version(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(parse_version("6.0.16") < Some(OLDEST));
        assert!(parse_version("6.2.0") >= Some(OLDEST));
        assert!(parse_version("10.0.1") >= Some(OLDEST));
        assert_eq!(parse_version("unstable"), None);
    }

    #[test]
    fn a_redis_elsewhere_is_named_without_its_password() {
        for (url, host) in [
            (
                "redis://:secret@redis.example:6380/1",
                Some("redis.example"),
            ),
            ("redis://10.0.0.7", Some("10.0.0.7")),
            ("redis://localhost", None),
            ("redis://:secret@127.0.0.1:6379/0", None),
            ("redis://[::1]:6379", None),
        ] {
            assert_eq!(plain_host(url).as_deref(), host, "{url}");
        }
    }

    #[test]
    fn an_unreadable_address_is_not_repeated() {
        for url in [
            "redis//:hunter2@host",
            "rediss://:hunter2@host",
            "unix:hunter2",
        ] {
            let error = client(url)
                .map(drop)
                .expect_err("not to be used")
                .to_string();
            assert!(
                error.starts_with("REDIS_URL") && !error.contains("hunter2"),
                "{error}"
            );
        }
    }
}
