//! The cache in this process: whole sets, swapped in one step.

use crate::types::{banner::Banner, sale::Sale};
use std::sync::{Arc, PoisonError, RwLock};

/// The sets.
#[derive(Clone, Default)]
pub struct Local {
    pub(super) banners: Arc<Slot<Banner>>,
    pub(super) sales: Arc<Slot<Sale>>,
}

/// A set that many read and one job replaces; the lock is held for a pointer's copy.
#[derive(Debug)]
pub(super) struct Slot<T>(RwLock<Arc<Vec<T>>>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<T> Slot<T> {
    pub(super) fn get(&self) -> Arc<Vec<T>> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn put(&self, set: Vec<T>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(set);
    }
}
