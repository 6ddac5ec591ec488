//! Report of a load test, as text and as JSON.

use super::stats::{Spread, Stats};
use crate::{server::output::counted, types::ids::SaleId};
use serde::Serialize;
use std::{collections::BTreeMap, fmt, time::Duration};

/// The end of a load test, as `--json` prints it. Rates count from the first arrival to the last
/// such answer.
#[derive(Debug, Serialize)]
pub struct Report {
    pub sale: SaleId,
    /// Students who were to come.
    pub students: u32,
    pub arrived: u64,
    /// Seconds that it took in all.
    pub seconds: f64,
    /// Whether it was ended before its time.
    pub interrupted: bool,
    /// Students whose click became a ticket that was no refusal.
    pub accepted: u64,
    /// Of them in a second.
    pub accepted_per_s: f64,
    /// Students who won a seat.
    pub won: u64,
    /// Of them in a second, as students heard of it.
    pub orders_per_s: f64,
    /// Students who got none, by the reason.
    pub lost: BTreeMap<String, u64>,
    /// Students whose ticket was not decided in the time they had.
    pub undecided: u64,
    /// Students who were never heard.
    pub turned_away: u64,
    /// Answers that were none, by their kind. A click that was told to come back did.
    pub errors: BTreeMap<String, u64>,
    /// Requests that were sent.
    pub requests: u64,
    /// Milliseconds from a click's intended moment to its answer.
    pub click_ms: Option<Spread>,
    /// Milliseconds from a student's arrival to the answer that decided.
    pub settled_ms: Option<Spread>,
    /// Milliseconds by which clicks were sent later than intended: the part of the above that is
    /// the load test's own.
    pub sent_late_ms: Option<Spread>,
    /// What `qiangke audit` finds broken: nothing, when all is well.
    pub audit: Vec<String>,
}

impl Report {
    pub(super) fn of(
        stats: Stats,
        sale: SaleId,
        students: u32,
        took: Duration,
        interrupted: bool,
    ) -> Self {
        Self {
            sale,
            students,
            arrived: stats.arrived,
            seconds: took.as_secs_f64(),
            interrupted,
            accepted: stats.accepted,
            accepted_per_s: rate(stats.accepted, stats.last_accepted),
            won: stats.won,
            orders_per_s: rate(stats.won, stats.last_won),
            undecided: stats.undecided,
            turned_away: stats.turned_away,
            requests: stats.requests,
            click_ms: stats.clicks.spread(),
            settled_ms: stats.settled.spread(),
            sent_late_ms: stats.late.spread(),
            lost: stats.lost,
            errors: stats.errors,
            audit: Vec::new(),
        }
    }

    /// A line for each measured time, in milliseconds.
    fn write_times(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  {:11} {:>10} {:>10} {:>10} {:>10}",
            "ms", "p50", "p99", "p99.9", "max"
        )?;
        for (what, spread) in [
            ("click", self.click_ms),
            ("settled", self.settled_ms),
            ("sent late", self.sent_late_ms),
        ] {
            if let Some(Spread {
                p50,
                p99,
                p999,
                max,
            }) = spread
            {
                writeln!(
                    f,
                    "  {what:11} {p50:>10.1} {p99:>10.1} {p999:>10.1} {max:>10.1}"
                )?;
            }
        }
        Ok(())
    }
}

/// How many in a second.
pub fn rate(count: u64, time: Duration) -> f64 {
    let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if time.is_zero() {
        0.0
    } else {
        count / time.as_secs_f64()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            sale,
            students,
            arrived,
            seconds,
            ..
        } = self;
        let cut = if self.interrupted {
            ", interrupted"
        } else {
            ""
        };
        writeln!(
            f,
            "load test of sale {sale}: {arrived} of {} in {seconds:.1} s, {}{cut}",
            counted(*students, "student", "students"),
            counted(self.requests, "request", "requests")
        )?;
        writeln!(
            f,
            "  accepted    {:>8}   {:.0}/s",
            self.accepted, self.accepted_per_s
        )?;
        writeln!(
            f,
            "  orders      {:>8}   {:.0}/s",
            self.won, self.orders_per_s
        )?;
        list(f, "refused", &self.lost)?;
        list(f, "errors", &self.errors)?;
        for (what, count) in [
            ("undecided", self.undecided),
            ("turned away", self.turned_away),
        ] {
            if count > 0 {
                writeln!(f, "  {what:11} {count:>8}")?;
            }
        }
        self.write_times(f)?;
        for broken in &self.audit {
            writeln!(f, "  BROKEN {broken}")?;
        }
        write!(
            f,
            "  audit: {}",
            if self.audit.is_empty() {
                "every invariant holds"
            } else {
                "the database is wrong"
            }
        )
    }
}

fn list(f: &mut fmt::Formatter<'_>, what: &str, counts: &BTreeMap<String, u64>) -> fmt::Result {
    if counts.is_empty() {
        return writeln!(f, "  {what:11} {:>8}", 0);
    }
    counts
        .iter()
        .try_for_each(|(name, count)| writeln!(f, "  {what:11} {count:>8}   {name}"))
}
