//! Checks of the settings before anything is opened: settings with which no client could be served
//! are refused, and likely mistakes are warned of.

use super::{DatabaseLocation, place, whole};
use crate::server::{
    config::{Role, Serve, SmsProvider, secret_warning},
    private_file,
    store::Store,
};
use anyhow::{bail, ensure};
use std::net::SocketAddr;

/// Checks the settings of an instance, and gives what an operator should hear.
///
/// # Errors
/// Settings that can serve nobody; the message says what to set.
pub fn check(config: &Serve, role: Role) -> anyhow::Result<Vec<String>> {
    if role.serves() {
        check_address(config)?;
        ensure!(
            !is_one_listener(config.listen, config.metrics_listen),
            "LISTEN and METRICS_LISTEN would both be {}: give each a port of its own",
            config.metrics_listen
        );
    }
    ensure!(
        !config.demo || (config.listen.ip().is_loopback() && config.is_loopback()),
        "DEMO shows a browser on this machine its sign-in codes: it is for loopback only, but LISTEN is {} and PUBLIC_URL {}",
        config.listen,
        config.base_url()
    );
    ensure!(
        config.hsts_s == 0 || is_https(config),
        "HSTS_S tells browsers to come by TLS only: set PUBLIC_URL to the shop's https address, or leave HSTS_S out"
    );
    ensure!(
        !config.demo || config.sms.provider == SmsProvider::File,
        "DEMO shows the outbox of SMS_PROVIDER=file; with another provider there is none"
    );
    super::mock::check(config)?;
    ensure!(
        !is_outbox_of_database(config),
        "SMS_OUTBOX names the database's own file: codes would be written into it"
    );
    check_lessons(config)?;
    check_private(config)?;
    let is_open = role.serves() && !config.listen.ip().to_canonical().is_loopback();
    let warnings = [
        address(config, is_open),
        metrics(config),
        proxies(config),
        codes(config, is_open),
        database(config),
        redis(config),
        super::sms::warning(&config.sms),
        documents(config, role),
        super::alipay::warning(config),
        super::wechat::warning(config),
        secret_warning(&config.given().secret_flags),
    ];
    Ok(warnings.into_iter().flatten().collect())
}

/// Whether two listeners would take one port of one address. Port 0 is any that is free.
fn is_one_listener(one: SocketAddr, other: SocketAddr) -> bool {
    // What listens on all of IPv6 listens on all of IPv4, too.
    let holds = |all: SocketAddr, part: SocketAddr| {
        all.ip() == part.ip() || (all.ip().is_unspecified() && (all.is_ipv6() || part.is_ipv4()))
    };
    one.port() == other.port() && one.port() != 0 && (holds(one, other) || holds(other, one))
}

/// Where lessons come from.
fn check_lessons(config: &Serve) -> anyhow::Result<()> {
    let lessons = &config.lessons;
    if let Some(folder) = lessons.lessons_dir.as_deref() {
        ensure!(
            folder.is_dir(),
            "LESSONS_DIR: there is no folder {}, or this user may not look into it",
            whole(folder).display()
        );
    }
    ensure!(
        lessons.vod_host.is_some() == lessons.vod_key.is_some(),
        "VOD_HOST and VOD_KEY go together: set both, or none"
    );
    Ok(())
}

/// What is not for everybody stands apart from the site's folder, whose files every visitor gets. A
/// worker serves no site.
fn check_private(config: &Serve) -> anyhow::Result<()> {
    let site = whole(&config.site_root);
    let database = match place(&config.database.database_url) {
        Ok(DatabaseLocation::File(path)) => Some(path),
        Ok(DatabaseLocation::Database(_)) | Err(_) => None,
    };
    let outbox = (config.sms.provider == SmsProvider::File).then(|| config.sms.outbox.clone());
    for (setting, path) in [
        ("LESSONS_DIR", config.lessons.lessons_dir.clone()),
        ("DATABASE_URL", database),
        ("SMS_OUTBOX", outbox),
    ] {
        // A file that is not there yet has a folder.
        let stands = path.is_some_and(|path| {
            let whole = whole(&path);
            let above = path.parent().map(super::whole);
            whole.starts_with(&site) || above.is_some_and(|above| above.starts_with(&site))
        });
        ensure!(
            !stands,
            "{setting} lies in LEPTOS_SITE_ROOT, {}, and every visitor gets the files of that: name a place apart from it",
            site.display()
        );
    }
    Ok(())
}

