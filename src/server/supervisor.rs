//! Tasks that must not end while the shop serves. One that panics is a defect; its students are told to come back, and the next ones
//! find it at work again, with what the record says and nothing that it remembered.

use futures::FutureExt;
use std::{panic::AssertUnwindSafe, time::Duration};

/// How long a task rests after a panic, so that one that panics at once does not keep a core busy.
const REST: Duration = Duration::from_millis(100);

/// Runs a task until it ends by itself, again after each panic. The panic's own words are on stderr.
pub(super) async fn supervise(name: &'static str, mut task: impl AsyncFnMut()) {
    while AssertUnwindSafe(task()).catch_unwind().await.is_err() {
        tracing::error!(task = name, "a task panicked: it starts again");
        metrics::counter!("qiangke_task_panics_total", "task" => name).increment(1);
        tokio::time::sleep(REST).await;
    }
}
