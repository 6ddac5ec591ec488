//! Opens the engines that the URLs name: the only reader of their schemes.

pub mod alipay;
mod key_file;
pub mod mock;
pub mod payments;
pub mod settings;
pub mod sms;
pub mod wechat;

use crate::{
    server::{
        cache::Cache,
        clock::Clock,
        config::{LegalSettings, Role, Serve},
        instance::Instance,
        lease::Lease,
        lock::{self, FileLock},
        payment::Payments,
        private_file,
        queue::Queue,
        rate_limit::RateLimit,
        redis::client::RedisClient,
        shop::state::Engines,
        signer::{SECRET_BYTES, Signer},
        store::{FOREIGN, Schema, Sharing, Store},
    },
    types::{
        document::{BadDocument, DOCUMENT_MAX, Document, Legal, Texts},
        typed::wrapped,
    },
};
use anyhow::{Context, bail, ensure};
use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseLocation {
    /// A file of SQLite.
    File(PathBuf),
    /// A database of PostgreSQL: the whole URL, which may hold a password.
    Database(String),
}

/// The place that `DATABASE_URL` names.
///
/// # Errors
/// Another scheme, or no path. What stands in the URL is not repeated: it may be a password.
pub fn place(url: &str) -> anyhow::Result<DatabaseLocation> {
    if let Some(fault) = wrapped(url) {
        bail!("DATABASE_URL: {fault}");
    }
    ensure!(
        !url.contains(char::is_control),
        "DATABASE_URL has a line break or another control character in it: take it out"
    );
    match url.split_once("://") {
        Some(("sqlite", path)) if path.ends_with('/') => bail!(
            "DATABASE_URL ends with /, as the name of a folder does: name the file in it, like sqlite://data/qiangke.db"
        ),
        // `~` is a shell's word, which it leaves alone behind `sqlite://`.
        Some(("sqlite", path))
            if !path.is_empty() && !path.contains('?') && !path.starts_with([':', '~']) =>
        {
            Ok(DatabaseLocation::File(PathBuf::from(path)))
        }
        Some(("sqlite", _)) => bail!(
            "DATABASE_URL: sqlite:// must be followed by a plain path, like sqlite://data/qiangke.db"
        ),
        Some(("postgres" | "postgresql", _)) => Ok(DatabaseLocation::Database(url.to_owned())),
        Some(_) | None => bail!(
            "DATABASE_URL is of no known kind: use sqlite://PATH or postgres://USER:PASSWORD@HOST:5432/DATABASE"
        ),
    }
}

/// A URL as it may be shown: without a password, and without what follows a `?`, where one may
/// stand, too.
pub fn shown(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default();
    match url
        .split_once("://")
        .and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?)))
    {
        Some((scheme, (who, place))) => format!(
            "{scheme}://{}@{place}",
            who.split(':').next().unwrap_or_default()
        ),
        None => url.to_owned(),
    }
}

/// The place of a database as an operator finds it: the whole path of a file, or a URL without its
/// password.
pub fn located(url: &str) -> String {
    match place(url) {
        Ok(DatabaseLocation::File(path)) => whole(&path).display().to_string(),
        Ok(DatabaseLocation::Database(_)) | Err(_) => shown(url),
    }
}

/// A path from the root on: a relative one depends on where a command is run.
fn whole(path: &Path) -> PathBuf {
    path.canonicalize()
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

/// Takes from every other user of the machine the right to read an SQLite file, which earlier
/// versions gave.
///
/// # Errors
/// The URL can't be used.
pub fn restrict_database(url: &str) -> anyhow::Result<Vec<String>> {
    match place(url)? {
        DatabaseLocation::File(path) => Ok(restrict_to_group(&path)),
        DatabaseLocation::Database(_) => Ok(Vec::new()),
    }
}

/// Leaves a file to its owner and group; gives what an operator should hear of it.
fn restrict_to_group(path: &Path) -> Vec<String> {
    // What stands beside an SQLite file stands beside the one that a symbolic link leads to.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    match private_file::take_from_others(path) {
        // What stands beside an open file has its rights, and may be made by this very process.
        Ok(restricted) => restricted
            .iter()
            .take(if restricted.first() == Some(path) {
                1
            } else {
                restricted.len()
            })
            .map(|path| {
                format!(
                    "{} was open to every user of this machine, and no longer is",
                    path.display()
                )
            })
            .collect(),
        Err(error) => vec![format!(
            "every user of this machine may read {} ({error}): run `chmod o= {0}*`",
            path.display()
        )],
    }
}

