//! Epoch: which of two desks of a sale is the newer one. No clock tells, and Redis may come back
//! with an older state: so desks are numbered, and the database keeps the last number
//! (`Store::note_desk`).

/// The number of a desk, and what tells it from another one of that number; without any text: no
/// desk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Epoch {
    number: i64,
    text: String,
}

impl Epoch {
    /// What a desk says. One that another version of this program wrote is older than each of this
    /// one's.
    pub(super) fn read(text: String) -> Self {
        let number = text
            .split_once('-')
            .and_then(|(number, _)| number.parse().ok())
            .unwrap_or(0);
        Self { number, text }
    }

    /// The epoch of a desk that is to come after all of these; `name` is no other desk's.
    pub(super) fn next(name: &str, before: &Self, known: &Self, last: i64) -> Self {
        let number = before.number.max(known.number).max(last).saturating_add(1);
        Self {
            number,
            text: format!("{number}-{name}"),
        }
    }

    /// Whether a desk of this epoch, found where `known` stood earlier, is what Redis had before:
    /// `last` is the greatest number that the database knew when the desk was found.
    pub(super) fn is_older(&self, known: &Self, last: i64) -> bool {
        self != known && (self.number <= known.number || self.number < last)
    }

    pub(super) fn number(&self) -> i64 {
        self.number
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn is_none(&self) -> bool {
        self.text.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(text: &str) -> Epoch {
        Epoch::read(text.to_owned())
    }

    #[test]
    fn a_desk_is_older_than_what_was_known_or_noted() {
        let known = epoch("7-a");
        assert!(
            !known.is_older(&known, 9),
            "a desk that did not change is judged by whoever notes another"
        );
        assert!(epoch("6-b").is_older(&known, 0));
        assert!(
            epoch("7-b").is_older(&known, 0),
            "another one of the same number: one of the two was lost"
        );
        assert!(!epoch("8-b").is_older(&known, 8));
        assert!(
            epoch("8-b").is_older(&known, 9),
            "the database knows of a later one"
        );
        assert!(
            !epoch("1-b").is_older(&Epoch::default(), 1)
                && epoch("1-b").is_older(&Epoch::default(), 2),
            "at first contact"
        );
    }

    #[test]
    fn what_another_version_wrote_is_older_than_any() {
        for text in ["0190f3b2c4d5", "x-1", "-", ""] {
            assert_eq!(epoch(text).number(), 0, "{text}");
            assert!(epoch(text).is_older(&epoch("1-a"), 0), "{text}");
        }
        assert!(epoch("").is_none() && !epoch("0190f3b2c4d5").is_none());
    }

    #[test]
    fn the_next_desk_comes_after_all_of_them() {
        for (before, known, last) in [
            ("3-a", "9-b", 5),
            ("9-a", "3-b", 5),
            ("", "", 9),
            ("0190f3b2c4d5", "9-a", 0),
        ] {
            let next = Epoch::next("c", &epoch(before), &epoch(known), last);
            assert_eq!((next.number(), next.text()), (10, "10-c"));
            assert_eq!(epoch(next.text()), next, "it is read as it was written");
        }
    }
}
