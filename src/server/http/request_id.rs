//! Id of a request: the log knows the request by it, and its answer has it as `x-request-id`.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use std::hash::{BuildHasher, Hasher, RandomState};
use uuid::fmt::Hyphenated;

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Characters of an id that a client brings, at most: more than a UUID has, and little enough for a
/// line of the log and an answer's head.
const REQUEST_ID_MAX: usize = 64;

/// The id that a client brings, if it is a plain word: an answer repeats it, and each line of the
/// log that the request writes. Otherwise a new one.
pub(super) fn of(headers: &HeaderMap) -> HeaderValue {
    let is_plain = |id: &HeaderValue| {
        (1..=REQUEST_ID_MAX).contains(&id.len())
            && id
                .as_bytes()
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    let mut lines = headers.get_all(REQUEST_ID).into_iter();
    match lines.next() {
        Some(first) if is_plain(first) && lines.all(is_plain) => first.clone(),
        Some(_) | None => random(),
    }
}

/// A UUID of version 4. Its bits come from the standard library's hasher, whose keys are drawn from
/// the system once for each thread: an id is unique, no secret, and costs no system call.
fn random() -> HeaderValue {
    let bits = || u128::from(RandomState::new().build_hasher().finish());
    let bytes = (bits() << u64::BITS | bits()).to_ne_bytes();
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    let mut text = [0; Hyphenated::LENGTH];
    let text = id.hyphenated().encode_lower(&mut text);
    // Hexadecimal digits and hyphens always are a field's value.
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("none"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn brought(lines: &[&str]) -> HeaderMap {
        let line = |id: &&str| {
            let id = HeaderValue::from_bytes(id.as_bytes()).expect("a field's value");
            (REQUEST_ID, id)
        };
        lines.iter().map(line).collect()
    }

    #[test]
    fn an_id_that_is_a_plain_word_is_kept() {
        let long = "7".repeat(REQUEST_ID_MAX);
        for id in ["a", "0192-ABC", long.as_str()] {
            assert_eq!(of(&brought(&[id])), id);
        }
        assert_eq!(of(&brought(&["a", "b"])), "a");
        let too_long = "7".repeat(REQUEST_ID_MAX + 1);
        for lines in [
            &[""][..],
            &["a b"],
            &["a=1"],
            &["\u{e9}"],
            &[too_long.as_str()],
            &["a", "b c"],
            &[],
        ] {
            let id = of(&brought(lines));
            let id = id.to_str().expect("ASCII");
            assert_eq!(
                uuid::Uuid::parse_str(id).map(|id| id.get_version_num()),
                Ok(4),
                "{lines:?}: {id}"
            );
        }
    }

    #[test]
    fn no_two_ids_are_the_same() {
        const IDS: usize = 10_000;
        let ids: HashSet<_> = std::iter::repeat_with(random).take(IDS).collect();
        assert_eq!(ids.len(), IDS);
    }
}
