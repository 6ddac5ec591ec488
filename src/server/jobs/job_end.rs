//! How a durable job ends that did not fail.

/// What becomes of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JobEnd {
    Done,
    /// Nothing is known yet: it is due again in so many milliseconds.
    Again {
        in_ms: i64,
    },
}
