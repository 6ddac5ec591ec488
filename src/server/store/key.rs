//! Keys of the signer.

use crate::types::time::Millis;

store! {
    /// The keys of ticket ids, codes and challenges, the newest first.
    Job fn keys() -> Vec<KeyRow>;
    /// Adds a key that only verifies yet, and gives its number.
    Command fn add_key(secret: &[u8], now: Millis) -> i64;
    /// Lets a key sign; `false` when there is none of this number.
    Command fn sign_with(number: i64) -> bool;
    /// Deletes a key that does not sign any more: what it signed is worth nothing then.
    Command fn retire_key(number: i64) -> KeyEnd;
}

/// A key of ticket ids, codes and challenges.
#[derive(Clone)]
pub struct KeyRow {
    /// Its number: the newest has the greatest.
    pub number: i64,
    pub secret: Vec<u8>,
    /// Whether it signs, when it is the newest that does; else it only verifies.
    pub signs: bool,
    /// When it was made; 0 is not known.
    pub created_at: Millis,
}

/// What became of a key that was to be retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEnd {
    Ended,
    /// It signs, or is about to.
    Needed,
    /// There is none of this number.
    Unknown,
}
