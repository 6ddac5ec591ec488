//! Sessions: rows of the record, and copies of those in use, so that a click needs no query.

use super::session_reader::SessionReader;
use crate::{server::state::AppState, types::time::Millis};
use async_trait::async_trait;
use moka::sync::Cache;
use std::{fmt, time::Duration};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

/// Sessions in use at a time; about 400 bytes each.
const COPIES_MAX: u64 = 200_000;
/// How long a copy serves before the record is asked again.
const COPY_TTL: Duration = Duration::from_secs(60);

/// Sessions in use; `None`: ended here.
pub(super) type Copies = Cache<Id, Option<Record>>;

#[derive(Clone)]
pub(super) struct Sessions {
    app: AppState,
    reader: SessionReader,
    copies: Copies,
}

impl Sessions {
    pub(super) fn new(app: AppState) -> Self {
        let copies: Copies = Cache::builder().max_capacity(COPIES_MAX).time_to_live(COPY_TTL).build();
        Self { reader: SessionReader::start(app.clone(), copies.clone()), app, copies }
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
        self.reader.read(*id).await.map_err(Error::Backend)
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.app.store.delete_session(&id.to_string()).await.map_err(|error| Error::Backend(error.to_string()))?;
        self.copies.insert(*id, None);
        Ok(())
    }
}

/// A session, from its row.
pub(super) fn record(id: Id, data: &[u8], expires_at: Millis) -> std::result::Result<Record, String> {
    let data = serde_json::from_slice(data).map_err(|error| error.to_string())?;
    let expiry_date = time::OffsetDateTime::from_unix_timestamp(expires_at.0.div_euclid(1_000)).map_err(|error| error.to_string())?;
    Ok(Record { id, data, expiry_date })
}
