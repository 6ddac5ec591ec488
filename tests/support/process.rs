//! The program as an operator runs it: a process of its own, for what can only be seen from
//! outside.

use crate::{
    address::{ReservedAddress, reserve},
    database::TestDatabase,
    http::client,
    setup::config,
};
use std::{
    ffi::OsString,
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio},
    time::{Duration, Instant},
};

/// How long a process gets to start or to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// The program under test. Only the tests of its own package know its path, as
/// `env!("CARGO_BIN_EXE_qiangke")`, so each of their binaries makes one of these.
#[derive(Clone, Copy, Debug)]
pub struct Program(&'static str);

impl Program {
    pub const fn at(path: &'static str) -> Self {
        Self(path)
    }

    pub fn path(self) -> &'static str {
        self.0
    }

    /// A command of it, without arguments.
    pub fn command(self) -> Command {
        Command::new(self.0)
    }

    /// A server of a database, with its other files in a folder, which answers.
    pub async fn serve(self, folder: &Path, database: &TestDatabase) -> Server {
        self.serve_with(folder, database, &[]).await
    }

    /// The same with other settings, as flags.
    pub async fn serve_with(
        self,
        folder: &Path,
        database: &TestDatabase,
        flags: &[&str],
    ) -> Server {
        self.serve_at(reserve(), folder, database, flags).await
    }

    /// The same at this address.
    pub async fn serve_at(
        self,
        address: ReservedAddress,
        folder: &Path,
        database: &TestDatabase,
        flags: &[&str],
    ) -> Server {
        let flags = [&["--log", "warn"], flags].concat();
        let log = Stdio::inherit();
        Server::start(self, address, arguments(folder, database, &flags), log).await
    }

    /// The same with a log of its own; the flags say what is logged.
    pub async fn serve_logging(
        self,
        folder: &Path,
        database: &TestDatabase,
        flags: &[&str],
        log: Stdio,
    ) -> Server {
        Server::start(self, reserve(), arguments(folder, database, flags), log).await
    }

    /// What a server that can't start says.
    pub fn refused(self, folder: &Path, database: &TestDatabase) -> Output {
        self.refused_with(folder, database, &[])
    }

    /// The same with other settings, as flags.
    pub fn refused_with(self, folder: &Path, database: &TestDatabase, flags: &[&str]) -> Output {
        let flags = [&["--log", "warn"], flags].concat();
        self.command()
            .args(arguments(folder, database, &flags))
            .args(any_addresses())
            .output()
            .expect("the program runs")
    }

    /// How such a one ends, with other settings and a log of its own.
    pub fn refused_logging(
        self,
        folder: &Path,
        database: &TestDatabase,
        flags: &[&str],
        log: Stdio,
    ) -> ExitStatus {
        self.command()
            .args(arguments(folder, database, flags))
            .args(any_addresses())
            .stderr(log)
            .status()
            .expect("the program runs")
    }
}

/// `qiangke serve`.
pub struct Server {
    process: Child,
    pub address: SocketAddr,
    pub metrics: SocketAddr,
    reserved: ReservedAddress,
    _reserved_metrics: ReservedAddress,
}

impl Server {
    async fn start(
        program: Program,
        reserved: ReservedAddress,
        arguments: Vec<OsString>,
        log: Stdio,
    ) -> Self {
        let metrics = reserve();
        // A write beyond a limit of the shell must be an error, as that of a full disk is, and not
        // the end of the process.
        let process = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", program.path()])
            .args(arguments)
            .args(["--listen", &reserved.to_string()])
            .args(["--metrics-listen", &metrics.to_string()])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let server = Self {
            process,
            address: *reserved,
            metrics: *metrics,
            reserved,
            _reserved_metrics: metrics,
        };
        server.answers().await;
        server
    }

    async fn answers(&self) {
        let since = Instant::now();
        let client = client().build().expect("client");
        let url = format!("http://{}/healthz", self.address);
        while client.get(&url).send().await.is_err() {
            assert!(since.elapsed() < PATIENCE, "the server does not start");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Its address, for another server that takes its place.
    pub fn reserved(&self) -> ReservedAddress {
        self.reserved.clone()
    }

    /// The pipe that it logs to, once.
    pub fn log(&mut self) -> ChildStderr {
        self.process.stderr.take().expect("a pipe")
    }

    /// Bytes of memory that it takes.
    pub fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))
            .expect("its status");
        let kilobytes = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next());
        kilobytes
            .and_then(|number| number.parse::<usize>().ok())
            .expect("VmRSS")
            << 10
    }

    pub fn kill(&mut self) {
        self.process.kill().expect("SIGKILL");
        self.process.wait().expect("it is gone");
    }

    /// Asks it to end, as service managers do.
    pub fn terminate(&self) {
        let told = Command::new("kill")
            .args(["-TERM", &self.process.id().to_string()])
            .status()
            .expect("kill");
        assert!(told.success(), "SIGTERM");
    }

    /// How it ended.
    pub async fn ended(&mut self) -> ExitStatus {
        let since = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().expect("wait") {
                return status;
            }
            assert!(since.elapsed() < PATIENCE, "the server does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Lets no file grow beyond `bytes`, or, with `unlimited`, any.
    pub fn limit_files(&self, bytes: &str) {
        let process = self.process.id().to_string();
        let told = Command::new("prlimit")
            .args(["--pid", &process, &format!("--fsize={bytes}:unlimited")])
            .status()
            .expect("prlimit");
        assert!(told.success(), "prlimit");
    }
}

/// A failing assertion must not leave a server behind.
impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The command line of a server but for its addresses.
fn arguments(folder: &Path, database: &TestDatabase, flags: &[&str]) -> Vec<OsString> {
    let config = config(folder, database, &[]);
    let own = [
        "serve".into(),
        "--database-url".into(),
        config.database.database_url.into(),
        "--site-root".into(),
        config.site_root.into_os_string(),
        "--sms-outbox".into(),
        config.sms.outbox.into_os_string(),
    ];
    own.into_iter()
        .chain(flags.iter().map(OsString::from))
        .collect()
}

/// Addresses of a server that nobody asks.
fn any_addresses() -> [&'static str; 4] {
    ["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"]
}
