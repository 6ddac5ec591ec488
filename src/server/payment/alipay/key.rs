//! RSA keys of Alipay's public-key mode: what its key tool and its console give is read, as PEM or as
//! bare base64, and what was pasted by mistake is named.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{
    rand::SystemRandom,
    signature::{
        KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
    },
};
use std::{fmt, sync::Arc};
use thiserror::Error;

/// Bits of a modulus: Alipay asks for 2,048, and more than 4,096 no signature is made with.
const BITS: std::ops::RangeInclusive<usize> = 2_048..=4_096;
/// The name of an RSA key in a PKCS#8 or SPKI structure: rsaEncryption, as DER.
const RSA_ENCRYPTION: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
];
const DASHES: &str = "-----";
/// Characters of a first line that an error repeats.
const LABEL_MAX: usize = 40;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

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
pub struct AlipayAppKey(Arc<RsaKeyPair>);

/// Alipay's public key, by which notices and answers are believed.
#[derive(Clone, PartialEq, Eq)]
pub struct AlipayPublicKey(Vec<u8>);

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
        let (form, pkcs1) = KeyForm::of(&der).ok_or(AlipayKeyError::NotRsa)?;
        let fits = match label.as_deref() {
            None => true,
            Some("PRIVATE KEY") => form == KeyForm::Pkcs8,
            Some("RSA PRIVATE KEY") => form == KeyForm::Pkcs1Private,
            Some("PUBLIC KEY" | "RSA PUBLIC KEY") => return Err(AlipayKeyError::PublicKey),
            Some(_) => false,
        };
        match form {
            KeyForm::Spki | KeyForm::Pkcs1Public => return Err(AlipayKeyError::PublicKey),
            KeyForm::Pkcs8 | KeyForm::Pkcs1Private => form.check_label(fits, label)?,
        }
        let pair = RsaKeyPair::from_der(pkcs1).map_err(|_| {
            let bits = modulus(pkcs1, form).map(bits);
            match bits.filter(|bits| !BITS.contains(bits)) {
                Some(bits) => AlipayKeyError::Size(bits),
                None => AlipayKeyError::Broken,
            }
        })?;
        Ok(Self(Arc::new(pair)))
    }

    /// The signature of a text, in base64: RSA with PKCS#1 v1.5 and SHA-256, which Alipay calls
    /// RSA2. `None` when the system gives no random numbers.
    pub(super) fn sign(&self, message: &[u8]) -> Option<String> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .ok()?;
        Some(STANDARD.encode(signature))
    }
}

impl AlipayPublicKey {
    /// Reads the public key that signs what Alipay says to the owner of `own`.
    ///
    /// # Errors
    /// The text holds something else, or the public half of `own`.
    pub fn parse(text: &str, own: &AlipayAppKey) -> Result<Self, AlipayKeyError> {
        let key = Self::read(text)?;
        if key.0 == own.0.public_key().as_ref() {
            return Err(AlipayKeyError::OwnKey);
        }
        Ok(key)
    }

    pub(super) fn read(text: &str) -> Result<Self, AlipayKeyError> {
        let (label, der) = unwrap(text)?;
        let (form, pkcs1) = KeyForm::of(&der).ok_or(AlipayKeyError::NotRsa)?;
        let fits = match label.as_deref() {
            None => true,
            Some("PUBLIC KEY") => form == KeyForm::Spki,
            Some("RSA PUBLIC KEY") => form == KeyForm::Pkcs1Public,
            Some("PRIVATE KEY" | "RSA PRIVATE KEY") => return Err(AlipayKeyError::PrivateKey),
            Some(_) => false,
        };
        match form {
            KeyForm::Pkcs8 | KeyForm::Pkcs1Private => return Err(AlipayKeyError::PrivateKey),
            KeyForm::Spki | KeyForm::Pkcs1Public => form.check_label(fits, label)?,
        }
        let bits = modulus(pkcs1, form)
            .map(bits)
            .ok_or(AlipayKeyError::NotRsa)?;
        if !BITS.contains(&bits) {
            return Err(AlipayKeyError::Size(bits));
        }
        Ok(Self(pkcs1.to_vec()))
    }

    /// Whether this key made a signature, given in base64.
    pub(super) fn has_signed(&self, message: &[u8], signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else {
            return false;
        };
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0)
            .verify(message, &signature)
            .is_ok()
    }
}

