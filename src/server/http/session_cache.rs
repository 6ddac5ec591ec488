//! Session cache: sessions in use, as their rows have them, so that a click needs no query.

use crate::{
    server::identity::caller,
    types::{ids::StudentId, time::Millis},
};
use moka::sync::Cache;
use std::sync::Arc;
use tower_sessions::session::{Id, Record};

/// Sessions in use; `None`: ended here.
pub(super) type SessionCache = Cache<Id, Option<Arc<KnownSession>>>;

/// A session as its row has it: a tenth of what it takes once it is read.
pub(super) struct KnownSession {
    pub(super) data: Box<[u8]>,
    pub(super) expires_at: Millis,
    pub(super) me: Option<StudentId>,
}

impl KnownSession {
    pub(super) fn of(data: &[u8], expires_at: Millis) -> Self {
        Self {
            me: caller::signed_in(data),
            data: data.into(),
            expires_at,
        }
    }

    pub(super) fn record(&self, id: Id) -> std::result::Result<Record, String> {
        let data = serde_json::from_slice(&self.data).map_err(|error| error.to_string())?;
        let expiry_date =
            time::OffsetDateTime::from_unix_timestamp(self.expires_at.0.div_euclid(1_000))
                .map_err(|error| error.to_string())?;
        Ok(Record {
            id,
            data,
            expiry_date,
        })
    }

    pub(super) fn student(&self) -> Option<StudentId> {
        self.me
    }

    pub(super) fn is_live(&self, now: Millis) -> bool {
        self.expires_at > now
    }
}
