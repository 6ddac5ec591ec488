//! Standard output of a command, and the only place that writes there. A reader that has gone
//! (`| head`) ends nothing. On a full disk the command goes on to its end: what it did is said on
//! standard error instead, so that no script does it twice.

use crate::types::line::{harmless, plain};
use std::{
    fmt,
    io::{self, ErrorKind, Write},
    path::Path,
};
use thiserror::Error;

/// A number of things, called by one name when there is one and by another when not.
pub fn counted<N: fmt::Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let name = if count == N::from(1) { one } else { many };
    format!("{count} {name}")
}

/// A path as a message shows it.
pub fn shown(path: &Path) -> String {
    plain(&path.to_string_lossy())
}

/// What a command says on standard output.
pub struct Output {
    to: Box<dyn Write + Send>,
    failure: Option<io::Error>,
    has_done: bool,
    /// Lines about what was done that nobody could read.
    unsaid: Vec<String>,
}

/// Why a command's output is not whole.
#[derive(Debug, Error)]
#[error("standard output can't be written ({why}){}", consequence(.done.as_deref()))]
pub struct Unwritten {
    why: io::Error,
    /// The lines about what was done that were not written; `None` when the command only read.
    done: Option<Vec<String>>,
}

impl Output {
    /// That of this process.
    pub fn of_process() -> Self {
        Self::to(io::stdout())
    }

    /// Another one, for tests.
    pub fn to(to: impl Write + Send + 'static) -> Self {
        Self {
            to: Box::new(to),
            failure: None,
            has_done: false,
            unsaid: Vec::new(),
        }
    }

    /// Writes a line of what was asked for, or several. Names in it are those of files and rows.
    pub fn line(&mut self, text: impl fmt::Display) {
        if self.failure.is_none() {
            let text = harmless(&text.to_string());
            self.failure = writeln!(self.to, "{text}")
                .and_then(|()| self.to.flush())
                .err();
        }
    }

    /// Writes a line about what was done, which must not be done once more because the line is
    /// lost.
    pub fn done(&mut self, text: impl fmt::Display) {
        self.has_done = true;
        let text = text.to_string();
        self.line(&text);
        if self.failure.is_some() {
            self.unsaid.push(text);
        }
    }

    /// Ends the output.
    ///
    /// # Errors
    /// It is not whole, although its reader has not gone.
    pub fn end(mut self) -> Result<(), Unwritten> {
        let failure = self.failure.take().or_else(|| self.to.flush().err());
        match failure {
            Some(why) if why.kind() != ErrorKind::BrokenPipe => Err(Unwritten {
                why,
                done: self.has_done.then_some(self.unsaid),
            }),
            Some(_) | None => Ok(()),
        }
    }
}

impl Unwritten {
    /// Whether the command did what it was told, so that it must not be run once more.
    pub fn is_done(&self) -> bool {
        self.done.is_some()
    }
}

/// What unwritten output means: of a command that only read, or of one that did these things.
fn consequence(done: Option<&[String]>) -> String {
    match done {
        None => String::from(": what was asked for is not all there"),
        Some(lines) => {
            let done = [", but it was done, so don't run this again".to_owned()];
            [&done, lines].concat().join("\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What takes so many writes, and fails from then on.
    struct Broken(usize, ErrorKind);

    impl Write for Broken {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(1).ok_or(self.1)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_told_nothing() {
        let mut output = Output::to(Broken(0, ErrorKind::BrokenPipe));
        output.line("a");
        output.done("b");
        assert!(output.end().is_ok());
    }

    #[test]
    fn what_was_done_is_said_when_the_disk_is_full() {
        let mut output = Output::to(Broken(0, ErrorKind::StorageFull));
        output.line("a heading");
        output.done("sale 7");
        let unwritten = output.end().expect_err("a full disk");
        assert!(unwritten.is_done());
        let said = unwritten.to_string();
        assert!(
            said.contains("it was done") && said.ends_with("\nsale 7"),
            "{said}"
        );
    }

    #[test]
    fn a_list_that_is_cut_off_is_no_list() {
        let mut output = Output::to(Broken(0, ErrorKind::StorageFull));
        output.line("a");
        let unwritten = output.end().expect_err("a full disk");
        assert!(!unwritten.is_done() && unwritten.to_string().contains("not all there"));
    }
}
