//! Connection limits: how many connections are open at a time, how many of one subscriber (an
//! address of IPv4, a /56 of IPv6), and which of them are closed when there is no room for a new
//! one.
//!
//! A new connection is accepted as long as another one waits for its client. The subscriber with
//! most connections loses one first, and never to a newcomer who has more. Of a subscriber with
//! many, those go that rest between two requests or owe a head, and then those whose answer was not
//! read for a second; when none of them has such a one, of the others those that rest, and then
//! those that have owed a body or not read their answer for longer; each time the one that has
//! waited longest. A connection whose request is being answered is never cut: while all are busy,
//! one of the subscriber with most is closed after its answer, and the new one waits for that.

use super::activity::{Activity, Dismissal, Turn};
use crate::server::rate_limit::network;
use ipnet::IpNet;
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// How long a client may owe a body, or leave an answer unread, before it makes room for others:
/// longer than a phone's bad moments.
pub(super) const STALL_MIN: Duration = Duration::from_secs(5);
/// The same for a subscriber who holds more than one of [`ROOM_SHARE`] of all connections: a few of
/// those could hold them all.
const STALL_MIN_OF_MANY: Duration = Duration::from_secs(1);
/// Of all connections one in so many is asked to go when there is no room, so that a crowd of
/// newcomers does not cost a look at every connection each.
const ROOM_SHARE: usize = 64;

/// How long a look for a connection that waits for its client is not repeated when it found none. A
/// refusal meanwhile costs a comparison, however many connections there are.
pub(super) const ROOM_PERIOD: Duration = Duration::from_millis(20);

/// The limit of a listener. The lock is taken when a connection comes and when it goes, and not for
/// a request.
pub(super) struct ConnectionLimit {
    /// Connections of a subscriber.
    most: usize,
    /// Connections that are asked to go at a time.
    room: usize,
    proxies: Vec<IpNet>,
    start: Instant,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next: u64,
    holders: HashMap<Holder, HolderConnections>,
    fruitless: Fruitless,
}

/// Whose connections are counted together.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Subscriber(IpNet),
    /// A connection of a proxy stands for another client than the next one.
    Proxied(u64),
}

#[derive(Default)]
struct HolderConnections {
    connections: HashMap<u64, Arc<Activity>>,
    /// How many of them are going.
    going: Arc<AtomicUsize>,
    fruitless: Fruitless,
}

/// When the last look for a connection that waits for its client found none.
#[derive(Clone, Copy, Default)]
struct Fruitless(Option<Duration>);

/// What becomes of a connection that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectionAdmission {
    /// There is room for it.
    Admitted,
    /// There is none, but nobody has looked yet whether the connections that came just before rest.
    Unclear,
    /// There is none.
    Refused,
}

/// A connection that was let in; dropping it makes room for another.
pub(super) struct ConnectionPermit {
    limit: Arc<ConnectionLimit>,
    holder: Holder,
    number: u64,
    activity: Arc<Activity>,
}

/// How long a client may take.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// To send a head, or nothing.
    pub(super) head: Duration,
    /// Without reading anything of an answer.
    pub(super) unread: Duration,
}

