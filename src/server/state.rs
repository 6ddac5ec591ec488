//! What every request shares.

use crate::{
    server::{cache::Cache, clock::Clock, config::Serve, queue::Queue, signer::Signer, sms::Sms, store::Store},
    types::{error::AppError, ids::StudentId, lang::Lang},
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::{
    num::NonZeroU32,
    ops::Deref,
    sync::{Arc, atomic::AtomicI64},
};

/// The running shop. A copy is a pointer.
#[derive(Clone)]
pub struct AppState(Arc<Shop>);

/// Its parts.
pub struct Shop {
    /// The settings.
    pub config: Serve,
    /// The time.
    pub clock: Clock,
    /// The record.
    pub store: Store,
    /// Admission and statuses.
    pub queue: Queue,
    /// Banners and sales.
    pub cache: Cache,
    /// The key of ticket ids and codes.
    pub signer: Signer,
    /// The catalogue's version as it was read last; pages of another version are rendered anew.
    pub catalog_version: AtomicI64,
    /// Who sends SMS.
    pub sms: Sms,
    /// Wakes the job that sends SMS.
    pub sms_bell: tokio::sync::Notify,
    clicks: DefaultKeyedRateLimiter<StudentId>,
}

impl Deref for AppState {
    type Target = Shop;

    fn deref(&self) -> &Shop {
        &self.0
    }
}

impl AppState {
    /// Puts the parts together.
    pub fn new(config: Serve, clock: Clock, store: Store, queue: Queue, signer: Signer, sms: Sms) -> Self {
        let per_s = NonZeroU32::new(config.clicks_per_s).unwrap_or(NonZeroU32::MIN);
        let clicks = RateLimiter::keyed(Quota::per_second(per_s).allow_burst(per_s.saturating_mul(BURST)));
        let catalog_version = AtomicI64::new(0);
        let sms_bell = tokio::sync::Notify::new();
        Self(Arc::new(Shop { config, clock, store, queue, cache: Cache::local(), signer, catalog_version, sms, sms_bell, clicks }))
    }

    /// The shop of the request that is being answered.
    ///
    /// # Errors
    /// [`AppError::Internal`] outside a request.
    pub fn current() -> Result<Self, AppError> {
        leptos::prelude::use_context().ok_or(AppError::Internal)
    }

    /// The language of the request that is being answered.
    pub fn lang(&self) -> Lang {
        leptos::prelude::use_context().unwrap_or_default()
    }

    /// Whether this student may click once more just now.
    ///
    /// # Errors
    /// [`AppError::TooManyRequests`].
    pub fn limit_clicks(&self, student: StudentId) -> Result<(), AppError> {
        self.clicks.check_key(&student).map_err(|_| AppError::TooManyRequests { retry_s: 1 })
    }

    /// Forgets the limits of students who have not clicked of late.
    pub fn shrink_limits(&self) {
        self.clicks.retain_recent();
        self.clicks.shrink_to_fit();
    }
}

/// A burst may have this many times the clicks of a second.
const BURST: NonZeroU32 = NonZeroU32::new(2).unwrap();
