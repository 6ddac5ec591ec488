//! `qiangke sms`: the day's budget of SMS codes.

use super::open;
use crate::server::{
    clock::{Clock, shop_time},
    config::{Database, SMS_CODES_MAX, SMS_SHOP_DAY},
    output::{Output, counted},
    shop::account::Day,
    store::SmsBudget,
};
use clap::Subcommand;

/// Codes of a budget at most.
const BUDGET_MAX: i64 = 1_000_000_000;

/// `qiangke sms …`.
#[derive(Debug, Subcommand)]
pub enum SmsCommand {
    /// Show the day's budget of codes, or set it, in place of the servers' SMS_SHOP_DAY: running
    /// servers follow with the next request
    #[command(group = clap::ArgGroup::new("what"))]
    Budget {
        /// Codes of the whole shop in a day, until midnight (UTC+8)
        #[arg(group = "what", value_parser = clap::value_parser!(i64).range(0..=BUDGET_MAX))]
        codes: Option<i64>,
        /// Not only until midnight, but until it is changed
        #[arg(long, requires = "codes")]
        keep: bool,
        /// Back to the servers' SMS_SHOP_DAY
        #[arg(long, group = "what")]
        reset: bool,
        /// The servers' SMS_SHOP_DAY, to say what holds while no budget is set
        #[arg(long = "sms-shop-day", env = "SMS_SHOP_DAY", default_value_t = SMS_SHOP_DAY, value_parser = clap::value_parser!(i64).range(1..=SMS_CODES_MAX))]
        shop_day: i64,
        #[command(flatten)]
        database: Database,
    },
}

pub(super) async fn run(command: SmsCommand, output: &mut Output) -> anyhow::Result<()> {
    let SmsCommand::Budget {
        codes,
        keep,
        reset,
        shop_day,
        database,
    } = command;
    let store = open(&database).await?;
    let now = Clock::System.now();
    if reset {
        store.set_sms_budget(None).await?;
    }
    if let Some(codes) = codes {
        store
            .set_sms_budget(Some(SmsBudget {
                codes,
                until: (!keep).then(|| now.shop_midnight()),
            }))
            .await?;
    }
    let day = Day::of(now);
    let spent = day.spent(&store.sms_counters(&day.keys(), now).await?);
    let budget = match store
        .sms_budget()
        .await?
        .filter(|budget| budget.until.is_none_or(|until| now < until))
    {
        None => {
            format!(
                "the budget is {} a day, by SMS_SHOP_DAY as this command reads it: servers with another have that one",
                counted(shop_day, "code", "codes")
            )
        }
        Some(SmsBudget { codes, until: None }) => {
            format!(
                "the budget is {} a day, until it is changed",
                counted(codes, "code", "codes")
            )
        }
        Some(SmsBudget {
            codes,
            until: Some(until),
        }) => format!(
            "the budget is {} until {} (UTC+8)",
            counted(codes, "code", "codes"),
            shop_time(until)
        ),
    };
    let today = format!(
        "codes asked for today: {}, of them for mobiles that are no student's: {}",
        spent.all, spent.strangers
    );
    let said = format!("{today}\n{budget}");
    if reset || codes.is_some() {
        output.done(said);
    } else {
        output.line(said);
    }
    Ok(())
}
