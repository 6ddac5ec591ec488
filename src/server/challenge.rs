//! Proof-of-work challenges: given to clients that ask for an SMS during a flood. They are signed,
//! so that none is stored.

use crate::{
    rules::proof,
    server::signer::Signer,
    types::{
        account::Mobile,
        error::AppError,
        time::{MINUTE_MS, Millis},
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Milliseconds that a challenge may be answered: a slow phone needs some seconds.
pub const LIFE_MS: i64 = 2 * MINUTE_MS;
/// Milliseconds between two codes for an address that proves nothing, while proofs are asked for.
pub const UNPROVEN_GAP_MS: i64 = 10 * MINUTE_MS;
/// Zero bits of the least work that is asked for: 33,000 hashes on average. No easier challenge
/// leaves the shop, and none is taken.
pub const BITS_MIN: u32 = 15;
/// Random bytes: who answers two challenges works twice.
pub const NONCE_BYTES: usize = 16;
/// Bytes of the truncated MAC: 128 bits (RFC 2104, section 5).
const MAC_BYTES: usize = 16;
/// expiry, nonce, MAC.
const BODY_BYTES: usize = 8 + NONCE_BYTES + MAC_BYTES;
/// Keeps this use of the key apart from all others.
const PURPOSE: &[u8] = b"sms-challenge\0";

/// Gives challenges out, and knows its own.
#[derive(Clone)]
pub struct Challenger(Signer);

/// Work that was done for one asker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Zero bits.
    pub bits: u32,
    /// Of its challenge: whoever takes it must take it once.
    pub nonce: [u8; NONCE_BYTES],
    /// When it is worth nothing any more.
    pub expires_at: Millis,
}

impl Proven {
    /// Whether it is enough where so many zero bits are asked for now. One doubling is forgiven,
    /// since the work takes a while; an easier challenge, given before the pressure rose, is worth
    /// nothing under it.
    pub fn is_worth(&self, bits: u32) -> bool {
        self.bits.saturating_add(1) >= bits
    }
}

/// For whom a challenge is, and for what.
#[derive(Clone, Copy, Debug)]
pub struct ChallengeScope<'a> {
    /// The mobile that is to get the SMS.
    pub mobile: &'a Mobile,
    /// The address of whoever asks for it.
    pub address: &'a str,
}

impl Challenger {
    /// With the shop's keys.
    pub fn new(signer: &Signer) -> Self {
        Self(signer.clone())
    }

    /// A challenge of so many zero bits, and of [`BITS_MIN`] at least.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] without randomness.
    pub fn give(
        &self,
        asker: ChallengeScope<'_>,
        bits: u32,
        now: Millis,
    ) -> Result<String, AppError> {
        let bits = bits.clamp(BITS_MIN, proof::BITS_MAX);
        let mut body = [0; BODY_BYTES];
        body[..8].copy_from_slice(&now.plus(LIFE_MS).0.to_be_bytes());
        getrandom::fill(&mut body[8..8 + NONCE_BYTES]).map_err(|_| AppError::Unavailable)?;
        let mac = of(self.0.mac(PURPOSE), asker, bits, &body[..8 + NONCE_BYTES])
            .finalize()
            .into_bytes();
        body[8 + NONCE_BYTES..].copy_from_slice(&mac[..MAC_BYTES]);
        Ok(format!("{bits}.{}", URL_SAFE_NO_PAD.encode(body)))
    }

    /// The work for a challenge of this asker that is proven and not too old.
    pub fn check(
        &self,
        asker: ChallengeScope<'_>,
        challenge: &str,
        proof: &str,
        now: Millis,
    ) -> Option<Proven> {
        let (bits, text) = challenge.split_once('.')?;
        let bits = bits.parse().ok().filter(|bits| *bits >= BITS_MIN)?;
        let mut body = [0; BODY_BYTES];
        if URL_SAFE_NO_PAD.decode_slice(text, &mut body).ok()? != BODY_BYTES {
            return None;
        }
        let (said, mac) = body.split_at(8 + NONCE_BYTES);
        if !self.0.macs(PURPOSE).into_iter().any(|key| {
            of(key, asker, bits, said)
                .verify_truncated_left(mac)
                .is_ok()
        }) {
            return None;
        }
        let expires_at = Millis(i64::from_be_bytes(said[..8].try_into().ok()?));
        // One that lives longer than any was given by a clock that was wrong; those of two servers
        // are apart by less than a life.
        let is_live = now < expires_at && expires_at.since(now) < 2 * LIFE_MS;
        if !(is_live && proof::holds(challenge, proof)) {
            return None;
        }
        Some(Proven {
            bits,
            nonce: said[8..].try_into().ok()?,
            expires_at,
        })
    }
}

