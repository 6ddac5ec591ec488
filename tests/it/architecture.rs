//! The rules of ARCHITECTURE.md, "Who may name whom", read off the source itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use support::source::{Named, follow, here, list, paths, sources, tokens};

/// A part of the crate, and what it may name.
struct Room {
    /// The folder, or the file without `.rs`, below `src/`.
    path: &'static str,
    /// Rooms that it may name beside itself. A room of the list stands for all rooms inside it.
    may: &'static [&'static str],
    /// Rooms that it may name inside a function only.
    inside: &'static [&'static str],
    /// Crates that it may name; `None` leaves it to [`ONLY_IN`].
    crates: Option<&'static [&'static str]>,
}

/// The first one that fits counts.
const ROOMS: &[Room] = &[
    Room {
        crates: Some(&["std", "serde"]),
        ..room("types", &[])
    },
    Room {
        crates: Some(&["std", "sha2"]),
        ..room("rules/proof", &[])
    },
    Room {
        crates: Some(&["std", "proptest"]),
        ..room("rules", &["types"])
    },
    Room {
        inside: &["server"],
        ..room("api", &["types", "rules"])
    },
    // Only islands run in a browser, and what they name is loaded there.
    room("ui/link", &["types"]),
    room("ui/icon", &[]),
    room("ui/context", &["types"]),
    room("ui/text", &["types", "rules"]),
    room(
        "ui/sales",
        &["types", "rules", "api", "ui/context", "ui/text"],
    ),
    room(
        "ui/islands",
        &["types", "rules", "api", "ui/icon", "ui/link", "ui/text"],
    ),
    room("ui", &["types", "rules", "api"]),
    // The seams and what stands before them.
    room("server/clock", &["types"]),
    Room {
        crates: Some(&["std", "clap", "ipnet", "tracing_subscriber"]),
        ..room("server/config", &["types"])
    },
    Room {
        crates: Some(&["std", "rustix"]),
        ..room("server/private_file", &[])
    },
    room("server/lock", &["server/private_file"]),
    room("server/output", &["types"]),
    room("server/supervisor", &[]),
    room("server/redis", &["types"]),
    room("server/lease", &["server/store"]),
    room("server/instance", &["server/store"]),
    room("server/log", &["types", "server/config"]),
    room("server/signer", &["types", "server/store"]),
    room("server/challenge", &["types", "rules", "server/signer"]),
    room("server/browser_token", &["types", "server/signer"]),
    room(
        "server/lessons",
        &["types", "server/config", "server/signer"],
    ),
    room("server/store", &["types", "rules", "server/private_file"]),
    room(
        "server/queue",
        &[
            "types",
            "rules",
            "server/clock",
            "server/redis",
            "server/store",
            "server/supervisor",
        ],
    ),
    room(
        "server/rate_limit",
        &["types", "server/redis", "server/supervisor"],
    ),
    room("server/cache", &["types"]),
    room("server/outbound", &[]),
    room("server/sms", &["types", "server/outbound"]),
    room("server/payment", &["types", "server/outbound"]),
    room("server/import", &["types", "server/clock", "server/store"]),
    room("server/demo", &["types", "rules", "server/store"]),
    // What the shop does, and who asks it.
    room("server/shop", PARTS),
    room("server/identity", SHOP),
    // Who calls it: the timer, the wire, the command line.
    room("server/jobs", SHOP),
    room(
        "server/http",
        &[
            "types",
            "api",
            "ui/app",
            "ui/context",
            "ui/shell",
            "server/clock",
            "server/config",
            "server/identity",
            "server/lessons",
            "server/payment",
            "server/rate_limit/network",
            "server/shop",
            "server/store",
            "server/supervisor",
        ],
    ),
    room("server/boot", OPENED),
    room(
        "server/load_test",
        &[
            "types",
            "rules",
            "server/boot",
            "server/clock",
            "server/config",
            "server/identity",
            "server/output",
            "server/signer",
            "server/store",
        ],
    ),
    room("server/commands", &["types", "server"]),
    room("server", &["types"]),
];

/// What is put together at start.
const PARTS: &[&str] = &[
    "types",
    "rules",
    "server/browser_token",
    "server/cache",
    "server/challenge",
    "server/clock",
    "server/config",
    "server/lease",
    "server/lessons",
    "server/instance",
    "server/payment",
    "server/queue",
    "server/rate_limit",
    "server/signer",
    "server/sms",
    "server/store",
];

