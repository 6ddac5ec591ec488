//! `qiangke sale`: flash sales.

use super::{confirm, there};
use crate::{
    server::{
        clock::{Clock, shop_time},
        config::Database,
        output::{Output, counted},
        store::{NewSale, SaleCourse, Store},
    },
    types::{
        ids::{CourseId, SaleId},
        money::{BadMoney, Fen},
        sale::{HOLD_S, HOLD_S_MAX, Sale},
        time::{DAY_MS, MINUTE_MS, Millis},
    },
};
use anyhow::{Context, anyhow, ensure};
use clap::{Args, Subcommand};
use jiff::{Timestamp, fmt::temporal::Pieces};

const CLOSES: &str = "--closes";
const YEAR_MS: i64 = 366 * DAY_MS;
/// A flash sale that lasts longer is a slip of its year or month.
const LASTS_MAX_MS: i64 = 31 * DAY_MS;
/// A sale that opened this many milliseconds ago is meant: a script may be late by as much.
const LATE_MS: i64 = MINUTE_MS;
/// A course's price is this many times a sale's, or more, when the point was forgotten.
const SLIP: i64 = 100;

/// Seats of a sale, or of one restock, at most.
const STOCK_MAX: i64 = 10_000_000;

/// `qiangke sale …`.
#[derive(Debug, Subcommand)]
pub enum SaleCommand {
    /// Create a sale
    Create(NewSaleArgs),
    /// List all sales
    List(Database),
    /// Halt a sale: no new clicks, accepted tickets still settle
    Pause {
        /// The sale's number
        id: i64,
        #[command(flatten)]
        database: Database,
    },
    /// Let a halted sale go on
    Resume {
        /// The sale's number
        id: i64,
        #[command(flatten)]
        database: Database,
    },
    /// Add seats to a sale
    Restock(RestockArgs),
}

/// `qiangke sale create`.
#[derive(Debug, Args)]
pub struct NewSaleArgs {
    /// The course's number
    #[arg(long)]
    pub course: i64,
    /// The price in yuan, like 9.90
    #[arg(long)]
    pub price: String,
    /// Seats
    #[arg(long, value_parser = stock)]
    pub stock: i64,
    /// When it opens: 2026-11-22T20:00:00+08:00, or `now`
    #[arg(long, default_value = "now")]
    pub opens: String,
    /// When it closes: a time like that of --opens, or minutes after the opening like `+60`
    #[arg(long, default_value = "+60")]
    pub closes: String,
    /// Seconds for which a seat is held until it is paid; a sale without a price holds none
    #[arg(long, default_value_t = HOLD_S, value_parser = clap::value_parser!(i64).range(1..=HOLD_S_MAX))]
    pub hold: i64,
    /// Create it although times or price look like a slip; on a terminal the command asks back
    #[arg(long)]
    pub yes: bool,
    /// Where the database is.
    #[command(flatten)]
    pub database: Database,
}

/// `qiangke sale restock`.
#[derive(Debug, Args)]
pub struct RestockArgs {
    /// The sale's number
    pub id: i64,
    /// How many seats
    #[arg(value_parser = seats)]
    pub seats: i64,
    /// Add them although the sale is over; on a terminal the command asks back
    #[arg(long)]
    pub yes: bool,
    /// Where the database is.
    #[command(flatten)]
    pub database: Database,
}

/// The seats of a new sale.
fn stock(text: &str) -> Result<i64, String> {
    if text.parse() == Ok(0) {
        return Err("a sale without a seat would be sold out as it opens: give it its seats, and `qiangke sale pause` until it may open".into());
    }
    seats(text)
}

fn seats(text: &str) -> Result<i64, String> {
    match text.parse() {
        Ok(seats @ 1..=STOCK_MAX) => Ok(seats),
        Ok(_) | Err(_) => Err(format!(
            "a number of seats from 1 to {STOCK_MAX}, in digits alone"
        )),
    }
}

