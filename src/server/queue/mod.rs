//! Queue of the flash sale: admission of clicks, and the status of tickets until they are decided.
//!
//! What always holds: a ticket's id leaves here only after its row was committed; a terminal state
//! is published only after its transaction was committed; losing everything in here costs reads of
//! the database, never a ticket.

mod commit;
mod desk;
mod local;
mod redis;
mod snapshot;
mod status_cache;

pub use self::redis::sale_of as sale_of_bell;
pub use status_cache::TicketStatus;

use self::redis::RedisQueue;
use crate::{
    rules::seckill::settle::Decision,
    server::{
        clock::Clock,
        redis::client::RedisClient,
        store::{Store, TicketRow},
    },
    types::{
        error::AppError,
        ids::{SaleId, StudentId, TicketId},
        sale::Reason,
        time::Millis,
    },
};
use std::sync::Arc;
use tokio::sync::oneshot;

/// A request for a seat by somebody who is signed in, to a sale that is there.
#[derive(Clone, Debug)]
pub struct Click {
    pub sale: SaleId,
    pub student: StudentId,
    /// The client's idempotency key.
    pub key: Option<String>,
}

/// What a click comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClickOutcome {
    /// This ticket, which stands in the database.
    Ticket(TicketId),
    /// No ticket.
    Refused(Reason),
}

/// A student's live ticket of a sale, as it is known without the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldTicket {
    Ticket(TicketId),
    /// There is none.
    Nothing,
    /// Redis is away, and nobody asks the database instead.
    Away,
    /// It has to be looked up in the database.
    Unknown,
}

/// The bell rang: tickets were recorded.
#[derive(Debug, Default)]
pub struct BellRing {
    /// Of these sales; none says of any.
    pub sales: Vec<SaleId>,
    /// What is to be answered when they are settled.
    entries: Vec<String>,
}

/// The engine of the queue, chosen once at start by whether there is a `REDIS_URL`.
#[derive(Clone)]
pub enum Queue {
    Local(local::LocalQueue),
    /// In Redis, for any number of instances.
    Redis(Arc<RedisQueue>),
}

impl Queue {
    /// A queue in this process, its writer task started.
    pub fn local(store: Store, clock: Clock) -> Self {
        Self::Local(local::LocalQueue::start(store, clock))
    }

    /// A queue that this instance shares with others, its tasks started; `settles` says whether
    /// this one's worker hears the bell.
    pub fn redis(link: RedisClient, store: Store, clock: Clock, settles: bool) -> Self {
        Self::Redis(Arc::new(RedisQueue::start(link, store, clock, settles)))
    }

    /// A click: admission, and the ticket's row.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] within a second when the database is away or too many clicks wait;
    /// there may be a ticket all the same, and the next click finds it.
    pub async fn click(&self, click: Click) -> Result<ClickOutcome, AppError> {
        match self {
            Self::Local(queue) => queue.click(click).await,
            Self::Redis(queue) => queue.click(click).await,
        }
    }

    /// The student's live ticket of a sale, as far as it is in the database.
    pub async fn ticket(&self, sale: SaleId, student: StudentId) -> HeldTicket {
        match self {
            Self::Local(queue) => queue.ticket(sale, student),
            Self::Redis(queue) => queue.ticket(sale, student).await,
        }
    }

    /// What is known of a ticket without the database.
    pub async fn seen(&self, sale: SaleId, id: TicketId) -> Option<TicketStatus> {
        match self {
            Self::Local(queue) => queue.status_cache().seen(id),
            Self::Redis(queue) => queue.seen(sale, id).await,
        }
    }

    /// Notes what the database says of a ticket, unless more is known already; gives what is known
    /// now.
    pub fn note(&self, row: &TicketRow) -> TicketStatus {
        match self {
            Self::Local(queue) => {
                queue.status_cache().note(row);
                queue.status_cache().seen(row.id).unwrap_or(TicketStatus {
                    state: row.state,
                    place: None,
                    is_stale: false,
                })
            }
            Self::Redis(queue) => queue.note(row),
        }
    }

