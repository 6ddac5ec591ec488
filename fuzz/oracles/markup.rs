//! Text from the database is text in the document, as an HTML parser reads it: never an element, an
//! attribute or a script.

use html5ever::{
    TokenizerResult,
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
        states::RawKind,
    },
};
use hydration_context::SsrSharedContext;
use leptos::prelude::{IntoView, Owner, RenderHtml};
use qiangke::{
    types::{
        catalog::{
            Chapter, Course, CourseType, Level, Role, Section, SectionType, Status, Teacher,
        },
        ids::{ChapterId, CourseId, SectionId, TeacherId},
        lang::Lang,
        money::Fen,
        time::Millis,
    },
    ui::parts::{json_ld::course_json, outline::outline, teacher::teacher},
};
use std::{
    cell::RefCell,
    sync::{Arc, LazyLock},
};

/// Stands in the place of a text to see where the text goes.
const MARK: &str = "qmarkq";

/// Bytes of a text at most: a longer one only repeats what a shorter one says.
const TEXT_MAX: usize = 256;

/// Makes a piece of a page that shows a text.
type Page = fn(&str) -> String;

/// Pieces of pages, and how they are read with the harmless text.
static PAGES: LazyLock<[(Page, Vec<String>); 2]> =
    LazyLock::new(|| [person as Page, lessons].map(|page| (page, read(&page(MARK)))));

/// The same pieces with a harmless text and with this one: the same elements, and the text where
/// the harmless one stood.
pub fn rendering(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    // The importer refuses NUL, and a document has no other end of line. An empty text is left out
    // of a page.
    let text = format!("x{}", text.replace(['\0', '\r'], ""));
    if text.contains(MARK) || text.len() > TEXT_MAX {
        return;
    }
    for (render, marked) in PAGES.iter() {
        let expected: Vec<_> = marked
            .iter()
            .map(|piece| piece.replace(MARK, &text))
            .collect();
        assert_eq!(read(&render(&text)), expected);
    }
    let course = course(&text);
    let json = course_json(Lang::Zh, &course, None, "https://shop.example");
    let script = format!("<script type=\"application/ld+json\">{json}</script>");
    assert_eq!(
        read(&script),
        [
            "<script type=application/ld+json>",
            json.as_str(),
            "</script>"
        ]
    );
    let said: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        (said["name"].as_str(), said["description"].as_str()),
        (Some(text.as_str()), Some(text.as_str()))
    );
    assert_eq!(
        said["hasCourseInstance"]["instructor"]["name"].as_str(),
        Some(text.as_str())
    );
}

fn html<V: IntoView>(view: impl FnOnce() -> V) -> String {
    Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())))
        .with(|| view().into_view().to_html())
}

fn person(text: &str) -> String {
    html(|| teacher(Lang::En, &teacher_of(text)))
}

fn lessons(text: &str) -> String {
    let own = || text.to_owned();
    let section = Section {
        id: SectionId(1),
        name: own(),
        section_type: SectionType::Video,
        section_link: None,
        duration: Some(own()),
        pub_date: Millis(0),
        free_trail: true,
        orders: 1,
    };
    let chapter = Chapter {
        id: ChapterId(1),
        chapter: 1,
        name: own(),
        summary: Some(own()),
        coursesections: vec![section],
    };
    html(|| outline(Lang::Zh, &[chapter], None))
}

fn teacher_of(text: &str) -> Teacher {
    let own = || text.to_owned();
    Teacher {
        id: TeacherId(1),
        name: own(),
        role: Role::Mentor,
        title: own(),
        signature: Some(own()),
        image: None,
        brief: own(),
    }
}

fn course(text: &str) -> Course {
    Course {
        id: CourseId(1),
        name: text.to_owned(),
        course_img: None,
        course_type: CourseType::Vip,
        brief: Some(text.to_owned()),
        level: Level::Beginner,
        level_name: String::new(),
        status: Status::Online,
        status_name: String::new(),
        pub_date: String::new(),
        period: 1,
        attachment_path: None,
        students: 1,
        sections: 1,
        pub_sections: 1,
        price: Fen(1),
        course_category: None,
        teacher: Some(teacher_of(text)),
        section_list: Vec::new(),
    }
}

/// A document's pieces in their order: tags with their attributes, and the text between two tags as
/// one.
fn read(html: &str) -> Vec<String> {
    let tokenizer = Tokenizer::new(Pieces::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer
        .sink
        .0
        .into_inner()
        .into_iter()
        .map(|(piece, _)| piece)
        .collect()
}

/// A piece, and whether it is text.
#[derive(Default)]
struct Pieces(RefCell<Vec<(String, bool)>>);

impl TokenSink for Pieces {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut pieces = self.0.borrow_mut();
        let mut say = |piece: String| pieces.push((piece, false));
        match token {
            Token::TagToken(tag) => {
                let attributes: String = tag
                    .attrs
                    .iter()
                    .map(|attribute| format!(" {}={}", attribute.name.local, attribute.value))
                    .collect();
                let slash = if tag.kind == TagKind::EndTag { "/" } else { "" };
                say(format!("<{slash}{}{attributes}>", tag.name));
                if tag.kind == TagKind::StartTag && &*tag.name == "script" {
                    return TokenSinkResult::RawData(RawKind::ScriptData);
                }
            }
            Token::CharacterTokens(text) => match pieces.last_mut() {
                Some((before, true)) => before.push_str(&text),
                _ => pieces.push((text.to_string(), true)),
            },
            Token::CommentToken(text) => say(format!("<!--{text}-->")),
            Token::NullCharacterToken => say("NUL".to_owned()),
            Token::DoctypeToken(_) => say("<!doctype>".to_owned()),
            Token::ParseError(_) | Token::EOFToken => {}
        }
        TokenSinkResult::Continue
    }
}
