//! What is shipped beside the program: settings and commands that it has, paths that the other files
//! have, and nothing secret in an image.

use clap::{CommandFactory, Parser};
use qiangke::server::commands::{Cli, Command};
use std::{collections::BTreeSet, fs, path::Path};

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a shipped file")
}

/// Every variable that the program reads.
fn variables() -> BTreeSet<String> {
    let commands = Cli::command();
    let all = commands
        .get_subcommands()
        .flat_map(clap::Command::get_arguments);
    all.filter_map(|argument| Some(argument.get_env()?.to_str().expect("ASCII").to_owned()))
        .collect()
}

/// The lines of a block of YAML, from the one after `head` to the first that is indented less.
fn block<'a>(text: &'a str, head: &str) -> Vec<&'a str> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text.lines().skip_while(|line| line.trim() != head);
    let least = lines.next().map(depth).expect("the block is there");
    lines
        .take_while(|line| depth(line) > least)
        .map(str::trim)
        .filter(|line| !line.starts_with('#'))
        .collect()
}

fn value<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    text.lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix('='))
        .collect()
}

#[test]
fn the_containers_and_the_unit_set_what_the_program_reads() {
    let compose = file("compose.yaml");
    let known = variables();
    let set: BTreeSet<_> = block(&compose, "environment: &environment")
        .iter()
        .filter_map(|line| Some(line.split_once(':')?.0))
        .collect();
    assert!(set.contains("DATABASE_URL") && set.len() > 5, "{set:?}");
    // What an operator may choose is not fixed here: `environment` goes before the file of
    // settings.
    for name in [
        "SMS_PROVIDER",
        "TENCENT_SECRET_ID",
        "SMS_SHOP_DAY",
        "PRIVACY_FILE",
        "HSTS_S",
    ] {
        assert!(known.contains(name) && !set.contains(name), "{name}");
    }
    assert!(
        compose.contains("env_file:\n    - path: shop.env\n"),
        "one file gives all settings"
    );
    let unit = file("deploy/qiangke.service");
    let of_unit = value(&unit, "Environment")
        .into_iter()
        .filter_map(|line| Some(line.split_once('=')?.0));
    let unknown: Vec<_> = set
        .into_iter()
        .chain(of_unit)
        .filter(|name| !known.contains(*name))
        .collect();
    assert_eq!(unknown, <Vec<&str>>::new());
}

#[test]
fn the_containers_trust_their_proxy_and_nobody_else() {
    let compose = file("compose.yaml");
    let setting = |name: &str| {
        let line = compose
            .lines()
            .find_map(|line| line.trim().strip_prefix(name))
            .expect("the setting");
        line.trim_start_matches(':').trim().to_owned()
    };
    let (trusted, proxy) = (setting("TRUSTED_PROXIES"), setting("ipv4_address"));
    let address: std::net::IpAddr = trusted.parse().expect("one address, and no network");
    assert_eq!(trusted, proxy);
    let network: ipnet::IpNet = setting("- subnet").parse().expect("a network");
    let given: ipnet::IpNet = setting("ip_range").parse().expect("a network");
    assert!(network.contains(&address) && network.contains(&given) && !given.contains(&address));
    for name in [
        "nginx.conf",
        "nginx-shop.conf",
        "nginx-paths.conf",
        "postgres-roles.sh",
    ] {
        assert!(
            compose.contains(&format!("./deploy/{name}:"))
                && file(&format!("deploy/{name}")).len() > 100,
            "{name}"
        );
    }
}