/// The same, and what they are opened with.
const OPENED: &[&str] = &[
    "types",
    "server/browser_token",
    "server/cache",
    "server/challenge",
    "server/clock",
    "server/config",
    "server/lease",
    "server/lock",
    "server/instance",
    "server/payment",
    "server/private_file",
    "server/queue",
    "server/rate_limit",
    "server/redis",
    "server/shop",
    "server/signer",
    "server/sms",
    "server/store",
];

/// The parts, and what is said in its terms.
const SHOP: &[&str] = &[
    "types",
    "rules",
    "server/browser_token",
    "server/cache",
    "server/challenge",
    "server/clock",
    "server/config",
    "server/demo",
    "server/lease",
    "server/lessons",
    "server/instance",
    "server/payment",
    "server/queue",
    "server/rate_limit",
    "server/shop",
    "server/signer",
    "server/sms",
    "server/store",
    "server/supervisor",
];

const fn room(path: &'static str, may: &'static [&'static str]) -> Room {
    Room {
        path,
        may,
        inside: &[],
        crates: None,
    }
}

/// Crates that stand in one place only.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("sqlx", &["server/store"]),
    (
        "redis",
        &[
            "server/redis",
            "server/queue/redis",
            "server/rate_limit/redis",
        ],
    ),
    ("governor", &["server/rate_limit"]),
    ("axum", &["server/http", "server/identity"]),
    ("leptos_axum", &["server/http", "server/identity"]),
    ("tower", &["server/http"]),
    ("tower_http", &["server/http"]),
    ("tower_sessions", &["server/http", "server/identity"]),
    (
        "hyper",
        &["server/commands/doctor", "server/http", "server/load_test"],
    ),
    ("qrcode", &["server/payment"]),
    (
        "reqwest",
        &["server/outbound", "server/payment", "server/sms"],
    ),
    ("leptos", &["api", "ui", "server/http", "server/identity"]),
    ("leptos_meta", &["ui"]),
    ("leptos_router", &["ui"]),
    ("web_sys", &["ui/islands", "api/wire"]),
    ("js_sys", &["ui/islands", "api/wire"]),
    ("wasm_bindgen_futures", &["ui/islands", "api/wire"]),
    (
        "clap",
        &["server/commands", "server/config", "server/load_test"],
    ),
];

/// Paths of the standard library that stand in one place only, or nowhere.
const STD_ONLY_IN: &[(&str, &[&str])] = &[
    ("std::env", &["server/config"]),
    ("std::time::SystemTime", &[]),
    ("std::thread", &["server/log"]),
];

/// Lines of a file of `src` at most, without its tests.
const FILE_LINES_MAX: usize = 500;
/// Half of the files have at most so many.
const FILE_LINES_MEDIAN: usize = 110;

/// Names that gave way to the field's own: a reader would look for what they mean.
const RETIRED: &[&str] = &[
    "detour",
    "ears",
    "errand",
    "errands",
    "glance",
    "glances",
    "herald",
    "lane",
    "lanes",
    "look_again",
    "minted",
    "of_record",
    "rehearsal",
    "rehearsals",
    "street",
    "unsure",
];

/// What the pure rooms have nothing to do with.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::sync",
    "std::time",
];

/// Values among them: an address opens no connection.
const PURE: &[&str] = &["std::net::IpAddr", "std::net::Ipv6Addr"];

/// Which engine stands behind a seam is asked in the seam's own module only, and where it is made.
const ENGINES: &[(&str, &[&str])] = &[
    ("Store", &["server/store"]),
    ("Queue", &["server/queue"]),
    ("RateLimit", &["server/rate_limit"]),
    ("Sms", &["server/sms", "server/boot/sms"]),
    (
        "Gateway",
        &["server/payment", "server/boot/mock", "server/boot/payments"],
    ),
    ("Lease", &["server/lease", "server/boot"]),
];

