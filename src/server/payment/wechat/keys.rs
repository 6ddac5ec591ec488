//! Keys of WeChat Pay: the shop's private key, what the platform signs with, and the key that opens
//! notices. A text that an operator pasted wrongly is refused with the sentence that says what it is
//! and what belongs there.

use super::der;
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey},
};
use std::{collections::BTreeMap, fmt};
use thiserror::Error;

/// Bits of a modulus: WeChat Pay issues 2048; fewer are weak, and more than 4096 are slow to check.
const MODULUS_BITS: std::ops::RangeInclusive<usize> = 2_048..=4_096;
/// Bytes of an APIv3 key.
pub const APIV3_KEY_BYTES: usize = 32;
/// Keys of the platform at most: the public key, and certificates before and after a change.
const PLATFORM_KEYS_MAX: usize = 8;

/// Why a text is not the key that it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadKey {
    #[error("it is empty")]
    Empty,
    #[error(
        "it holds no key: a key is base64, with or without the lines -----BEGIN …----- and -----END …-----"
    )]
    NotPem,
    #[error(
        "it holds a certificate, not a private key: the private key stands beside it, in apiclient_key.pem"
    )]
    CertificateForPrivate,
    #[error("it holds a public key: the private key is in apiclient_key.pem")]
    PublicForPrivate,
    #[error(
        "its private key is encrypted with a passphrase: write it without one (openssl pkey -in FILE -out NEW)"
    )]
    Encrypted,
    #[error(
        "it holds a certificate, not a public key: a certificate of the platform belongs in WECHAT_CERTIFICATE_FILE, \
         and the shop's own (apiclient_cert.pem) in no setting"
    )]
    CertificateForPublic,
    #[error(
        "it holds a private key, not WeChat Pay's public key: download that from the merchant platform (pub_key.pem)"
    )]
    PrivateForPublic,
    #[error("it holds a key, not a certificate of WeChat Pay's platform")]
    KeyForCertificate,
    #[error("it is not an RSA key in a form that OpenSSL writes")]
    NotRsa,
    #[error(
        "the key's modulus has {0} bits: WeChat Pay's have 2048, and more than 4096 are not taken"
    )]
    Modulus(usize),
    #[error(
        "it is the shop's own key: WeChat Pay's public key is meant, which the merchant platform offers under API security"
    )]
    OwnKey,
    #[error(
        "it has {0} bytes: the APIv3 key has 32, letters and digits, as it was set on the merchant platform"
    )]
    Apiv3Length(usize),
    #[error("two keys of the platform have the same id")]
    Twice,
    #[error("it holds more than 8 certificates")]
    TooMany,
}

/// A piece of a file in PEM (RFC 7468).
struct PemBlock {
    /// `None` where the file has the base64 alone, as consoles hand it out.
    label: Option<String>,
    der: Vec<u8>,
}

/// The shop's private key, and the serial number of its certificate, which requests name.
pub struct OwnKey {
    pair: KeyPair,
    serial: String,
}

/// A key that the platform signs with.
#[derive(Clone, PartialEq, Eq)]
struct PlatformKey(Vec<u8>);

/// Every key that the platform may sign with, by its id: of a public key, or a certificate's serial
/// number. During a change-over messages name the one or the other.
#[derive(Clone, Default)]
pub struct PlatformKeys {
    keys: BTreeMap<String, PlatformKey>,
    /// The id of the public key, which requests name so that answers are signed with it.
    public: Option<String>,
}

/// The key that opens notices.
pub struct NoticeKey(LessSafeKey);

/// Why a sealed text can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadSeal {
    /// Nonce or ciphertext is none.
    Malformed,
    /// It was not sealed with this key, or was changed.
    Wrong,
}

impl fmt::Debug for OwnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnKey({}, ******)", self.serial)
    }
}

impl fmt::Debug for PlatformKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.keys()).finish()
    }
}

impl fmt::Debug for NoticeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NoticeKey(******)")
    }
}

