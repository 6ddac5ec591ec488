//! Rules of the style sheet: each class has its rule and its use, each file a part of the page and
//! a layer, and a length or a colour that has a token is named by it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};
use support::source::{here, list, sources};

/// Layers of one file, which has their name. All other files are in the layer `parts`.
const LAYERS: [&str; 3] = ["tokens", "base", "layout"];
/// Files of pieces that many parts share. All others are named as a file of [`NAMESAKES`].
const PIECES: [&str; 4] = ["badge", "bar", "button", "sheet"];
const NAMESAKES: [&str; 3] = ["src/ui/islands", "src/ui/pages", "src/ui/parts"];
/// Classes without a rule, by which an island finds an element.
const HOOKS: [&str; 1] = ["finder-apply"];
/// Functions of `src/ui` that take classes, and at which place of their arguments.
const CLASS_ARGUMENTS: [(&str, usize); 6] = [
    ("chips", 0),
    ("cover", 1),
    ("create", 1),
    ("link", 0),
    ("spoken", 1),
    ("turning", 1),
];

/// Style sheets or sources, each by its name.
type Files = BTreeMap<String, String>;

#[test]
fn each_class_has_a_rule_and_each_rule_a_class() {
    let (sheets, sources) = (sheets(), markup());
    assert!(
        ruled(&sheets).len() > 100 && named(&sources).len() > 100,
        "both sides were read"
    );
    assert_eq!(lone_classes(&sheets, &sources), <Vec<String>>::new());
}

#[test]
fn each_file_is_of_a_part_and_in_its_layer() {
    assert_eq!(misplaced(&sheets(), &namesakes()), <Vec<String>>::new());
}

#[test]
fn what_has_a_token_is_named_by_it() {
    assert_eq!(raw_values(&sheets()), <Vec<String>>::new());
}

#[test]
fn a_planted_fault_of_the_style_sheet_is_found() {
    let with = |files: Files, name: &str, text: &str| {
        let mut files = files;
        files.entry(name.to_owned()).or_default().push_str(text);
        files
    };
    let price = "src/ui/parts/price.rs";
    for (sheet, source, what) in [
        (".gone { color: red }", "", ".gone"),
        (
            "@media print { a:is(.gone, .price) { color: red } }",
            "",
            ".gone",
        ),
        (".slot-13 .slots-1 { color: red }", "", ".slots-1"),
        ("", "<p class=\"price lost\">", "lost"),
        ("", "<p class=format!(\"price {} lost\", 1)>", "lost"),
        (
            "",
            "<p class=if is_void { \"price\" } else { \"lost\" } id=1>",
            "lost",
        ),
        (
            "",
            "turning(on, Some(\"lost\"), &|state| words(state))",
            "lost",
        ),
        ("", "dom::create(\"p\", \"lost\", &words)", "lost"),
        (
            "",
            "cover(image.as_deref(), \"lost\", Loading::Lazy)",
            "lost",
        ),
    ] {
        let found = lone_classes(
            &with(sheets(), "price", sheet),
            &with(markup(), price, source),
        );
        assert!(
            found.len() == 1 && found[0].contains(what),
            "{sheet}{source}: {found:?}"
        );
    }
    let main = |text: &str| with(sheets(), "main", text);
    for (sheets, what) in [
        (with(sheets(), "widget", ""), "widget.css has no namesake"),
        (with(sheets(), "picture", ""), "picture.css is not in parts"),
        (main("@import \"notice.css\";"), "imports"),
        (main(".price { color: red }"), "imports"),
    ] {
        let found = misplaced(&sheets, &namesakes()).join("\n");
        assert!(found.contains(what), "{what}: {found}");
    }
    for (sheet, what) in [
        ("p { padding: 0 0.25rem }", "--pad-xs"),
        ("p { margin: calc(-0.25rem + 1%) }", "--pad-xs"),
        ("p { font-size: 0.889rem }", "--text-s"),
        ("p { color: #fff }", "a colour"),
        ("p { color: rgb(1 2 3) }", "a colour"),
        ("p { gap: var(--gap-3xl) }", "--gap-3xl"),
    ] {
        let found = raw_values(&with(sheets(), "price", sheet));
        assert!(
            found.len() == 1 && found[0].contains(what),
            "{sheet}: {found:?}"
        );
    }
    let unused = raw_values(&with(sheets(), "tokens", ":root { --idle: 1em }"));
    assert!(
        unused.len() == 1 && unused[0].contains("--idle"),
        "{unused:?}"
    );
}

/// The files of `style/` by their names, without `.css`.
fn sheets() -> Files {
    let sheet = |path: &std::path::PathBuf| {
        let name = path.file_stem().and_then(|name| name.to_str());
        let text = fs::read_to_string(path).expect("a style sheet");
        (name.expect("a UTF-8 name").to_owned(), text)
    };
    list(&here("style")).iter().map(sheet).collect()
}

