//! The commands beside `serve`: each opens the database, does one thing, says what it did, and
//! ends.

mod backup;
mod banner;
mod confirm;
pub mod doctor;
mod import;
mod key;
mod sale;
mod student;

use crate::{
    server::{
        boot::{self, DatabaseLocation},
        clock::{Clock, shop_time},
        config::{Command, Database, OrderCommand, Role, SessionCommand, SmsCommand},
        load_test, log,
        output::Output,
        private_file,
        shop::account::Day,
        store::{Cancelled, OrderQuery, OrderRow, SmsBudget, Store},
    },
    types::{
        account::Mobile,
        ids::{OrderId, SaleId},
        line::line,
        time::Millis,
    },
};
use anyhow::{Context, anyhow, bail, ensure};
use std::process::ExitCode;

/// The exit status of a command that only reads, when its output is not whole (`EX_IOERR` of
/// sysexits.h).
const EXIT_UNWRITTEN: u8 = 74;

/// Runs a command to the end of the process.
pub async fn run(command: Command) -> ExitCode {
    let mut output = Output::of_process();
    let outcome = execute(command, &mut output).await;
    let unwritten = output.end().err();
    if let Some(unwritten) = &unwritten {
        log::say_last(&format!("qiangke: {unwritten}"));
    }
    let status = match (outcome, unwritten) {
        (Err(error), _) => {
            log::say_last(&format!("qiangke: {error:#}"));
            ExitCode::FAILURE
        }
        (Ok(()), Some(unwritten)) if !unwritten.is_done() => ExitCode::from(EXIT_UNWRITTEN),
        (Ok(()), _) => ExitCode::SUCCESS,
    };
    log::flush();
    status
}

async fn execute(command: Command, output: &mut Output) -> anyhow::Result<()> {
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
        Command::Migrate(database) => migrate(&database, output).await,
        Command::Import(args) => import::run(&args, output).await,
        Command::Sale(command) => sale::run(command, output).await,
        Command::Order(command) => order(command, output).await,
        Command::Banner(command) => banner::run(command, output).await,
        Command::Session(command) => session(command, output).await,
        Command::Student(command) => student::run(command, output).await,
        Command::Key(command) => key::run(command, output).await,
        Command::Backup(args) => backup::run(&args, output).await,
        Command::Rush(args) => load_test::run(&args, output).await,
        Command::Sms(command) => sms(command, output).await,
        Command::Audit(database) => audit(&database, output).await,
        Command::Settings { form } => {
            output.line(form.text().trim_end());
            Ok(())
        }
        Command::Doctor(config) => doctor::run(&config, output).await,
    }
}

async fn open(database: &Database) -> anyhow::Result<Store> {
    boot::open_migrated(&database.database_url).await
}

async fn migrate(database: &Database, output: &mut Output) -> anyhow::Result<()> {
    let url = &database.database_url;
    let is_new = matches!(boot::place(url)?, DatabaseLocation::File(path) if !path.exists());
    let store = boot::open_store(url).await?;
    boot::migrate(&store).await?;
    for said in boot::close_record(url)? {
        log::say_last(&format!("qiangke: {said}"));
    }
    let what = if is_new {
        "a new, empty database was made"
    } else if store.is_catalogue_empty().await? {
        "the database is up to date, and has no course"
    } else {
        "the database is up to date"
    };
    output.done(format_args!("{what}: {}", boot::located(url)));
    Ok(())
}

async fn audit(database: &Database, output: &mut Output) -> anyhow::Result<()> {
    let findings = open(database).await?.audit().await?;
    for finding in &findings {
        output.line(format_args!(
            "BROKEN {}: {}",
            finding.invariant, finding.example
        ));
    }
    ensure!(
        findings.is_empty(),
        "{} invariants do not hold",
        findings.len()
    );
    output.line("audit: every invariant holds");
    Ok(())
}

