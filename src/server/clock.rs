//! The only place that reads the time of day.

use crate::types::time::Millis;
use std::{fmt, sync::Arc};

/// Where the server's time comes from.
#[derive(Clone, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// What a test says that the time is.
    Told(Arc<dyn Fn() -> Millis + Send + Sync>),
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Told(_) => "Told",
        })
    }
}

impl Clock {
    /// Now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> Millis {
        match self {
            Self::System => Millis(jiff::Timestamp::now().as_millisecond()),
            Self::Told(tell) => tell(),
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
