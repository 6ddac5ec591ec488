//! Everything that runs on the server only. [`start`] opens a shop, [`Running::stop`] closes it, [`serve`] does both.

pub mod account;
pub mod boot;
pub mod cache;
pub mod catalog;
pub mod clock;
pub mod command;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod door;
pub mod field;
pub mod http;
pub mod import;
pub mod jobs;
pub mod lock;
pub mod log;
pub mod queue;
pub mod rush;
pub mod signer;
pub mod sms;
pub mod state;
pub mod store;

use crate::server::{
    boot::Place,
    clock::Clock,
    config::Serve,
    http::{Assets, Limits, Listener},
    lock::FileLock,
    queue::Queue,
    sms::Sms,
    state::AppState,
    store::Faults,
};
use std::{net::SocketAddr, time::Duration};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What a test puts in the place of the world; as by default it is the world.
#[derive(Default)]
pub struct Stage {
    /// The time.
    pub clock: Clock,
    /// What is broken on purpose.
    pub faults: Faults,
    /// Who sends SMS, in place of the setting's provider.
    pub sms: Option<Sms>,
}

/// How long jobs may take to end once no request is open any more.
const JOBS_END: Duration = Duration::from_secs(6);

/// A shop that serves.
pub struct Running {
    /// Where.
    pub address: SocketAddr,
    /// Where its metrics are.
    pub metrics_address: SocketAddr,
    /// Its parts.
    pub app: AppState,
    stop: CancellationToken,
    tasks: TaskTracker,
    lock: Option<FileLock>,
}

/// Opens the record, fills the caches, starts the jobs, and serves.
///
/// # Errors
/// A setting can't be used; the message says which, and what to do.
pub async fn start(mut config: Serve, stage: Stage) -> anyhow::Result<Running> {
    boot::check(&config)?;
    http::install_metrics();
    // A file has one server; a database of PostgreSQL has any number.
    let lock = match boot::place(&config.database.database_url)? {
        Place::File(path) => Some(FileLock::take(&path)?),
        Place::Database(_) => None,
    };
    let store = boot::open_migrated(&config.database.database_url, stage.faults.guard).await?;
    if lock.as_ref().is_some_and(FileLock::was_left_open) {
        tracing::info!("the last server did not end in order: checking the record");
        boot::check_file(&store).await?;
    }
    if config.demo {
        demo::create_sales(&store, stage.clock.now()).await?;
    }
    let signer = boot::signer(&store).await?;
    let assets = Assets::load(&config.site_root, config.watch.is_some())?;
    let listener = Listener::bind(config.listen).await?;
    let ops = Listener::bind(config.metrics_listen).await?;
    config.listen = listener.address();
    let sms = stage.sms.map_or_else(|| boot::sms(&config.sms), Ok)?;
    let limits = limits(&config);
    let queue = Queue::local(store.clone(), stage.clock.clone(), stage.faults);
    let app = AppState::new(config, stage.clock, store, queue, signer, sms);
    jobs::prepare(&app).await?;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    jobs::start(&app, &stop, &tasks);
    let (address, metrics_address) = (listener.address(), ops.address());
    tasks.spawn(listener.serve(http::shop(app.clone(), assets), limits, stop.clone()));
    tasks.spawn(ops.serve(http::ops(), limits, stop.clone()));
    tasks.close();
    Ok(Running { address, metrics_address, app, stop, tasks, lock })
}

/// The limits of these settings; connections as far as there are files for them.
fn limits(config: &Serve) -> Limits {
    let allowed = u32::try_from(http::connections_allowed()).unwrap_or(u32::MAX);
    if allowed < config.connections_max {
        tracing::warn!(allowed, wanted = config.connections_max, "fewer connections than CONNECTIONS_MAX: raise the limit of open files");
    }
    Limits {
        connections: config.connections_max.min(allowed),
        head_timeout: Duration::from_secs(config.head_timeout_s),
        drain: Duration::from_secs(config.drain_s),
    }
}

impl Running {
    /// Takes no new connections, lets open requests and the jobs' transactions end, and closes the record.
    ///
    /// # Errors
    /// The record can't be closed.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        let limit = Duration::from_secs(self.app.config.drain_s) + JOBS_END;
        if tokio::time::timeout(limit, self.tasks.wait()).await.is_err() {
            tracing::warn!("jobs were still at work at the end: the next start goes on where they stopped");
        }
        self.app.store.close().await?;
        self.lock.map_or(Ok(()), FileLock::release)
    }
}

/// Serves until SIGTERM or Ctrl-C.
///
/// # Errors
/// As [`start`] and [`Running::stop`].
pub async fn serve(config: Serve) -> anyhow::Result<()> {
    let running = start(config, Stage::default()).await?;
    tracing::info!(address = %running.address, metrics = %running.metrics_address, "qiangke serves at {}", running.app.config.base_url());
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupt = tokio::signal::ctrl_c() => interrupt?,
    }
    tracing::info!("stopping: open requests end first");
    running.stop().await
}
