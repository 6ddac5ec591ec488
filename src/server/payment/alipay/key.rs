//! RSA keys of Alipay's public-key mode: what its key tool and its console give is read, as PEM or as
//! bare base64, and what was pasted by mistake is named.

use crate::server::payment::rsa::{
    MODULUS_BITS, RsaPrivateKey, RsaPublicKey,
    der::{self, KeyForm},
    pem::{self, BadPem},
};
use std::{fmt, sync::Arc};
use thiserror::Error;

const DASHES: &str = "-----";
/// Characters of a label that an error repeats.
const LABEL_MAX: usize = 40;

/// Why a file's text is not the key that is needed. No part of the key stands in it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AlipayKeyError {
    #[error("it is empty")]
    Empty,
    #[error(
        "it begins with {DASHES}BEGIN {0}{DASHES} and has no line {DASHES}END {0}{DASHES}: copy it whole"
    )]
    NoEnd(String),
    #[error("it begins with {DASHES}BEGIN {0}{DASHES}, which is no key of RSA")]
    OtherLabel(String),
    #[error(
        "it says {DASHES}BEGIN {says}{DASHES} and holds {holds}: take away the first and the last line, or correct them"
    )]
    WrongLabel { says: String, holds: &'static str },
    #[error(
        "it holds a key with a password, which a server can't type: write it without one (openssl pkcs8 -topk8 -nocrypt)"
    )]
    Encrypted,
    #[error(
        "it holds a certificate: choose the public-key mode (公钥模式) at Alipay, not the certificate mode, and take the key from there"
    )]
    Certificate,
    #[error(
        "it holds a public key: the shop's private key is needed (应用私钥), which never leaves the machine that made it"
    )]
    PublicKey,
    #[error("it holds a private key: Alipay's public key is needed (支付宝公钥)")]
    PrivateKey,
    #[error("it is no base64: copy the key whole, and nothing else")]
    NotBase64,
    #[error("it holds no RSA key, or only a part of one: copy it whole")]
    NotRsa,
    #[error("its key has {0} bits, and 2048 to 4096 are needed: make a new pair (RSA2)")]
    Size(usize),
    #[error("the numbers of its key don't fit together: it was changed, or copied in part")]
    Broken,
    #[error(
        "it is the public half of the shop's own key. Alipay's is needed (支付宝公钥): the console shows it once it has the shop's own (应用公钥)"
    )]
    OwnKey,
}

/// The shop's private key, by which it signs requests. A copy shares the key.
#[derive(Clone)]
pub struct AlipayAppKey(Arc<RsaPrivateKey>);

/// Alipay's public key, by which notices and answers are believed.
#[derive(Clone, PartialEq, Eq)]
pub struct AlipayPublicKey(RsaPublicKey);

impl fmt::Debug for AlipayAppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AlipayAppKey(..)")
    }
}

impl fmt::Debug for AlipayPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AlipayPublicKey(..)")
    }
}

impl AlipayAppKey {
    /// Reads a private key: PKCS#1 or PKCS#8.
    ///
    /// # Errors
    /// The text holds something else.
    pub fn parse(text: &str) -> Result<Self, AlipayKeyError> {
        let (label, der) = unwrap(text)?;
        let (form, pkcs1) = der::key(&der).ok_or(AlipayKeyError::NotRsa)?;
        let fits = match label.as_deref() {
            None => true,
            Some("PRIVATE KEY") => form == KeyForm::Pkcs8,
            Some("RSA PRIVATE KEY") => form == KeyForm::Pkcs1Private,
            Some("PUBLIC KEY" | "RSA PUBLIC KEY") => return Err(AlipayKeyError::PublicKey),
            Some(_) => false,
        };
        match form {
            KeyForm::Spki | KeyForm::Pkcs1Public => return Err(AlipayKeyError::PublicKey),
            KeyForm::Pkcs8 | KeyForm::Pkcs1Private => check_label(form, fits, label)?,
        }
        check_bits(form, pkcs1)?;
        let key = RsaPrivateKey::new(pkcs1).ok_or(AlipayKeyError::Broken)?;
        Ok(Self(Arc::new(key)))
    }

