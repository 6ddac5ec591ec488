//! Task that queues jobs of payments again that a server left started as it died. They ask about
//! something that was named before, so that a second time changes nothing; an SMS has one try, and
//! waits for the sweep. The instance that holds the lease does so.

use crate::server::shop::state::AppState;
use std::time::Duration;

pub(super) const PERIOD: Duration = Duration::from_secs(2);
/// The longest that a job takes, in milliseconds: two calls of 8 s to a provider, and what the
/// database adds. Soon enough for a lost notice to be made up for within a minute (G20).
const STARTED_MAX_MS: i64 = 25_000;

pub(super) async fn tick(app: AppState) {
    if !app.lease.is_held() {
        return;
    }
    match app.store.resume_jobs(STARTED_MAX_MS, app.clock.now()).await {
        Ok(0) => {}
        Ok(jobs) => {
            tracing::warn!(jobs, "jobs whose server died are run again");
            app.job_bell.notify_one();
        }
        Err(error) => {
            tracing::warn!(%error, "jobs whose server died wait: the database is not available");
        }
    }
}
