//! Document of the operator's own words, as the pages of privacy and terms show it: plain text, or
//! a part of Markdown. There is no way to write HTML in it.
//!
//! A blank line ends a paragraph, a line's end within it stays one. `# ` begins a heading, `- ` an
//! entry of a list, and `[text](address)` is a link to a path of this shop or to the web. Anything
//! else is text.

use crate::types::{lang::Lang, line::is_unseen, link};
use std::fmt;

/// Bytes of a document's file at most: some thirty pages.
pub const DOCUMENT_MAX: usize = 65_536;

/// A document that can be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// What its first line says, when that is a heading.
    pub title: Option<String>,
    pub blocks: Vec<Block>,
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading below the title.
    Heading(Vec<Span>),
    /// Text, whose line ends stay.
    Paragraph(Vec<Span>),
    List(Vec<Vec<Span>>),
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    Text(String),
    /// Words that lead somewhere.
    Link {
        text: String,
        /// A path of this shop, or an address of the web.
        to: String,
    },
}

/// Why a text is no document; lines are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadDocument {
    /// It says nothing.
    Empty,
    /// It has more than [`DOCUMENT_MAX`] bytes.
    TooLong,
    /// A character that is not seen stands in this line.
    Unseen(usize, char),
    /// A link in this line leads neither to a page of this shop nor to the web.
    Link(usize, String),
}

/// A document in both languages, in one, or in none: then the shop's own text stands in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    pub zh: Option<Document>,
    pub en: Option<Document>,
}

impl Texts {
    /// The document for readers of a language, and the language that it is in.
    pub fn of(&self, lang: Lang) -> Option<(Lang, &Document)> {
        let (own, other) = lang.pick(
            (&self.zh, (Lang::En, &self.en)),
            (&self.en, (Lang::Zh, &self.zh)),
        );
        own.as_ref()
            .map(|own| (lang, own))
            .or_else(|| other.1.as_ref().map(|text| (other.0, text)))
    }
}

/// What the operator says of privacy and terms, and what the shop's own text needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Legal {
    /// What is kept of students.
    pub privacy: Texts,
    /// By which rules seats are sold.
    pub terms: Texts,
    /// Days that a student stays signed in.
    pub session_days: i64,
}

impl Document {
    /// Reads a text.
    ///
    /// # Errors
    /// [`BadDocument`] says what is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, BadDocument> {
        if text.len() > DOCUMENT_MAX {
            return Err(BadDocument::TooLong);
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reading = Self::default();
        // Whether the line before this one ended what it belongs to.
        let mut is_new = true;
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(unseen) = line
                .chars()
                .find(|&letter| letter != '\t' && is_unseen(letter))
            {
                return Err(BadDocument::Unseen(number, unseen));
            }
            let line = line.trim();
            if line.is_empty() {
                is_new = true;
                continue;
            }
            reading.take(line, is_new, number)?;
            is_new = line.starts_with('#');
        }
        if reading.blocks.is_empty() {
            Err(BadDocument::Empty)
        } else {
            Ok(reading)
        }
    }

    fn take(&mut self, line: &str, is_new: bool, number: usize) -> Result<(), BadDocument> {
        if let Some(heading) = heading(line) {
            if self.title.is_none() && self.blocks.is_empty() {
                self.title = Some(heading.to_owned());
            } else {
                self.blocks.push(Block::Heading(spans(heading, number)?));
            }
            return Ok(());
        }
        if let Some(entry) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
            let entry = spans(entry.trim(), number)?;
            match self.blocks.last_mut() {
                Some(Block::List(entries)) => entries.push(entry),
                _ => self.blocks.push(Block::List(vec![entry])),
            }
            return Ok(());
        }
        let spans = spans(line, number)?;
        match self.blocks.last_mut().filter(|_| !is_new) {
            Some(Block::Paragraph(text)) => go_on(text, spans),
            Some(Block::List(entries)) => entries
                .iter_mut()
                .last()
                .into_iter()
                .for_each(|entry| go_on(entry, spans.clone())),
            Some(Block::Heading(_)) | None => self.blocks.push(Block::Paragraph(spans)),
        }
        Ok(())
    }
}

fn heading(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    (rest.len() < line.len())
        .then_some(rest.strip_prefix(' ')?.trim())
        .filter(|heading| !heading.is_empty())
}

fn go_on(text: &mut Vec<Span>, more: Vec<Span>) {
    text.push(Span::Text("\n".into()));
    text.extend(more);
}

