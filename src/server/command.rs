//! The commands beside `serve`: each opens the record, does one thing, says what it did, and ends.

mod backup;
mod import;
mod key;

use crate::{
    server::{
        account::Day,
        boot,
        clock::{Clock, shop_time},
        config::{BannerCommand, Command, Database, OrderCommand, Role, SaleCommand, SessionCommand, SmsCommand},
        doctor, log, private_file, rehearsal,
        store::{Cancelled, Guard, NewSale, OrderQuery, OrderRow, SmsBudget, Store},
    },
    types::{
        account::Mobile,
        ids::{BannerId, CourseId, OrderId, SaleId},
        link,
        money::Fen,
        time::Millis,
    },
};
use anyhow::{Context, anyhow, bail, ensure};

/// Runs a command.
///
/// # Errors
/// One clear line: what could not be done, and why.
pub async fn run(command: Command) -> anyhow::Result<()> {
    private_file::restrict();
    match command {
        Command::Serve(config) => {
            log::start(config.log_format, &config.log)?;
            let role = config.role();
            crate::server::serve(*config, role).await
        }
        Command::Work(config) => {
            log::start(config.log_format, &config.log)?;
            crate::server::serve(*config, Role::Worker).await
        }
        Command::Migrate(database) => migrate(&database).await,
        Command::Import(args) => import::run(&args).await,
        Command::Sale(command) => sale(command).await,
        Command::Order(command) => order(command).await,
        Command::Banner(command) => banner(command).await,
        Command::Session(command) => session(command).await,
        Command::Key(command) => key::run(command).await,
        Command::Backup(args) => backup::run(&args).await,
        Command::Rush(args) => rehearsal::run(&args).await,
        Command::Sms(command) => sms(command).await,
        Command::Audit(database) => audit(&database).await,
        Command::Doctor(config) => doctor::run(&config).await,
    }
}

async fn open(database: &Database) -> anyhow::Result<Store> {
    boot::open_migrated(&database.database_url, Guard::On).await
}

async fn migrate(database: &Database) -> anyhow::Result<()> {
    for said in boot::close_record(&database.database_url)? {
        eprintln!("qiangke: {said}");
    }
    let store = boot::open_store(&database.database_url, Guard::On).await?;
    boot::migrate(&store).await?;
    println!("the record is up to date: {}", boot::shown(&database.database_url));
    Ok(())
}

async fn audit(database: &Database) -> anyhow::Result<()> {
    let findings = open(database).await?.audit().await?;
    for finding in &findings {
        println!("BROKEN {}: {}", finding.invariant, finding.example);
    }
    ensure!(findings.is_empty(), "{} invariants do not hold", findings.len());
    println!("audit: every invariant holds");
    Ok(())
}

async fn sale(command: SaleCommand) -> anyhow::Result<()> {
    let now = Clock::System.now();
    match command {
        SaleCommand::Create { course, price, stock, opens, closes, database } => {
            let price = Fen::parse(&price).map_err(|why| anyhow!("--price {price:?}: {why:?}; write yuan like 9.90"))?;
            let opens_at = moment("--opens", &opens, now)?;
            let closes_at = match closes.strip_prefix('+') {
                Some(minutes) => opens_at
                    .plus(minutes.parse::<i32>().map(i64::from).with_context(|| format!("--closes {closes:?}: no minutes"))? * MINUTE_MS),
                None => moment("--closes", &closes, now)?,
            };
            ensure!(opens_at < closes_at, "--closes must be later than --opens");
            let new = NewSale { course: CourseId(course), price, stock, opens_at, closes_at };
            let id = open(&database).await?.create_sale(&new, now).await?.with_context(|| format!("there is no course {course}"))?;
            println!("sale {id}: {stock} seats at {price}, {} to {} (UTC+8)", shop_time(opens_at), shop_time(closes_at));
        }
        SaleCommand::List(database) => {
            println!("{:>5} {:>9} {:>9} {:>9}  {:16} {:16} {:6} course", "sale", "price", "stock", "left", "opens (UTC+8)", "closes", "");
            for (sale, remaining) in open(&database).await?.all_sales().await? {
                let (opens, closes) = (shop_time(sale.opens_at), shop_time(sale.closes_at));
                let paused = if sale.paused { "paused" } else { "" };
                println!(
                    "{:>5} {:>9} {:>9} {remaining:>9}  {opens:16} {closes:16} {paused:6} {}",
                    sale.id, sale.price, sale.stock, sale.course_name
                );
            }
        }
        SaleCommand::Pause { id, database } => {
            there(open(&database).await?.pause_sale(SaleId(id), true, now).await?, "sale", id)?;
            println!("sale {id} is paused; accepted tickets still settle");
        }
        SaleCommand::Resume { id, database } => {
            there(open(&database).await?.pause_sale(SaleId(id), false, now).await?, "sale", id)?;
            println!("sale {id} goes on");
        }
        SaleCommand::Restock { id, seats, database } => {
            there(open(&database).await?.restock_sale(SaleId(id), seats, now).await?, "sale", id)?;
            println!("sale {id}: {seats} more seats");
        }
    }
    Ok(())
}

