//! Signed ticket ids: what the wire calls `task_id`.
//!
//! An id says what it is about and carries a MAC, so that a forged one costs no query, and a refusal needs no row.

use crate::types::{
    ids::{SaleId, StudentId, TicketId},
    sale::Reason,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of the key in the record.
pub const SECRET_BYTES: usize = 32;
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
    /// Of this sale.
    pub sale: SaleId,
    /// Of this student.
    pub student: StudentId,
    /// The ticket's identity; for a refusal the moment and some randomness.
    pub id: TicketId,
}

/// The key of this shop.
#[derive(Clone)]
pub struct Signer {
    /// The key, for no purpose yet.
    keyed: Hmac<Sha256>,
    mac: Hmac<Sha256>,
    secret: Vec<u8>,
}

impl Signer {
    /// A signer with the key of the record; `None` when the key is too short to be one.
    pub fn new(secret: Vec<u8>) -> Option<Self> {
        if secret.len() < SECRET_BYTES {
            return None;
        }
        let keyed = Hmac::<Sha256>::new_from_slice(&secret).ok()?;
        let mac = keyed.clone().chain_update(PURPOSE);
        Some(Self { keyed, mac, secret })
    }

    /// A MAC with the key, begun with its purpose: one for another purpose is worth nothing here.
    pub fn mac(&self, purpose: &[u8]) -> Hmac<Sha256> {
        self.keyed.clone().chain_update(purpose)
    }

    /// The key, for the codes that are derived from it.
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// The id on the wire.
    pub fn sign(&self, claim: &Claim) -> String {
        let mut bytes = [0_u8; CLAIM_BYTES + MAC_BYTES];
        bytes[0] = claim.refusal.map_or(KIND_TICKET, |reason| reason.number() + 1);
        bytes[1..9].copy_from_slice(&claim.sale.0.to_be_bytes());
        bytes[9..17].copy_from_slice(&claim.student.0.to_be_bytes());
        bytes[17..CLAIM_BYTES].copy_from_slice(&claim.id.0);
        let mac = self.mac.clone().chain_update(&bytes[..CLAIM_BYTES]).finalize().into_bytes();
        bytes[CLAIM_BYTES..].copy_from_slice(&mac[..MAC_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What an id says; `None` when this shop never gave it out.
    pub fn read(&self, text: &str) -> Option<Claim> {
        let mut bytes = [0_u8; CLAIM_BYTES + MAC_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        if length != bytes.len() {
            return None;
        }
        let (claim, mac) = bytes.split_at(CLAIM_BYTES);
        self.mac.clone().chain_update(claim).verify_truncated_left(mac).ok()?;
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(byte: u8) -> Signer {
        Signer::new(vec![byte; SECRET_BYTES]).expect("long enough")
    }

    fn claim(refusal: Option<Reason>) -> Claim {
        Claim { refusal, sale: SaleId(7), student: StudentId(-1), id: TicketId([9; 16]) }
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
            assert_eq!(signer(1).read(&String::from_utf8(forged).expect("ascii")), None, "at {position}");
            assert_eq!(signer(1).read(&text[..position]), None);
        }
        assert_eq!(signer(1).read(&"A".repeat(10_000)), None);
        assert_eq!(signer(1).read("某张票"), None);
    }
}
