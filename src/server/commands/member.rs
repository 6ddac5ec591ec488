//! `qiangke member`: students who may study every course for members.

use super::{open, parsed};
use crate::{
    server::{
        clock::{Clock, SHOP_UTC_OFFSET_H, shop_time},
        config::Database,
        log,
        output::{Output, counted},
    },
    types::time::Millis,
};
use anyhow::{anyhow, ensure};
use clap::Subcommand;

/// The last day whose end the clock can say.
const LAST_DAY: &str = "9999-12-30";

/// `qiangke member …`.
#[derive(Debug, Subcommand)]
pub enum MemberCommand {
    /// Make a student a member, or move the end of a membership
    Grant {
        /// The student's mobile
        mobile: String,
        /// The last day, like 2027-06-30, by the shop's clock (UTC+8)
        #[arg(long)]
        until: String,
        #[command(flatten)]
        database: Database,
    },
    /// End a membership now
    End {
        /// The student's mobile
        mobile: String,
        #[command(flatten)]
        database: Database,
    },
    /// List members, whose membership ends first
    List {
        /// Members at most
        #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
        limit: i64,
        #[command(flatten)]
        database: Database,
    },
}

pub(super) async fn run(command: MemberCommand, output: &mut Output) -> anyhow::Result<()> {
    let now = Clock::System.now();
    match command {
        MemberCommand::Grant {
            mobile,
            until,
            database,
        } => {
            let ends_at = end_of_day(&until)?;
            ensure!(
                ends_at > now,
                "--until {until:?}: that day is over; write one from today to {LAST_DAY}"
            );
            let mobile = parsed(&mobile)?;
            let store = open(&database).await?;
            store.grant_membership(&mobile, ends_at, now).await?;
            output.done(format_args!(
                "{} is a member until {} (UTC+8)",
                mobile.masked(),
                shop_time(ends_at)
            ));
        }
        MemberCommand::End { mobile, database } => {
            let mobile = parsed(&mobile)?;
            let store = open(&database).await?;
            ensure!(
                store.end_membership(&mobile, now).await?,
                "{} is no member",
                mobile.masked()
            );
            output.done(format_args!("{} is no member any more", mobile.masked()));
        }
        MemberCommand::List { limit, database } => list(limit, &database, output).await?,
    }
    Ok(())
}

async fn list(limit: i64, database: &Database, output: &mut Output) -> anyhow::Result<()> {
    let mut members = open(database).await?.members(limit + 1).await?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_all = members.len() <= shown;
    members.truncate(shown);
    output.line(format_args!(
        "{:11}  {:16} until (UTC+8)",
        "mobile", "granted"
    ));
    for member in &members {
        let (granted, ends) = (
            shop_time(Millis(member.granted_at)),
            shop_time(Millis(member.ends_at)),
        );
        output.line(format_args!("{:11}  {granted:16} {ends}", member.mobile));
    }
    if !is_all {
        log::say_last(&format!(
            "qiangke: there are more than {}: say --limit for more",
            counted(limit, "member", "members")
        ));
    }
    Ok(())
}

/// The first moment after a day of the shop's clock.
fn end_of_day(text: &str) -> anyhow::Result<Millis> {
    let day: jiff::civil::Date = text.parse().map_err(|_| {
        anyhow!(
            "--until {text:?}: write a day that there is, from today to {LAST_DAY}, like 2027-06-30"
        )
    })?;
    let after = day.tomorrow().map_err(|_| too_far(text))?;
    let at = after.to_datetime(jiff::civil::Time::midnight());
    let at = jiff::tz::offset(SHOP_UTC_OFFSET_H)
        .to_timestamp(at)
        .map_err(|_| too_far(text))?;
    Ok(Millis(at.as_millisecond()))
}

fn too_far(text: &str) -> anyhow::Error {
    anyhow!("--until {text:?}: the last day that can be said is {LAST_DAY}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_with_the_midnight_behind_it() {
        let end = end_of_day("2027-06-30").expect("a day");
        assert_eq!(end.in_shop().rfc3339(), "2027-07-01T00:00:00+08:00");
        assert!(end_of_day(LAST_DAY).is_ok());
        for far in ["9999-12-31", "-9999-01-01"] {
            let why = end_of_day(far).err().map(|error| error.to_string());
            assert!(why.is_none_or(|why| why.contains(LAST_DAY)), "{far:?}");
        }
        assert!(end_of_day("9999-12-31").is_err());
        for wrong in ["", "2027-6-30x", "tomorrow", "2027-02-30"] {
            assert!(end_of_day(wrong).is_err(), "{wrong:?}");
        }
    }
}