/// The sources that write markup, without their tests.
fn markup() -> Files {
    let mut sources = sources("src/ui");
    sources.retain(|file, _| !file.starts_with("src/ui/tests/"));
    sources
}

/// The names that a file of a part may have.
fn namesakes() -> BTreeSet<String> {
    let stem = |file: String| {
        let name = file.rsplit('/').next().unwrap_or_default();
        name.trim_end_matches(".rs").to_owned()
    };
    NAMESAKES
        .into_iter()
        .flat_map(sources)
        .map(|(file, _)| stem(file))
        .collect()
}

/// Classes that one side alone names.
fn lone_classes(sheets: &Files, sources: &Files) -> Vec<String> {
    let (ruled, named) = (ruled(sheets), named(sources));
    let is_dealt = |class: &str| {
        let kind = class.trim_end_matches(|c: char| c.is_ascii_digit());
        let made = format!("format!(\"{kind}{{}}\"");
        kind != class && sources.values().any(|text| text.contains(&made))
    };
    let dead = ruled
        .iter()
        .filter(|(class, _)| !named.contains_key(*class) && !is_dealt(class))
        .map(|(class, file)| format!("style/{file}.css: no markup has .{class}"));
    let bare = named
        .iter()
        .filter(|(class, _)| !ruled.contains_key(*class) && !HOOKS.contains(&class.as_str()))
        .map(|(class, file)| format!("{file}: no rule is for the class {class}"));
    let idle = HOOKS
        .iter()
        .filter(|hook| {
            !sources
                .values()
                .any(|text| text.contains(&format!("\".{hook}\"")))
        })
        .map(|hook| format!("HOOKS: nothing looks for .{hook}"));
    dead.chain(bare).chain(idle).collect()
}

/// Each class that a rule is for, and a file that has one.
fn ruled(sheets: &Files) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (file, css) in sheets {
        let pieces = pieces(css);
        let selectors = pieces.iter().filter_map(|piece| match piece {
            Piece::Prelude(text) if !text.starts_with('@') => Some(text),
            _ => None,
        });
        for class in selectors.flat_map(|text| text.split('.').skip(1)) {
            let end = class.find(|c: char| !c.is_alphanumeric() && c != '-');
            found.insert(class[..end.unwrap_or(class.len())].to_owned(), file.clone());
        }
    }
    found
}

/// Each class that markup is given, and a file that gives it.
fn named(sources: &Files) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (file, text) in sources {
        let code: Vec<_> = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        let code = code.join("\n");
        let attributes = code.split("class=").skip(1).flat_map(class_values);
        let arguments = CLASS_ARGUMENTS
            .iter()
            .flat_map(|(name, at)| {
                calls(&code, name).filter_map(|call| arguments(call).get(*at).cloned())
            })
            .filter_map(|argument| quoted(&argument));
        for class in attributes.chain(arguments).flat_map(|value| words(&value)) {
            found.insert(class, file.clone());
        }
    }
    found
}

/// The classes of an attribute's value; what `format!` puts in is no class.
fn words(value: &str) -> Vec<String> {
    let words = value.split_whitespace().filter(|word| !word.contains('{'));
    words.map(str::to_owned).collect()
}

/// What stands quoted at the beginning of an attribute's value, or in both ways of its `if`.
fn class_values(value: &str) -> Vec<String> {
    let value = value.strip_prefix("format!(").unwrap_or(value);
    if value.starts_with('"') {
        return value
            .split('"')
            .nth(1)
            .map(str::to_owned)
            .into_iter()
            .collect();
    }
    let Some((_, ways)) = value
        .strip_prefix("if ")
        .and_then(|rest| rest.split_once('{'))
    else {
        return Vec::new();
    };
    let (first, other) = ways.split_once("else {").unwrap_or((ways, ""));
    let quoted = [first, other].map(|way| way.split('}').next().and_then(quoted));
    quoted.into_iter().flatten().collect()
}

/// What follows each `name(` that is a call.
fn calls<'a>(code: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(name).filter_map(move |(at, _)| {
        let before = &code[..at];
        let is_longer = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let call = code[at + name.len()..].strip_prefix('(')?;
        (!is_longer && !before.ends_with("fn ")).then_some(call)
    })
}

/// The arguments of a call, from behind its parenthesis on.
fn arguments(call: &str) -> Vec<String> {
    let (mut depth, mut is_quoted, mut found) = (0, false, vec![String::new()]);
    for c in call.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            '(' | '[' | '{' if !is_quoted => depth += 1,
            ')' | ']' | '}' if !is_quoted && depth == 0 => break,
            ')' | ']' | '}' if !is_quoted => depth -= 1,
            ',' if !is_quoted && depth == 0 => {
                found.push(String::new());
                continue;
            }
            _ => {}
        }
        found.last_mut().expect("an argument").push(c);
    }
    found
}

