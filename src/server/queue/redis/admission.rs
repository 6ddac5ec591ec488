//! Admission in Redis: a desk for each sale, shared by all instances, judged by one script call for
//! a batch of clicks.
//!
//! A desk is a copy of the database and can be lost at any time. Each has an epoch: it is given
//! with every offer, so that one which was sent before a rebuild and comes after it takes no token.
//! Whoever does not know what became of an offer doubts the desk, and has it counted from the
//! database again before the next one. So does whoever finds a desk that is older than one that was
//! there before, or another process of Redis: it may have come back with the state of a moment ago.

use super::{epoch::Epoch, keys::key};
use crate::{
    rules::seckill::admission::Verdict,
    server::{
        clock::Clock,
        queue::HeldTicket,
        redis::client::{Away, RedisClient},
        store::{Store, StoreError},
    },
    types::{
        error::AppError,
        ids::{SaleId, StudentId, TicketId},
        sale::Reason,
        time::{HOUR_MS, Millis},
    },
};
use redis::{Script, cmd, pipe};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Milliseconds that a desk lives after its sale, and at least; whoever misses it reads the
/// database.
pub(super) const DESK_MS: i64 = HOUR_MS;
/// Milliseconds in which an admitted ticket is mostly in the database, or never will be.
pub(super) const RECENT_MS: i64 = 5_000;

/// Rebuilds in a row that others may be faster with, before Redis counts as away.
pub(super) const TRIES_MAX: u32 = 8;

/// Why a batch was not judged here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotJudged {
    /// Redis is away: judge by the database.
    Away,
    /// The database can't be read, or has no such sale.
    Database(AppError),
}

impl From<Away> for NotJudged {
    fn from(_: Away) -> Self {
        Self::Away
    }
}

impl From<StoreError> for NotJudged {
    fn from(error: StoreError) -> Self {
        Self::Database(error.into())
    }
}

/// What became of a batch.
pub(super) struct Offer {
    pub(super) left: i64,
    /// See [`crate::rules::seckill::admission::is_final`]; what another desk refuses may be a
    /// holder's click.
    pub(super) is_final: bool,
    pub(super) verdicts: Vec<Verdict>,
}

pub(super) struct Desks {
    pub(super) link: RedisClient,
    pub(super) store: Store,
    pub(super) clock: Clock,
    /// What this instance knows of the desks; as many as there are sales.
    pub(super) known: Mutex<HashMap<SaleId, KnownDesk>>,
    pub(super) offer: Script,
    pub(super) rebuild: Script,
    pub(super) release: Script,
    pub(super) look: Script,
}

#[derive(Clone, Default)]
pub(super) struct KnownDesk {
    pub(super) epoch: Epoch,
    /// The link's number when that was so.
    pub(super) connection: u64,
    pub(super) is_doubted: bool,
    /// The notifier was told to make it final.
    pub(super) is_finishing: bool,
}

/// What a desk says of itself.
#[derive(Debug, PartialEq, Eq)]
struct DeskState {
    epoch: Epoch,
    left: i64,
    moves: i64,
    /// Tickets that were admitted within [`RECENT_MS`].
    recent: i64,
}

impl Desks {
    pub(super) fn new(link: RedisClient, store: Store, clock: Clock) -> Self {
        Self {
            link,
            store,
            clock,
            known: Mutex::default(),
            offer: Script::new(include_str!("offer.lua")),
            rebuild: Script::new(include_str!("rebuild.lua")),
            release: Script::new(include_str!("release.lua")),
            look: Script::new(include_str!("look.lua")),
        }
    }

    /// Judges clicks of a sale at `now`; each with the ticket to be recorded if it is admitted.
    pub(super) async fn offer(
        &self,
        sale: SaleId,
        now: Millis,
        clicks: &[(StudentId, TicketId)],
    ) -> Result<Offer, NotJudged> {
        let outcome = self.try_offer(sale, now, clicks).await;
        if outcome.is_err() {
            self.doubt(sale);
        }
        outcome
    }