impl OwnKey {
    /// Reads `apiclient_key.pem`, in PKCS#8 or PKCS#1.
    ///
    /// # Errors
    /// [`BadKey`] says what the text is instead.
    pub fn parse(text: &str, serial: &str) -> Result<Self, BadKey> {
        let pem = one(text)?;
        match pem.label.as_deref() {
            None | Some("PRIVATE KEY" | "RSA PRIVATE KEY") => {}
            Some("CERTIFICATE") => return Err(BadKey::CertificateForPrivate),
            Some("PUBLIC KEY" | "RSA PUBLIC KEY") => return Err(BadKey::PublicForPrivate),
            Some("ENCRYPTED PRIVATE KEY") => return Err(BadKey::Encrypted),
            Some(_) => return Err(BadKey::NotRsa),
        }
        match der::private_modulus_bits(&pem.der) {
            Some(bits) if MODULUS_BITS.contains(&bits) => {}
            Some(bits) => return Err(BadKey::Modulus(bits)),
            None if der::public_key(&pem.der).is_some() => return Err(BadKey::PublicForPrivate),
            None if der::certificate(&pem.der).is_some() => {
                return Err(BadKey::CertificateForPrivate);
            }
            None => return Err(BadKey::NotRsa),
        }
        let pair = KeyPair::from_pkcs8(&pem.der)
            .or_else(|_| KeyPair::from_der(&pem.der))
            .map_err(|_| BadKey::NotRsa)?;
        Ok(Self {
            pair,
            serial: serial.to_owned(),
        })
    }

    /// The serial number of the shop's certificate.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The signature of a message, as base64: RSASSA-PKCS1-v1_5 with SHA-256. `None` when the system
    /// gives no random bytes for it.
    pub fn sign(&self, message: &[u8]) -> Option<String> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .ok()?;
        Some(STANDARD.encode(signature))
    }

    fn is_half_of(&self, key: &PlatformKey) -> bool {
        self.pair.public_key().as_ref() == key.0
    }
}

impl PlatformKeys {
    /// Adds the public key of this id (`pub_key.pem`).
    ///
    /// # Errors
    /// [`BadKey`] says what the text is instead.
    pub fn add_public_key(&mut self, id: &str, text: &str, own: &OwnKey) -> Result<(), BadKey> {
        let pem = one(text)?;
        let key = match pem.label.as_deref() {
            None | Some("PUBLIC KEY") => match der::public_key(&pem.der) {
                Some(key) => key,
                None if der::certificate(&pem.der).is_some() => {
                    return Err(BadKey::CertificateForPublic);
                }
                None if der::private_modulus_bits(&pem.der).is_some() => {
                    return Err(BadKey::PrivateForPublic);
                }
                None => return Err(BadKey::NotRsa),
            },
            Some("RSA PUBLIC KEY") => &pem.der,
            Some("CERTIFICATE") => return Err(BadKey::CertificateForPublic),
            Some("PRIVATE KEY" | "RSA PRIVATE KEY" | "ENCRYPTED PRIVATE KEY") => {
                return Err(BadKey::PrivateForPublic);
            }
            Some(_) => return Err(BadKey::NotRsa),
        };
        self.add(id, key, own)?;
        self.public = Some(id.to_owned());
        Ok(())
    }

    /// Adds the platform's certificates of a file; each is found by its own serial number.
    ///
    /// # Errors
    /// [`BadKey`] says what the text is instead.
    pub fn add_certificates(&mut self, text: &str, own: &OwnKey) -> Result<(), BadKey> {
        for pem in blocks(text)? {
            if pem
                .label
                .as_deref()
                .is_some_and(|label| label != "CERTIFICATE")
            {
                return Err(BadKey::KeyForCertificate);
            }
            let (serial, key) = der::certificate(&pem.der).ok_or(BadKey::NotRsa)?;
            self.add(&serial, key, own)?;
        }
        Ok(())
    }