async fn order(command: OrderCommand) -> anyhow::Result<()> {
    match command {
        OrderCommand::List { mobile, sale, limit, database } => {
            let query = OrderQuery { mobile: mobile.as_deref().map(parsed).transpose()?, sale: sale.map(SaleId) };
            let orders = open(&database).await?.orders(&query, limit).await?;
            println!("{:>8} {:>5} {:>6} {:11}  {:16} {:16} course", "order", "sale", "seat", "mobile", "won (UTC+8)", "ended");
            orders.iter().for_each(|order| println!("{}", line(order)));
        }
        OrderCommand::Cancel { id, reason, database } => {
            let reason = reason.trim();
            ensure!(!reason.is_empty() && reason.chars().count() <= REASON_MAX, "--reason: some words, {REASON_MAX} characters at most");
            ensure!(!reason.chars().any(char::is_control), "--reason: one line, without control characters");
            match open(&database).await?.cancel_order(OrderId(id), reason, Clock::System.now()).await? {
                Cancelled::Ended { sale, seat } => println!("order {id} ended; seat {seat} of sale {sale} is free"),
                Cancelled::Before(at) => bail!("order {id} ended at {} (UTC+8) already", shop_time(at)),
                Cancelled::Unknown => bail!("there is no order {id}"),
            }
        }
    }
    Ok(())
}

/// Characters of the reason why an order ended, at most.
const REASON_MAX: usize = 200;

fn line(order: &OrderRow) -> String {
    let OrderRow { id, sale_id, seat, mobile, course, created_at, ended_at, end_reason } = order;
    let (won, ended) = (shop_time(Millis(*created_at)), ended_at.map_or_else(|| "live".into(), |at| shop_time(Millis(at))));
    let why = end_reason.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
    format!("{id:>8} {sale_id:>5} {seat:>6} {mobile:11}  {won:16} {ended:16} {course}{why}")
}

async fn banner(command: BannerCommand) -> anyhow::Result<()> {
    let now = Clock::System.now();
    match command {
        BannerCommand::Add { title, image, link, info, database } => {
            ensure!(
                link::is_of_banner(&link),
                "--link {link:?}: a path of the shop like /courses, or an address of the web like https://example.com"
            );
            ensure!(!image.starts_with('/') && !image.contains(".."), "--image {image:?}: a path below /media/, like banner/rush.png");
            let id = open(&database).await?.add_banner(&title, &image, &link, &info, now).await?;
            println!("banner {id} is shown last");
        }
        BannerCommand::List(database) => {
            for (banner, shown) in open(&database).await?.all_banners().await? {
                let state = if shown { "shown" } else { "hidden" };
                println!("{:>5} place {:>4} {state:6} {} -> {}", banner.id, banner.orders, banner.title, banner.link);
            }
        }
        BannerCommand::Hide { id, database } => {
            there(open(&database).await?.show_banner(BannerId(id), false, now).await?, "banner", id)?;
            println!("banner {id} is hidden");
        }
        BannerCommand::Show { id, database } => {
            there(open(&database).await?.show_banner(BannerId(id), true, now).await?, "banner", id)?;
            println!("banner {id} is shown");
        }
        BannerCommand::Order { id, place, database } => {
            there(open(&database).await?.order_banner(BannerId(id), place, now).await?, "banner", id)?;
            println!("banner {id} has place {place}");
        }
    }
    Ok(())
}

async fn session(command: SessionCommand) -> anyhow::Result<()> {
    let SessionCommand::End { mobile, all: _, database } = command;
    let mobile = mobile.as_deref().map(parsed).transpose()?;
    let ended = open(&database).await?.end_sessions(mobile.as_ref()).await?.context("no student has this mobile")?;
    println!("{ended} sessions are ended; servers that run notice within a minute");
    Ok(())
}

async fn sms(command: SmsCommand) -> anyhow::Result<()> {
    let SmsCommand::Budget { codes, keep, reset, database } = command;
    let store = open(&database).await?;
    let now = Clock::System.now();
    if reset {
        store.set_sms_budget(None).await?;
    }
    if let Some(codes) = codes {
        store.set_sms_budget(Some(SmsBudget { codes, until: (!keep).then(|| now.shop_midnight()) })).await?;
    }
    let day = Day::of(now);
    let spent = day.spent(&store.sms_counters(&day.keys(), now).await?);
    println!("codes asked for today: {}, of them for mobiles that are no student's: {}", spent.all, spent.strangers);
    match store.sms_budget().await?.filter(|budget| budget.until.is_none_or(|until| now < until)) {
        None => println!("the budget of a day is what each server's SMS_SHOP_DAY says"),
        Some(SmsBudget { codes, until: None }) => println!("the budget is {codes} codes a day, until it is changed"),
        Some(SmsBudget { codes, until: Some(until) }) => println!("the budget is {codes} codes until {} (UTC+8)", shop_time(until)),
    }
    Ok(())
}

const MINUTE_MS: i64 = 60 * 1_000;

fn parsed(mobile: &str) -> anyhow::Result<Mobile> {
    Mobile::parse(mobile).map_err(|_| anyhow!("--mobile {mobile:?}: eleven digits like 13800000001"))
}

fn there(found: bool, what: &str, id: i64) -> anyhow::Result<()> {
    if found { Ok(()) } else { bail!("there is no {what} {id}") }
}

/// `now`, or a time with its offset from UTC.
fn moment(flag: &str, text: &str, now: Millis) -> anyhow::Result<Millis> {
    if text == "now" {
        return Ok(now);
    }
    let at: jiff::Timestamp = text.parse().map_err(|_| anyhow!("{flag} {text:?}: write a time like 2026-11-22T20:00:00+08:00, or now"))?;
    Ok(Millis(at.as_millisecond()))
}
