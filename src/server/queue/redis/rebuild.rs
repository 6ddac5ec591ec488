//! Rebuild of a desk: it is counted from the database, and put in the place of the one before.

use super::{
    admission::{DESK_MS, Desks, KnownDesk, NotJudged, RECENT_MS, TRIES_MAX},
    epoch::Epoch,
    keys::key,
};
use crate::{
    rules::seckill::admission::is_final,
    server::{
        redis::client::{Away, RedisClient},
        store::DeskRow,
    },
    types::{error::AppError, ids::SaleId},
};
use redis::{cmd, pipe};
use std::sync::PoisonError;

/// Milliseconds that a half-written copy of holders is kept.
const STAGED_MS: i64 = 60_000;

/// Holders in one command of a rebuild.
const HOLDERS_CHUNK: usize = 1_000;

/// A desk in the place of another.
struct Change {
    /// The one to be replaced.
    before: Epoch,
    epoch: Epoch,
    /// Milliseconds that it lives.
    life_ms: i64,
    /// Nobody is refused for want of tokens for a while: see `rules::seckill::admission::Admission::doubted`.
    is_doubted: bool,
    /// See [`is_final`].
    is_final: bool,
}

impl Desks {
    /// Counts a sale from the database again.
    pub(super) async fn rebuild(&self, sale: SaleId) -> Result<(), NotJudged> {
        for _ in 0..TRIES_MAX {
            let before = self.epoch(sale).await?;
            if self.count(sale, before).await? {
                return Ok(());
            }
        }
        Err(NotJudged::Away)
    }

    /// Counts a sale from the database again, unless its desk is final already.
    pub(super) async fn finish(&self, sale: SaleId) -> Result<(), NotJudged> {
        for _ in 0..TRIES_MAX {
            let desk = self
                .link
                .patient()
                .ask(
                    cmd("HMGET")
                        .arg(key(sale, "desk"))
                        .arg("epoch")
                        .arg("final"),
                )
                .await?;
            let (epoch, final_epoch): (Option<String>, Option<String>) = desk;
            let is_final = epoch.is_some() && epoch == final_epoch;
            let epoch = Epoch::read(epoch.unwrap_or_default());
            if is_final && self.trusts(sale, &epoch).await? || self.count(sale, epoch).await? {
                return Ok(());
            }
        }
        Err(NotJudged::Away)
    }

    /// Whether a desk that was found is the one that this instance knows, after it has met a new
    /// one.
    pub(super) async fn trusts(&self, sale: SaleId, found: &Epoch) -> Result<bool, NotJudged> {
        if self.known(sale).epoch != *found {
            self.meet(sale).await?;
        }
        let known = self.known(sale);
        Ok(known.epoch == *found && !known.is_doubted)
    }

    /// Puts the database's count in the place of the desk of an epoch; `false` when somebody else
    /// did so first.
    async fn count(&self, sale: SaleId, before: Epoch) -> Result<bool, NotJudged> {
        metrics::counter!("qiangke_desk_rebuilds_total").increment(1);
        let (known, connection) = (self.known(sale), self.link.number());
        let desk = self
            .store
            .desk(sale)
            .await?
            .ok_or(NotJudged::Database(AppError::NotFound))?;
        let is_final = is_final(desk.remaining);
        let epoch = Epoch::next(
            &uuid::Uuid::now_v7().simple().to_string(),
            &before,
            &known.epoch,
            desk.epoch,
        );
        let now = self.clock.now();
        // Redis may have lost what it knew of tickets that are on their way. Before the opening
        // there are none, by any server's clock.
        let is_lost = if before.is_none() {
            !(known.epoch.is_none() && desk.epoch == 0 && desk.holders.is_empty())
        } else {
            before.is_older(&known.epoch, desk.epoch)
                || (known.connection != connection && !known.epoch.is_none())
        };
        let has_opened = desk.window.opens_at <= now.plus(RECENT_MS);
        let is_doubted = !is_final && has_opened && (is_lost || known.is_doubted);
        let life_ms = desk
            .window
            .closes_at
            .since(now)
            .max(0)
            .saturating_add(DESK_MS);
        let change = Change {
            before,
            epoch: epoch.clone(),
            life_ms,
            is_doubted,
            is_final,
        };
        let is_ours = self
            .replace(&self.link.patient(), sale, &change, &desk)
            .await?;
        if is_ours {
            self.know(
                sale,
                KnownDesk {
                    epoch: epoch.clone(),
                    connection,
                    ..KnownDesk::default()
                },
            );
            self.store.note_desk(sale, epoch.number()).await?;
        }
        Ok(is_ours)
    }

    /// Whether nobody here was told yet that this desk is to be final.
    pub(super) fn begin_to_finish(&self, sale: SaleId) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        !std::mem::replace(&mut known.entry(sale).or_default().is_finishing, true)
    }

    /// `false`: somebody else was faster.
    async fn replace(
        &self,
        link: &RedisClient,
        sale: SaleId,
        change: &Change,
        desk: &DeskRow,
    ) -> Result<bool, Away> {
        self.withdraw(sale, &desk.released).await?;
        let staged = key(sale, &format!("staged:{}", change.epoch.text()));
        for chunk in desk.holders.chunks(HOLDERS_CHUNK) {
            let mut fill = cmd("HSET");
            fill.arg(&staged);
            for (student, ticket) in chunk {
                fill.arg(student.0).arg(&ticket.0[..]);
            }
            let mut commands = pipe();
            commands
                .add_command(fill)
                .ignore()
                .cmd("PEXPIRE")
                .arg(&staged)
                .arg(STAGED_MS)
                .ignore();
            link.ask_all::<()>(&commands).await?;
        }
        let mut call = self.rebuild.key(key(sale, "desk"));
        call.key(key(sale, "holders"))
            .key(key(sale, "recent"))
            .key(staged)
            .arg(change.before.text())
            .arg(change.epoch.text());
        call.arg(desk.window.opens_at.0)
            .arg(desk.window.closes_at.0)
            .arg(i64::from(desk.window.paused));
        call.arg(desk.free)
            .arg(change.life_ms)
            .arg(RECENT_MS)
            .arg(if change.is_doubted { RECENT_MS } else { 0 });
        let answer: String = link
            .call(call.arg(i64::from(change.is_final)).arg(desk.holders.len()))
            .await?;
        Ok(answer == "ok")
    }
}
