//! Proof of work: what is taken for one was worked for, and answers a challenge of this shop.

use super::SIGNER;
use qiangke::{
    rules::proof::{self, BITS_MAX},
    server::challenge::{ChallengeScope, Challenger},
    types::{account::Mobile, time::Millis},
};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// Numbers that a search tries: enough for eight zero bits, seldom for more.
const TRIED: u32 = 512;
const NOW: Millis = Millis(1_795_348_800_000);
const ADDRESS: &str = "203.0.113.7";
const MOBILE: &str = "13800000002";
/// Numbers that are tried to prove a challenge as it is given: thirty times as many as it takes on
/// average.
const TRIED_MAX: u32 = 1_000_000;
static CHALLENGER: LazyLock<Challenger> = LazyLock::new(|| Challenger::new(&SIGNER));
/// A challenge of this shop and its proof, worked for once.
static PROVEN: LazyLock<(String, String)> = LazyLock::new(|| {
    let mobile = Mobile::parse(MOBILE).expect("a mobile");
    let given = CHALLENGER
        .give(
            ChallengeScope {
                mobile: &mobile,
                address: ADDRESS,
            },
            0,
            NOW,
        )
        .expect("randomness");
    let proof = proof::Search::of(&given)
        .and_then(|mut search| search.step(TRIED_MAX))
        .expect("a proof");
    (given, proof)
});

/// A line with a challenge, then a proof: it holds if its hash says so, and is nothing to the shop,
/// which never gave this asker one. Another one's, which a fuzzer finds in its own memory, is
/// nothing to this asker; and nothing to anybody once a byte of it is another.
pub fn work(data: &[u8]) {
    let [stranger, mobile] =
        ["13800000001", MOBILE].map(|digits| Mobile::parse(digits).expect("a mobile"));
    let [stranger, asker] = [&stranger, &mobile].map(|mobile| ChallengeScope {
        mobile,
        address: ADDRESS,
    });
    if let Ok(text) = std::str::from_utf8(data) {
        let (challenge, answer) = text.split_once('\n').unwrap_or((text, "0"));
        assert_eq!(
            proof::holds(challenge, answer),
            was_worked_for(challenge, answer),
            "{challenge:?} {answer:?}"
        );
        assert_eq!(CHALLENGER.check(stranger, challenge, answer, NOW), None);
        if let Some(found) = proof::Search::of(challenge).and_then(|mut search| search.step(TRIED))
        {
            assert!(proof::holds(challenge, &found), "{challenge:?} {found:?}");
        }
    }
    let (given, answer) = &*PROVEN;
    assert!(CHALLENGER.check(asker, given, answer, NOW).is_some());
    let mut forged = given.clone().into_bytes();
    for (byte, change) in forged.iter_mut().zip(data) {
        *byte ^= change & 0x7f;
    }
    if forged != given.as_bytes() {
        let forged = std::str::from_utf8(&forged).expect("seven bits each");
        let found = proof::Search::of(forged).and_then(|mut search| search.step(TRIED));
        assert_eq!(
            CHALLENGER.check(asker, forged, found.as_deref().unwrap_or(answer), NOW),
            None
        );
    }
}

/// The rule of `src/proof.rs`, said once more and slowly.
fn was_worked_for(challenge: &str, answer: &str) -> bool {
    let Some((spelled, _)) = challenge.split_once('.') else {
        return false;
    };
    let Some(bits) = (0..=BITS_MAX).find(|bits| bits.to_string() == spelled) else {
        return false;
    };
    let is_number = !answer.is_empty()
        && answer.len() <= 12
        && answer.chars().all(|digit| digit.is_ascii_digit());
    let hash = Sha256::digest(format!("{challenge}.{answer}"));
    let zeros = hash
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .take_while(|bit| *bit == 0)
        .count();
    is_number && zeros >= bits as usize
}
