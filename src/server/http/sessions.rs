//! Sessions: rows of the record, and copies of those in use, so that a click needs no query.

use super::session_reader::SessionReader;
use crate::{
    server::{door, state::AppState},
    types::{ids::StudentId, time::Millis},
};
use async_trait::async_trait;
use axum::http::{HeaderMap, header};
use moka::sync::Cache;
use std::{fmt, sync::Arc, time::Duration};
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
pub(super) type Copies = Cache<Id, Option<Arc<Known>>>;

/// A session that was read.
pub(super) struct Known {
    pub(super) record: Record,
    me: Option<StudentId>,
}

impl From<Record> for Known {
    fn from(record: Record) -> Self {
        Self { me: door::signed_in(&record).map(|me| me.id), record }
    }
}

impl Known {
    fn is_live(&self, now: Millis) -> bool {
        self.record.expiry_date.unix_timestamp().saturating_mul(1_000) > now.0
    }
}

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

    /// Who asks, when that is known without the record and without waiting.
    pub(super) fn known(&self, headers: &HeaderMap) -> Option<StudentId> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let id: Id = pairs.rfind(|(name, _)| *name == door::COOKIE)?.1.parse().ok()?;
        let known = self.copies.get(&id)??;
        known.me.filter(|_| known.is_live(self.app.clock.now()))
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
        self.copies.insert(record.id, Some(Arc::new(record.clone().into())));
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = self.app.clock.now();
        let known = match self.copies.get(id) {
            Some(copy) => copy,
            None => self.reader.read(*id).await.map_err(Error::Backend)?,
        };
        Ok(known.filter(|known| known.is_live(now)).map(|known| known.record.clone()))
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
