//! Background work: one file for each job. A job that repairs or refreshes takes no input: it looks at the record and makes
//! things right, so that running it once more never hurts.

mod keep_lease;
mod reconcile;
mod refresh_banners;
mod repair_seats;
mod send_sms;
mod settle_orders;
mod watch_catalog;

use crate::server::{config::Role, state::AppState};
use std::time::Duration;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long a job rests after the record failed it.
const REST: Duration = Duration::from_millis(500);

/// Fills the caches once, and puts every waiting ticket back in the queue.
///
/// # Errors
/// The record can't be read.
pub async fn prepare(app: &AppState) -> anyhow::Result<()> {
    refresh_banners::once(app).await?;
    app.lease.keep(&app.store).await?;
    watch_catalog::once(app).await?;
    reconcile::resume(app).await?;
    Ok(())
}

/// Starts the jobs of a role; each ends at `stop`, a job that holds a transaction after it.
///
/// Each instance keeps its own copies fresh, and each worker settles what it hears of and sends SMS. What looks after the record as a
/// whole (the sweep for tickets, expired rows, admission's repair) asks the lease, so that one instance at a time does it.
pub fn start(app: &AppState, role: Role, stop: &CancellationToken, tasks: &TaskTracker) {
    tasks.spawn(every(Duration::from_secs(app.config.banner_refresh_s), stop.clone(), app.clone(), refresh_banners::tick));
    tasks.spawn(every(watch_catalog::PERIOD, stop.clone(), app.clone(), watch_catalog::tick));
    tasks.spawn(every(repair_seats::PERIOD, stop.clone(), app.clone(), repair_seats::tick));
    tasks.spawn(every(reconcile::PERIOD, stop.clone(), app.clone(), reconcile::tick));
    if role.works() {
        tasks.spawn(every(keep_lease::PERIOD, stop.clone(), app.clone(), keep_lease::tick));
        tasks.spawn(settle_orders::run(app.clone(), stop.clone()));
        tasks.spawn(send_sms::run(app.clone(), stop.clone(), tasks.clone()));
    }
}

/// Runs a job on a timer until the end; a slow run puts the next one off.
async fn every<F, Fut>(period: Duration, stop: CancellationToken, app: AppState, job: F)
where
    F: Fn(AppState) -> Fut,
    Fut: Future<Output = ()>,
{
    let mut timer = tokio::time::interval(period);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    timer.tick().await;
    while stop.run_until_cancelled(timer.tick()).await.is_some() {
        job(app.clone()).await;
    }
}
