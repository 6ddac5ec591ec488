//! The rules of ARCHITECTURE.md, "Who may name whom", read off the source itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

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
        crates: Some(&["std", "proptest"]),
        ..room("seckill", &["types"])
    },
    Room {
        crates: Some(&["std", "sha2"]),
        ..room("proof", &[])
    },
    Room {
        inside: &["server"],
        ..room("api", &["types", "seckill"])
    },
    room("ui", &["types", "seckill", "proof", "api"]),
    // The seams and what stands before them.
    room("server/clock", &["types"]),
    Room {
        crates: Some(&["std", "clap", "ipnet"]),
        ..room("server/config", &[])
    },
    Room {
        crates: Some(&["std", "rustix"]),
        ..room("server/private_file", &[])
    },
    room("server/lock", &["server/private_file"]),
    room("server/output", &[]),
    room("server/supervisor", &[]),
    room("server/link", &[]),
    room("server/lease", &["server/store"]),
    room("server/membership", &["server/store"]),
    room("server/log", &["server/config"]),
    room("server/signer", &["types", "server/store"]),
    room("server/challenge", &["types", "proof", "server/signer"]),
    room("server/browser", &["types", "server/signer"]),
    room("server/network", &[]),
    room("server/tally", &["types"]),
    room(
        "server/store",
        &["types", "seckill", "server/log", "server/private_file"],
    ),
    room(
        "server/queue",
        &[
            "types",
            "seckill",
            "server/clock",
            "server/link",
            "server/store",
            "server/supervisor",
        ],
    ),
    room(
        "server/rates",
        &["types", "server/link", "server/supervisor"],
    ),
    room("server/cache", &["types"]),
    room("server/sms", &["types"]),
    room("server/import", &["types", "server/clock", "server/store"]),
    room("server/demo", &["types", "seckill", "server/store"]),
    // What the shop does, whoever asks.
    room("server/state", PARTS),
    room("server/account", SHOP),
    room("server/catalog", SHOP),
    room("server/door", SHOP),
    room("server/field", SHOP),
    room("server/rush", SHOP),
    // Who asks: the timer, the wire, the command line.
    room("server/jobs", SHOP),
    room(
        "server/http",
        &[
            "types",
            "api",
            "ui/app",
            "ui/shell",
            "server/clock",
            "server/config",
            "server/door",
            "server/network",
            "server/store",
            "server/state",
            "server/supervisor",
        ],
    ),
    room("server/boot", OPENED),
    room(
        "server/rehearsal",
        &[
            "types",
            "seckill",
            "server/boot",
            "server/clock",
            "server/config",
            "server/door",
            "server/output",
            "server/signer",
            "server/store",
        ],
    ),
    room(
        "server/settings",
        &["server/config", "server/link", "server/store"],
    ),
    room(
        "server/doctor",
        &[
            "types",
            "server/boot",
            "server/config",
            "server/http",
            "server/output",
            "server/private_file",
            "server/settings",
            "server/store",
        ],
    ),
    room("server/command", &["types", "server"]),
    room("server", &["types"]),
];

/// What is put together at start.
const PARTS: &[&str] = &[
    "types",
    "seckill",
    "server/browser",
    "server/cache",
    "server/challenge",
    "server/clock",
    "server/config",
    "server/lease",
    "server/membership",
    "server/network",
    "server/queue",
    "server/rates",
    "server/signer",
    "server/sms",
    "server/store",
    "server/tally",
];

/// The same, and what they are opened with.
const OPENED: &[&str] = &[
    "types",
    "server/browser",
    "server/cache",
    "server/challenge",
    "server/clock",
    "server/config",
    "server/lease",
    "server/link",
    "server/lock",
    "server/membership",
    "server/private_file",
    "server/queue",
    "server/rates",
    "server/signer",
    "server/sms",
    "server/state",
    "server/store",
];