impl ConnectionLimit {
    /// `all` connections, and `most` for a subscriber.
    pub(super) fn new(all: u32, most: u32, proxies: Vec<IpNet>) -> Arc<Self> {
        let room = portion(all as usize);
        Arc::new(Self {
            most: most as usize,
            room,
            proxies,
            start: Instant::now(),
            open: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is room for one more connection of an address. A subscriber that has as many
    /// as it may have gets it in the place of those that wait for their client; not when all are
    /// busy.
    pub(super) fn admits(&self, address: IpAddr) -> ConnectionAdmission {
        let mut open = self.lock();
        let Some(held) = open.holders.get_mut(&Holder::of(address)) else {
            return ConnectionAdmission::Admitted;
        };
        held.admits(self.most, self.start.elapsed())
    }

    /// The same once more for a connection of which that was unclear: now it is not.
    pub(super) fn admits_at_last(&self, address: IpAddr) -> bool {
        let mut open = self.lock();
        let Some(held) = open.holders.get_mut(&Holder::of(address)) else {
            return true;
        };
        let now = self.start.elapsed();
        let admission = held.admits(self.most, now);
        if admission == ConnectionAdmission::Unclear {
            held.fruitless.note(now);
        }
        admission == ConnectionAdmission::Admitted
    }

    /// Lets a connection in.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> ConnectionPermit {
        let is_proxy = self
            .proxies
            .iter()
            .any(|net| net.contains(&address.to_canonical()));
        let mut open = self.lock();
        let number = open.next;
        open.next += 1;
        let holder = if is_proxy {
            Holder::Proxied(number)
        } else {
            Holder::of(address)
        };
        let held = open.holders.entry(holder).or_default();
        let activity = Arc::new(Activity::new(self.start, Arc::clone(&held.going)));
        held.connections.insert(number, Arc::clone(&activity));
        drop(open);
        ConnectionPermit {
            limit: Arc::clone(self),
            holder,
            number,
            activity,
        }
    }

    /// Makes room for a newcomer from this address; `told` is the connection that was told to leave
    /// for it.
    pub(super) fn make_room(&self, address: IpAddr, told: &mut Weak<Activity>) {
        let mut open = self.lock();
        let has = open
            .holders
            .get(&Holder::of(address))
            .map_or(0, HolderConnections::staying);
        open.make_room(self.room, has, self.start.elapsed(), told);
    }

    /// Ends the connections whose client took too long.
    pub(super) fn sweep(&self, patience: Patience) {
        let now = self.start.elapsed();
        for held in self.lock().holders.values() {
            for activity in held.connections.values() {
                let (turn, since) = activity.turn();
                let waited = now.saturating_sub(since);
                let why = match turn {
                    Turn::Rest if waited >= patience.head => "silent",
                    Turn::Stall if waited >= patience.unread => "unread",
                    Turn::Rest | Turn::Stall | Turn::Shop => continue,
                };
                end(activity, turn, why);
            }
        }
    }

    /// Asks everybody to leave, after what is being answered.
    pub(super) fn close(&self) {
        for held in self.lock().holders.values() {
            held.connections
                .values()
                .for_each(|activity| activity.tell(Dismissal::Leave));
        }
    }
}

/// How many of so many connections are asked to go at a time.
fn portion(connections: usize) -> usize {
    (connections / ROOM_SHARE).max(1)
}

/// Tells a connection to go.
fn end(activity: &Activity, turn: Turn, why: &'static str) {
    activity.tell(Dismissal::Go(turn));
    metrics::counter!("qiangke_connections_ended_total", "why" => why).increment(1);
}

impl Holder {
    /// That of a client's address.
    fn of(address: IpAddr) -> Self {
        Self::Subscriber(network::subscriber_of(address))
    }
}

impl Fruitless {
    /// Whether the look was so short a time ago that another one would find the same.
    fn is_fresh(self, now: Duration) -> bool {
        self.0
            .is_some_and(|at| now.saturating_sub(at) < ROOM_PERIOD)
    }

    fn note(&mut self, now: Duration) {
        self.0 = Some(now);
    }
}

/// A connection that waits for its client.
struct WaitingConnection {
    turn: Turn,
    since: Duration,
    activity: Arc<Activity>,
}

impl Open {
    /// Asks so many connections to go that wait for their client, for a newcomer whose subscriber
    /// `has` so many. It takes no place of one who has fewer: a few subscribers with many
    /// connections that come again and again would drive all others out. While all are busy one is
    /// told to leave after its answer; another one for the same newcomer only when that one has
    /// gone, and its place went to somebody else.
    fn make_room(&mut self, room: usize, has: usize, now: Duration, told: &mut Weak<Activity>) {
        if self.fruitless.is_fresh(now) {
            return;
        }
        let many = |held: &HolderConnections| {
            if held.staying() > room {
                held.waiting_of_many(now)
            } else {
                Vec::new()
            }
        };
        let is_any = self.end_waiting(room, has, many)
            || self.end_waiting(room, has, |held| {
                held.waiting(Turn::Rest, Duration::ZERO, now)
            })
            || self.end_waiting(room, has, |held| held.waiting(Turn::Stall, STALL_MIN, now));
        if is_any {
            return;
        }
        self.fruitless.note(now);
        if told.strong_count() > 0 {
            return;
        }
        let unasked = |held: &HolderConnections| {
            held.connections
                .values()
                .filter(|activity| !activity.is_leaving())
                .count()
        };
        if let Some(held) = self.holders.values().max_by_key(|held| unasked(held))
            && let Some(activity) = held
                .connections
                .values()
                .find(|activity| !activity.is_leaving())
        {
            activity.tell(Dismissal::Leave);
            *told = Arc::downgrade(activity);
        }
    }

    /// Asks so many of these candidates to go, of the subscriber that has most first, and none of
    /// who has fewer than `has`; gives whether there are any. The last candidate of each goes
    /// first.
    fn end_waiting(
        &self,
        room: usize,
        has: usize,
        candidates: impl Fn(&HolderConnections) -> Vec<WaitingConnection>,
    ) -> bool {
        let givers = self.holders.values().filter(|held| held.staying() >= has);
        let mut holders: Vec<_> = givers
            .map(|held| (held.staying(), candidates(held)))
            .collect();
        let rank = |at: usize, holder: &(usize, Vec<WaitingConnection>)| {
            holder
                .1
                .last()
                .map(|longest| (holder.0, Reverse(longest.since), at))
        };
        let mut most: BinaryHeap<_> = holders
            .iter()
            .enumerate()
            .filter_map(|(at, holder)| rank(at, holder))
            .collect();
        let is_any = !most.is_empty();
        for _ in 0..room {
            let Some((_, _, at)) = most.pop() else { break };
            let Some(holder) = holders.get_mut(at) else {
                break;
            };
            if let Some(longest) = holder.1.pop() {
                holder.0 = holder.0.saturating_sub(1);
                end(&longest.activity, longest.turn, "room");
            }
            most.extend(rank(at, holder));
        }
        is_any
    }
}

impl HolderConnections {
    /// Connections that hold their place: all but those that were told to end now and have not
    /// looked yet. One that looked and had a request to answer holds it until that is answered.
    fn staying(&self) -> usize {
        self.connections
            .len()
            .saturating_sub(self.going.load(Ordering::Relaxed))
    }

    /// Whether there is room for one more of so many connections. Only where there is none, and the
    /// last look was not fruitless just now, it looks at each of them.
    fn admits(&mut self, most: usize, now: Duration) -> ConnectionAdmission {
        if self.staying() < most {
            return ConnectionAdmission::Admitted;
        }
        if self.fruitless.is_fresh(now) {
            return ConnectionAdmission::Refused;
        }
        if self.make_room(portion(most), now) {
            return ConnectionAdmission::Admitted;
        }
        if self.connections.values().any(|activity| activity.is_new()) {
            return ConnectionAdmission::Unclear;
        }
        self.fruitless.note(now);
        ConnectionAdmission::Refused
    }

    /// Those of a subscriber with many connections that wait for their client: answers that were
    /// not read for a while, and behind them, to go first, those that rest.
    fn waiting_of_many(&self, now: Duration) -> Vec<WaitingConnection> {
        let mut waiting = self.waiting(Turn::Stall, STALL_MIN_OF_MANY, now);
        waiting.extend(self.waiting(Turn::Rest, Duration::ZERO, now));
        waiting
    }

    /// Those that have waited for their client in this way for so long at least, and were not told
    /// yet; the one that waits longest at the end.
    fn waiting(&self, turn: Turn, least: Duration, now: Duration) -> Vec<WaitingConnection> {
        let others = self
            .connections
            .values()
            .filter(|activity| !activity.is_going());
        let mut waiting: Vec<_> = others
            .map(|activity| (activity.waits(), activity))
            .filter(|((found, since), _)| *found == turn && now.saturating_sub(*since) >= least)
            .map(|((turn, since), activity)| WaitingConnection {
                turn,
                since,
                activity: Arc::clone(activity),
            })
            .collect();
        waiting.sort_by_key(|waiting| Reverse(waiting.since));
        waiting
    }

    /// Asks so many of these connections to go; gives whether any could.
    fn make_room(&self, room: usize, now: Duration) -> bool {
        for (turn, least) in [(Turn::Rest, Duration::ZERO), (Turn::Stall, STALL_MIN)] {
            let waiting = self.waiting(turn, least, now);
            waiting
                .iter()
                .rev()
                .take(room)
                .for_each(|waiting| end(&waiting.activity, turn, "share"));
            if !waiting.is_empty() {
                return true;
            }
        }
        false
    }
}

impl ConnectionPermit {
    pub(super) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut open = self.limit.lock();
        let Some(held) = open.holders.get_mut(&self.holder) else {
            return;
        };
        held.connections.remove(&self.number);
        self.activity.goes_no_more();
        if held.connections.is_empty() {
            open.holders.remove(&self.holder);
        }
    }
}

#[cfg(test)]
mod tests;
