//! The log: to standard error, for people or as JSON. Codes, whole mobiles, cookies and queries never reach it.

use crate::server::config::LogFormat;
use anyhow::Context;
use tracing_subscriber::{EnvFilter, fmt};

/// Starts the log.
///
/// # Errors
/// `LOG` can't be read as a filter.
pub fn start(format: LogFormat, filter: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter).with_context(|| format!("LOG: {filter:?} is no filter like `info` or `qiangke=debug`"))?;
    let log = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Pretty => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