#[test]
fn every_room_names_only_what_it_may() {
    let found: Vec<_> = sources("src")
        .iter()
        .flat_map(|(file, text)| judge(file, text))
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_file_is_part_of_the_program() {
    let mut reached = BTreeSet::new();
    for root in [
        "src/lib.rs",
        "src/main.rs",
        "tests/it/main.rs",
        "tests/chaos/main.rs",
        "tests/support/lib.rs",
        "tests/model/lib.rs",
        "tests/model/check.rs",
    ] {
        follow(&here(root), &here(root), &mut reached);
    }
    let all = sources("src")
        .into_keys()
        .chain(sources("tests").into_keys());
    let lost: Vec<_> = all.filter(|file| !reached.contains(&here(file))).collect();
    assert!(lost.is_empty(), "no `mod` leads to\n{}", lost.join("\n"));
}

#[test]
fn every_engine_has_the_same_migrations() {
    let folders: Vec<_> = list(&here("migrations"))
        .into_iter()
        .filter(|path| path.is_dir())
        .collect();
    assert!(folders.len() > 1);
    let migrations = |folder: &Path| -> BTreeMap<_, _> {
        let name = |path: &Path| path.file_name().map(ToOwned::to_owned);
        list(folder)
            .iter()
            .map(|path| {
                (
                    name(path),
                    names(&fs::read_to_string(path).expect("a migration")),
                )
            })
            .collect()
    };
    for folder in &folders {
        assert_eq!(
            migrations(folder),
            migrations(&folders[0]),
            "{}",
            folder.display()
        );
    }
}

/// What a migration names: its tables, columns, indexes and constraints, in their order; not what
/// an engine calls a type, nor what stands between `-- 8<` and `-- >8`: there an engine says its
/// own way what `twins` compares the outcome of.
fn names(sql: &str) -> Vec<String> {
    let (mut shared, mut rest) = (String::new(), sql);
    while let Some((before, own)) = rest.split_once("-- 8<") {
        shared.push_str(before);
        rest = own
            .split_once("-- >8")
            .expect("an end of the engine's own way")
            .1;
    }
    let sql = shared + rest;
    let sql = sql
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default().to_lowercase())
        .collect::<Vec<_>>()
        .join("\n");
    let engine = [
        "integer",
        "bigint",
        "generated",
        "by",
        "default",
        "as",
        "identity",
        "blob",
        "bytea",
        "without",
        "rowid",
    ];
    let words = sql
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty() && !engine.contains(word));
    words.map(str::to_owned).collect()
}

#[test]
fn no_two_files_name_each_other() {
    let found = circles(&imports(&sources("src")));
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    let planted = |one: &str, other: &str| {
        let file = |name: &str, text: &str| (format!("src/types/{name}.rs"), text.to_owned());
        imports(&BTreeMap::from([
            file("mod", "use self::a::A;"),
            file("a", one),
            file("b", other),
        ]))
    };
    let (one, other) = ("use super::b::B;", "use crate::types::a::A;");
    assert_eq!(
        circles(&planted(one, other)),
        ["src/types/a.rs -> src/types/b.rs -> src/types/a.rs"]
    );
    let in_tests = "mod tests { use super::super::a::A; }";
    assert!(circles(&planted(one, in_tests)).is_empty());
}

#[test]
fn no_room_names_a_higher_one() {
    let names = |from: &Room, to: &Room| {
        from.path != to.path
            && !is_in(from.path, to.path)
            && from.may.iter().any(|may| is_in(to.path, may))
    };
    let edges = ROOMS.iter().map(|from| {
        let to = ROOMS.iter().filter(|to| names(from, to));
        (
            from.path.to_owned(),
            to.map(|to| to.path.to_owned()).collect(),
        )
    });
    let found = circles(&edges.collect());
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn a_type_has_its_name_alone() {
    // Both engines bring these, under the same names, to the statements that are said once.
    let mounted = ["Engine", "Pool", "Transaction"];
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, text) in sources("src") {
        for name in types_of(&text) {
            places.entry(name).or_default().push(file.clone());
        }
    }
    let found: Vec<_> = places
        .iter()
        .filter(|(name, files)| files.len() > 1 && !mounted.contains(&name.as_str()))
        .map(|(name, files)| format!("{name}: {}", files.join(", ")))
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    assert_eq!(
        types_of(
            "struct A; fn f() { enum B {} } impl A { type C = (); } type D = (); mod tests { struct E; }"
        ),
        ["A", "B", "D"]
    );
}

#[test]
fn a_file_is_read_in_one_go() {
    let lines = |text: &String| {
        let program = text.split("\n#[cfg(test)]\nmod tests").next();
        program.unwrap_or_default().lines().count()
    };
    let mut files = sources("src");
    files.retain(|file, _| !file.contains("/tests"));
    let long: Vec<_> = files
        .iter()
        .filter(|(_, text)| lines(text) > FILE_LINES_MAX)
        .map(|(file, text)| format!("{file}: {}", lines(text)))
        .collect();
    assert!(long.is_empty(), "\n{}", long.join("\n"));
    let mut all: Vec<_> = files.values().map(lines).collect();
    all.sort_unstable();
    let median = all[all.len() / 2];
    assert!(
        median <= FILE_LINES_MEDIAN,
        "half of the files have {median} lines or more"
    );
}

