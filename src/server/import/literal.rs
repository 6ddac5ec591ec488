//! Values of a row as a file writes them: constants, and the few functions by which dump programs
//! write texts.

use super::{
    lexer::{Lexer, Token},
    writer::Family,
};
use std::io::Read;

/// Functions inside one another; `sqlite3 .dump` writes two.
const NEST_MAX: usize = 8;
/// Values of a function that are looked at.
const ARGUMENTS_MAX: usize = 8;
/// Characters that are kept of what is no constant, for the report.
const SHOWN_MAX: usize = 80;

/// A value as the file writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Literal {
    /// `NULL`.
    Null,
    /// `DEFAULT`: as if the column were not named.
    Default,
    /// `TRUE` or `FALSE`.
    Flag(bool),
    /// Digits, perhaps with a sign and a point.
    Number(String),
    Text(String),
    /// A text that is not UTF-8.
    Garbled,
    /// Anything else: other functions, sums.
    Other(String),
}

/// What stands behind a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Another value.
    Comma,
    /// The end of the row.
    Close,
    /// The end of the statement or of the file, in the middle of a row.
    End(Option<Token>),
}

/// Reads a value, and what stands behind it.
pub(super) fn read<R: Read>(lexer: &mut Lexer<R>) -> (Literal, Stop) {
    let first = lexer.next();
    let (literal, next) = constant(lexer, first, 0);
    match next {
        Some(Token::Sign(b',')) => (literal, Stop::Comma),
        Some(Token::Sign(b')')) => (literal, Stop::Close),
        None | Some(Token::End) => (literal, Stop::End(next)),
        Some(next) => more(lexer, literal, next),
    }
}

/// What goes on behind a constant: a cast of PostgreSQL, which changes nothing here, or a sum,
/// which is none of a dump.
fn more<R: Read>(lexer: &mut Lexer<R>, literal: Literal, first: Token) -> (Literal, Stop) {
    let mut shown = format!("{} {}", literal.printed(), first.shown());
    let mut depth = usize::from(first == Token::Sign(b'('));
    let mut colons = usize::from(first == Token::Sign(b':'));
    let stop = loop {
        match lexer.next() {
            Some(Token::Sign(b',')) if depth == 0 => break Stop::Comma,
            Some(Token::Sign(b')')) if depth == 0 => break Stop::Close,
            end @ (None | Some(Token::End)) => break Stop::End(end),
            Some(token) => {
                match token {
                    Token::Sign(b'(') => depth += 1,
                    Token::Sign(b')') => depth = depth.saturating_sub(1),
                    Token::Sign(b':') if colons == 1 && shown.ends_with(':') => colons = 2,
                    Token::Word(_) | Token::Number(_) | Token::Sign(b',') => {}
                    _ => colons = 0,
                }
                if shown.chars().count() < SHOWN_MAX {
                    shown += " ";
                    shown += &token.shown();
                }
            }
        }
    };
    (
        if colons == 2 {
            literal
        } else {
            Literal::Other(shown)
        },
        stop,
    )
}

/// A constant that begins with this token, and the token behind it.
fn constant<R: Read>(
    lexer: &mut Lexer<R>,
    first: Option<Token>,
    depth: usize,
) -> (Literal, Option<Token>) {
    match first {
        Some(Token::Text(text)) => texts(lexer, text),
        Some(Token::Double(text)) => {
            // Only MySQL has texts in such quotes.
            lexer.note(Family::Mysql);
            texts(lexer, text)
        }
        Some(Token::Bits(bits)) => {
            let number = std::str::from_utf8(&bits)
                .ok()
                .and_then(|bits| i64::from_str_radix(bits, 2).ok());
            let literal = number.map_or_else(
                || Literal::Other(Token::Bits(bits).shown()),
                |number| Literal::Number(number.to_string()),
            );
            (literal, lexer.next())
        }
        Some(Token::Number(digits)) => (Literal::Number(digits), lexer.next()),
        Some(Token::Sign(sign @ (b'-' | b'+' | b'.'))) => signed(lexer, sign),
        Some(Token::Word(word)) => word_of(lexer, word, depth),
        // Whoever asked sees it as what stands behind the value.
        next @ (None | Some(Token::End | Token::Sign(b',' | b')'))) => {
            (Literal::Other(String::new()), next)
        }
        Some(other) => (Literal::Other(other.shown()), lexer.next()),
    }
}

