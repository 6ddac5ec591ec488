//! This instance: whether it is one of those that may judge clicks by this database. A server
//! without Redis judges by a desk of its own, which knows nothing of tickets that others give: it
//! must be the only one. Those with Redis share their desks.
//!
//! PostgreSQL says so by a lock of the server's own session, for an SQLite file the lock beside it
//! does. A server that lost its session judges nothing until it has another one.

use crate::server::store::{InstanceLock, Sharing, Store, StoreError};
use anyhow::bail;
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How long a start waits for another server to go: longer than PostgreSQL takes to miss one whose
/// machine is gone (11 s), and than a server with the default `DRAIN_S` takes to end in order (16
/// s).
const JOIN_MAX: Duration = Duration::from_secs(20);
/// How often the lock is asked for.
pub const RETRY: Duration = Duration::from_millis(100);

/// This instance among those of its database. A copy is a pointer.
#[derive(Clone)]
pub struct Instance(Arc<InstanceStanding>);

struct InstanceStanding {
    sharing: Sharing,
    /// Whether it goes by a lock at all.
    is_locked: bool,
    is_held: AtomicBool,
    /// Kept here for whoever watches it.
    lock: Mutex<Option<InstanceLock>>,
}

impl Instance {
    /// Joins the servers of this database; waits for those that are about to end.
    ///
    /// # Errors
    /// Another server uses the database, with which this one can't share it.
    pub async fn join(store: &Store, sharing: Sharing) -> anyhow::Result<Self> {
        let since = Instant::now();
        let mut is_told = false;
        loop {
            if let Some(lock) = store.lock_instances(sharing).await? {
                return Ok(Self::new(sharing, Some(lock)));
            }
            if since.elapsed() >= JOIN_MAX {
                bail!("{}", refusal(sharing));
            }
            if !std::mem::replace(&mut is_told, true) {
                tracing::warn!(
                    wait_s = JOIN_MAX.as_secs(),
                    "another server uses this database: waiting for it to end"
                );
            }
            sleep(RETRY).await;
        }
    }

    /// One that nobody asked for: only a test has several such servers.
    pub fn unlocked(sharing: Sharing) -> Self {
        Self::new(sharing, None)
    }

    fn new(sharing: Sharing, lock: Option<InstanceLock>) -> Self {
        Self(Arc::new(InstanceStanding {
            sharing,
            is_locked: lock.is_some(),
            is_held: AtomicBool::new(true),
            lock: Mutex::new(lock),
        }))
    }

    /// Whether this server may judge clicks.
    pub fn is_held(&self) -> bool {
        self.0.is_held.load(Ordering::Acquire)
    }

    /// Whether it goes by a lock: all do, but those of tests with several servers.
    pub fn is_locked(&self) -> bool {
        self.0.is_locked
    }

    /// The lock, for whoever watches it; `None` when there is none, or it is lost.
    pub fn take(&self) -> Option<InstanceLock> {
        self.slot().take()
    }

    /// Puts the lock back: it is held to this server's end.
    pub fn put(&self, lock: InstanceLock) {
        *self.slot() = Some(lock);
        self.0.is_held.store(true, Ordering::Release);
    }

    /// The lock is lost: nothing is judged from here on.
    pub fn lose(&self) {
        self.0.is_held.store(false, Ordering::Release);
    }

    /// Asks for the lock once more; `None` when others hold it.
    ///
    /// # Errors
    /// The database is away.
    pub async fn retake(&self, store: &Store) -> Result<Option<InstanceLock>, StoreError> {
        store.lock_instances(self.0.sharing).await
    }

    /// Why others that hold the lock can't share the database with this server, and what to do.
    pub fn refusal(&self) -> &'static str {
        refusal(self.0.sharing)
    }

    /// Lets the next server in at once.
    ///
    /// # Errors
    /// The database is away: the lock goes with the process.
    pub async fn release(&self) -> Result<(), StoreError> {
        let lock = self.take();
        self.lose();
        match lock {
            Some(lock) => lock.release().await,
            None => Ok(()),
        }
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<InstanceLock>> {
        self.0.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why servers can't share a database, and what to do.
fn refusal(sharing: Sharing) -> &'static str {
    match sharing {
        Sharing::Alone => {
            "another server uses this database, and without Redis the two would not know each other's tickets: \
             stop it, or give all of them the same REDIS_URL"
        }
        Sharing::Together => {
            "a server without REDIS_URL uses this database, and knows nothing of the tickets of others: \
             stop it, or give it the same REDIS_URL"
        }
    }
}