    async fn try_offer(
        &self,
        sale: SaleId,
        now: Millis,
        clicks: &[(StudentId, TicketId)],
    ) -> Result<Offer, NotJudged> {
        for _ in 0..TRIES_MAX {
            let known = self.known(sale);
            if known.is_doubted || known.epoch.is_none() || known.connection != self.link.number() {
                self.rebuild(sale).await?;
                continue;
            }
            let mut call = self.offer.key(key(sale, "desk"));
            call.key(key(sale, "holders"))
                .key(key(sale, "recent"))
                .arg(known.epoch.text())
                .arg(now.0)
                .arg(RECENT_MS);
            for (student, ticket) in clicks {
                call.arg(student.0).arg(&ticket.0[..]);
            }
            let answer: Vec<Vec<u8>> = self.link.call(&call).await?;
            if known.connection != self.link.number() {
                // Another process answered than the one that the desk was met at: the tokens that
                // it took are counted with the desk.
                continue;
            }
            if let Some(offer) = read(&answer, clicks.len()) {
                return Ok(offer);
            }
            // Somebody rebuilt the desk, or it is lost.
            self.meet(sale).await?;
        }
        Err(NotJudged::Away)
    }

    /// Takes in a desk that another instance put there. One that is older than one of before is
    /// doubted; one that is gone is counted.
    ///
    /// The database is asked first: a desk's number is noted once it stands, so that one found
    /// after that is not of a lower number.
    pub(super) async fn meet(&self, sale: SaleId) -> Result<(), NotJudged> {
        let (known, connection) = (self.known(sale), self.link.number());
        let last = self.store.desk_epoch(sale).await?;
        let found = self.epoch(sale).await?;
        if found.is_none() {
            return self.rebuild(sale).await;
        }
        if found.is_older(&known.epoch, last) {
            metrics::counter!("qiangke_desks_lost_total").increment(1);
            tracing::warn!(%sale, found = found.text(), last, "Redis came back with an older desk: it is counted anew");
            self.doubt(sale);
        } else {
            self.know(
                sale,
                KnownDesk {
                    epoch: found,
                    connection,
                    is_doubted: known.is_doubted,
                    is_finishing: false,
                },
            );
        }
        Ok(())
    }

    pub(super) async fn epoch(&self, sale: SaleId) -> Result<Epoch, Away> {
        let text: Option<String> = self
            .link
            .patient()
            .ask(cmd("HGET").arg(key(sale, "desk")).arg("epoch"))
            .await?;
        Ok(Epoch::read(text.unwrap_or_default()))
    }