/// A number behind its sign, or behind the point of one that has nothing before it: `-1`, `.5`,
/// `-.5`.
fn signed<R: Read>(lexer: &mut Lexer<R>, sign: u8) -> (Literal, Option<Token>) {
    let mut before = String::from(match sign {
        b'-' => "-",
        b'.' => "0.",
        _ => "",
    });
    let mut next = lexer.next();
    if sign != b'.' && next == Some(Token::Sign(b'.')) {
        before += "0.";
        next = lexer.next();
    }
    match next {
        Some(Token::Number(digits)) => (Literal::Number(before + &digits), lexer.next()),
        other => (Literal::Other(char::from(sign).to_string()), other),
    }
}

/// A text, and those directly behind it, which belong to it.
fn texts<R: Read>(lexer: &mut Lexer<R>, mut text: Vec<u8>) -> (Literal, Option<Token>) {
    loop {
        match lexer.next() {
            Some(Token::Text(more)) => text.extend(more),
            next => {
                return (
                    String::from_utf8(text).map_or(Literal::Garbled, Literal::Text),
                    next,
                );
            }
        }
    }
}

fn word_of<R: Read>(lexer: &mut Lexer<R>, word: String, depth: usize) -> (Literal, Option<Token>) {
    let next = lexer.next();
    match (word.to_ascii_lowercase().as_str(), next) {
        ("null", next) => (Literal::Null, next),
        ("default", next) => (Literal::Default, next),
        ("true", next) => (Literal::Flag(true), next),
        ("false", next) => (Literal::Flag(false), next),
        // MySQL's name of a character set before a text.
        (set, Some(Token::Text(text))) if set.starts_with('_') => texts(lexer, text),
        (_, Some(Token::Sign(b'('))) if depth < NEST_MAX => function(lexer, &word, depth),
        (_, next) => (Literal::Other(word), next),
    }
}

/// A function's value, and the token behind its parenthesis.
fn function<R: Read>(lexer: &mut Lexer<R>, name: &str, depth: usize) -> (Literal, Option<Token>) {
    let mut arguments = Vec::new();
    loop {
        let first = lexer.next();
        let (argument, next) = constant(lexer, first, depth + 1);
        if arguments.len() < ARGUMENTS_MAX {
            arguments.push(argument);
        }
        match next {
            Some(Token::Sign(b',')) => {}
            Some(Token::Sign(b')')) => return (value(name, &arguments), lexer.next()),
            // It can't be told what this is: whoever asked passes over the rest.
            other => {
                let opened = Literal::Other(format!("{name}({}", printed(&arguments)));
                return (opened, closed(lexer, other));
            }
        }
    }
}

/// Passes over the rest of a parenthesis, and gives the token behind it.
fn closed<R: Read>(lexer: &mut Lexer<R>, mut token: Option<Token>) -> Option<Token> {
    let mut depth = 1_usize;
    loop {
        match token {
            None | Some(Token::End) => return token,
            Some(Token::Sign(b'(')) => depth += 1,
            Some(Token::Sign(b')')) => depth -= 1,
            Some(_) => {}
        }
        token = lexer.next();
        if depth == 0 {
            return token;
        }
    }
}

/// What `sqlite3 .dump` writes for texts with an end of a line; any other function is no constant.
fn value(name: &str, arguments: &[Literal]) -> Literal {
    let known = match (name.to_ascii_lowercase().as_str(), arguments) {
        ("replace", [Literal::Text(text), Literal::Text(from), Literal::Text(to)])
            if !from.is_empty() =>
        {
            Some(text.replace(from, to))
        }
        ("char" | "chr", [Literal::Number(code)]) => {
            code.parse().ok().and_then(char::from_u32).map(String::from)
        }
        ("unistr", [Literal::Text(text)]) => unescaped(text),
        _ => None,
    };
    known.map_or_else(
        || Literal::Other(format!("{name}({})", printed(arguments))),
        Literal::Text,
    )
}

