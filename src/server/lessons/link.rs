//! Signed links to lessons: a path of this shop, for one student, until a moment.

use crate::{
    server::signer::Signer,
    types::{
        ids::{SectionId, StudentId},
        lesson::LinkRefusal,
        time::{HOUR_MS, Millis},
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Milliseconds that a link is good for: a long lesson with a pause.
pub const LIFE_MS: i64 = 4 * HOUR_MS;
/// Stands in a link for a free preview, which is everybody's.
pub const ANYBODY: StudentId = StudentId(0);
/// Bytes of the truncated MAC: 128 bits (RFC 2104, section 5).
const MAC_BYTES: usize = 16;
/// Keeps this use of the key apart from all others.
const PURPOSE: &[u8] = b"lesson-link\0";
const SECOND_MS: i64 = 1_000;

/// Signs links, and knows its own.
#[derive(Clone)]
pub struct LessonLinks(Signer);

/// What a link carries beside its section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkProof<'a> {
    /// The end, in whole seconds of Unix time.
    pub ends_s: i64,
    /// The MAC, in base64 for addresses.
    pub mac: &'a str,
}

impl LessonLinks {
    /// With the shop's keys.
    pub fn new(signer: &Signer) -> Self {
        Self(signer.clone())
    }

    /// The path of a section's lesson for a student, good for [`LIFE_MS`].
    pub fn give(&self, section: SectionId, student: StudentId, now: Millis) -> String {
        let ends_s = now.plus(LIFE_MS).0.div_euclid(SECOND_MS);
        let mac = signed(self.0.mac(PURPOSE), section, student, ends_s)
            .finalize()
            .into_bytes();
        let mac = URL_SAFE_NO_PAD.encode(&mac[..MAC_BYTES]);
        format!("/learn/media/{section}?e={ends_s}&s={mac}")
    }

    /// Whose of these a link is.
    ///
    /// # Errors
    /// [`LinkRefusal`]: this shop gave none of them such a link, or it is over.
    pub fn judge(
        &self,
        section: SectionId,
        students: &[StudentId],
        proof: LinkProof<'_>,
        now: Millis,
    ) -> Result<StudentId, LinkRefusal> {
        let mut tag = [0; MAC_BYTES];
        if URL_SAFE_NO_PAD.decode_slice(proof.mac, &mut tag) != Ok(MAC_BYTES) {
            return Err(LinkRefusal::Foreign);
        }
        let is_of = |student: &&StudentId| {
            self.0.macs(PURPOSE).into_iter().any(|mac| {
                signed(mac, section, **student, proof.ends_s)
                    .verify_truncated_left(&tag)
                    .is_ok()
            })
        };
        let student = students.iter().find(is_of).ok_or(LinkRefusal::Foreign)?;
        let left_s = proof.ends_s.saturating_sub(now.0.div_euclid(SECOND_MS));
        // One that ends later than any that is given now is of a clock that was wrong.
        if (1..=LIFE_MS / SECOND_MS).contains(&left_s) {
            Ok(*student)
        } else {
            Err(LinkRefusal::Expired)
        }
    }
}

fn signed(mac: Hmac<Sha256>, section: SectionId, student: StudentId, ends_s: i64) -> Hmac<Sha256> {
    mac.chain_update(section.0.to_be_bytes())
        .chain_update(student.0.to_be_bytes())
        .chain_update(ends_s.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_795_348_800_500);

    fn links(byte: u8) -> LessonLinks {
        LessonLinks::new(&Signer::new(vec![byte; 32]).expect("a key"))
    }

    fn judged(
        links: &LessonLinks,
        link: &str,
        section: i64,
        students: &[i64],
        now: Millis,
    ) -> Result<StudentId, LinkRefusal> {
        let (_, query) = link.split_once("?e=").expect("a query");
        let (ends_s, mac) = query.split_once("&s=").expect("a MAC");
        let proof = LinkProof {
            ends_s: ends_s.parse().expect("a number"),
            mac,
        };
        let students: Vec<_> = students.iter().copied().map(StudentId).collect();
        links.judge(SectionId(section), &students, proof, now)
    }

    #[test]
    fn a_link_is_for_one_section_one_student_and_a_while() {
        let own = links(1);
        let link = own.give(SectionId(7), StudentId(5), NOW);
        assert!(link.starts_with("/learn/media/7?e=1795363200&s="), "{link}");
        assert_eq!(judged(&own, &link, 7, &[5, 0], NOW), Ok(StudentId(5)));
        let last = NOW.plus(LIFE_MS - SECOND_MS);
        assert_eq!(judged(&own, &link, 7, &[0, 5], last), Ok(StudentId(5)));
        let expired = Err(LinkRefusal::Expired);
        assert_eq!(judged(&own, &link, 7, &[5], NOW.plus(LIFE_MS)), expired);
        assert_eq!(judged(&own, &link, 7, &[5], NOW.plus(-HOUR_MS)), expired);
        let foreign = Err(LinkRefusal::Foreign);
        assert_eq!(judged(&own, &link, 8, &[5], NOW), foreign);
        assert_eq!(judged(&own, &link, 7, &[6, 0], NOW), foreign);
        assert_eq!(judged(&links(2), &link, 7, &[5], NOW), foreign);
        let longer = link.replace("1795363200", "1795363201");
        assert_eq!(judged(&own, &longer, 7, &[5], NOW), foreign);
        for end in [1, 2, link.len() - 34] {
            let cut = &link[..link.len() - end];
            assert_eq!(judged(&own, cut, 7, &[5], NOW), foreign, "{cut}");
        }
        let long = format!("{link}{}", "A".repeat(1_000));
        assert_eq!(judged(&own, &long, 7, &[5], NOW), foreign);
    }
}
