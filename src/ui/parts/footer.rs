//! The end of every page.

use crate::{
    types::lang::Lang,
    ui::{link, text},
};
use leptos::prelude::*;

/// The shop's promise, links, and which clock its times are by.
pub fn footer(lang: Lang) -> impl IntoView {
    let entry = |path: &str, name: &'static str| {
        view! {
            <li>
                <a class="footer-link" href=link::page(lang, path)>
                    {name}
                </a>
            </li>
        }
    };
    view! {
        <footer class="footer">
            <div class="footer-row">
                <p class="footer-promise">{text::frame::footer_promise(lang)}</p>
                <nav aria-label=text::frame::footer_links(lang)>
                    <ul class="footer-links">
                        {entry("/courses", text::courses::title(lang))} {entry("/#how", text::frame::footer_how(lang))}
                        {entry("/me", text::frame::nav_mine(lang))} {entry("/terms", text::legal::terms(lang))}
                        {entry("/privacy", text::legal::privacy(lang))}
                    </ul>
                </nav>
                <p class="footer-fine">{text::frame::footer_time(lang)}</p>
            </div>
        </footer>
    }
}
