//! Task that watches the lock of instances. While it is lost, as when PostgreSQL restarts, no click
//! is judged here; it is retaken as soon as PostgreSQL is back, and the desks are counted anew,
//! since another server may have sold seats meanwhile.

use crate::server::{
    instance::{Instance, RETRY},
    shop::state::AppState,
};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// How often it is said that another server has the lock.
const SAY_EVERY: Duration = Duration::from_secs(5);

pub(super) async fn run(app: AppState, stop: CancellationToken) {
    let instance = &app.instance;
    if !instance.is_locked() {
        return;
    }
    loop {
        // It is missing when this task panicked, and the lock with it.
        let why = match instance.take() {
            None => "its watch was interrupted".to_owned(),
            Some(mut lock) => match stop.run_until_cancelled(lock.ended()).await {
                Some(why) => why.to_string(),
                None => {
                    // Open requests are still answered: the lock is let go after them.
                    return instance.put(lock);
                }
            },
        };
        instance.lose();
        metrics::counter!("qiangke_instance_lock_lost_total").increment(1);
        tracing::warn!(%why, "the lock of instances is lost: clicks are refused until it is retaken");
        if stop
            .run_until_cancelled(retake(&app, instance))
            .await
            .is_none()
        {
            return;
        }
        tracing::info!("the lock of instances is retaken");
    }
}

async fn retake(app: &AppState, instance: &Instance) {
    // The session that was lost may need a moment to let go of it.
    let mut said_at = Instant::now();
    loop {
        match instance.retake(&app.store).await {
            Ok(Some(lock)) => {
                app.queue.forget().await;
                return instance.put(lock);
            }
            Ok(None) if said_at.elapsed() >= SAY_EVERY => {
                said_at = Instant::now();
                tracing::error!("clicks are refused: {}", instance.refusal());
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, "the lock of instances could not be asked for"),
        }
        sleep(RETRY).await;
    }
}
