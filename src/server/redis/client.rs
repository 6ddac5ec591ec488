//! Connection to Redis, which the queue and the rate limits share. Every wait has a limit. After a
//! failure no command is sent for half a second: each call returns [`Away`] at once, and its caller
//! goes on without Redis.

use crate::types::typed::wrapped;
use anyhow::{Context, bail};
use redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, IntoConnectionInfo, Pipeline, RedisError,
    RedisResult, ScriptInvocation, aio::MultiplexedConnection,
};
use std::{
    sync::{
        Arc, Mutex as Lock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

/// How long an answer is waited for: a click that goes without Redis is still answered within a
/// second (G11). An instance that is busy beyond its means takes this long to see an answer that is
/// there: it must not take Redis for slow, and have more to do for it.
const WAIT: Duration = Duration::from_millis(400);
/// The same where a click has more to wait for afterwards.
const WAIT_SHORT: Duration = Duration::from_millis(200);
/// The same where the answer is large and no click waits for it.
const WAIT_LONG: Duration = Duration::from_millis(1_000);
/// How long Redis is left alone after a failure.
const REST: Duration = Duration::from_millis(500);

/// Redis did not do what was asked, or it is not known whether it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away;

/// The connection. A copy is a pointer.
#[derive(Clone)]
pub struct RedisClient {
    client: Client,
    connection: Arc<Mutex<Numbered>>,
    resting_until: Arc<Lock<Option<Instant>>>,
    /// The process that answered last, by its own name for itself.
    server: Arc<Lock<Option<String>>>,
    /// How often it was another one.
    changes: Arc<AtomicU64>,
    wait: Duration,
}

/// The connection, if there is one, and how many there were.
#[derive(Default)]
struct Numbered {
    number: u64,
    connection: Option<MultiplexedConnection>,
}

impl RedisClient {
    /// A link to the Redis of this URL, which has been checked; connects when it is first used.
    ///
    /// # Errors
    /// The URL can't be read.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        let client = client(url)?;
        Ok(Self {
            client,
            connection: Arc::default(),
            resting_until: Arc::default(),
            server: Arc::default(),
            changes: Arc::default(),
            wait: WAIT,
        })
    }

    /// The same link, for what is only the beginning of an answer.
    #[must_use]
    pub fn brisk(&self) -> Self {
        Self {
            wait: WAIT_SHORT,
            ..self.clone()
        }
    }

    /// The same link, for what takes longer.
    #[must_use]
    pub fn patient(&self) -> Self {
        Self {
            wait: WAIT_LONG,
            ..self.clone()
        }
    }

    /// Moves when another process answers than before: Redis was started again or a replica took
    /// over, perhaps with an older state.
    pub fn number(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Whether Redis is left alone just now.
    pub fn is_resting(&self) -> bool {
        self.resting_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some_and(|until| Instant::now() < until)
    }

    /// One command.
    ///
    /// # Errors
    /// [`Away`].
    pub async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Away> {
        self.run(async |mut connection| command.query_async(&mut connection).await)
            .await
    }

    /// Several commands, one after the other.
    ///
    /// # Errors
    /// [`Away`]; some of them may have been done.
    pub async fn ask_all<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, Away> {
        self.run(async |mut connection| commands.query_async(&mut connection).await)
            .await
    }

    /// One call of a script.
    ///
    /// # Errors
    /// [`Away`].
    pub async fn call<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Away> {
        self.run(async |mut connection| script.invoke_async(&mut connection).await)
            .await
    }

    /// A connection of the caller's own, whose answers may take as long as the caller waits: for
    /// reads that block.
    ///
    /// # Errors
    /// Redis can't be reached.
    pub async fn own(&self) -> RedisResult<MultiplexedConnection> {
        connect(&self.client, WAIT_LONG).await
    }

    async fn run<T>(
        &self,
        work: impl AsyncFnOnce(MultiplexedConnection) -> RedisResult<T>,
    ) -> Result<T, Away> {
        if self.is_resting() {
            return Err(Away);
        }
        let mut used = None;
        let done = timeout(self.wait, async {
            let (number, connection) = self.connection().await?;
            used = Some(number);
            work(connection).await
        });
        let why = match done.await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        self.rest(used, &why);
        Err(Away)
    }

    async fn connection(&self) -> Result<(u64, MultiplexedConnection), RedisError> {
        let mut slot = self.connection.lock().await;
        if let Some(connection) = &slot.connection {
            return Ok((slot.number, connection.clone()));
        }
        let mut connection = connect(&self.client, self.wait).await?;
        let info: String = redis::cmd("INFO")
            .arg("server")
            .query_async(&mut connection)
            .await?;
        self.meet(&info);
        *slot = Numbered {
            number: slot.number + 1,
            connection: Some(connection.clone()),
        };
        Ok((slot.number, connection))
    }

    /// A new connection was made, to a process that says this of itself. One that does not say who
    /// it is may be any.
    fn meet(&self, info: &str) {
        let name = info
            .lines()
            .find_map(|line| line.strip_prefix("run_id:"))
            .map(|name| name.trim().to_owned());
        let is_unknown = name.is_none();
        let before = self
            .server
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(name.clone().unwrap_or_default());
        if before.is_some() && (is_unknown || before != name) {
            self.changes.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// A connection that failed once is not used again: it may be one to a machine that is no more.
    /// Many may find that out at once; the first one counts.
    fn rest(&self, used: Option<u64>, why: &str) {
        if let (Some(used), Ok(mut slot)) = (used, self.connection.try_lock()) {
            if slot.number != used || slot.connection.is_none() {
                return;
            }
            slot.connection = None;
        }
        metrics::counter!("qiangke_redis_failures_total").increment(1);
        tracing::warn!(why, "Redis is away: going on without it");
        *self
            .resting_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + REST);
    }
}

/// The library's own limit on answers is off: whoever asks sets one.
pub(super) async fn connect(
    client: &Client,
    within: Duration,
) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(within))
        .set_response_timeout(None);
    client
        .get_multiplexed_async_connection_with_config(&config)
        .await
}

const ONLY_PLAIN: &str = "REDIS_URL: only redis:// is built in, no TLS and no socket file; keep Redis on a private network";

/// A client for this URL.
///
/// # Errors
/// The URL can't be read. The message does not repeat it, since it may hold a password.
pub(super) fn client(url: &str) -> anyhow::Result<Client> {
    if let Some(fault) = wrapped(url) {
        bail!("REDIS_URL: {fault}")
    }
    if ["rediss://", "redis+unix://", "unix://", "valkeys://"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
    {
        bail!(ONLY_PLAIN)
    }
    let Ok(info) = url.into_connection_info() else {
        bail!("REDIS_URL can't be read; write it like redis://:PASSWORD@HOST:6379/0")
    };
    Client::open(info).ok().context(ONLY_PLAIN)
}
