//! Rate windows that all instances share, asked in one script call for the clicks of a moment.
//! While Redis is away each instance limits by its share: the limit divided by the instances that
//! were there last.

use super::{BURST, local::LocalRateLimit};
use crate::{
    server::{
        redis::client::{Away, RedisClient},
        supervisor::supervise,
    },
    types::ids::StudentId,
};
use redis::Script;
use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

/// Clicks in one call at most.
const BATCH_MAX: usize = 256;
/// Clicks that wait for a call at most; one more is limited by this instance's share.
const WAITING_MAX: usize = 8_192;
/// How often an instance says that it is there.
const HERE_PERIOD: Duration = Duration::from_secs(2);
/// Seconds after which a silent instance is gone.
const GONE_S: u64 = 10;
/// Microseconds of a second.
const SECOND_US: u32 = 1_000_000;

/// This instance's end of the windows.
#[derive(Clone)]
pub struct RedisRateLimit {
    clicks: mpsc::Sender<(StudentId, oneshot::Sender<bool>)>,
    /// What one student may do at this instance: a flood ends here, and costs Redis nothing.
    own: LocalRateLimit,
    share: LocalRateLimit,
    instances: Arc<AtomicU32>,
}

impl RedisRateLimit {
    pub(super) fn start(link: RedisClient, per_s: NonZeroU32) -> Self {
        let (clicks, mut waiting) = mpsc::channel(WAITING_MAX);
        let instances = Arc::new(AtomicU32::new(1));
        let (brisk, counted, open) = (link.brisk(), Arc::clone(&instances), clicks.downgrade());
        tokio::spawn(supervise("rates", async move || {
            judge(&brisk, per_s, &mut waiting).await;
        }));
        tokio::spawn(supervise("here", async move || {
            say_here(&link, &counted, &open).await;
        }));
        Self {
            clicks,
            own: LocalRateLimit::new(per_s),
            share: LocalRateLimit::new(per_s),
            instances,
        }
    }

    pub(super) async fn admits(&self, student: StudentId) -> bool {
        if !self.own.admits(student) {
            return false;
        }
        let (asker, answer) = oneshot::channel();
        if self.clicks.try_send((student, asker)).is_ok()
            && let Ok(admits) = answer.await
        {
            return admits;
        }
        let instances =
            NonZeroU32::new(self.instances.load(Ordering::Relaxed)).unwrap_or(NonZeroU32::MIN);
        self.share.admits_share(student, instances)
    }

    pub(super) fn shrink(&self) {
        self.own.shrink();
        self.share.shrink();
    }
}

/// Whoever is not answered finds that Redis is away.
async fn judge(
    link: &RedisClient,
    per_s: NonZeroU32,
    waiting: &mut mpsc::Receiver<(StudentId, oneshot::Sender<bool>)>,
) {
    let script = Script::new(include_str!("window.lua"));
    let click_us = SECOND_US / per_s;
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while waiting.recv_many(&mut batch, BATCH_MAX).await > 0 {
        let mut call = script.arg(click_us);
        // Counted in clicks, so that rounding loses none.
        call.arg(u64::from(click_us) * u64::from(per_s.saturating_mul(BURST).get()));
        for (student, _) in &batch {
            call.key(format!("{{rates}}:click:{student}"));
        }
        let answers: Result<Vec<i64>, Away> = link.call(&call).await;
        for ((_, asker), admits) in batch.drain(..).zip(answers.unwrap_or_default()) {
            let _ = asker.send(admits == 1);
        }
    }
}

/// Until this instance's windows are closed.
async fn say_here(
    link: &RedisClient,
    instances: &AtomicU32,
    open: &mpsc::WeakSender<(StudentId, oneshot::Sender<bool>)>,
) {
    let script = Script::new(include_str!("instances.lua"));
    let me = uuid::Uuid::now_v7().to_string();
    let mut timer = tokio::time::interval(HERE_PERIOD);
    loop {
        timer.tick().await;
        if open.upgrade().is_none() {
            return;
        }
        if let Ok(count) = link
            .call(script.key("instances").arg(&me).arg(GONE_S))
            .await
        {
            instances.store(count, Ordering::Relaxed);
        }
    }
}
