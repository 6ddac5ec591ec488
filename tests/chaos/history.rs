//! What every client saw: each request with its answer, in milliseconds of the episode.

use qiangke::types::sale::Reason;
use serde_json::{Value, json};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

/// A ticket's identity in the database.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub [u8; 16]);

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A request and its answer.
#[derive(Clone, Debug)]
pub struct Event {
    pub student: i64,
    pub sale: i64,
    pub sent_ms: u64,
    pub received_ms: u64,
    pub ask: Ask,
    pub answer: Answer,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A click, with the client's own name for it.
    Click(String),
    /// How a ticket stands.
    Poll(Ticket),
    /// What a refusal polls as: its id is signed, and stands in no database.
    PollRefusal(Reason),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A ticket that is no refusal: it is accepted.
    Ticket(Ticket),
    Refused(Reason),
    /// The seat's number.
    Won(i64),
    Lost(Reason),
    /// 102, 103 or 104.
    Waits(u16),
    /// An HTTP status that is not 200.
    Status(u16),
    /// 200, and a body that says nothing of the kind.
    Unreadable(String),
    /// Nobody answered: refused, reset, or not in time.
    Nothing,
}

impl Answer {
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Won(_) | Self::Lost(_))
    }
}

impl Event {
    pub fn json(&self) -> Value {
        json!({
            "student": self.student, "sale": self.sale, "sent_ms": self.sent_ms, "received_ms": self.received_ms,
            "ask": format!("{:?}", self.ask), "answer": format!("{:?}", self.answer),
        })
    }
}

/// The history of an episode, written by all its clients.
#[derive(Clone)]
pub struct History {
    began: Instant,
    events: Arc<Mutex<Vec<Event>>>,
}

impl History {
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            events: Arc::default(),
        }
    }

    pub fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).expect("an episode is short")
    }

    /// A moment of this episode; `None` when it is of an earlier one.
    pub fn ms_of(&self, moment: Instant) -> Option<u64> {
        let since = moment.checked_duration_since(self.began)?;
        Some(u64::try_from(since.as_millis()).expect("an episode is short"))
    }

    pub fn note(&self, event: Event) {
        self.events
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(event);
    }

    /// All events so far, in the order of their answers.
    pub fn events(&self) -> Vec<Event> {
        let mut events = self
            .events
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        events.sort_by_key(|event| event.received_ms);
        events
    }
}