async fn order(command: OrderCommand, output: &mut Output) -> anyhow::Result<()> {
    match command {
        OrderCommand::List {
            mobile,
            sale,
            limit,
            database,
        } => {
            let query = OrderQuery {
                mobile: mobile.as_deref().map(parsed).transpose()?,
                sale: sale.map(SaleId),
            };
            let mut orders = open(&database).await?.orders(&query, limit + 1).await?;
            let shown = usize::try_from(limit).unwrap_or(usize::MAX);
            let is_all = orders.len() <= shown;
            orders.truncate(shown);
            output.line(format_args!(
                "{:>8} {:>5} {:>6} {:11}  {:16} {:16} course",
                "order", "sale", "seat", "mobile", "won (UTC+8)", "ended"
            ));
            orders.iter().for_each(|order| output.line(row(order)));
            if !is_all {
                // Not among the orders, which a program may count.
                log::say_last(&format!(
                    "qiangke: there are more than {limit} orders: say --limit for more"
                ));
            }
        }
        OrderCommand::Cancel {
            id,
            reason,
            database,
        } => {
            let reason = line(&reason, REASON_MAX)
                .map_err(|why| anyhow!("--reason: some words on one line: {why}"))?;
            match open(&database)
                .await?
                .cancel_order(OrderId(id), reason, Clock::System.now())
                .await?
            {
                Cancelled::Ended { sale, seat } => output.done(format_args!(
                    "order {id} ended; seat {seat} of sale {sale} is free"
                )),
                Cancelled::Before(at) => {
                    bail!("order {id} ended at {} (UTC+8) already", shop_time(at))
                }
                Cancelled::Unknown => bail!("there is no order {id}"),
            }
        }
    }
    Ok(())
}

/// Characters of the reason why an order ended, at most.
const REASON_MAX: usize = 200;

fn row(order: &OrderRow) -> String {
    let OrderRow {
        id,
        sale_id,
        seat,
        mobile,
        course,
        created_at,
        ended_at,
        end_reason,
    } = order;
    let (won, ended) = (
        shop_time(Millis(*created_at)),
        ended_at.map_or_else(|| "live".into(), |at| shop_time(Millis(at))),
    );
    let why = end_reason
        .as_ref()
        .map(|why| format!(" ({why})"))
        .unwrap_or_default();
    format!("{id:>8} {sale_id:>5} {seat:>6} {mobile:11}  {won:16} {ended:16} {course}{why}")
}

async fn session(command: SessionCommand, output: &mut Output) -> anyhow::Result<()> {
    let SessionCommand::End {
        mobile,
        all: _,
        database,
    } = command;
    let mobile = mobile.as_deref().map(parsed).transpose()?;
    let ended = open(&database)
        .await?
        .end_sessions(mobile.as_ref(), Clock::System.now())
        .await?;
    let ended = ended.context("no student has this mobile")?;
    output.done(format_args!(
        "{ended} sessions are ended; servers that run notice within two seconds"
    ));
    Ok(())
}

async fn sms(command: SmsCommand, output: &mut Output) -> anyhow::Result<()> {
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
                "the budget is {shop_day} codes a day, by SMS_SHOP_DAY as this command reads it: servers with another have that one"
            )
        }
        Some(SmsBudget { codes, until: None }) => {
            format!("the budget is {codes} codes a day, until it is changed")
        }
        Some(SmsBudget {
            codes,
            until: Some(until),
        }) => format!(
            "the budget is {codes} codes until {} (UTC+8)",
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

fn parsed(mobile: &str) -> anyhow::Result<Mobile> {
    Mobile::parse(mobile)
        .map_err(|_| anyhow!("--mobile {mobile:?}: eleven digits like 13800000001"))
}

fn there(found: bool, what: &str, id: i64) -> anyhow::Result<()> {
    if found {
        Ok(())
    } else {
        bail!("there is no {what} {id}")
    }
}
