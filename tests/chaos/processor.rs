//! Processor of this machine: how much of it a hypervisor gave to other machines meanwhile (steal
//! time, proc(5)). On a machine of its own that is nothing.

/// A moment, by the processor's own count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Ticks of all processors, whatever they did.
    all: u64,
    /// Those that were given to others.
    stolen: u64,
}

impl Moment {
    pub fn now() -> Self {
        std::fs::read_to_string("/proc/stat")
            .ok()
            .as_deref()
            .and_then(Self::read)
            .unwrap_or(Self { all: 0, stolen: 0 })
    }

    /// From the first line: user, nice, system, idle, iowait, irq, softirq, steal; what follows is
    /// part of those.
    fn read(stat: &str) -> Option<Self> {
        let line = stat.lines().next()?.strip_prefix("cpu ")?;
        let ticks: Vec<u64> = line
            .split_whitespace()
            .take(8)
            .map(|ticks| ticks.parse().ok())
            .collect::<Option<_>>()?;
        Some(Self {
            all: ticks.iter().sum(),
            stolen: *ticks.get(7)?,
        })
    }

    /// The share that was given to others since then, in percent.
    pub fn stolen_percent(self) -> u64 {
        Self::now().stolen_percent_since(self)
    }

    fn stolen_percent_since(self, before: Self) -> u64 {
        let all = self.all.saturating_sub(before.all);
        (self.stolen.saturating_sub(before.stolen) * 100)
            .checked_div(all)
            .unwrap_or(0)
    }
}

/// The count is read as the system writes it.
pub fn check() {
    let read = |stat: &str| Moment::read(stat).expect("a count");
    let before = read("cpu  100 0 50 40 0 0 0 10 7 0\ncpu0 1 2 3\n");
    let after = read("cpu  150 0 80 40 0 0 0 30 9 0\n");
    assert_eq!(
        (
            after.stolen_percent_since(before),
            before.stolen_percent_since(before)
        ),
        (20, 0)
    );
    assert_eq!(Moment::read("cpu 1 2"), None);
}
