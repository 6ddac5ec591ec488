//! The lock of instances: which servers may share this database. It belongs to a session, and so
//! ends with the process that held it, whatever way that ends.

use super::{Connection, Engine, within};
use crate::server::store::sharing::Sharing;
use sqlx::{ConnectOptions, Connection as _};
use std::time::Duration;

/// The key of the lock. Any number but that of other locks, and the same in every server.
const INSTANCES_LOCK: i64 = 0x71_69_61_6e_67_6b_66;
/// How long a session may take to stand, and the lock to be asked for.
const LOCK_TIMEOUT: Duration = Duration::from_secs(3);
/// A session that does not answer for so long is given up by its server: before PostgreSQL gives it
/// up.
const SILENCE_MAX: Duration = Duration::from_secs(5);
/// PostgreSQL gives up a session whose machine is gone after 11 s, and with it the lock: by probes
/// while nothing is under way, and by the time for which bytes may stay unacknowledged while
/// something is, as it nearly always is here. Linux sends no probe then.
const GONE_AFTER: [(&str, &str); 4] = [
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "2"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "11000"),
];
/// What the session is always at: its end is heard at once, and a server that was killed is missed
/// within a quarter of a second.
const AT_IT: &str = "select pg_sleep(0.25)";

/// The session that holds the lock.
#[derive(Debug)]
pub struct Session(Connection);

impl Engine {
    /// Takes the lock; `None` when servers that don't go with this one hold it.
    pub async fn lock_instances(&self, sharing: Sharing) -> Result<Option<Session>, sqlx::Error> {
        let options = (*self.writer.connect_options()).clone().options(GONE_AFTER);
        let sql = match sharing {
            Sharing::Alone => "select pg_try_advisory_lock($1)",
            Sharing::Together => "select pg_try_advisory_lock_shared($1)",
        };
        let asked = async {
            let mut connection = options.connect().await?;
            let is_ours: bool = sqlx::query_scalar(sql)
                .bind(INSTANCES_LOCK)
                .fetch_one(&mut connection)
                .await?;
            Ok(is_ours.then_some(Session(connection)))
        };
        within(LOCK_TIMEOUT, asked).await
    }
}

impl Session {
    /// Waits until the lock may be another's, and says why.
    pub async fn ended(&mut self) -> sqlx::Error {
        loop {
            let answer = within(SILENCE_MAX, async {
                sqlx::query(AT_IT).execute(&mut self.0).await
            })
            .await;
            if let Err(error) = answer {
                return error;
            }
        }
    }

    pub async fn release(self) -> Result<(), sqlx::Error> {
        within(LOCK_TIMEOUT, self.0.close()).await
    }
}
