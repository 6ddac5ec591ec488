//! `qiangke doctor`: can this machine and these settings serve?

use crate::server::{
    boot::{self, DatabaseLocation, settings},
    config::{Serve, SmsProvider},
    http::{self, Assets},
    output::{Output, counted},
    private_file,
    store::Store,
};
use ::http::{Request, header};
use anyhow::{Context, anyhow, bail, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};
use tokio::net::TcpStream;

/// How long whoever has taken an address may take to say what it is.
const WAIT: Duration = Duration::from_secs(2);
/// Pictures that a note names.
const NAMED_MAX: usize = 5;
/// Bytes of that answer at most.
const ANSWER_MAX: usize = 4_096;

/// Checks every part that `serve` needs, and says of each whether it is right, or what to do.
///
/// # Errors
/// Something is not right.
pub async fn run(config: &Serve, output: &mut Output) -> anyhow::Result<()> {
    let mut report = Findings { output, wrong: 0 };
    check_settings(config, &mut report);
    let assets = Assets::load(config);
    report.say("site", site(config, &assets));
    report.say(
        "pair",
        boot::check_pair(config, config.role()).map(|()| "the database and Redis fit".into()),
    );
    report.say(
        "redis",
        boot::check_redis(config)
            .await
            .map(|found| found.unwrap_or_else(|| "none: this is the only instance".into())),
    );
    report.say(
        "sms",
        boot::sms::check(&config.sms).map(|()| match config.sms.provider {
            SmsProvider::File => format!("codes go to {}", config.sms.outbox.display()),
            SmsProvider::Tencent => "Tencent".into(),
        }),
    );
    report.say(
        "payments",
        boot::mock::choice(config).map(|choice| choice.to_string()),
    );
    report.say("alipay", boot::alipay::described(config));
    report.say("wechat", boot::wechat::described(config));
    if !boot::payments::are_set_up(config) {
        report.note(
            "nobody can pay: no provider is set up, so that what has a price can be held and not paid; docs/payments.md says how",
        );
    }
    report.say(
        "documents",
        boot::legal(config).map(|_| "privacy and terms can be shown".into()),
    );
    report.say("files", files(config));
    match boot::open_migrated(&config.database.database_url).await {
        Err(error) => report.say("database", Err(error)),
        Ok(store) => {
            let store = super::opened(store);
            check_database(config, &store, &mut report).await;
            if let Ok(assets) = &assets {
                check_pictures(&store, assets, &mut report).await;
            }
        }
    }
    report.say("CONNECTIONS_MAX", connections(config));
    for (what, address) in [
        ("LISTEN", config.listen),
        ("METRICS_LISTEN", config.metrics_listen),
    ] {
        report.say(what, check_address(address, config.metrics_listen).await);
    }
    if report.wrong > 0 {
        bail!(
            "{} not right",
            counted(report.wrong, "thing is", "things are")
        );
    }
    Ok(())
}

/// What the settings allow, which were given, and what is risky about them.
fn check_settings(config: &Serve, report: &mut Findings<'_>) {
    let warnings = settings::check(config, config.role());
    report.say(
        "settings",
        warnings
            .as_ref()
            .map(|_| config.base_url())
            .map_err(|error| anyhow!("{error:#}")),
    );
    report.say("given", Ok(given(config)));
    for warning in warnings.unwrap_or_default() {
        report.note(&warning);
    }
}

/// Checks a database that could be opened. One that fails a check may pass the next ones.
async fn check_database(config: &Serve, store: &Store, report: &mut Findings<'_>) {
    report.say(
        "database",
        boot::check_file(store)
            .await
            .map(|()| boot::located(&config.database.database_url)),
    );
    report.say("durability", durability(store).await);
    report.say(
        "signing key",
        boot::signer(store).await.map(|_| "present".into()),
    );
    report.say("audit", audit(store).await);
    report.say("catalogue", catalogue(store).await);
}

/// Notes pictures of the catalogue that no visitor sees, since the site has no such file.
async fn check_pictures(store: &Store, assets: &Assets, report: &mut Findings<'_>) {
    let mut missing = match store.pictures().await {
        Ok(pictures) => pictures,
        Err(error) => return report.say("pictures", Err(error.into())),
    };
    missing.retain(|path| !assets.has(&format!("/media/{path}")));
    if missing.is_empty() {
        return report.say("pictures", Ok("the site has those that are shown".into()));
    }
    let named: Vec<_> = missing.iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = match missing.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    report.note(&format!(
        "{} below media/ in LEPTOS_SITE_ROOT: {}{more}",
        counted(
            missing.len(),
            "picture that is shown is not there",
            "pictures that are shown are not there"
        ),
        named.join(", ")
    ));
}

/// Whether the site was built.
fn site(config: &Serve, assets: &anyhow::Result<Assets>) -> anyhow::Result<String> {
    let root = config.site_root.display();
    let assets = assets.as_ref().map_err(|error| anyhow!("{error:#}"))?;
    let wasm = assets.pkg(".wasm").with_context(|| {
        format!("there is no pkg/qiangke.wasm in {root}: run `make build`, or set LEPTOS_SITE_ROOT")
    })?;
    Ok(format!("{root} with {wasm}"))
}

