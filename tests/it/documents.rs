//! What the documents name: a path of the repository, a source, a test or another function of it is
//! there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};
use support::source::{here, list, sources};

/// Folders of documents, from the repository's root.
const FOLDERS: [&str; 5] = ["", "docs", "docs/decisions", "docs/notes", "end2end"];
/// It names what was there once.
const HISTORY: &str = "CHANGELOG.md";
/// Where the paths of documents begin: rooms are named without `src/`, and those of the server
/// without `server/`, too.
const BASES: [&str; 3] = ["", "src", "src/server"];
/// Folders that a build or a shop makes.
const MADE: [&str; 2] = ["data", "target"];
/// Crates whose paths are named.
const CRATES: [&str; 3] = ["std", "thiserror", "tracing_subscriber"];

#[test]
fn every_path_that_a_document_names_is_there() {
    assert!(documents().len() > 30, "{:?}", documents().keys());
    let lost = lost(lost_paths);
    assert!(lost.is_empty(), "\n{}", lost.join("\n"));
}

#[test]
fn every_test_that_a_document_names_is_there() {
    let lost = lost(lost_names);
    assert!(lost.is_empty(), "\n{}", lost.join("\n"));
}

#[test]
fn a_planted_name_of_nothing_is_found() {
    let program = program();
    for path in [
        "src/server/cache/",
        "src/server/{cache,cash}.rs",
        "tests/it/gone.rs",
        "server/gone",
        "queue/gone",
        "docs/gone.md",
        "gone.rs",
    ] {
        let found = lost_paths(&format!("a `{path}` of ours"), &program);
        assert_eq!(found.len(), 1, "{path}: {found:?}");
    }
    for path in [
        "src/server/cache.rs",
        "tests/it/{documents,style}.rs",
        "tests/model/",
        "server/{lock,log}",
        "queue/redis",
        "documents.rs",
        "target/site",
        "user/me/",
        "/courses/1",
        "cargo run src/gone.rs",
    ] {
        let found = lost_paths(&format!("a `{path}` of ours"), &program);
        assert_eq!(found, [""; 0], "{path}");
    }
    let block = "```sh\nless `src/gone.rs`\n```\n";
    assert_eq!(lost_paths(block, &program), [""; 0]);
    for name in [
        "documents::every_path",
        "documents::gone…",
        "gone::every_path_that_a_document_names_is_there",
        "rules::gone",
    ] {
        let found = lost_names(&format!("a `{name}` of ours"), &program);
        assert_eq!(found, [name]);
    }
    for name in [
        "documents::every_path…",
        "it::documents::every_path_that_a_document_names_is_there",
        "rules::seckill::tests",
        "std::env",
        "Store::Sqlite",
    ] {
        let found = lost_names(&format!("a `{name}` of ours"), &program);
        assert_eq!(found, [""; 0], "{name}");
    }
}

/// What each document names that is not there, by a finder of such names.
fn lost(find: impl Fn(&str, &BTreeMap<String, String>) -> Vec<String>) -> Vec<String> {
    let program = program();
    documents()
        .iter()
        .flat_map(|(file, text)| {
            let lost = find(text, &program).into_iter();
            lost.map(move |name| format!("{file}: {name}"))
        })
        .collect()
}

/// Each document by its path, and its text.
fn documents() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for folder in FOLDERS {
        let files = list(&here(folder));
        let files = files
            .into_iter()
            .filter(|path| path.extension().is_some_and(|extension| extension == "md"));
        for path in files {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .expect("a UTF-8 name");
            if name != HISTORY {
                let text = fs::read_to_string(&path).expect("a document");
                let file = format!("{folder}/{name}");
                found.insert(file.trim_start_matches('/').to_owned(), text);
            }
        }
    }
    found
}

/// Each source of the program and of its tests.
fn program() -> BTreeMap<String, String> {
    let mut found = sources("src");
    found.extend(sources("tests"));
    found
}

/// What stands in backticks, outside of blocks of code.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(|text| text.split('`').skip(1).step_by(2))
}

/// The paths that a text names and that are not there.
fn lost_paths(text: &str, program: &BTreeMap<String, String>) -> Vec<String> {
    let folders: BTreeSet<String> = BASES.into_iter().flat_map(folders).collect();
    let is_of_path = |c: char| c.is_ascii_alphanumeric() || "_-./{},".contains(c);
    let is_there = |path: &String| match path.split_once('/') {
        Some((first, _)) => !folders.contains(first) || exists(path),
        None => !path.ends_with(".rs") || has_file(program, path),
    };
    spans(text)
        .filter(|span| span.chars().all(is_of_path))
        .flat_map(written_out)
        .filter(|path| !is_there(path))
        .collect()
}

/// The folders in a folder that belong to the repository.
fn folders(base: &str) -> Vec<String> {
    list(&here(base))
        .iter()
        .filter(|path| path.is_dir())
        .filter_map(|path| path.file_name()?.to_str().map(str::to_owned))
        .filter(|name| !MADE.contains(&name.as_str()))
        .collect()
}

/// Whether there is such a file or folder; a source may be named without its `.rs`.
fn exists(path: &str) -> bool {
    BASES.into_iter().any(|base| {
        let base = here(base);
        base.join(path).exists() || base.join(format!("{path}.rs")).exists()
    })
}

/// Whether a source has this name, in whichever folder.
fn has_file(program: &BTreeMap<String, String>, name: &str) -> bool {
    let end = format!("/{name}");
    program.keys().any(|file| file.ends_with(&end))
}

/// `a.rs` and `b.rs` of `{a,b}.rs`.
fn written_out(path: &str) -> Vec<String> {
    let braces = path
        .split_once('{')
        .and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    match braces {
        Some((before, (choices, after))) => choices
            .split(',')
            .map(|choice| format!("{before}{choice}{after}"))
            .collect(),
        None => vec![path.to_owned()],
    }
}

/// The modules and functions that a text names as `module::name` and that are not there. `…` stands
/// for the rest of a name.
fn lost_names(text: &str, program: &BTreeMap<String, String>) -> Vec<String> {
    let is_of_name = |c: char| c.is_alphanumeric() || "_:/…".contains(c);
    spans(text)
        .filter(|span| span.contains("::") && span.chars().all(is_of_name))
        .filter(|span| span.starts_with(char::is_lowercase))
        .filter(|span| !CRATES.iter().any(|name| span.starts_with(name)))
        .filter(|span| !is_named(span, program))
        .map(str::to_owned)
        .collect()
}

/// Whether a module has this name, or has a function of it in itself or in a module inside it.
fn is_named(name: &str, program: &BTreeMap<String, String>) -> bool {
    let path = name.replace("::", "/");
    let is_inside = |file: &str, module: &str| {
        let own = file.trim_end_matches(".rs").trim_end_matches("/mod");
        format!("/{own}/").contains(&format!("/{module}/"))
    };
    if program.keys().any(|file| is_inside(file, &path)) {
        return true;
    }
    let Some((module, function)) = path.rsplit_once('/') else {
        return false;
    };
    let head = match function.strip_suffix('…') {
        Some(beginning) => format!("fn {beginning}"),
        None => format!("fn {function}("),
    };
    program
        .iter()
        .any(|(file, text)| is_inside(file, module) && text.contains(&head))
}
