//! Browser tokens: each binds a code to the browser that asked for it, so that other clients can't
//! use up its tries.
//!
//! A token is 128 random bits with a MAC over them and the mobile that the code is for. So one that
//! was made up, or is for another mobile, is known without a look into the database; there only its
//! hash stands.

use crate::{
    server::signer::Signer,
    types::{account::Mobile, error::AppError},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::fmt;

/// Random bytes of a token.
const RANDOM_BYTES: usize = 16;
/// Bytes of the truncated MAC: 128 bits (RFC 2104, section 5).
const MAC_BYTES: usize = 16;
/// Keeps this use of the key apart from all others.
const PURPOSE: &[u8] = b"sms-browser\0";

/// Gives tokens, and knows its own.
#[derive(Clone)]
pub struct Browsers(Signer);

/// What a browser holds while it waits for a code.
#[derive(Clone, PartialEq, Eq)]
pub struct BrowserToken([u8; RANDOM_BYTES + MAC_BYTES]);

impl Browsers {
    /// With the shop's keys.
    pub fn new(signer: &Signer) -> Self {
        Self(signer.clone())
    }

    /// A new token for a mobile.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] without randomness.
    pub fn give(&self, mobile: &Mobile) -> Result<BrowserToken, AppError> {
        let mut token = [0; RANDOM_BYTES + MAC_BYTES];
        getrandom::fill(&mut token[..RANDOM_BYTES]).map_err(|_| AppError::Unavailable)?;
        let mac = of(self.0.mac(PURPOSE), mobile, &token[..RANDOM_BYTES])
            .finalize()
            .into_bytes();
        token[RANDOM_BYTES..].copy_from_slice(&mac[..MAC_BYTES]);
        Ok(BrowserToken(token))
    }

    /// The token that a text is; `None` when this shop never gave it for this mobile.
    pub fn read(&self, mobile: &Mobile, text: &str) -> Option<BrowserToken> {
        let mut token = [0; RANDOM_BYTES + MAC_BYTES];
        if URL_SAFE_NO_PAD.decode_slice(text, &mut token).ok()? != token.len() {
            return None;
        }
        let (random, mac) = token.split_at(RANDOM_BYTES);
        let is_ours = self
            .0
            .macs(PURPOSE)
            .into_iter()
            .any(|key| of(key, mobile, random).verify_truncated_left(mac).is_ok());
        is_ours.then_some(BrowserToken(token))
    }
}

/// The MAC of a token, by a key that was begun with its purpose.
fn of(key: Hmac<Sha256>, mobile: &Mobile, random: &[u8]) -> Hmac<Sha256> {
    key.chain_update(random).chain_update(mobile.digits())
}

impl BrowserToken {
    /// As a cookie and the wire have it.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// As the database has it: who reads that holds no token.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

/// Hides the token, so that no log ever holds one.
impl fmt::Debug for BrowserToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_shop(byte: u8) -> Browsers {
        Browsers::new(&Signer::new(vec![byte; 32]).expect("a key"))
    }

    #[test]
    fn a_token_is_of_one_mobile_and_one_shop() {
        let (mine, other) = ["13800000001", "13800000002"]
            .map(|text| Mobile::parse(text).expect("a mobile"))
            .into();
        let token = of_shop(7).give(&mine).expect("a token");
        let text = token.text();
        assert_eq!(of_shop(7).read(&mine, &text), Some(token.clone()));
        assert_eq!(of_shop(7).read(&other, &text), None, "another mobile");
        assert_eq!(of_shop(8).read(&mine, &text), None, "another shop");
        for at in 0..text.len() {
            let changed = if &text[at..=at] == "A" { "B" } else { "A" };
            let forged = [&text[..at], changed, &text[at + 1..]].concat();
            assert_eq!(of_shop(7).read(&mine, &forged), None, "changed at {at}");
            assert_eq!(of_shop(7).read(&mine, &text[..at]), None, "cut at {at}");
        }
        assert_ne!(of_shop(7).give(&mine).expect("a token"), token);
        assert!(!format!("{token:?}").contains(&text));
    }
}
