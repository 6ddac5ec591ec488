//! Arguments of the interface, parsed into types that can't be wrong.

use crate::types::{
    account::Mobile,
    error::{AppError, Fault},
    text::Text,
};

/// Characters of a client's idempotency key at most.
const KEY_MAX: usize = 64;

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
    let number: i64 = required(name, value)?.parse().map_err(|_| AppError::field(name, Fault::Malformed))?;
    if number > 0 { Ok(number) } else { Err(AppError::field(name, Fault::OutOfRange)) }
}

/// A mobile number.
///
/// # Errors
/// [`AppError::BadField`] names the field.
pub fn mobile(value: Option<&Text>) -> Result<Mobile, AppError> {
    Mobile::parse(required("mobile", value)?).map_err(|why| AppError::field("mobile", why))
}

/// The client's own name for a click, if it gave one.
///
/// # Errors
/// [`AppError::BadField`] names the field.
pub fn key(value: Option<&Text>) -> Result<Option<String>, AppError> {
    let Some(key) = Text::trimmed(value) else { return Ok(None) };
    if key.len() > KEY_MAX {
        return Err(AppError::field("key", Fault::OutOfRange));
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(AppError::field("key", Fault::Malformed));
    }
    Ok(Some(key.to_owned()))
}
