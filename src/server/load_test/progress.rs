//! Progress of a load test on standard error: one line that is overwritten on a terminal, else a
//! line now and then.

use super::{report::rate, stats::Stats};
use std::{
    io::{IsTerminal, Write, stderr},
    time::Duration,
};

/// Where the news goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    Terminal,
    /// A file, or another program.
    Lines,
    Silent,
}

/// The news, and what was told last.
#[derive(Debug)]
pub struct Progress {
    face: OutputKind,
    students: u64,
    told: Told,
}

/// The counts that rates are made of.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    at: Duration,
    arrived: u64,
    accepted: u64,
    won: u64,
    lost: u64,
}

/// Between two looks of a terminal.
const TERMINAL_EVERY: Duration = Duration::from_millis(250);
const LINE_EVERY: Duration = Duration::from_secs(2);
/// Characters of the bar.
const BAR: u64 = 20;

impl OutputKind {
    /// That of standard error.
    pub fn of_stderr() -> Self {
        if stderr().is_terminal() {
            Self::Terminal
        } else {
            Self::Lines
        }
    }
}

impl Progress {
    /// No news yet of so many students.
    pub fn new(face: OutputKind, students: u32) -> Self {
        Self {
            face,
            students: students.into(),
            told: Told::default(),
        }
    }

    /// How often there is news.
    pub fn every(&self) -> Duration {
        if self.face == OutputKind::Terminal {
            TERMINAL_EVERY
        } else {
            LINE_EVERY
        }
    }

    /// Says how it stands after this time.
    pub fn tell(&mut self, stats: &Stats, at: Duration) {
        let line = self.line(stats, at);
        // Nobody may be listening any more: that is no reason to end.
        let _ = match self.face {
            OutputKind::Silent => Ok(()),
            OutputKind::Lines => writeln!(stderr(), "{line}"),
            // Written over the line before, and cut at the terminal's edge, where it would begin
            // another one.
            OutputKind::Terminal => write!(stderr(), "\r\x1b[K\x1b[?7l{line}\x1b[?7h"),
        };
    }

    /// Says how it stands for the last time.
    pub fn end(&mut self, stats: &Stats, at: Duration) {
        self.tell(stats, at);
        if self.face == OutputKind::Terminal {
            let _ = writeln!(stderr());
        }
    }

    fn line(&mut self, stats: &Stats, at: Duration) -> String {
        let now = Told {
            at,
            arrived: stats.arrived,
            accepted: stats.accepted,
            won: stats.won,
            lost: stats.lost(),
        };
        let told = std::mem::replace(&mut self.told, now);
        let per_s =
            |now: u64, then: u64| rate(now.saturating_sub(then), at.saturating_sub(told.at));
        let waiting = stats.arrived.saturating_sub(stats.ended());
        let bar = if self.face == OutputKind::Terminal {
            bar(stats.ended(), self.students)
        } else {
            String::new()
        };
        format!(
            "{:6.1} s {bar} arrived {} (+{:.0}/s) accepted {} (+{:.0}/s) won {} (+{:.0}/s) lost {} (+{:.0}/s) waiting {waiting} errors {}",
            at.as_secs_f64(),
            now.arrived,
            per_s(now.arrived, told.arrived),
            now.accepted,
            per_s(now.accepted, told.accepted),
            now.won,
            per_s(now.won, told.won),
            now.lost,
            per_s(now.lost, told.lost),
            stats.errors(),
        )
    }
}

/// `[#####---------------]`.
fn bar(done: u64, of: u64) -> String {
    let full = (done * BAR).checked_div(of).unwrap_or(0).min(BAR);
    (0..BAR).fold("[".to_owned(), |bar, at| {
        bar + if at < full { "#" } else { "-" }
    }) + "]"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_full_as_what_it_shows() {
        assert_eq!(bar(0, 10), "[--------------------]");
        assert_eq!(bar(5, 10), "[##########----------]");
        assert_eq!(bar(11, 10), "[####################]");
        assert_eq!(bar(0, 0), "[--------------------]");
    }

    #[test]
    fn rates_are_those_since_the_last_line() {
        let mut progress = Progress::new(OutputKind::Lines, 100);
        let mut stats = Stats {
            arrived: 10,
            ..Stats::default()
        };
        assert!(
            progress
                .line(&stats, Duration::from_secs(2))
                .contains("arrived 10 (+5/s)")
        );
        stats.arrived = 40;
        stats.won = 7;
        let line = progress.line(&stats, Duration::from_secs(4));
        assert!(
            line.contains("arrived 40 (+15/s)")
                && line.contains("won 7 (+4/s)")
                && line.contains("waiting 33"),
            "{line}"
        );
    }
}
