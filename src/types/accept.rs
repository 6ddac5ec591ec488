//! Lists in the fields of a request: the members of all field lines of a name (RFC 9110, section
//! 5.6.1), and how much a client likes each (section 12.4.2).

/// The weight of what is asked for without one, in thousandths.
pub const WEIGHT_MAX: u16 = 1_000;

/// A member of a list that says what a client takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted<'a> {
    /// A language, a coding, a media type, or a range of them; in any case.
    pub range: &'a str,
    /// In thousandths; 0 is "not acceptable".
    pub weight: u16,
}

/// What a client takes, in its order. A weight that can't be read is none.
pub fn accepted<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
) -> impl Iterator<Item = Accepted<'a>> {
    lines
        .into_iter()
        .flat_map(|line| split(line, b',', true))
        .filter_map(|member| {
            let mut parts = split(member.as_bytes(), b';', true);
            let range = parts.next()?;
            let weight = parts
                .filter_map(|part| part.split_once('='))
                .find(|(name, _)| name.trim_end().eq_ignore_ascii_case("q"));
            Some(Accepted {
                range,
                weight: weight
                    .and_then(|(_, text)| weight_of(text.trim_start()))
                    .unwrap_or(WEIGHT_MAX),
            })
        })
}

/// Entity tags, with their marks of weakness and their quotes, in which a backslash is a letter
/// (RFC 9110, section 8.8.3).
pub fn tags<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> impl Iterator<Item = &'a str> {
    lines.into_iter().flat_map(|line| split(line, b',', false))
}

/// What stands between separators outside of quotes, without the blanks around it; what is empty,
/// or no text, is left out by itself.
fn split(line: &[u8], separator: u8, has_escapes: bool) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    let parts = std::iter::from_fn(move || {
        let line = rest?;
        let (mut is_quoted, mut is_escaped) = (false, false);
        let end = line.iter().position(|byte| {
            let was_escaped = is_escaped;
            is_escaped = has_escapes && is_quoted && !was_escaped && *byte == b'\\';
            is_quoted ^= *byte == b'"' && !was_escaped;
            *byte == separator && !is_quoted
        });
        rest = end.and_then(|end| line.get(end + 1..));
        Some(&line[..end.unwrap_or(line.len())])
    });
    parts
        .filter_map(|part| std::str::from_utf8(part.trim_ascii()).ok())
        .filter(|part| !part.is_empty())
}

/// A weight in thousandths: `0.25`, also with more digits than it may have, or above 1.
fn weight_of(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    if whole.bytes().any(|digit| digit != b'0') {
        return Some(WEIGHT_MAX);
    }
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
    let thousandths = digits.fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    // What is little is not nothing.
    Some(if fraction.bytes().any(|digit| digit != b'0') {
        thousandths.max(1)
    } else {
        0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&'static str]) -> Vec<(&'static str, u16)> {
        accepted(lines.iter().map(|line| line.as_bytes()))
            .map(|accepted| (accepted.range, accepted.weight))
            .collect()
    }

    #[test]
    fn several_lines_are_one_list() {
        assert_eq!(
            read(&["a, b;q=0.5", "c"]),
            [("a", 1_000), ("b", 500), ("c", 1_000)]
        );
        assert_eq!(read(&[", ,a,, ", ""]), [("a", 1_000)]);
        assert_eq!(
            read(&[r#"text/html;x="a,b;q=0\",";q=0.1,d"#]),
            [("text/html", 100), ("d", 1_000)]
        );
    }

    #[test]
    fn weights_are_read_as_they_are_written() {
        for (text, weight) in [
            ("q=0", 0),
            ("q=0.", 0),
            ("q=0.0", 0),
            ("q=0.000", 0),
            ("q=0.00000", 0),
            ("Q = 0.25", 250),
            ("q=.5", 500),
            ("q=0.0001", 1),
            ("q=1", 1_000),
            ("q=1.000", 1_000),
            ("q=2", 1_000),
            ("q=x", 1_000),
            ("q=", 1_000),
            ("level=1;q=0.3", 300),
            ("level=1", 1_000),
        ] {
            let line = format!("a;{text}");
            let read = accepted([line.as_bytes()])
                .map(|accepted| accepted.weight)
                .collect::<Vec<_>>();
            assert_eq!(read, [weight], "{text}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_spoil_their_own_member_only() {
        let line = b"\xff\xfe, en;q=0.5".as_slice();
        assert_eq!(
            accepted([line])
                .map(|accepted| accepted.range)
                .collect::<Vec<_>>(),
            ["en"]
        );
    }

    #[test]
    fn a_tag_may_have_a_comma_and_a_backslash() {
        assert_eq!(
            tags([br#""a,b", W/"c\", "d""#.as_slice(), b"*"]).collect::<Vec<_>>(),
            [r#""a,b""#, r#"W/"c\""#, r#""d""#, "*"]
        );
    }
}
