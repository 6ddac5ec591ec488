//! Time limits of database calls, by their caller, and the queue of sign-in calls.

use std::{io, sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Calls of sign-in at a time. Requests for codes write one after the other anyway, and pages,
/// clicks and orders are to have the rest.
const PLACES: usize = 2;
/// Calls of sign-in in line at most, as many as are served in some seconds. One more is told to
/// come back at once.
const WAITING_MAX: usize = 2_048;
/// How long a call of sign-in stands in line. When a sale draws a crowd, waiting is better than
/// asking again; with the call itself it is less than a request may take.
const IN_LINE_MAX: Duration = Duration::from_secs(7);

/// Who waits for a call, and so how long it may take.
#[derive(Clone, Copy, Debug)]
pub(super) enum Urgency {
    /// A student: a short while in line, and a short while for the call.
    Asked,
    /// A page or list of the catalogue, which is made once for all who look at it: a line of its
    /// own, and more time than a click has.
    Page,
    /// Somebody who signs in: a line of its own, so that a flood there holds up nobody else.
    SignIn,
    /// Who looks whether the database answers: in no line, and soon.
    Probe,
    /// A task in the background.
    Job,
    /// An operator, who sees it run: no limit.
    Command,
}

/// The line of those who sign in. Clones are the same line.
#[derive(Clone, Debug)]
pub(super) struct SignInLine {
    waiting: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

/// A place at its front.
pub(super) struct SignInPlace {
    _in_line: OwnedSemaphorePermit,
    _at_front: OwnedSemaphorePermit,
}

impl SignInLine {
    pub(super) fn new() -> Self {
        Self {
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            places: Arc::new(Semaphore::new(PLACES)),
        }
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// The line is full, or does not move.
    pub(super) async fn place(&self) -> Result<SignInPlace, sqlx::Error> {
        let in_line = Arc::clone(&self.waiting)
            .try_acquire_owned()
            .map_err(|_| late("the line of sign-in is full"))?;
        let at_front =
            tokio::time::timeout(IN_LINE_MAX, Arc::clone(&self.places).acquire_owned()).await;
        let at_front = at_front
            .map_err(|_| late("the line of sign-in does not move"))?
            .map_err(|_| sqlx::Error::PoolClosed)?;
        Ok(SignInPlace {
            _in_line: in_line,
            _at_front: at_front,
        })
    }
}

fn late(why: &str) -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_line_has_an_end() {
        let line = SignInLine::new();
        let _front = [
            line.place().await.expect("a place"),
            line.place().await.expect("a place"),
        ];
        let waiting: Vec<_> = (PLACES..WAITING_MAX)
            .map(|_| {
                tokio::spawn({
                    let line = line.clone();
                    async move { line.place().await }
                })
            })
            .collect();
        while line.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(line.place().await.is_err(), "one more does not wait");
        waiting.iter().for_each(tokio::task::JoinHandle::abort);
    }
}
