//! The search for courses: its field and its button, for a form that leads to the list.

use crate::{
    types::{lang::Lang, page::SEARCH_MAX},
    ui::{
        icon::{self, icon},
        text::courses as text,
    },
};
use leptos::prelude::*;

/// The field with what was searched for, and beside it the link that leads to the same list
/// without.
pub fn search_field(lang: Lang, words: Option<String>, without: Option<String>) -> impl IntoView {
    view! {
        <div class="finder-search">
            <div class="finder-box">
                <label class="unseen" for="q">
                    {text::search(lang)}
                </label>
                <input
                    class="finder-input"
                    id="q"
                    name="q"
                    type="search"
                    value=words.unwrap_or_default()
                    placeholder=text::search_hint(lang)
                    autocomplete="off"
                    enterkeyhint="search"
                    maxlength=SEARCH_MAX.to_string()
                />
                {without.map(|href| clear(lang, href))}
            </div>
            <button class="button" type="submit">
                {text::search_go(lang)}
            </button>
        </div>
    }
}

fn clear(lang: Lang, href: String) -> impl IntoView {
    view! {
        <a class="finder-clear" href=href aria-label=text::search_clear(lang)>
            {icon(icon::CLEAR)}
        </a>
    }
}
