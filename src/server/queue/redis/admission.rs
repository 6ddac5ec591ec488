//! Admission in Redis: a desk for each sale, shared by all instances, judged by one script call for a batch of clicks.
//!
//! A desk is a copy of the record and can be lost at any time. Each has an epoch: it is given with every offer, so that one which was
//! sent before a rebuild and comes after it takes no token. Whoever does not know what became of an offer doubts the desk, and has it
//! counted from the record again before the next one.

use super::keys::key;
use crate::{
    seckill::stock::{Verdict, is_final},
    server::{
        link::{Away, Link},
        store::{Desk, Store},
    },
    types::{
        error::AppError,
        ids::{SaleId, StudentId, TicketId},
        sale::Reason,
        time::Millis,
    },
};
use redis::{Script, cmd, pipe};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Milliseconds that a desk lives; whoever misses it reads the record.
const DESK_MS: i64 = 60 * 60 * 1_000;
/// Milliseconds in which an admitted ticket is mostly in the record, or never will be.
const RECENT_MS: i64 = 5_000;
/// Milliseconds that a half-written copy of holders is kept.
const STAGED_MS: i64 = 60_000;
/// Holders in one command of a rebuild.
const HOLDERS_CHUNK: usize = 1_000;
/// Rebuilds in a row that others may be faster with, before Redis counts as away.
const TRIES_MAX: u32 = 8;

/// Why a batch was not judged here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Redis is away: judge by the record.
    Away,
    /// The record can't be read, or has no such sale.
    Record(AppError),
}

impl From<Away> for Fault {
    fn from(_: Away) -> Self {
        Self::Away
    }
}

/// What became of a batch.
pub(super) struct Offer {
    /// Tokens left.
    pub(super) left: i64,
    /// See [`is_final`]; what another desk refuses may be a holder's click.
    pub(super) is_final: bool,
    /// For each click.
    pub(super) verdicts: Vec<Verdict>,
}

/// The desks.
pub(super) struct Admission {
    link: Link,
    store: Store,
    /// What this instance knows of the desks; as many as there are sales.
    known: Mutex<HashMap<SaleId, Known>>,
    offer: Script,
    rebuild: Script,
    release: Script,
    look: Script,
}

#[derive(Clone, Default)]
struct Known {
    epoch: String,
    is_doubted: bool,
    /// The herald was told to make it final.
    is_finishing: bool,
}

/// A desk in the place of another.
struct Change {
    /// The epoch of the one to be replaced; empty for none.
    before: String,
    epoch: String,
    /// Nobody is refused for want of tokens for a while: see `seckill::stock::Admission::doubted`.
    is_doubted: bool,
    /// See [`is_final`].
    is_final: bool,
}

impl Admission {
    pub(super) fn new(link: Link, store: Store) -> Self {
        Self {
            link,
            store,
            known: Mutex::default(),
            offer: Script::new(include_str!("offer.lua")),
            rebuild: Script::new(include_str!("rebuild.lua")),
            release: Script::new(include_str!("release.lua")),
            look: Script::new(include_str!("look.lua")),
        }
    }

    /// Judges clicks of a sale at `now`; each with the ticket to be recorded if it is admitted.
    pub(super) async fn offer(&self, sale: SaleId, now: Millis, clicks: &[(StudentId, TicketId)]) -> Result<Offer, Fault> {
        let outcome = self.try_offer(sale, now, clicks).await;
        if outcome.is_err() {
            self.doubt(sale);
        }
        outcome
    }

    async fn try_offer(&self, sale: SaleId, now: Millis, clicks: &[(StudentId, TicketId)]) -> Result<Offer, Fault> {
        for _ in 0..TRIES_MAX {
            let known = self.known(sale);
            if known.is_doubted || known.epoch.is_empty() {
                self.rebuild(sale).await?;
                continue;
            }
            let mut call = self.offer.key(key(sale, "desk"));
            call.key(key(sale, "holders")).key(key(sale, "recent")).arg(&known.epoch).arg(now.0).arg(RECENT_MS);
            for (student, ticket) in clicks {
                call.arg(student.0).arg(&ticket.0[..]);
            }
            let answer: Vec<Vec<u8>> = self.link.call(&call).await?;
            if let Some(offer) = read(&answer, clicks.len()) {
                return Ok(offer);
            }
            // Somebody rebuilt the desk, or it is lost.
            self.know(sale, Known { epoch: text(answer.get(1)), ..Known::default() });
        }
        Err(Fault::Away)
    }