/// The text of an argument that is quoted, perhaps in `Some`.
fn quoted(argument: &str) -> Option<String> {
    let argument = argument.trim();
    let inner = argument
        .strip_prefix("Some(")
        .and_then(|rest| rest.strip_suffix(')'));
    let text = inner.unwrap_or(argument).strip_prefix('"')?;
    text.strip_suffix('"').map(str::to_owned)
}

/// Files without a namesake or outside their layer, and what else the main file holds.
fn misplaced(sheets: &Files, namesakes: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    let main: Vec<_> = sheets["main"].lines().collect();
    let files: Vec<_> = sheets.keys().filter(|file| *file != "main").collect();
    for file in &files {
        let own = LAYERS.contains(&file.as_str());
        let layer = if own { file.as_str() } else { "parts" };
        if !own && !PIECES.contains(&file.as_str()) && !namesakes.contains(*file) {
            found.push(format!("{file}.css has no namesake in src/ui"));
        }
        if !main.contains(&format!("@import \"{file}.css\" layer({layer});").as_str()) {
            found.push(format!("{file}.css is not in {layer}"));
        }
    }
    let statements = pieces(&sheets["main"]);
    let order = LAYERS.join(", ");
    if !main.contains(&format!("@layer {order}, parts;").as_str())
        // The order of the layers, and an import for each file.
        || statements.len() != files.len() + 1
    {
        found.push("main.css has more than the layers and their imports".to_owned());
    }
    found
}

/// Values that a token has or that no file but that of the tokens may have, tokens that are not
/// there, and tokens that nothing uses.
fn raw_values(sheets: &Files) -> Vec<String> {
    let tokens: BTreeMap<_, _> = declarations(&sheets["tokens"])
        .into_iter()
        .filter(|(name, _)| name.starts_with("--"))
        .collect();
    let mut found = Vec::new();
    let mut used = BTreeSet::new();
    for (file, css) in sheets {
        let declarations = declarations(css);
        for (name, value) in &declarations {
            let mut report =
                |what: String| found.push(format!("{file}.css: {name}:{value}: {what}"));
            for token in value
                .split("var(")
                .skip(1)
                .filter_map(|rest| rest.split([')', ',']).next())
            {
                used.insert(token.to_owned());
                if !tokens.contains_key(token) && !declarations.iter().any(|(own, _)| own == token)
                {
                    report(format!("there is no {token}"));
                }
            }
            if file == "tokens" {
                continue;
            }
            if value.contains('#') || value.contains("rgb(") || value.contains("hsl(") {
                report("a colour is a token's".to_owned());
            }
            let is_text = name == "font-size";
            let named = |length: &str| {
                let fits = |(token, own): &(&String, &String)| {
                    own.as_str() == length && token.starts_with("--text-") == is_text
                };
                tokens
                    .iter()
                    .find(fits)
                    .map(|(token, _)| format!("{length} is {token}"))
            };
            value
                .split(|c: char| !c.is_alphanumeric() && c != '.')
                .filter_map(named)
                .for_each(report);
        }
    }
    let idle = tokens.keys().filter(|token| !used.contains(*token));
    found.extend(idle.map(|token| format!("tokens.css: nothing uses {token}")));
    found
}

/// Properties and their values.
fn declarations(css: &str) -> Vec<(String, String)> {
    let declaration = |piece| match piece {
        Piece::Statement(text) => {
            let (name, value) = text.split_once(':')?;
            Some((name.trim().to_owned(), value.trim().to_owned()))
        }
        Piece::Prelude(_) => None,
    };
    pieces(css).into_iter().filter_map(declaration).collect()
}

/// A piece of a style sheet.
enum Piece {
    /// Selectors, or an at-rule and its condition: what stands before a brace.
    Prelude(String),
    /// A declaration, or an at-rule without a block.
    Statement(String),
}

/// The pieces, without comments and what is quoted.
fn pieces(css: &str) -> Vec<Piece> {
    let mut code = css.split("/*").next().unwrap_or_default().to_owned();
    for comment in css.split("/*").skip(1) {
        code.push_str(comment.split_once("*/").map_or("", |(_, code)| code));
    }
    let mut found = Vec::new();
    let mut text = String::new();
    for c in code.split('"').step_by(2).flat_map(str::chars) {
        match c {
            '{' => found.push(Piece::Prelude(std::mem::take(&mut text).trim().to_owned())),
            '}' | ';' if text.trim().is_empty() => text.clear(),
            '}' | ';' => found.push(Piece::Statement(
                std::mem::take(&mut text).trim().to_owned(),
            )),
            c => text.push(c),
        }
    }
    found
}