/// Texts that the shop's operator has to write.
fn documents(config: &Serve, role: Role) -> Option<String> {
    let is_missing = config.legal.privacy_file.is_none() || config.legal.terms_file.is_none();
    (role.serves() && !config.is_loopback() && is_missing)
        .then(|| "PRIVACY_FILE, TERMS_FILE: the shop's own texts don't say who runs it, as the law asks: write yours".into())
}

/// Where students come to.
fn check_address(config: &Serve) -> anyhow::Result<()> {
    if config.public_url.is_none() && !config.listen.ip().is_loopback() {
        bail!(
            "LISTEN={} lets other machines in, and PUBLIC_URL does not say by which address: set it to what students type, like \
             PUBLIC_URL=https://shop.example, or listen on loopback",
            config.listen
        );
    }
    ensure!(
        is_https(config) || config.is_loopback(),
        "PUBLIC_URL={} is no https address: browsers bring a session's cookie by TLS only, so that nobody could sign in. Put TLS in \
         front, also in a school's own network, and set PUBLIC_URL to its https address",
        config.base_url()
    );
    Ok(())
}

fn is_https(config: &Serve) -> bool {
    config.base_url().starts_with("https://")
}

/// Whether other machines are let in by an address that is only this machine's.
fn address(config: &Serve, is_open: bool) -> Option<String> {
    (is_open && config.is_loopback()).then(|| {
        format!(
            "LISTEN={} lets other machines in, but PUBLIC_URL={} is only this machine's: whoever comes from another one brings the session's \
             cookie without TLS, and is led to addresses that are not there. Listen on loopback, or put TLS in front and set PUBLIC_URL to its \
             https address",
            config.listen,
            config.base_url()
        )
    })
}

fn metrics(config: &Serve) -> Option<String> {
    let address = config.metrics_listen;
    (!address.ip().is_loopback()).then(|| {
        format!("METRICS_LISTEN={address} is not on loopback: whoever reaches it reads the metrics")
    })
}

fn proxies(config: &Serve) -> Option<String> {
    let trusts_all = config
        .trusted_proxies
        .iter()
        .any(|net| net.prefix_len() == 0);
    trusts_all.then(|| "TRUSTED_PROXIES names everybody: each client writes the address that its limits are counted for".into())
}

fn codes(config: &Serve, is_open: bool) -> Option<String> {
    let nobody_gets_them =
        (is_open || is_https(config)) && config.sms.provider == SmsProvider::File;
    nobody_gets_them.then(|| {
        let outbox = config.sms.outbox.display();
        format!("SMS_PROVIDER=file: students get no SMS, and whoever reads {outbox} can sign in as any of them")
    })
}

fn database(config: &Serve) -> Option<String> {
    let host = Store::unverified_host(&config.database.database_url)?;
    Some(format!(
        "DATABASE_URL leads to {host} without a check of who answers: whoever sits in between reads and changes everything. \
         Add sslmode=verify-full, and sslrootcert=FILE for an authority of your own"
    ))
}

fn redis(config: &Serve) -> Option<String> {
    let host = crate::server::redis::plain_host(config.redis_url.as_deref()?)?;
    Some(format!(
        "REDIS_URL leads to {host} unencrypted, which is all that this program speaks: keep it in a private network, or lead a tunnel with TLS \
         (stunnel, SSH) to loopback"
    ))
}

/// Whether the file of codes is that of the database, or one that SQLite writes beside it.
fn is_outbox_of_database(config: &Serve) -> bool {
    let Ok(DatabaseLocation::File(database)) = place(&config.database.database_url) else {
        return false;
    };
    config.sms.provider == SmsProvider::File
        && private_file::with_companions(&whole(&database)).contains(&whole(&config.sms.outbox))
}