fn spans(line: &str, number: usize) -> Result<Vec<Span>, BadDocument> {
    let (mut spans, mut rest) = (Vec::new(), line);
    while let Some((before, text, to, after)) = link_in(rest) {
        if !(link::is_web(to) || link::page(to).is_some()) {
            return Err(BadDocument::Link(number, to.to_owned()));
        }
        if !before.is_empty() {
            spans.push(Span::Text(before.to_owned()));
        }
        spans.push(Span::Link {
            text: text.to_owned(),
            to: to.to_owned(),
        });
        rest = after;
    }
    if !rest.is_empty() {
        spans.push(Span::Text(rest.to_owned()));
    }
    Ok(spans)
}

/// What stands before the first link, its text, where it leads, and what stands behind it.
fn link_in(text: &str) -> Option<(&str, &str, &str, &str)> {
    let middle = text.find("](")?;
    let open = text[..middle].rfind('[')?;
    let close = middle + text[middle..].find(')')?;
    let (words, to) = (&text[open + 1..middle], &text[middle + 2..close]);
    (!words.trim().is_empty() && !to.is_empty()).then_some((
        &text[..open],
        words,
        to,
        &text[close + 1..],
    ))
}

impl fmt::Display for BadDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it says nothing"),
            Self::TooLong => write!(f, "it has more than {DOCUMENT_MAX} bytes"),
            Self::Unseen(line, letter) => write!(
                f,
                "line {line} has the character U+{:04X}, which is not seen",
                u32::from(*letter)
            ),
            Self::Link(line, to) => write!(
                f,
                "line {line}: {to:?} is neither a page of this shop nor an address like https://example.org"
            ),
        }
    }
}

impl std::error::Error for BadDocument {}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> Span {
        Span::Text(words.to_owned())
    }

    #[test]
    fn a_document_has_a_title_headings_paragraphs_and_lists() {
        let read = Document::parse("\u{feff}# 隐私政策\r\n\r\n第一行\r\n第二行\n\n## 保存\n- 手机号\n- 订单,\n  永久\n\n完。\n")
            .expect("a document");
        assert_eq!(read.title.as_deref(), Some("隐私政策"));
        assert_eq!(
            read.blocks,
            [
                Block::Paragraph(vec![text("第一行"), text("\n"), text("第二行")]),
                Block::Heading(vec![text("保存")]),
                Block::List(vec![
                    vec![text("手机号")],
                    vec![text("订单,"), text("\n"), text("永久")]
                ]),
                Block::Paragraph(vec![text("完。")]),
            ]
        );
    }

    #[test]
    fn a_link_leads_to_a_page_or_to_the_web() {
        let read = Document::parse("见[课程](/courses)和 [法](https://www.gov.cn/x)。")
            .expect("a document");
        let link = |text: &str, to: &str| Span::Link {
            text: text.into(),
            to: to.into(),
        };
        assert_eq!(
            read.blocks,
            [Block::Paragraph(vec![
                text("见"),
                link("课程", "/courses"),
                text("和 "),
                link("法", "https://www.gov.cn/x"),
                text("。")
            ])]
        );
        for to in [
            "javascript:alert(1",
            "//evil.example",
            "data:text/html,x",
            "/api/v1/user/logout/",
        ] {
            assert_eq!(
                Document::parse(&format!("a\n\n[x]({to})")),
                Err(BadDocument::Link(3, to.to_owned()))
            );
        }
        for plain in ["[x]", "](", "[](/me)", "[x](", "x](y)", "a [b] (c)"] {
            assert_eq!(
                Document::parse(plain).map(|read| read.blocks),
                Ok(vec![Block::Paragraph(vec![text(plain)])]),
                "{plain:?}"
            );
        }
    }

    #[test]
    fn what_can_not_be_shown_is_refused() {
        assert_eq!(Document::parse(" \n\n"), Err(BadDocument::Empty));
        assert_eq!(Document::parse("# Only a title"), Err(BadDocument::Empty));
        assert_eq!(
            Document::parse("a\nb\u{202e}c"),
            Err(BadDocument::Unseen(2, '\u{202e}'))
        );
        assert_eq!(
            Document::parse(&"a".repeat(DOCUMENT_MAX + 1)),
            Err(BadDocument::TooLong)
        );
    }

    #[test]
    fn readers_of_the_other_language_get_the_one_that_there_is() {
        let document = Document::parse("a").expect("a document");
        let texts = Texts {
            zh: Some(document.clone()),
            en: None,
        };
        assert_eq!(texts.of(Lang::En), Some((Lang::Zh, &document)));
        assert_eq!(texts.of(Lang::Zh), Some((Lang::Zh, &document)));
        assert_eq!(Texts::default().of(Lang::Zh), None);
    }
}