/// A request that nginx lets through and the program does not is a connection that is cut off; and
/// neither may wait for the other.
#[test]
fn the_limits_of_the_proxy_fit_those_of_the_program() {
    let Command::Serve(program) = Cli::parse_from(["qiangke", "serve"]).command else {
        unreachable!("the command line says serve")
    };
    let (main, shop, paths) = (
        file("deploy/nginx.conf"),
        file("deploy/nginx-shop.conf"),
        file("deploy/nginx-paths.conf"),
    );
    let numbers = |text: &str, name: &str| -> Vec<u64> {
        let line = text
            .lines()
            .find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(' '))
            .expect("the directive");
        let number = |word: &str| {
            let digits: u64 = word
                .trim_end_matches(['k', 's', ';'])
                .parse()
                .expect("a number");
            if word.contains('k') {
                digits << 10
            } else {
                digits
            }
        };
        line.split(' ').map(number).collect()
    };
    let first = |text: &str, name: &str| numbers(text, name)[0];
    assert_eq!(
        first(&shop, "client_max_body_size"),
        u64::from(program.body_max)
    );
    let large = numbers(&shop, "large_client_header_buffers");
    // What nginx adds takes less than half of a kilobyte.
    assert!(
        first(&shop, "client_header_buffer_size") + large[0] * large[1] + 512
            <= u64::from(program.head_max),
        "{large:?}"
    );
    assert!(first(&main, "keepalive_timeout") < program.head_timeout_s);
    assert!(first(&paths, "proxy_read_timeout") > program.request_timeout_s);
}

/// The role that makes tables and the one that serves are two, in containers as under systemd.
#[test]
fn whoever_serves_does_not_migrate() {
    let compose = file("compose.yaml");
    let shop = block(&compose, "environment: &environment").join("\n");
    let (_, services) = compose.split_once("\nservices:").expect("services");
    let migrate = block(services, "migrate:").join("\n");
    assert!(
        shop.contains("postgres://shop:")
            && migrate.contains("postgres://qiangke:")
            && migrate.contains("qiangke migrate")
    );
    let (serve, tables) = (
        file("deploy/qiangke.service"),
        file("deploy/qiangke-migrate.service"),
    );
    assert_eq!(value(&serve, "ExecStart"), ["/usr/bin/qiangke serve"]);
    assert_eq!(value(&serve, "ExecStartPre"), <Vec<&str>>::new());
    assert_eq!(value(&tables, "ExecStart"), ["/usr/bin/qiangke migrate"]);
    assert_ne!(
        value(&serve, "EnvironmentFile"),
        value(&tables, "EnvironmentFile")
    );
    let tail = |unit: &str| {
        unit.split_once("CapabilityBoundingSet=").map(|(_, rest)| {
            rest.split("\n[")
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned()
        })
    };
    let backup = file("deploy/qiangke-backup.service");
    assert!(
        tail(&serve) == tail(&tables) && tail(&serve) == tail(&backup),
        "all are shut in alike"
    );
    for unit in [&serve, &tables, &backup] {
        for (name, only) in [
            ("UMask", "0077"),
            ("User", "qiangke"),
            ("DynamicUser", "yes"),
            ("StateDirectory", "qiangke"),
        ] {
            assert_eq!(value(unit, name), [only], "{name}");
        }
    }
}

/// The commands of a text's shell blocks: `qiangke` and what stands for it beside the unit, without
/// settings, comments, redirections.
fn commands_of(text: &str) -> Vec<Vec<&str>> {
    let blocks = text
        .split("```sh\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next());
    blocks.flat_map(str::lines).filter_map(command_of).collect()
}

fn command_of(line: &str) -> Option<Vec<&str>> {
    let words = line
        .split(" #")
        .next()?
        .split(" <")
        .next()?
        .split_whitespace();
    let mut words = words.skip_while(|word| word.contains('='));
    matches!(words.next()?, "qiangke" | "shop").then(|| words.collect())
}

#[test]
fn every_command_that_the_documents_show_is_one() {
    for name in [
        "docs/operations.md",
        "docs/operations.zh-CN.md",
        "docs/load-test.md",
        "docs/load-test.zh-CN.md",
        "docs/postgresql.md",
        "docs/postgresql.zh-CN.md",
    ] {
        let text = file(name);
        let commands = commands_of(&text);
        assert!(commands.len() > 1, "{name}: {commands:?}");
        for command in commands {
            let parsed = Cli::try_parse_from(["qiangke"].iter().chain(&command));
            assert!(parsed.is_ok(), "{name}: {command:?}: {:?}", parsed.err());
        }
    }
}

/// The names in the first column of a document's tables that begin like this, without that
/// beginning: `import` of "`qiangke import FILE`".
fn first_column<'a>(text: &'a str, beginning: &str) -> BTreeSet<&'a str> {
    let cells = text
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    names
        .filter_map(|name| name.strip_prefix(beginning)?.split(' ').next())
        .collect()
}

