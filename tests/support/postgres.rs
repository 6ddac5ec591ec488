//! PostgreSQL servers, which `scripts/postgres.sh` starts and ends.

use crate::{
    address::{ReservedAddress, reserve},
    database::setting,
    source::here,
};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A server of a test's own, which it may kill.
pub struct PostgresServer {
    folder: PathBuf,
    pub url: String,
    /// Its port, also while it is dead.
    _address: ReservedAddress,
}

impl PostgresServer {
    pub fn start(name: &str) -> Self {
        let folder = folder_of(name);
        std::fs::create_dir(&folder).expect("a folder");
        let address = reserve();
        let url = run("start", &folder, &[&address.port().to_string()]);
        Self {
            folder,
            url: url.trim().to_owned(),
            _address: address,
        }
    }

    /// Ends it at once.
    pub fn crash(&self) {
        run("crash", &self.folder, &[]);
    }

    /// Starts it again, on the same port.
    pub fn again(&self) {
        run("again", &self.folder, &[]);
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        run("stop", &self.folder, &[]);
    }
}

/// The folder of the server of this name: `shared` is that of the whole run.
pub fn folder_of(name: &str) -> PathBuf {
    Path::new(&setting("QIANGKE_TEST_FOLDER").expect("scripts/on-postgres.sh sets it")).join(name)
}

/// Runs `scripts/postgres.sh`, and gives what it prints.
///
/// # Errors
/// It fails; what it said.
pub fn script(command: &str, folder: &Path, more: &[&str]) -> Result<String, String> {
    // What a server writes goes to its own log; inherited, it would hold this test's output open.
    let output = Command::new(here("scripts/postgres.sh"))
        .arg(command)
        .arg(folder)
        .args(more)
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        String::from_utf8(output.stdout).map_err(|error| error.to_string())
    } else {
        Err(format!(
            "postgres.sh {command}: {}",
            String::from_utf8_lossy(&output.stderr)
        ))
    }
}

fn run(command: &str, folder: &Path, more: &[&str]) -> String {
    script(command, folder, more).expect("scripts/postgres.sh")
}
