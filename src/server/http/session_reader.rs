//! Reads sessions in groups: while one group is read, and for a moment more, the next one gathers.
//! When a sale opens, thousands of students come back in the same second, and what costs is the
//! number of statements, not of rows.

use super::session_cache::{KnownSession, SessionCache};
use crate::server::{shop::state::AppState, supervisor::supervise};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    time::{MissedTickBehavior, timeout},
};
use tower_sessions::session::Id;

/// Requests that wait for their session; one more is told to come back.
const INBOX_MAX: usize = 32_768;
/// Sessions in a statement at most.
const GROUP_MAX: usize = 1_024;
/// Between two statements at least: the first of a crowd waits for nobody, and the others are read
/// together.
const GAP: Duration = Duration::from_millis(1);
/// How long a request waits for its session; with what a click takes after it, that is a second
/// while the database is away (G11).
const WAIT_MAX: Duration = Duration::from_millis(500);

/// A session, or why nobody knows it.
type Found = Result<Option<Arc<KnownSession>>, String>;
type ReadRequest = (Id, oneshot::Sender<Found>);

/// The handle of the reading task, which ends with the last of them.
#[derive(Clone)]
pub(super) struct SessionReader {
    inbox: mpsc::Sender<ReadRequest>,
}

impl SessionReader {
    /// What is read goes into `copies`, also when whoever asked has gone: they come back.
    pub(super) fn start(app: AppState, copies: SessionCache) -> Self {
        let (inbox, mut requests) = mpsc::channel(INBOX_MAX);
        tokio::spawn(supervise("session_reader", async move || {
            run(&app, &copies, &mut requests).await;
        }));
        Self { inbox }
    }

    pub(super) async fn read(&self, id: Id) -> Found {
        let (asker, answer) = oneshot::channel();
        self.inbox
            .try_send((id, asker))
            .map_err(|_| "too many requests wait for their session".to_owned())?;
        match timeout(WAIT_MAX, answer).await {
            Ok(Ok(found)) => found,
            Ok(Err(_)) | Err(_) => Err(format!("no session within {} ms", WAIT_MAX.as_millis())),
        }
    }
}

async fn run(app: &AppState, copies: &SessionCache, requests: &mut mpsc::Receiver<ReadRequest>) {
    let mut group = Vec::with_capacity(GROUP_MAX);
    let mut gap = tokio::time::interval(GAP);
    gap.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        gap.tick().await;
        if requests.recv_many(&mut group, GROUP_MAX).await == 0 {
            return;
        }
        let ids: Vec<String> = group.iter().map(|(id, _)| id.to_string()).collect();
        let read = app
            .store
            .load_sessions(&ids, app.clock.now())
            .await
            .map_err(|error| error.to_string());
        let rows = read.map(|rows| {
            rows.into_iter()
                .map(|(id, data, expires_at)| (id, (data, expires_at)))
                .collect::<HashMap<_, _>>()
        });
        for (id, asker) in group.drain(..) {
            let row = rows
                .as_ref()
                .map(|rows| rows.get(&id.to_string()))
                .map_err(Clone::clone);
            let found = row.map(|row| {
                row.map(|(data, expires_at)| Arc::new(KnownSession::of(data, *expires_at)))
            });
            // A session that ended since its row was read stays ended.
            let found = found.map(|known| {
                known.and_then(|known| copies.entry(id).or_insert_with(|| Some(known)).into_value())
            });
            // Whoever asked may have gone.
            drop(asker.send(found));
        }
    }
}
