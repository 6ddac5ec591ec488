//! One server for each SQLite file, and a mark that tells whether the last one ended in order.

use crate::server::private_file;
use anyhow::{Context, bail};
use std::{
    fs::{File, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

/// What stands in the lock file while a server runs, and after one that did not end in order.
const OPEN: &str = "open";

/// The lock of a record's file, held by the system for this process, whatever way it ends.
pub struct FileLock {
    file: File,
    was_left_open: bool,
}

impl FileLock {
    /// Takes the lock beside the record's file.
    ///
    /// # Errors
    /// Another server has it, or the folder can't be written.
    pub fn take(record: &Path) -> anyhow::Result<Self> {
        let path = lock_path(record);
        private_file::make_folder_of(&path)?;
        let mut file = private_file::options()
            .read(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("{} can't be written", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("another server serves {}: stop it first, or give this one another DATABASE_URL", record.display())
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(|| format!("{} can't be locked", path.display())),
        }
        let mut mark = String::new();
        file.read_to_string(&mut mark)?;
        write_mark(&mut file, OPEN)?;
        Ok(Self { file, was_left_open: mark == OPEN })
    }

    /// Whether the server before this one did not end in order.
    pub fn was_left_open(&self) -> bool {
        self.was_left_open
    }

    /// Ends in order.
    ///
    /// # Errors
    /// The mark can't be written: the next start checks the file.
    pub fn release(mut self) -> anyhow::Result<()> {
        write_mark(&mut self.file, "")
    }
}

fn write_mark(file: &mut File, mark: &str) -> anyhow::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(mark.as_bytes())?;
    Ok(())
}

fn lock_path(record: &Path) -> PathBuf {
    let mut path = record.as_os_str().to_owned();
    path.push(".lock");
    PathBuf::from(path)
}
