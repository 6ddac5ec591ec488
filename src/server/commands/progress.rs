//! Progress of a command that takes long, on a terminal: a line of standard error that is written
//! over. Whoever closed the terminal is told nothing.

use std::{
    convert::Infallible,
    io::{self, IsTerminal, Write},
    time::Duration,
};

/// How often a terminal is told how far it is.
const TELL_EVERY: Duration = Duration::from_millis(500);
const MB: u64 = 1_000_000;

/// Runs a command's work, and tells a terminal meanwhile how far it is.
pub(super) async fn told<T>(work: impl Future<Output = T>, line: impl Fn() -> String) -> T {
    let done = tokio::select! {
        done = work => done,
        never = tell(line) => match never {},
    };
    write("");
    done
}

/// Megabytes with one decimal.
#[expect(clippy::cast_precision_loss, reason = "for people")]
pub(super) fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / MB as f64)
}

async fn tell(line: impl Fn() -> String) -> Infallible {
    let mut timer = tokio::time::interval(TELL_EVERY);
    timer.tick().await;
    loop {
        timer.tick().await;
        write(&line());
    }
}

/// Writes over the line.
fn write(line: &str) {
    if io::stderr().is_terminal() {
        drop(write!(io::stderr(), "\r\x1b[K{line}"));
    }
}
