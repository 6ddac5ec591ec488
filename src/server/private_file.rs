//! Files and folders that only their owner may read: the database holds students' mobiles and the
//! key that signs ticket ids.

use rustix::{fs::Mode, process::umask};
use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// The mode of a file.
const FILE_MODE: u32 = 0o600;
/// The mode of a folder.
const FOLDER_MODE: u32 = 0o700;
/// What the process may not give to a file that it makes: any right of the group and of others.
const MASK: u32 = 0o077;
/// All rights of others.
const OTHERS: u32 = 0o007;
/// The bit that lets others write.
const OTHERS_WRITE: u32 = 0o002;
/// The bit of a folder like `/tmp`, in which only a file's owner may replace it.
const STICKY: u32 = 0o1000;
/// What SQLite writes beside its file.
const COMPANIONS: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// Sets the umask of this process, so that whatever file it makes is its owner's alone.
pub fn set_umask() {
    umask(Mode::from_raw_mode(MASK));
}

/// Makes the folders above a file where they are missing, each its owner's alone.
///
/// # Errors
/// A folder can't be made.
pub fn make_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(folder),
        Some(_) | None => Ok(()),
    }
}

/// The options of a file to be written; one that is made is its owner's alone, whatever the umask.
pub fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(FILE_MODE);
    options
}

/// Makes an open file its owner's alone, whoever made it.
///
/// # Errors
/// It is somebody else's.
pub fn restrict(file: &File) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(FILE_MODE))
}

/// Makes an empty file where there is none.
///
/// # Errors
/// It can't be made.
pub fn make(path: &Path) -> io::Result<()> {
    match options().create_new(true).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Takes the rights of others away from an SQLite file and what stands beside it; those of the
/// group stay, since an operator may have given them on purpose. Gives the files whose rights were
/// taken.
///
/// # Errors
/// A file is somebody else's.
pub fn take_from_others(database: &Path) -> io::Result<Vec<PathBuf>> {
    let mut restricted = Vec::new();
    for path in open_to_others(database) {
        // By path: to close a descriptor of an SQLite file would end the locks that this process
        // holds on it.
        fs::set_permissions(
            &path,
            Permissions::from_mode(fs::metadata(&path)?.mode() & !OTHERS),
        )?;
        restricted.push(path);
    }
    Ok(restricted)
}

/// Those of an SQLite file and what stands beside it that every user of the machine may read, write
/// or run.
pub fn open_to_others(database: &Path) -> Vec<PathBuf> {
    // A device or a folder, as of a path that was mistyped, is everybody's with reason.
    let is_open = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|found| found.is_file() && found.mode() & OTHERS != 0)
    };
    with_companions(database)
        .into_iter()
        .filter(is_open)
        .collect()
}

/// Whether every user of the machine may write into a file.
pub fn is_writable_by_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.mode() & OTHERS_WRITE != 0)
}

/// An SQLite file, and what SQLite writes beside it.
pub fn with_companions(database: &Path) -> [PathBuf; 4] {
    COMPANIONS.map(|suffix| {
        let mut path = database.as_os_str().to_owned();
        path.push(suffix);
        PathBuf::from(path)
    })
}

/// The folder of a file in which every user of the machine may replace it; `None` when there is no
/// such danger.
pub fn folder_open_to_others(path: &Path) -> Option<PathBuf> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mode = fs::metadata(folder).ok()?.mode();
    (mode & OTHERS_WRITE != 0 && mode & STICKY == 0).then(|| folder.to_owned())
}