/// The parts, and what is said in its terms.
const SHOP: &[&str] = &[
    "types",
    "seckill",
    "proof",
    "server/account",
    "server/browser",
    "server/cache",
    "server/challenge",
    "server/clock",
    "server/config",
    "server/demo",
    "server/field",
    "server/lease",
    "server/membership",
    "server/network",
    "server/queue",
    "server/rates",
    "server/signer",
    "server/sms",
    "server/state",
    "server/store",
    "server/supervisor",
    "server/tally",
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
        &["server/link", "server/queue/redis", "server/rates/redis"],
    ),
    ("governor", &["server/rates"]),
    ("axum", &["server/http", "server/door"]),
    ("leptos_axum", &["server/http", "server/door"]),
    ("tower", &["server/http"]),
    ("tower_http", &["server/http"]),
    ("tower_sessions", &["server/http", "server/door"]),
    (
        "hyper",
        &["server/doctor", "server/http", "server/rehearsal"],
    ),
    ("reqwest", &["server/sms"]),
    (
        "leptos",
        &["api", "ui", "server/http", "server/door", "server/state"],
    ),
    ("leptos_meta", &["ui"]),
    ("leptos_router", &["ui"]),
    ("web_sys", &["ui/islands", "api/wire"]),
    ("js_sys", &["ui/islands", "api/wire"]),
    ("wasm_bindgen_futures", &["ui/islands", "api/wire"]),
    ("clap", &["server/config", "main"]),
];

