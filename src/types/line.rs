//! Lines of text: what an operator typed, and what a terminal shows.

/// A blank that SQL and settings don't take for one.
const NO_BREAK_SPACE: char = '\u{a0}';

/// Why a text is no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadLine {
    /// Nothing is left of it without the white space around it.
    Blank,
    /// It has more characters than this.
    TooLong(usize),
    /// It has a character that is not seen, or that turns the text around: a control character, a
    /// line's end, a mark of direction.
    Unseen(char),
}

/// A text of one line, without the white space around it, of `most` characters at most.
///
/// # Errors
/// [`BadLine`] says what is wrong with it.
pub fn line(text: &str, most: usize) -> Result<&str, BadLine> {
    let text = text.trim();
    if text.is_empty() {
        Err(BadLine::Blank)
    } else if text.chars().count() > most {
        Err(BadLine::TooLong(most))
    } else {
        text.chars()
            .find(|&letter| is_unseen(letter))
            .map_or(Ok(text), |letter| Err(BadLine::Unseen(letter)))
    }
}

/// Whether a character has no place in a line. A zero-width joiner has: emoji are made with it.
pub fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// A part of a message, on one line: what is not seen is written as escapes, since a reader looks
/// for it in vain, and a terminal obeys some of it.
pub fn plain(text: &str) -> String {
    escaped(text, |letter| is_unseen(letter) || letter == NO_BREAK_SPACE)
}

/// Lines for a terminal: the control characters that it would obey are written as escapes.
pub fn harmless(text: &str) -> String {
    escaped(text, |letter| {
        letter.is_control() && !matches!(letter, '\n' | '\t')
    })
}

fn escaped(text: &str, is_hidden: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_hidden(letter) {
            escaped.extend(letter.escape_default());
        } else {
            escaped.push(letter);
        }
    }
    escaped
}

impl std::fmt::Display for BadLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Blank => f.write_str("it is empty"),
            Self::TooLong(most) => write!(f, "it has more than {most} characters"),
            Self::Unseen(letter) => write!(
                f,
                "it has the character U+{:04X}, which is not seen",
                u32::from(*letter)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_written_as_an_escape() {
        let text = "抢\u{1b}[31m\r\n\t\u{7f}\u{200b}a\u{a0}b\u{202e}";
        assert_eq!(
            harmless(text),
            "抢\\u{1b}[31m\\r\n\t\\u{7f}\u{200b}a\u{a0}b\u{202e}"
        );
        assert_eq!(
            plain(text),
            "抢\\u{1b}[31m\\r\\n\\t\\u{7f}\\u{200b}a\\u{a0}b\\u{202e}"
        );
    }

    #[test]
    fn a_line_is_what_is_seen_of_it() {
        assert_eq!(
            line("  限时秒杀 \u{1f469}\u{200d}\u{1f4bb}\n", 64),
            Ok("限时秒杀 \u{1f469}\u{200d}\u{1f4bb}")
        );
        assert_eq!(line("你好", 2), Ok("你好"));
        assert_eq!(line("你好!", 2), Err(BadLine::TooLong(2)));
        for blank in ["", " ", "\u{3000}\t\n"] {
            assert_eq!(line(blank, 64), Err(BadLine::Blank));
        }
        for unseen in [
            '\0', '\n', '\u{1b}', '\u{85}', '\u{200b}', '\u{202e}', '\u{2028}', '\u{2066}',
            '\u{feff}',
        ] {
            assert_eq!(
                line(&format!("a{unseen}b"), 64),
                Err(BadLine::Unseen(unseen))
            );
        }
    }
}
