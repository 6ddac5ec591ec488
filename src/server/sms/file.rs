//! SMS that land in a file: how a developer, and a newcomer at the demo, gets a code without a
//! phone.

use super::{Code, Sent, SmsError};
use crate::types::{account::Mobile, time::Millis};
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// The mode of a new outbox: its owner alone, because its lines are codes that still work.
const MODE: u32 = 0o600;
/// Bytes at the outbox' end that [`FileOutbox::recent`] reads: about 1000 lines, however long the
/// file became.
const TAIL_MAX: u64 = 64 * 1024;

/// A file with one JSON line for each SMS: `{"at_ms":…,"mobile":"…","code":"…"}`. Clones share it,
/// and so may processes.
#[derive(Clone, Debug)]
pub struct FileOutbox {
    path: PathBuf,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct OutboxLine {
    at_ms: i64,
    mobile: String,
    code: String,
}

impl FileOutbox {
    /// The outbox at `path`, which is made when it is not there.
    ///
    /// # Errors
    /// The file can't be opened for writing.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        let outbox = Self { path };
        outbox.appender()?;
        Ok(outbox)
    }

    /// Whether the outbox at `path` can be written, as far as that is known without making it.
    ///
    /// # Errors
    /// It is there, and can't be written.
    pub fn check(path: &Path) -> io::Result<()> {
        match OpenOptions::new().append(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            opened => opened.map(drop),
        }
    }

    /// The newest `limit` SMS within the file's last 64 KiB, newest first, of one mobile or of all.
    /// Lines that can't be read are skipped.
    ///
    /// # Errors
    /// The file can't be read. One that is gone has no SMS.
    pub fn recent(&self, mobile: Option<&Mobile>, limit: usize) -> io::Result<Vec<Sent>> {
        let tail = match self.tail() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            tail => tail?,
        };
        let sent = tail.rsplit(|byte| *byte == b'\n').filter_map(read_line);
        Ok(sent
            .filter(|sent| mobile.is_none_or(|mobile| *mobile == sent.mobile))
            .take(limit)
            .collect())
    }

    pub(super) async fn send(
        &self,
        mobile: &Mobile,
        code: &Code,
        now: Millis,
    ) -> Result<(), SmsError> {
        let line = OutboxLine {
            at_ms: now.0,
            mobile: mobile.digits().to_owned(),
            code: code.digits().to_owned(),
        };
        let outbox = self.clone();
        let written = tokio::task::spawn_blocking(move || outbox.append(&line)).await;
        written
            .map_err(|_| SmsError::Unwritten(io::ErrorKind::Other))?
            .map_err(|error| SmsError::Unwritten(error.kind()))
    }

    /// The file is opened for each line, so that one that was deleted or moved away is made again.
    fn appender(&self) -> io::Result<File> {
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(MODE)
            .open(&self.path)
    }

    /// One write for the whole line: lines of several writers don't mix. It is not synced, because
    /// a code is of no use after a power cut.
    fn append(&self, line: &OutboxLine) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        if self.appender()?.write(&bytes)? == bytes.len() {
            Ok(())
        } else {
            Err(io::ErrorKind::WriteZero.into())
        }
    }

    fn tail(&self) -> io::Result<Vec<u8>> {
        let mut file = File::open(&self.path)?;
        let start = file.metadata()?.len().saturating_sub(TAIL_MAX);
        file.seek(SeekFrom::Start(start))?;
        let mut tail = Vec::new();
        file.take(TAIL_MAX).read_to_end(&mut tail)?;
        Ok(tail)
    }
}

/// A whole line; the one that the tail cuts is no JSON object, and neither is an empty or a torn
/// one.
fn read_line(bytes: &[u8]) -> Option<Sent> {
    let line: OutboxLine = serde_json::from_slice(bytes).ok()?;
    Some(Sent {
        at: Millis(line.at_ms),
        mobile: Mobile::parse(&line.mobile).ok()?,
        code: Code::parse(&line.code)?,
    })
}