/// The text of `unistr`: `\\`, `\XXXX`, `\uXXXX`, `\+XXXXXX` or `\UXXXXXXXX` for each escaped
/// character.
fn unescaped(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\\') {
        plain += before;
        let (skipped, digits) = match behind.chars().next()? {
            '\\' => {
                plain.push('\\');
                rest = &behind[1..];
                continue;
            }
            'u' => (1, 4),
            'U' => (1, 8),
            '+' => (1, 6),
            _ => (0, 4),
        };
        let code = behind.get(skipped..skipped + digits)?;
        plain.push(
            u32::from_str_radix(code, 16)
                .ok()
                .and_then(char::from_u32)?,
        );
        rest = &behind[skipped + digits..];
    }
    Some(plain + rest)
}

fn printed(literals: &[Literal]) -> String {
    literals
        .iter()
        .map(Literal::printed)
        .collect::<Vec<_>>()
        .join(", ")
}

impl Literal {
    /// As a report shows it.
    pub fn printed(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Default => "DEFAULT".to_owned(),
            Self::Flag(flag) => flag.to_string().to_uppercase(),
            Self::Number(digits) => digits.clone(),
            Self::Text(text) => format!("'{text}'"),
            Self::Garbled => "a text that is not UTF-8".to_owned(),
            Self::Other(other) => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::import::{Escapes, source::Source};
    use std::sync::Arc;

    fn values(sql: &str, escapes: Escapes) -> Vec<Literal> {
        let mut lexer = Lexer::new(Source::new(sql.as_bytes(), Arc::default()), Some(escapes));
        lexer.keep = true;
        let mut values = Vec::new();
        loop {
            let (value, stop) = read(&mut lexer);
            values.push(value);
            if stop != Stop::Comma {
                return values;
            }
        }
    }

    fn text(text: &str) -> Literal {
        Literal::Text(text.to_owned())
    }

    fn number(digits: &str) -> Literal {
        Literal::Number(digits.to_owned())
    }

    #[test]
    fn constants_are_read_as_each_program_writes_them() {
        assert_eq!(
            values(
                "NULL, true, -1.50, .5, -.25, +2, 1e3, b'1', DEFAULT, N'x', _utf8mb4'y', _binary 'z', 'a' 'b')",
                Escapes::Mysql
            ),
            [
                Literal::Null,
                Literal::Flag(true),
                number("-1.50"),
                number("0.5"),
                number("-0.25"),
                number("2"),
                number("1e3"),
                number("1"),
                Literal::Default,
                text("x"),
                text("y"),
                text("z"),
                text("ab"),
            ]
        );
        assert_eq!(
            values(
                r"'2022-07-14'::date, '1'::character varying(3), E'a\'b\n\x41\u62a2', 'it''s \n')",
                Escapes::Standard
            ),
            [
                text("2022-07-14"),
                text("1"),
                text("a'b\nA抢"),
                text(r"it's \n")
            ]
        );
    }

    #[test]
    fn escapes_and_quotes_are_mysql_s_in_a_file_of_mysql() {
        assert_eq!(
            values(
                r#"'说\"慢\"', 'a\r\nb\\完', "it's", "a""b\'c", '\%\_\d\0')"#,
                Escapes::Mysql
            ),
            [
                text("说\"慢\""),
                text("a\r\nb\\完"),
                text("it's"),
                text("a\"b'c"),
                text("\\%\\_d\0")
            ]
        );
    }

    #[test]
    fn sqlite_s_ends_of_lines_are_read() {
        let sql = r"replace(replace('a\r\nb','\r',char(13)),'\n',char(10)), unistr('a\u000ab\\c\62a2'), upper('x'), f(1 + (2)))";
        let [a, b, c, d] = values(sql, Escapes::Standard)
            .try_into()
            .expect("four values");
        assert_eq!((a, b), (text("a\r\nb"), text("a\nb\\c抢")));
        assert_eq!(c.printed(), "upper('x')");
        assert!(matches!(d, Literal::Other(_)), "{d:?}");
    }

    #[test]
    fn sums_are_no_constants() {
        for sum in [
            "1 + 1)",
            "1+1+(2,3))",
            "(select 1))",
            "'a' || 'b')",
            "'a':'b')",
            "now())",
            "-f(1,2))",
            ")",
        ] {
            let values = values(sum, Escapes::Standard);
            assert!(
                matches!(values.as_slice(), [Literal::Other(_)]),
                "{sum} {values:?}"
            );
        }
        let deep = format!("{}1{})", "f(".repeat(50_000), ")".repeat(50_000));
        assert!(matches!(
            values(&deep, Escapes::Standard).as_slice(),
            [Literal::Other(_)]
        ));
    }
}
