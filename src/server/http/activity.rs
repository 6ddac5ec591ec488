//! Activity of a connection: whether the shop or the client has to do something, and since when.
//! Atomics that the connection's own task writes and [`super::connection_limit`] reads, so that a
//! request takes no lock and no timer for it.

use futures::task::AtomicWaker;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering},
    },
    task::Waker,
    time::{Duration, Instant},
};

/// Who has to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// The shop: it makes an answer, or writes one that the client reads.
    Shop,
    /// The client, between two requests: it owes a head, or nothing at all.
    Rest,
    /// The client, in the middle of a request: it owes a body, or does not read its answer.
    Stall,
}

/// What a connection is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dismissal {
    /// To end when nothing is being answered.
    Leave,
    /// To end now, if it is still the client's turn in this way; else as [`Dismissal::Leave`].
    Go(Turn),
}

/// The activity of one connection. Times are microseconds since `start`.
pub(super) struct Activity {
    start: Instant,
    came_us: u64,
    /// When it became the client's turn, shifted, and a bit that says whether a body is owed;
    /// [`SHOP`] while it is the shop's.
    turn: AtomicU64,
    /// When the body that is being read was first owed; [`FLOWS`] while none was.
    owed: AtomicU64,
    /// When an answer could not be written on; [`FLOWS`] while it can.
    unread: AtomicU64,
    /// A [`Dismissal`] that was not read yet.
    notice: AtomicU8,
    /// It was told to end: it counts for nobody's share any more.
    is_leaving: AtomicBool,
    /// It was told to end now, and has not looked yet.
    is_going: AtomicBool,
    /// It answered a request since its task was last polled.
    has_answered: AtomicBool,
    /// Of all connections of its holder, those that are going.
    going: Arc<AtomicUsize>,
    waker: AtomicWaker,
}

const SHOP: u64 = u64::MAX;
/// Nobody has looked yet whether a request came; without the bit of [`BODY`].
const NEW: u64 = u64::MAX - 1;
const FLOWS: u64 = u64::MAX;
/// Marks a turn in which the client owes a body.
const BODY: u64 = 1;

const NO_NOTICE: u8 = 0;
const LEAVE: u8 = 1;
const GO_RESTING: u8 = 2;
const GO_STALLED: u8 = 3;