#[test]
fn every_command_stands_in_the_tables_of_the_documents() {
    let program = Cli::command();
    let known: BTreeSet<_> = program
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    for (name, beginning) in [
        ("README.md", ""),
        ("README.zh-CN.md", ""),
        ("docs/commands.md", "qiangke "),
        ("docs/commands.zh-CN.md", "qiangke "),
    ] {
        let text = file(name);
        let mut shown = first_column(&text, beginning);
        // The head of the README's table.
        shown.remove("qiangke");
        assert_eq!(shown, known, "{name}");
    }
}

/// The English table is made by the program itself.
#[test]
fn every_setting_stands_in_the_chinese_table() {
    let (text, mut known) = (file("docs/settings.zh-CN.md"), variables());
    // Of `cargo leptos watch`, and no operator's.
    known.retain(|name| !["LEPTOS_WATCH", "LEPTOS_RELOAD_PORT"].contains(&name.as_str()));
    let shown: BTreeSet<_> = first_column(&text, "")
        .into_iter()
        .map(str::to_owned)
        .collect();
    assert_eq!(shown, known);
}

/// A command beside the unit opens the unit's own database, and not another one that it makes.
#[test]
fn commands_beside_the_unit_are_run_as_it_is() {
    let (unit, script) = (file("deploy/qiangke.service"), file("deploy/shop.sh"));
    for name in [
        "User",
        "DynamicUser",
        "StateDirectory",
        "WorkingDirectory",
        "EnvironmentFile",
        "UMask",
        "LimitNOFILE",
    ] {
        let [value] = value(&unit, name)[..] else {
            panic!("{name} of the unit")
        };
        assert!(
            script.contains(&format!("--property={name}={value}")),
            "{name}={value}"
        );
    }
    let [site] = value(&unit, "Environment")[..] else {
        panic!("one variable")
    };
    assert!(
        script.contains(&format!("--setenv={site} ")) && script.contains("/usr/bin/qiangke \"$@\"")
    );
}

/// Demonstration courses are for a shop that has none: not for one whose operator loaded others, at
/// whichever start.
#[test]
fn courses_to_try_out_go_into_an_empty_catalogue_only() {
    for name in ["compose.yaml", "scripts/common.sh"] {
        let text = file(name);
        let seeds: Vec<_> = text
            .lines()
            .filter(|line| line.contains("import") && line.contains("seed/"))
            .collect();
        assert!(
            !seeds.is_empty()
                && seeds
                    .iter()
                    .all(|line| line.contains("import --if-empty -")),
            "{name}: {seeds:?}"
        );
    }
}

/// After a power cut the database may be there minutes after the shop, and nobody is.
#[test]
fn a_unit_never_gives_up_starting() {
    for name in ["deploy/qiangke.service", "deploy/qiangke-migrate.service"] {
        let unit = file(name);
        let (head, _) = unit.split_once("\n[Service]").expect("a service");
        assert_eq!(
            value(head, "StartLimitIntervalSec"),
            ["0"],
            "{name}: a setting of [Unit]"
        );
    }
    assert_eq!(
        value(&file("deploy/qiangke.service"), "Restart"),
        ["on-failure"]
    );
}

#[test]
fn an_image_takes_no_secret_along() {
    let ignored = file(".dockerignore");
    let lines: BTreeSet<_> = ignored.lines().collect();
    for name in [
        ".env",
        ".env.*",
        "shop.env",
        "data",
        "**/*.db",
        "**/*.db-*",
        "**/*.key",
        "**/*outbox*.jsonl",
        ".git",
        "target",
    ] {
        assert!(lines.contains(name), "{name}");
    }
}
