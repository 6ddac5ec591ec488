//! The six digits.

use super::mac::{TAG_LEN, hmac_sha256, keyed};
use crate::types::{account::Mobile, typed};
use hmac::Mac;
use std::fmt;

/// Digits of a code.
const CODE_LEN: usize = 6;
/// How many codes there are: 10 to the power of [`CODE_LEN`].
const CODES: u64 = 1_000_000;
/// Sets this use of the shop's secret apart from every other.
const PURPOSE: &[u8] = b"sms-code";

/// An SMS code: six decimal digits. Only [`Code::digits`] shows them; there is no `Display`, no
/// `Serialize` and no `==`.
#[derive(Clone)]
pub struct Code(String);

impl Code {
    /// The code of `mobile` under `nonce`: HMAC-SHA256(`secret`, "sms-code" 0 mobile 0 nonce) mod
    /// 10^6, so that only a nonce has to be stored.
    ///
    /// The modulus favours some codes over others by less than 10^6 / 2^64, one part in 10^13.
    pub fn derive(secret: &[u8], mobile: &Mobile, nonce: &[u8]) -> Self {
        let mac = keyed(secret)
            .chain_update(PURPOSE)
            .chain_update([0])
            .chain_update(mobile.digits())
            .chain_update([0])
            .chain_update(nonce);
        let tag: [u8; TAG_LEN] = mac.finalize().into_bytes().into();
        let head = tag
            .iter()
            .take(size_of::<u64>())
            .fold(0, |head, byte| head << 8 | u64::from(*byte));
        Self(format!("{:0width$}", head % CODES, width = CODE_LEN))
    }

    /// Reads a code as people type and paste it, also as the message that it came in. `None` is
    /// what has no six digits, or two codes.
    pub fn parse(typed: &str) -> Option<Self> {
        typed::code(typed, CODE_LEN).map(Self)
    }

    /// The six digits. For the SMS provider and the demo's outbox, never for a log.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// Whether `typed` is this code. Takes the same time whichever digits differ: what is compared
    /// are tags of the two.
    pub fn matches(&self, typed: &Self) -> bool {
        let tag = hmac_sha256(PURPOSE, typed.0.as_bytes());
        keyed(PURPOSE)
            .chain_update(&self.0)
            .verify_slice(&tag)
            .is_ok()
    }
}

/// Hides the digits, so that no log ever holds a code.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(******)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn mobile(digits: &str) -> Mobile {
        Mobile::parse(digits).expect("valid")
    }

    fn derive(secret: &str, digits: &str, nonce: &str) -> String {
        Code::derive(secret.as_bytes(), &mobile(digits), nonce.as_bytes())
            .digits()
            .to_owned()
    }

    /// Computed by Python's `hmac` and `hashlib`; the second one starts with zeros.
    #[test]
    fn codes_stay_what_they_are_across_versions() {
        assert_eq!(derive("secret", "13800000000", "nonce"), "573156");
        assert_eq!(derive("secret", "13800000000", "nonce-0"), "002570");
    }

    #[test]
    fn a_code_is_bound_to_secret_mobile_and_nonce() {
        let code = derive("secret", "13800000000", "nonce");
        assert_eq!(code, derive("secret", "13800000000", "nonce"));
        assert_ne!(code, derive("secreT", "13800000000", "nonce"));
        assert_ne!(code, derive("secret", "13800000001", "nonce"));
        assert_ne!(code, derive("secret", "13800000000", "noncE"));
        assert_ne!(code, derive("secret", "13800000000", ""));
    }

    #[test]
    fn codes_are_six_digits_and_spread_evenly() {
        const DRAWN: u32 = 20_000;
        let codes: Vec<String> = (0..DRAWN)
            .map(|n| derive("secret", "13800000000", &n.to_string()))
            .collect();
        assert!(
            codes
                .iter()
                .all(|code| code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()))
        );
        for place in 0..CODE_LEN {
            let mut counts = [0_u32; 10];
            codes
                .iter()
                .for_each(|code| counts[usize::from(code.as_bytes()[place] - b'0')] += 1);
            // 2000 each; six standard deviations are 255.
            assert!(
                counts.iter().all(|count| count.abs_diff(DRAWN / 10) < 255),
                "place {place}: {counts:?}"
            );
        }
        // A birthday problem: about 200 of the 20000 meet a code that was drawn before.
        let distinct = codes.iter().collect::<HashSet<_>>().len();
        assert!(
            (19_700..=19_900).contains(&distinct),
            "{distinct} distinct codes"
        );
    }

    #[test]
    fn a_code_is_recognised_however_it_is_typed() {
        let code = Code::parse("012345").expect("valid");
        for typed in [
            "012345",
            " 012345\n",
            "012 345",
            "012-345",
            "０１２３４５",
            "\u{3000}０１2３4５\u{a0}",
            "验证码 012345，5 分钟内有效",
        ] {
            assert!(
                Code::parse(typed).is_some_and(|typed| code.matches(&typed)),
                "{typed:?}"
            );
        }
        for typed in ["012346", "112345", "543210"] {
            assert!(
                Code::parse(typed).is_some_and(|typed| !code.matches(&typed)),
                "{typed:?}"
            );
        }
    }

    #[test]
    fn what_has_no_six_digits_is_no_code() {
        let long = "0".repeat(1_000_000);
        for typed in ["", "12345", "0012345", "+12345", "01234五", &long] {
            assert!(Code::parse(typed).is_none(), "{:?}", typed.get(..20));
        }
    }

    #[test]
    fn its_debug_form_hides_the_digits() {
        assert_eq!(
            format!("{:?}", Code::parse("012345").expect("valid")),
            "Code(******)"
        );
    }
}
