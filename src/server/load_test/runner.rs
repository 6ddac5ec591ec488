//! Runner of a load test. One task schedules all requests, and each request is a task of its own,
//! so that a slow answer delays no other: students arrive at their planned time, whatever the shop
//! does.

use super::{
    connection::{Connection, Received, RequestFailure, ask},
    progress::Progress,
    stats::Stats,
    virtual_user::{Rules, VirtualUser},
};
use anyhow::anyhow;
use http::HeaderValue;
use std::{
    collections::{BTreeMap, VecDeque},
    pin::pin,
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval_at, sleep_until},
};

/// Who comes when, and what they do.
pub struct Plan {
    pub rules: Rules,
    pub cookies: Vec<HeaderValue>,
    /// When each arrives, in ascending order.
    pub arrivals: Vec<Duration>,
    /// Connections at most.
    pub connections: usize,
}

pub struct RunOutcome {
    pub stats: Stats,
    /// How long it took.
    pub took: Duration,
    /// Whether it was stopped before everybody was through.
    pub interrupted: bool,
}

/// A request that is over.
struct Visit {
    user: VirtualUser,
    line: Option<Connection>,
    answer: Result<Received, RequestFailure>,
    at: Duration,
}

struct Drive {
    plan: Arc<Plan>,
    start: Instant,
    /// How many have arrived.
    arrived: usize,
    /// Whose time has not come: at most one user for each student.
    later: BTreeMap<(Duration, u32), VirtualUser>,
    /// Whose time has come, and who waits for a connection.
    ready: VecDeque<VirtualUser>,
    idle: Vec<Connection>,
    busy: usize,
    back: mpsc::Sender<Visit>,
    stats: Stats,
}

/// Runs a rush to its end, or until `stop`.
///
/// # Errors
/// Nobody listens there.
pub async fn drive(
    plan: Plan,
    progress: &mut Progress,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<RunOutcome> {
    let idle = connect(&plan).await?;
    let (back, mut visits) = mpsc::channel(plan.connections);
    let start = Instant::now();
    let (later, ready, stats) = (BTreeMap::new(), VecDeque::new(), Stats::default());
    let mut drive = Drive {
        plan: Arc::new(plan),
        start,
        arrived: 0,
        later,
        ready,
        idle,
        busy: 0,
        back,
        stats,
    };
    let mut news = interval_at(start + progress.every(), progress.every());
    news.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stop = pin!(stop);
    let mut interrupted = false;
    while let Some(next) = drive.go_on() {
        tokio::select! {
            biased;
            () = &mut stop => {
                interrupted = true;
                break;
            }
            _ = news.tick() => progress.tell(&drive.stats, start.elapsed()),
            Some(visit) = visits.recv() => {
                drive.note(visit);
                while let Ok(visit) = visits.try_recv() {
                    drive.note(visit);
                }
            }
            () = sleep_until(next) => {}
        }
    }
    let took = start.elapsed();
    progress.end(&drive.stats, took);
    Ok(RunOutcome {
        stats: drive.stats,
        took,
        interrupted,
    })
}

/// The connections, made before anybody clicks, as a browser's is made by the page before.
async fn connect(plan: &Plan) -> anyhow::Result<Vec<Connection>> {
    let mut lines = Vec::with_capacity(plan.connections);
    for _ in 0..plan.connections.min(plan.cookies.len()) {
        let line = Connection::open(&plan.rules.target).await;
        lines.push(
            line.map_err(|trouble| anyhow!("{}: {}", plan.rules.target.address, trouble.name()))?,
        );
    }
    Ok(lines)
}

impl Drive {
    /// Sends whoever's time has come, as far as there are connections; gives when somebody's time
    /// comes next. `None`: all are through.
    fn go_on(&mut self) -> Option<Instant> {
        /// Until when nobody waits for anything but answers, which wake this task themselves.
        const LONG: Duration = Duration::from_secs(60);
        let now = self.start.elapsed();
        while let Some(arrival) = self
            .plan
            .arrivals
            .get(self.arrived)
            .filter(|arrival| **arrival <= now)
        {
            let Ok(student) = u32::try_from(self.arrived) else {
                break;
            };
            self.ready.push_back(VirtualUser::new(student, *arrival));
            self.arrived += 1;
        }
        while let Some(entry) = self
            .later
            .first_entry()
            .filter(|entry| entry.key().0 <= now)
        {
            self.ready.push_back(entry.remove());
        }
        while self.busy < self.plan.connections
            && let Some(user) = self.ready.pop_front()
        {
            self.send(user, now);
        }
        let arrival = self.plan.arrivals.get(self.arrived).copied();
        let next = [
            arrival,
            self.later.first_key_value().map(|((at, _), _)| *at),
        ]
        .into_iter()
        .flatten()
        .min();
        let is_over = next.is_none() && self.busy == 0;
        (!is_over).then(|| self.start + next.unwrap_or(now + LONG))
    }

    fn send(&mut self, user: VirtualUser, now: Duration) {
        if user.is_new_click() {
            self.stats.late.note(now.saturating_sub(user.intended));
            self.stats.arrived = self.stats.arrived.max(u64::from(user.student) + 1);
        }
        self.stats.requests += 1;
        self.busy += 1;
        let (plan, start, back, line) = (
            Arc::clone(&self.plan),
            self.start,
            self.back.clone(),
            self.idle.pop(),
        );
        tokio::spawn(async move {
            let Some(cookie) = plan.cookies.get(user.student as usize) else {
                return;
            };
            let (line, answer) =
                ask(&plan.rules.target, line, user.request(&plan.rules, cookie)).await;
            // After the end nobody waits for it.
            drop(
                back.send(Visit {
                    user,
                    line,
                    answer,
                    at: start.elapsed(),
                })
                .await,
            );
        });
    }

    fn note(&mut self, visit: Visit) {
        let Visit {
            user,
            line,
            answer,
            at,
        } = visit;
        self.busy -= 1;
        self.idle.extend(line);
        if let Some((at, user)) = user.after(&answer, at, &self.plan.rules, &mut self.stats) {
            self.later.insert((at, user.student), user);
        }
    }
}