/// Whether a power cut costs no accepted ticket.
async fn durability(store: &Store) -> anyhow::Result<String> {
    match store.weakness().await? {
        None => Ok(store.durability().into()),
        Some(setting) => {
            bail!("PostgreSQL runs with {setting} off, a power cut may lose tickets: turn it on")
        }
    }
}

/// Whether every invariant holds.
async fn audit(store: &Store) -> anyhow::Result<String> {
    match store.audit().await?.first() {
        None => Ok("every invariant holds".into()),
        Some(finding) => bail!("{}: {}", finding.invariant, finding.example),
    }
}

/// Whether a course is shown.
async fn catalogue(store: &Store) -> anyhow::Result<String> {
    ensure!(
        !store.course_ids(1).await?.is_empty(),
        "no course is shown: `qiangke import FILE` takes yours; seed/courses.sql of the source has three to try out"
    );
    Ok("there are courses".into())
}

/// Whether the limit of open files leaves room for the connections.
fn connections(config: &Serve) -> anyhow::Result<String> {
    let (allowed, wanted) = (http::connections_allowed(), config.connections_max);
    ensure!(
        allowed >= u64::from(wanted),
        "the limit of open files leaves room for {allowed} of {wanted}: raise it (ulimit -n, LimitNOFILE)"
    );
    Ok(format!("{wanted} fit into the limit of open files"))
}

/// What was found so far.
struct Findings<'a> {
    output: &'a mut Output,
    wrong: usize,
}

impl Findings<'_> {
    fn say(&mut self, what: &str, outcome: anyhow::Result<String>) {
        match outcome {
            Ok(text) => self.output.line(format_args!("ok     {what}: {text}")),
            Err(error) => {
                self.wrong += 1;
                self.output.line(format_args!("WRONG  {what}: {error:#}"));
            }
        }
    }

    fn note(&mut self, warning: &str) {
        self.output.line(format_args!("note   {warning}"));
    }
}

/// Where the settings come from: an operator who forgot to read a file of them sees defaults.
fn given(config: &Serve) -> String {
    match config.given().names.as_slice() {
        [] => "nothing, every setting has its default (the program reads flags and its environment, and no file)".into(),
        names => format!("{}; all others have their defaults", names.join(", ")),
    }
}

/// Whether an address can be served at, or is served at already: by a server with the same
/// METRICS_LISTEN.
async fn check_address(address: SocketAddr, metrics: SocketAddr) -> anyhow::Result<String> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(format!("{address} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            match tokio::time::timeout(WAIT, version_at(metrics)).await {
                Ok(Ok(version)) => Ok(format!(
                    "{address} is taken, and a server of qiangke {version} runs here"
                )),
                Ok(Err(_)) | Err(_) => {
                    bail!(
                        "{address} is taken, and no server of qiangke answers at {metrics}: which other program is there?"
                    )
                }
            }
        }
        Err(error) => Err(error).with_context(|| format!("{address} can't be listened on")),
    }
}

/// The version of the server whose metrics are there.
async fn version_at(metrics: SocketAddr) -> anyhow::Result<String> {
    let (mut sender, connection) =
        handshake(TokioIo::new(TcpStream::connect(metrics).await?)).await?;
    // It ends with the one answer; an error of it is an error of that.
    tokio::spawn(async move { drop(connection.await) });
    let request = Request::get("/healthz")
        .header(header::HOST, metrics.to_string())
        .body(Empty::<Bytes>::new())?;
    let answer = sender.send_request(request).await?.into_body();
    let body = Limited::new(answer, ANSWER_MAX)
        .collect()
        .await
        .map_err(|error| anyhow!("{error}"))?
        .to_bytes();
    let health: Value = serde_json::from_slice(&body)?;
    ensure!(health["durability"].is_string(), "another program's answer");
    health["version"]
        .as_str()
        .map(str::to_owned)
        .context("no version")
}

/// Whether other users of the machine are kept from the files of the database and of codes.
fn files(config: &Serve) -> anyhow::Result<String> {
    let database = match boot::place(&config.database.database_url)? {
        DatabaseLocation::File(path) => Some(path),
        DatabaseLocation::Database(_) => None,
    };
    let outbox = (config.sms.provider == SmsProvider::File).then(|| config.sms.outbox.clone());
    let files: Vec<_> = database.into_iter().chain(outbox).collect();
    let open = files
        .iter()
        .flat_map(|path| private_file::open_to_others(path));
    let names: Vec<_> = open.map(|path| path.display().to_string()).collect();
    ensure!(
        names.is_empty(),
        "every user of this machine may read or write {}: run `chmod o=` on them",
        names.join(", ")
    );
    if let Some(folder) = files
        .iter()
        .find_map(|path| private_file::folder_open_to_others(path))
    {
        bail!(
            "every user of this machine may replace files in {}: run `chmod o-w` on it",
            folder.display()
        );
    }
    Ok("other users of this machine read none of them".into())
}
