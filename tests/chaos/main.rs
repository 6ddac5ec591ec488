//! `make chaos`: sales under load while faults strike, and a checker that holds what every client
//! saw, and what the database says, against the guarantees. `scripts/chaos.sh` builds it, brings
//! PostgreSQL, and runs it.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a tool of the tests says what it takes for granted, and talks to a terminal"
)]

mod bystander_rules;
mod bystanders;
mod checker;
mod clients;
mod dice;
mod episode;
mod facts;
mod faults;
mod history;
mod memory;
mod money_rules;
mod notes;
mod outlet;
mod payers;
mod process;
mod processor;
mod proxy;
mod report;
mod schedule;
mod selfcheck;
mod service;
mod shop;

use crate::{report::Report, shop::Pair};
use clap::Parser;
use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};
use tokio::runtime::Handle;

/// Sales under load while faults strike.
#[derive(Clone, Debug, Parser)]
pub struct Plan {
    /// For how many minutes, about: an episode that has begun is finished
    #[arg(long, default_value_t = 30.0)]
    pub minutes: f64,
    /// What the plan is made from: the same seed plans the same [default: the time]
    #[arg(long)]
    pub seed: Option<u64>,
    /// Only these engines
    #[arg(long, value_enum, value_delimiter = ',')]
    pub pairs: Vec<Pair>,
    /// Only faults whose names contain one of these, in any case
    #[arg(long, value_delimiter = ',', value_parser = faults::part_of_name)]
    pub faults: Vec<String>,
    /// One small episode of each fault that needs little time, and no more
    #[arg(long)]
    pub short: bool,
    /// The program that is tried [default: the one that was built with this]
    #[arg(long)]
    pub program: Option<PathBuf>,
    /// Where the ledger goes
    #[arg(long, default_value = "target/chaos")]
    pub ledger: PathBuf,
}

fn main() -> ExitCode {
    // What `cargo test` and nextest see of this is the checker's own test; everything else takes
    // minutes, and is run by name.
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if asked.iter().any(|word| word == "--list") {
        if !asked.iter().any(|word| word == "--ignored") {
            println!("the_checker_finds_what_is_planted: test");
        }
        return ExitCode::SUCCESS;
    }
    selfcheck::run();
    processor::check();
    faults::check();
    if asked.is_empty()
        || asked
            .iter()
            .any(|word| word == "--exact" || word == "--nocapture")
    {
        return ExitCode::SUCCESS;
    }
    let plan = Plan::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    if run(&plan, runtime.handle()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs the schedules side by side; whether nothing was violated. Each has a thread of its own, since
/// faults are struck with programs and clients that block.
fn run(plan: &Plan, runtime: &Handle) -> bool {
    let now = qiangke::server::clock::Clock::System.now();
    let seed = plan.seed.unwrap_or(now.0.unsigned_abs());
    let report = Report::open(&plan.ledger, seed);
    let until = Instant::now() + Duration::from_secs_f64(plan.minutes * 60.0);
    let pairs = if plan.pairs.is_empty() {
        Pair::ALL.to_vec()
    } else {
        plan.pairs.clone()
    };
    std::thread::scope(|threads| {
        let schedule = |pair| {
            threads.spawn({
                let report = report.clone();
                move || runtime.block_on(schedule::run(pair, plan.clone(), seed, until, report))
            })
        };
        let schedules: Vec<_> = pairs.into_iter().map(schedule).collect();
        for schedule in schedules {
            if schedule.join().is_err() {
                report.broken(
                    "a schedule of this tool broke: what it had still to try was not tried",
                );
            }
        }
    });
    report.close()
}
