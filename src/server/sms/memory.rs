//! SMS that go nowhere, for tests.

use super::{Code, Sent, SmsError};
use crate::types::{account::Mobile, time::Millis};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A list in memory; clones share it. It grows with each SMS, so it is for tests only.
#[derive(Clone, Debug, Default)]
pub struct MemoryOutbox(Arc<Mutex<KeptCodes>>);

#[derive(Debug, Default)]
struct KeptCodes {
    sent: Vec<Sent>,
    failures: VecDeque<SmsError>,
}

impl MemoryOutbox {
    /// Makes the next SMS fail with `error`; a second call is for the one after it.
    pub fn fail_next(&self, error: SmsError) {
        self.kept().failures.push_back(error);
    }

    /// Everything that was sent, oldest first.
    pub fn sent(&self) -> Vec<Sent> {
        self.kept().sent.clone()
    }

    pub(super) fn send(&self, mobile: &Mobile, code: &Code, now: Millis) -> Result<(), SmsError> {
        let mut kept = self.kept();
        match kept.failures.pop_front() {
            Some(error) => Err(error),
            None => {
                kept.sent.push(Sent {
                    at: now,
                    mobile: mobile.clone(),
                    code: code.clone(),
                });
                Ok(())
            }
        }
    }

    pub(super) fn recent(&self, mobile: Option<&Mobile>, limit: usize) -> Vec<Sent> {
        let kept = self.kept();
        kept.sent
            .iter()
            .rev()
            .filter(|sent| mobile.is_none_or(|mobile| *mobile == sent.mobile))
            .take(limit)
            .cloned()
            .collect()
    }

    /// A test that panicked while it held the lock leaves a whole list behind.
    fn kept(&self) -> MutexGuard<'_, KeptCodes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
