//! Supervisor: starts a background task again when it panics. Requests that waited for it are
//! answered 503; the task begins anew from the database, with nothing of what it had in memory.

use futures::FutureExt;
use std::{panic::AssertUnwindSafe, time::Duration};

/// How long a task rests after a panic, so that one that panics at once does not keep a core busy.
const REST: Duration = Duration::from_millis(100);

/// Runs a task until it ends by itself, again after each panic. The panic hook logs the panic's own
/// message (`log`).
pub(super) async fn supervise(name: &'static str, mut task: impl AsyncFnMut()) {
    while AssertUnwindSafe(task()).catch_unwind().await.is_err() {
        tracing::error!(task = name, "a task panicked: it starts again");
        metrics::counter!("qiangke_task_panics_total", "task" => name).increment(1);
        tokio::time::sleep(REST).await;
    }
}
