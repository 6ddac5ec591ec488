//! Who may be connected: how many connections there are at a time, how many of an address, and who goes when there is no room.
//!
//! A newcomer is let in as long as anybody rests. Those go first who rest between two requests or owe a head; then, if they have done so
//! for a while, those who owe a body or do not read their answer. Among them an address goes first that holds most connections, and of
//! its connections the one that has waited longest. A connection whose request is being answered is never cut: while all are busy one of
//! the address that holds most is closed after its answer, and the newcomer waits for that.

use super::activity::{Activity, Notice, Turn};
use crate::server::door;
use ipnet::IpNet;
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long a client may owe a body, or leave an answer unread, before it makes room for others: longer than a phone's bad moments.
pub(super) const STALL_MIN: Duration = Duration::from_secs(5);
/// Of all connections one in so many is asked to go when there is no room, so that a crowd of newcomers does not cost a look at every
/// connection each.
const ROOM_SHARE: usize = 64;

/// The gate of a listener. The lock is taken when a connection comes and when it goes, and not for a request.
pub(super) struct Gate {
    /// Connections of an address.
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
    holders: HashMap<Holder, Held>,
}

/// Whose connections are counted together.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Address(IpAddr),
    /// A connection of a proxy stands for another client than the next one.
    Proxied(u64),
}

#[derive(Default)]
struct Held {
    connections: HashMap<u64, Arc<Activity>>,
}

/// A connection that was let in; dropping it makes room for another.
pub(super) struct Pass {
    gate: Arc<Gate>,
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

impl Gate {
    /// `all` connections, and `most` for an address.
    pub(super) fn new(all: u32, most: u32, proxies: Vec<IpNet>) -> Arc<Self> {
        let room = portion(all as usize);
        Arc::new(Self { most: most as usize, room, proxies, start: Instant::now(), open: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is room for one more connection of an address. One that has as many as it may have gets it in the place of those
    /// that wait for their client; not when all are busy.
    pub(super) fn admits(&self, address: IpAddr) -> bool {
        let address = Holder::Address(door::canonical(address));
        let open = self.lock();
        let held = open.holders.get(&address);
        held.is_none_or(|held| held.is_below(self.most) || held.make_room(portion(self.most), self.start.elapsed()))
    }

    /// Lets a connection in.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Pass {
        let is_proxy = self.proxies.iter().any(|net| net.contains(&address.to_canonical()));
        let activity = Arc::new(Activity::new(self.start));
        let mut open = self.lock();
        let number = open.next;
        open.next += 1;
        let holder = if is_proxy { Holder::Proxied(number) } else { Holder::Address(door::canonical(address)) };
        open.holders.entry(holder).or_default().connections.insert(number, Arc::clone(&activity));
        drop(open);
        Pass { gate: Arc::clone(self), holder, number, activity }
    }

    /// Makes room for others. While all are busy nobody goes at once.
    pub(super) fn make_room(&self) {
        let open = self.lock();
        let now = self.start.elapsed();
        if open.make_room(Turn::Rest, self.room, now) || open.make_room(Turn::Stall, self.room, now) {
            return;
        }
        let unasked = |held: &Held| held.connections.values().filter(|activity| !activity.is_leaving()).count();
        if let Some(held) = open.holders.values().max_by_key(|held| unasked(held))
            && let Some(activity) = held.connections.values().find(|activity| !activity.is_leaving())
        {
            activity.tell(Notice::Leave);
        }
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
            held.connections.values().for_each(|activity| activity.tell(Notice::Leave));
        }
    }
}

/// How many of so many connections are asked to go at a time.
fn portion(connections: usize) -> usize {
    (connections / ROOM_SHARE).max(1)
}

/// Tells a connection to go.
fn end(activity: &Activity, turn: Turn, why: &'static str) {
    activity.tell(Notice::Go(turn));
    metrics::counter!("qiangke_connections_ended_total", "why" => why).increment(1);
}

/// A connection that waits for its client.
struct Waiting {
    since: Duration,
    activity: Arc<Activity>,
}

impl Open {
    /// Asks so many connections to go that wait for their client in this way; gives whether there are any.
    fn make_room(&self, turn: Turn, room: usize, now: Duration) -> bool {
        // Of each holder how many connections stay, and those that wait, the longest last.
        let mut holders: Vec<_> = self.holders.values().map(|held| (held.staying(), held.waiting(turn, now))).collect();
        let rank = |at: usize, holder: &(usize, Vec<Waiting>)| holder.1.last().map(|longest| (holder.0, Reverse(longest.since), at));
        let mut most: BinaryHeap<_> = holders.iter().enumerate().filter_map(|(at, holder)| rank(at, holder)).collect();
        let is_any = !most.is_empty();
        for _ in 0..room {
            let Some((_, _, at)) = most.pop() else { break };
            let Some(holder) = holders.get_mut(at) else { break };
            if let Some(longest) = holder.1.pop() {
                holder.0 = holder.0.saturating_sub(1);
                end(&longest.activity, turn, "room");
            }
            most.extend(rank(at, holder));
        }
        is_any
    }
}

impl Held {
    /// Connections that hold their place: all but those that were told to end now and have not looked yet. One that looked and had a
    /// request to answer holds it until that is answered.
    fn staying(&self) -> usize {
        self.connections.values().filter(|activity| !activity.is_going()).count()
    }

    fn is_below(&self, most: usize) -> bool {
        self.connections.len() < most || self.staying() < most
    }

