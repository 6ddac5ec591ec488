//! What a run says: a line for each episode, the ledger, and the matrix at the end.

use crate::{
    episode::{Money, Outcome},
    shop::{Pair, Shop},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs::{File, create_dir_all},
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// A run's report. A copy is a pointer.
#[derive(Clone)]
pub struct Report(Arc<Mutex<Book>>);

struct Book {
    seed: u64,
    began: Instant,
    ledger: File,
    folder: PathBuf,
    cells: BTreeMap<(&'static str, Pair), Cell>,
    broken: Vec<String>,
    first: Option<String>,
    undecided: usize,
}

/// A fault on an engine pair.
#[derive(Default)]
struct Cell {
    runs: usize,
    strikes: usize,
    kills: usize,
    tickets: usize,
    answers: usize,
    violations: usize,
    skipped: Option<String>,
}

impl Report {
    pub fn open(folder: &Path, seed: u64) -> Self {
        create_dir_all(folder).expect("a folder for the ledger");
        let path = folder.join(format!("{seed}.jsonl"));
        let ledger = File::create(&path).expect("the ledger");
        println!("chaos: seed {seed}, ledger {}", path.display());
        let (cells, broken) = (BTreeMap::new(), Vec::new());
        let book = Book {
            seed,
            began: Instant::now(),
            ledger,
            folder: folder.into(),
            cells,
            broken,
            first: None,
            undecided: 0,
        };
        Self(Arc::new(Mutex::new(book)))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn skipped(&self, fault: &'static str, pair: Pair, why: &str) {
        let mut book = self.book();
        book.write(&json!({"fault": fault, "engine": pair.name(), "skipped": why}));
        book.cells.entry((fault, pair)).or_default().skipped = Some(why.into());
    }

    /// The tool itself broke: that proves nothing.
    pub fn broken(&self, what: &str) {
        println!("{what}");
        self.book().broken.push(what.into());
    }

    /// The shop did not come back.
    pub fn failed(&self, fault: &'static str, pair: Pair, error: &str) {
        let mut book = self.book();
        let cell = book.cells.entry((fault, pair)).or_default();
        cell.runs += 1;
        cell.violations += 1;
        book.write(&json!({"fault": fault, "engine": pair.name(), "failed": error}));
        book.line(fault, pair, &format!("FAILED {error}"));
        book.first
            .get_or_insert_with(|| format!("{fault} on {}: {error}", pair.name()));
    }

    /// An episode that says nothing of the shop, and is run again.
    pub fn undecided(&self, fault: &'static str, pair: Pair, outcome: &Outcome) {
        let mut book = self.book();
        book.undecided += 1;
        let rules: Vec<_> = outcome.violations.iter().map(|found| found.rule).collect();
        book.write(&json!({"fault": fault, "engine": pair.name(), "stolen_percent": outcome.stolen_percent, "undecided": rules}));
        let stolen = outcome.stolen_percent;
        book.line(
            fault,
            pair,
            &format!(
                "UNDECIDED, {stolen} % of the processor was not this machine's: once more ({})",
                rules.join("; ")
            ),
        );
    }

    pub fn episode(&self, fault: &'static str, pair: Pair, turn: u64, outcome: &Outcome) {
        let mut book = self.book();
        let strikes = outcome.strikes;
        let cell = book.cells.entry((fault, pair)).or_default();
        // Where nothing struck, nothing was proven.
        cell.runs += usize::from(strikes.count > 0);
        cell.strikes += strikes.count;
        cell.kills += strikes.kills;
        cell.tickets += outcome.tickets;
        cell.answers += outcome.answers;
        cell.violations += outcome.violations.len();
        let Money {
            paid,
            ended,
            refunds,
        } = outcome.money;
        let violations: Vec<_> = outcome
            .violations
            .iter()
            .map(|found| json!({"rule": found.rule, "example": found.example}))
            .collect();
        book.write(&json!({
            "fault": fault, "engine": pair.name(), "turn": turn, "strikes": strikes.count, "kills": strikes.kills,
            "accepted": outcome.tickets, "orders": outcome.orders, "answers": outcome.answers, "healed_ms": outcome.healed_ms,
            "took_ms": u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX), "peak_kb": outcome.peak_kb,
            "paid": paid, "ended": ended, "refunds": refunds, "stolen_percent": outcome.stolen_percent,
            "violations": violations,
        }));
        let money = if paid > 0 {
            format!("{paid:>4} paid {ended:>4} ended {refunds:>3} back ")
        } else {
            String::new()
        };
        let text = format!(
            "{:>4.1} s {:>3} strikes {:>3} kills {:>6} answers {:>5} tickets {money}{:>4} MB {}",
            outcome.took.as_secs_f64(),
            strikes.count,
            strikes.kills,
            outcome.answers,
            outcome.tickets,
            outcome.peak_kb / 1_024,
            if violations.is_empty() {
                "ok"
            } else {
                "VIOLATED"
            },
        );
        book.line(fault, pair, &text);
        for found in &outcome.violations {
            println!("      {}: {}", found.rule, found.example);
            book.first.get_or_insert_with(|| {
                format!(
                    "{fault} on {}: {}: {}",
                    pair.name(),
                    found.rule,
                    found.example
                )
            });
        }
        if !outcome.violations.is_empty() {
            book.history(fault, pair, turn, outcome);
        }
    }

    /// Keeps the files of a shop whose episode was no good.
    pub fn keep(&self, shop: Shop) {
        let book = self.book();
        let name = format!(
            "{}-shop-{}",
            book.seed,
            shop.folder
                .path()
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or("kept")
        );
        let to = book.folder.join(name);
        drop(book);
        let Shop {
            folder, instances, ..
        } = shop;
        drop(instances);
        let copied = std::process::Command::new("cp")
            .arg("-r")
            .arg(folder.path())
            .arg(&to)
            .status();
        if copied.is_ok_and(|status| status.success()) {
            println!("      its files: {}", to.display());
        }
    }

    /// Prints the matrix; whether nothing was violated, and something was tried.
    pub fn close(&self) -> bool {
        let mut book = self.book();
        println!(
            "\n{:<44} {:<15} {:>6} {:>8} {:>6} {:>8} {:>10}",
            "fault", "engine", "runs", "strikes", "kills", "tickets", "violations"
        );
        let (mut kills, mut tickets, mut violations, mut runs) = (0, 0, 0, 0);
        for ((fault, pair), cell) in &book.cells {
            let violated = match &cell.skipped {
                Some(why) => format!("skipped: {why}"),
                None => cell.violations.to_string(),
            };
            let Cell {
                runs: ran,
                strikes,
                kills: killed,
                tickets: sold,
                ..
            } = cell;
            println!(
                "{fault:<44} {:<15} {ran:>6} {strikes:>8} {killed:>6} {sold:>8} {violated:>10}",
                pair.name()
            );
            kills += cell.kills;
            tickets += cell.tickets;
            violations += cell.violations;
            runs += cell.runs;
        }
        println!(
            "chaos: {runs} runs, {kills} kills, {tickets} accepted tickets, {violations} violations in {:.0} s; seed {}",
            book.began.elapsed().as_secs_f64(),
            book.seed
        );
        if book.undecided > 0 {
            println!(
                "{} episodes were run again: the machine had too little of its processor for what is said of time",
                book.undecided
            );
        }
        let total = json!({"runs": runs, "kills": kills, "accepted": tickets, "violations": violations, "undecided": book.undecided, "seed": book.seed});
        book.write(&total);
        if let Some(first) = &book.first {
            println!("the first violation (SEED={}): {first}", book.seed);
        }
        for broken in &book.broken {
            println!("{broken}");
        }
        violations == 0 && book.broken.is_empty() && runs > 0
    }
}

impl Book {
    fn write(&mut self, line: &Value) {
        writeln!(self.ledger, "{line}").expect("the ledger");
    }

    fn line(&self, fault: &str, pair: Pair, text: &str) {
        println!(
            "{:>6.0} s  {:<15} {fault:<40} {text}",
            self.began.elapsed().as_secs_f64(),
            pair.name()
        );
    }

    /// All that the clients of an episode saw.
    fn history(&self, fault: &str, pair: Pair, turn: u64, outcome: &Outcome) {
        let name = format!(
            "{}-{}-{}-{turn}.history.jsonl",
            self.seed,
            pair.name(),
            fault.replace(|letter: char| !letter.is_alphanumeric(), "_")
        );
        let lines: Vec<_> = outcome
            .events
            .iter()
            .map(|event| event.json().to_string())
            .chain(outcome.visits.iter().map(|visit| visit.json().to_string()))
            .collect();
        std::fs::write(self.folder.join(name), lines.join("\n")).expect("the history");
    }
}
