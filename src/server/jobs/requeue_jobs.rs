//! Task that queues durable jobs again whose server died in the middle of them. It deletes nothing, so
//! that it need not know whether the time of day was right for an hour, as the sweep does. The
//! instance that holds the lease does so.

use crate::server::shop::state::AppState;
use std::time::Duration;

pub(super) const PERIOD: Duration = Duration::from_secs(5);

pub(super) async fn tick(app: AppState) {
    if !app.lease.is_held() {
        return;
    }
    match app.store.requeue_lost_jobs(app.clock.now()).await {
        Ok(0) => {}
        Ok(jobs) => {
            tracing::warn!(jobs, "jobs whose server died are queued again");
            app.job_bell.notify_one();
        }
        Err(error) => {
            tracing::warn!(%error, "lost jobs wait: the database is not available");
        }
    }
}
