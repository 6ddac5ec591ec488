//! Copies of rights: that a student may see a section's lesson, so that each piece of a video that
//! a browser asks for costs no query. Only a right that was there is kept, and not for long: who
//! buys a course has it at once, and who lost it loses its lessons.

use crate::types::{
    catalog::SectionType,
    ids::{SectionId, StudentId},
    time::Millis,
};
use moka::sync::Cache;
use std::sync::Arc;

/// Milliseconds that a copy is good for, by the shop's clock. With what a file's sending adds
/// until the right is asked for again, it is less than the minute that is promised (G23).
pub const COPY_MS: i64 = 30_000;
/// Students and sections at a time; about 200 bytes each.
const COPIES_MAX: u64 = 50_000;

/// What a right leads to: the section's link and what else a follower needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RightTo {
    /// Where the lesson is, as the database has it.
    pub link: Arc<str>,
    pub kind: SectionType,
}

/// Rights that were found lately.
pub struct Rights {
    copies: Cache<(StudentId, SectionId), (Millis, RightTo)>,
}

impl Rights {
    pub(super) fn new() -> Self {
        Self {
            copies: Cache::builder().max_capacity(COPIES_MAX).build(),
        }
    }

    /// The right of a student to a section, if a copy of it is still good.
    pub fn get(&self, student: StudentId, section: SectionId, now: Millis) -> Option<RightTo> {
        let (read_at, right) = self.copies.get(&(student, section))?;
        // A clock that was set back makes no copy last longer.
        (0..COPY_MS).contains(&now.since(read_at)).then_some(right)
    }

    /// Keeps a right that was asked for at `read_at`.
    pub fn keep(&self, student: StudentId, section: SectionId, read_at: Millis, right: RightTo) {
        self.copies.insert((student, section), (read_at, right));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_good_for_its_student_and_for_a_while() {
        let rights = Rights::new();
        let right = RightTo {
            link: "file:a.mp4".into(),
            kind: SectionType::Video,
        };
        rights.keep(StudentId(1), SectionId(2), Millis(100), right.clone());
        let get = |student, section, now| rights.get(StudentId(student), SectionId(section), now);
        assert_eq!(get(1, 2, Millis(100 + COPY_MS - 1)), Some(right));
        assert_eq!(get(1, 2, Millis(100 + COPY_MS)), None);
        assert_eq!(get(1, 2, Millis(99)), None);
        assert_eq!(get(2, 2, Millis(100)), None);
        assert_eq!(get(1, 3, Millis(100)), None);
    }
}
