//! The only place that reads the time of day.

use crate::types::time::Millis;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Where the server's time comes from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until a test moves it; epoch milliseconds.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// Now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> Millis {
        match self {
            Self::System => Millis(jiff::Timestamp::now().as_millisecond()),
            Self::Manual(ms) => Millis(ms.load(Ordering::SeqCst)),
        }
    }
}

/// A moment as people of the shop's city read it: `2026-11-22 20:00`, UTC+8.
pub fn shop_time(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map(|at| jiff::tz::offset(SHOP_UTC_OFFSET_H).to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string())
        .unwrap_or_default()
}

/// A moment in RFC 3339, for machines.
pub fn rfc3339(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at.0).map(|at| at.to_string()).unwrap_or_default()
}

/// The shop is in mainland China: one zone, no daylight saving time.
const SHOP_UTC_OFFSET_H: i8 = 8;
