//! Fallback while Redis is unreachable: admission by a recent snapshot of the database.
//!
//! Each instance has a snapshot of its own, which lacks the tickets that other instances are
//! recording. So while a seat is unsold no click is refused for lack of tokens
//! (`Admission::doubted`), and more clicks may be admitted than there are seats; settlement decides
//! by the database, and the surplus tickets end as sold out.

use super::admission::Offer;
use crate::{
    server::{queue::desk::Desk, store::Store},
    types::{
        error::AppError,
        ids::{SaleId, StudentId, TicketId},
        time::Millis,
    },
};
use std::{
    collections::{HashMap, hash_map::Entry},
    time::Duration,
};
use tokio::{sync::Mutex, time::Instant};

/// How long a copy is believed.
const COPY_TTL: Duration = Duration::from_millis(200);

struct YoungDesk {
    read_at: Instant,
    desk: Desk,
    is_final: bool,
}

/// The copies; as many as there are sales that are clicked on.
pub(super) struct Fallback {
    store: Store,
    desks: Mutex<HashMap<SaleId, YoungDesk>>,
}

impl Fallback {
    pub(super) fn new(store: Store) -> Self {
        Self {
            store,
            desks: Mutex::default(),
        }
    }

    pub(super) async fn judge(
        &self,
        sale: SaleId,
        now: Millis,
        clicks: &[(StudentId, TicketId)],
    ) -> Result<Offer, AppError> {
        let mut desks = self.desks.lock().await;
        desks.retain(|_, snapshot| snapshot.read_at.elapsed() < COPY_TTL);
        let YoungDesk { desk, is_final, .. } = match desks.entry(sale) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let read_at = Instant::now();
                let (desk, is_final) = Desk::read_among_others(&self.store, sale).await?;
                entry.insert(YoungDesk {
                    read_at,
                    desk,
                    is_final,
                })
            }
        };
        let verdicts = clicks
            .iter()
            .map(|(student, ticket)| desk.judge(*student, *ticket, now))
            .collect();
        Ok(Offer {
            left: desk.admission.free(),
            is_final: *is_final,
            verdicts,
        })
    }

    /// A commit failed: what was counted on it is read again.
    pub(super) async fn forget(&self) {
        self.desks.lock().await.clear();
    }
}
