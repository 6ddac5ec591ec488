//! The program as an operator runs it: a process of its own, for what can only be seen from
//! outside.

use crate::{
    app::{client, config},
    database::TestDatabase,
};
use std::{
    ffi::OsString,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio},
    time::{Duration, Instant},
};

/// How long a process gets to start or to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// `qiangke serve`.
pub struct Server {
    process: Child,
    pub address: SocketAddr,
    pub metrics: SocketAddr,
}

impl Server {
    /// A server of a database, with its other files in a folder, which answers.
    pub async fn start(folder: &Path, database: &TestDatabase) -> Self {
        Self::start_at(free_address(), folder, database, &[]).await
    }

    /// The same at this address, with other settings, as flags.
    pub async fn start_at(
        address: SocketAddr,
        folder: &Path,
        database: &TestDatabase,
        flags: &[&str],
    ) -> Self {
        Self::start_logging(
            address,
            folder,
            database,
            &[&["--log", "warn"], flags].concat(),
            Stdio::inherit(),
        )
        .await
    }

    /// The same with a log of its own; the flags say what is logged.
    pub async fn start_logging(
        address: SocketAddr,
        folder: &Path,
        database: &TestDatabase,
        flags: &[&str],
        log: Stdio,
    ) -> Self {
        let metrics = free_address();
        let mut arguments = arguments(address, metrics, folder, database);
        arguments.extend(flags.iter().map(OsString::from));
        // A write beyond a limit of the shell must be an error, as that of a full disk is, and not
        // the end of the process.
        let process = Command::new("sh")
            .args([
                "-c",
                "trap '' XFSZ; exec \"$0\" \"$@\"",
                env!("CARGO_BIN_EXE_qiangke"),
            ])
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let server = Self {
            process,
            address,
            metrics,
        };
        let since = Instant::now();
        let client = client().build().expect("client");
        while client
            .get(format!("http://{address}/healthz"))
            .send()
            .await
            .is_err()
        {
            assert!(since.elapsed() < PATIENCE, "the server does not start");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        server
    }

    /// What a server that can't start says.
    pub fn refused(folder: &Path, database: &TestDatabase) -> Output {
        Self::refused_with(folder, database, &[])
    }

    /// The same with other settings, as flags.
    pub fn refused_with(folder: &Path, database: &TestDatabase, flags: &[String]) -> Output {
        let own = arguments(free_address(), free_address(), folder, database);
        Command::new(env!("CARGO_BIN_EXE_qiangke"))
            .args(own)
            .args(["--log", "warn"])
            .args(flags)
            .output()
            .expect("the program runs")
    }

    /// How such a one ends, with other settings and a log of its own.
    pub fn refused_logging(
        folder: &Path,
        database: &TestDatabase,
        flags: &[&str],
        log: Stdio,
    ) -> ExitStatus {
        let arguments = arguments(free_address(), free_address(), folder, database);
        let mut program = Command::new(env!("CARGO_BIN_EXE_qiangke"));
        program
            .args(arguments)
            .args(flags)
            .stderr(log)
            .status()
            .expect("the program runs")
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

/// An address that nobody listens at.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|socket| socket.local_addr())
        .expect("a free port")
}

fn arguments(
    address: SocketAddr,
    metrics: SocketAddr,
    folder: &Path,
    database: &TestDatabase,
) -> Vec<OsString> {
    let config = config(folder, database, &[]);
    [
        "serve",
        "--listen",
        &address.to_string(),
        "--metrics-listen",
        &metrics.to_string(),
    ]
    .into_iter()
    .map(OsString::from)
    .chain(["--database-url".into(), config.database.database_url.into()])
    .chain([
        "--site-root".into(),
        config.site_root.into_os_string(),
        "--sms-outbox".into(),
        config.sms.outbox.into_os_string(),
    ])
    .collect()
}
