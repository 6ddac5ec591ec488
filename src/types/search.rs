//! A search for courses: words that all have to be found, in whatever width and case they were
//! typed, or stand in the catalogue.

use crate::types::typed;

/// Words that are looked for one by one; the last one takes the rest as it is written. So many have
/// the longest names, and a row is compared with each.
const WORDS_MAX: usize = 16;
/// What stands between a letter of ASCII and its full-width form, as an input method writes it.
const WIDE: u32 = 0xFEE0;

/// A letter of a pattern: any of these signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter(pub Vec<char>);

/// What is found in a text: letter after letter.
pub type Pattern = Vec<Letter>;

/// The text of a search with one blank between two words, and without signs that show nothing.
pub fn tidy(text: &str) -> String {
    let seen: String = text.chars().filter(|c| typed::shows(*c)).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a tidy search. Of the patterns of a word one has to be found: people write a blank
/// between Han and Latin letters, or none.
pub fn words(search: &str) -> Vec<Vec<Pattern>> {
    search
        .splitn(WORDS_MAX, ' ')
        .filter(|word| !word.is_empty())
        .map(patterns)
        .collect()
}

fn patterns(word: &str) -> Vec<Pattern> {
    let mut close = Pattern::new();
    let mut apart = Pattern::new();
    let mut before = None;
    for c in word.chars() {
        if before.is_some_and(|before| is_border(before, c)) {
            apart.push(letter(' '));
        }
        close.push(letter(c));
        apart.push(letter(c));
        before = Some(c);
    }
    if close == apart {
        vec![close]
    } else {
        vec![close, apart]
    }
}

/// Whether people may write a blank between two letters: one of ASCII, and one of another script.
/// The signs that names of languages end with, as C++ and C#, are letters of theirs.
fn is_border(one: char, other: char) -> bool {
    let is_latin = |c: char| narrow(c).is_ascii_alphanumeric() || matches!(narrow(c), '+' | '#');
    let is_letter = |c: char| c.is_alphanumeric() || is_latin(c);
    is_letter(one) && is_letter(other) && is_latin(one) != is_latin(other)
}

/// The signs that stand for one: both cases, and both widths.
fn letter(c: char) -> Letter {
    let narrow = narrow(c);
    let mut signs = vec![narrow];
    signs.extend(one(narrow.to_lowercase()));
    signs.extend(one(narrow.to_uppercase()));
    let wide: Vec<_> = signs.iter().filter_map(|sign| wide(*sign)).collect();
    signs.extend(wide);
    let mut letter = Vec::with_capacity(signs.len());
    for sign in signs {
        if !letter.contains(&sign) {
            letter.push(sign);
        }
    }
    Letter(letter)
}

/// The only sign of these; a letter that others stand for in another case has its own alone.
fn one(mut signs: impl Iterator<Item = char>) -> Option<char> {
    signs.next().filter(|_| signs.next().is_none())
}

fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - WIDE).unwrap_or(c),
        '\u{3000}' => ' ',
        '\u{FFE5}' => '\u{A5}',
        _ => c,
    }
}

fn wide(c: char) -> Option<char> {
    match c {
        '!'..='~' => char::from_u32(u32::from(c) + WIDE),
        ' ' => Some('\u{3000}'),
        '\u{A5}' => Some('\u{FFE5}'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pattern: &Pattern) -> String {
        pattern
            .iter()
            .map(|Letter(signs)| signs.iter().collect::<String>())
            .collect::<Vec<_>>()
            .join("|")
    }

    #[test]
    fn every_word_is_a_pattern() {
        assert_eq!(tidy("  Python\u{3000}\t项目\n\u{200B} "), "Python 项目");
        assert_eq!(
            tidy("1\u{FE0F}\u{20E3} 课\u{200B}"),
            "1\u{FE0F}\u{20E3} 课",
            "pictures stay"
        );
        let patterns = |search: &str| {
            words(search)
                .iter()
                .map(|word| word.iter().map(shown).collect())
                .collect::<Vec<Vec<_>>>()
        };
        assert_eq!(patterns("p 项"), [["pPｐＰ"], ["项"]]);
        assert_eq!(patterns("Ｐ-é"), [["PpＰｐ|-－|éÉ"]]);
        assert_eq!(patterns("+课"), [["+＋|课", "+＋| \u{3000}|课"]]);
        assert_eq!(patterns("c＃"), [["cCｃＣ|#＃"]]);
        assert_eq!(
            patterns("C语言"),
            [["CcＣｃ|语|言", "CcＣｃ| \u{3000}|语|言"]]
        );
        assert_eq!(words(""), <Vec<Vec<Pattern>>>::new());
        assert_eq!(words(&"x ".repeat(40)).len(), WORDS_MAX);
    }
}
