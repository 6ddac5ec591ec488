//! Reads the files that hold a provider's keys.

use crate::server::private_file;
use anyhow::{Context, anyhow, ensure};
use std::{fs::File, io::Read, path::Path};

/// Bytes of a key's file at most: eight certificates have 14,000.
const KEY_FILE_MAX: u64 = 32 * 1024;

/// Who may look into a file beside its owner and group.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Eyes {
    None,
    All,
}

/// A setting that names a file, and what is in it.
pub struct KeyFile<'a> {
    setting: &'static str,
    path: &'a Path,
    text: String,
}

impl KeyFile<'_> {
    /// The key in it.
    ///
    /// # Errors
    /// It holds something else.
    pub fn read<T, E: std::error::Error + Send + Sync + 'static>(
        &self,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> anyhow::Result<T> {
        parse(&self.text).with_context(|| self.about())
    }

    fn about(&self) -> String {
        format!("{}: {} can't be used", self.setting, self.path.display())
    }
}

/// The file that a setting names; `None` when the setting is not given.
///
/// # Errors
/// It can't be read, is no text, or is open to more eyes or hands than a key may be.
pub fn file<'a>(
    setting: &'static str,
    path: Option<&'a Path>,
    eyes: Eyes,
) -> anyhow::Result<Option<KeyFile<'a>>> {
    let Some(path) = path else { return Ok(None) };
    let read = || -> anyhow::Result<String> {
        let mut bytes = Vec::new();
        File::open(path)?
            .take(KEY_FILE_MAX)
            .read_to_end(&mut bytes)?;
        ensure!(
            eyes == Eyes::All || private_file::open_to_others(path).is_empty(),
            "every user of this machine may read it: run `chmod o= {}`",
            path.display()
        );
        ensure!(
            !private_file::is_writable_by_others(path),
            "every user of this machine may write another key into it: run `chmod o-w {}`",
            path.display()
        );
        String::from_utf8(bytes)
            .map_err(|_| anyhow!("it is no text: a key is PEM, or one line of base64"))
    };
    let text = read().with_context(|| format!("{setting}: {} can't be used", path.display()))?;
    Ok(Some(KeyFile {
        setting,
        path,
        text,
    }))
}