/// Takes the lock of an SQLite file; a database of PostgreSQL has any number of servers.
///
/// # Errors
/// There is no such file, it is empty, or another server has it.
pub fn lock(url: &str) -> anyhow::Result<Option<FileLock>> {
    let DatabaseLocation::File(path) = place(url)? else {
        return Ok(None);
    };
    assert_there(&path)?;
    FileLock::take(&path).map(Some)
}

/// Asserts that the file of a database exists, and has something in it.
///
/// # Errors
/// It does not, it is empty, or this user may not look.
pub fn assert_there(path: &Path) -> anyhow::Result<()> {
    assert_folders("DATABASE_URL", path)?;
    let is_there = path.try_exists().with_context(|| {
        format!(
            "{} can't be reached: run this as the user that the server runs as",
            whole(path).display()
        )
    })?;
    ensure!(
        is_there,
        "there is no database at {}: set DATABASE_URL to the shop's own, with its whole path, or make a new one by `qiangke migrate`",
        whole(path).display()
    );
    assert_file("DATABASE_URL", path)?;
    // Opened, an empty file would become a database.
    ensure!(
        fs::metadata(path).map_or(0, |found| found.len()) > 0,
        "{} is empty: set DATABASE_URL to the shop's own database, or make one of it by `qiangke migrate`",
        whole(path).display()
    );
    Ok(())
}

