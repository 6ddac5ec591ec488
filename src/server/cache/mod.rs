//! Copies of what the shop reads often: banners, categories and sales. Filled ahead of time by
//! jobs, never by a request, and never emptied once filled: a failing refresh keeps the old copy.

mod local;

use crate::types::{banner::Banner, catalog::Category, sale::Sale};
use std::sync::Arc;

/// The engine of the cache, chosen once at start by whether there is a `REDIS_URL`.
#[derive(Clone)]
pub enum Cache {
    /// In this process.
    Local(local::Local),
}

impl Cache {
    /// A cache in this process.
    pub fn local() -> Self {
        Self::Local(local::Local::default())
    }

    /// The banners that are shown.
    pub fn banners(&self) -> Arc<Vec<Banner>> {
        match self {
            Self::Local(cache) => cache.banners.get(),
        }
    }

    /// Moves when the set of banners differs from the one before it: pages that show the old one
    /// are stale.
    pub fn banners_edition(&self) -> u64 {
        match self {
            Self::Local(cache) => cache.banners.edition(),
        }
    }

    /// The turn of a read of the banners, to be taken before it.
    pub fn banners_turn(&self) -> u64 {
        match self {
            Self::Local(cache) => cache.banners.turn(),
        }
    }

    /// Puts a new set of banners in place of the old one, unless that was read later.
    pub fn put_banners(&self, turn: u64, banners: Vec<Banner>) {
        match self {
            Self::Local(cache) => cache.banners.put(turn, banners),
        }
    }

    /// The categories that are shown.
    pub fn categories(&self) -> Arc<Vec<Category>> {
        match self {
            Self::Local(cache) => cache.categories.get(),
        }
    }

    /// Puts a new set of categories in place of the old one.
    pub fn put_categories(&self, categories: Vec<Category>) {
        match self {
            Self::Local(cache) => cache.categories.put(cache.categories.turn(), categories),
        }
    }

    /// The sales that are on or to come, and those that ended not long ago.
    pub fn sales(&self) -> Arc<Vec<Sale>> {
        match self {
            Self::Local(cache) => cache.sales.get(),
        }
    }

    /// Puts a new set of sales in place of the old one.
    pub fn put_sales(&self, sales: Vec<Sale>) {
        match self {
            Self::Local(cache) => cache.sales.put(cache.sales.turn(), sales),
        }
    }
}
