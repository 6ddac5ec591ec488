//! Response cache: answers that are the same for every client, rendered once per version of their
//! data and sent from memory. Nothing personal is ever put in here. The last good copy serves while
//! the database is away.

use super::encoded_body::EncodedBody;
use crate::{server::shop::state::AppState, types::lang::Lang};
use moka::{future::Cache, sync};
use std::sync::{Arc, atomic::Ordering};

/// Bytes of a target that is remembered as it was written.
const TARGET_MAX: usize = 512;
/// Bytes of an address that is kept: the longest search there is has 768, written out.
const ADDRESS_MAX: usize = 1_024;
/// About what an entry takes beside its key and its answer.
const ENTRY_BYTES: usize = 512;

/// What an answer shows: the catalogue's version, the banners' edition, and the sales that opened
/// or closed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Edition {
    version: i64,
    banners: u64,
    boundaries: usize,
}

impl Edition {
    fn now(app: &AppState) -> Self {
        Self {
            version: app.catalog_version.load(Ordering::Acquire),
            banners: app.cache.banners_edition(),
            boundaries: boundaries(app),
        }
    }
}

/// Bytes of an entry.
fn weight(key: &str, answer: &Arc<EncodedBody>) -> u32 {
    u32::try_from(key.len() + answer.size() + ENTRY_BYTES).unwrap_or(u32::MAX)
}

/// How many openings and closings of the sales that pages show have passed: at each of them pages
/// look different.
fn boundaries(app: &AppState) -> usize {
    let now = app.clock.now();
    app.cache
        .sales()
        .iter()
        .map(|sale| usize::from(sale.opens_at <= now) + usize::from(sale.closes_at <= now))
        .sum()
}

/// An answer as a request asked for it.
pub(super) struct CacheRequest<'a> {
    /// The language, where the address does not say it.
    pub(super) lang: Lang,
    /// The request's target as it was written.
    pub(super) target: &'a str,
    /// What of it makes a difference.
    pub(super) address: String,
}

/// What an answer is found by, and what it shows.
type CacheKey = (Lang, String, Edition);
type LastGood = sync::Cache<String, (Edition, Arc<EncodedBody>)>;

pub(super) struct ResponseCache {
    fresh: Cache<CacheKey, Arc<EncodedBody>>,
    /// By target and by address, each language apart: found without a word parsed or copied.
    copies: [LastGood; 2],
}

impl ResponseCache {
    /// Answers of `max_mb` MB at most, in all encodings and with their keys; half of it for those
    /// that show what is so now, a quarter for the last good copies in each language, most of which
    /// are the same bytes.
    pub(super) fn new(max_mb: u32) -> Self {
        let max = u64::from(max_mb) << 20;
        let copies = || {
            sync::Cache::builder()
                .max_capacity(max / 4)
                .weigher(|key: &String, (_, answer)| weight(key, answer))
                .build()
        };
        let fresh = Cache::builder()
            .max_capacity(max / 2)
            .weigher(|(_, key, _): &CacheKey, answer| weight(key, answer))
            .build();
        Self {
            fresh,
            copies: [copies(), copies()],
        }
    }

    /// Whether nothing is kept.
    pub(super) fn is_off(&self) -> bool {
        self.fresh.policy().max_capacity() == Some(0)
    }

    fn copies(&self, lang: Lang) -> &LastGood {
        let [zh, en] = &self.copies;
        lang.pick(zh, en)
    }

    /// The answer to this very target, when it is in memory and shows what is so now.
    pub(super) fn known(
        &self,
        app: &AppState,
        lang: Lang,
        target: &str,
    ) -> Option<Arc<EncodedBody>> {
        let (edition, answer) = self.copies(lang).get(target)?;
        (edition == Edition::now(app)).then_some(answer)
    }

    /// The last good copy, whatever it shows.
    pub(super) fn last(&self, lang: Lang, address: &str) -> Option<Arc<EncodedBody>> {
        self.copies(lang).get(address).map(|(_, answer)| answer)
    }

    /// The answer from memory, or made by one request for all that wait for it.
    pub(super) async fn get<E: Send + Sync + 'static>(
        &self,
        app: &AppState,
        asked: &CacheRequest<'_>,
        make: impl Future<Output = Result<EncodedBody, E>>,
    ) -> Result<Arc<EncodedBody>, Arc<E>> {
        if asked.address.len() > ADDRESS_MAX {
            return make.await.map(Arc::new).map_err(Arc::new);
        }
        let edition = Edition::now(app);
        let key = (asked.lang, asked.address.clone(), edition);
        let answer = self
            .fresh
            .try_get_with(key, async { make.await.map(Arc::new) })
            .await?;
        let copies = self.copies(asked.lang);
        copies.insert(asked.address.clone(), (edition, Arc::clone(&answer)));
        if asked.target != asked.address && asked.target.len() <= TARGET_MAX {
            copies.insert(asked.target.to_owned(), (edition, Arc::clone(&answer)));
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderMap;

    #[test]
    fn keys_count_and_the_setting_is_the_limit() {
        let cached = ResponseCache::new(1);
        let copies = cached.copies(Lang::Zh);
        let answer = Arc::new(EncodedBody::with(vec![0; 16], None, None, HeaderMap::new()));
        let edition = Edition {
            version: 1,
            banners: 1,
            boundaries: 0,
        };
        for number in 0..10_000 {
            copies.insert(
                format!("/courses?q={number:0>500}"),
                (edition, Arc::clone(&answer)),
            );
        }
        copies.run_pending_tasks();
        assert!(
            copies.weighted_size() <= 1 << 18,
            "{} bytes",
            copies.weighted_size()
        );
        let entries = usize::try_from(copies.entry_count()).expect("a number");
        assert!(entries > 0 && entries * 512 <= 1 << 18, "{entries} keys");
    }
}
