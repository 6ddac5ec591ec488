//! Signs as people type and paste them: digits of any script, signs without width, and the six
//! digits in a message.

/// Signs of a text at most in which a code is looked for: a message of five parts.
pub const MESSAGE_MAX: usize = 335;

/// The zeros of Unicode's decimal digits (general category Nd); nine more follow each.
const ZEROS: [u32; 76] = [
    0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66,
    0xDE6, 0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
    0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    0x104A0, 0x10D30, 0x10D40, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0,
    0x11650, 0x116C0, 0x116D0, 0x116DA, 0x11730, 0x118E0, 0x11950, 0x11BF0, 0x11C50, 0x11D50,
    0x11DA0, 0x11F50, 0x16130, 0x16A60, 0x16AC0, 0x16B50, 0x16D70, 0x1CCF0, 0x1D7CE, 0x1D7D8,
    0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E5F1, 0x1E950, 0x1FBF0,
];

/// The ASCII form of a decimal digit of any script.
pub fn digit(c: char) -> Option<char> {
    let at = ZEROS.partition_point(|zero| *zero <= u32::from(c));
    let zero = ZEROS.get(at.checked_sub(1)?)?;
    char::from_digit(u32::from(c) - zero, 10)
}

/// Whether a sign shows nothing: format characters (general category Cf), which address books put
/// around numbers, and the others that Unicode lets a program leave out
/// (Default_Ignorable_Code_Point).
pub fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}' | '\u{890}'..='\u{891}' | '\u{8E2}'
        | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{110BD}' | '\u{110CD}' | '\u{13430}'..='\u{1343F}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// Whether a sign shows something by itself, or joins or colours the picture signs beside it (an
/// emoji's): names have both kinds, and others neither.
pub fn shows(c: char) -> bool {
    !is_unseen(c) || matches!(c, '\u{200D}' | '\u{FE0F}')
}

/// Whether a sign is a Chinese character, which is a word by itself.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// What stands around a value of a setting that does not belong to it: no shell took it off, as in a
/// file of settings that Docker reads.
pub fn wrapped(value: &str) -> Option<&'static str> {
    const QUOTES: [char; 6] = ['"', '\'', '“', '”', '‘', '’'];
    if value.trim().is_empty() {
        None
    } else if value.trim() != value {
        Some("there is a blank before or behind the value: take it out")
    } else if value.starts_with(QUOTES) || value.ends_with(QUOTES) {
        Some("the quotes are part of the value here: leave them out")
    } else {
        None
    }
}

/// The one code of `len` digits that a text has: by itself, with any signs between its digits, or
/// as the only number of this length in a message. `None` when there is none, or more than one.
pub fn code(text: &str, len: usize) -> Option<String> {
    if text.chars().nth(MESSAGE_MAX).is_some() {
        return None;
    }
    let seen: Vec<char> = text.chars().filter(|c| !is_unseen(*c)).collect();
    let is_bare = !seen
        .iter()
        .any(|c| digit(*c).is_none() && c.is_alphanumeric());
    let all: String = seen.iter().filter_map(|c| digit(*c)).collect();
    if is_bare && all.len() == len {
        return Some(all);
    }
    let runs = runs(&seen);
    let whole = runs
        .iter()
        .filter(|run| run.digits.len() == len && !run.is_joined())
        .map(|run| run.digits.clone());
    // Written as two halves, by the only such pair of runs.
    let is_half = |run: &Run| run.digits.len() * 2 == len;
    let halves = runs.windows(2).filter_map(|pair| match pair {
        [left, right]
            if is_half(left)
                && is_half(right)
                && left.after.is_one()
                && !left.before.is_one()
                && !right.after.is_one() =>
        {
            Some([left.digits.as_str(), right.digits.as_str()].concat())
        }
        _ => None,
    });
    let mut found: Vec<_> = whole.collect();
    if found.is_empty() {
        found.extend(halves);
    }
    // A message may say it twice.
    found.sort_unstable();
    found.dedup();
    found.pop().filter(|_| found.is_empty())
}

/// What stands beside a run of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    /// A dash or a dot, then a digit: the two runs are one number.
    Dash,
    /// A blank, then a digit: the two may be one number.
    Blank,
    /// A letter of ASCII: the run is part of a name.
    Letter,
    Other,
}

