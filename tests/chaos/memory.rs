//! Memory of the shop's processes: what each holds at its worst (VmRSS), looked at all the time.

use crate::process::Pid;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{task::JoinHandle, time::sleep};

/// Between two looks: what fills memory at 100 MB/s is seen within a few MB.
const PERIOD: Duration = Duration::from_millis(50);

/// A watch over the processes of an episode.
pub struct Watch {
    peaks_kb: Arc<Vec<AtomicU64>>,
    looks: JoinHandle<()>,
}

impl Watch {
    pub fn over(processes: Vec<Pid>) -> Self {
        let peaks_kb: Arc<Vec<AtomicU64>> =
            Arc::new(processes.iter().map(|_| AtomicU64::new(0)).collect());
        let seen = Arc::clone(&peaks_kb);
        let looks = tokio::spawn(async move {
            loop {
                for (pid, peak) in processes.iter().zip(seen.iter()) {
                    if let Some(kb) = pid.get().and_then(resident_kb) {
                        peak.fetch_max(kb, Ordering::Relaxed);
                    }
                }
                sleep(PERIOD).await;
            }
        });
        Self { peaks_kb, looks }
    }

    /// The peak of each instance so far, in KB.
    pub fn peaks_kb(&self) -> Vec<u64> {
        self.peaks_kb
            .iter()
            .map(|peak| peak.load(Ordering::Relaxed))
            .collect()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.looks.abort();
    }
}

/// What a process holds; `None` when it is gone.
fn resident_kb(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
