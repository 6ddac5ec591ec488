//! RSA as Alipay and WeChat Pay sign with it: PKCS#1 v1.5 with SHA-256 (RFC 8017, section 8.2).

pub(super) mod der;
pub(super) mod pem;

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey},
};
use std::ops::RangeInclusive;

/// Bits of a modulus that are taken: both providers issue 2048. Fewer are weak, and with more than
/// 4096 no signature is made.
pub(super) const MODULUS_BITS: RangeInclusive<usize> = 2_048..=4_096;

/// A private key.
pub(super) struct RsaPrivateKey(KeyPair);

/// A public key, as PKCS#1 writes it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct RsaPublicKey(Vec<u8>);

impl RsaPrivateKey {
    /// The key of a DER in PKCS#1; `None` when its numbers don't fit together.
    pub fn new(pkcs1: &[u8]) -> Option<Self> {
        KeyPair::from_der(pkcs1).ok().map(Self)
    }

    /// The signature of a message, in base64; `None` when the system gives no random bytes.
    pub fn sign(&self, message: &[u8]) -> Option<String> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        let random = SystemRandom::new();
        self.0
            .sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
            .ok()?;
        Some(STANDARD.encode(signature))
    }

    /// Whether a public key is the other half of this one.
    pub fn is_half_of(&self, key: &RsaPublicKey) -> bool {
        self.0.public_key().as_ref() == key.0
    }
}

impl RsaPublicKey {
    /// The key of a DER in PKCS#1.
    pub fn new(pkcs1: &[u8]) -> Self {
        Self(pkcs1.to_vec())
    }

    /// Whether this key made a signature, given in base64.
    pub fn has_signed(&self, message: &[u8], signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else {
            return false;
        };
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0)
            .verify(message, &signature)
            .is_ok()
    }
}