/// The DER of a text, and what its first line calls it, if it has one.
fn unwrap(text: &str) -> Result<(Option<String>, Vec<u8>), AlipayKeyError> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(AlipayKeyError::Empty);
    }
    let (label, body) = match text.strip_prefix(DASHES) {
        None => (None, text),
        Some(rest) => {
            let (line, rest) = rest.split_once(DASHES).unwrap_or((rest, ""));
            let label = line.strip_prefix("BEGIN ").unwrap_or(line);
            let label: String = label.chars().take(LABEL_MAX).collect();
            let end = format!("{DASHES}END {label}{DASHES}");
            let body = rest.trim_end().strip_suffix(&end);
            (
                Some(label.clone()),
                body.ok_or(AlipayKeyError::NoEnd(label))?,
            )
        }
    };
    match label.as_deref() {
        Some("ENCRYPTED PRIVATE KEY") => return Err(AlipayKeyError::Encrypted),
        Some("CERTIFICATE" | "CERTIFICATE REQUEST") => return Err(AlipayKeyError::Certificate),
        // An encrypted key of PKCS#1 has fields before its base64.
        Some("RSA PRIVATE KEY") if body.contains("ENCRYPTED") => {
            return Err(AlipayKeyError::Encrypted);
        }
        Some("PRIVATE KEY" | "RSA PRIVATE KEY" | "PUBLIC KEY" | "RSA PUBLIC KEY") | None => {}
        Some(label) => return Err(AlipayKeyError::OtherLabel(label.to_owned())),
    }
    let digits: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    let der = STANDARD
        .decode(digits)
        .map_err(|_| AlipayKeyError::NotBase64)?;
    Ok((label, der))
}

/// The four structures that RSA keys come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyForm {
    Pkcs1Private,
    Pkcs8,
    Pkcs1Public,
    Spki,
}

impl KeyForm {
    /// The structure of a DER, and the key of PKCS#1 in it.
    fn of(der: &[u8]) -> Option<(Self, &[u8])> {
        let (whole, []) = element(SEQUENCE, der)? else {
            return None;
        };
        if let Some((algorithm, rest)) = element(SEQUENCE, whole) {
            let ([0, key @ ..], []) = element(BIT_STRING, rest)? else {
                return None;
            };
            return is_rsa(algorithm).then_some((Self::Spki, key));
        }
        let (_, rest) = element(INTEGER, whole)?;
        if let Some((algorithm, rest)) = element(SEQUENCE, rest) {
            let (key, _) = element(OCTET_STRING, rest)?;
            return is_rsa(algorithm).then_some((Self::Pkcs8, key));
        }
        let (_, rest) = element(INTEGER, rest)?;
        let form = if rest.is_empty() {
            Self::Pkcs1Public
        } else {
            Self::Pkcs1Private
        };
        Some((form, der))
    }

    fn check_label(self, fits: bool, label: Option<String>) -> Result<(), AlipayKeyError> {
        match label {
            Some(says) if !fits => Err(AlipayKeyError::WrongLabel {
                says,
                holds: self.name(),
            }),
            Some(_) | None => Ok(()),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Pkcs1Private => "an RSA PRIVATE KEY (PKCS#1)",
            Self::Pkcs8 => "a PRIVATE KEY (PKCS#8)",
            Self::Pkcs1Public => "an RSA PUBLIC KEY (PKCS#1)",
            Self::Spki => "a PUBLIC KEY",
        }
    }
}

fn is_rsa(algorithm: &[u8]) -> bool {
    algorithm.starts_with(RSA_ENCRYPTION)
}

/// The modulus of a key of PKCS#1; a private one has a version before it.
fn modulus(pkcs1: &[u8], form: KeyForm) -> Option<&[u8]> {
    let (numbers, _) = element(SEQUENCE, pkcs1)?;
    let numbers = match form {
        KeyForm::Pkcs1Private | KeyForm::Pkcs8 => element(INTEGER, numbers)?.1,
        KeyForm::Pkcs1Public | KeyForm::Spki => numbers,
    };
    element(INTEGER, numbers).map(|(modulus, _)| modulus)
}

fn bits(number: &[u8]) -> usize {
    let first = number.iter().position(|byte| *byte != 0);
    let digits = first.map_or(&[][..], |first| &number[first..]);
    let unused = digits.first().map_or(0, |byte| byte.leading_zeros());
    digits.len() * 8 - unused as usize
}

/// The content of a DER element of this kind at the start of `der`, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match der {
        [found, length, rest @ ..] if *found == tag && *length < 0x80 => {
            (usize::from(*length), rest)
        }
        [found, 0x81, length, rest @ ..] if *found == tag => (usize::from(*length), rest),
        [found, 0x82, high, low, rest @ ..] if *found == tag => {
            (usize::from(u16::from_be_bytes([*high, *low])), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}
