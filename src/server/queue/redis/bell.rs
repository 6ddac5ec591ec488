//! The doorbell: a stream that every instance writes and the workers read as one group, so that
//! each group of tickets wakes one of them. It says only that tickets wait; which ones, the
//! database says.

use super::{
    keys::{BELL, PARKED},
    notifier::VERSION,
};
use crate::{
    server::{queue::BellRing, redis::client::RedisClient, supervisor::supervise},
    types::ids::SaleId,
};
use redis::{
    RedisError, RedisResult, Value,
    aio::MultiplexedConnection,
    cmd, pipe,
    streams::{StreamAutoClaimReply, StreamId, StreamInfoConsumersReply, StreamReadReply},
};
use std::{io, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

const GROUP: &str = "workers";
/// Milliseconds that a read waits in Redis for the next entry.
const BLOCK_MS: u64 = 1_000;
/// The longest that such a read may take before the connection counts as broken.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// Entries of a read at most.
const READ_MAX: usize = 64;
/// Milliseconds after which an entry that its reader did not answer is another's.
const DEAD_MS: u64 = 3_000;
/// How often the entries of the dead are looked for.
const CLAIM_PERIOD: Duration = Duration::from_secs(1);
/// Milliseconds of silence after which a reader without entries is forgotten.
const GONE_MS: usize = 10 * 60 * 1_000;
/// How long the reader rests when Redis is away.
const REST: Duration = Duration::from_millis(500);
/// Parked entries at most, roughly.
const PARKED_MAX: usize = 1_000;

/// Hears the bell until nobody takes the rings any more.
pub(super) fn listen(link: RedisClient, me: String, rings: mpsc::Sender<BellRing>) {
    let reader = BellReader { link, me, rings };
    tokio::spawn(supervise("doorbell", async move || {
        while !reader.rings.is_closed() {
            if let Err(error) = reader.hear().await {
                tracing::debug!(%error, "the doorbell is away; the sweep goes on");
                sleep(REST).await;
            }
        }
    }));
}

/// Tells Redis that the tickets of a ring are settled, as far as they could be.
pub(super) async fn answered(link: &RedisClient, ring: &BellRing) {
    if !ring.entries.is_empty() {
        // Lost, the entries come again: settling what is settled does nothing.
        let _ = link
            .ask::<()>(cmd("XACK").arg(BELL).arg(GROUP).arg(&ring.entries))
            .await;
    }
}

struct BellReader {
    link: RedisClient,
    me: String,
    rings: mpsc::Sender<BellRing>,
}

impl BellReader {
    async fn hear(&self) -> RedisResult<()> {
        let mut connection = self.link.own().await?;
        let mut make = cmd("XGROUP");
        make.arg("CREATE")
            .arg(BELL)
            .arg(GROUP)
            .arg("0")
            .arg("MKSTREAM");
        match within(make.query_async::<()>(&mut connection)).await {
            Err(error) if error.code() != Some("BUSYGROUP") => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut claimed_at = None;
        while !self.rings.is_closed() {
            let mut entries = self.read(&mut connection).await?;
            if claimed_at.is_none_or(|at: Instant| at.elapsed() >= CLAIM_PERIOD) {
                claimed_at = Some(Instant::now());
                entries.extend(self.claim(&mut connection).await?);
                self.forget_the_gone(&mut connection).await?;
            }
            self.sort(entries, &mut connection).await?;
        }
        Ok(())
    }

    async fn read(&self, connection: &mut MultiplexedConnection) -> RedisResult<Vec<StreamId>> {
        let mut read = cmd("XREADGROUP");
        read.arg("GROUP")
            .arg(GROUP)
            .arg(&self.me)
            .arg("COUNT")
            .arg(READ_MAX)
            .arg("BLOCK")
            .arg(BLOCK_MS);
        let reply: Option<StreamReadReply> = within(
            read.arg("STREAMS")
                .arg(BELL)
                .arg(">")
                .query_async(connection),
        )
        .await?;
        Ok(reply
            .into_iter()
            .flat_map(|reply| reply.keys)
            .flat_map(|key| key.ids)
            .collect())
    }

    /// Takes over what a worker read and did not answer: it was killed, or the database failed it.
    async fn claim(&self, connection: &mut MultiplexedConnection) -> RedisResult<Vec<StreamId>> {
        let mut claim = cmd("XAUTOCLAIM");
        claim
            .arg(BELL)
            .arg(GROUP)
            .arg(&self.me)
            .arg(DEAD_MS)
            .arg("0-0")
            .arg("COUNT")
            .arg(READ_MAX);
        let reply: StreamAutoClaimReply = within(claim.query_async(connection)).await?;
        Ok(reply.claimed)
    }

    async fn forget_the_gone(&self, connection: &mut MultiplexedConnection) -> RedisResult<()> {
        let info: StreamInfoConsumersReply = within(
            cmd("XINFO")
                .arg("CONSUMERS")
                .arg(BELL)
                .arg(GROUP)
                .query_async(connection),
        )
        .await?;
        for gone in info
            .consumers
            .iter()
            .filter(|consumer| consumer.pending == 0 && consumer.idle > GONE_MS)
        {
            within(
                cmd("XGROUP")
                    .arg("DELCONSUMER")
                    .arg(BELL)
                    .arg(GROUP)
                    .arg(&gone.name)
                    .query_async::<()>(connection),
            )
            .await?;
        }
        Ok(())
    }

    /// Hands on what this version understands, and puts the rest aside: a later version's entry is
    /// not this one's to drop.
    async fn sort(
        &self,
        entries: Vec<StreamId>,
        connection: &mut MultiplexedConnection,
    ) -> RedisResult<()> {
        let mut ring = BellRing::default();
        for entry in entries {
            if let Some(sale) = sale_of(&entry) {
                ring.entries.push(entry.id);
                if !ring.sales.contains(&sale) {
                    ring.sales.push(sale);
                }
            } else {
                tracing::warn!(
                    entry = entry.id,
                    "an entry of the doorbell is of a version that is not known here: it is parked"
                );
                metrics::counter!("qiangke_bells_parked_total").increment(1);
                park(&entry, connection).await?;
            }
        }
        if !ring.entries.is_empty() {
            // Closed: this instance ends, and another claims them.
            drop(self.rings.send(ring).await);
        }
        Ok(())
    }
}

/// The sale whose tickets an entry of the doorbell is about; `None` when it is of a version that is
/// not known here.
pub fn sale_of(entry: &StreamId) -> Option<SaleId> {
    let version: String = entry.get("v")?;
    (version == VERSION)
        .then(|| entry.get("sale").map(SaleId))
        .flatten()
}

async fn park(entry: &StreamId, connection: &mut MultiplexedConnection) -> RedisResult<()> {
    let mut commands = pipe();
    commands.atomic();
    let parked = commands
        .cmd("XADD")
        .arg(PARKED)
        .arg("MAXLEN")
        .arg("~")
        .arg(PARKED_MAX)
        .arg("*")
        .arg("entry")
        .arg(&entry.id);
    for (name, value) in &entry.map {
        if let Value::BulkString(bytes) = value {
            parked.arg(name).arg(bytes);
        }
    }
    parked
        .ignore()
        .cmd("XACK")
        .arg(BELL)
        .arg(GROUP)
        .arg(&entry.id)
        .ignore();
    within(commands.query_async(connection)).await
}

/// The library waits for ever on this connection, since reads block on it.
async fn within<T>(answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    timeout(READ_TIMEOUT, answer)
        .await
        .unwrap_or_else(|_| Err(RedisError::from(io::Error::from(io::ErrorKind::TimedOut))))
}