pub(super) async fn run(command: SaleCommand, output: &mut Output) -> anyhow::Result<()> {
    let now = Clock::System.now();
    match command {
        SaleCommand::Create(args) => create(args, now, output).await?,
        SaleCommand::List(database) => {
            let sales = super::open(&database).await?.all_sales().await?;
            output.line(format_args!(
                "{:>5} {:>9} {:>9} {:>9}  {:16} {:16} {:6} course",
                "sale", "price", "stock", "left", "opens (UTC+8)", "closes", ""
            ));
            sales
                .iter()
                .for_each(|(sale, remaining)| output.line(row(sale, *remaining)));
        }
        SaleCommand::Pause { id, database } => {
            there(
                super::open(&database)
                    .await?
                    .pause_sale(SaleId(id), true, now)
                    .await?,
                "sale",
                id,
            )?;
            output.done(format_args!(
                "sale {id} is paused; accepted tickets still settle"
            ));
        }
        SaleCommand::Resume { id, database } => {
            let store = super::open(&database).await?;
            there(store.pause_sale(SaleId(id), false, now).await?, "sale", id)?;
            let sales = store.all_sales().await?;
            let sale = sales
                .iter()
                .map(|(sale, _)| sale)
                .find(|sale| sale.id == SaleId(id));
            output.done(format_args!(
                "sale {id} {}",
                sale.map_or_else(|| "is not paused".into(), |sale| resumed(sale, now))
            ));
        }
        SaleCommand::Restock(args) => restock(args, now, output).await?,
    }
    Ok(())
}

/// What a sale does that is not paused any more.
fn resumed(sale: &Sale, now: Millis) -> String {
    if now < sale.opens_at {
        format!(
            "is not paused: it opens at {} (UTC+8)",
            shop_time(sale.opens_at)
        )
    } else if now < sale.closes_at {
        "goes on".into()
    } else {
        format!(
            "is not paused, but it closed at {} (UTC+8): nobody can click",
            shop_time(sale.closes_at)
        )
    }
}

async fn create(args: NewSaleArgs, now: Millis, output: &mut Output) -> anyhow::Result<()> {
    let NewSaleArgs {
        course,
        price,
        stock,
        opens,
        closes,
        hold,
        yes,
        database,
    } = args;
    let price =
        Fen::parse(&price).map_err(|bad| anyhow!("--price {price:?}: {}", price_fault(bad)))?;
    let opens_at = moment("--opens", &opens, now)?;
    let closes_at = closing(&closes, opens_at, now)?;
    ensure!(opens_at < closes_at, "--closes must be later than --opens");
    let new = NewSale {
        course: CourseId(course),
        price,
        stock,
        opens_at,
        closes_at,
        hold_s: hold,
    };
    let store = super::open(&database).await?;
    let known = store
        .sale_course(new.course)
        .await?
        .with_context(|| format!("there is no course {course}"))?;
    let mut doubts = doubts(&new, &known, now);
    let others = store.all_sales().await?;
    doubts.extend(beside(&new, others.iter().map(|(sale, _)| sale)));
    confirm::agree(&doubts, yes)?;
    let id = store
        .create_sale(&new, now)
        .await?
        .with_context(|| format!("there is no course {course}"))?;
    output.done(format_args!(
        "sale {id}: {} at {price}, {} to {} (UTC+8)",
        counted(stock, "seat", "seats"),
        shop_time(opens_at),
        shop_time(closes_at)
    ));
    Ok(())
}

async fn restock(args: RestockArgs, now: Millis, output: &mut Output) -> anyhow::Result<()> {
    let RestockArgs {
        id,
        seats,
        yes,
        database,
    } = args;
    let store = super::open(&database).await?;
    confirm::agree(&ended(&store, SaleId(id), now).await?, yes)?;
    there(
        store.restock_sale(SaleId(id), seats, now).await?,
        "sale",
        id,
    )?;
    output.done(format_args!(
        "sale {id}: {}",
        counted(seats, "more seat", "more seats")
    ));
    Ok(())
}

/// A doubt whether seats of a sale that is over are of use.
async fn ended(store: &Store, id: SaleId, now: Millis) -> anyhow::Result<Vec<String>> {
    let sales = store.all_sales().await?;
    let over = sales
        .iter()
        .find(|(sale, _)| sale.id == id && sale.closes_at <= now);
    Ok(over
        .map(|(sale, _)| {
            format!(
                "sale {id} closed at {} (UTC+8): nobody can click",
                shop_time(sale.closes_at)
            )
        })
        .into_iter()
        .collect())
}

