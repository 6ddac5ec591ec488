//! The commands beside `serve`: each opens the database, does one thing, says what it did, and
//! ends. `cli` is the list of all commands. A command's arguments stand beside its `run`, with
//! these exceptions: `migrate` and `audit` take the database alone, and run here, as `settings`
//! does; `doctor` takes the settings of `serve`; `rush` stands in `load_test/`.

mod backup;
mod banner;
mod cli;
mod confirm;
pub mod doctor;
mod import;
mod key;
mod member;
mod order;
mod progress;
mod sale;
mod session;
mod sms;
mod student;

pub use cli::{Cli, Command};

use crate::{
    server::{
        boot::{self, DatabaseLocation},
        config::{Database, Role},
        load_test, log,
        output::{Output, counted},
        private_file,
        store::{Store, StoreError},
    },
    types::account::Mobile,
};
use anyhow::{anyhow, bail, ensure};
use std::{
    process::ExitCode,
    sync::{Mutex, PoisonError},
};

/// The exit status of a command that only reads, when its output is not whole (`EX_IOERR` of
/// sysexits.h).
const EXIT_UNWRITTEN: u8 = 74;
/// The exit status after a failed fsync of the database's file (`EX_OSERR` of sysexits.h).
const EXIT_FSYNC: u8 = 71;

/// Runs a command to the end of the process: the one place that gives an exit status.
pub async fn run(command: Command) -> ExitCode {
    let mut output = Output::of_process();
    let mut outcome = execute(command, &mut output).await;
    // After a failed fsync nothing more is written, and the next start checks the file.
    if !outcome.as_ref().is_err_and(is_fsync) {
        outcome = outcome.and(close_opened().await);
    }
    let unwritten = output.end().err();
    if let Some(unwritten) = &unwritten {
        log::say_last(&format!("qiangke: {unwritten}"));
    }
    let status = match (outcome, unwritten) {
        (Err(error), _) => {
            log::say_last(&format!("qiangke: {error:#}"));
            exit_of(&error)
        }
        (Ok(()), Some(unwritten)) if !unwritten.is_done() => ExitCode::from(EXIT_UNWRITTEN),
        (Ok(()), _) => ExitCode::SUCCESS,
    };
    log::flush();
    status
}

/// The exit status of a command that failed.
fn exit_of(error: &anyhow::Error) -> ExitCode {
    if is_fsync(error) {
        ExitCode::from(EXIT_FSYNC)
    } else {
        ExitCode::FAILURE
    }
}

fn is_fsync(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| matches!(cause.downcast_ref(), Some(StoreError::FsyncFailed)))
}

async fn execute(command: Command, output: &mut Output) -> anyhow::Result<()> {
    private_file::set_umask();
    match command {
        Command::Serve(config) => {
            log::start(config.log_format, &config.log)?;
            let role = config.role();
            crate::server::serve(*config, role).await
        }
        Command::Work(config) => {
            log::start(config.log_format, &config.log)?;
            crate::server::serve(*config, Role::Worker).await
        }
        Command::Migrate(database) => migrate(&database, output).await,
        Command::Import(args) => import::run(&args, output).await,
        Command::Sale(command) => sale::run(command, output).await,
        Command::Order(command) => order::run(command, output).await,
        Command::Member(command) => member::run(command, output).await,
        Command::Banner(command) => banner::run(command, output).await,
        Command::Session(command) => session::run(command, output).await,
        Command::Student(command) => student::run(command, output).await,
        Command::Key(command) => key::run(command, output).await,
        Command::Backup(args) => backup::run(&args, output).await,
        Command::Rush(args) => load_test::run(&args, output).await,
        Command::Sms(command) => sms::run(command, output).await,
        Command::Audit(database) => audit(&database, output).await,
        Command::Settings { form } => {
            output.line(form.text().trim_end());
            Ok(())
        }
        Command::Doctor(config) => doctor::run(&config, output).await,
    }
}

/// What the command opened. It is closed before the process ends, so that an SQLite file is whole
/// without the log beside it.
static OPENED: Mutex<Vec<Store>> = Mutex::new(Vec::new());

async fn open(database: &Database) -> anyhow::Result<Store> {
    boot::open_migrated(&database.database_url)
        .await
        .map(opened)
}

fn opened(store: Store) -> Store {
    OPENED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(store.clone());
    store
}

async fn close_opened() -> anyhow::Result<()> {
    let opened = std::mem::take(&mut *OPENED.lock().unwrap_or_else(PoisonError::into_inner));
    for store in opened {
        store.close().await?;
    }
    Ok(())
}

async fn migrate(database: &Database, output: &mut Output) -> anyhow::Result<()> {
    let url = &database.database_url;
    let is_new = matches!(boot::place(url)?, DatabaseLocation::File(path) if !path.exists());
    let store = opened(boot::open_store(url).await?);
    boot::migrate(&store).await?;
    for said in boot::restrict_database(url)? {
        log::say_last(&format!("qiangke: {said}"));
    }
    let what = if is_new {
        "a new, empty database was made"
    } else if store.is_catalogue_empty().await? {
        "the database is up to date, and has no course"
    } else {
        "the database is up to date"
    };
    output.done(format_args!("{what}: {}", boot::located(url)));
    Ok(())
}

async fn audit(database: &Database, output: &mut Output) -> anyhow::Result<()> {
    let findings = open(database).await?.audit().await?;
    for finding in &findings {
        output.line(format_args!(
            "BROKEN {}: {}",
            finding.invariant, finding.example
        ));
    }
    ensure!(
        findings.is_empty(),
        "{}",
        counted(
            findings.len(),
            "invariant does not hold",
            "invariants do not hold"
        )
    );
    output.line("audit: every invariant holds");
    Ok(())
}

fn parsed(mobile: &str) -> anyhow::Result<Mobile> {
    Mobile::parse(mobile)
        .map_err(|_| anyhow!("the mobile {mobile:?}: eleven digits like 13800000001"))
}

fn there(found: bool, what: &str, id: i64) -> anyhow::Result<()> {
    if found {
        Ok(())
    } else {
        bail!("there is no {what} {id}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn a_failed_fsync_has_an_exit_status_of_its_own() {
        let failed = Err::<(), _>(StoreError::FsyncFailed).context("the database can't be opened");
        let failed = failed.expect_err("a failure");
        assert_eq!(exit_of(&failed), ExitCode::from(EXIT_FSYNC));
        assert_ne!(EXIT_FSYNC, EXIT_UNWRITTEN);
        assert_eq!(exit_of(&anyhow!("no such sale")), ExitCode::FAILURE);
    }
}
