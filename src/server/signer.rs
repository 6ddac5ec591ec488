//! Signed ticket ids: what the wire calls `task_id`.
//!
//! An id says what it is about and carries a MAC, so that a forged one costs no query, and a
//! refusal needs no row. A shop may have several keys: the newest signs, older ones verify until
//! they are retired.

use crate::{
    server::store::KeyRow,
    types::{
        ids::{SaleId, StudentId, TicketId},
        sale::Reason,
        time::Millis,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::{
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    time::{Duration, Instant},
};

/// Bytes of a key in the database.
pub const SECRET_BYTES: usize = 32;
/// Keys at a time: a forged id is checked with each.
pub const KEYS_MAX: usize = 8;
/// How often a server reads the keys.
pub const READ_EVERY: Duration = Duration::from_secs(2);
/// After this long without a reading an id that can't be verified may be one of a key that is not
/// known here.
const STALE_AFTER: Duration = Duration::from_secs(6);
/// How long a new key only verifies. Longer than [`STALE_AFTER`]: a server that takes its keys for
/// fresh, when the new one begins to sign, has read them after that one was there.
pub const SPREAD: Duration = Duration::from_secs(10);
/// The number of the first key.
const NUMBER_FIRST: i64 = 1;
/// Random bytes of a code's nonce; the number of a key follows.
const NONCE_BYTES: usize = 16;
/// kind, sale, student, ticket.
const CLAIM_BYTES: usize = 1 + 8 + 8 + 16;
/// Bytes of the truncated MAC: 128 bits (RFC 2104, section 5).
const MAC_BYTES: usize = 16;
/// A ticket with a row; any other kind is a refusal's reason, plus one.
const KIND_TICKET: u8 = 0;
/// Keeps this use of the key apart from all others.
const PURPOSE: &[u8] = b"ticket-id\0";

/// What a genuine id says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The reason, when this is a refusal and there is no row.
    pub refusal: Option<Reason>,
    pub sale: SaleId,
    pub student: StudentId,
    /// The ticket's identity; for a refusal the moment and some randomness.
    pub id: TicketId,
}

/// A key with its number.
struct SigningKey {
    number: i64,
    /// The key, for no purpose yet.
    keyed: Hmac<Sha256>,
    mac: Hmac<Sha256>,
    secret: Vec<u8>,
}

impl SigningKey {
    /// `None` when the secret is too short to be a key.
    fn new(number: i64, secret: Vec<u8>) -> Option<Self> {
        if secret.len() < SECRET_BYTES {
            return None;
        }
        let keyed = Hmac::<Sha256>::new_from_slice(&secret).ok()?;
        let mac = keyed.clone().chain_update(PURPOSE);
        Some(Self {
            number,
            keyed,
            mac,
            secret,
        })
    }
}

/// The keys of a shop as this process read them last.
struct KeyRing {
    signing: SigningKey,
    /// All other keys, the newest first: they only verify.
    others: Vec<SigningKey>,
    read_at: Instant,
}

/// The keys of this shop: one signs, all verify. A copy is a pointer.
#[derive(Clone)]
pub struct Signer(Arc<RwLock<KeyRing>>);

impl Signer {
    /// A signer with a single key; `None` when it is too short to be one.
    pub fn new(secret: Vec<u8>) -> Option<Self> {
        Self::of(vec![KeyRow {
            number: NUMBER_FIRST,
            secret,
            signs: true,
            created_at: Millis(0),
        }])
    }

    /// A signer with these keys, the newest first; `None` when none signs, or one is too short.
    pub fn of(rows: Vec<KeyRow>) -> Option<Self> {
        Some(Self(Arc::new(RwLock::new(KeyRing::of(
            rows,
            Instant::now(),
        )?))))
    }

    /// Takes the keys that were read from `read_at` on; `false`, and the ones before stay, when
    /// they can't be used.
    pub fn learn(&self, rows: Vec<KeyRow>, read_at: Instant) -> bool {
        let ring = KeyRing::of(rows, read_at);
        let is_usable = ring.is_some();
        if let Some(ring) = ring {
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = ring;
        }
        is_usable
    }

    /// Whether there may be a key that this process does not know: an id that it can't verify may
    /// be genuine.
    pub fn is_stale(&self) -> bool {
        self.ring().read_at.elapsed() > STALE_AFTER
    }

    /// The number of the key that signs.
    pub fn signs_with(&self) -> i64 {
        self.ring().signing.number
    }

    /// A MAC with the key that signs, begun with its purpose: one for another purpose is worth
    /// nothing here.
    pub fn mac(&self, purpose: &[u8]) -> Hmac<Sha256> {
        self.ring().signing.keyed.clone().chain_update(purpose)
    }

    /// The same with each key that verifies.
    pub fn macs(&self, purpose: &[u8]) -> Vec<Hmac<Sha256>> {
        self.ring()
            .keys()
            .map(|key| key.keyed.clone().chain_update(purpose))
            .collect()
    }

    /// Names the key that signs in the nonce of a code, at its end, so that the code stays the same
    /// when another key signs.
    pub fn name_key(&self, nonce: &mut Vec<u8>) {
        nonce.extend(self.signs_with().to_be_bytes());
    }

    /// The key of the code with this nonce: the one that it names, the first one when it names
    /// none.
    pub fn secret_for(&self, nonce: &[u8]) -> Vec<u8> {
        let named = nonce
            .get(NONCE_BYTES..)
            .and_then(|number| Some(i64::from_be_bytes(number.try_into().ok()?)));
        let ring = self.ring();
        let number = named.unwrap_or(NUMBER_FIRST);
        // Of a key that was retired no code is good any more.
        ring.keys()
            .find(|key| key.number == number)
            .unwrap_or(&ring.signing)
            .secret
            .clone()
    }

    /// The id on the wire.
    pub fn sign(&self, claim: &Claim) -> String {
        let mut bytes = [0_u8; CLAIM_BYTES + MAC_BYTES];
        bytes[0] = claim
            .refusal
            .map_or(KIND_TICKET, |reason| reason.number() + 1);
        bytes[1..9].copy_from_slice(&claim.sale.0.to_be_bytes());
        bytes[9..17].copy_from_slice(&claim.student.0.to_be_bytes());
        bytes[17..CLAIM_BYTES].copy_from_slice(&claim.id.0);
        let mac = self
            .ring()
            .signing
            .mac
            .clone()
            .chain_update(&bytes[..CLAIM_BYTES])
            .finalize()
            .into_bytes();
        bytes[CLAIM_BYTES..].copy_from_slice(&mac[..MAC_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What an id says; `None` when no key of this shop signed it.
    pub fn read(&self, text: &str) -> Option<Claim> {
        let mut bytes = [0_u8; CLAIM_BYTES + MAC_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        if length != bytes.len() {
            return None;
        }
        let (claim, mac) = bytes.split_at(CLAIM_BYTES);
        let is_of = |key: &SigningKey| {
            key.mac
                .clone()
                .chain_update(claim)
                .verify_truncated_left(mac)
                .is_ok()
        };
        if !self.ring().keys().any(is_of) {
            return None;
        }
        let refusal = match claim[0].checked_sub(1) {
            None => None,
            Some(number) => Some(Reason::of_number(number)?),
        };
        Some(Claim {
            refusal,
            sale: SaleId(i64::from_be_bytes(claim[1..9].try_into().ok()?)),
            student: StudentId(i64::from_be_bytes(claim[9..17].try_into().ok()?)),
            id: TicketId(claim[17..].try_into().ok()?),
        })
    }

    fn ring(&self) -> RwLockReadGuard<'_, KeyRing> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyRing {
    fn of(rows: Vec<KeyRow>, read_at: Instant) -> Option<Self> {
        let signing = rows.iter().position(|row| row.signs)?;
        let mut others = rows
            .into_iter()
            .map(|row| SigningKey::new(row.number, row.secret))
            .collect::<Option<Vec<_>>>()?;
        Some(Self {
            signing: others.remove(signing),
            others,
            read_at,
        })
    }

    /// All keys, the one that signs first.
    fn keys(&self) -> impl Iterator<Item = &SigningKey> {
        std::iter::once(&self.signing).chain(&self.others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(byte: u8) -> Signer {
        Signer::new(vec![byte; SECRET_BYTES]).expect("long enough")
    }

    fn claim(refusal: Option<Reason>) -> Claim {
        Claim {
            refusal,
            sale: SaleId(7),
            student: StudentId(-1),
            id: TicketId([9; 16]),
        }
    }

    #[test]
    fn an_id_says_what_was_signed() {
        for refusal in Reason::ALL.map(Some).into_iter().chain([None]) {
            let text = signer(1).sign(&claim(refusal));
            assert_eq!(signer(1).read(&text), Some(claim(refusal)));
            assert_eq!(signer(2).read(&text), None, "another shop's");
        }
    }

    #[test]
    fn a_changed_or_cut_id_says_nothing() {
        let text = signer(1).sign(&claim(None));
        for position in 0..text.len() {
            let mut forged = text.clone().into_bytes();
            forged[position] = if forged[position] == b'A' { b'B' } else { b'A' };
            assert_eq!(
                signer(1).read(&String::from_utf8(forged).expect("ascii")),
                None,
                "at {position}"
            );
            assert_eq!(signer(1).read(&text[..position]), None);
        }
        assert_eq!(signer(1).read(&"A".repeat(10_000)), None);
        assert_eq!(signer(1).read("某张票"), None);
    }

    #[test]
    fn an_older_key_verifies_until_it_is_retired() {
        let (signer, now) = (
            Signer::of(vec![row(1, true)]).expect("a key"),
            Instant::now(),
        );
        let old = signer.sign(&claim(None));
        let mut nonce = vec![7; NONCE_BYTES];
        signer.name_key(&mut nonce);
        assert!(signer.learn(vec![row(2, false), row(1, true)], now));
        assert_eq!(
            signer.sign(&claim(None)),
            old,
            "a key that only verifies does not sign"
        );
        assert!(signer.learn(vec![row(2, true), row(1, true)], now));
        let new = signer.sign(&claim(None));
        assert_ne!(new, old);
        assert_eq!(
            [&old, &new].map(|id| signer.read(id)),
            [Some(claim(None)); 2]
        );
        assert_eq!(
            signer.secret_for(&nonce),
            [1; SECRET_BYTES],
            "a code that was asked for before"
        );
        assert_eq!(
            signer.secret_for(&nonce[..NONCE_BYTES]),
            [1; SECRET_BYTES],
            "one of an earlier version"
        );
        assert!(
            !signer.learn(Vec::new(), now),
            "no key is none to go on with"
        );
        assert!(signer.learn(vec![row(2, true)], now));
        assert_eq!(
            [&old, &new].map(|id| signer.read(id)),
            [None, Some(claim(None))]
        );
    }

    #[test]
    fn keys_that_were_not_read_for_long_may_not_be_all() {
        let signer = signer(1);
        assert!(!signer.is_stale());
        let long_ago = Instant::now()
            .checked_sub(STALE_AFTER + READ_EVERY)
            .expect("this machine runs for some seconds");
        assert!(signer.learn(vec![row(1, true)], long_ago));
        assert!(signer.is_stale());
        const {
            assert!(
                SPREAD.as_secs() > STALE_AFTER.as_secs(),
                "whoever is not stale knows the key that signs"
            );
        }
    }

    fn row(number: u8, signs: bool) -> KeyRow {
        KeyRow {
            number: number.into(),
            secret: vec![number; SECRET_BYTES],
            signs,
            created_at: Millis(0),
        }
    }
}
