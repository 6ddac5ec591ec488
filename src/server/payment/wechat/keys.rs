//! Keys of WeChat Pay: the shop's private key, what the platform signs with, and the key that opens
//! notices. A text that an operator pasted wrongly is refused with the sentence that says what it is
//! and what belongs there.

use crate::server::payment::rsa::{
    MODULUS_BITS, RsaPrivateKey, RsaPublicKey,
    der::{self, KeyForm},
    pem::{self, BadPem},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use std::{collections::BTreeMap, fmt};
use thiserror::Error;

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
        "it has {0} bytes: the APIv3 key has 32, letters and digits without quotes, as it was set on the merchant platform"
    )]
    Apiv3Length(usize),
    #[error("two keys of the platform have the same id")]
    Twice,
    #[error("it holds more than 8 certificates")]
    TooMany,
}

impl From<BadPem> for BadKey {
    fn from(bad: BadPem) -> Self {
        match bad {
            BadPem::Empty => Self::Empty,
            BadPem::Encrypted => Self::Encrypted,
            BadPem::NoEnd(_) | BadPem::NotBase64 | BadPem::Several => Self::NotPem,
        }
    }
}

/// The shop's private key, and the serial number of its certificate, which requests name.
pub struct OwnKey {
    pair: RsaPrivateKey,
    serial: String,
}

/// Every key that the platform may sign with, by its id: of a public key, or a certificate's serial
/// number. During a change-over messages name the one or the other.
#[derive(Clone, Default)]
pub struct PlatformKeys {
    keys: BTreeMap<String, RsaPublicKey>,
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
        let pem = pem::one(text)?;
        match pem.label.as_deref() {
            None | Some("PRIVATE KEY" | "RSA PRIVATE KEY") => {}
            Some("CERTIFICATE") => return Err(BadKey::CertificateForPrivate),
            Some("PUBLIC KEY" | "RSA PUBLIC KEY") => return Err(BadKey::PublicForPrivate),
            Some(_) => return Err(BadKey::NotRsa),
        }
        let (form, pkcs1) = match der::key(&pem.der) {
            Some((form, key)) if form.is_private() => (form, key),
            Some(_) => return Err(BadKey::PublicForPrivate),
            None if der::certificate(&pem.der).is_some() => {
                return Err(BadKey::CertificateForPrivate);
            }
            None => return Err(BadKey::NotRsa),
        };
        check_bits(form, pkcs1)?;
        let pair = RsaPrivateKey::new(pkcs1).ok_or(BadKey::NotRsa)?;
        Ok(Self {
            pair,
            serial: serial.to_owned(),
        })
    }

    /// The serial number of the shop's certificate.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The signature of a message, in base64; `None` when the system gives no random bytes.
    pub fn sign(&self, message: &[u8]) -> Option<String> {
        self.pair.sign(message)
    }
}

impl PlatformKeys {
    /// Adds the public key of this id (`pub_key.pem`).
    ///
    /// # Errors
    /// [`BadKey`] says what the text is instead.
    pub fn add_public_key(&mut self, id: &str, text: &str, own: &OwnKey) -> Result<(), BadKey> {
        let pem = pem::one(text).map_err(|bad| match bad {
            BadPem::Encrypted => BadKey::PrivateForPublic,
            other => other.into(),
        })?;
        match pem.label.as_deref() {
            None | Some("PUBLIC KEY" | "RSA PUBLIC KEY") => {}
            Some("CERTIFICATE") => return Err(BadKey::CertificateForPublic),
            Some("PRIVATE KEY" | "RSA PRIVATE KEY") => return Err(BadKey::PrivateForPublic),
            Some(_) => return Err(BadKey::NotRsa),
        }
        let key = match der::key(&pem.der) {
            Some((form, _)) if form.is_private() => return Err(BadKey::PrivateForPublic),
            Some((_, key)) => key,
            None if der::certificate(&pem.der).is_some() => {
                return Err(BadKey::CertificateForPublic);
            }
            None => return Err(BadKey::NotRsa),
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
        for pem in pem::blocks(text)? {
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

    /// Whether one of them has this id.
    pub fn has(&self, id: &str) -> bool {
        self.keys.contains_key(id)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether the key of this id signed a message; `None` when there is no such key.
    pub fn has_signed(&self, id: &str, message: &[u8], signature: &str) -> Option<bool> {
        let key = self.keys.get(id)?;
        Some(key.has_signed(message, signature))
    }

    fn add(&mut self, id: &str, pkcs1: &[u8], own: &OwnKey) -> Result<(), BadKey> {
        check_bits(KeyForm::Pkcs1Public, pkcs1)?;
        let key = RsaPublicKey::new(pkcs1);
        if own.pair.is_half_of(&key) {
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
        let bytes = text.trim_start_matches('\u{feff}').trim().as_bytes();
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

fn check_bits(form: KeyForm, pkcs1: &[u8]) -> Result<(), BadKey> {
    match der::modulus_bits(form, pkcs1) {
        Some(bits) if MODULUS_BITS.contains(&bits) => Ok(()),
        Some(bits) => Err(BadKey::Modulus(bits)),
        None => Err(BadKey::NotRsa),
    }
}