#[test]
fn no_retired_name_is_back() {
    let mut texts = sources("src");
    texts.extend(sources("tests"));
    texts.remove("tests/it/architecture.rs");
    for name in ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"] {
        let text = fs::read_to_string(here(name)).expect("a document");
        texts.insert(name.to_owned(), text);
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let found: Vec<_> = texts
        .iter()
        .flat_map(|(file, text)| {
            let words = text.split(move |c| !is_word(c)).map(str::to_lowercase);
            let retired = words.filter(|word| RETIRED.contains(&word.as_str()));
            retired.map(move |word| format!("{file}: {word}"))
        })
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// Names of the types that a source defines before its tests.
fn types_of(text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let (mut found, mut depth) = (Vec::new(), 0_usize);
    for at in 0..tokens.len() {
        match text(at) {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            "mod" if text(at + 1) == "tests" && text(at + 2) == "{" => break,
            "struct" | "enum" | "trait" => found.push(text(at + 1).to_owned()),
            // One inside an `impl` belongs to a trait.
            "type" if depth == 0 => found.push(text(at + 1).to_owned()),
            _ => {}
        }
    }
    found.retain(|name| name.starts_with(char::is_uppercase));
    found
}

/// The files that each file names. A module may name what is inside it: a folder is one thing.
fn imports(sources: &BTreeMap<String, String>) -> BTreeMap<String, BTreeSet<String>> {
    let place = |file: &str| {
        let path = file.trim_start_matches("src/").trim_end_matches(".rs");
        path.trim_end_matches("/mod").to_owned()
    };
    let files: BTreeMap<String, &String> = sources.keys().map(|file| (place(file), file)).collect();
    let file_of = |path: &[String]| {
        (1..=path.len()).rev().find_map(|length| {
            files
                .get(&path[..length].join("/"))
                .map(|file| (*file).clone())
        })
    };
    let named = |(file, text): (&String, &String)| {
        let own = place(file);
        let to = paths(&tokens(text), &own)
            .into_iter()
            .filter(|named| !named.in_module && named.path[0] == "crate")
            .filter_map(|named| file_of(&named.path[1..]))
            .filter(|to| !is_in(&place(to), &own));
        (file.clone(), to.collect())
    };
    sources.iter().map(named).collect()
}

/// The circles of a graph, each from its first name on.
fn circles(graph: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut found = Vec::new();
    let (mut done, mut way) = (BTreeSet::new(), Vec::new());
    for from in graph.keys() {
        walk(graph, from, &mut way, &mut done, &mut found);
    }
    found
}

fn walk(
    graph: &BTreeMap<String, BTreeSet<String>>,
    at: &String,
    way: &mut Vec<String>,
    done: &mut BTreeSet<String>,
    found: &mut Vec<String>,
) {
    if let Some(start) = way.iter().position(|name| name == at) {
        found.push(format!("{} -> {at}", way[start..].join(" -> ")));
        return;
    }
    if done.contains(at) {
        return;
    }
    way.push(at.clone());
    for to in graph.get(at).into_iter().flatten() {
        walk(graph, to, way, done, found);
    }
    way.pop();
    done.insert(at.clone());
}

#[test]
fn what_was_written_is_believed_after_its_commit() {
    // The driver hands over the first row before the statement ends, and a statement outside a
    // transaction commits at its end.
    let early = [
        "fetch_one(&self.writer)",
        "fetch_optional(&self.writer)",
        "fetch(&self.writer)",
    ];
    let sources = sources("src/server/store");
    assert!(
        sources
            .values()
            .any(|text| text.contains("execute(&self.writer)")),
        "that is how it is written"
    );
    let found: Vec<_> = sources
        .iter()
        .filter(|(_, text)| early.iter().any(|early| text.contains(early)))
        .map(|(file, _)| file)
        .collect();
    assert_eq!(found, <Vec<&String>>::new());
}

#[test]
fn a_planted_violation_is_found() {
    for (file, text, what) in [
        (
            "src/types/money.rs",
            "use crate::{rules::{seckill::window::Window}};",
            "rules",
        ),
        (
            "src/types/money.rs",
            "fn f() { leptos::logging::log(); }",
            "leptos",
        ),
        (
            "src/types/page.rs",
            "struct Page { pub count: usize }",
            "usize",
        ),
        ("src/server/sessions.rs", "", "no room"),
        (
            "src/rules/seckill/window.rs",
            "fn f() { let now = std::time::Instant::now(); }",
            "std::time",
        ),
        (
            "src/types/host.rs",
            "use std::net::{IpAddr, TcpStream};",
            "std::net",
        ),
        ("src/rules/seckill/window.rs", "async fn f() {}", "async"),
        (
            "src/api/banner.rs",
            "use crate::server::shop::state::AppState;\nfn f() {}",
            "server/shop/state",
        ),
        ("src/api/banner.rs", "fn f() { sqlx::query(\"\"); }", "sqlx"),
        (
            "src/ui/pages/home.rs",
            "fn f() { crate::server::identity::address::address(); }",
            "server/identity",
        ),
        ("src/ui/pages/home.rs", "use web_sys::Window;", "web_sys"),
        (
            "src/server/store/rows.rs",
            "use super::super::queue::Queue;",
            "server/queue",
        ),
        (
            "src/server/cache.rs",
            "use crate::server::queue::Queue;",
            "server/queue",
        ),
        (
            "src/server/jobs/mod.rs",
            "mod tests { use super::super::http::shop; }",
            "server/http",
        ),
        (
            "src/server/shop/rush.rs",
            "use crate::server::http::shop;",
            "server/http",
        ),
        (
            "src/server/http/api.rs",
            "fn f() { sqlx::query(\"\"); }",
            "sqlx",
        ),
        (
            "src/server/shop/rush.rs",
            "fn f(s: &Store) { match s { Store::Sqlite(_) => {} } }",
            "Store::Sqlite",
        ),
        (
            "src/server/load_test/connection.rs",
            "use crate::server::queue::Queue;",
            "server/queue",
        ),
        (
            "src/server/boot/mod.rs",
            "fn f() { std::env::var(\"X\"); }",
            "std::env",
        ),
        (
            "src/server/boot/mod.rs",
            "#[cfg(feature = \"ssr\")]\nfn f() {}",
            "cfg(feature",
        ),
        ("src/server/boot/mod.rs", "#![allow(dead_code)]", "allow"),
        ("tests/it/app.rs", "#[ignore]\nfn f() {}", "ignore"),
        (
            "src/server/commands/key.rs",
            "fn f() { println!(); }",
            "server/output",
        ),
        (
            "src/server/commands/key.rs",
            "fn f() { std::io::stdout().flush(); }",
            "server/output",
        ),
    ] {
        let found = judge(file, text).join("\n");
        assert!(
            found.starts_with(file) && found.contains(what),
            "{file}: {text}\n{found}"
        );
    }
    for (file, text) in [
        (
            "src/api/banner.rs",
            "async fn f() { use crate::{server::{identity::caller, shop::state::AppState}, types::lang::Lang}; }",
        ),
        (
            "src/types/money.rs",
            "//! Not crate::server::state.\nconst A: &str = \"sqlx::query /* \"; const B: char = '\"'; use crate::types::ids;",
        ),
        (
            "src/types/money.rs",
            "mod tests { use super::*; fn f<'a>(x: &'a str) {} }",
        ),
        (
            "src/server/store/queries/ticket.rs",
            "use super::super::Db; use sqlx::Row;",
        ),
        (
            "src/ui/pages/home.rs",
            "fn f() -> impl Sized + use<> { f(); view! { <p use:wake>{g()}</p> }; }",
        ),
    ] {
        assert_eq!(judge(file, text), <Vec<String>>::new(), "{file}: {text}");
    }
}

/// Every violation in a file, each as `file:line: what`.
fn judge(file: &str, text: &str) -> Vec<String> {
    let place = file
        .trim_start_matches("src/")
        .trim_end_matches(".rs")
        .trim_end_matches("/mod")
        .to_owned();
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut report = |line: usize, what: String| found.push(format!("{file}:{line}: {what}"));
    let is_pure = is_in(&place, "rules") || is_in(&place, "types");
    for at in 0..tokens.len() {
        let words: Vec<_> = tokens[at..]
            .iter()
            .take(4)
            .map(|token| token.text.as_str())
            .collect();
        let what = match words.as_slice() {
            ["cfg", "(", "feature", ..] if place != "lib" => {
                "cfg(feature …) belongs into lib.rs: cut whole modules"
            }
            ["#" | "!", "[", "allow", ..] => {
                "#[allow] hides what changes: use #[expect(…, reason = …)]"
            }
            ["print" | "println" | "eprint" | "eprintln", "!", ..] if file.starts_with("src/") => {
                "a reader that has gone, or a full disk, would be a panic: commands say it to server/output, the others to the log"
            }
            ["stdout", "(", ..] if place != "server/output" && file.starts_with("src/server/") => {
                "standard output is written in one place: server/output"
            }
            ["#", "[", "ignore", ..] => "#[ignore] is a test that nobody runs",
            ["async" | "await", ..] if is_pure => "async or await in a pure room",
            ["pub", _, ":", "usize"] if is_in(&place, "types") => {
                "usize on the wire is another number on another machine"
            }
            _ => continue,
        };
        report(tokens[at].line, what.to_owned());
    }
    if !file.starts_with("src/") || matches!(place.as_str(), "lib" | "main") {
        return found;
    }
    if room_of(&place).is_none() {
        report(
            1,
            "this file is in no room: add it to the table of tests/it/architecture.rs".into(),
        );
    }
    for named in paths(&tokens, &place) {
        for what in faults(&place, &named) {
            report(named.line, what);
        }
    }
    found
}

/// What is wrong with naming this path at this place.
fn faults(place: &str, named: &Named) -> Vec<String> {
    let mut found = Vec::new();
    let path = named.path.join("::");
    let room = room_of(place);
    if let Some(own) = path.strip_prefix("crate::") {
        let target = own.replace("::", "/");
        if let Some(room) = room {
            let may = |list: &[&str]| list.iter().any(|room| is_in(&target, room));
            let fits = is_in(&target, room.path)
                || may(room.may)
                || (named.in_function && may(room.inside));
            if !fits {
                found.push(format!(
                    "{} must not name {target}{}",
                    room.path,
                    if may(room.inside) {
                        " outside a function"
                    } else {
                        ""
                    }
                ));
            }
        }
        return found;
    }
    let first = named.path[0].as_str();
    if let Some((_, places)) = ONLY_IN.iter().find(|(name, _)| *name == first)
        && !places.iter().any(|room| is_in(place, room))
    {
        found.push(format!("{first} belongs into {}", places.join(", ")));
    }
    let is_pure = is_in(place, "rules") || is_in(place, "types");
    let of_std = STD_ONLY_IN
        .iter()
        .filter(|(_, places)| !places.iter().any(|room| is_in(place, room)))
        .map(|(name, _)| *name);
    let is_impure = is_pure && !PURE.contains(&path.as_str());
    for name in of_std.chain(IMPURE.iter().copied().filter(|_| is_impure)) {
        if path == name || path.starts_with(&format!("{name}::")) {
            found.push(format!("{name} has no place here"));
        }
    }
    if let Some(crates) = room.and_then(|room| room.crates)
        && is_crate(first)
        && !crates.contains(&first)
    {
        found.push(format!("the crate {first} has no place here"));
    }
    for (name, rooms) in ENGINES {
        let is_variant = named.path.len() == 2
            && first == *name
            && named.path[1].starts_with(char::is_uppercase);
        if is_variant && !rooms.contains(&place) {
            found.push(format!("{path}: only {rooms:?} ask which engine it is"));
        }
    }
    found
}

/// The room of a file. A new file of `server/` is in none until the table says what it may name.
fn room_of(place: &str) -> Option<&'static Room> {
    ROOMS.iter().find(|room| {
        if room.path == "server" {
            place == "server"
        } else {
            is_in(place, room.path)
        }
    })
}

/// Whether a file or module is a room, or inside it.
fn is_in(place: &str, room: &str) -> bool {
    place
        .strip_prefix(room)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a path's first name is a crate's: one of the dependencies, or a part of the language's
/// own library.
fn is_crate(name: &str) -> bool {
    let manifest = fs::read_to_string(here("Cargo.toml")).expect("Cargo.toml");
    let names = |line: &str| {
        line.split_once(" = ")
            .is_some_and(|(own, _)| own.replace('-', "_") == name)
    };
    matches!(name, "std" | "core" | "alloc") || (manifest.lines().any(names) && name != "name")
}
