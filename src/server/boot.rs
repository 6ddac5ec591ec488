//! Opens the engines that the URLs name: the only reader of their schemes.

use crate::server::{
    config::{Serve, SmsProvider, SmsSettings},
    signer::{SECRET_BYTES, Signer},
    sms::{
        Sms,
        file::Outbox,
        tencent::{ENDPOINT, TIMEOUT, Tencent, TencentConfig},
    },
    store::{Guard, Store},
};
use anyhow::{Context, bail};
use std::path::PathBuf;

/// The record's file, from `sqlite://PATH`.
///
/// # Errors
/// Another scheme, or no path.
pub fn sqlite_path(url: &str) -> anyhow::Result<PathBuf> {
    match url.split_once("://") {
        Some(("sqlite", path)) if !path.is_empty() && !path.contains('?') => Ok(PathBuf::from(path)),
        Some(("sqlite", _)) => bail!("DATABASE_URL: sqlite:// must be followed by a plain path, like sqlite://data/qiangke.db"),
        Some((scheme, _)) => bail!("DATABASE_URL: the scheme {scheme}:// is not known; use sqlite://PATH"),
        None => bail!("DATABASE_URL: {url:?} is not a URL; use sqlite://PATH"),
    }
}

/// Opens the record.
///
/// # Errors
/// The URL can't be used, or the record can't be opened.
pub async fn open_store(url: &str, guard: Guard) -> anyhow::Result<Store> {
    let path = sqlite_path(url)?;
    Store::open_sqlite(&path, guard).await.with_context(|| format!("the record {} can't be opened", path.display()))
}

/// Opens the record and asserts that its tables are those of this program.
///
/// # Errors
/// As [`open_store`]; or `qiangke migrate` has not run.
pub async fn open_migrated(url: &str, guard: Guard) -> anyhow::Result<Store> {
    let path = sqlite_path(url)?;
    if !path.exists() {
        bail!("there is no record at {}: run `qiangke migrate` first, or set DATABASE_URL", path.display());
    }
    let store = open_store(url, guard).await?;
    if !store.is_migrated().await.context("the record's version can't be read")? {
        bail!("the record's tables are not those of this version: run `qiangke migrate` first");
    }
    Ok(store)
}

/// Brings the tables up to date and makes the signing key, once.
///
/// # Errors
/// The record can't be written, or no randomness can be had.
pub async fn migrate(store: &Store) -> anyhow::Result<()> {
    let mut secret = [0_u8; SECRET_BYTES];
    getrandom::fill(&mut secret).context("the system gives no random bytes")?;
    store.migrate(&secret).await.context("the tables can't be brought up to date")
}

/// The signer with the record's key.
///
/// # Errors
/// There is no key, or it is too short.
pub async fn signer(store: &Store) -> anyhow::Result<Signer> {
    let secret = store.signing_secret().await?.context("the record has no signing key: run `qiangke migrate`")?;
    Signer::new(secret).context("the record's signing key is too short")
}

/// What must hold of the settings before anything is opened.
///
/// # Errors
/// A setting that can't be used.
pub fn check(config: &Serve) -> anyhow::Result<()> {
    if config.demo && !(config.listen.ip().is_loopback() && config.is_loopback()) {
        bail!(
            "DEMO shows everybody's sign-in codes: it is for loopback only, but LISTEN is {} and PUBLIC_URL {}",
            config.listen,
            config.base_url()
        );
    }
    if config.demo && config.sms.provider != SmsProvider::File {
        bail!("DEMO shows the outbox of SMS_PROVIDER=file; with another provider there is none");
    }
    if !config.metrics_listen.ip().is_loopback() {
        tracing::warn!(address = %config.metrics_listen, "metrics are not on loopback: whoever reaches this address reads them");
    }
    Ok(())
}

/// Checks the file of a record whose last server did not end in order.
///
/// # Errors
/// The file is damaged.
pub async fn check_file(store: &Store) -> anyhow::Result<()> {
    tracing::info!("the last server did not end in order: checking the record");
    match store.quick_check().await?.as_str() {
        "ok" => Ok(()),
        damage => bail!("the record is damaged ({damage}): restore it from a backup before you serve it"),
    }
}

/// Who sends SMS.
///
/// # Errors
/// A setting of the provider is missing.
pub fn sms(settings: &SmsSettings) -> anyhow::Result<Sms> {
    match settings.provider {
        SmsProvider::File => {
            let path = settings.outbox.clone();
            Outbox::open(path).map(Sms::File).with_context(|| format!("SMS_OUTBOX: {} can't be written", settings.outbox.display()))
        }
        SmsProvider::Tencent => {
            let need = |name: &str, value: &Option<String>| {
                value.clone().filter(|value| !value.is_empty()).with_context(|| format!("SMS_PROVIDER=tencent needs {name}"))
            };
            let config = TencentConfig {
                secret_id: need("TENCENT_SECRET_ID", &settings.tencent_secret_id)?,
                secret_key: need("TENCENT_SECRET_KEY", &settings.tencent_secret_key)?,
                region: settings.tencent_region.clone(),
                sdk_app_id: need("TENCENT_SMS_APP_ID", &settings.tencent_app_id)?,
                sign_name: need("TENCENT_SMS_SIGN_NAME", &settings.tencent_sign_name)?,
                template_id: need("TENCENT_SMS_TEMPLATE_ID", &settings.tencent_template_id)?,
                endpoint: ENDPOINT.into(),
                timeout: TIMEOUT,
            };
            Ok(Sms::Tencent(Tencent::new(config)?))
        }
    }
}
