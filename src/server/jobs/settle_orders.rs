//! The worker of the rush: takes the oldest waiting tickets of a sale, decides them in one transaction, and publishes after its commit.

use super::{REST, reconcile};
use crate::{
    seckill::settle::seats_taken,
    server::{queue::Ring, state::AppState, store::StoreError},
    types::{
        ids::{SaleId, TicketId},
        sale::Reason,
    },
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Tickets in a transaction at most.
const BATCH_MAX: i64 = 1_024;
/// The longest that a ticket waits when its bell was lost.
const SWEEP: Duration = Duration::from_secs(1);
/// Tries to settle a ticket that the record refuses before it is given up.
const TRIES_MAX: u32 = 3;

pub(super) async fn run(app: AppState, stop: CancellationToken) {
    let mut sweep = tokio::time::interval(SWEEP);
    sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let heard = stop.run_until_cancelled(async {
            tokio::select! {
                ring = app.queue.bell() => Some(ring),
                _ = sweep.tick() => None,
            }
        });
        let Some(ring) = heard.await else { return };
        if let Err(error) = hear(&app, ring, &stop).await {
            tracing::warn!(%error, "tickets wait: the record did not settle them");
            tokio::time::sleep(REST).await;
        }
    }
}

/// Settles what the bell rang for; without a bell it is the sweep, which one instance does for all.
async fn hear(app: &AppState, ring: Option<Ring>, stop: &CancellationToken) -> Result<(), StoreError> {
    match ring {
        Some(ring) if !ring.sales.is_empty() => {
            for sale in &ring.sales {
                settle_all(app, *sale, stop).await?;
            }
            // What the end cut short is another instance's to hear.
            if !stop.is_cancelled() {
                app.queue.answered(&ring).await;
            }
            Ok(())
        }
        Some(_) => drain(app, stop).await,
        None if app.lease.is_held() => drain(app, stop).await,
        None => Ok(()),
    }
}

/// Settles until nothing waits, or the end; then the next start goes on.
///
/// # Errors
/// The record is away; the tickets go on waiting.
async fn drain(app: &AppState, stop: &CancellationToken) -> Result<(), StoreError> {
    let waiting = match app.store.sales_waiting().await {
        Err(StoreError::Defect(_)) => {
            reconcile::lose_unreadable(app).await?;
            app.store.sales_waiting().await?
        }
        waiting => waiting?,
    };
    for sale in waiting {
        settle_all(app, sale, stop).await?;
    }
    Ok(())
}

async fn settle_all(app: &AppState, sale: SaleId, stop: &CancellationToken) -> Result<(), StoreError> {
    loop {
        app.queue.settling(sale, BATCH_MAX);
        let settled = settle(app, sale).await;
        app.queue.settling(sale, 0);
        if settled? < BATCH_MAX || stop.is_cancelled() {
            return Ok(());
        }
    }
}

/// Decides a batch; gives the number of its tickets, or as many as a batch has when there may be more.
async fn settle(app: &AppState, sale: SaleId) -> Result<i64, StoreError> {
    let mut limit = BATCH_MAX;
    let mut suspect = None;
    let mut tries = 0;
    loop {
        match app.store.settle(sale, limit, app.clock.now()).await {
            Ok(decisions) => {
                app.queue.publish(&decisions).await;
                app.note_pace(&decisions);
                let won = seats_taken(&decisions);
                let count = i64::try_from(decisions.len()).unwrap_or(i64::MAX);
                metrics::counter!("qiangke_tickets_settled_total", "outcome" => "won").increment(won.unsigned_abs());
                metrics::counter!("qiangke_tickets_settled_total", "outcome" => "lost").increment((count - won).unsigned_abs());
                // One by one, there are more.
                return Ok(if limit == 1 { BATCH_MAX } else { count });
            }
            Err(error @ StoreError::Unavailable(_)) => return Err(error),
            // The record refuses this batch as a whole: one ticket at a time, so that a bad one does not hold up the rest.
            Err(error) if limit > 1 => {
                tracing::error!(%error, %sale, "a batch was refused: its tickets are settled one by one");
                // One that can't be read could not be given up by its id.
                reconcile::lose_unreadable(app).await?;
                limit = 1;
            }
            Err(error) => {
                let Some(oldest) = app.store.oldest_waiting(sale).await?.map(|row| row.id) else { return Ok(0) };
                // Another instance may have decided what was refused here: to blame is only who stands first after each try.
                tries = if suspect == Some(oldest) { tries + 1 } else { 1 };
                suspect = Some(oldest);
                if tries >= TRIES_MAX {
                    return give_up(app, sale, oldest, &error).await;
                }
            }
        }
    }
}

/// This ticket can't be settled: it ends as lost, with a reason (G6).
async fn give_up(app: &AppState, sale: SaleId, ticket: TicketId, error: &StoreError) -> Result<i64, StoreError> {
    tracing::error!(%error, %sale, "a ticket was given up");
    app.store.lose(ticket, Reason::GaveUp, app.clock.now()).await?;
    if let Some(decided) = app.store.ticket(ticket).await? {
        app.queue.note(&decided);
    }
    app.queue.recount(sale);
    // There may be more: come again.
    Ok(BATCH_MAX)
}
