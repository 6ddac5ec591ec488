//! Why an SMS was not sent, or is not known to be.

use std::io;
use thiserror::Error;

/// What came of calling the provider. Neither form names a mobile or a code.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SmsError {
    /// The provider said no.
    #[error("the SMS provider refused: {code}")]
    Refused {
        /// The provider's error code: ASCII letters, dots and underscores.
        code: String,
    },
    /// The provider said: too many.
    #[error("the SMS provider's limit is reached: {code}")]
    Limited {
        /// The provider's error code: ASCII letters, dots and underscores.
        code: String,
    },
    /// No connection, or it broke before the whole answer was here.
    #[error("the SMS provider can't be reached")]
    Unreachable,
    /// The whole answer was not here in time.
    #[error("the SMS provider did not answer in time")]
    Timeout,
    /// There is an answer, and it says neither yes nor no.
    #[error("the SMS provider's answer can't be used: {0}")]
    Garbled(Garbled),
    /// The outbox file was not written.
    #[error("the SMS outbox can't be written: {0}")]
    Unwritten(io::ErrorKind),
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Garbled {
    /// An HTTP status other than 200, redirects among them: the provider says 200 to everything
    /// that it understood.
    #[error("HTTP status {0}")]
    Status(u16),
    /// More bytes than any honest answer has.
    #[error("too large")]
    TooLarge,
    /// Not the JSON that the provider documents.
    #[error("unreadable")]
    Unreadable,
}
