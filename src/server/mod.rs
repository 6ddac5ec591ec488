//! Everything that runs on the server only. [`start`] opens a shop, [`Running::stop`] closes it,
//! [`serve`] does both.

pub mod boot;
pub mod browser_token;
pub mod cache;
pub mod challenge;
pub mod clock;
pub mod commands;
pub mod config;
pub mod demo;
pub mod http;
pub mod identity;
pub mod import;
pub mod instance;
pub mod jobs;
pub mod lease;
pub mod lessons;
pub mod load_test;
pub mod lock;
pub mod log;
mod outbound;
pub mod output;
pub mod payment;
pub mod private_file;
pub mod queue;
pub mod rate_limit;
pub mod redis;
pub mod shop;
pub mod signer;
pub mod sms;
pub mod store;
mod supervisor;

use crate::server::{
    boot::mock::MockChoice,
    clock::Clock,
    config::{Role, Serve},
    http::{Assets, Limits, Listener},
    lock::FileLock,
    shop::state::AppState,
    sms::Sms,
    store::{Store, StoreError},
};
use std::{net::SocketAddr, time::Duration};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Overrides for tests: clock, SMS sender, payment gateway, locks. The default is production; no setting sets them.
#[derive(Default)]
pub struct Overrides {
    pub clock: Clock,
    /// Who sends SMS, in place of the setting's provider.
    pub sms: Option<Sms>,
    /// The mock gateway that payments are taken by, in place of the setting's.
    pub gateway: Option<MockChoice>,
    /// Servers of one process share an SQLite file as if it were a database: no lock is taken, and
    /// a `REDIS_URL` may go with it.
    pub shares_file: bool,
    /// Servers share a database of PostgreSQL whatever their queues are: the lock of instances is
    /// not taken.
    pub instances_unlocked: bool,
    /// Durable jobs wait until the test calls [`jobs::drain`]: no worker runs them.
    pub drains_jobs: bool,
}

/// An address has one in so many of all connections, when no setting says how many: a campus shares
/// one, and must not be alone.
const ADDRESS_SHARE: u32 = 8;
/// How long tasks may take to end once no request is open any more.
const TASKS_END: Duration = Duration::from_secs(6);

/// A shop that serves.
pub struct Running {
    pub address: SocketAddr,
    /// Where its metrics are.
    pub metrics_address: SocketAddr,
    pub app: AppState,
    stop: CancellationToken,
    tasks: TaskTracker,
    lock: Option<FileLock>,
}

/// Opens the database, fills the caches, starts the tasks, and serves.
///
/// # Errors
/// A setting can't be used; the message says which, and what to do.
pub async fn start(config: Serve, stage: Overrides) -> anyhow::Result<Running> {
    let role = config.role();
    start_as(role, config, stage).await
}

/// The same in another role than the settings' own.
///
/// # Errors
/// As [`start`].
pub async fn start_as(role: Role, config: Serve, stage: Overrides) -> anyhow::Result<Running> {
    for warning in boot::settings::check(&config, role)? {
        tracing::warn!("{warning}");
    }
    boot::payments::check(&config)?;
    if !stage.shares_file {
        boot::check_pair(&config, role)?;
    }
    http::install_metrics();
    let (lock, store) = open_database(&config, stage.shares_file).await?;
    match Box::pin(assemble(role, config, stage, store.clone())).await {
        Ok(running) => Ok(Running { lock, ..running }),
        Err(error) => {
            // Nobody was served: the next start has nothing to check.
            store.close().await?;
            lock.map_or(Ok(()), FileLock::release)?;
            Err(error)
        }
    }
}

