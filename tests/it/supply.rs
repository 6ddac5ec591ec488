//! What the shop is made of: versions that are known to be sound, and words that have no place in
//! its source.

use std::{collections::BTreeMap, fs, path::Path};
use support::source::{sources, words};

/// A crate, and the least patch of each of its lines that is sound. A line later than all of these
/// is sound, an earlier one is not.
const FLOORS: &[(&str, &[&str])] = &[
    ("bytes", &["1.11.1"]),
    ("crossbeam-epoch", &["0.9.20"]),
    ("h2", &["0.4.16"]),
    ("hydration_context", &["0.3.2"]),
    ("libsqlite3-sys", &["0.37.0"]),
    ("rand", &["0.8.6", "0.9.4"]),
    ("time", &["0.3.47"]),
    ("tracing-subscriber", &["0.3.20"]),
];

/// Words that let a text become a program: SQL that was put together, HTML that was not escaped.
const BANNED: &[&str] = &["AssertSqlSafe", "inner_html", "unsafe"];

type Version = [u64; 3];

#[test]
fn no_crate_is_below_its_floor() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock"))
        .expect("Cargo.lock");
    assert!(locked(&lock).len() > 100, "the lock file was read");
    assert_eq!(sunken(&lock), <Vec<String>>::new());
}

#[test]
fn a_crate_below_its_floor_is_found() {
    let lock = |name: &str, version: &str| {
        format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n")
    };
    for (name, version) in [
        ("h2", "0.4.15"),
        ("rand", "0.8.5"),
        ("rand", "0.9.3"),
        ("rand", "0.7.9"),
        ("time", "0.2.99"),
        ("bytes", "1.9.2"),
    ] {
        assert_eq!(sunken(&lock(name, version)), [format!("{name} {version}")]);
    }
    for (name, version) in [
        ("h2", "0.4.16"),
        ("h2", "0.5.0"),
        ("rand", "0.8.6"),
        ("rand", "0.9.4"),
        ("rand", "0.10.0"),
        ("other", "0.0.1"),
    ] {
        assert_eq!(sunken(&lock(name, version)), <Vec<String>>::new());
    }
    let two = lock("rand", "0.9.5") + &lock("rand", "0.8.5");
    assert_eq!(sunken(&two), ["rand 0.8.5"], "each version counts");
}

#[test]
fn no_text_becomes_a_program() {
    let found: Vec<_> = sources("src")
        .iter()
        .flat_map(|(file, text)| banned(file, text))
        .collect();
    assert_eq!(found, <Vec<String>>::new());
    for word in BANNED {
        assert_eq!(
            banned("src/a.rs", &format!("fn f() {{}}\n{word}(x)")),
            [format!("src/a.rs:2: {word}")]
        );
        assert_eq!(
            banned(
                "src/a.rs",
                &format!("// {word}\nconst A: &str = \"{word}\";")
            ),
            <Vec<String>>::new()
        );
    }
}

/// Every crate and version of a lock file that is below its floor.
fn sunken(lock: &str) -> Vec<String> {
    let floors: BTreeMap<_, _> = FLOORS.iter().copied().collect();
    let is_sound = |name: &str, version: &str| {
        floors
            .get(name)
            .is_none_or(|floors| is_above(parse(version), floors))
    };
    locked(lock)
        .into_iter()
        .filter(|(name, version)| !is_sound(name, version))
        .map(|(name, version)| format!("{name} {version}"))
        .collect()
}

fn is_above(version: Version, floors: &[&str]) -> bool {
    let floors: Vec<_> = floors.iter().map(|floor| parse(floor)).collect();
    let own = floors.iter().find(|floor| line(**floor) == line(version));
    own.or(floors.last()).is_some_and(|floor| version >= *floor)
}

/// Versions of one line may stand for each other: those of a major one, or of a minor one before
/// the first.
fn line([major, minor, _]: Version) -> (u64, u64) {
    (major, if major == 0 { minor } else { 0 })
}

fn parse(version: &str) -> Version {
    let bare = version.split(['-', '+']).next().unwrap_or_default();
    let parts: Vec<_> = bare
        .split('.')
        .map(|part| part.parse().expect("a number"))
        .collect();
    parts.try_into().expect("three numbers")
}

/// Names and versions of a lock file.
fn locked(lock: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut name = None;
    for line in lock.lines() {
        let quoted = |key: &str| {
            line.strip_prefix(key)
                .and_then(|rest| rest.strip_suffix('"'))
        };
        name = quoted("name = \"").or(name);
        if let Some(version) = quoted("version = \"") {
            found.extend(name.take().map(|name| (name, version)));
        }
    }
    found
}

/// Each banned word of a file, as `file:line: word`.
fn banned(file: &str, text: &str) -> Vec<String> {
    words(text)
        .into_iter()
        .filter(|(word, _)| BANNED.contains(&word.as_str()))
        .map(|(word, line)| format!("{file}:{line}: {word}"))
        .collect()
}