impl Activity {
    /// Of a connection that is new; `start` is the same for all of a listener, `going` for all of a
    /// holder.
    pub(super) fn new(start: Instant, going: Arc<AtomicUsize>) -> Self {
        Self {
            start,
            came_us: u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX),
            turn: AtomicU64::new(NEW),
            owed: AtomicU64::new(FLOWS),
            unread: AtomicU64::new(FLOWS),
            notice: AtomicU8::new(NO_NOTICE),
            is_leaving: AtomicBool::new(false),
            is_going: AtomicBool::new(false),
            has_answered: AtomicBool::new(false),
            going,
            waker: AtomicWaker::new(),
        }
    }

    /// Its task is polled.
    pub(super) fn is_polled(&self) {
        self.has_answered.store(false, Ordering::Relaxed);
    }

    /// Notes that a request is answered; whether another one was since the task was polled.
    pub(super) fn answers_again(&self) -> bool {
        self.has_answered.swap(true, Ordering::Relaxed)
    }

    /// Its task has looked at it: without a request it has rested since it came. Until then it may
    /// have one, and counts as the shop's turn.
    pub(super) fn is_seen(&self) {
        let _ = self.turn.compare_exchange(
            NEW,
            self.came_us << 1,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
    }

    /// Whether its task has not looked at it yet.
    pub(super) fn is_new(&self) -> bool {
        self.turn.load(Ordering::Relaxed) == NEW
    }

    fn now_us(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// A request came, or all of its body did.
    pub(super) fn works(&self) {
        self.owed.store(FLOWS, Ordering::Relaxed);
        self.turn.store(SHOP, Ordering::Relaxed);
    }

    /// Whether a request's body was asked for and has not come.
    pub(super) fn owes_body(&self) -> bool {
        let turn = self.turn.load(Ordering::Relaxed);
        !matches!(turn, SHOP | NEW) && turn & BODY != 0
    }

    /// A part of a request's body came, and there is more.
    pub(super) fn works_on(&self) {
        self.turn.store(SHOP, Ordering::Relaxed);
    }

    /// An answer was handed over.
    pub(super) fn rests(&self) {
        self.owed.store(FLOWS, Ordering::Relaxed);
        self.turn.store(self.now_us() << 1, Ordering::Relaxed);
    }

    /// The next part of a request's body has not come yet. The wait for it began when that was
    /// first seen, and the wait for the whole body with the first part that was missing: a client
    /// that sends a byte now and then does not begin anew.
    pub(super) fn awaits_body(&self) {
        if self.turn.load(Ordering::Relaxed) == SHOP {
            let now_us = self.now_us();
            let _ = self
                .owed
                .compare_exchange(FLOWS, now_us, Ordering::Relaxed, Ordering::Relaxed);
            self.turn.store(now_us << 1 | BODY, Ordering::Relaxed);
        }
    }

    /// The client takes no more bytes.
    pub(super) fn stalls(&self) {
        self.unread.store(self.now_us(), Ordering::Relaxed);
    }

    /// It took some. The time of a rest begins when all were taken.
    pub(super) fn flows(&self) {
        self.unread.store(FLOWS, Ordering::Relaxed);
        if self.turn.load(Ordering::Relaxed) & BODY == 0 {
            self.rests();
        }
    }

    /// Gives who has to do something, and since when, as a time after `start`; zero for the shop.
    pub(super) fn turn(&self) -> (Turn, Duration) {
        let (turn, unread) = (
            self.turn.load(Ordering::Relaxed),
            self.unread.load(Ordering::Relaxed),
        );
        let (turn, since_us) = match (turn, unread) {
            (SHOP | NEW, FLOWS) => (Turn::Shop, 0),
            (turn, FLOWS) if turn & BODY == 0 => (Turn::Rest, turn >> 1),
            (turn, FLOWS) => (Turn::Stall, turn >> 1),
            (_, unread) => (Turn::Stall, unread),
        };
        (turn, Duration::from_micros(since_us))
    }

    /// The same, of a body since its first part was missing: by this those are chosen who make
    /// room.
    pub(super) fn waits(&self) -> (Turn, Duration) {
        let (turn, since) = self.turn();
        let owed_us = self.owed.load(Ordering::Relaxed);
        (
            turn,
            if turn == Turn::Stall && owed_us != FLOWS {
                since.min(Duration::from_micros(owed_us))
            } else {
                since
            },
        )
    }

    /// Tells the connection's task. A stronger notice is not replaced by a weaker one.
    pub(super) fn tell(&self, notice: Dismissal) {
        let number = match notice {
            Dismissal::Leave => LEAVE,
            Dismissal::Go(Turn::Rest) => GO_RESTING,
            Dismissal::Go(Turn::Shop | Turn::Stall) => GO_STALLED,
        };
        self.is_leaving.store(true, Ordering::Relaxed);
        if number > LEAVE && !self.is_going.swap(true, Ordering::Relaxed) {
            self.going.fetch_add(1, Ordering::Relaxed);
        }
        self.notice.fetch_max(number, Ordering::AcqRel);
        self.waker.wake();
    }

    /// Whether it was told something that it has not heard yet.
    pub(super) fn is_told(&self) -> bool {
        self.notice.load(Ordering::Acquire) != NO_NOTICE
    }

    /// Whether it was told to end.
    pub(super) fn is_leaving(&self) -> bool {
        self.is_leaving.load(Ordering::Relaxed)
    }

    /// Whether it was told to end now, and has not looked yet.
    pub(super) fn is_going(&self) -> bool {
        self.is_going.load(Ordering::Relaxed)
    }

    /// It has looked, or has gone.
    pub(super) fn goes_no_more(&self) {
        if self.is_going.swap(false, Ordering::Relaxed) {
            self.going.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Who is woken when it is told something.
    pub(super) fn wakes(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// What it was told, once.
    pub(super) fn heard(&self) -> Option<Dismissal> {
        if !self.is_told() {
            return None;
        }
        let told = self.notice.swap(NO_NOTICE, Ordering::AcqRel);
        self.goes_no_more();
        match told {
            LEAVE => Some(Dismissal::Leave),
            GO_RESTING => Some(Dismissal::Go(Turn::Rest)),
            GO_STALLED => Some(Dismissal::Go(Turn::Stall)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new() -> Activity {
        Activity::new(Instant::now(), Arc::default())
    }

    #[test]
    fn each_state_is_told_apart() {
        let activity = new();
        assert_eq!(activity.turn().0, Turn::Shop, "new");
        activity.is_seen();
        assert_eq!(activity.turn().0, Turn::Rest, "without a request");
        activity.works();
        assert_eq!(activity.turn().0, Turn::Shop);
        assert!(!activity.owes_body());
        activity.awaits_body();
        assert_eq!(activity.turn().0, Turn::Stall, "no body yet");
        assert!(activity.owes_body());
        activity.works();
        activity.stalls();
        assert_eq!(
            activity.turn().0,
            Turn::Stall,
            "an answer that nobody reads"
        );
        activity.rests();
        assert_eq!(activity.turn().0, Turn::Stall, "its end is not read either");
        activity.flows();
        assert_eq!(activity.turn().0, Turn::Rest);
    }

    #[test]
    fn a_body_that_drips_is_owed_since_its_first_part_was_missing() {
        let mut activity = new();
        activity.works();
        activity.awaits_body();
        let first = activity.waits();
        assert_eq!(first, activity.turn());
        // A while later.
        activity.start -= Duration::from_secs(1);
        activity.works_on();
        assert_eq!(activity.turn().0, Turn::Shop);
        activity.awaits_body();
        assert_eq!(activity.waits(), first, "a part of it changes nothing");
        assert!(activity.turn().1 > first.1, "but it came");
        activity.works();
        activity.awaits_body();
        assert!(
            activity.waits().1 > first.1,
            "the next body has its own time"
        );
    }

    #[test]
    fn a_notice_is_heard_once_and_the_strongest_counts() {
        let activity = new();
        assert_eq!((activity.heard(), activity.is_leaving()), (None, false));
        activity.tell(Dismissal::Go(Turn::Stall));
        activity.tell(Dismissal::Leave);
        assert!(activity.is_going());
        assert_eq!(activity.going.load(Ordering::Relaxed), 1, "once");
        assert_eq!(
            (activity.heard(), activity.heard()),
            (Some(Dismissal::Go(Turn::Stall)), None)
        );
        assert_eq!((activity.is_leaving(), activity.is_going()), (true, false));
        activity.goes_no_more();
        assert_eq!(activity.going.load(Ordering::Relaxed), 0, "and back once");
    }
}