    /// The id of the public key, when there is one.
    pub fn public(&self) -> Option<&str> {
        self.public.as_deref()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether the key of this id signed a message; `None` when there is no such key.
    pub fn has_signed(&self, id: &str, message: &[u8], signature: &str) -> Option<bool> {
        let key = self.keys.get(id)?;
        let signature = STANDARD.decode(signature).ok();
        Some(signature.is_some_and(|signature| {
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &key.0)
                .verify(message, &signature)
                .is_ok()
        }))
    }

    fn add(&mut self, id: &str, pkcs1: &[u8], own: &OwnKey) -> Result<(), BadKey> {
        match der::modulus_bits(pkcs1) {
            Some(bits) if MODULUS_BITS.contains(&bits) => {}
            Some(bits) => return Err(BadKey::Modulus(bits)),
            None => return Err(BadKey::NotRsa),
        }
        let key = PlatformKey(pkcs1.to_vec());
        if own.is_half_of(&key) {
            return Err(BadKey::OwnKey);
        }
        if self.keys.len() >= PLATFORM_KEYS_MAX {
            return Err(BadKey::TooMany);
        }
        match self.keys.insert(id.to_owned(), key.clone()) {
            Some(before) if before != key => Err(BadKey::Twice),
            Some(_) | None => Ok(()),
        }
    }
}

impl NoticeKey {
    /// Reads an APIv3 key.
    ///
    /// # Errors
    /// [`BadKey::Apiv3Length`]: it has not 32 bytes.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let bytes = text.trim().as_bytes();
        if bytes.is_empty() {
            return Err(BadKey::Empty);
        }
        let wrong = BadKey::Apiv3Length(bytes.len());
        if bytes.len() != APIV3_KEY_BYTES {
            return Err(wrong);
        }
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| wrong)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Opens what was sealed with AEAD_AES_256_GCM: base64 of the ciphertext and its tag.
    ///
    /// # Errors
    /// [`BadSeal`].
    pub fn open(&self, nonce: &str, aad: &str, ciphertext: &str) -> Result<Vec<u8>, BadSeal> {
        let nonce =
            Nonce::try_assume_unique_for_key(nonce.as_bytes()).map_err(|_| BadSeal::Malformed)?;
        let mut sealed = STANDARD
            .decode(ciphertext)
            .map_err(|_| BadSeal::Malformed)?;
        if sealed.len() < AES_256_GCM.tag_len() {
            return Err(BadSeal::Malformed);
        }
        let opened = self
            .0
            .open_in_place(nonce, Aad::from(aad.as_bytes()), &mut sealed)
            .map_err(|_| BadSeal::Wrong)?;
        Ok(opened.to_vec())
    }
}

/// The one piece of a file.
fn one(text: &str) -> Result<PemBlock, BadKey> {
    let mut blocks = blocks(text)?;
    match (blocks.pop(), blocks.is_empty()) {
        (Some(pem), true) => Ok(pem),
        (Some(_) | None, _) => Err(BadKey::NotPem),
    }
}

/// The pieces of a file in PEM, or the one of a file that has its base64 alone.
fn blocks(text: &str) -> Result<Vec<PemBlock>, BadKey> {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    const DASHES: &str = "-----";
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(BadKey::Empty);
    }
    if !text.contains(BEGIN) {
        let der = decode(text)?;
        return Ok(vec![PemBlock { label: None, der }]);
    }
    let pieces = text.split(BEGIN).skip(1);
    pieces
        .map(|piece| {
            let (label, rest) = piece.split_once(DASHES).ok_or(BadKey::NotPem)?;
            let (body, _) = rest.split_once(END).ok_or(BadKey::NotPem)?;
            Ok(PemBlock {
                label: Some(label.to_owned()),
                der: decode(body)?,
            })
        })
        .collect()
}

fn decode(text: &str) -> Result<Vec<u8>, BadKey> {
    let text: String = text.split_whitespace().collect();
    STANDARD.decode(text).map_err(|_| BadKey::NotPem)
}
