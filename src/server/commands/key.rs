//! `qiangke key`: the keys of ticket ids, codes and challenges.

use crate::server::{
    boot,
    clock::{Clock, shop_time},
    config::Database,
    output::Output,
    signer::{KEYS_MAX, SPREAD},
    store::{KeyEnd, Store},
};
use anyhow::{bail, ensure};
use clap::Subcommand;

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

pub(super) async fn run(command: KeyCommand, output: &mut Output) -> anyhow::Result<()> {
    match command {
        KeyCommand::List(database) => list(&super::open(&database).await?, output).await,
        KeyCommand::Rotate(database) => rotate(&super::open(&database).await?, output).await,
        KeyCommand::Retire { number, database } => {
            retire(&super::open(&database).await?, number, output).await
        }
    }
}

async fn list(store: &Store, output: &mut Output) -> anyhow::Result<()> {
    let keys = store.keys().await?;
    let signing = keys.iter().find(|key| key.signs).map(|key| key.number);
    for key in &keys {
        let state = match (signing == Some(key.number), key.signs) {
            (true, _) => "signs",
            (false, true) => "verifies",
            (false, false) => "verifies; `qiangke key rotate` lets it sign",
        };
        let made = if key.created_at.0 == 0 {
            // The first one has no date.
            "made with the database".into()
        } else {
            format!("of {} (UTC+8)", shop_time(key.created_at))
        };
        output.line(format_args!("key {} {made}: {state}", key.number));
    }
    Ok(())
}

/// Adds a key, and lets it sign once every server knows it. A rotation that was cut off in between
/// is gone on with.
async fn rotate(store: &Store, output: &mut Output) -> anyhow::Result<()> {
    let keys = store.keys().await?;
    let begun = keys.first().filter(|key| !key.signs).map(|key| key.number);
    let number = match begun {
        Some(number) => number,
        None => {
            ensure!(
                keys.len() < KEYS_MAX,
                "there are {KEYS_MAX} keys already: retire one first (`qiangke key list`)"
            );
            store
                .add_key(&boot::new_secret()?, Clock::System.now())
                .await?
        }
    };
    output.done(format_args!(
        "key {number} verifies; in {} s, when every server knows it, it signs",
        SPREAD.as_secs()
    ));
    tokio::time::sleep(SPREAD).await;
    ensure!(
        store.sign_with(number).await?,
        "key {number} was retired meanwhile"
    );
    output.done(format_args!("key {number} signs"));
    let older: Vec<_> = store
        .keys()
        .await?
        .iter()
        .filter(|key| key.number < number)
        .map(|key| key.number.to_string())
        .collect();
    if !older.is_empty() {
        output.done(format_args!(
            "still good are ids that were signed with {}: `qiangke key retire NUMBER` ends that",
            older.join(", ")
        ));
    }
    Ok(())
}

async fn retire(store: &Store, number: i64, output: &mut Output) -> anyhow::Result<()> {
    match store.retire_key(number).await? {
        KeyEnd::Ended => output.done(format_args!(
            "key {number} is gone: within seconds, what it signed is worth nothing"
        )),
        KeyEnd::Needed => bail!("key {number} signs, or is about to: `qiangke key rotate` first"),
        KeyEnd::Unknown => bail!("there is no key {number}"),
    }
    Ok(())
}
