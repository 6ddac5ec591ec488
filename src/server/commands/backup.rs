//! `qiangke backup`: a copy of an SQLite database as it is at one moment, while students click.

use super::progress;
use crate::server::{
    boot::{self, DatabaseLocation},
    config::Database,
    lock,
    output::{Output, counted, shown},
    private_file,
    store::{Schema, Store},
};
use anyhow::{Context, bail, ensure};
use clap::Args;
use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};
use tokio::signal::unix::{SignalKind, signal};

/// What stands behind a database's name in the names of its other files.
const COMPANIONS: [&[u8]; 4] = [b"-wal", b"-shm", b"-journal", b".lock"];

/// Parameters of a database's URL that PostgreSQL's own tools know, too.
const DUMP_PARAMETERS: [&str; 8] = [
    "dbname",
    "host",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "user",
];

/// `qiangke backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write, which must not be there yet; only its owner may read it
    pub file: PathBuf,
    /// Where the database is.
    #[command(flatten)]
    pub database: Database,
}

pub(super) async fn run(args: &BackupArgs, output: &mut Output) -> anyhow::Result<()> {
    let from = match boot::place(&args.database.database_url)? {
        DatabaseLocation::File(path) => path,
        DatabaseLocation::Database(url) => bail!(
            "the shop is in PostgreSQL, which has a tool of its own. As the owner of the tables (put its name into the URL, if it \
             has another one) with its password, or PGPASSWORD: (umask 077; pg_dump --format=custom --file={} {})",
            shell_word(&args.file.display().to_string()),
            shell_word(&dump_source(&url))
        ),
    };
    ensure!(
        args.file != Path::new("-"),
        "a backup is checked before it counts, which a pipe can't be: name a file"
    );
    boot::assert_there(&from)?;
    lock::check_name(&from)?;
    let to = std::path::absolute(&args.file)?;
    ensure!(
        fs::symlink_metadata(&to).is_err(),
        "{} is there already: name a file that is not",
        shown(&to)
    );
    boot::assert_folders("FILE", &to)?;
    // SQLite's log lies beside what a symbolic link leads to.
    let database = from.canonicalize()?.into_os_string().into_encoded_bytes();
    let is_companion = to
        .as_os_str()
        .as_encoded_bytes()
        .strip_prefix(database.as_slice())
        .is_some_and(|rest| COMPANIONS.contains(&rest));
    ensure!(
        !is_companion,
        "{} is a name that the database itself uses: take another",
        shown(&to)
    );
    let part = PartialFile::begin(&to)?;
    let copied = async {
        tokio::select! {
            copied = Store::copy_sqlite(&from, &part.path) => copied.with_context(|| format!("{} can't be copied to {}", shown(&from), shown(&to))),
            ended = interrupted() => {
                ended?;
                bail!("interrupted: there is no backup");
            }
        }
    };
    progress::told(copied, || written(&from, &part.path)).await?;
    let findings = check(&part.path).await?;
    let bytes = part.finish(&to)?;
    output.done(format_args!(
        "{} holds the database, {} MB, as it was a moment ago; keep it like a password",
        shown(&to),
        progress::megabytes(bytes)
    ));
    for finding in &findings {
        output.done(finding);
    }
    ensure!(
        findings.is_empty(),
        "the copy is whole, and has what is wrong with the database: {}",
        counted(
            findings.len(),
            "invariant does not hold",
            "invariants do not hold"
        )
    );
    Ok(())
}

/// How much of the copy is written.
fn written(from: &Path, to: &Path) -> String {
    let bytes = |path: &Path| fs::metadata(path).map_or(0, |found| found.len());
    let [written, all] = [to, from].map(|path| progress::megabytes(bytes(path)));
    format!("{written} of about {all} MB")
}