    /// The desk is not what the database says, or it is not known whether it is.
    pub(super) fn doubt(&self, sale: SaleId) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry(sale).or_default();
        (known.is_doubted, known.is_finishing) = (true, false);
    }

    /// These tickets hold no token any more, whatever a desk still says.
    pub(super) async fn withdraw(
        &self,
        sale: SaleId,
        tickets: &[(StudentId, TicketId)],
    ) -> Result<(), Away> {
        if tickets.is_empty() {
            return Ok(());
        }
        let mut command = cmd("ZREM");
        command.arg(key(sale, "recent"));
        for (student, ticket) in tickets {
            command.arg([&ticket.0[..], student.to_string().as_bytes()].concat());
        }
        self.link.ask(&command).await
    }

    /// Gives tokens back: for each the student, the ticket that the database did not take, and the
    /// live one that stands in its place.
    pub(super) async fn release(
        &self,
        sale: SaleId,
        refused: &[(StudentId, TicketId, Option<TicketId>)],
    ) -> Result<(), Away> {
        let mut call = self.release.key(key(sale, "desk"));
        call.key(key(sale, "holders")).key(key(sale, "recent"));
        for (student, ticket, standing) in refused {
            call.arg(student.0)
                .arg(&ticket.0[..])
                .arg(standing.as_ref().map_or(&[][..], |id| &id.0[..]));
        }
        self.link.call(&call).await
    }

    /// Compares a desk that stands still with the database, and counts it anew when they disagree.
    pub(super) async fn repair(&self, sale: SaleId) -> Result<(), NotJudged> {
        let Some(seen) = self.look(sale).await? else {
            return Ok(());
        };
        let (left, recent) = (seen.left, seen.recent);
        let last = self.store.desk_epoch(sale).await?;
        let free = self.store.seats_free(sale).await?;
        let again = self.look(sale).await?;
        // The database knew of a later desk before this one was seen again: it is what Redis had
        // before.
        if again
            .as_ref()
            .is_some_and(|again| again.epoch == seen.epoch)
            && seen.epoch.number() < last
        {
            self.doubt(sale);
            return self.rebuild(sale).await;
        }
        // Tickets on their way into the database, and those recorded while this was read, are no
        // disagreement.
        let stood_still = recent == 0 && again == Some(seen);
        if stood_still && free.is_some_and(|free| free != left) {
            metrics::counter!("qiangke_desk_repairs_total").increment(1);
            tracing::warn!(%sale, left, ?free, "admission disagreed with the database: it is counted anew");
            self.rebuild(sale).await?;
        }
        Ok(())
    }

    /// Tokens left, for all to see; `None` when there is no desk, or one that is to be counted
    /// anew.
    pub(super) async fn left(&self, sale: SaleId) -> Result<Option<i64>, NotJudged> {
        let desk = self
            .link
            .ask(cmd("HMGET").arg(key(sale, "desk")).arg("free").arg("epoch"))
            .await?;
        let (Some(left), Some(epoch)): (Option<i64>, Option<String>) = desk else {
            return Ok(None);
        };
        Ok(self
            .trusts(sale, &Epoch::read(epoch))
            .await?
            .then_some(left))
    }

    /// The ticket that a desk has for a student. It may be on its way into the database, and the
    /// desk may not have heard of another.
    pub(super) async fn held(&self, sale: SaleId, student: StudentId) -> Result<HeldTicket, Away> {
        let mut commands = pipe();
        commands
            .cmd("EXISTS")
            .arg(key(sale, "desk"))
            .cmd("HGET")
            .arg(key(sale, "holders"))
            .arg(student.0);
        let (has_desk, ticket): (bool, Option<Vec<u8>>) = self.link.ask_all(&commands).await?;
        let ticket = ticket
            .and_then(|id| id.as_slice().try_into().ok())
            .map(TicketId);
        Ok(match (has_desk, ticket) {
            (_, Some(ticket)) => HeldTicket::Ticket(ticket),
            (true, None) => HeldTicket::Nothing,
            (false, None) => HeldTicket::Unknown,
        })
    }

    async fn look(&self, sale: SaleId) -> Result<Option<DeskState>, Away> {
        let mut call = self.look.key(key(sale, "desk"));
        let answer: Vec<String> = self
            .link
            .call(call.key(key(sale, "recent")).arg(RECENT_MS))
            .await?;
        let number = |at: usize| answer.get(at).and_then(|text| text.parse().ok());
        let seen = |epoch: &String| {
            Some(DeskState {
                epoch: Epoch::read(epoch.clone()),
                left: number(1)?,
                moves: number(2)?,
                recent: number(3)?,
            })
        };
        Ok(answer.first().and_then(seen))
    }

    pub(super) fn known(&self, sale: SaleId) -> KnownDesk {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&sale)
            .cloned()
            .unwrap_or_default()
    }

    /// A desk that is newer than the one that is known; another task of this instance may have met
    /// a later one.
    pub(super) fn know(&self, sale: SaleId, met: KnownDesk) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry(sale).or_default();
        if met.epoch.number() > known.epoch.number() {
            *known = met;
        }
    }
}

/// The script's answer; `None` when the epoch was not the desk's.
fn read(answer: &[Vec<u8>], clicks: usize) -> Option<Offer> {
    let [word, left, is_final, verdicts @ ..] = answer else {
        return None;
    };
    if word != b"ok" || verdicts.len() != clicks {
        return None;
    }
    let left = text(Some(left)).parse().ok()?;
    let is_final = is_final == b"1";
    Some(Offer {
        left,
        is_final,
        verdicts: verdicts
            .iter()
            .map(|verdict| verdict_of(verdict))
            .collect::<Option<_>>()?,
    })
}

fn verdict_of(bytes: &[u8]) -> Option<Verdict> {
    match bytes.split_first()? {
        (b'a', []) => Some(Verdict::Admitted),
        (b'h', id) => id.try_into().ok().map(|id| Verdict::Yours(TicketId(id))),
        (b'n', number) => text(Some(number))
            .parse()
            .ok()
            .and_then(Reason::of_number)
            .map(Verdict::Refused),
        _ => None,
    }
}

fn text(bytes: Option<impl AsRef<[u8]>>) -> String {
    bytes
        .map(|bytes| String::from_utf8_lossy(bytes.as_ref()).into_owned())
        .unwrap_or_default()
}
