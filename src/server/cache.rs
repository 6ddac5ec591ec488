//! Cache of what the shop reads often: banners, categories and sales. Filled ahead of time by jobs,
//! never by a request, and never emptied once filled: a failing refresh keeps the old copy. Each set
//! is swapped in one step.

use crate::types::{banner::Banner, catalog::Category, sale::Sale};
use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

/// The cache of this process. A clone is the same cache.
#[derive(Clone, Default)]
pub struct Cache {
    banners: Arc<Slot<Banner>>,
    categories: Arc<Slot<Category>>,
    sales: Arc<Slot<Sale>>,
}

impl Cache {
    /// The banners that are shown.
    pub fn banners(&self) -> Arc<Vec<Banner>> {
        self.banners.get()
    }

    /// Moves when the set of banners differs from the one before it: pages that show the old one
    /// are stale.
    pub fn banners_edition(&self) -> u64 {
        self.banners.edition()
    }

    /// The turn of a read of the banners, to be taken before it.
    pub fn banners_turn(&self) -> u64 {
        self.banners.turn()
    }

    /// Puts a new set of banners in place of the old one, unless that was read later.
    pub fn put_banners(&self, turn: u64, banners: Vec<Banner>) {
        self.banners.put(turn, banners);
    }

    /// The categories that are shown.
    pub fn categories(&self) -> Arc<Vec<Category>> {
        self.categories.get()
    }

    /// Puts a new set of categories in place of the old one.
    pub fn put_categories(&self, categories: Vec<Category>) {
        self.categories.put(self.categories.turn(), categories);
    }

    /// The sales that are on or to come, and those that ended not long ago.
    pub fn sales(&self) -> Arc<Vec<Sale>> {
        self.sales.get()
    }

    /// Puts a new set of sales in place of the old one.
    pub fn put_sales(&self, sales: Vec<Sale>) {
        self.sales.put(self.sales.turn(), sales);
    }
}

/// A set that many read and few jobs replace; the lock is held for a pointer's copy.
#[derive(Debug)]
struct Slot<T> {
    held: RwLock<HeldSet<T>>,
    turns: AtomicU64,
}

#[derive(Debug)]
struct HeldSet<T> {
    set: Arc<Vec<T>>,
    /// Of the read that it came from.
    turn: u64,
    /// Moves when the set differs from the one before it.
    edition: u64,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self {
            held: RwLock::new(HeldSet {
                set: Arc::default(),
                turn: 0,
                edition: 0,
            }),
            turns: AtomicU64::new(0),
        }
    }
}

impl<T: PartialEq> Slot<T> {
    fn get(&self) -> Arc<Vec<T>> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner).set)
    }

    fn edition(&self) -> u64 {
        self.held
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .edition
    }

    /// To be taken before the database is read.
    fn turn(&self) -> u64 {
        self.turns.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// A set of a read that began before the one that is held is not put in its place: it may be
    /// older.
    fn put(&self, turn: u64, set: Vec<T>) {
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
