//! What every request shares.

use crate::{
    seckill::ticket::PACE_FIRST_MS,
    server::{
        browser::Browsers,
        cache::Cache,
        challenge::{self, Challenger},
        clock::Clock,
        config::Serve,
        lease::Lease,
        queue::Queue,
        rates::Rates,
        signer::Signer,
        sms::Sms,
        store::Store,
        tally::Tally,
    },
    types::{error::AppError, ids::StudentId, lang::Lang},
};
use std::{
    ops::Deref,
    sync::{Arc, atomic::AtomicI64},
};

/// The engines behind the seams, as boot opened them.
pub struct Engines {
    /// The record.
    pub store: Store,
    /// Admission and statuses.
    pub queue: Queue,
    /// Banners and sales.
    pub cache: Cache,
    /// How often a student may click.
    pub rates: Rates,
    /// Who runs the schedules.
    pub lease: Lease,
}

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
    /// How often a student may click.
    pub rates: Rates,
    /// Whether this instance runs the schedules.
    pub lease: Lease,
    /// The key of ticket ids and codes.
    pub signer: Signer,
    /// Challenges of those who ask for an SMS.
    pub challenger: Challenger,
    /// Tokens of browsers that wait for a code.
    pub browsers: Browsers,
    /// Refused requests for codes, by address: of two minutes at least, as long as a challenge lives.
    pub refusals: Tally<String>,
    /// Tries that found no code, by the hash of the browser's token.
    pub misses: Tally<[u8; 32]>,
    /// The catalogue's version as it was read last; pages of another version are rendered anew.
    pub catalog_version: AtomicI64,
    /// Milliseconds from click to decision of late.
    pub pace_ms: AtomicI64,
    /// Who sends SMS.
    pub sms: Sms,
    /// Wakes the job that sends SMS.
    pub sms_bell: tokio::sync::Notify,
}

impl Deref for AppState {
    type Target = Shop;

    fn deref(&self) -> &Shop {
        &self.0
    }
}

impl AppState {
    /// Puts the parts together.
    pub fn new(config: Serve, clock: Clock, engines: Engines, signer: Signer, sms: Sms) -> Self {
        let Engines { store, queue, cache, rates, lease } = engines;
        let (challenger, browsers) = (Challenger::new(&signer), Browsers::new(&signer));
        let (refusals, misses) = (Tally::new(challenge::LIFE_MS), Tally::new(challenge::LIFE_MS));
        let catalog_version = AtomicI64::new(0);
        let pace_ms = AtomicI64::new(PACE_FIRST_MS);
        let sms_bell = tokio::sync::Notify::new();
        Self(Arc::new(Shop {
            config,
            clock,
            store,
            queue,
            cache,
            rates,
            lease,
            signer,
            challenger,
            browsers,
            refusals,
            misses,
            catalog_version,
            pace_ms,
            sms,
            sms_bell,
        }))
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
    pub async fn limit_clicks(&self, student: StudentId) -> Result<(), AppError> {
        if self.rates.admits(student).await { Ok(()) } else { Err(AppError::TooManyRequests { retry_s: 1 }) }
    }
}
