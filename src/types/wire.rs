//! The envelope of the original's interface.

use crate::types::{
    error::{AppError, Fault, Refusal},
    lang::Lang,
};
use serde::{Deserialize, Serialize};

/// The `code` of an answer that succeeded.
pub const OK: u16 = 100;

/// `{"code":100,"msg":"成功","result":…}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply<T> {
    /// Always [`OK`]; an error has the shape of [`Failure`].
    pub code: u16,
    /// A sentence in the asker's language.
    pub msg: String,
    /// What was asked for.
    pub result: T,
}

impl<T> Reply<T> {
    /// An answer that succeeded.
    pub fn ok(lang: Lang, result: T) -> Self {
        Self {
            code: OK,
            msg: lang.pick("成功", "OK").into(),
            result,
        }
    }

    /// An answer that succeeded, with a sentence of its own.
    pub fn said(msg: &str, result: T) -> Self {
        Self {
            code: OK,
            msg: msg.to_owned(),
            result,
        }
    }
}

/// An error on the wire; `code` is the HTTP status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The HTTP status.
    pub code: u16,
    /// A sentence in the asker's language.
    pub msg: String,
    /// The error's name, from a closed list.
    pub error: String,
    /// The field that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Seconds until another try may succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_s: Option<i64>,
    /// What is to be proven to be served at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
}

impl Failure {
    /// The error as a client of this language sees it.
    pub fn of(error: &AppError, lang: Lang) -> Self {
        let field = match error {
            AppError::BadField { field, .. } => Some(field.clone()),
            _ => None,
        };
        let challenge = match error {
            AppError::ProofNeeded { challenge, .. } => Some(challenge.clone()),
            _ => None,
        };
        Self {
            code: error.status(),
            msg: error.message(lang),
            error: error.slug().to_owned(),
            field,
            retry_s: error.retry_s(),
            challenge,
        }
    }
}

impl From<Failure> for AppError {
    /// What a client makes of an error that it was sent.
    fn from(failure: Failure) -> Self {
        match failure.code {
            400 => Self::BadField {
                field: failure.field.unwrap_or_default(),
                why: Fault::of_slug(&failure.error),
            },
            401 => Self::NotSignedIn,
            403 if failure.error == Self::CrossSite.slug() => Self::CrossSite,
            403 if failure.error == Self::NotBought.slug() => Self::NotBought,
            403 => Self::NotYours,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            408 => Self::TooSlow,
            409 => {
                Refusal::of_slug(&failure.error).map_or(Self::Internal, |why| Self::Refused { why })
            }
            413 => Self::TooLarge,
            415 => Self::UnsupportedMedia,
            429 => {
                let retry_s = failure.retry_s.unwrap_or(1);
                failure
                    .challenge
                    .map_or(Self::TooManyRequests { retry_s }, |challenge| {
                        Self::ProofNeeded { challenge, retry_s }
                    })
            }
            503 => Self::Unavailable,
            _ => Self::Internal,
        }
    }
}

/// The arguments of a function that takes none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nothing {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_the_wire() {
        for error in AppError::each("mobile", 7) {
            for lang in Lang::ALL {
                let failure = Failure::of(&error, lang);
                assert!(!failure.msg.is_empty());
                assert_eq!(AppError::from(failure), error);
            }
        }
    }
}