/// What an operator may not mean of a sale that could be created.
fn doubts(new: &NewSale, course: &SaleCourse, now: Millis) -> Vec<String> {
    let NewSale {
        price,
        opens_at,
        closes_at,
        ..
    } = new;
    let (opens, closes) = (shop_time(*opens_at), shop_time(*closes_at));
    let times = if *closes_at <= now {
        Some(format!(
            "it closed at {closes} (UTC+8), which is over: nobody could click"
        ))
    } else if opens_at.plus(LATE_MS) < now {
        Some(format!(
            "it opened at {opens} (UTC+8), which is over: it would be on at once"
        ))
    } else if opens_at.since(now) > YEAR_MS {
        Some(format!(
            "it opens at {opens} (UTC+8), which is more than a year from now"
        ))
    } else if closes_at.since(*opens_at) > LASTS_MAX_MS {
        Some(format!(
            "it is on for more than a month, to {closes} (UTC+8)"
        ))
    } else {
        None
    };
    let SaleCourse {
        name,
        price: usual,
        is_shown,
    } = course;
    let price = if price.0.saturating_mul(SLIP) <= usual.0 && !usual.is_free() {
        Some(format!(
            "{price} is a hundredth of what {name:?} costs, {usual}, or less"
        ))
    } else if price > usual {
        Some(format!("{price} is more than {name:?} costs, {usual}"))
    } else {
        None
    };
    let hidden = (!is_shown).then(|| format!("{name:?} is not shown: nobody would see the sale"));
    [times, price, hidden].into_iter().flatten().collect()
}

/// A doubt when another sale of the course is on at the same time: a command that was run twice sells
/// each seat twice.
fn beside<'a>(new: &NewSale, mut others: impl Iterator<Item = &'a Sale>) -> Option<String> {
    let other = others.find(|other| {
        other.course_id == new.course
            && other.opens_at < new.closes_at
            && new.opens_at < other.closes_at
    })?;
    Some(format!(
        "sale {} of this course is on then, too: {} to {} (UTC+8)",
        other.id,
        shop_time(other.opens_at),
        shop_time(other.closes_at)
    ))
}

fn row(sale: &Sale, remaining: i64) -> String {
    let Sale {
        id,
        price,
        stock,
        course_name,
        ..
    } = sale;
    let (opens, closes) = (shop_time(sale.opens_at), shop_time(sale.closes_at));
    let paused = if sale.paused { "paused" } else { "" };
    // What writes its own way is padded as a text.
    let (id, price) = (id.to_string(), price.to_string());
    format!(
        "{id:>5} {price:>9} {stock:>9} {remaining:>9}  {opens:16} {closes:16} {paused:6} {course_name}"
    )
}

fn price_fault(bad: BadMoney) -> &'static str {
    match bad {
        BadMoney::NotANumber => "write yuan like 9.90",
        BadMoney::TooManyDecimals => "a price has two decimals at most",
        BadMoney::OutOfRange => "a price is from 0 to 9999.99",
    }
}

/// Minutes after the opening, or a time.
fn closing(text: &str, opens_at: Millis, now: Millis) -> anyhow::Result<Millis> {
    let Some(minutes) = text.strip_prefix('+') else {
        return moment(CLOSES, text, now);
    };
    let digits = Some(minutes).filter(|minutes| minutes.bytes().all(|sign| sign.is_ascii_digit()));
    let minutes = digits.and_then(|digits| digits.parse::<u32>().ok()).with_context(|| {
        format!(
            "{CLOSES} {text:?}: write minutes after the opening like +60, or a time like 2026-11-22T21:00:00+08:00"
        )
    })?;
    Ok(opens_at.plus(i64::from(minutes) * MINUTE_MS))
}

/// `now`, or a time with its offset from UTC.
fn moment(flag: &str, text: &str, now: Millis) -> anyhow::Result<Millis> {
    if text == "now" {
        return Ok(now);
    }
    let other = if flag == CLOSES {
        "or minutes after the opening, like +30"
    } else {
        "or now"
    };
    timestamp(text).with_context(|| {
        let fault = fault(text);
        format!("{flag} {text:?}: {fault}write a time like 2026-11-22T20:00:00+08:00, {other}")
    })
}

/// What is wrong with a time in the right form, for somebody who would look for it in the form.
fn fault(text: &str) -> &'static str {
    let form: String = text
        .chars()
        .map(|letter| if letter.is_ascii_digit() { '0' } else { letter })
        .collect();
    let rest = form
        .strip_prefix("0000-00-00")
        .and_then(|rest| rest.strip_prefix(['T', 't', ' ']))
        .and_then(|rest| rest.strip_prefix("00:00"))
        .map(|rest| rest.strip_prefix(":00").unwrap_or(rest));
    match rest {
        Some("") => "it has no offset from UTC, like +08:00 in China; ",
        Some("Z" | "z" | "+00:00" | "-00:00") => "there is no such day, hour or offset; ",
        Some(_) | None => "",
    }
}

