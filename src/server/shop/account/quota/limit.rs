//! Limit of SMS codes: a counter of the database, and how far it may count.

use crate::{
    server::{
        challenge::Proven,
        store::{SmsStanding, SmsUse},
    },
    types::time::{DAY_MS, HOUR_MS, Millis},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Bytes of the hash that stands for a mobile or an address: 128 bits, so that no two meet.
const HASH_BYTES: usize = 16;

/// A counter that this request would use.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    pub(super) what: &'static str,
    pub(super) key: String,
    pub(super) most: i64,
    pub(super) span_ms: i64,
    pub(super) ends_at: Millis,
}

/// An hour or a day of the clock, for which something is counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClockWindow {
    ms: i64,
    ends_at: Millis,
}

impl ClockWindow {
    pub(super) fn hour(now: Millis) -> Self {
        Self {
            ms: HOUR_MS,
            ends_at: Millis(next(now, HOUR_MS)),
        }
    }

    /// The shop's day.
    pub(super) fn day(now: Millis) -> Self {
        Self {
            ms: DAY_MS,
            ends_at: now.shop_midnight(),
        }
    }
}

impl Limit {
    /// So many codes in an hour or a day. The key has its end, so that the next one counts anew.
    pub(super) fn window(
        what: &'static str,
        most: i64,
        window: ClockWindow,
        name: &str,
        whose: &[&str],
    ) -> Self {
        let whose = hash(&[&[name], whose].concat());
        Self {
            what,
            key: format!("{name}.{}.{whose}", window.ends_at.0),
            most,
            span_ms: window.ms,
            ends_at: window.ends_at,
        }
    }

    /// One code, and the next one after so many milliseconds.
    pub(super) fn gap(
        what: &'static str,
        span_ms: i64,
        now: Millis,
        name: &str,
        whose: &[&str],
    ) -> Self {
        Self {
            what,
            key: format!("{name}.{}", hash(&[&[name], whose].concat())),
            most: 1,
            span_ms,
            ends_at: now.plus(span_ms),
        }
    }

    /// One code for a proof.
    pub(super) fn once(proven: &Proven) -> Self {
        Self {
            what: "proof",
            key: format!("p.{}", URL_SAFE_NO_PAD.encode(proven.nonce)),
            most: 1,
            span_ms: DAY_MS,
            ends_at: proven.expires_at,
        }
    }

    /// Milliseconds until it lets the next one through; `None` while it does.
    pub(super) fn wait(&self, standing: &SmsStanding, now: Millis) -> Option<i64> {
        let (count, ends_at) = standing.counter(&self.key).unwrap_or((0, now));
        let is_now = self.is_now(ends_at, now);
        let is_reached = self.most <= 0 || is_now && count >= self.most;
        is_reached.then(|| {
            if is_now {
                ends_at.since(now)
            } else {
                self.ends_at.since(now)
            }
        })
    }

    /// Whether a window that ends then is the one of now. An end that is too far away was written
    /// by a clock that was wrong; clocks of two servers are apart by less than a span.
    pub(super) fn is_now(&self, ends_at: Millis, now: Millis) -> bool {
        ends_at > now && ends_at.since(now) < 2 * self.span_ms
    }

    pub(super) fn used(&self) -> SmsUse {
        SmsUse {
            key: self.key.clone(),
            ends_at: self.ends_at,
        }
    }
}

/// The end of the window of this length that a moment is in.
pub(super) fn next(at: Millis, span_ms: i64) -> i64 {
    at.0.div_euclid(span_ms)
        .saturating_add(1)
        .saturating_mul(span_ms)
}

/// What stands for these words in a key.
pub(super) fn hash(words: &[&str]) -> String {
    let hash = words.iter().fold(Sha256::new(), |hash, word| {
        hash.chain_update(word).chain_update([0])
    });
    URL_SAFE_NO_PAD.encode(&hash.finalize()[..HASH_BYTES])
}