    /// The desk is not what the record says, or it is not known whether it is.
    pub(super) fn doubt(&self, sale: SaleId) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry(sale).or_default();
        (known.is_doubted, known.is_finishing) = (true, false);
    }

    /// Counts a sale from the record again.
    pub(super) async fn rebuild(&self, sale: SaleId) -> Result<(), Fault> {
        for _ in 0..TRIES_MAX {
            let before = self.link.patient().ask(cmd("HGET").arg(key(sale, "desk")).arg("epoch")).await?;
            if self.count(sale, before).await? {
                return Ok(());
            }
        }
        Err(Fault::Away)
    }

    /// Counts a sale from the record again, unless its desk is final already.
    pub(super) async fn finish(&self, sale: SaleId) -> Result<(), Fault> {
        for _ in 0..TRIES_MAX {
            let desk = self.link.patient().ask(cmd("HMGET").arg(key(sale, "desk")).arg("epoch").arg("final")).await?;
            let (epoch, final_epoch): (Option<String>, Option<String>) = desk;
            let is_final = epoch.is_some() && epoch == final_epoch;
            if is_final || self.count(sale, epoch).await? {
                return Ok(());
            }
        }
        Err(Fault::Away)
    }

    /// Puts the record's count in the place of the desk of an epoch; `false` when somebody else did so first.
    async fn count(&self, sale: SaleId, before: Option<String>) -> Result<bool, Fault> {
        metrics::counter!("qiangke_desk_rebuilds_total").increment(1);
        let known = self.known(sale);
        let desk = self.store.desk(sale).await.map_err(|error| Fault::Record(error.into()))?;
        let desk = desk.ok_or(Fault::Record(AppError::NotFound))?;
        let is_final = is_final(desk.remaining);
        let epoch = uuid::Uuid::now_v7().simple().to_string();
        // Redis may have lost what it knew of tickets that are on their way, unless this is the first desk of a sale.
        let is_lost = before.is_none() && !(known.epoch.is_empty() && desk.holders.is_empty());
        let is_doubted = !is_final && (is_lost || known.is_doubted);
        let change = Change { before: before.unwrap_or_default(), epoch: epoch.clone(), is_doubted, is_final };
        let is_ours = self.replace(&self.link.patient(), sale, &change, &desk).await?;
        if is_ours {
            self.know(sale, Known { epoch, ..Known::default() });
        }
        Ok(is_ours)
    }

    /// Whether nobody here was told yet that this desk is to be final.
    pub(super) fn begin_to_finish(&self, sale: SaleId) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        !std::mem::replace(&mut known.entry(sale).or_default().is_finishing, true)
    }

    /// `false`: somebody else was faster.
    async fn replace(&self, link: &Link, sale: SaleId, change: &Change, desk: &Desk) -> Result<bool, Away> {
        let staged = key(sale, &format!("staged:{}", change.epoch));
        for chunk in desk.holders.chunks(HOLDERS_CHUNK) {
            let mut fill = cmd("HSET");
            fill.arg(&staged);
            for (student, ticket) in chunk {
                fill.arg(student.0).arg(&ticket.0[..]);
            }
            let mut commands = pipe();
            commands.add_command(fill).ignore().cmd("PEXPIRE").arg(&staged).arg(STAGED_MS).ignore();
            link.ask_all::<()>(&commands).await?;
        }
        let mut call = self.rebuild.key(key(sale, "desk"));
        call.key(key(sale, "holders")).key(key(sale, "recent")).key(staged).arg(&change.before).arg(&change.epoch);
        call.arg(desk.window.opens_at.0).arg(desk.window.closes_at.0).arg(i64::from(desk.window.paused));
        call.arg(desk.free).arg(DESK_MS).arg(RECENT_MS).arg(if change.is_doubted { RECENT_MS } else { 0 });
        let answer: String = link.call(call.arg(i64::from(change.is_final))).await?;
        Ok(answer == "ok")
    }

    /// Gives tokens back: for each the student, the ticket that the record did not take, and the live one that stands in its place.
    pub(super) async fn release(&self, sale: SaleId, refused: &[(StudentId, TicketId, Option<TicketId>)]) -> Result<(), Away> {
        let mut call = self.release.key(key(sale, "desk"));
        call.key(key(sale, "holders")).key(key(sale, "recent"));
        for (student, ticket, standing) in refused {
            call.arg(student.0).arg(&ticket.0[..]).arg(standing.as_ref().map_or(&[][..], |id| &id.0[..]));
        }
        self.link.call(&call).await
    }

    /// Compares a desk that stands still with the record, and counts it anew when they disagree.
    pub(super) async fn repair(&self, sale: SaleId) -> Result<(), Fault> {
        let Some((left, moves, recent)) = self.look(sale).await? else { return Ok(()) };
        let free = self.store.seats_free(sale).await.map_err(|error| Fault::Record(error.into()))?;
        // Tickets on their way into the record, and those recorded while this was read, are no disagreement.
        let stood_still = recent == 0 && self.look(sale).await? == Some((left, moves, recent));
        if stood_still && free.is_some_and(|free| free != left) {
            metrics::counter!("qiangke_desk_repairs_total").increment(1);
            tracing::warn!(%sale, left, ?free, "admission disagreed with the record: it is counted anew");
            self.rebuild(sale).await?;
        }
        Ok(())
    }

    /// Tokens left, for all to see.
    pub(super) async fn left(&self, sale: SaleId) -> Result<Option<i64>, Away> {
        let desk = self.link.ask(cmd("HMGET").arg(key(sale, "desk")).arg("free").arg("epoch")).await?;
        let (Some(left), Some(epoch)) = desk else { return Ok(None) };
        // Whoever saw a desk once can tell one that is lost from one that never was.
        self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(sale).or_insert(Known { epoch, ..Known::default() });
        Ok(Some(left))
    }

    async fn look(&self, sale: SaleId) -> Result<Option<(i64, i64, i64)>, Away> {
        let mut call = self.look.key(key(sale, "desk"));
        let answer: Vec<i64> = self.link.call(call.key(key(sale, "recent")).arg(RECENT_MS)).await?;
        Ok(match answer[..] {
            [left, moves, recent] => Some((left, moves, recent)),
            _ => None,
        })
    }

    fn known(&self, sale: SaleId) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&sale).cloned().unwrap_or_default()
    }

    fn know(&self, sale: SaleId, known: Known) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(sale, known);
    }
}

/// The script's answer; `None` when the epoch was not the desk's.
fn read(answer: &[Vec<u8>], clicks: usize) -> Option<Offer> {
    let [word, left, is_final, verdicts @ ..] = answer else { return None };
    if word != b"ok" || verdicts.len() != clicks {
        return None;
    }
    let left = text(Some(left)).parse().ok()?;
    let is_final = is_final == b"1";
    Some(Offer { left, is_final, verdicts: verdicts.iter().map(|verdict| verdict_of(verdict)).collect::<Option<_>>()? })
}

fn verdict_of(bytes: &[u8]) -> Option<Verdict> {
    match bytes.split_first()? {
        (b'a', []) => Some(Verdict::Admitted),
        (b'h', id) => id.try_into().ok().map(|id| Verdict::Yours(TicketId(id))),
        (b'n', number) => text(Some(number)).parse().ok().and_then(Reason::of_number).map(Verdict::Refused),
        _ => None,
    }
}

fn text(bytes: Option<impl AsRef<[u8]>>) -> String {
    bytes.map(|bytes| String::from_utf8_lossy(bytes.as_ref()).into_owned()).unwrap_or_default()
}
