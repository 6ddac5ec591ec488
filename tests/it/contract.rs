//! The store's contract: what each engine brings for the statements that both share, and that every
//! call stands in its noun's file on both sides.

use std::collections::{BTreeMap, BTreeSet};
use support::source::{sources, tokens};

const STORE: &str = "src/server/store";
/// Files that one engine has for itself: SQLite's copy of a file and its failed fsync, PostgreSQL's
/// lock of servers.
const OWN: &[(&str, &str)] = &[
    ("sqlite", "copy"),
    ("sqlite", "fsync"),
    ("postgres", "instances"),
];
/// Files of statements that an import under way calls, and no call of the store.
const STAGED: &[&str] = &["import", "import_statements"];

/// A file's name, and what stands in it.
type Files = BTreeMap<String, String>;

#[test]
fn both_engines_bring_what_the_contract_lists() {
    let contract = contract(&folder("queries")["mod"]);
    assert_eq!(contract.len(), 6, "{contract:?}");
    for engine in ["sqlite", "postgres"] {
        let found = breaches(engine, &contract, &folder(engine));
        assert!(found.is_empty(), "\n{}", found.join("\n"));
    }
}

#[test]
fn the_contract_lists_every_function_that_both_engines_have() {
    let listed: BTreeSet<_> = contract(&folder("queries")["mod"])
        .into_values()
        .flatten()
        .collect();
    let of = |engine| -> BTreeSet<String> {
        let files = folder(engine);
        let names = files
            .values()
            .flat_map(|text| declared(text, &["fn", "macro_rules"]));
        names.collect()
    };
    let both: BTreeSet<_> = of("sqlite")
        .intersection(&of("postgres"))
        .cloned()
        .collect();
    assert!(both.len() > 20, "{both:?}");
    let missing: Vec<_> = both.difference(&listed).collect();
    assert!(missing.is_empty(), "the contract does not list {missing:?}");
}

