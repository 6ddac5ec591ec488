//! Lease: the row of the database whose holder runs the jobs that only one instance should run.
//!
//! No clock is compared with another: whoever does not hold the lease watches the row, and takes it
//! over when it has stood still for longer than a holder may let it. A holder that could not touch
//! its row steps back before that.

use crate::server::store::{LeaseRow, Store, StoreError};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How often the row is touched, or looked at.
pub const PERIOD: Duration = Duration::from_secs(2);
/// After this long without a touch the holder counts itself out.
const OUT_AFTER: Duration = Duration::from_secs(5);
/// After this long at a standstill the row is another's to take: later than the holder is out, and
/// in all within ten seconds.
const FREE_AFTER: Duration = Duration::from_secs(6);
/// The lease of schedules.
const NAME: &str = "schedules";

/// This instance's view of the lease.
#[derive(Clone)]
pub enum Lease {
    /// There is no other instance.
    Alone,
    /// There may be others.
    Shared(Arc<Watch>),
}

/// What this instance saw last.
pub struct Watch {
    me: String,
    seen: Mutex<Option<Observation>>,
}

#[derive(Clone)]
struct Observation {
    row: LeaseRow,
    /// When the row was first seen like this; for the holder, when it began the touch.
    since: Instant,
}

impl Lease {
    /// A lease among several instances; this one gets a name of its own.
    pub fn shared() -> Self {
        Self::Shared(Arc::new(Watch {
            me: uuid::Uuid::now_v7().to_string(),
            seen: Mutex::default(),
        }))
    }

    /// Whether this instance runs the schedules.
    pub fn is_held(&self) -> bool {
        match self {
            Self::Alone => true,
            Self::Shared(watch) => watch.seen().is_some_and(|seen| {
                seen.row.holder == watch.me && seen.since.elapsed() < OUT_AFTER
            }),
        }
    }

    /// Touches the row, or looks whether it is free.
    ///
    /// # Errors
    /// The database is away.
    pub async fn keep(&self, store: &Store) -> Result<(), StoreError> {
        match self {
            Self::Alone => Ok(()),
            Self::Shared(watch) => watch.keep(store).await,
        }
    }

    /// Gives the lease back, so that the next instance need not wait.
    ///
    /// # Errors
    /// The database is away; the others find out.
    pub async fn release(&self, store: &Store) -> Result<(), StoreError> {
        match self {
            Self::Shared(watch) if self.is_held() => watch.give_back(store).await,
            Self::Alone | Self::Shared(_) => Ok(()),
        }
    }
}

impl Watch {
    async fn keep(&self, store: &Store) -> Result<(), StoreError> {
        let began = Instant::now();
        let Some(row) = store.lease(NAME).await? else {
            return Ok(());
        };
        let since = self
            .seen()
            .filter(|seen| seen.row == row)
            .map_or(began, |seen| seen.since);
        let is_free =
            row.holder.is_empty() || row.holder == self.me || since.elapsed() >= FREE_AFTER;
        if is_free && store.take_lease(NAME, &row, &self.me).await? {
            if row.holder != self.me {
                tracing::info!(instance = self.me, "this instance runs the schedules now");
            }
            self.see(
                LeaseRow {
                    holder: self.me.clone(),
                    beat: row.beat + 1,
                },
                began,
            );
        } else {
            self.see(row, since);
        }
        Ok(())
    }

    async fn give_back(&self, store: &Store) -> Result<(), StoreError> {
        let seen = self
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(seen) = seen {
            store.take_lease(NAME, &seen.row, "").await?;
        }
        Ok(())
    }

    fn seen(&self) -> Option<Observation> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn see(&self, row: LeaseRow, since: Instant) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Observation { row, since });
    }
}