/// Starts what serves or works on an open database.
async fn assemble(
    role: Role,
    mut config: Serve,
    stage: Overrides,
    store: Store,
) -> anyhow::Result<Running> {
    for said in boot::sms::restrict(&config.sms) {
        tracing::warn!("{said}");
    }
    if config.demo {
        demo::open(&store, stage.clock.now()).await?;
    }
    let signer = boot::signer(&store).await?;
    let assets = role.serves().then(|| Assets::load(&config)).transpose()?;
    let listener = Listener::bind("LISTEN", config.listen).await?;
    let ops = Listener::bind("METRICS_LISTEN", config.metrics_listen).await?;
    config.listen = listener.address();
    let sms = stage.sms.map_or_else(|| boot::sms::open(&config.sms), Ok)?;
    let gateway = stage
        .gateway
        .map_or_else(|| boot::mock::choice(&config), Ok)?;
    let payments = boot::payments::open(gateway, &config, role, &signer)?;
    let limits = limits(&config);
    let legal = boot::legal(&config)?;
    let engines = boot::engines(
        &config,
        role,
        store,
        stage.clock.clone(),
        payments,
        stage.instances_unlocked,
    )
    .await?;
    let app = AppState::new(config, stage.clock, engines, signer, sms, legal);
    jobs::prepare(&app, role).await?;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    jobs::start(&app, role, &stop, &tasks);
    if role.works() && !stage.drains_jobs {
        jobs::start_worker(&app, &stop, &tasks);
    }
    let (address, metrics_address) = (listener.address(), ops.address());
    let (served, until) = (limits.clone(), stop.clone());
    match assets {
        Some(assets) => {
            tasks.spawn(listener.serve(http::shop(app.clone(), assets), served, until));
        }
        None => {
            tasks.spawn(listener.serve(http::worker(app.clone()), served, until));
        }
    }
    tasks.spawn(ops.serve(http::ops(app.clone()), limits, stop.clone()));
    tasks.close();
    Ok(Running {
        address,
        metrics_address,
        app,
        stop,
        tasks,
        lock: None,
    })
}

/// Opens the database, and the lock of its file unless servers share it. A file that was not closed
/// in order is checked.
async fn open_database(
    config: &Serve,
    shares_file: bool,
) -> anyhow::Result<(Option<FileLock>, Store)> {
    let url = &config.database.database_url;
    let lock = if shares_file {
        None
    } else {
        boot::assert_own(url).await?;
        boot::lock(url)?
    };
    let store = boot::open_migrated(url).await?;
    for said in boot::restrict_database(url)? {
        tracing::warn!("{said}");
    }
    if lock.as_ref().is_some_and(FileLock::was_left_open) {
        tracing::info!("the last server did not end in order: checking the database");
        boot::check_file(&store).await?;
    }
    Ok((lock, store))
}

/// The limits of these settings; connections as far as there are files for them.
fn limits(config: &Serve) -> Limits {
    let allowed = u32::try_from(http::connections_allowed()).unwrap_or(u32::MAX);
    if allowed < config.connections_max {
        tracing::warn!(
            allowed,
            wanted = config.connections_max,
            "fewer connections than CONNECTIONS_MAX: raise the limit of open files"
        );
    }
    let connections = config.connections_max.min(allowed);
    Limits {
        connections,
        connections_per_address: config
            .connections_per_address
            .unwrap_or((connections / ADDRESS_SHARE).max(1)),
        proxies: config.trusted_proxies.clone(),
        head_bytes: config.head_max as usize,
        head_fields: config.head_fields_max as usize,
        head_timeout: Duration::from_secs(config.head_timeout_s),
        unread_timeout: Duration::from_secs(config.unread_timeout_s),
        drain: Duration::from_secs(config.drain_s),
    }
}

impl Running {
    /// Takes no new connections, lets open requests and the tasks' transactions end, and closes the
    /// database.
    ///
    /// # Errors
    /// The database can't be closed.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        let limit = Duration::from_secs(self.app.config.drain_s) + TASKS_END;
        if tokio::time::timeout(limit, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                "jobs were still at work at the end: the next start goes on where they stopped"
            );
        }
        if let Err(error) = self.app.lease.release(&self.app.store).await {
            tracing::warn!(%error, "the lease was not given back; it runs out");
        }
        if let Err(error) = self.app.instance.release().await {
            tracing::warn!(%error, "the lock of instances was not given back; it goes with the connection");
        }
        self.app.store.close().await?;
        self.lock.map_or(Ok(()), FileLock::release)
    }
}

/// Serves or works until SIGTERM or Ctrl-C.
///
/// # Errors
/// As [`start`] and [`Running::stop`]; or fsync failed, and the database is not closed in order, so
/// that the next start checks it.
pub async fn serve(config: Serve, role: Role) -> anyhow::Result<()> {
    let running = start_as(role, config, Overrides::default()).await?;
    let does = if role.serves() { "serves" } else { "works" };
    tracing::info!(address = %running.address, metrics = %running.metrics_address, "qiangke {does} at {}", running.app.config.base_url());
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupt = tokio::signal::ctrl_c() => interrupt?,
        () = running.app.store.fsync_failed() => return Err(StoreError::FsyncFailed.into()),
    }
    tracing::info!("stopping: open requests end first");
    running.stop().await
}
