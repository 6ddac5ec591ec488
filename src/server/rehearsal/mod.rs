//! Load test, `qiangke rush`: test students click and poll at one's own shop, over HTTP, as
//! browsers do.
//!
//! - Students arrive when they are meant to, however slow the shop is, and every latency counts
//!   from that moment on: time that a click spent waiting for a connection is part of it. What of
//!   it is the rehearsal's own is reported beside it.
//! - Only this machine is rehearsed with, unless the operator says that another one is theirs.
//! - Its students can't be anybody: their mobiles belong to no network, and each rehearsal makes
//!   new ones.
//! - Every wait has an end: an answer's, a click's tries, a student's patience.

mod crowd;
mod drive;
mod errand;
mod line;
mod profile;
mod progress;
mod report;
mod score;
mod target;

pub use progress::Face;
pub use report::Report;
pub use score::Spread;
pub use target::Target;

use crate::{
    seckill::sale::Window,
    server::{boot, clock::Clock, config::Rehearsal, output::Output, store::Guard, store::Store},
    types::{
        account::Me,
        ids::SaleId,
        sale::{Phase, Sale},
        time::Millis,
    },
};
use anyhow::{Context, anyhow, bail, ensure};
use drive::{Outcome, Plan, drive};
use errand::Rules;
use http::{HeaderValue, Uri};
use progress::Progress;
use serde::Deserialize;
use std::future::pending;

/// Runs the command.
///
/// # Errors
/// The shop or the record can't be used, or the audit fails.
pub async fn run(args: &Rehearsal, output: &mut Output) -> anyhow::Result<()> {
    let target = Target::find(&args.url, args.yes_this_is_mine).await?;
    let store = boot::open_migrated(&args.database.database_url, Guard::On).await?;
    if let Some(file) = &args.cookies {
        let cookies = crowd::gather(&store, args.students, Clock::System.now()).await?;
        crowd::write(file, &cookies)
            .with_context(|| format!("{} can't be written", file.display()))?;
        output.done(format_args!(
            "{} students are signed in for an hour: {}",
            cookies.len(),
            file.display()
        ));
        return Ok(());
    }
    let stop = async {
        // Without its signal it ends by itself.
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
    };
    let report = rehearse(
        &store,
        target,
        args,
        &Clock::System,
        Face::of_stderr(),
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
        "{} invariants do not hold",
        report.audit.len()
    );
    Ok(())
}

/// Rehearses, until everybody is through or `stop`; audits the record afterwards.
///
/// # Errors
/// There is no such sale, the shop does not answer or uses another record, or the record can't be
/// read or written.
pub async fn rehearse(
    store: &Store,
    target: Target,
    args: &Rehearsal,
    clock: &Clock,
    face: Face,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Report> {
    let sale = choose(&store.all_sales().await?, args.sale, clock.now())?;
    let signer = boot::signer(store).await?;
    let cookies = crowd::gather(store, args.students, clock.now()).await?;
    know(&target, cookies.first().context("nobody comes")?).await?;
    let arrivals = profile::arrivals(args.profile, args.students, args.seconds);
    let plan = Plan {
        rules: Rules::new(target, signer, sale, args.clicks),
        cookies,
        arrivals,
        connections: args.connections as usize,
    };
    let Outcome {
        score,
        took,
        interrupted,
    } = drive(plan, &mut Progress::new(face, args.students), stop).await?;
    let mut report = Report::of(score, sale, args.students, took, interrupted);
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

/// The sale that was named, or the open one.
fn choose(sales: &[(Sale, i64)], named: Option<i64>, now: Millis) -> anyhow::Result<SaleId> {
    if let Some(id) = named {
        let found = sales.iter().find(|(sale, _)| sale.id == SaleId(id));
        return found
            .map(|(sale, _)| sale.id)
            .with_context(|| format!("there is no sale {id}"));
    }
    let open: Vec<_> = sales
        .iter()
        .filter(|(sale, _)| Window::of(sale).phase(now) == Phase::Open)
        .collect();
    match open.as_slice() {
        [(sale, _)] => Ok(sale.id),
        [] => {
            bail!("no sale is open: make one with `qiangke sale create`, or name one with --sale")
        }
        several => {
            let name = |(sale, left): &&(Sale, i64)| {
                format!(
                    "{} ({}, {left} of {} seats left)",
                    sale.id, sale.course_name, sale.stock
                )
            };
            bail!(
                "several sales are open, name one with --sale: {}",
                several.iter().map(name).collect::<Vec<_>>().join(", ")
            )
        }
    }
}

/// Asserts that the shop knows this record's students: else every click would be refused.
async fn know(target: &Target, cookie: &HeaderValue) -> anyhow::Result<()> {
    #[derive(Deserialize)]
    struct Seen {
        result: Option<Me>,
    }
    let request = line::get(target, Uri::from_static("/api/v1/user/me/"), cookie);
    let (_, answer) = line::ask(target, None, request).await;
    let answer = answer
        .map_err(|trouble| anyhow!("{}: {}; does the shop run?", target.address, trouble.name()))?;
    let seen: Seen = serde_json::from_slice(&answer.body)
        .with_context(|| format!("what answers at {} is no qiangke", target.address))?;
    seen.result.map(drop).with_context(|| {
        format!(
            "the shop at {} does not know this record's students: is DATABASE_URL its own?",
            target.address
        )
    })
}