/// The MAC of a challenge, by a key that was begun with its purpose.
fn of(
    key: Hmac<Sha256>,
    ChallengeScope { mobile, address }: ChallengeScope<'_>,
    bits: u32,
    said: &[u8],
) -> Hmac<Sha256> {
    // Fixed lengths before the address, which comes last: no two askers spell the same.
    key.chain_update(bits.to_be_bytes())
        .chain_update(said)
        .chain_update(mobile.digits())
        .chain_update(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_000_000);

    fn mobile(text: &str) -> Mobile {
        Mobile::parse(text).expect("a mobile")
    }

    fn of_shop(byte: u8) -> Challenger {
        Challenger::new(&Signer::new(vec![byte; 32]).expect("a key"))
    }

    fn solved(challenge: &str) -> String {
        proof::Search::of(challenge)
            .expect("a challenge")
            .step(1_000_000)
            .expect("a proof")
    }

    #[test]
    fn a_challenge_is_for_one_asker_and_a_while() {
        let challenger = of_shop(7);
        let (mine, other) = (mobile("13800000001"), mobile("13800000002"));
        let asker = ChallengeScope {
            mobile: &mine,
            address: "203.0.113.7",
        };
        let challenge = challenger.give(asker, BITS_MIN, NOW).expect("a challenge");
        let proof = solved(&challenge);
        let check = |asker, now| challenger.check(asker, &challenge, &proof, now).is_some();
        assert!(check(asker, NOW));
        assert!(check(asker, NOW.plus(LIFE_MS - 1)));
        assert!(!check(asker, NOW.plus(LIFE_MS)), "too old");
        assert!(
            !check(asker, NOW.plus(-40 * 24 * 60 * 60 * 1_000)),
            "of a clock that was wrong"
        );
        assert!(
            !check(
                ChallengeScope {
                    mobile: &other,
                    ..asker
                },
                NOW
            ),
            "another mobile"
        );
        assert!(
            !check(
                ChallengeScope {
                    address: "203.0.113.8",
                    ..asker
                },
                NOW
            ),
            "another address"
        );
        assert!(
            of_shop(8).check(asker, &challenge, &proof, NOW).is_none(),
            "another shop"
        );
    }

    #[test]
    fn a_challenge_that_was_changed_is_none() {
        let challenger = of_shop(7);
        let mine = mobile("13800000001");
        let asker = ChallengeScope {
            mobile: &mine,
            address: "203.0.113.7",
        };
        let challenge = challenger.give(asker, BITS_MIN, NOW).expect("a challenge");
        let easier = challenge.replacen("15", "16", 1);
        assert!(
            challenger
                .check(asker, &easier, &solved(&easier), NOW)
                .is_none(),
            "other work"
        );
        for at in 0..challenge.len() {
            let cut = &challenge[..at];
            assert!(challenger.check(asker, cut, "0", NOW).is_none());
        }
        let proof = solved(&challenge);
        let unproven = (0..1_000)
            .map(|n: u32| n.to_string())
            .find(|n| *n != proof && !proof::holds(&challenge, n))
            .expect("a number");
        assert!(
            challenger
                .check(asker, &challenge, &unproven, NOW)
                .is_none()
        );
    }
    #[test]
    fn work_is_worth_no_more_later_than_when_it_was_asked_for() {
        let challenger = of_shop(7);
        let mine = mobile("13800000001");
        let asker = ChallengeScope {
            mobile: &mine,
            address: "203.0.113.7",
        };
        let challenge = challenger.give(asker, 0, NOW).expect("a challenge");
        assert!(challenge.starts_with("15."), "{challenge}: the least");
        let proven = challenger
            .check(asker, &challenge, &solved(&challenge), NOW)
            .expect("it holds");
        assert_eq!(
            [0, 15, 16, 17, 20].map(|bits| proven.is_worth(bits)),
            [true, true, true, false, false]
        );
        assert!(
            challenger
                .give(asker, 99, NOW)
                .expect("a challenge")
                .starts_with("20."),
            "the most"
        );
    }
}
