//! Outlet of a process's log: a file; a pipe whose reader may stop, or close it; a device that is
//! always full.

use std::{
    fs::OpenOptions,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{ChildStderr, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::sleep,
    time::Duration,
};

/// Between two looks of a reader that has stopped.
const REST: Duration = Duration::from_millis(10);
/// Bytes that are read at a time.
const CHUNK: usize = 4_096;

/// Where standard error goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outlet {
    #[default]
    File,
    /// A pipe of this tool.
    Pipe,
    /// `/dev/full`: each write fails as on a full disk.
    Full,
}

/// What the reader of a pipe does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    #[default]
    Reads,
    /// It holds the pipe and reads nothing.
    Rests,
    /// The pipe is closed.
    Gone,
}

/// The reader of a pipe, which copies what it reads into a file.
#[derive(Clone, Default)]
pub struct Reader(Arc<Mutex<Manner>>);

impl Outlet {
    pub fn stderr(self, log: &Path) -> Stdio {
        match self {
            Self::File => append(log).into(),
            Self::Pipe => Stdio::piped(),
            Self::Full => OpenOptions::new()
                .write(true)
                .open("/dev/full")
                .expect("/dev/full")
                .into(),
        }
    }
}

impl Reader {
    /// Reads `pipe` on a thread, until its other end is closed.
    pub fn of(mut pipe: ChildStderr, log: PathBuf) -> Self {
        let reader = Self::default();
        let seen = reader.clone();
        std::thread::spawn(move || {
            let (mut log, mut chunk) = (append(&log), [0; CHUNK]);
            loop {
                match seen.manner() {
                    Manner::Rests => sleep(REST),
                    Manner::Gone => return,
                    Manner::Reads => match pipe.read(&mut chunk) {
                        Ok(0) | Err(_) => return,
                        Ok(length) => drop(log.write_all(&chunk[..length])),
                    },
                }
            }
        });
        reader
    }

    pub fn set(&self, manner: Manner) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }

    fn manner(&self) -> Manner {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn append(log: &Path) -> std::fs::File {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)
        .expect("a log")
}
