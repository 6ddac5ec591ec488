//! Application state that every request shares.

use crate::{
    rules::retry::Pace,
    server::{
        browser_token::Browsers,
        cache::Cache,
        challenge::{self, Challenger},
        clock::{Clock, ClockWatch},
        config::Serve,
        instance::Instance,
        lease::Lease,
        lessons::Lessons,
        payment::Payments,
        queue::Queue,
        rate_limit::{RateLimit, tally::Tally},
        signer::Signer,
        sms::Sms,
        store::{ListedSale, Store},
    },
    types::{
        document::Legal,
        error::AppError,
        ids::{SaleId, StudentId},
        time::Millis,
    },
};
use std::{
    collections::HashMap,
    ops::Deref,
    sync::{Arc, Mutex, RwLock, atomic::AtomicI64},
};

/// The engines behind the seams, as boot opened them.
pub struct Engines {
    pub store: Store,
    pub queue: Queue,
    pub cache: Cache,
    /// How often a student may click.
    pub rate_limit: RateLimit,
    /// Who runs the schedules.
    pub lease: Lease,
    /// Whether this server may judge clicks.
    pub instance: Instance,
    /// Who takes money.
    pub payments: Payments,
}

/// The running shop. A copy is a pointer.
#[derive(Clone)]
pub struct AppState(Arc<Shop>);

pub struct Shop {
    pub config: Serve,
    /// Whether students come by loopback, where cookies need no TLS: as the settings say, read once
    /// for all requests.
    pub is_loopback: bool,
    pub clock: Clock,
    /// Whether the time goes on evenly, so that something may be deleted by it.
    pub clock_watch: ClockWatch,
    pub store: Store,
    pub queue: Queue,
    pub cache: Cache,
    /// How often a student may click.
    pub rate_limit: RateLimit,
    /// Whether this instance runs the schedules.
    pub lease: Lease,
    /// Whether this server may judge clicks.
    pub instance: Instance,
    /// Who takes money.
    pub payments: Payments,
    /// The key of ticket ids and codes.
    pub signer: Signer,
    /// Challenges of those who ask for an SMS.
    pub challenger: Challenger,
    /// Tokens of browsers that wait for a code.
    pub browsers: Browsers,
    /// Refused requests for codes, by address: of two minutes at least, as long as a challenge
    /// lives.
    pub refusals: Tally<String>,
    /// Requests for codes without a proof that went on although one was asked for, by address, and
    /// by address and mobile: of ten minutes at most.
    pub unproven: Tally<String>,
    /// Tries that found no code, by the hash of the browser's token.
    pub misses: Tally<[u8; 32]>,
    /// The catalogue's version as it was read last; pages of another version are rendered anew.
    pub catalog_version: AtomicI64,
    /// Sales that ended before this moment (ms) were left out of the copies at their last reading.
    pub sales_since: AtomicI64,
    /// The versions of the sales whose desks are right, as they were read last.
    pub sale_versions: Mutex<HashMap<SaleId, ListedSale>>,
    /// When this process began: tickets of before tell nothing of its pace.
    pub began_at: Millis,
    /// How long tickets take of late.
    pub pace: RwLock<Pace>,
    pub legal: Arc<Legal>,
    /// Where lessons are, and who may see them.
    pub lessons: Lessons,
    pub sms: Sms,
    /// Wakes the worker of durable jobs.
    pub job_bell: tokio::sync::Notify,
}

impl Deref for AppState {
    type Target = Shop;

    fn deref(&self) -> &Shop {
        &self.0
    }
}

impl AppState {
    /// Puts the parts together.
    pub fn new(
        config: Serve,
        clock: Clock,
        engines: Engines,
        signer: Signer,
        sms: Sms,
        legal: Legal,
    ) -> Self {
        let Engines {
            store,
            queue,
            cache,
            rate_limit,
            lease,
            instance,
            payments,
        } = engines;
        let (challenger, browsers) = (Challenger::new(&signer), Browsers::new(&signer));
        let lessons = Lessons::new(&config.lessons, config.demo, &signer);
        let (refusals, misses) = (
            Tally::new(challenge::LIFE_MS),
            Tally::new(challenge::LIFE_MS),
        );
        // What a window counted is known for two windows at most.
        let unproven = Tally::new(challenge::UNPROVEN_GAP_MS / 2);
        let catalog_version = AtomicI64::new(0);
        let began_at = clock.now();
        let job_bell = tokio::sync::Notify::new();
        Self(Arc::new(Shop {
            is_loopback: config.is_loopback(),
            config,
            clock,
            clock_watch: ClockWatch::default(),
            store,
            queue,
            cache,
            rate_limit,
            lease,
            instance,
            payments,
            signer,
            challenger,
            browsers,
            refusals,
            unproven,
            misses,
            catalog_version,
            sales_since: AtomicI64::new(i64::MAX),
            sale_versions: Mutex::default(),
            began_at,
            pace: RwLock::default(),
            legal: Arc::new(legal),
            lessons,
            sms,
            job_bell,
        }))
    }

    /// Whether this student may click once more just now.
    ///
    /// # Errors
    /// [`AppError::TooManyRequests`].
    pub async fn limit_clicks(&self, student: StudentId) -> Result<(), AppError> {
        if self.rate_limit.admits(student).await {
            Ok(())
        } else {
            Err(AppError::TooManyRequests { retry_s: 1 })
        }
    }
}
