//! Shell: the document around every page.

use super::{app::App, context::Site};
use leptos::prelude::*;
use leptos_meta::MetaTags;

/// The document. Language, title and what else is a page's own are put in by the page.
pub fn shell() -> impl IntoView {
    // Nothing outside the islands is hydrated, so no page data belongs into the document.
    if let Some(context) = Owner::current_shared_context() {
        context.set_is_hydrating(false);
    }
    let site = Site::clone(&Site::here());
    // A site may be built without it: every page works so.
    let has_program = !site.pkg_js.is_empty();
    view! {
        <!DOCTYPE html>
        <html>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#faf6ee" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#14161b" />
                {(!site.css.is_empty()).then(|| view! { <link rel="stylesheet" href=site.css /> })}
                <MetaTags />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
                <link rel="manifest" href="/manifest.webmanifest" />
                {has_program.then(|| view! { <script r#type="module" src=site.boot data-js=site.pkg_js data-wasm=site.pkg_wasm></script> })}
                {site.reload_port.map(|port| view! { <script r#type="module" src="/reload.js" data-port=port.to_string()></script> })}
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