/// A time of RFC 3339 with an offset that there is (section 5.6: less than a day), and no second 60,
/// which no clock here shows.
fn timestamp(text: &str) -> Option<Millis> {
    let offset = Pieces::parse(text).ok()?.to_numeric_offset()?;
    let is_there = i64::from(offset.seconds()).abs() < DAY_MS / 1_000 && !text.contains(":60");
    let at: Timestamp = text.parse().ok().filter(|_| is_there)?;
    Some(Millis(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::time::HOUR_MS;

    const NOW: Millis = Millis(1_795_348_800_000);

    #[test]
    fn a_time_that_there_is_not_is_refused() {
        for text in [
            "2026-12-04T20:00:00+24:00",
            "2026-12-04T20:00:00-24:00",
            "2026-12-04T20:00:60+08:00",
            "2026-12-04T24:00:00+08:00",
        ] {
            assert!(moment(CLOSES, text, NOW).is_err(), "{text}");
            assert!(fault(text).starts_with("there is no such"), "{text}");
        }
        for text in [
            "2026-02-30T20:00:00+08:00",
            "2026-13-01 20:00Z",
            "2026-12-04T25:00+08:00",
        ] {
            assert!(moment(CLOSES, text, NOW).is_err(), "{text}");
            assert!(fault(text).starts_with("there is no such"), "{text}");
        }
        for text in ["2026-12-04T20:00:00", "2026-12-04 20:00"] {
            assert!(moment(CLOSES, text, NOW).is_err(), "{text}");
            assert!(fault(text).starts_with("it has no offset"), "{text}");
        }
        for text in ["tomorrow", "2026-12-04", "20:00", "2026/12/04 20:00"] {
            assert_eq!(fault(text), "", "{text}");
        }
        for text in ["2026-12-04T20:00:00+08:00", "2026-12-04T12:00:00Z"] {
            let at = moment(CLOSES, text, NOW).expect("a time");
            assert_eq!(at, Millis(1_796_385_600_000), "{text}");
        }
        for text in ["++60", "+-60", "+", "+60m"] {
            assert!(closing(text, NOW, NOW).is_err(), "{text}");
        }
        assert_eq!(closing("+60", NOW, NOW).ok(), Some(NOW.plus(HOUR_MS)));
    }

    fn doubted(price: i64, opens_in_ms: i64, lasts_ms: i64) -> Vec<String> {
        let opens_at = NOW.plus(opens_in_ms);
        let new = NewSale {
            course: CourseId(2),
            price: Fen(price),
            stock: 1,
            opens_at,
            closes_at: opens_at.plus(lasts_ms),
            hold_s: HOLD_S,
        };
        doubts(
            &new,
            &SaleCourse {
                name: "Python".into(),
                price: Fen(9_900),
                is_shown: true,
            },
            NOW,
        )
    }

    #[test]
    fn a_plain_sale_is_not_doubted() {
        for (price, opens_in_ms) in [(100, 0), (990, -LATE_MS), (9_900, HOUR_MS), (990, YEAR_MS)] {
            assert_eq!(doubted(price, opens_in_ms, HOUR_MS), [""; 0]);
        }
    }

    #[test]
    fn a_slip_is_noticed() {
        for (price, opens_in_ms, lasts_ms, what) in [
            (990, -YEAR_MS, HOUR_MS, "it closed at"),
            (990, -HOUR_MS, HOUR_MS, "it closed at"),
            (990, -LATE_MS - 1, HOUR_MS, "it opened at"),
            (990, YEAR_MS + 1, HOUR_MS, "more than a year from now"),
            (990, 0, LASTS_MAX_MS + 1, "on for more than a month"),
            (99, 0, HOUR_MS, "a hundredth"),
            (0, 0, HOUR_MS, "a hundredth"),
            (9_901, 0, HOUR_MS, "is more than"),
        ] {
            let found = doubted(price, opens_in_ms, lasts_ms);
            assert!(
                found.len() == 1 && found[0].contains(what),
                "{what}: {found:?}"
            );
        }
    }
}
