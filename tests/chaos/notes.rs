//! Notes of a fault: what it did while it struck, where the clients' history and the database can't
//! tell.

use std::sync::{Arc, Mutex, PoisonError};

/// The notes of an episode. A copy is a pointer.
#[derive(Clone, Debug, Default)]
pub struct Notebook(Arc<Mutex<Notes>>);

#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// Times in which seats of a sale were free, and no ticket waited for them.
    pub free: Vec<Span>,
    /// Times in which the row of a sale was locked.
    pub locked: Vec<Span>,
    /// Servers that were started beside one that served, on a database that takes one only.
    pub rivals: Vec<Rival>,
    /// Starts that had to succeed soon, since the server before was gone.
    pub successions: Vec<Succession>,
    /// Times in which the gateway did not answer as it should.
    pub provider_away: Vec<Span>,
    /// Seats that had come back, and were clicked at one instance.
    pub offers: Vec<Offer>,
    /// Orders that were cancelled, by their numbers.
    pub cancelled: Vec<i64>,
    /// Who was signed in before the clock was wrong, and what they are answered afterwards: HTTP
    /// statuses.
    pub sessions: Vec<Option<u16>>,
    /// Mobiles that asked for a code while the clock was wrong, and what they are answered
    /// afterwards.
    pub mobiles: Vec<Again>,
}

/// The answer to a mobile that asks again.
#[derive(Clone, Debug)]
pub struct Again {
    pub status: Option<u16>,
    pub retry_s: Option<u64>,
}

/// A time of the episode in which something was so of a sale.
#[derive(Clone, Debug)]
pub struct Span {
    pub sale: i64,
    pub from_ms: u64,
    pub to_ms: u64,
}

/// A click at an instance for a seat that had come back.
#[derive(Clone, Debug)]
pub struct Offer {
    pub sale: i64,
    pub instance: usize,
    /// The time until the student had it; `None` when it was not to be had.
    pub took_ms: Option<u64>,
}

/// A server that must not serve.
#[derive(Clone, Debug)]
pub struct Rival {
    /// Whether it ended by itself, with a failure.
    pub refused: bool,
    pub last_words: String,
}

/// A start after the end of another server.
#[derive(Clone, Debug)]
pub struct Succession {
    /// The time until it answered; `None` when it did not.
    pub took_ms: Option<u64>,
    pub last_words: String,
}

impl Notebook {
    pub fn write(&self, note: impl FnOnce(&mut Notes)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub fn read(&self) -> Notes {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
