//! What the system itself refuses: the N-th call of a kind kills the process, or fails. N goes up
//! by one with each turn, until a whole small sale passes without an N-th call; then all of its
//! calls have been tried, and the next turn begins with the first.

use crate::{
    episode::{Scene, Strikes},
    shop::Shop,
};
use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// How long strace may take until it holds every thread.
const ATTACHED_WITHIN: Duration = Duration::from_secs(3);
/// How long the crowd of a small sale may take.
const OVER_WITHIN: Duration = Duration::from_secs(6);
/// How long it may take to let go.
const ENDED_WITHIN: Duration = Duration::from_secs(1);
/// From the first thread to the last.
const ALL_THREADS: Duration = Duration::from_millis(60);

/// Calls by their names, separated by commas, and what becomes of the `turn`-th: `signal=KILL`, or
/// `error=EIO`.
pub async fn nth(
    shop: &mut Shop,
    scene: &Scene,
    turn: u64,
    calls: &str,
    effect: &str,
) -> Result<Strikes, String> {
    // Instances take turns, too.
    let number = usize::try_from(turn).unwrap_or_default() % shop.instances.len();
    let id = shop.instances[number]
        .id()
        .ok_or("the instance is not there")?;
    let seen = shop.folder.path().join("strace");
    let mut strace = Command::new("strace")
        .args([
            "-f",
            "-q",
            "-p",
            &id.to_string(),
            "-e",
            &format!("trace={calls}"),
            "-e",
            &format!("inject={calls}:{effect}:when={turn}"),
        ])
        .arg("-o")
        .arg(&seen)
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    attached(id).await;
    let since = Instant::now();
    let injected = || {
        std::fs::read_to_string(&seen)
            .unwrap_or_default()
            .matches("INJECTED")
            .count()
    };
    // After an error other threads take over, and count anew: one is enough.
    while injected() == 0
        && !scene.is_over()
        && since.elapsed() < OVER_WITHIN
        && shop
            .instances
            .iter_mut()
            .all(crate::process::Instance::is_alive)
    {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    end(&mut strace).await;
    // Told to let go, it lets go; a process that was on its way out gets the time to be gone.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let kills = shop
        .instances
        .iter_mut()
        .map(|instance| usize::from(!instance.is_alive()))
        .sum();
    shop.revive().await?;
    let count = injected().max(kills);
    Ok(Strikes {
        count,
        kills,
        is_exhausted: count == 0,
    })
}

/// Waits until strace holds the process.
async fn attached(id: u32) {
    let since = Instant::now();
    while since.elapsed() < ATTACHED_WITHIN {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        if status
            .lines()
            .any(|line| line.starts_with("TracerPid:") && !line.ends_with("\t0"))
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(ALL_THREADS).await;
}

/// Tells it to let go; one that waits for a process which is on its way out is ended itself, and
/// lets go by that.
async fn end(strace: &mut Child) {
    drop(
        Command::new("kill")
            .args(["-TERM", &strace.id().to_string()])
            .stderr(Stdio::null())
            .status(),
    );
    let since = Instant::now();
    while since.elapsed() < ENDED_WITHIN && matches!(strace.try_wait(), Ok(None)) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(strace.kill());
    drop(strace.wait());
}
