//! SMS: the seam to the providers that send codes.
//!
//! - A provider is called once for each [`Sms::send`]: nothing here tries again, keeps a connection
//!   or follows a redirect, so that whoever marks a code before calling sends it at most once.
//! - No error, `Debug` form or log line of this room holds a code, a full mobile, a secret or a
//!   provider's prose.
//! - Every wait and every answer has a limit.
//! - The time is an argument.

pub mod code;
mod error;
pub mod file;
mod mac;
pub mod memory;
mod tc3;
pub mod tencent;

pub use code::Code;
pub use error::{Garbled, SmsError};

use crate::types::{account::Mobile, time::Millis};
use std::io;

/// The provider of SMS codes, chosen once at start.
#[derive(Clone, Debug)]
pub enum Sms {
    /// Tencent Cloud.
    Tencent(tencent::Tencent),
    /// A file that a developer reads.
    File(file::FileOutbox),
    /// A list that a test reads.
    Memory(memory::MemoryOutbox),
}

/// An SMS as an outbox keeps it.
#[derive(Clone, Debug)]
pub struct Sent {
    pub at: Millis,
    pub mobile: Mobile,
    pub code: Code,
}

impl Sms {
    /// Sends `code` to `mobile`, once.
    ///
    /// # Errors
    /// [`SmsError`] says whether the provider refused or its answer is missing. After
    /// [`SmsError::Timeout`], [`SmsError::Unreachable`] and [`SmsError::Garbled`] nobody knows
    /// whether the SMS arrives.
    pub async fn send(&self, mobile: &Mobile, code: &Code, now: Millis) -> Result<(), SmsError> {
        match self {
            Self::Tencent(tencent) => tencent.send(mobile, code, now).await,
            Self::File(outbox) => outbox.send(mobile, code, now).await,
            Self::Memory(outbox) => outbox.send(mobile, code, now),
        }
    }

    /// The newest `limit` SMS of an outbox, newest first, of one mobile or of all. A real provider
    /// shows none.
    ///
    /// # Errors
    /// The outbox can't be read.
    pub fn recent(&self, mobile: Option<&Mobile>, limit: usize) -> io::Result<Vec<Sent>> {
        match self {
            Self::Tencent(_) => Ok(Vec::new()),
            Self::File(outbox) => outbox.recent(mobile, limit),
            Self::Memory(outbox) => Ok(outbox.recent(mobile, limit)),
        }
    }
}