#[test]
fn every_call_stands_in_its_noun_s_file() {
    let (nouns, queries) = (folder(""), folder("queries"));
    let found = strangers(&nouns, &queries);
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn a_planted_breach_is_found() {
    let contract = contract("//! - `rush`: `one`,\n//!   `two`\n//!\n//! - no file\n");
    let engine = |rush: &str| Files::from([("rush".to_owned(), rush.to_owned())]);
    let judge = |files: &Files| breaches("sqlite", &contract, files);
    assert!(judge(&engine("fn one() {} fn other() {} fn two() {}")).is_empty());
    assert_eq!(judge(&engine("fn two() {} fn one() {}")).len(), 1);
    assert_eq!(judge(&engine("fn one() {}")).len(), 1);
    assert_eq!(judge(&Files::new()).len(), 1);
    let mut more = engine("fn one() {} fn two() {}");
    more.insert("stray".to_owned(), String::new());
    assert_eq!(judge(&more).len(), 1);

    let noun = |name: &str, call: &str| {
        Files::from([(
            name.to_owned(),
            format!("store! {{ Job fn {call}() -> (); }}"),
        )])
    };
    let query = |name: &str, call: &str| {
        Files::from([(
            name.to_owned(),
            format!("impl Engine {{ pub async fn {call}(&self) {{}} }}"),
        )])
    };
    assert!(strangers(&noun("sale", "sell"), &query("sale", "sell")).is_empty());
    assert_eq!(
        strangers(&noun("sale", "sell"), &query("order", "sell")).len(),
        2
    );
    assert_eq!(
        strangers(&noun("sale", "sell"), &query("sale", "buy")).len(),
        2
    );
}

/// The files of a folder of the store, by their names, without those of folders in it.
fn folder(name: &str) -> Files {
    let path = format!("{STORE}/{name}");
    let path = path.trim_end_matches('/');
    let prefix = format!("{path}/");
    let files = sources(path).into_iter().filter_map(|(file, text)| {
        let name = file.strip_prefix(&prefix)?.strip_suffix(".rs")?.to_owned();
        (!name.contains('/')).then_some((name, text))
    });
    files.collect()
}

/// The files that the header of `queries/mod.rs` lists, and the names in each.
fn contract(header: &str) -> BTreeMap<String, Vec<String>> {
    let mut files = BTreeMap::<_, Vec<String>>::new();
    let mut at = None;
    for line in header
        .lines()
        .filter_map(|line| line.strip_prefix("//! ").or(Some("")))
    {
        if line.starts_with("- `") {
            at = line.split('`').nth(1).map(str::to_owned);
        } else if !line.starts_with("  ") {
            at = None;
        }
        let Some(file) = &at else { continue };
        let quoted = line.split('`').skip(1).step_by(2).map(str::to_owned);
        let names = quoted.skip(usize::from(line.starts_with("- ")));
        files.entry(file.clone()).or_default().extend(names);
    }
    files
}

/// Where an engine's folder is not as the contract says.
fn breaches(engine: &str, contract: &BTreeMap<String, Vec<String>>, files: &Files) -> Vec<String> {
    let mut found = Vec::new();
    for (file, names) in contract {
        let Some(text) = files.get(file) else {
            found.push(format!("{engine} has no file {file}"));
            continue;
        };
        let kinds = ["fn", "macro_rules", "const", "static", "type", "struct"];
        let brought: Vec<_> = declared(text, &kinds)
            .into_iter()
            .filter(|name| names.contains(name))
            .collect();
        if &brought != names {
            found.push(format!(
                "{engine}/{file} declares {brought:?}, the contract {names:?}"
            ));
        }
    }
    let own = |file: &str| OWN.contains(&(engine, file));
    let strays = files
        .keys()
        .filter(|file| !contract.contains_key(*file) && !own(file));
    found.extend(strays.map(|file| format!("{engine}/{file} is not in the contract")));
    found
}

/// Calls that are declared in the file of one noun and written in another's, or in none.
fn strangers(nouns: &Files, queries: &Files) -> Vec<String> {
    let engine: BTreeSet<String> = ["mod", "schema"]
        .iter()
        .flat_map(|file| {
            contract(&folder("queries")["mod"])
                .remove(*file)
                .unwrap_or_default()
        })
        .collect();
    let calls = |noun: &str| -> BTreeSet<String> {
        let text = nouns.get(noun).and_then(|text| text.split_once("store! {"));
        let list = text.and_then(|(_, rest)| rest.split("\n}").next());
        declared(list.unwrap_or_default(), &["fn"])
            .into_iter()
            .collect()
    };
    let mut found = Vec::new();
    for (noun, text) in queries {
        let written: BTreeSet<String> = text
            .split("pub async fn ")
            .skip(1)
            .filter_map(|rest| rest.split_once('('))
            .filter(|(_, arguments)| arguments.trim_start().starts_with("&self"))
            .map(|(name, _)| name.to_owned())
            .collect();
        if STAGED.contains(&noun.as_str()) {
            continue;
        }
        let uncalled = written
            .difference(&calls(noun))
            .cloned()
            .collect::<Vec<_>>();
        found.extend(
            uncalled
                .iter()
                .map(|call| format!("queries/{noun} has {call}, store/{noun} has not")),
        );
    }
    for noun in nouns.keys() {
        let written = queries.get(noun).map_or("", String::as_str);
        let missing = calls(noun).into_iter().filter(|call| {
            !written.contains(&format!("pub async fn {call}(")) && !engine.contains(call)
        });
        found
            .extend(missing.map(|call| format!("store/{noun} has {call}, queries/{noun} has not")));
    }
    found
}

/// The names that a text declares with one of these words, in their order.
fn declared(text: &str, words: &[&str]) -> Vec<String> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let tokens = tokens(text);
    let named = tokens
        .iter()
        .enumerate()
        .filter(|(_, token)| words.contains(&token.text.as_str()));
    let name = named.filter_map(|(at, _)| {
        let mut rest = tokens[at + 1..].iter().filter(|token| token.text != "!");
        rest.next().map(|token| token.text.clone())
    });
    name.collect()
}
