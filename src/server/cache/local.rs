//! The cache in this process: whole sets, swapped in one step.

use crate::types::{banner::Banner, catalog::Category, sale::Sale};
use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

/// The sets.
#[derive(Clone, Default)]
pub struct Local {
    pub(super) banners: Arc<Slot<Banner>>,
    pub(super) categories: Arc<Slot<Category>>,
    pub(super) sales: Arc<Slot<Sale>>,
}

/// A set that many read and few jobs replace; the lock is held for a pointer's copy.
#[derive(Debug)]
pub(super) struct Slot<T> {
    held: RwLock<Held<T>>,
    turns: AtomicU64,
}

#[derive(Debug)]
struct Held<T> {
    set: Arc<Vec<T>>,
    /// Of the read that it came from.
    turn: u64,
    /// Moves when the set differs from the one before it.
    edition: u64,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self {
            held: RwLock::new(Held {
                set: Arc::default(),
                turn: 0,
                edition: 0,
            }),
            turns: AtomicU64::new(0),
        }
    }
}

impl<T: PartialEq> Slot<T> {
    pub(super) fn get(&self) -> Arc<Vec<T>> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner).set)
    }

    pub(super) fn edition(&self) -> u64 {
        self.held
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .edition
    }

    /// To be taken before the record is read.
    pub(super) fn turn(&self) -> u64 {
        self.turns.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// A set of a read that began before the one that is held is not put in its place: it may be
    /// older.
    pub(super) fn put(&self, turn: u64, set: Vec<T>) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if turn < held.turn {
            return;
        }
        held.turn = turn;
        if *held.set != set {
            held.set = Arc::new(set);
            held.edition += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_read_replaces_nothing_and_only_a_difference_is_an_edition() {
        let slot = Slot::default();
        let (first, second) = (slot.turn(), slot.turn());
        slot.put(second, vec![2]);
        slot.put(first, vec![1, 2]);
        assert_eq!((slot.get().as_slice(), slot.edition()), ([2].as_slice(), 1));
        slot.put(slot.turn(), vec![2]);
        assert_eq!(slot.edition(), 1);
        slot.put(slot.turn(), vec![3]);
        assert_eq!((slot.get().as_slice(), slot.edition()), ([3].as_slice(), 2));
    }
}
