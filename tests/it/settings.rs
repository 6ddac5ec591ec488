//! Settings: those that can serve nobody are refused, empty ones are none, and every one of them
//! stands in .env.example.

use crate::PROGRAM;
use clap::{CommandFactory, Parser};
use qiangke::server::{
    boot::{payments, settings},
    commands::{self, Cli},
    config::Role,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    process::Output,
};
use support::app::TestApp;

/// `qiangke doctor` with these variables of the environment, and no others.
fn doctor(environment: &[(&str, &str)]) -> Output {
    let mut command = PROGRAM.command();
    command
        .arg("doctor")
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .expect("it runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What the shop says of its settings, with an operator's own texts: refusal or warnings.
fn check(flags: &[&str], role: Role) -> Result<Vec<String>, String> {
    judged(
        &[
            &["--privacy-file", "privacy.md", "--terms-file", "terms.md"],
            flags,
        ]
        .concat(),
        role,
    )
}

fn judged(flags: &[&str], role: Role) -> Result<Vec<String>, String> {
    let line = ["qiangke", "serve"].iter().chain(flags);
    match Cli::try_parse_from(line).expect("flags").command {
        commands::Command::Serve(config) => {
            let warnings = settings::check(&config, role);
            let warnings =
                warnings.and_then(|warnings| payments::check(&config).map(|()| warnings));
            warnings.map_err(|error| error.to_string())
        }
        _ => unreachable!("the command line says serve"),
    }
}

#[test]
fn one_address_for_two_listeners_is_refused() {
    let flags = [
        "--listen",
        "127.0.0.1:20311",
        "--metrics-listen",
        "127.0.0.1:20311",
    ];
    let why = check(&flags, Role::Both).expect_err("it is one address");
    assert!(why.contains("LISTEN and METRICS_LISTEN"), "{why}");
    for (listen, metrics) in [
        ("0.0.0.0:20311", "127.0.0.1:20311"),
        ("[::]:20311", "127.0.0.1:20311"),
        ("127.0.0.1:20311", "0.0.0.0:20311"),
    ] {
        let flags = [
            "--listen",
            listen,
            "--metrics-listen",
            metrics,
            "--public-url",
            "https://shop.example",
        ];
        let why = check(&flags, Role::Both).expect_err("one is a part of the other");
        assert!(why.contains("LISTEN and METRICS_LISTEN"), "{why}");
    }
    // The system gives each a port of its own.
    let any = ["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"];
    check(&any, Role::Both).expect("two ports");
}

#[test]
fn an_address_that_students_cannot_use_is_refused() {
    let serve = |flags: &[&str]| check(flags, Role::Both);
    let refused = |flags: &[&str], what: &str| {
        let why = serve(flags).expect_err(what);
        assert!(why.contains(what), "{flags:?}: {why}");
    };
    for listen in ["0.0.0.0:3000", "[::]:3000", "192.168.1.20:3000"] {
        refused(&["--listen", listen], "set it to what students type");
        assert_eq!(
            serve(&[
                "--listen",
                listen,
                "--public-url",
                "https://shop.example",
                "--sms-provider",
                "tencent"
            ]),
            Ok(Vec::new())
        );
        for url in [
            "http://127.0.0.1:8080",
            "http://localhost",
            "http://[::1]:3000",
        ] {
            let warnings = serve(&["--listen", listen, "--public-url", url])
                .expect("it serves, as in a container");
            let [address, codes] = warnings.as_slice() else {
                panic!("{listen}, {url}: {warnings:?}")
            };
            assert!(
                address.contains("lets other machines in") && address.contains(url),
                "{address}"
            );
            assert!(codes.contains("SMS_PROVIDER=file"), "{codes}");
            let warnings = serve(&[
                "--listen",
                listen,
                "--public-url",
                url,
                "--sms-provider",
                "tencent",
            ])
            .expect("it serves");
            assert!(
                warnings.len() == 1 && warnings[0].contains("lets other machines in"),
                "{warnings:?}"
            );
            assert_eq!(
                check(&["--listen", listen, "--public-url", url], Role::Worker),
                Ok(Vec::new()),
                "nobody comes to a worker"
            );
        }
        assert_eq!(
            check(&["--listen", listen], Role::Worker),
            Ok(Vec::new()),
            "nobody comes to a worker"
        );
    }
    for listen in ["127.0.0.1:3000", "[::1]:3000", "[::ffff:127.0.0.1]:3000"] {
        assert_eq!(
            serve(&["--listen", listen, "--public-url", "http://localhost:8080"]),
            Ok(Vec::new()),
            "behind a proxy on loopback"
        );
    }
    for url in [
        "http://shop.example",
        "http://192.168.1.20:3000",
        "http://10.0.0.7",
    ] {
        refused(
            &["--listen", "0.0.0.0:3000", "--public-url", url],
            "is no https address",
        );
    }
    for url in [
        "shop.example",
        "ftp://shop.example",
        "https://shop.example/shop",
        "https://u:p@shop.example",
        "http://0.0.0.0:3000",
    ] {
        let output = doctor(&[("PUBLIC_URL", url)]);
        assert!(
            !output.status.success() && said(&output).contains("--public-url"),
            "{url}: {}",
            said(&output)
        );
    }
}

#[test]
fn a_log_of_no_level_and_a_url_with_a_blank_are_refused() {
    for log in [
        "warning",
        "verbose",
        "err",
        "all",
        "info,notice",
        "warn,qiangke=loud",
        "qiangke:debug",
        "warn;qiangke=debug",
        "=debug",
        "a=b=debug",
    ] {
        let output = doctor(&[("LOG", log)]);
        assert!(
            !output.status.success() && said(&output).contains("is no level"),
            "{log}: {}",
            said(&output)
        );
    }
    for log in [
        "warn",
        "INFO",
        "warn,qiangke=debug",
        "qiangke::server",
        "off",
        " info ",
        "warn, qiangke=debug",
        "qiangke[click]=debug",
    ] {
        assert!(
            !said(&doctor(&[("LOG", log)])).contains("is no level"),
            "{log}"
        );
    }
    for url in ["sqlite://data/qiangke.db ", "sqlite://data/qiangke.db\r"] {
        let output = doctor(&[("DATABASE_URL", url)]);
        assert!(
            !output.status.success() && said(&output).contains("take it out"),
            "{url:?}: {}",
            said(&output)
        );
    }
}

#[test]
fn what_a_value_is_wrong_by_is_named() {
    for (name, value, why) in [
        ("PUBLIC_URL", "\"https://shop.example\"", "leave them out"),
        ("PUBLIC_URL", "'https://shop.example'", "leave them out"),
        (
            "PUBLIC_URL",
            " https://shop.example",
            "a blank before or behind",
        ),
        (
            "PUBLIC_URL",
            "https://shop.example ",
            "a blank before or behind",
        ),
        (
            "PUBLIC_URL",
            "https://shop.example:70000",
            "70000 is no port",
        ),
        (
            "PUBLIC_URL",
            "https://shop.example,https://www.shop.example",
            "no list",
        ),
        ("REDIS_URL", "rediss://127.0.0.1", "no TLS"),
        ("LISTEN", "\"127.0.0.1:3000\"", "leave them out"),
        ("LISTEN", "127.0.0.1:3000 ", "a blank before or behind"),
        ("LISTEN", "127.0.0.1:99999", "they end with 65535"),
        ("METRICS_LISTEN", "127.0.0.1:65536", "65536 is no port"),
        ("SESSION_DAYS", "\"30\"", "leave them out"),
        ("DEMO", "'true'", "leave them out"),
        ("DATABASE_URL", "\"sqlite://shop.db\"", "leave them out"),
        (
            "DATABASE_URL",
            " sqlite://shop.db",
            "a blank before or behind",
        ),
        (
            "DATABASE_URL",
            "sqlite://data/",
            "as the name of a folder does",
        ),
        (
            "DATABASE_URL",
            "sqlite:///dev/null/shop.db",
            "/dev/null is a file",
        ),
        ("SMS_OUTBOX", "/dev/null/codes", "/dev/null is a file"),
        ("REDIS_URL", "\"redis://127.0.0.1\"", "leave them out"),
        (
            "REDIS_URL",
            "redis://127.0.0.1 ",
            "a blank before or behind",
        ),
    ] {
        let output = doctor(&[(name, value)]);
        assert!(
            !output.status.success() && said(&output).contains(why),
            "{name}={value:?}: {}",
            said(&output)
        );
    }
}

#[test]
fn one_half_of_a_shop_names_both_urls_that_it_needs() {
    const POSTGRES: (&str, &str) = ("DATABASE_URL", "postgres://127.0.0.1:1/shop");
    const REDIS: (&str, &str) = ("REDIS_URL", "redis://127.0.0.1:1");
    const FILE: (&str, &str) = ("DATABASE_URL", "sqlite://shop.db");
    for given in [&[FILE][..], &[FILE, REDIS], &[POSTGRES]] {
        for (command, alone, otherwise) in [
            ("work", None, "run `qiangke serve` alone"),
            ("serve", Some(("NO_WORKER", "true")), "leave NO_WORKER out"),
            ("doctor", Some(("NO_WORKER", "true")), "leave NO_WORKER out"),
        ] {
            let output = PROGRAM
                .command()
                .arg(command)
                .env_clear()
                .envs(given.iter().copied().chain(alone))
                .output()
                .expect("it runs");
            let said = said(&output);
            assert!(
                !output.status.success()
                    && said.contains("DATABASE_URL=postgres://… and REDIS_URL: give both, or")
                    && said.contains(otherwise),
                "{command} {given:?}: {said}"
            );
        }
    }
}

#[test]
fn what_is_not_for_everybody_stands_apart_from_the_site() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    std::fs::create_dir_all(at("site/media/lessons")).expect("folders");
    std::fs::create_dir_all(at("lessons")).expect("a folder");
    std::os::unix::fs::symlink(at("site/media"), at("link")).expect("a link");
    let judge =
        |flag: &str, path: &str| check(&["--site-root", &at("site"), flag, path], Role::Both);
    for (flag, path) in [
        ("--lessons-dir", at("site")),
        ("--lessons-dir", at("site/media/lessons")),
        ("--lessons-dir", at("link/lessons")),
        ("--database-url", format!("sqlite://{}", at("site/shop.db"))),
        ("--database-url", format!("sqlite://{}", at("link/shop.db"))),
        ("--sms-outbox", at("site/outbox.txt")),
    ] {
        let why = judge(flag, &path).expect_err("refused");
        assert!(why.contains("lies in LEPTOS_SITE_ROOT"), "{path}: {why}");
    }
    for (flag, path) in [
        ("--lessons-dir", at("lessons")),
        ("--database-url", format!("sqlite://{}", at("shop.db"))),
        ("--database-url", format!("sqlite://{}", at("site.db"))),
    ] {
        assert_eq!(judge(flag, &path), Ok(Vec::new()), "{path}");
    }
}

#[test]
fn a_mock_gateway_is_for_a_demo_on_this_machine_only() {
    const URL: &str = "http://127.0.0.1:4000";
    let with = |url: &str, more: &[&str]| {
        check(&[&["--mock-gateway-url", url], more].concat(), Role::Both)
    };
    let key = ["--mock-gateway-key-file", "key"];
    let demo = ["--demo", key[0], key[1]];
    assert_eq!(with(URL, &demo), Ok(Vec::new()));
    for (refused, what) in [
        (with(URL, &key), "set DEMO"),
        (with(URL, &["--demo"]), "needs MOCK_GATEWAY_KEY_FILE"),
        (with("http://gateway.example", &demo), "not this machine's"),
        (
            with("http://127.0.0.1.example", &demo),
            "not this machine's",
        ),
        (with("https://127.0.0.1:4000", &demo), "not this machine's"),
        (check(&key, Role::Both), "set MOCK_GATEWAY_URL"),
    ] {
        let why = refused.expect_err(what);
        assert!(why.contains(what), "{why}");
    }
}

#[test]
fn what_an_operator_may_not_mean_is_said() {
    let warned = |flags: &[&str], what: &str| {
        let warnings = check(flags, Role::Both).expect("it serves");
        assert!(
            warnings.len() == 1 && warnings[0].contains(what),
            "{flags:?}: {warnings:?}"
        );
    };
    assert_eq!(check(&[], Role::Both), Ok(Vec::new()));
    warned(
        &["--public-url", "https://shop.example"],
        "SMS_PROVIDER=file",
    );
    let public = [
        "--public-url",
        "https://shop.example",
        "--sms-provider",
        "tencent",
        "--terms-file",
        "terms.md",
    ];
    let warnings = judged(&public, Role::Both).expect("it serves");
    assert!(
        warnings.len() == 1 && warnings[0].starts_with("PRIVACY_FILE"),
        "{warnings:?}"
    );
    assert_eq!(
        judged(&[], Role::Both),
        Ok(Vec::new()),
        "on this machine there is nobody to tell"
    );
    warned(
        &["--trusted-proxies", "10.0.0.0/8,::/0"],
        "TRUSTED_PROXIES names everybody",
    );
    warned(&["--metrics-listen", "0.0.0.0:9100"], "METRICS_LISTEN");
    warned(
        &["--redis-url", "redis://:secret@redis.example"],
        "redis.example unencrypted",
    );
    let database = check(
        &[
            "--redis-url",
            "redis://127.0.0.1",
            "--database-url",
            "postgres://shop:secret@db.example/shop",
        ],
        Role::Both,
    );
    let database = database.expect("it serves");
    assert!(
        database.len() == 1 && database[0].contains("sslmode=verify-full"),
        "{database:?}"
    );
    assert!(!database[0].contains("secret"), "{database:?}");
}

#[test]
fn a_secret_in_the_list_of_processes_is_said_and_one_in_the_environment_is_not() {
    let flag = PROGRAM
        .command()
        .args(["doctor", "--redis-url", "redis://:hunter2@127.0.0.1:1"])
        .env_clear()
        .output()
        .expect("it runs");
    assert!(
        said(&flag).contains("the secret of --redis-url") && !said(&flag).contains("hunter2"),
        "{}",
        said(&flag)
    );
    let environment = doctor(&[("REDIS_URL", "redis://:hunter2@127.0.0.1:1")]);
    assert!(
        !said(&environment).contains("list of processes"),
        "{}",
        said(&environment)
    );
}

#[test]
fn every_command_says_that_a_secret_stands_in_the_list_of_processes() {
    let said_by = |args: &[&str]| {
        let url = "postgres://shop:hunter2@127.0.0.1:1/shop";
        let command = PROGRAM
            .command()
            .args(args)
            .args(["--database-url", url])
            .env_clear()
            .output();
        command.expect("it runs")
    };
    for args in [
        &["audit"][..],
        &["sale", "list"],
        &["session", "end", "--all"],
    ] {
        let output = said_by(args);
        let (out, error) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(
            error.contains("the secret of --database-url"),
            "{args:?}: {error}"
        );
        assert!(
            !said(&output).contains("hunter2") && !out.contains("list of processes"),
            "{args:?}: {}",
            said(&output)
        );
    }
}

#[test]
fn an_empty_variable_is_none() {
    let names: Vec<_> = serve_settings().into_keys().collect();
    let empty: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
    // Whether the default addresses are free may change between the two.
    let lines = |output: &Output| {
        said(output)
            .lines()
            .filter(|line| !line.contains("LISTEN"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (all_empty, none) = (lines(&doctor(&empty)), lines(&doctor(&[])));
    assert_eq!(all_empty[..5], none[..5]);
    assert!(
        none[0].ends_with("settings: http://127.0.0.1:3000"),
        "{none:?}"
    );
}

/// Every setting of `qiangke serve` by the name of its variable, with its default.
fn serve_settings() -> BTreeMap<String, String> {
    let command = Cli::command();
    let serve = command.find_subcommand("serve").expect("serve");
    let shown = serve.get_arguments().filter(|arg| !arg.is_hide_set());
    let with_variable =
        shown.filter_map(|arg| Some((arg.get_env()?.to_str().expect("ASCII").to_owned(), arg)));
    let default = |arg: &clap::Arg| {
        arg.get_default_values()
            .first()
            .map(|value| value.to_str().expect("ASCII").to_owned())
    };
    let is_switch = |arg: &clap::Arg| !arg.get_action().takes_values();
    with_variable
        .map(|(name, arg)| {
            (
                name,
                if is_switch(arg) {
                    "false".into()
                } else {
                    default(arg).unwrap_or_default()
                },
            )
        })
        .collect()
}

#[test]
fn the_documents_say_what_is_declared() {
    for (form, written) in [
        ("markdown", include_str!("../../docs/settings.md")),
        ("env", include_str!("../../.env.example")),
    ] {
        let output = PROGRAM
            .command()
            .args(["settings", form])
            .env_clear()
            .output()
            .expect("it runs");
        assert!(
            String::from_utf8_lossy(&output.stdout) == written,
            "write it anew: qiangke settings {form}"
        );
    }
}

#[test]
fn the_example_has_every_setting_with_its_default_and_no_other() {
    let text = include_str!("../../.env.example");
    let line = |line: &str| {
        let (name, value) = line.strip_prefix("# ")?.split_once('=')?;
        let is_name = name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        is_name.then(|| (name.to_owned(), value.to_owned()))
    };
    let example: Vec<_> = text.lines().filter_map(line).collect();
    let once: BTreeSet<_> = example.iter().map(|(name, _)| name).collect();
    assert_eq!(once.len(), example.len(), "each stands there once");
    assert_eq!(
        example.into_iter().collect::<BTreeMap<_, _>>(),
        serve_settings()
    );
    for line in text.lines().filter(|line| !line.is_empty()) {
        assert!(
            line.starts_with("# "),
            "nothing is set by the example itself: {line}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_hear_that_the_process_answers_and_operators_which_one_it_is() {
    let app = TestApp::start().await;
    let health = app
        .visitor()
        .get("/healthz")
        .await
        .json::<Value>()
        .await
        .expect("JSON");
    assert_eq!(health, json!({"status": "ok"}));
    let url = format!("http://{}/healthz", app.running.metrics_address);
    let health = support::http::client()
        .build()
        .expect("a client")
        .get(url)
        .send()
        .await
        .expect("an answer");
    let health = health.json::<Value>().await.expect("JSON");
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    assert!(
        health["durability"]
            .as_str()
            .is_some_and(|text| text.starts_with("every accepted ticket")),
        "{health}"
    );
}