/// A text as one word of the shell, whatever it holds.
fn shell_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A database's URL as pg_dump takes it, without a password: the list of processes shows it.
fn dump_source(url: &str) -> String {
    let parameters = url
        .split_once('?')
        .map_or("", |(_, parameters)| parameters)
        .split('&');
    let kept: Vec<_> = parameters
        .filter(|one| {
            one.split_once('=')
                .is_some_and(|(name, _)| DUMP_PARAMETERS.contains(&name))
        })
        .collect();
    let place = boot::shown(url);
    if kept.is_empty() {
        place
    } else {
        format!("{place}?{}", kept.join("&"))
    }
}

/// What does not hold of the copy.
///
/// # Errors
/// It is damaged, or can't be read.
async fn check(copy: &Path) -> anyhow::Result<Vec<String>> {
    let store = Store::open_copy(copy)
        .await
        .context("the copy can't be opened")?;
    boot::check_file(&store).await?;
    // Tables of another version are checked by the program of that version; a backup before an
    // upgrade must be possible.
    let findings = if store.schema().await? == Schema::Current {
        store.audit().await?
    } else {
        Vec::new()
    };
    store.close().await?;
    Ok(findings
        .iter()
        .map(|finding| format!("BROKEN {}: {}", finding.invariant, finding.example))
        .collect())
}

/// Waits until somebody ends the command.
async fn interrupted() -> io::Result<()> {
    let (mut interrupt, mut terminate, mut hang_up) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
        signal(SignalKind::hangup())?,
    );
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}

/// A file that a killed backup left. Only a plain file of whoever runs this, under one name, is
/// taken over: another one was put there by somebody who would own the backup, or get it written
/// elsewhere.
///
/// # Errors
/// It is something else, or can't be opened.
fn left_over(path: &Path) -> anyhow::Result<File> {
    let cannot = || format!("{} can't be written", shown(path));
    let is_own = |found: &fs::Metadata| {
        found.is_file() && found.nlink() == 1 && found.uid() == rustix::process::geteuid().as_raw()
    };
    let found = fs::symlink_metadata(path).with_context(cannot)?;
    ensure!(
        is_own(&found),
        "{} is there and no backup of this user's: remove it first",
        shown(path)
    );
    let file = private_file::options().open(path).with_context(cannot)?;
    let opened = file.metadata().with_context(cannot)?;
    ensure!(
        is_own(&opened) && opened.ino() == found.ino(),
        "{} was changed meanwhile",
        shown(path)
    );
    Ok(file)
}

/// The backup while it is written, beside its place: what does not get finished is removed.
struct PartialFile {
    path: PathBuf,
    file: File,
}

impl PartialFile {
    /// Makes the empty file, its owner's alone. One that a killed backup left is taken over.
    fn begin(to: &Path) -> anyhow::Result<Self> {
        let mut path = to.as_os_str().to_owned();
        path.push(".part");
        let path = PathBuf::from(path);
        let cannot = || format!("{} can't be written", shown(&path));
        let file = match private_file::options().create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => left_over(&path)?,
            made => made.with_context(cannot)?,
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("another backup is writing {}", shown(&path)),
            Err(TryLockError::Error(error)) => return Err(error).with_context(cannot),
        }
        private_file::restrict(&file)?;
        file.set_len(0).with_context(cannot)?;
        Ok(Self { path, file })
    }

    /// Puts the file in its place once it is on the disk; gives its length.
    fn finish(self, to: &Path) -> anyhow::Result<u64> {
        let cannot = || format!("{} can't be written", shown(to));
        self.file.sync_all().with_context(cannot)?;
        ensure!(
            fs::symlink_metadata(to).is_err(),
            "{} came into being meanwhile",
            shown(to)
        );
        fs::rename(&self.path, to).with_context(cannot)?;
        if let Some(folder) = to.parent() {
            File::open(folder)
                .and_then(|folder| folder.sync_all())
                .with_context(cannot)?;
        }
        Ok(self.file.metadata()?.len())
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        // It is gone when it was finished.
        drop(fs::remove_file(&self.path));
    }
}
