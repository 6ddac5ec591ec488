//! Background work, in two forms. A task takes no input: it looks at the database and makes things
//! right, so that running it once more never hurts. A durable job is a row with a payload; `worker`
//! runs those of all kinds. Each task and each kind of job has a file of its name.

mod close_payment;
mod job_end;
mod keep_demo;
mod keep_instance;
mod keep_lease;
mod lapse_holds;
mod query_payment;
mod recover_tickets;
mod refresh_banners;
mod repair_seats;
mod requeue_jobs;
mod send_refund;
mod send_sms;
mod settle_orders;
mod sweep_expired;
mod watch_catalog;
mod watch_keys;
mod worker;

pub use sweep_expired::sweep;
pub use worker::drain;

use crate::server::{config::Role, shop::state::AppState, supervisor::supervise};
use std::time::Duration;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long a task rests after the database failed it.
const REST: Duration = Duration::from_millis(500);

/// Fills the caches once, and puts every waiting ticket back in the queue. A role that works asks
/// for the lease; another one never renews it, and would only let it lapse.
///
/// # Errors
/// The database can't be read.
pub async fn prepare(app: &AppState, role: Role) -> anyhow::Result<()> {
    refresh_banners::once(app).await?;
    if role.works() {
        app.lease.keep(&app.store).await?;
    }
    watch_catalog::once(app).await?;
    recover_tickets::resume(app).await?;
    Ok(())
}

/// Starts the tasks of a role; each ends at `stop`, one that holds a transaction after it.
///
/// Each instance keeps its own copies fresh, and each worker settles what it hears of. What looks
/// after the database as a whole asks the lease, so that one instance at a time does it.
pub fn start(app: &AppState, role: Role, stop: &CancellationToken, tracker: &TaskTracker) {
    let tasks = Tasks { app, stop, tracker };
    tasks.run("keep_instance", keep_instance::run);
    tasks.every(
        "refresh_banners",
        Duration::from_secs(app.config.banner_refresh_s),
        refresh_banners::tick,
    );
    tasks.every("watch_catalog", watch_catalog::PERIOD, watch_catalog::tick);
    tasks.every("watch_keys", watch_keys::PERIOD, watch_keys::tick);
    tasks.every("repair_seats", repair_seats::PERIOD, repair_seats::tick);
    tasks.every("sweep_expired", sweep_expired::PERIOD, sweep_expired::tick);
    if role.works() {
        tasks.every("lapse_holds", lapse_holds::PERIOD, lapse_holds::tick);
        tasks.every("requeue_jobs", requeue_jobs::PERIOD, requeue_jobs::tick);
        tasks.every("keep_lease", keep_lease::PERIOD, keep_lease::tick);
        tasks.run("settle_orders", settle_orders::run);
        if app.config.demo {
            tasks.every("keep_demo", keep_demo::PERIOD, keep_demo::tick);
        }
    }
}

/// Starts the worker of durable jobs; at `stop` it claims no more, and those that it runs end.
pub fn start_worker(app: &AppState, stop: &CancellationToken, tracker: &TaskTracker) {
    let tasks = Tasks { app, stop, tracker };
    let tracker = tracker.clone();
    tasks.run("worker", move |app, stop| {
        worker::run(app, stop, tracker.clone())
    });
}

/// What every task gets.
struct Tasks<'a> {
    app: &'a AppState,
    stop: &'a CancellationToken,
    tracker: &'a TaskTracker,
}

impl Tasks<'_> {
    /// Starts a task that runs until `stop`.
    fn run<Fut>(
        &self,
        name: &'static str,
        task: impl Fn(AppState, CancellationToken) -> Fut + Send + Sync + 'static,
    ) where
        Fut: Future<Output = ()> + Send + 'static,
    {
        let (app, stop) = (self.app.clone(), self.stop.clone());
        self.tracker.spawn(supervise(name, async move || {
            task(app.clone(), stop.clone()).await;
        }));
    }

    /// Starts a task on a timer.
    fn every<Fut>(
        &self,
        name: &'static str,
        period: Duration,
        task: impl Fn(AppState) -> Fut + Clone + Send + Sync + 'static,
    ) where
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.run(name, move |app, stop| {
            every(period, stop, app, task.clone())
        });
    }
}

/// Runs a task on a timer until the end; a slow run puts the next one off.
async fn every<F, Fut>(period: Duration, stop: CancellationToken, app: AppState, task: F)
where
    F: Fn(AppState) -> Fut,
    Fut: Future<Output = ()>,
{
    let mut timer = tokio::time::interval(period);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    timer.tick().await;
    while stop.run_until_cancelled(timer.tick()).await.is_some() {
        task(app.clone()).await;
    }
}
