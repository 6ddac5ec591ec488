//! Load test, `qiangke rush`: test students click and poll at one's own shop, over HTTP, as
//! browsers do.
//!
//! - Students arrive when they are meant to, however slow the shop is, and every latency counts
//!   from that moment on: time that a click spent waiting for a connection is part of it. What of
//!   it is the load test's own is reported beside it.
//! - Only this machine is loaded, unless the operator says that another one is theirs.
//! - Its students can't be anybody: their mobiles belong to no network, and each load test makes
//!   new ones.
//! - Every wait has an end: an answer's, a click's tries, a student's patience.

mod arrivals;
mod connection;
mod progress;
mod report;
mod runner;
mod stats;
mod students;
mod target;
mod virtual_user;

pub use progress::OutputKind;
pub use report::Report;
pub use stats::Spread;
pub use target::Target;

use crate::{
    rules::seckill::window::Window,
    server::{
        boot,
        clock::Clock,
        config::Database,
        output::{Output, counted, shown},
        store::Store,
    },
    types::{
        account::Me,
        ids::SaleId,
        sale::{Phase, Sale},
        time::Millis,
    },
};
use anyhow::{Context, anyhow, bail, ensure};
use arrivals::Profile;
use clap::Args;
use http::{HeaderValue, Uri};
use progress::Progress;
use runner::{Plan, RunOutcome, drive};
use serde::Deserialize;
use std::{future::pending, path::PathBuf};
use virtual_user::Rules;

/// `qiangke rush`.
#[derive(Clone, Debug, Args)]
pub struct LoadTestArgs {
    /// The shop, which uses the database of --database-url
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    pub url: String,
    /// The sale's number: test students take its seats
    #[arg(long)]
    pub sale: Option<i64>,
    /// How many students come
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=200_000))]
    pub students: u32,
    /// How they arrive
    #[arg(long, value_enum, default_value_t = Profile::Burst)]
    pub profile: Profile,
    /// Seconds in which they arrive [default: 10; with `emf` 17]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3_000))]
    pub seconds: Option<u32>,
    /// Clicks of each student: an impatient one clicks again and again, 200 ms after each answer
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub clicks: u32,
    /// Connections that students share, at most; more of them don't fit into common limits of open
    /// files
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=900))]
    pub connections: u32,
    /// Test a shop that is not on this machine
    #[arg(long)]
    pub yes_this_is_mine: bool,
    /// The report as one line of JSON
    #[arg(long)]
    pub json: bool,
    /// Only sign the students in, for an hour, and write their cookies to this file, a line each,
    /// for another load generator
    #[arg(long, conflicts_with_all = ["sale", "json"])]
    pub cookies: Option<PathBuf>,
    /// Where the database is.
    #[command(flatten)]
    pub database: Database,
}

/// Runs the command.
///
/// # Errors
/// The shop or the database can't be used, or the audit fails.
pub async fn run(args: &LoadTestArgs, output: &mut Output) -> anyhow::Result<()> {
    let target = Target::find(&args.url, args.yes_this_is_mine).await?;
    let store = boot::open_migrated(&args.database.database_url).await?;
    let outcome = run_on(&store, target, args, output).await;
    store.close().await?;
    outcome
}

async fn run_on(
    store: &Store,
    target: Target,
    args: &LoadTestArgs,
    output: &mut Output,
) -> anyhow::Result<()> {
    if let Some(file) = &args.cookies {
        let cookies = students::gather(store, args.students, Clock::System.now()).await?;
        students::write(file, &cookies)
            .with_context(|| format!("{} can't be written", shown(file)))?;
        output.done(format_args!(
            "{} signed in for an hour: {}",
            counted(cookies.len(), "student is", "students are"),
            shown(file)
        ));
        return Ok(());
    }
    let stop = async {
        // Without its signal it ends by itself.
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
    };
    let report = load_test(
        store,
        target,
        args,
        &Clock::System,
        OutputKind::of_stderr(),
        stop,
    )
    .await?;
    if args.json {
        output.done(serde_json::to_string(&report)?);
    } else {
        output.done(&report);
    }
    ensure!(
        report.audit.is_empty(),
        "{}",
        counted(
            report.audit.len(),
            "invariant does not hold",
            "invariants do not hold"
        )
    );
    Ok(())
}

/// Runs, until everybody is through or `stop`; audits the database afterwards.
///
/// # Errors
/// There is no such sale, the shop does not answer or uses another database, or the database can't
/// be read or written.
pub async fn load_test(
    store: &Store,
    target: Target,
    args: &LoadTestArgs,
    clock: &Clock,
    face: OutputKind,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Report> {
    let sale = choose(&store.all_sales().await?, args.sale, clock.now())?;
    let signer = boot::signer(store).await?;
    // One is enough to find out that there is no shop, or another one.
    let mut cookies = students::gather(store, 1, clock.now()).await?;
    know(&target, cookies.first().context("nobody comes")?)
        .await
        .context("one test student was made, nobody clicked")?;
    cookies.extend(students::gather(store, args.students - 1, clock.now()).await?);
    let arrivals = arrivals::arrivals(args.profile, args.students, args.seconds);
    let plan = Plan {
        rules: Rules::new(target, signer, sale, args.clicks),
        cookies,
        arrivals,
        connections: args.connections as usize,
    };
    let RunOutcome {
        stats,
        took,
        interrupted,
    } = drive(plan, &mut Progress::new(face, args.students), stop).await?;
    let mut report = Report::of(stats, sale, args.students, took, interrupted);
    report.audit = match store.audit().await {
        Ok(findings) => findings
            .iter()
            .map(|finding| format!("{}: {}", finding.invariant, finding.example))
            .collect(),
        // What was found is worth more than the reason why it can't be judged.
        Err(error) => vec![format!("the audit itself: {error}")],
    };
    Ok(report)
}

/// The sale that was named: nobody else's seats are given to test students.
fn choose(sales: &[(Sale, i64)], named: Option<i64>, now: Millis) -> anyhow::Result<SaleId> {
    let Some(id) = named else {
        let open: Vec<_> = sales
            .iter()
            .filter(|(sale, _)| Window::of(sale).phase(now) == Phase::Open)
            .map(|(sale, left)| {
                format!(
                    "{} ({}, {left} of {} left)",
                    sale.id,
                    sale.course_name,
                    counted(sale.stock, "seat", "seats")
                )
            })
            .collect();
        if open.is_empty() {
            bail!("make a sale for the test with `qiangke sale create`, and name it with --sale");
        }
        bail!(
            "test students take seats: name the sale with --sale; open now: {}",
            open.join(", ")
        );
    };
    let found = sales.iter().find(|(sale, _)| sale.id == SaleId(id));
    found
        .map(|(sale, _)| sale.id)
        .with_context(|| format!("there is no sale {id}"))
}

/// Asserts that the shop knows this database's students: else every click would be refused.
async fn know(target: &Target, cookie: &HeaderValue) -> anyhow::Result<()> {
    #[derive(Deserialize)]
    struct MeAnswer {
        result: Option<Me>,
    }
    let request = connection::get(target, Uri::from_static("/api/v1/user/me/"), cookie);
    let (_, answer) = connection::ask(target, None, request).await;
    let answer = answer
        .map_err(|trouble| anyhow!("{}: {}; does the shop run?", target.address, trouble.name()))?;
    let seen: MeAnswer = serde_json::from_slice(&answer.body)
        .with_context(|| format!("what answers at {} is no qiangke", target.address))?;
    seen.result.map(drop).with_context(|| {
        format!(
            "the shop at {} does not know this database's students: is DATABASE_URL its own?",
            target.address
        )
    })
}
