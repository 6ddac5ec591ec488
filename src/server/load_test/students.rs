//! Test students of a load test: each is new to the shop and signed in for an hour.

use crate::{
    server::{
        identity::{caller, cookies},
        store::Store,
    },
    types::{
        account::{Me, Mobile},
        time::{HOUR_MS, Millis},
    },
};
use anyhow::{Context, anyhow};
use http::HeaderValue;
use std::{
    fs::OpenOptions,
    io::{BufWriter, Write},
    ops::RangeInclusive,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};
use tokio::time::{Instant, sleep};

/// Their mobiles. 154 was given to no network of mainland China: nobody has such a number, and no
/// code could reach one.
const MOBILES: RangeInclusive<u64> = 154_0000_0000..=154_9999_9999;
/// How long they are signed in, in milliseconds: longer than any load test.
const SESSION_MS: i64 = HOUR_MS;
/// Students that are written at a time.
const CHUNK: usize = 500;

/// Makes `count` students, who never held a ticket, and signs each in; gives their cookies. Half of
/// the time it rests, so that a shop that runs beside it can write, too: SQLite's writers have no
/// line to stand in.
///
/// # Errors
/// The database can't be written, or another load test takes the same numbers just now.
pub async fn gather(store: &Store, count: u32, now: Millis) -> anyhow::Result<Vec<HeaderValue>> {
    let last = store
        .last_mobile(&mobile(*MOBILES.start())?, &mobile(*MOBILES.end())?)
        .await?;
    let first = match last {
        Some(digits) => {
            digits
                .parse::<u64>()
                .context("a student's mobile is no number")?
                + 1
        }
        None => *MOBILES.start(),
    };
    let mobiles = (first..first + u64::from(count))
        .map(mobile)
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut cookies = Vec::with_capacity(mobiles.len());
    for chunk in mobiles.chunks(CHUNK) {
        let began = Instant::now();
        let digits: Vec<_> = chunk
            .iter()
            .map(|mobile| mobile.digits().to_owned())
            .collect();
        let students = store
            .add_students(&digits, now)
            .await
            .context("the students can't be written")?;
        let mut sessions = Vec::with_capacity(chunk.len());
        for (id, digits) in students {
            let masked = Mobile::parse(&digits)
                .map_err(|_| anyhow!("a student's mobile is none"))?
                .masked();
            let (session, data) = caller::new_session(&Me { id, mobile: masked })?;
            // By either name: the shop knows which one is its own.
            let cookie = format!(
                "{}={session}; {}={session}",
                cookies::COOKIE,
                cookies::HOST_COOKIE
            );
            cookies.push(HeaderValue::from_str(&cookie)?);
            sessions.push((session, data));
        }
        store
            .save_sessions(&sessions, now.plus(SESSION_MS))
            .await
            .context("the sessions can't be written")?;
        sleep(began.elapsed()).await;
    }
    Ok(cookies)
}

/// Writes cookies to a file that nobody else may read: each is as good as its student's code.
pub fn write(file: &Path, cookies: &[HeaderValue]) -> std::io::Result<()> {
    let mut file = BufWriter::new(
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(file)?,
    );
    for cookie in cookies {
        file.write_all(cookie.as_bytes())?;
        file.write_all(b"\n")?;
    }
    file.flush()
}

fn mobile(number: u64) -> anyhow::Result<Mobile> {
    let fits = MOBILES
        .contains(&number)
        .then(|| Mobile::parse(&number.to_string()).ok());
    fits.flatten().context(
        "every number that a load test may use is taken: run it on a fresh copy of the database",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_the_range_is_a_mobile_and_none_beside_it() {
        for number in [*MOBILES.start(), 154_1234_5678, *MOBILES.end()] {
            assert_eq!(
                mobile(number).expect("a mobile").digits(),
                number.to_string()
            );
        }
        assert!(mobile(*MOBILES.start() - 1).is_err());
        assert!(mobile(*MOBILES.end() + 1).is_err());
    }
}
