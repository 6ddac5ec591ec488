//! Arguments of the interface, parsed into types that can't be wrong.

use crate::{
    server::{
        browser_token::{BrowserToken, Browsers},
        shop::account::Work,
        sms::Code,
    },
    types::{
        account::{Mobile, SessionEnding},
        error::{AppError, Fault},
        ids::SectionId,
        payment::{PayKind, Provider},
        text::Text,
    },
};

/// Characters of a client's idempotency key at most.
const KEY_MAX: usize = 64;
/// Bytes of a challenge or a proof of work at most.
const WORK_MAX: usize = 128;

/// A text that must be there.
///
/// # Errors
/// [`AppError::BadField`] names the field.
pub fn required<'a>(name: &str, value: Option<&'a Text>) -> Result<&'a str, AppError> {
    Text::trimmed(value).ok_or_else(|| AppError::field(name, Fault::Missing))
}

/// The number of a thing.
///
/// # Errors
/// [`AppError::BadField`] names the field.
pub fn id(name: &str, value: Option<&Text>) -> Result<i64, AppError> {
    let number: i64 = required(name, value)?
        .parse()
        .map_err(|_| AppError::field(name, Fault::Malformed))?;
    if number > 0 {
        Ok(number)
    } else {
        Err(AppError::field(name, Fault::OutOfRange))
    }
}

/// The section that a student is at.
///
/// # Errors
/// [`AppError::BadField`] names the field.
pub fn section(value: Option<&Text>) -> Result<SectionId, AppError> {
    id("section", value).map(SectionId)
}

/// Whole seconds, which may be none.
///
/// # Errors
/// [`AppError::BadField`] names the field.
pub fn seconds(name: &str, value: Option<&Text>) -> Result<i64, AppError> {
    required(name, value)?
        .parse()
        .map_err(|_| AppError::field(name, Fault::Malformed))
}

/// A mobile number.
///
/// # Errors
/// [`AppError::BadField`] names the field.
pub fn mobile(value: Option<&Text>) -> Result<Mobile, AppError> {
    Mobile::parse(required("mobile", value)?).map_err(|why| AppError::field("mobile", why))
}

/// Which sessions are to end.
///
/// # Errors
/// [`AppError::BadField`] names the field.
pub fn ending(value: Option<&Text>) -> Result<SessionEnding, AppError> {
    SessionEnding::parse(required("session", value)?).map_err(|why| AppError::field("session", why))
}

/// A provider of payments, by its name.
///
/// # Errors
/// [`AppError::BadField`] names the field.
pub fn provider(value: Option<&Text>) -> Result<Provider, AppError> {
    Provider::of_name(required("provider", value)?)
        .ok_or_else(|| AppError::field("provider", Fault::OutOfRange))
}

/// How a payment is to be made; what was left out is a link.
///
/// # Errors
/// [`AppError::BadField`] names the field.
pub fn way(value: Option<&Text>) -> Result<PayKind, AppError> {
    let Some(name) = Text::trimmed(value) else {
        return Ok(PayKind::default());
    };
    PayKind::of_name(name).ok_or_else(|| AppError::field("way", Fault::OutOfRange))
}

/// The code of a message.
///
/// # Errors
/// [`AppError::BadField`] names the field: what has no six digits is no guess, and takes no try.
pub fn code(value: Option<&Text>) -> Result<Code, AppError> {
    Code::parse(required("code", value)?).ok_or_else(|| AppError::field("code", Fault::Malformed))
}

/// The token of a client without cookies, if one came that is for this mobile.
pub fn browser(browsers: &Browsers, mobile: &Mobile, value: Option<&Text>) -> Option<BrowserToken> {
    Text::trimmed(value).and_then(|text| browsers.read(mobile, text))
}

/// A proof of work, if one came.
///
/// # Errors
/// [`AppError::BadField`] names the half that is missing, or too long.
pub fn work<'a>(
    challenge: Option<&'a Text>,
    proof: Option<&'a Text>,
) -> Result<Option<Work<'a>>, AppError> {
    if Text::trimmed(challenge).or(Text::trimmed(proof)).is_none() {
        return Ok(None);
    }
    let (challenge, proof) = (required("challenge", challenge)?, required("proof", proof)?);
    for (name, text) in [("challenge", challenge), ("proof", proof)] {
        if text.len() > WORK_MAX {
            return Err(AppError::field(name, Fault::OutOfRange));
        }
    }
    Ok(Some(Work { challenge, proof }))
}

/// The client's own name for a click, if it gave one.
///
/// # Errors
/// [`AppError::BadField`] names the field.
pub fn key(value: Option<&Text>) -> Result<Option<String>, AppError> {
    let Some(key) = Text::trimmed(value) else {
        return Ok(None);
    };
    if key.len() > KEY_MAX {
        return Err(AppError::field("key", Fault::OutOfRange));
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(AppError::field("key", Fault::Malformed));
    }
    Ok(Some(key.to_owned()))
}