/// Paths of the standard library that stand in one place only, or nowhere.
const STD_ONLY_IN: &[(&str, &[&str])] = &[
    ("std::env", &["server/config"]),
    ("std::time::SystemTime", &[]),
    ("std::thread", &["server/log"]),
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

/// Which engine stands behind a seam is asked in the seam's own module only.
const ENGINES: &[(&str, &str)] = &[
    ("Store", "server/store"),
    ("Queue", "server/queue"),
    ("Cache", "server/cache"),
    ("Rates", "server/rates"),
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
            "use crate::{seckill::{sale::Window}};",
            "seckill",
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
            "src/seckill/sale.rs",
            "fn f() { let now = std::time::Instant::now(); }",
            "std::time",
        ),
        ("src/seckill/sale.rs", "async fn f() {}", "async"),
        (
            "src/api/banner.rs",
            "use crate::server::state::AppState;\nfn f() {}",
            "server/state",
        ),
        ("src/api/banner.rs", "fn f() { sqlx::query(\"\"); }", "sqlx"),
        (
            "src/ui/pages/home.rs",
            "fn f() { crate::server::door::address(); }",
            "server/door",
        ),
        ("src/ui/pages/home.rs", "use web_sys::Window;", "web_sys"),
        (
            "src/server/store/rows.rs",
            "use super::super::queue::Queue;",
            "server/queue",
        ),
        (
            "src/server/cache/local.rs",
            "use crate::server::queue::Queue;",
            "server/queue",
        ),
        (
            "src/server/jobs/mod.rs",
            "mod tests { use super::super::http::shop; }",
            "server/http",
        ),
        (
            "src/server/rush.rs",
            "use crate::server::http::shop;",
            "server/http",
        ),
        (
            "src/server/http/api.rs",
            "fn f() { sqlx::query(\"\"); }",
            "sqlx",
        ),
        (
            "src/server/rush.rs",
            "fn f(s: &Store) { match s { Store::Sqlite(_) => {} } }",
            "Store::Sqlite",
        ),
        (
            "src/server/rehearsal/line.rs",
            "use crate::server::queue::Queue;",
            "server/queue",
        ),
        (
            "src/server/boot.rs",
            "fn f() { std::env::var(\"X\"); }",
            "std::env",
        ),
        (
            "src/server/boot.rs",
            "#[cfg(feature = \"ssr\")]\nfn f() {}",
            "cfg(feature",
        ),
        ("src/server/boot.rs", "#![allow(dead_code)]", "allow"),
        ("tests/it/app.rs", "#[ignore]\nfn f() {}", "ignore"),
        (
            "src/server/command/key.rs",
            "fn f() { println!(); }",
            "server/output",
        ),
        (
            "src/server/command/key.rs",
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
            "async fn f() { use crate::{server::{door, state::AppState}, types::lang::Lang}; }",
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
    let is_pure = is_in(&place, "seckill") || is_in(&place, "types");
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
    let is_pure = is_in(place, "seckill") || is_in(place, "types");
    let of_std = STD_ONLY_IN
        .iter()
        .filter(|(_, places)| !places.iter().any(|room| is_in(place, room)))
        .map(|(name, _)| *name);
    for name in of_std.chain(IMPURE.iter().copied().filter(|_| is_pure)) {
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
    for (name, room) in ENGINES {
        let is_variant = named.path.len() == 2
            && first == *name
            && named.path[1].starts_with(char::is_uppercase);
        if is_variant && place != *room {
            found.push(format!(
                "{path}: only {room}/mod.rs asks which engine it is"
            ));
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

struct Token {
    text: String,
    line: usize,
}

/// A path as it is named, from `crate` or from a crate's name on.
struct Named {
    path: Vec<String>,
    line: usize,
    in_function: bool,
}

/// Names, `::` and single characters; without comments and what is quoted.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    let starts = |at: usize, what: &str| {
        what.chars()
            .enumerate()
            .all(|(i, c)| chars.get(at + i) == Some(&c))
    };
    while at < chars.len() {
        let from = at;
        if starts(at, "//") {
            at = (at..chars.len())
                .find(|i| chars[*i] == '\n')
                .unwrap_or(chars.len());
        } else if starts(at, "/*") {
            at = (at + 2..chars.len())
                .find(|i| starts(*i, "*/"))
                .map_or(chars.len(), |end| end + 2);
        } else if let Some(end) = quoted(&chars, at) {
            at = end;
        } else if chars[at].is_alphanumeric() || chars[at] == '_' {
            at = (at..chars.len())
                .find(|i| !chars[*i].is_alphanumeric() && chars[*i] != '_')
                .unwrap_or(chars.len());
            tokens.push(Token {
                text: chars[from..at].iter().collect(),
                line,
            });
        } else if starts(at, "::") {
            at += 2;
            tokens.push(Token {
                text: "::".into(),
                line,
            });
        } else {
            if !chars[at].is_whitespace() {
                tokens.push(Token {
                    text: chars[at].into(),
                    line,
                });
            }
            at += 1;
        }
        line += chars[from..at].iter().filter(|c| **c == '\n').count();
    }
    tokens
}

/// The end of a string or a character that starts here.
fn quoted(chars: &[char], at: usize) -> Option<usize> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    if at > 0 && is_name(chars[at - 1]) && chars[at] != '"' && chars[at] != '\'' {
        return None;
    }
    let prefix = chars[at..]
        .iter()
        .take_while(|c| matches!(c, 'b' | 'r' | 'c'))
        .count();
    let hashes = chars[at + prefix..]
        .iter()
        .take_while(|c| **c == '#')
        .count();
    let open = at + prefix + hashes;
    let is_raw = chars[at..at + prefix].contains(&'r');
    match chars.get(open)? {
        '"' if is_raw => {
            let end = |i: &usize| {
                chars[*i] == '"'
                    && chars[*i + 1..]
                        .iter()
                        .take(hashes)
                        .filter(|c| **c == '#')
                        .count()
                        == hashes
            };
            (open + 1..chars.len()).find(end).map(|i| i + 1 + hashes)
        }
        '"' if hashes == 0 => Some(escaped(chars, open + 1, '"')),
        // A lifetime has no second quote.
        '\'' if hashes == 0
            && (chars.get(open + 1) == Some(&'\\') || chars.get(open + 2) == Some(&'\'')) =>
        {
            Some(escaped(chars, open + 1, '\''))
        }
        _ => None,
    }
}

fn escaped(chars: &[char], mut at: usize, quote: char) -> usize {
    while at < chars.len() && chars[at] != quote {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// Every path of two names or more, and every path of a `use`.
fn paths(tokens: &[Token], place: &str) -> Vec<Named> {
    let mut found = Vec::new();
    // For each open brace: whether it opens a function, and whether a module.
    let mut scopes: Vec<(bool, bool)> = Vec::new();
    let (mut function, mut module) = (false, false);
    let mut at = 0;
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    while at < tokens.len() {
        let in_function = scopes.iter().any(|(function, _)| *function);
        let depth = scopes.iter().filter(|(_, module)| *module).count();
        match text(at) {
            "fn" if text(at + 1) != "(" => function = true,
            "mod" => module = true,
            ";" => (function, module) = (false, false),
            "{" => {
                scopes.push((function, module));
                (function, module) = (false, false);
            }
            "}" => drop(scopes.pop()),
            // Neither the captures of an `impl Trait + use<>` nor a view's `use:directive`.
            "use" if !matches!(text(at + 1), "<" | ":") => {
                let line = tokens[at].line;
                let mut trees = Vec::new();
                at = tree(tokens, at + 1, &[], &mut trees);
                found.extend(trees.into_iter().map(|path| Named {
                    path: absolute(path, place, depth),
                    line,
                    in_function,
                }));
                continue;
            }
            name if text(at + 1) == "::"
                && is_start(name)
                && !matches!(text(at.wrapping_sub(1)), "::" | ".") =>
            {
                let mut path = vec![name.to_owned()];
                let line = tokens[at].line;
                while text(at + 1) == "::" && is_start(text(at + 2)) {
                    at += 2;
                    path.push(text(at).to_owned());
                }
                found.push(Named {
                    path: absolute(path, place, depth),
                    line,
                    in_function,
                });
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn is_start(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The paths of a `use`, from its first token on; gives where it ends.
fn tree(tokens: &[Token], mut at: usize, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = before.to_vec();
    while at < tokens.len() {
        match tokens[at].text.as_str() {
            "{" => {
                at += 1;
                while at < tokens.len() && tokens[at].text != "}" {
                    at = tree(tokens, at, &path, found);
                    at += usize::from(at < tokens.len() && tokens[at].text == ",");
                }
                return at + 1;
            }
            "," | "}" | ";" => break,
            "as" => at += 1,
            "self" if path.len() > before.len() || !before.is_empty() => {}
            name if is_start(name) => path.push(name.to_owned()),
            _ => {}
        }
        at += 1;
    }
    if !path.is_empty() {
        found.push(path);
    }
    at
}

/// `super::x` and `self::x` from `crate` on; `depth` counts the modules written inside the file.
fn absolute(path: Vec<String>, place: &str, depth: usize) -> Vec<String> {
    let mut base: Vec<String> = std::iter::once("crate")
        .chain(place.split('/'))
        .map(str::to_owned)
        .collect();
    base.extend(std::iter::repeat_n("inside".to_owned(), depth));
    let ups = path.iter().take_while(|name| *name == "super").count();
    match path[0].as_str() {
        "super" => {
            base.truncate(base.len().saturating_sub(ups));
            base.into_iter().chain(path.into_iter().skip(ups)).collect()
        }
        "self" => base.into_iter().chain(path.into_iter().skip(1)).collect(),
        _ => path,
    }
}

/// Marks every file that a file's `mod` lines lead to.
fn follow(file: &Path, root: &Path, reached: &mut BTreeSet<PathBuf>) {
    assert!(
        file.exists(),
        "{} is named by a `mod`, and is not there",
        file.display()
    );
    if !reached.insert(file.to_owned()) {
        return;
    }
    let text = fs::read_to_string(file).expect("a source file");
    let folder = file.parent().expect("a folder");
    let is_top = file == root || file.ends_with("mod.rs");
    let own = if is_top {
        folder.to_owned()
    } else {
        file.with_extension("")
    };
    let mut named = None;
    for line in text.lines().map(str::trim) {
        if let Some(path) = line
            .strip_prefix("#[path = \"")
            .and_then(|rest| rest.strip_suffix("\"]"))
        {
            named = Some(folder.join(path));
        }
        let words: Vec<_> = line
            .trim_end_matches(';')
            .split_whitespace()
            .filter(|word| !word.starts_with("pub"))
            .collect();
        if let (["mod", name], true) = (words.as_slice(), line.ends_with(';')) {
            let (flat, deep) = (
                own.join(format!("{name}.rs")),
                own.join(name).join("mod.rs"),
            );
            follow(
                &named
                    .take()
                    .unwrap_or(if deep.exists() { deep } else { flat }),
                root,
                reached,
            );
        }
    }
}

/// Every name of a source, without comments and what is quoted, and its line.
pub fn words(text: &str) -> Vec<(String, usize)> {
    tokens(text)
        .into_iter()
        .map(|token| (token.text, token.line))
        .collect()
}

/// Every `.rs` file below a folder, by its path from the repository's root.
pub fn sources(folder: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for path in list(&here(folder)) {
        let name = format!(
            "{folder}/{}",
            path.file_name()
                .and_then(|name| name.to_str())
                .expect("a UTF-8 name")
        );
        if path.is_dir() {
            found.extend(sources(&name));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.insert(name, fs::read_to_string(&path).expect("a source file"));
        }
    }
    found
}

fn list(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
