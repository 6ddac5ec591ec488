//! Sessions: rows of the record, and copies of those in use, so that a click needs no query.

use crate::{server::state::AppState, types::time::Millis};
use async_trait::async_trait;
use moka::sync::Cache;
use std::{collections::HashMap, fmt, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

/// Sessions in use at a time; about 400 bytes each.
const COPIES_MAX: u64 = 200_000;
/// How long a copy serves before the record is asked again.
const COPY_TTL: Duration = Duration::from_secs(60);
/// Sessions that are looked for at a time; more are told to come back.
const ASKS_MAX: usize = 32_768;
/// Sessions in a query at most.
const GROUP_MAX: usize = 512;
/// How long a request waits for its session: new clicks are refused within a second while the record is away.
const ASK_TIMEOUT: Duration = Duration::from_millis(900);

#[derive(Clone)]
pub(super) struct Sessions {
    app: AppState,
    /// `None`: ended here.
    copies: Cache<Id, Option<Record>>,
    asks: mpsc::Sender<Ask>,
}

/// A session that is looked for: `None` when there is none, and no answer at all when the record can't be read.
type Ask = (Id, oneshot::Sender<Option<Record>>);

impl Sessions {
    pub(super) fn new(app: AppState) -> Self {
        let (asks, asked) = mpsc::channel(ASKS_MAX);
        tokio::spawn(read(app.clone(), asked));
        Self { app, copies: Cache::builder().max_capacity(COPIES_MAX).time_to_live(COPY_TTL).build(), asks }
    }

    fn now(&self) -> Millis {
        self.app.clock.now()
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionStore for Sessions {
    /// Ids have 128 random bits: a new one is nobody's.
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.save(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let data = serde_json::to_vec(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
        let expires_at = Millis(record.expiry_date.unix_timestamp().saturating_mul(1_000));
        self.app.store.save_session(&record.id.to_string(), &data, expires_at).await.map_err(|error| Error::Backend(error.to_string()))?;
        self.copies.insert(record.id, Some(record.clone()));
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = self.now();
        if let Some(copy) = self.copies.get(id) {
            return Ok(copy.filter(|record| record.expiry_date.unix_timestamp().saturating_mul(1_000) > now.0));
        }
        let (asker, answer) = oneshot::channel();
        let away = || Error::Backend("sessions can't be read just now".into());
        self.asks.try_send((*id, asker)).map_err(|_| away())?;
        let Ok(Ok(record)) = timeout(ASK_TIMEOUT, answer).await else { return Err(away()) };
        let Some(record) = record else { return Ok(None) };
        // A session that ended since its row was read stays ended.
        Ok(self.copies.entry(*id).or_insert(Some(record)).into_value())
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.app.store.delete_session(&id.to_string()).await.map_err(|error| Error::Backend(error.to_string()))?;
        self.copies.insert(*id, None);
        Ok(())
    }
}

/// Reads sessions in groups: at the stroke of an hour thousands are looked for at once, and a query for each would be the rush's
/// narrowest place.
async fn read(app: AppState, mut asks: mpsc::Receiver<Ask>) {
    let mut group = Vec::with_capacity(GROUP_MAX);
    while asks.recv_many(&mut group, GROUP_MAX).await > 0 {
        group.retain(|(_, asker)| !asker.is_closed());
        let ids: Vec<_> = group.iter().map(|(id, _)| id.to_string()).collect();
        let rows = match app.store.load_sessions(&ids, app.clock.now()).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::warn!(%error, "sessions could not be read");
                group.clear();
                continue;
            }
        };
        let found: HashMap<_, _> = rows.into_iter().map(|(id, data, expires_at)| (id, (data, expires_at))).collect();
        for ((id, asker), text) in group.drain(..).zip(ids) {
            let record = found.get(&text).and_then(|(data, expires_at)| record(id, data, *expires_at));
            // Who asked may have gone.
            drop(asker.send(record));
        }
    }
}

/// A row that can't be understood is no session: its student signs in again.
fn record(id: Id, data: &[u8], expires_at: Millis) -> Option<Record> {
    let data = serde_json::from_slice(data).ok()?;
    let expiry_date = time::OffsetDateTime::from_unix_timestamp(expires_at.0.div_euclid(1_000)).ok()?;
    Some(Record { id, data, expiry_date })
}
