//! `qiangke serve` as a process that faults may strike: it can be killed, stopped, and started
//! again at the same address.

use crate::outlet::{Manner, Outlet, Reader};
use std::{
    ffi::OsString,
    fs::OpenOptions,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};
use support::{address::ReservedAddress, http::client};

/// How long a process gets to start or to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a process is started, each time anew.
#[derive(Clone)]
pub struct Recipe {
    pub program: PathBuf,
    pub address: ReservedAddress,
    pub flags: Vec<OsString>,
    pub environment: Vec<(OsString, OsString)>,
    /// Where it says what went wrong.
    pub log: PathBuf,
    /// What of it.
    pub log_level: &'static str,
    /// How its words get there.
    pub outlet: Outlet,
}

/// The number of an instance's process, for whoever looks at it meanwhile. A copy is a pointer.
#[derive(Clone, Default)]
pub struct Pid(Arc<AtomicU32>);

impl Pid {
    /// `None` before the first start.
    pub fn get(&self) -> Option<u32> {
        Some(self.0.load(Ordering::Relaxed)).filter(|id| *id > 0)
    }
}

/// An instance, which lives or does not.
pub struct Instance {
    pub recipe: Recipe,
    /// When it was started, each time: from then on it remembers nothing of before.
    pub launched: Vec<Instant>,
    pub pid: Pid,
    process: Option<Child>,
    reader: Option<Reader>,
}

impl Instance {
    pub fn new(recipe: Recipe) -> Self {
        Self {
            recipe,
            launched: Vec::new(),
            pid: Pid::default(),
            process: None,
            reader: None,
        }
    }

    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// It does not; what it said.
    pub async fn start(&mut self) -> Result<(), String> {
        self.launch();
        self.answers().await
    }

    /// Starts it without waiting.
    pub fn launch(&mut self) {
        let Recipe {
            program,
            address,
            flags,
            environment,
            log,
            log_level,
            outlet,
        } = &self.recipe;
        self.launched.push(Instant::now());
        let mut process = Command::new(program)
            .args([
                "serve",
                "--log",
                log_level,
                "--metrics-listen",
                "127.0.0.1:0",
                "--listen",
                &address.to_string(),
            ])
            .args(flags)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdout(
                OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(log)
                    .expect("a log"),
            )
            .stderr(outlet.stderr(log))
            .stdin(Stdio::null())
            .spawn()
            .expect("the program starts");
        self.reader = process
            .stderr
            .take()
            .map(|pipe| Reader::of(pipe, log.clone()));
        self.pid.0.store(process.id(), Ordering::Relaxed);
        self.process = Some(process);
    }

    /// Tells the reader of its log what to do; there is one only where the log goes through a pipe.
    pub fn set_reader(&self, manner: Manner) {
        if let Some(reader) = &self.reader {
            reader.set(manner);
        }
    }

    /// Waits until it answers.
    ///
    /// # Errors
    /// It ends, or is silent for too long.
    pub async fn answers(&mut self) -> Result<(), String> {
        let since = Instant::now();
        let client = client().build().expect("client");
        let url = format!("http://{}/healthz", self.recipe.address);
        while client
            .get(&url)
            .timeout(Duration::from_secs(1))
            .send()
            .await
            .is_err()
        {
            if let Some(status) = self.exited() {
                return Err(format!(
                    "it ended at its start: {status}; {}",
                    self.last_words()
                ));
            }
            if since.elapsed() > PATIENCE {
                return Err(format!(
                    "it does not answer after {PATIENCE:?}; {}",
                    self.last_words()
                ));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Its last lines of log.
    pub fn last_words(&self) -> String {
        let text = std::fs::read_to_string(&self.recipe.log).unwrap_or_default();
        let lines: Vec<_> = text.lines().rev().take(4).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
    }

    pub fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    pub fn is_alive(&mut self) -> bool {
        self.process.is_some() && self.exited().is_none()
    }

    /// How it ended, if it did.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        let ended = self
            .process
            .as_mut()
            .and_then(|process| process.try_wait().expect("wait"));
        if ended.is_some() {
            self.process = None;
        }
        ended
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        // A reader that rests would hold the pipe for ever.
        self.set_reader(Manner::Gone);
        if let Some(mut process) = self.process.take() {
            drop(process.kill());
            drop(process.wait());
        }
    }

    /// Sends it a signal by its name; a process that is gone hears nothing.
    pub fn signal(&self, name: &str) {
        if let Some(id) = self.id() {
            drop(
                Command::new("kill")
                    .args([&format!("-{name}"), &id.to_string()])
                    .stderr(Stdio::null())
                    .status(),
            );
        }
    }

    /// How it ended, once it has; `None` when it does not.
    pub async fn ended(&mut self) -> Option<ExitStatus> {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if let Some(status) = self.exited() {
                return Some(status);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        None
    }
}

/// Nothing is left behind, however a run ends.
impl Drop for Instance {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The program that is tried: a copy, so that nothing that is built meanwhile takes its place.
pub fn program(told: Option<&Path>) -> PathBuf {
    told.map_or_else(
        || PathBuf::from(env!("CARGO_BIN_EXE_qiangke")),
        Path::to_path_buf,
    )
}
