//! A line of text that an operator typed.

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
