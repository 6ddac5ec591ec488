//! A real redis-server of one test: a port and a temporary folder of its own, gone with the test.

use crate::address::{ReservedAddress, reserve};
use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct RedisServer {
    process: Option<Child>,
    address: ReservedAddress,
    settings: Vec<String>,
    folder: TempDir,
}

impl RedisServer {
    /// A server that keeps nothing on a disk: the shop must not rely on it.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with other settings, as flags.
    pub fn start_with(settings: &[&str]) -> Self {
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        let mut server = Self {
            process: None,
            address: reserve(),
            settings,
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        server.resume();
        server
    }

    /// Starts it anew on the same port, empty.
    pub fn resume(&mut self) {
        let own = [
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--daemonize",
            "no",
        ];
        let process = Command::new("redis-server")
            .args(["--port", &self.address.port().to_string()])
            .args(own)
            .arg("--dir")
            .arg(self.folder.path())
            .args(&self.settings)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        self.process = Some(process);
        let since = Instant::now();
        while std::net::TcpStream::connect(*self.address).is_err() {
            assert!(since.elapsed() < PATIENCE, "redis-server does not start");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Kills it; what it knew is lost.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.kill());
            drop(process.wait());
        }
    }

    pub fn url(&self) -> String {
        format!("redis://{}/0", self.address)
    }

    /// The keys that begin so and their values, all of one moment, as Redis would put them on its
    /// disk.
    pub fn dump(&self, prefix: &str) -> Vec<(String, Vec<u8>)> {
        const DUMP: &str = "local dump = {}
            for _, key in ipairs(redis.call('keys', ARGV[1] .. '*')) do
              dump[#dump + 1] = {key, redis.call('dump', key)}
            end
            return dump";
        redis::Script::new(DUMP)
            .arg(prefix)
            .invoke(&mut self.connection())
            .expect("an answer")
    }

    /// Puts the state of a dump in the place of what begins so now, at once.
    pub fn restore(&self, prefix: &str, dump: &[(String, Vec<u8>)]) {
        const RESTORE: &str = "for _, key in ipairs(redis.call('keys', ARGV[1] .. '*')) do
              redis.call('del', key)
            end
            for i = 2, #ARGV, 2 do
              redis.call('restore', ARGV[i], 0, ARGV[i + 1])
            end";
        let script = redis::Script::new(RESTORE);
        let mut call = script.arg(prefix);
        for (key, value) in dump {
            call.arg(key).arg(&value[..]);
        }
        call.invoke::<()>(&mut self.connection())
            .expect("an answer");
    }

    fn connection(&self) -> redis::Connection {
        redis::Client::open(self.url())
            .and_then(|client| client.get_connection())
            .expect("a connection")
    }

    /// A command, as a person would type it.
    pub fn command<T: redis::FromRedisValue>(&self, words: &str) -> T {
        let mut connection = self.connection();
        let mut words = words.split(' ');
        let mut command = redis::cmd(words.next().expect("a word"));
        for word in words {
            command.arg(word);
        }
        command.query(&mut connection).expect("an answer")
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}
