//! Task that watches the lock of instances. While it is lost, as when PostgreSQL restarts, no click
//! is judged here; it is retaken as soon as PostgreSQL is back, and the desks are counted anew,
//! since another server may have sold seats meanwhile.

use crate::server::{
    membership::{Membership, RETRY},
    shop::state::AppState,
};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// How often it is said that another server has the lock.
const SAY_EVERY: Duration = Duration::from_secs(5);

pub(super) async fn run(app: AppState, stop: CancellationToken) {
    let membership = &app.membership;
    if !membership.is_locked() {
        return;
    }
    loop {
        // It is missing when this task panicked, and the lock with it.
        let why = match membership.take() {
            None => "its watch was interrupted".to_owned(),
            Some(mut lock) => match stop.run_until_cancelled(lock.ended()).await {
                Some(why) => why.to_string(),
                None => {
                    // Open requests are still answered: the lock is let go after them.
                    return membership.put(lock);
                }
            },
        };
        membership.lose();
        metrics::counter!("qiangke_membership_lost_total").increment(1);
        tracing::warn!(%why, "the lock of instances is lost: clicks are refused until it is retaken");
        if stop
            .run_until_cancelled(retake(&app, membership))
            .await
            .is_none()
        {
            return;
        }
        tracing::info!("the lock of instances is retaken");
    }
}

async fn retake(app: &AppState, membership: &Membership) {
    // The session that was lost may need a moment to let go of it.
    let mut said_at = Instant::now();
    loop {
        match membership.retake(&app.store).await {
            Ok(Some(lock)) => {
                app.queue.forget().await;
                return membership.put(lock);
            }
            Ok(None) if said_at.elapsed() >= SAY_EVERY => {
                said_at = Instant::now();
                tracing::error!("clicks are refused: {}", membership.refusal());
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, "the lock of instances could not be asked for"),
        }
        sleep(RETRY).await;
    }
}