    /// The signature of a text, in base64, which Alipay calls RSA2; `None` when the system gives no
    /// random bytes.
    pub(super) fn sign(&self, message: &[u8]) -> Option<String> {
        self.0.sign(message)
    }
}

impl AlipayPublicKey {
    /// Reads the public key that signs what Alipay says to the owner of `own`.
    ///
    /// # Errors
    /// The text holds something else, or the public half of `own`.
    pub fn parse(text: &str, own: &AlipayAppKey) -> Result<Self, AlipayKeyError> {
        let key = Self::read(text)?;
        if own.0.is_half_of(&key.0) {
            return Err(AlipayKeyError::OwnKey);
        }
        Ok(key)
    }

    pub(super) fn read(text: &str) -> Result<Self, AlipayKeyError> {
        let (label, der) = unwrap(text)?;
        let (form, pkcs1) = der::key(&der).ok_or(AlipayKeyError::NotRsa)?;
        let fits = match label.as_deref() {
            None => true,
            Some("PUBLIC KEY") => form == KeyForm::Spki,
            Some("RSA PUBLIC KEY") => form == KeyForm::Pkcs1Public,
            Some("PRIVATE KEY" | "RSA PRIVATE KEY") => return Err(AlipayKeyError::PrivateKey),
            Some(_) => false,
        };
        match form {
            KeyForm::Pkcs8 | KeyForm::Pkcs1Private => return Err(AlipayKeyError::PrivateKey),
            KeyForm::Spki | KeyForm::Pkcs1Public => check_label(form, fits, label)?,
        }
        check_bits(form, pkcs1)?;
        Ok(Self(RsaPublicKey::new(pkcs1)))
    }

    /// Whether this key made a signature, given in base64.
    pub(super) fn has_signed(&self, message: &[u8], signature: &str) -> bool {
        self.0.has_signed(message, signature)
    }
}

/// The DER of a text, and what its first line calls it, if it has one.
fn unwrap(text: &str) -> Result<(Option<String>, Vec<u8>), AlipayKeyError> {
    let block = pem::one(text).map_err(|bad| match bad {
        BadPem::Empty => AlipayKeyError::Empty,
        BadPem::NoEnd(label) => AlipayKeyError::NoEnd(label),
        BadPem::Encrypted => AlipayKeyError::Encrypted,
        BadPem::NotBase64 | BadPem::Several => AlipayKeyError::NotBase64,
    })?;
    match block.label.as_deref() {
        Some("CERTIFICATE" | "CERTIFICATE REQUEST") => Err(AlipayKeyError::Certificate),
        Some("PRIVATE KEY" | "RSA PRIVATE KEY" | "PUBLIC KEY" | "RSA PUBLIC KEY") | None => {
            Ok((block.label, block.der))
        }
        Some(label) => Err(AlipayKeyError::OtherLabel(
            label.chars().take(LABEL_MAX).collect(),
        )),
    }
}

fn check_bits(form: KeyForm, pkcs1: &[u8]) -> Result<(), AlipayKeyError> {
    let bits = der::modulus_bits(form, pkcs1).ok_or(AlipayKeyError::NotRsa)?;
    if !MODULUS_BITS.contains(&bits) {
        return Err(AlipayKeyError::Size(bits));
    }
    Ok(())
}

fn check_label(form: KeyForm, fits: bool, label: Option<String>) -> Result<(), AlipayKeyError> {
    match label {
        Some(says) if !fits => Err(AlipayKeyError::WrongLabel {
            says,
            holds: named(form),
        }),
        Some(_) | None => Ok(()),
    }
}

fn named(form: KeyForm) -> &'static str {
    match form {
        KeyForm::Pkcs1Private => "an RSA PRIVATE KEY (PKCS#1)",
        KeyForm::Pkcs8 => "a PRIVATE KEY (PKCS#8)",
        KeyForm::Pkcs1Public => "an RSA PUBLIC KEY (PKCS#1)",
        KeyForm::Spki => "a PUBLIC KEY",
    }
}
