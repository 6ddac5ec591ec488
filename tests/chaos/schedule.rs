//! One engine pair's way through the faults: round after round, each round in an order of its own.

use crate::{
    Plan,
    dice::Dice,
    episode,
    faults::{FAULTS, Fault},
    process::program,
    report::Report,
    shop::{Disk, Pair, Shop},
};
use std::{collections::HashMap, process::Command, time::Instant};

/// Sales of a shop before a new one takes its place: each that is open costs a little all the time.
const SALES_MAX: usize = 128;

/// How often an episode is run when the machine has too little of its processor to say anything of
/// time; the last one counts.
const TRIES_MAX: u32 = 4;

/// Runs episodes until it is time.
pub async fn run(pair: Pair, plan: Plan, seed: u64, until: Instant, report: Report) {
    let mut dice = Dice::new(seed ^ (pair as u64 + 1).wrapping_mul(0x5851_f42d_4c95_7f2d));
    let mut schedule = Schedule {
        pair,
        plan,
        report,
        shop: None,
        sales: 0,
        turns: HashMap::new(),
    };
    let faults = schedule.faults();
    if schedule.plan.short {
        for fault in faults.iter().filter(|fault| fault.short.is_some()) {
            schedule.episode(fault, &mut dice).await;
        }
        return;
    }
    while Instant::now() < until && !faults.is_empty() {
        let mut round: Vec<_> = faults
            .iter()
            .flat_map(|fault| vec![*fault; fault.weight])
            .collect();
        dice.shuffle(&mut round);
        for fault in round {
            if Instant::now() >= until {
                return;
            }
            schedule.episode(fault, &mut dice).await;
        }
    }
}

struct Schedule {
    pair: Pair,
    plan: Plan,
    report: Report,
    shop: Option<Shop>,
    /// How many it has opened.
    sales: usize,
    /// How many turns each fault had.
    turns: HashMap<&'static str, u64>,
}

impl Schedule {
    /// Those that can strike here; the others are reported as skipped.
    fn faults(&self) -> Vec<&'static Fault> {
        let is_wanted = |fault: &&Fault| {
            let parts = &self.plan.faults;
            parts.is_empty() || parts.iter().any(|part| fault.is_named(part))
        };
        let mut found = Vec::new();
        for fault in FAULTS
            .iter()
            .filter(is_wanted)
            .filter(|fault| fault.pairs.contains(&self.pair))
        {
            match fault.needs.iter().find(|program| !is_there(program)) {
                None => found.push(fault),
                Some(missing) => {
                    self.report
                        .skipped(fault.name, self.pair, &format!("{missing} is not there"));
                }
            }
        }
        found
    }

    async fn episode(&mut self, fault: &'static Fault, dice: &mut Dice) {
        let mut tries = Some(1);
        while let Some(number) = tries {
            tries = self.try_episode(fault, number, dice).await;
        }
    }

    /// Runs one; gives the number of the next try when it is to be run again.
    async fn try_episode(
        &mut self,
        fault: &'static Fault,
        tries: u32,
        dice: &mut Dice,
    ) -> Option<u32> {
        let seen = self.turns.entry(fault.name).or_default();
        *seen += 1;
        let turn = *seen;
        let mut shop = match self
            .shop
            .take()
            .filter(|shop| self.sales < SALES_MAX && shop.staging == fault.staging)
        {
            Some(shop) => shop,
            None => {
                self.sales = 0;
                match Shop::open(
                    self.pair,
                    fault.staging,
                    &program(self.plan.program.as_deref()),
                )
                .await
                {
                    Ok(shop) => shop,
                    Err(error) => {
                        self.report.failed(
                            fault.name,
                            self.pair,
                            &format!("the shop does not open: {error}"),
                        );
                        return None;
                    }
                }
            }
        };
        let size = if self.plan.short {
            fault.short.unwrap_or(fault.size)
        } else {
            fault.size
        };
        match episode::run(&mut shop, fault, turn, size, dice).await {
            Ok(outcome) if outcome.is_undecided() && tries < TRIES_MAX => {
                self.report.undecided(fault.name, self.pair, &outcome);
                self.turns.insert(fault.name, turn - 1);
                return Some(tries + 1);
            }
            Ok(outcome) => {
                if outcome.strikes.is_exhausted {
                    self.turns.insert(fault.name, 0);
                }
                self.report.episode(fault.name, self.pair, turn, &outcome);
                // A shop that is broken proves nothing more; its files are kept for whoever looks
                // into it.
                if outcome.violations.is_empty() {
                    self.sales += size.sales;
                    self.shop = Some(shop);
                } else {
                    self.report.keep(shop);
                }
            }
            Err(error) => {
                self.report.failed(fault.name, self.pair, &error);
                self.report.keep(shop);
            }
        }
        None
    }
}

/// Whether a program is there, or with a slash a file, or `tmpfs`: the right to mount one.
fn is_there(program: &str) -> bool {
    if program == "tmpfs" {
        let folder = tempfile::tempdir().expect("a temporary folder");
        return Disk::mount(&folder.path().join("disk")).is_some();
    }
    if program.contains('/') {
        return std::path::Path::new(program).exists();
    }
    // Debian keeps servers in a folder that is on the path of root only.
    Command::new("sh")
        .args([
            "-c",
            &format!("PATH=$PATH:/usr/sbin; command -v {program} >/dev/null"),
        ])
        .status()
        .is_ok_and(|status| status.success())
}
