//! Task that settles the rush: it takes the oldest waiting tickets of a sale, decides them in one
//! transaction, and publishes after its commit.
//!
//! Sales are settled beside each other, each by one settlement at a time. A sale that the database
//! fails is put aside and tried again a moment later; the others go on.

use super::{REST, recover_tickets};
use crate::{
    rules::seckill::settle::seats_taken,
    server::{queue::BellRing, shop::state::AppState, store::StoreError},
    types::{
        ids::{SaleId, TicketId},
        sale::Reason,
    },
};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// Tickets in a transaction at most.
const BATCH_MAX: i64 = 1_024;
/// The longest that a ticket waits when its bell was lost.
const SWEEP: Duration = Duration::from_secs(1);
/// Tries to settle a ticket that the database refuses before it is given up.
const TRIES_MAX: u32 = 3;

pub(super) async fn run(app: AppState, stop: CancellationToken) {
    let mut sweep = tokio::time::interval(SWEEP);
    sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut worker = Worker::new(app.clone(), stop.clone());
    while !stop.is_cancelled() {
        let due = worker.due();
        let due = async {
            if let Some(due) = due {
                sleep_until(due).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            ring = app.queue.bell() => worker.hear(ring),
            // One instance does so for all.
            _ = sweep.tick() => if app.lease.is_held() { worker.sweep() },
            () = due => worker.try_again(),
            Some(done) = worker.running.next() => worker.take(done),
        }
    }
    // A settlement that holds a transaction ends with it.
    while worker.running.next().await.is_some() {}
}

/// What is settled just now, and what waits for its turn.
struct Worker {
    app: AppState,
    stop: CancellationToken,
    /// As many as may hold a transaction at a time.
    slots: Arc<Semaphore>,
    running: FuturesUnordered<BoxFuture<'static, Done>>,
    is_sweeping: bool,
    sales: HashMap<SaleId, SaleTurn>,
}

/// A sale that is settled, or put aside.
#[derive(Default)]
struct SaleTurn {
    /// Put aside until then; `None` while it is settled.
    aside_until: Option<Instant>,
    /// The rings that this settlement answers.
    rings: Vec<Arc<Heard>>,
    /// It rang again meanwhile: perhaps for a ticket that this settlement did not see.
    again: Option<Vec<Arc<Heard>>>,
}

/// A ring whose sales are not all settled.
struct Heard {
    ring: BellRing,
    is_cut: AtomicBool,
}

/// What came to its end.
enum Done {
    /// A sale's settlement; `false` when the end of this instance cut it short.
    Sale(SaleId, Result<bool, StoreError>),
    /// The sweep, and the sales that it found.
    Sweep(Result<Vec<SaleId>, StoreError>),
    /// A ring is answered.
    Answer,
}

impl Worker {
    fn new(app: AppState, stop: CancellationToken) -> Self {
        let slots = Arc::new(Semaphore::new(app.store.settles_at_once()));
        Self {
            app,
            stop,
            slots,
            running: FuturesUnordered::new(),
            is_sweeping: false,
            sales: HashMap::new(),
        }
    }

    /// Settles what a ring is about; one that names no sale is about any.
    fn hear(&mut self, ring: BellRing) {
        if ring.sales.is_empty() {
            return self.sweep();
        }
        let heard = Arc::new(Heard {
            ring,
            is_cut: AtomicBool::new(false),
        });
        for sale in &heard.ring.sales {
            self.ask(*sale, Some(&heard));
        }
        // Every sale of it may have its own copy by now; a ring is answered by whoever drops the
        // last.
        self.release(heard);
    }

    /// Looks for waiting tickets whose bell was lost.
    fn sweep(&mut self) {
        if !std::mem::replace(&mut self.is_sweeping, true) {
            let app = self.app.clone();
            self.running
                .push(async move { Done::Sweep(waiting(&app).await) }.boxed());
        }
    }

    /// A sale has waiting tickets: it is settled now, or once more when its turn comes.
    fn ask(&mut self, sale: SaleId, heard: Option<&Arc<Heard>>) {
        let rings = heard.map(Arc::clone);
        match self.sales.get_mut(&sale) {
            Some(turn) => turn.again.get_or_insert_default().extend(rings),
            None => self.start(sale, rings.into_iter().collect()),
        }
    }

    fn start(&mut self, sale: SaleId, rings: Vec<Arc<Heard>>) {
        self.sales.insert(
            sale,
            SaleTurn {
                rings,
                ..SaleTurn::default()
            },
        );
        let (app, stop, slots) = (self.app.clone(), self.stop.clone(), Arc::clone(&self.slots));
        self.running.push(
            async move { Done::Sale(sale, settle_all(&app, sale, &slots, &stop).await) }.boxed(),
        );
    }

    fn take(&mut self, done: Done) {
        match done {
            Done::Answer => {}
            Done::Sweep(found) => {
                self.is_sweeping = false;
                self.found(found);
            }
            Done::Sale(sale, outcome) => self.settled(sale, outcome),
        }
    }

    fn found(&mut self, found: Result<Vec<SaleId>, StoreError>) {
        match found {
            Ok(sales) => sales.into_iter().for_each(|sale| self.ask(sale, None)),
            Err(error) => tracing::warn!(%error, "waiting tickets could not be looked for"),
        }
    }

    fn settled(&mut self, sale: SaleId, outcome: Result<bool, StoreError>) {
        let turn = self.sales.remove(&sale).unwrap_or_default();
        let is_whole = matches!(outcome, Ok(true));
        for heard in turn.rings {
            // What is not settled here comes again: at another instance, after the end of this one.
            heard.is_cut.fetch_or(!is_whole, Ordering::Relaxed);
            self.release(heard);
        }
        if let Err(error) = outcome {
            tracing::warn!(%error, %sale, "tickets wait: the database did not settle them");
            let aside_until = Some(Instant::now() + REST);
            self.sales.insert(
                sale,
                SaleTurn {
                    aside_until,
                    again: Some(turn.again.unwrap_or_default()),
                    ..SaleTurn::default()
                },
            );
        } else if let Some(rings) = turn.again {
            self.start(sale, rings);
        }
    }

    /// When the first sale that was put aside is tried again.
    fn due(&self) -> Option<Instant> {
        self.sales
            .values()
            .filter_map(|turn| turn.aside_until)
            .min()
    }

    fn try_again(&mut self) {
        let now = Instant::now();
        let due: Vec<_> = self
            .sales
            .iter()
            .filter(|(_, turn)| turn.aside_until.is_some_and(|until| until <= now))
            .map(|(id, _)| *id)
            .collect();
        for sale in due {
            let turn = self.sales.remove(&sale).unwrap_or_default();
            self.start(sale, turn.again.unwrap_or_default());
        }
    }

    /// Answers a ring when this was the last of its sales, and each was settled.
    fn release(&mut self, heard: Arc<Heard>) {
        if let Some(heard) = Arc::into_inner(heard)
            && !heard.is_cut.into_inner()
        {
            let app = self.app.clone();
            self.running.push(
                async move {
                    app.queue.answered(&heard.ring).await;
                    Done::Answer
                }
                .boxed(),
            );
        }
    }
}

/// Sales with waiting tickets.
async fn waiting(app: &AppState) -> Result<Vec<SaleId>, StoreError> {
    match app.store.sales_waiting().await {
        Err(StoreError::Defect(_)) => {
            recover_tickets::lose_unreadable(app).await?;
            app.store.sales_waiting().await
        }
        found => found,
    }
}

/// Settles until nothing waits, or the end; then the next start goes on. Gives whether all of it
/// was settled.
///
/// # Errors
/// The database is away; the tickets go on waiting.
async fn settle_all(
    app: &AppState,
    sale: SaleId,
    slots: &Semaphore,
    stop: &CancellationToken,
) -> Result<bool, StoreError> {
    let mut batch = Batch::default();
    while !stop.is_cancelled() {
        // Never closed, so that there is always a slot to come; taken for each batch, so that sales
        // with fewer tickets come in between.
        let _slot = slots.acquire().await;
        app.queue.settling(sale, batch.limit);
        let is_all = settle(app, sale, &mut batch).await;
        app.queue.settling(sale, 0);
        if is_all? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How many tickets are tried at once, and which one is to blame when the database refuses them.
struct Batch {
    limit: i64,
    suspect: Option<TicketId>,
    tries: u32,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            limit: BATCH_MAX,
            suspect: None,
            tries: 0,
        }
    }
}

/// Decides a batch, or finds out which of its tickets the database refuses; gives whether nothing
/// waits any more.
async fn settle(app: &AppState, sale: SaleId, batch: &mut Batch) -> Result<bool, StoreError> {
    match app.store.settle(sale, batch.limit, app.clock.now()).await {
        Ok(decisions) => {
            app.queue.publish(&decisions).await;
            app.note_pace(&decisions);
            let won = seats_taken(&decisions);
            let count = i64::try_from(decisions.len()).unwrap_or(i64::MAX);
            metrics::counter!("qiangke_tickets_settled_total", "outcome" => "won")
                .increment(won.unsigned_abs());
            metrics::counter!("qiangke_tickets_settled_total", "outcome" => "lost")
                .increment((count - won).unsigned_abs());
            Ok(count < batch.limit)
        }
        Err(error @ (StoreError::Unavailable(_) | StoreError::FsyncFailed)) => Err(error),
        // The database refuses this batch as a whole: half of it, until what is left is the bad
        // one, so that it holds up few others.
        Err(error) if batch.limit > 1 => {
            tracing::error!(%error, %sale, tickets = batch.limit, "a batch was refused: half of it is tried");
            // One that can't be read could not be given up by its id.
            recover_tickets::lose_unreadable(app).await?;
            batch.limit /= 2;
            Ok(false)
        }
        Err(error) => {
            let Some(oldest) = app.store.oldest_waiting(sale).await?.map(|row| row.id) else {
                return Ok(true);
            };
            // Another instance may have settled the bad ticket meanwhile: count failures only of
            // the ticket that is first after each try.
            batch.tries = if batch.suspect == Some(oldest) {
                batch.tries + 1
            } else {
                1
            };
            batch.suspect = Some(oldest);
            if batch.tries >= TRIES_MAX {
                give_up(app, sale, oldest, &error).await?;
                *batch = Batch::default();
            }
            Ok(false)
        }
    }
}

/// This ticket can't be settled: it ends as lost, with a reason (G6).
async fn give_up(
    app: &AppState,
    sale: SaleId,
    ticket: TicketId,
    error: &StoreError,
) -> Result<(), StoreError> {
    tracing::error!(%error, %sale, "a ticket was given up");
    app.store
        .lose(ticket, Reason::GaveUp, app.clock.now())
        .await?;
    if let Some(decided) = app.store.ticket(ticket).await? {
        app.queue.note(&decided);
    }
    app.queue.recount(sale);
    Ok(())
}
