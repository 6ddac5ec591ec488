//! Rate windows in this process.

use super::BURST;
use crate::types::ids::StudentId;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::{num::NonZeroU32, sync::Arc};

#[derive(Clone)]
pub struct LocalRateLimit {
    clicks: Arc<DefaultKeyedRateLimiter<StudentId>>,
    burst: NonZeroU32,
}

impl LocalRateLimit {
    pub(super) fn new(per_s: NonZeroU32) -> Self {
        let burst = per_s.saturating_mul(BURST);
        Self {
            clicks: Arc::new(RateLimiter::keyed(
                Quota::per_second(per_s).allow_burst(burst),
            )),
            burst,
        }
    }

    pub(super) fn admits(&self, student: StudentId) -> bool {
        self.admits_share(student, NonZeroU32::MIN)
    }

    /// The same for one of so many instances: each click counts as many times.
    pub(super) fn admits_share(&self, student: StudentId, instances: NonZeroU32) -> bool {
        matches!(
            self.clicks.check_key_n(&student, instances.min(self.burst)),
            Ok(Ok(()))
        )
    }

    pub(super) fn shrink(&self) {
        self.clicks.retain_recent();
        self.clicks.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(limit: &LocalRateLimit, instances: u32) -> usize {
        let instances = NonZeroU32::new(instances).expect("not zero");
        (0..100)
            .filter(|_| limit.admits_share(StudentId(1), instances))
            .count()
    }

    #[test]
    fn a_share_is_the_limit_divided_and_never_nothing() {
        let ten = NonZeroU32::new(10).expect("not zero");
        assert_eq!(admitted(&LocalRateLimit::new(ten), 1), 20);
        assert_eq!(admitted(&LocalRateLimit::new(ten), 4), 5);
        assert_eq!(admitted(&LocalRateLimit::new(ten), 1_000), 1);
    }

    #[tokio::test]
    async fn students_who_have_not_clicked_of_late_are_forgotten() {
        let limit = LocalRateLimit::new(NonZeroU32::new(1_000).expect("not zero"));
        for student in 0..1_000 {
            assert!(limit.admits(StudentId(student)));
        }
        // A window of a millisecond is full again by then.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        limit.shrink();
        assert_eq!(limit.clicks.len(), 0);
    }
}
