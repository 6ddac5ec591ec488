//! Proof of work: what a browser computes before it is sent an SMS while too many ask for one, and
//! what the shop checks. The same code on both sides.
//!
//! A challenge is a text that begins with its difficulty, as in `17.bm90…`. A proof is a number in
//! decimal such that SHA-256 of challenge, full stop and proof begins with that many zero bits
//! (Hashcash, A. Back 2002, with another hash).

use sha2::{Digest, Sha256};

/// The most zero bits that are asked for; a challenge that asks for more is none. 2^20 hashes take
/// a phone some seconds.
pub const BITS_MAX: u32 = 20;
/// Digits of a proof at most.
const DIGITS_MAX: usize = 12;

/// The search for a proof, in steps: a browser's page must not stand still meanwhile.
pub struct Search {
    begun: Sha256,
    bits: u32,
    digits: Vec<u8>,
}

impl Search {
    /// `None` when the text is no challenge, or one that nobody should work on.
    pub fn of(challenge: &str) -> Option<Self> {
        Some(Self {
            begun: begun(challenge),
            bits: bits_of(challenge)?,
            digits: vec![b'0'],
        })
    }

    /// Tries so many numbers; gives the proof when it is among them.
    pub fn step(&mut self, numbers: u32) -> Option<String> {
        for _ in 0..numbers {
            if fits(&self.begun, &self.digits, self.bits) {
                return Some(self.digits.iter().map(|digit| char::from(*digit)).collect());
            }
            self.count();
        }
        None
    }

    /// The next number, without a division for each.
    fn count(&mut self) {
        for digit in self.digits.iter_mut().rev() {
            if *digit < b'9' {
                *digit += 1;
                return;
            }
            *digit = b'0';
        }
        self.digits.insert(0, b'1');
    }
}

/// Whether a number proves the work that the challenge asks for.
pub fn holds(challenge: &str, proof: &str) -> bool {
    let is_number =
        (1..=DIGITS_MAX).contains(&proof.len()) && proof.bytes().all(|byte| byte.is_ascii_digit());
    is_number
        && bits_of(challenge).is_some_and(|bits| fits(&begun(challenge), proof.as_bytes(), bits))
}

fn bits_of(challenge: &str) -> Option<u32> {
    let (bits, _) = challenge.split_once('.')?;
    // One spelling: no sign, and no zero before another digit.
    let is_plain = bits == "0" || bits.starts_with(|first: char| matches!(first, '1'..='9'));
    bits.parse()
        .ok()
        .filter(|bits| is_plain && *bits <= BITS_MAX)
}

fn begun(challenge: &str) -> Sha256 {
    Sha256::new().chain_update(challenge).chain_update(b".")
}

fn fits(begun: &Sha256, proof: &[u8], bits: u32) -> bool {
    let hash = begun.clone().chain_update(proof).finalize();
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]).leading_zeros() >= bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_is_what_is_checked() {
        for bits in [0, 1, 8, 12] {
            let challenge = format!("{bits}.of-a-test");
            let proof = Search::of(&challenge)
                .expect("a challenge")
                .step(1_000_000)
                .expect("a proof");
            assert!(holds(&challenge, &proof), "{challenge}.{proof}");
        }
    }

    #[test]
    fn a_search_goes_on_where_it_stopped() {
        let mut search = Search::of("12.of-a-test").expect("a challenge");
        let whole = Search::of("12.of-a-test")
            .expect("a challenge")
            .step(1_000_000);
        let found = (0..1_000_000).find_map(|_| search.step(7));
        assert_eq!(found, whole);
    }

    #[test]
    fn a_proof_is_of_one_challenge() {
        let proof = Search::of("16.of-a-test")
            .expect("a challenge")
            .step(10_000_000)
            .expect("a proof");
        assert!(!holds("16.of-another", &proof));
        assert!(!holds("16.of-a-test", &format!("0{proof}")), "one spelling");
        assert!(!holds("17.of-a-test", &proof));
    }

    #[test]
    fn anything_else_is_no_proof() {
        let zero = "0.free";
        assert!(holds(zero, "0"));
        for proof in ["", "-1", "+1", " 1", "1 ", "x", "１", "1234567890123", "\0"] {
            assert!(!holds(zero, proof), "{proof:?}");
        }
        for challenge in [
            "",
            ".",
            "x.y",
            "-1.y",
            "+8.y",
            "00.y",
            "08.y",
            "21.y",
            "99999999999.y",
            "7",
        ] {
            assert!(Search::of(challenge).is_none(), "{challenge:?}");
            assert!(!holds(challenge, "0"), "{challenge:?}");
        }
    }
}