    /// Those that wait for their client in this way and were not told yet, the one that waits longest at the end.
    fn waiting(&self, turn: Turn, now: Duration) -> Vec<Waiting> {
        let least = if turn == Turn::Stall { STALL_MIN } else { Duration::ZERO };
        let others = self.connections.values().filter(|activity| !activity.is_going());
        let mut waiting: Vec<_> = others
            .map(|activity| (activity.turn(), activity))
            .filter(|((found, since), _)| *found == turn && now.saturating_sub(*since) >= least)
            .map(|((_, since), activity)| Waiting { since, activity: Arc::clone(activity) })
            .collect();
        waiting.sort_by_key(|waiting| Reverse(waiting.since));
        waiting
    }

    /// Asks so many of these connections to go; gives whether any could.
    fn make_room(&self, room: usize, now: Duration) -> bool {
        for turn in [Turn::Rest, Turn::Stall] {
            let waiting = self.waiting(turn, now);
            waiting.iter().rev().take(room).for_each(|waiting| end(&waiting.activity, turn, "share"));
            if !waiting.is_empty() {
                return true;
            }
        }
        false
    }
}

impl Pass {
    pub(super) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut open = self.gate.lock();
        let Some(held) = open.holders.get_mut(&self.holder) else { return };
        held.connections.remove(&self.number);
        if held.connections.is_empty() {
            open.holders.remove(&self.holder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn gate(most: u32) -> Arc<Gate> {
        Gate::new(100, most, vec!["10.0.0.0/8".parse().expect("a network")])
    }

    /// A connection that rests, if there is room for it.
    fn resting(gate: &Arc<Gate>, from: &str) -> Option<Pass> {
        gate.admits(address(from)).then(|| gate.enter(address(from))).inspect(|pass| pass.activity().is_seen())
    }

    /// A connection that is being answered.
    fn busy(gate: &Arc<Gate>, from: &str) -> Option<Pass> {
        resting(gate, from).inspect(|pass| pass.activity().works())
    }

    fn is_told(pass: &Pass) -> bool {
        pass.activity().is_leaving()
    }

    #[test]
    fn an_address_has_its_share_and_gets_it_back() {
        let gate = gate(2);
        let (first, second) = (busy(&gate, "203.0.113.7"), busy(&gate, "203.0.113.7"));
        assert!(first.is_some() && second.is_some());
        assert!(busy(&gate, "203.0.113.7").is_none(), "a third one");
        assert!(busy(&gate, "203.0.113.8").is_some(), "somebody else's");
        drop(first);
        assert!(busy(&gate, "203.0.113.7").is_some());
        drop(second);
        assert!(gate.lock().holders.is_empty(), "nothing is kept of who has gone");
    }

    #[test]
    fn who_rests_makes_room_for_a_newcomer_of_the_same_address() {
        let gate = gate(2);
        let (first, second) = (busy(&gate, "203.0.113.7").expect("a pass"), resting(&gate, "203.0.113.7").expect("a pass"));
        let third = resting(&gate, "203.0.113.7").expect("a pass");
        assert_eq!([is_told(&first), is_told(&second), is_told(&third)], [false, true, false]);
        third.activity().works();
        assert!(resting(&gate, "203.0.113.7").is_none(), "who is told already makes no room twice");
        drop(second);
        assert!(resting(&gate, "203.0.113.7").is_none(), "that was the third one's");
        drop(third);
        assert!(resting(&gate, "203.0.113.7").is_some());
    }

    #[test]
    fn who_was_told_and_had_a_request_to_answer_keeps_its_place() {
        let gate = gate(2);
        let passes = [(); 2].map(|()| resting(&gate, "203.0.113.7").expect("a pass"));
        let third = resting(&gate, "203.0.113.7").expect("a pass");
        // Their requests had come by the time they looked.
        for pass in passes.iter().chain([&third]) {
            pass.activity().works();
            assert!(pass.activity().heard() != Some(Notice::Leave));
        }
        assert!(resting(&gate, "203.0.113.7").is_none(), "a burst of requests holds no more than its share");
    }

    #[test]
    fn a_connection_that_nobody_looked_at_yet_does_not_rest() {
        let gate = gate(2);
        let _new = [(); 2].map(|()| gate.enter(address("203.0.113.7")));
        assert!(!gate.admits(address("203.0.113.7")), "its request may have come");
    }

    #[test]
    fn a_household_counts_as_one_and_a_proxy_as_none() {
        let gate = gate(1);
        let _first = busy(&gate, "2001:db8::1").expect("a pass");
        assert!(busy(&gate, "2001:db8::2").is_none());
        let passes: Vec<_> = (0..5).map(|_| busy(&gate, "::ffff:10.0.0.2")).collect();
        assert!(passes.iter().all(Option::is_some));
    }

    #[tokio::test]
    async fn the_longest_rest_of_who_holds_most_makes_room() {
        let gate = gate(10);
        let few = [resting(&gate, "10.0.0.1"), resting(&gate, "10.0.0.1"), resting(&gate, "203.0.113.8")].map(Option::unwrap);
        let many: Vec<_> = (0..3).map(|_| resting(&gate, "203.0.113.7").expect("a pass")).collect();
        tokio::time::sleep(Duration::from_millis(5)).await;
        many[0].activity().rests();
        many[2].activity().works();
        gate.make_room();
        assert_eq!(many.iter().map(is_told).collect::<Vec<_>>(), [false, true, false]);
        gate.make_room();
        assert_eq!(many.iter().map(is_told).collect::<Vec<_>>(), [true, true, false]);
        assert!(!few.iter().any(is_told));
    }

    #[test]
    fn while_all_are_busy_one_is_asked_to_leave_after_its_answer() {
        let gate = gate(10);
        let passes: Vec<_> = (0..3).map(|_| busy(&gate, "203.0.113.7").expect("a pass")).collect();
        gate.make_room();
        let told: Vec<_> = passes.iter().filter(|pass| is_told(pass)).collect();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].activity().heard(), Some(Notice::Leave));
    }
}