impl Beside {
    fn is_one(self) -> bool {
        matches!(self, Self::Dash | Self::Blank)
    }

    /// What begins with these signs.
    fn of<'a>(mut signs: impl Iterator<Item = &'a char>) -> Self {
        let Some(sign) = signs.next() else {
            return Self::Other;
        };
        if sign.is_ascii_alphabetic() {
            return Self::Letter;
        }
        match signs.next().and_then(|next| digit(*next)) {
            Some(_) if *sign == '.' || is_dash(*sign) => Self::Dash,
            Some(_) if sign.is_whitespace() => Self::Blank,
            _ => Self::Other,
        }
    }
}

/// Digits in a row.
#[derive(Debug)]
struct Run {
    digits: String,
    before: Beside,
    after: Beside,
}

impl Run {
    /// Whether it is part of something longer.
    fn is_joined(&self) -> bool {
        [self.before, self.after]
            .iter()
            .any(|beside| matches!(beside, Beside::Dash | Beside::Letter))
    }
}

/// The runs of digits of a text.
fn runs(text: &[char]) -> Vec<Run> {
    let is_digit = |at: &usize| digit(text[*at]).is_some();
    let mut runs = Vec::new();
    let mut at = 0;
    while let Some(start) = (at..text.len()).find(is_digit) {
        let end = (start..text.len())
            .find(|at| !is_digit(at))
            .unwrap_or(text.len());
        let (before, after) = (
            Beside::of(text[..start].iter().rev()),
            Beside::of(text[end..].iter()),
        );
        runs.push(Run {
            digits: text[start..end].iter().filter_map(|c| digit(*c)).collect(),
            before,
            after,
        });
        at = end;
    }
    runs
}

/// Whether a sign is drawn as a dash: those of the general category Pd, and the minus signs.
fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{58A}' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{2212}'
                | '\u{2E3A}'
                | '\u{2E3B}'
                | '\u{FE58}'
                | '\u{FE63}'
                | '\u{FF0D}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_are_digits() {
        for (text, plain) in [
            ("0189", "0189"),
            ("０１８９", "0189"),
            ("٠١٨٩", "0189"),
            ("०१८९", "0189"),
            ("𝟎𝟏𝟖𝟗", "0189"),
            ("🯰🯱🯸🯹", "0189"),
        ] {
            assert_eq!(text.chars().filter_map(digit).collect::<String>(), plain);
        }
        for c in ['/', ':', 'a', '一', '①', '²', '\u{0}', char::MAX] {
            assert_eq!(digit(c), None, "{c:?}");
        }
        assert!(ZEROS.is_sorted());
    }

    #[test]
    fn a_code_is_found_in_what_is_pasted() {
        for text in [
            "811121",
            " 811121\n",
            "811 121",
            "811-121",
            "811\u{2011}121",
            "811.121.",
            "8 1 1 1 2 1",
            "[811121]",
            "８１１１２１",
            "٨١١١٢١",
            "\u{202D}811\u{200B}121\u{202C}",
            "【抢课】您的验证码是 811121，5 分钟内有效，请勿告诉他人。",
            "【抢课】验证码811121,5分钟内有效",
            "[QK] Your code is 811-121. It is valid for 5 minutes.",
            "G-811121 is your code",
            "811121 is your code.\n\n@shop.example #811121",
            "订单 20261130 的验证码：811121（5 分钟）",
        ] {
            assert_eq!(code(text, 6).as_deref(), Some("811121"), "{text:?}");
        }
    }

    #[test]
    fn what_has_no_code_or_two_has_none() {
        for text in [
            "",
            "81112",
            "8111211",
            "81112一",
            "811121 或 811122",
            "811-121 or 811-122",
            "AB811121",
            "2026-811121 年",
            "合计 811121.50 元",
            "电话 010-811121",
            "5 分钟内有效",
            "811121811121",
        ] {
            assert_eq!(code(text, 6), None, "{text:?}");
        }
        assert_eq!(
            code(&format!("811121{}", "，".repeat(MESSAGE_MAX)), 6),
            None
        );
    }
}
