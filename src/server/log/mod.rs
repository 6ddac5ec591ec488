//! The log: to standard error, for people or as JSON. Codes, whole mobiles, cookies and queries
//! never reach it.
//!
//! It is bounded in every direction, since strangers cause most of its lines: a place in the source
//! writes a burst and then one line a second ([`line_limit`]), a line has a length ([`mod@line`]),
//! and lines wait for the disk or the reader in a queue of their own ([`queue`]), so that no
//! request ever does.

mod line;
mod line_limit;
mod queue;

use self::{line::Lines, line_limit::LineLimit, queue::LineQueue};
use crate::{server::config::LogFormat, types::line::harmless};
use anyhow::{Context, anyhow};
use std::{
    backtrace::{Backtrace, BacktraceStatus},
    io::{IsTerminal, Write},
    panic::PanicHookInfo,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tracing_subscriber::{
    EnvFilter, Layer, fmt, layer::SubscriberExt, registry, util::SubscriberInitExt,
};

/// How long the end of the process waits for the lines that are not written yet.
const FLUSH_MAX: Duration = Duration::from_secs(1);

/// It warns of an attack whenever somebody signs out; the filter may name it all the same.
const QUIET: &str = "tower_sessions_core=off";

/// One log for the process, as the tracing crate has it.
static QUEUE: OnceLock<LineQueue> = OnceLock::new();

/// Starts the log. Panics go to it, too: the standard library's own report would wait for a reader
/// that stopped.
///
/// # Errors
/// `LOG` can't be read as a filter, or the system gives no thread.
pub fn start(format: LogFormat, filter: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(format!("{QUIET},{filter}"))
        .with_context(|| format!("LOG: {filter:?} is no filter like `info` or `qiangke=debug`"))?;
    let queue = LineQueue::start(std::io::stderr(), move |dropped| {
        line::of_dropped(format, dropped)
    });
    let queue = queue.context("the log's thread can't be started")?;
    QUEUE
        .set(queue.clone())
        .map_err(|_| anyhow!("the log was started already"))?;
    let limit = Arc::new(LineLimit::default());
    let lines = fmt::layer().with_writer(Lines::new(format, queue, Arc::clone(&limit)));
    // On a terminal the library's default stands, which knows NO_COLOR (https://no-color.org).
    let lines = if std::io::stderr().is_terminal() {
        lines
    } else {
        lines.with_ansi(false)
    };
    let lines = match format {
        LogFormat::Pretty => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    registry()
        .with(lines)
        .with(line_limit::Filter(limit))
        .with(filter)
        .init();
    std::panic::set_hook(Box::new(report));
    Ok(())
}

/// Writes the last words of the process: to the log, or to standard error when there is no log. A
/// reader that stopped or has gone does not keep the process from its end.
pub fn say_last(text: &str) {
    // A file's name stands in many errors, and a terminal would obey what is in it.
    let text = harmless(text);
    match QUEUE.get() {
        Some(queue) => queue.put(format!("{text}\n").into_bytes()),
        // Nobody is left to be told that nobody reads.
        None => drop(writeln!(std::io::stderr(), "{text}")),
    }
    flush();
}

/// Waits until all lines are written, for a second at most.
pub fn flush() {
    if let Some(queue) = QUEUE.get() {
        queue.flush(FLUSH_MAX);
    }
}

/// A panic in the log.
fn report(panic: &PanicHookInfo<'_>) {
    let backtrace = Backtrace::capture();
    let backtrace =
        matches!(backtrace.status(), BacktraceStatus::Captured).then(|| backtrace.to_string());
    let (message, place) = (
        panic.payload_as_str(),
        panic.location().map(ToString::to_string),
    );
    tracing::error!(message, place, backtrace, "a panic");
}
