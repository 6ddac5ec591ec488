//! Finished answers: bytes that are the same for everybody, made once for each version of what they show, then sent from memory.
//! Nothing personal is ever put in here. The last good copy serves while the record is away.

use super::compress::Encodings;
use crate::{server::state::AppState, types::lang::Lang};
use moka::{future::Cache, sync};
use std::sync::{Arc, atomic::Ordering};

/// Bytes of a target that is remembered as it was written.
const TARGET_MAX: usize = 512;

/// What an answer shows: the catalogue's version, the banners' edition, and the sales that opened or closed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Edition {
    version: i64,
    banners: u64,
    boundaries: usize,
}

impl Edition {
    fn now(app: &AppState) -> Self {
        Self { version: app.catalog_version.load(Ordering::Acquire), banners: app.cache.banners_edition(), boundaries: boundaries(app) }
    }
}

/// How many openings and closings of the sales that pages show have passed: at each of them pages look different.
fn boundaries(app: &AppState) -> usize {
    let now = app.clock.now();
    app.cache.sales().iter().map(|sale| usize::from(sale.opens_at <= now) + usize::from(sale.closes_at <= now)).sum()
}

/// An answer as a request asked for it.
pub(super) struct Asked<'a> {
    /// The language, where the address does not say it.
    pub(super) lang: Lang,
    /// The request's target as it was written.
    pub(super) target: &'a str,
    /// What of it makes a difference.
    pub(super) address: String,
}

type Copies = sync::Cache<String, (Edition, Arc<Encodings>)>;

/// The answers.
pub(super) struct Finished {
    fresh: Cache<(Lang, String, Edition), Arc<Encodings>>,
    /// By target and by address, each language apart: found without a word parsed or copied.
    copies: [Copies; 2],
}

impl Finished {
    /// Answers of `max_mb` MB at most, in all encodings; half of it for those that show what is so now, a quarter for the last
    /// good copies in each language, most of which are the same bytes.
    pub(super) fn new(max_mb: u32) -> Self {
        let max = u64::from(max_mb) << 20;
        let size = |answer: &Arc<Encodings>| u32::try_from(answer.size()).unwrap_or(u32::MAX);
        let copies = || sync::Cache::builder().max_capacity(max / 4).weigher(move |_: &String, (_, answer)| size(answer)).build();
        Self { fresh: Cache::builder().max_capacity(max / 2).weigher(move |_, answer| size(answer)).build(), copies: [copies(), copies()] }
    }

    /// Whether nothing is kept.
    pub(super) fn is_off(&self) -> bool {
        self.fresh.policy().max_capacity() == Some(0)
    }

    fn copies(&self, lang: Lang) -> &Copies {
        let [zh, en] = &self.copies;
        lang.pick(zh, en)
    }

    /// The answer to this very target, when it is in memory and shows what is so now.
    pub(super) fn known(&self, app: &AppState, lang: Lang, target: &str) -> Option<Arc<Encodings>> {
        let (edition, answer) = self.copies(lang).get(target)?;
        (edition == Edition::now(app)).then_some(answer)
    }

    /// The last good copy, whatever it shows.
    pub(super) fn last(&self, lang: Lang, address: &str) -> Option<Arc<Encodings>> {
        self.copies(lang).get(address).map(|(_, answer)| answer)
    }

    /// The answer from memory, or made by one request for all that wait for it.
    pub(super) async fn get<E: Send + Sync + 'static>(
        &self,
        app: &AppState,
        asked: &Asked<'_>,
        make: impl Future<Output = Result<Encodings, E>>,
    ) -> Result<Arc<Encodings>, Arc<E>> {
        let edition = Edition::now(app);
        let key = (asked.lang, asked.address.clone(), edition);
        let answer = self.fresh.try_get_with(key, async { make.await.map(Arc::new) }).await?;
        let copies = self.copies(asked.lang);
        copies.insert(asked.address.clone(), (edition, Arc::clone(&answer)));
        if asked.target != asked.address && asked.target.len() <= TARGET_MAX {
            copies.insert(asked.target.to_owned(), (edition, Arc::clone(&answer)));
        }
        Ok(answer)
    }
}
