//! A document of the operator's own words.

use crate::{
    types::{
        document::{Block, Document, Span},
        lang::Lang,
    },
    ui::link,
};
use leptos::prelude::*;

/// Its parts; `lang` is the reader's, in which its links lead on.
pub fn document(lang: Lang, document: &Document) -> impl IntoView + use<> {
    document
        .blocks
        .iter()
        .map(|part| block(lang, part))
        .collect_view()
}

fn block(lang: Lang, block: &Block) -> AnyView {
    match block {
        Block::Heading(text) => view! { <h2>{words(lang, text)}</h2> }.into_any(),
        Block::Paragraph(text) => view! { <p>{words(lang, text)}</p> }.into_any(),
        Block::List(entries) => {
            let entry = |entry: &Vec<Span>| view! { <li>{words(lang, entry)}</li> };
            view! { <ul>{entries.iter().map(entry).collect_view()}</ul> }.into_any()
        }
    }
}

fn words(lang: Lang, spans: &[Span]) -> impl IntoView + use<> {
    let span = |span: &Span| match span {
        Span::Text(text) => text.clone().into_any(),
        Span::Link { text, to } => match link::of_content(lang, to) {
            Some(to) => view! { <a href=to>{text.clone()}</a> }.into_any(),
            None => text.clone().into_any(),
        },
    };
    spans.iter().map(span).collect_view()
}
