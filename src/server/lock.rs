//! Lock of an SQLite file: one server for each, by whatever name it opens it, and a mark that tells
//! whether the last one ended in order.
//!
//! The file itself is locked, since symbolic links, hard links and mounts are names of one file.
//! Its lock file lies beside what a symbolic link leads to, as SQLite's own log does; servers of
//! earlier versions know only that one.

use crate::server::private_file;
use anyhow::{Context, bail};
use std::{
    fs::{File, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// What stands in the lock file while a server runs, and after one that did not end in order.
const OPEN: &str = "open";

/// The lock of a database's file, held by the system for this process, whatever way it ends.
pub struct FileLock {
    file: File,
    /// The database itself. Closed after SQLite has closed it: with a descriptor go the locks that
    /// this process has on its file.
    _database: File,
    was_left_open: bool,
}

impl FileLock {
    /// Takes the lock of a database, which is there.
    ///
    /// # Errors
    /// Another server has it, or the folder can't be written.
    pub fn take(database: &Path) -> anyhow::Result<Self> {
        let real = database
            .canonicalize()
            .with_context(|| format!("{} can't be found", database.display()))?;
        let opened =
            File::open(&real).with_context(|| format!("{} can't be read", real.display()))?;
        lock(&opened, &real, database)?;
        check_names(&real, opened.metadata()?.nlink())?;
        // Last, so that what is refused has no file beside it.
        let path = lock_path(&real);
        let mut file = private_file::options()
            .read(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("{} can't be written", path.display()))?;
        lock(&file, &path, database)?;
        let mut mark = String::new();
        file.read_to_string(&mut mark)?;
        write_mark(&mut file, OPEN)?;
        Ok(Self {
            file,
            _database: opened,
            was_left_open: mark == OPEN,
        })
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

/// Asserts that what a command sees beside a database's name is all that belongs to it: the
/// database has no other name, or a server has it open by this one.
///
/// # Errors
/// SQLite's log may lie beside another name.
pub fn check_name(database: &Path) -> anyhow::Result<()> {
    let Ok(real) = database.canonicalize() else {
        return Ok(());
    };
    let names = real.metadata()?.nlink();
    // A file of one name is not opened for this: see the field `_database`.
    if names < 2 || is_locked(&lock_path(&real))? {
        return Ok(());
    }
    if is_locked(&real)? {
        bail!(
            "a server has {} open by another name (hard link): use that one",
            database.display()
        )
    }
    check_names(&real, names)
}

/// Whether a database has several names (hard links).
pub fn has_names(database: &Path) -> bool {
    std::fs::metadata(database).is_ok_and(|found| found.nlink() > 1)
}

/// Refuses a database of several names: after a crash the log, which has tickets that were
/// accepted, lies beside one of them, and nothing says which.
fn check_names(real: &Path, names: u64) -> anyhow::Result<()> {
    if names < 2 {
        return Ok(());
    }
    bail!(
        "{} has {names} names (hard links), and SQLite's log may lie beside another one, with clicks that were accepted. Keep the name that \
         it was last served by and remove the others, which `find / -xdev -samefile {0}` shows",
        real.display()
    )
}

fn is_locked(path: &Path) -> anyhow::Result<bool> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => {
            return Err(error).with_context(|| format!("{} can't be read", path.display()));
        }
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} can't be locked", path.display()))
        }
    }
}

fn lock(file: &File, path: &Path, database: &Path) -> anyhow::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            bail!(
                "another server serves {}: stop it first, or give this one another DATABASE_URL",
                database.display()
            )
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} can't be locked", path.display()))
        }
    }
}

fn write_mark(file: &mut File, mark: &str) -> anyhow::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(mark.as_bytes())?;
    Ok(())
}

fn lock_path(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    PathBuf::from(path)
}
