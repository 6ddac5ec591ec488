//! Privacy and terms: the operator's own documents, or what the shop says itself.

use super::PageRequest;
use crate::{
    types::{document::Document, lang::Lang},
    ui::{
        context::Site,
        parts::{document::document, frame::frame, head::Head, notice},
        text::legal as words,
    },
};
use leptos::prelude::*;

/// The page of privacy.
#[component]
pub fn Privacy() -> impl IntoView {
    let PageRequest { lang, path, .. } = PageRequest::here();
    let legal = Site::here().legal.clone();
    let (text_lang, text) = match legal.privacy.of(lang) {
        Some((lang, text)) => (lang, text.clone()),
        None => (lang, own(&words::default_privacy(lang, legal.session_days))),
    };
    page(
        lang,
        &path,
        words::privacy(lang),
        words::privacy_about(lang),
        text_lang,
        &text,
    )
}

/// The page of terms.
#[component]
pub fn Terms() -> impl IntoView {
    let PageRequest { lang, path, .. } = PageRequest::here();
    let legal = Site::here().legal.clone();
    let (text_lang, text) = match legal.terms.of(lang) {
        Some((lang, text)) => (lang, text.clone()),
        None => (lang, own(words::default_terms(lang))),
    };
    page(
        lang,
        &path,
        words::terms(lang),
        words::terms_about(lang),
        text_lang,
        &text,
    )
}

/// A test reads each of the shop's own texts: none is refused.
fn own(text: &str) -> Document {
    Document::parse(text).unwrap_or_default()
}

fn page(
    lang: Lang,
    path: &str,
    name: &'static str,
    about: &'static str,
    text_lang: Lang,
    text: &Document,
) -> impl IntoView + use<> {
    let title = text.title.clone().unwrap_or_else(|| name.to_owned());
    let main = view! {
        {notice::here(lang)}
        <article class="document" lang=(text_lang != lang).then(|| text_lang.tag())>
            <h1>{title.clone()}</h1>
            {document(lang, text)}
        </article>
    };
    frame(lang, &Head::public(path, title, about), main)
}
