//! Progress in a video: what is kept of a report of where it is.

/// Seconds of a video below which a report is not kept: a page that was only opened is not to
/// forget where the student was.
pub const KEPT_FROM_S: i64 = 5;
/// Percent of a video from which on it is done.
pub const DONE_PERCENT: i64 = 90;
/// Percent of a video beyond which it begins anew the next time.
pub const RESTART_PERCENT: i64 = 95;
/// Seconds of a video at most: a day.
pub const LENGTH_MAX_S: i64 = 86_400;

/// What is kept of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Seconds from the start at which the video goes on.
    pub position_s: i64,
    /// Seconds that were seen of it; what was kept before may be more.
    pub furthest_s: i64,
    pub length_s: i64,
    pub is_done: bool,
}

/// Judges a report of a video of `length_s` seconds that is at `position_s`; `None` when there is
/// nothing to keep.
pub fn watched(position_s: i64, length_s: i64) -> Option<Watched> {
    let length_s = length_s.clamp(0, LENGTH_MAX_S);
    let at = position_s.min(length_s);
    if at < KEPT_FROM_S {
        return None;
    }
    let is_over = at * 100 > length_s * RESTART_PERCENT;
    Some(Watched {
        position_s: if is_over { 0 } else { at },
        furthest_s: at,
        length_s,
        is_done: at * 100 >= length_s * DONE_PERCENT,
    })
}

/// Percent of a video that was seen, 0 to 100.
pub fn percent(furthest_s: i64, length_s: i64) -> i64 {
    (furthest_s.clamp(0, LENGTH_MAX_S) * 100)
        .checked_div(length_s)
        .unwrap_or(0)
        .clamp(0, 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_where_a_video_goes_on() {
        let of = |at| watched(at, 100).map(|kept| (kept.position_s, kept.furthest_s, kept.is_done));
        assert_eq!([of(-1), of(0), of(4)], [None; 3], "hardly begun");
        assert_eq!(of(5), Some((5, 5, false)));
        assert_eq!(of(89), Some((89, 89, false)));
        assert_eq!(of(90), Some((90, 90, true)));
        assert_eq!(of(95), Some((95, 95, true)));
        assert_eq!(of(96), Some((0, 96, true)), "it begins anew");
        assert_eq!(of(i64::MAX), Some((0, 100, true)));
        assert_eq!(watched(9, -1), None);
        assert_eq!(
            watched(i64::MAX, i64::MAX).map(|kept| kept.length_s),
            Some(LENGTH_MAX_S)
        );
    }

    #[test]
    fn percent_is_of_a_whole() {
        assert_eq!(
            [(0, 0), (50, 0), (1, 3), (9, 3), (-1, 3)].map(|(at, of)| percent(at, of)),
            [0, 0, 33, 100, 0]
        );
    }
}