    /// Takes tickets up again that an earlier run left waiting, oldest first.
    pub fn resume(&self, waiting: &[TicketRow]) {
        match self {
            Self::Local(queue) => waiting
                .iter()
                .for_each(|row| queue.status_cache().note(row)),
            // Other instances went on with them.
            Self::Redis(_) => {}
        }
    }

    /// The first `count` waiting tickets of a sale are in a transaction; none any more with 0.
    pub fn settling(&self, sale: SaleId, count: i64) {
        match self {
            Self::Local(queue) => queue.status_cache().settling(sale, count),
            // Many instances settle: nobody here knows which tickets are first.
            Self::Redis(_) => {}
        }
    }

    /// Publishes decisions whose transaction was committed.
    pub async fn publish(&self, decisions: &[Decision]) {
        match self {
            Self::Local(queue) => queue.publish(decisions),
            Self::Redis(queue) => queue.publish(decisions).await,
        }
    }

    /// Seats of a sale that nobody has or waits for, as far as is known here.
    pub fn left(&self, sale: SaleId) -> Option<i64> {
        match self {
            Self::Local(queue) => queue.status_cache().left(sale),
            Self::Redis(queue) => queue.status_cache().left(sale),
        }
    }

    /// Drops what is known of seats and windows of all sales but these.
    pub fn retain(&self, sales: Vec<SaleId>) {
        match self {
            Self::Local(queue) => queue.retain(sales),
            // What stands in Redis expires there.
            Self::Redis(_) => {}
        }
    }

    /// Reads what is known of seats and windows from the database again before the next click is
    /// judged.
    pub async fn forget(&self) {
        match self {
            Self::Local(queue) => queue.forget().await,
            // Each desk says of itself which one it is.
            Self::Redis(_) => {}
        }
    }

    /// Seats or settings of a sale changed elsewhere: its desk is counted anew.
    pub fn recount(&self, sale: SaleId) {
        match self {
            Self::Local(queue) => queue.recount(sale),
            Self::Redis(queue) => queue.recount(sale),
        }
    }

    /// Reads what other instances did to the seats of these sales.
    pub async fn refresh(&self, sales: &[SaleId]) {
        match self {
            // There are no others.
            Self::Local(_) => {}
            Self::Redis(queue) => queue.refresh(sales).await,
        }
    }

    /// Compares a sale's admission with the database, and counts it anew when they disagree.
    pub async fn repair(&self, sale: SaleId) {
        match self {
            // A crash takes the desks with it, and a failed commit drops them.
            Self::Local(_) => {}
            Self::Redis(queue) => queue.repair(sale).await,
        }
    }

    /// Waits until tickets were recorded.
    pub async fn bell(&self) -> BellRing {
        match self {
            Self::Local(queue) => queue.bell().await,
            Self::Redis(queue) => queue.bell().await,
        }
    }

    /// The tickets that a ring was about are settled; one that is not answered rings again, here or
    /// at another worker.
    pub async fn answered(&self, ring: &BellRing) {
        match self {
            Self::Local(_) => {}
            Self::Redis(queue) => queue.answered(ring).await,
        }
    }
}

type Responder = oneshot::Sender<Result<ClickOutcome, AppError>>;

/// Whoever asked may have gone; the ticket stands all the same.
fn answer(asker: Responder, outcome: Result<ClickOutcome, AppError>) {
    drop(asker.send(outcome));
}

/// A UUID v7 of this moment. Also the identity of a refusal, which has no row.
pub fn new_ticket_id(now: Millis) -> TicketId {
    let millis = u64::try_from(now.0).unwrap_or(0);
    let timestamp = uuid::Timestamp::from_unix(
        uuid::NoContext,
        millis / 1_000,
        u32::try_from(millis % 1_000).unwrap_or(0) * 1_000_000,
    );
    TicketId(uuid::Uuid::new_v7(timestamp).into_bytes())
}
