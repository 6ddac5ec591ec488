//! Rust sources as the architecture test reads them: files, tokens, and the paths that they name.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

pub struct Token {
    pub text: String,
    pub line: usize,
}

/// A path as it is named, from `crate` or from a crate's name on.
pub struct Named {
    pub path: Vec<String>,
    pub line: usize,
    pub in_function: bool,
    /// Whether it stands in a module that is written inside the file, as tests are.
    pub in_module: bool,
}

/// Names, `::` and single characters; without comments and what is quoted.
pub fn tokens(text: &str) -> Vec<Token> {
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

/// What stands in quotes, without them.
pub fn quotes(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut found) = (0, Vec::new());
    while at < chars.len() {
        let is_comment = chars[at..].starts_with(&['/', '/']);
        let next = if is_comment {
            let end = chars[at..].iter().position(|c| *c == '\n');
            at + end.unwrap_or(chars.len() - at)
        } else if let Some(end) = quoted(&chars, at) {
            found.push(chars[at..end.min(chars.len())].iter().collect());
            end
        } else {
            at + 1
        };
        at = next;
    }
    found
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
pub fn paths(tokens: &[Token], place: &str) -> Vec<Named> {
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
                    in_module: depth > 0,
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
                    in_module: depth > 0,
                });
            }
            _ => {}
        }
        at += 1;
    }
    found
}

pub fn is_start(name: &str) -> bool {
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
pub fn follow(file: &Path, root: &Path, reached: &mut BTreeSet<PathBuf>) {
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
            named = Some(folder.join(path).canonicalize().expect("a source file"));
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

pub fn list(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

/// A path from the repository's root.
pub fn here(path: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.expect("this crate lies two folders below the root")
        .join(path)
}