/// Asserts that what stands at a path is a file: a folder, a device or a pipe is nothing to write
/// rows or lines into.
fn assert_file(setting: &str, path: &Path) -> anyhow::Result<()> {
    ensure!(
        !path.to_string_lossy().starts_with('~'),
        "{setting}: ~ is not expanded here: write the whole path"
    );
    assert_folders(setting, path)?;
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => bail!(
            "{setting}: {} is a folder: name the file in it",
            whole(path).display()
        ),
        Ok(found) if !found.is_file() => {
            bail!("{setting}: {} is no file", whole(path).display())
        }
        // What is not there is made.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Asserts that no file stands in a path where a folder must be.
///
/// # Errors
/// One does; the message names it.
pub fn assert_folders(setting: &str, path: &Path) -> anyhow::Result<()> {
    let mut above = path
        .ancestors()
        .skip(1)
        .filter(|above| !above.as_os_str().is_empty());
    let lowest = above.find_map(|above| fs::metadata(above).ok().map(|found| (above, found)));
    match lowest {
        Some((above, found)) if !found.is_dir() => bail!(
            "{setting}: {} is a file, and can have nothing in it: name a folder there",
            whole(above).display()
        ),
        Some(_) | None => Ok(()),
    }
}

/// Asserts that a file that stands already is this program's own, before a lock file is made beside
/// it.
///
/// # Errors
/// It is another program's, or can't be read.
pub async fn assert_own(url: &str) -> anyhow::Result<()> {
    match place(url)? {
        DatabaseLocation::File(path) => {
            assert_there(&path)?;
            if lock::has_names(&path) {
                // The lock refuses it, and nothing of it may be opened.
                return Ok(());
            }
            let own = Store::assert_own_sqlite(&path).await;
            own.with_context(|| format!("the database {} can't be opened", path.display()))
        }
        DatabaseLocation::Database(_) => Ok(()),
    }
}

/// Opens the database.
///
/// # Errors
/// The URL can't be used, or the database can't be opened.
pub async fn open_store(url: &str) -> anyhow::Result<Store> {
    match place(url)? {
        DatabaseLocation::File(path) => {
            assert_file("DATABASE_URL", &path)?;
            lock::check_name(&path)?;
            let opened = Store::open_sqlite(&path).await;
            opened.with_context(|| format!("the database {} can't be opened", path.display()))
        }
        DatabaseLocation::Database(url) => Ok(Store::open_postgres(&url).await?),
    }
}

/// Opens the database and asserts that its tables are those of this program, and may be used.
///
/// # Errors
/// As [`open_store`]; or `qiangke migrate` has not run.
pub async fn open_migrated(url: &str) -> anyhow::Result<Store> {
    if let DatabaseLocation::File(path) = place(url)? {
        assert_there(&path)?;
    }
    let store = open_store(url).await?;
    match store
        .schema()
        .await
        .context("the database's version can't be read")?
    {
        Schema::Current => {}
        Schema::Behind => bail!(
            "the database's tables are older than this program, or not there: run `qiangke migrate` first"
        ),
        Schema::Ahead => bail!(
            "the database's tables are newer than this program: run the qiangke that made them, or a later one"
        ),
        Schema::Foreign => bail!(FOREIGN),
    }
    match store
        .table_without_privileges()
        .await
        .context("the rights to the tables can't be read")?
    {
        None => Ok(store),
        Some(table) => {
            bail!(
                "the role of DATABASE_URL may not read and write the table {table}: grant it select, insert, update and delete"
            )
        }
    }
}

/// What must hold of the database and of Redis together, before either is opened.
///
/// # Errors
/// They don't fit.
pub fn check_pair(config: &Serve, role: Role) -> anyhow::Result<()> {
    let is_file = matches!(
        place(&config.database.database_url)?,
        DatabaseLocation::File(_)
    );
    let alone = match role {
        Role::Both => None,
        Role::Web => Some((
            "NO_WORKER leaves the work to other servers",
            "leave NO_WORKER out",
        )),
        Role::Worker => Some((
            "`qiangke work` works beside servers that serve",
            "run `qiangke serve` alone, which works, too",
        )),
    };
    match alone {
        Some((what, otherwise)) if is_file || config.redis_url.is_none() => bail!(
            "{what}, and they share DATABASE_URL=postgres://… and REDIS_URL: give both, or {otherwise}"
        ),
        None if is_file && config.redis_url.is_some() => bail!(
            "REDIS_URL is for several instances, and an SQLite file has one: leave it out, or give DATABASE_URL=postgres://…"
        ),
        Some(_) | None => Ok(()),
    }
}

/// The queue, the caches and the limits that go with `REDIS_URL`, or with none. Unlocked, servers
/// share a database of PostgreSQL whatever their queues are.
///
/// # Errors
/// Redis can't be used; the message says why, and never the password.
pub async fn engines(
    config: &Serve,
    role: Role,
    store: Store,
    clock: Clock,
    payments: Payments,
    is_unlocked: bool,
) -> anyhow::Result<Engines> {
    let sharing = if config.redis_url.is_some() {
        Sharing::Together
    } else {
        Sharing::Alone
    };
    let instance = if is_unlocked {
        Instance::unlocked(sharing)
    } else {
        Instance::join(&store, sharing).await?
    };
    let cache = Cache::default();
    let Some(url) = &config.redis_url else {
        let queue = Queue::local(store.clone(), clock);
        return Ok(Engines {
            store,
            queue,
            cache,
            rate_limit: RateLimit::local(config.clicks_per_s),
            lease: Lease::Alone,
            instance,
            payments,
        });
    };
    tracing::info!("{}", crate::server::redis::check(url).await?);
    let link = RedisClient::new(url)?;
    let queue = Queue::redis(link.clone(), store.clone(), clock, role.works());
    Ok(Engines {
        store,
        queue,
        cache,
        rate_limit: RateLimit::redis(link, config.clicks_per_s),
        lease: Lease::shared(),
        instance,
        payments,
    })
}

/// What Redis says of itself; `None` when there is to be none.
///
/// # Errors
/// It can't be used.
pub async fn check_redis(config: &Serve) -> anyhow::Result<Option<String>> {
    match &config.redis_url {
        Some(url) => crate::server::redis::check(url).await.map(Some),
        None => Ok(None),
    }
}

/// Brings the tables up to date and makes the signing key, once.
///
/// # Errors
/// The database can't be written, or no randomness can be had.
pub async fn migrate(store: &Store) -> anyhow::Result<()> {
    let secret = new_secret()?;
    match store
        .schema()
        .await
        .context("the database's version can't be read")?
    {
        Schema::Current | Schema::Behind => store
            .migrate(&secret)
            .await
            .context("the tables can't be brought up to date"),
        Schema::Ahead => {
            bail!("the database's tables are newer than this program: nothing was changed")
        }
        Schema::Foreign => bail!(FOREIGN),
    }
}

/// A new key.
///
/// # Errors
/// No randomness can be had.
pub fn new_secret() -> anyhow::Result<[u8; SECRET_BYTES]> {
    let mut secret = [0_u8; SECRET_BYTES];
    getrandom::fill(&mut secret).context("the system gives no random bytes")?;
    Ok(secret)
}

/// The signer with the database's keys.
///
/// # Errors
/// There is no key, or one is too short.
pub async fn signer(store: &Store) -> anyhow::Result<Signer> {
    let keys = store.keys().await?;
    ensure!(
        !keys.is_empty(),
        "the database has no signing key: run `qiangke migrate`"
    );
    Signer::of(keys).context("a signing key of the database is too short, or none signs")
}

/// Checks the file of a database.
///
/// # Errors
/// The file is damaged.
pub async fn check_file(store: &Store) -> anyhow::Result<()> {
    match store.quick_check().await?.as_str() {
        "ok" => Ok(()),
        damage => {
            bail!(
                "the database is damaged ({damage}): restore it from a backup before you serve it"
            )
        }
    }
}

/// The operator's documents.
///
/// # Errors
/// A file can't be read or shown; the message names the setting.
pub fn legal(config: &Serve) -> anyhow::Result<Legal> {
    let LegalSettings {
        privacy_file,
        privacy_file_en,
        terms_file,
        terms_file_en,
    } = &config.legal;
    Ok(Legal {
        privacy: Texts {
            zh: document("PRIVACY_FILE", privacy_file.as_deref())?,
            en: document("PRIVACY_FILE_EN", privacy_file_en.as_deref())?,
        },
        terms: Texts {
            zh: document("TERMS_FILE", terms_file.as_deref())?,
            en: document("TERMS_FILE_EN", terms_file_en.as_deref())?,
        },
        session_days: config.session_days,
    })
}

fn document(setting: &str, path: Option<&Path>) -> anyhow::Result<Option<Document>> {
    let Some(path) = path else { return Ok(None) };
    let read = || -> anyhow::Result<Document> {
        let mut bytes = Vec::new();
        // One byte more than may be, to know that there is more.
        File::open(path)?
            .take(DOCUMENT_MAX as u64 + 1)
            .read_to_end(&mut bytes)?;
        ensure!(bytes.len() <= DOCUMENT_MAX, BadDocument::TooLong);
        let text = String::from_utf8(bytes).context("it is no UTF-8 text")?;
        Ok(Document::parse(&text)?)
    };
    read()
        .map(Some)
        .with_context(|| format!("{setting}: {} can't be shown", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_password() {
        for (url, text) in [
            ("sqlite://data/qiangke.db", "sqlite://data/qiangke.db"),
            ("postgres://db.example/shop", "postgres://db.example/shop"),
            (
                "postgres://shop@db.example:5433/shop",
                "postgres://shop@db.example:5433/shop",
            ),
            (
                "postgres://shop:p@ss:word@db.example/shop?sslmode=require&password=x",
                "postgres://shop@db.example/shop",
            ),
        ] {
            assert_eq!(shown(url), text);
        }
    }

    #[test]
    fn a_path_with_a_tilde_is_not_made_a_folder_of_that_name() {
        let refused = assert_file("SMS_OUTBOX", Path::new("~/codes"));
        let why = refused.expect_err("refused").to_string();
        assert!(why.contains("~ is not expanded"), "{why}");
        assert!(assert_file("SMS_OUTBOX", Path::new("data/~codes")).is_ok());
    }

    #[test]
    fn a_url_of_no_known_kind_is_not_repeated() {
        for url in [
            "mysql://shop:secret@db/shop",
            "postgres:shop:secret@db",
            "secret",
            "sqlite://",
            "sqlite://:memory:",
            "sqlite://~/secret.db",
            "",
        ] {
            let error = place(url).expect_err(url).to_string();
            assert!(
                error.starts_with("DATABASE_URL") && !error.contains("secret"),
                "{error}"
            );
        }
    }
}
