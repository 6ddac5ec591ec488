//! Rate limits of clicks, per student and second: shared in Redis, and counted in this process
//! while Redis is unreachable.

mod local;
pub mod network;
mod redis;
pub mod tally;

use self::redis::RedisRateLimit;
use crate::{server::redis::client::RedisClient, types::ids::StudentId};
use std::num::NonZeroU32;

/// A burst may have this many times the clicks of a second.
const BURST: NonZeroU32 = NonZeroU32::new(2).unwrap();

/// The engine of rate windows, chosen once at start by whether there is a `REDIS_URL`.
#[derive(Clone)]
pub enum RateLimit {
    Local(local::LocalRateLimit),
    /// In Redis, for all instances together.
    Redis(RedisRateLimit),
}

impl RateLimit {
    /// Windows of this process.
    pub fn local(clicks_per_s: u32) -> Self {
        Self::Local(local::LocalRateLimit::new(per_s(clicks_per_s)))
    }

    /// Windows that this instance shares with others, its tasks started.
    pub fn redis(link: RedisClient, clicks_per_s: u32) -> Self {
        Self::Redis(RedisRateLimit::start(link, per_s(clicks_per_s)))
    }

    /// Whether this student may click once more just now.
    pub async fn admits(&self, student: StudentId) -> bool {
        match self {
            Self::Local(limit) => limit.admits(student),
            Self::Redis(limit) => limit.admits(student).await,
        }
    }

    /// Forgets students who have not clicked of late.
    pub fn shrink(&self) {
        match self {
            Self::Local(limit) => limit.shrink(),
            Self::Redis(limit) => limit.shrink(),
        }
    }
}

fn per_s(clicks: u32) -> NonZeroU32 {
    NonZeroU32::new(clicks).unwrap_or(NonZeroU32::MIN)
}
