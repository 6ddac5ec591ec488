//! List of a student's sessions, each with a form that ends it without JavaScript.

use crate::{
    types::{
        account::{OTHER_SESSIONS, SignedIn},
        lang::Lang,
    },
    ui::{link, text::me as text},
};
use leptos::prelude::*;

const END: &str = "/api/v1/user/session/end/";
/// The page that has the list.
const ME: &str = "/me";

pub fn sessions(lang: Lang, sessions: &[SignedIn]) -> impl IntoView + use<> {
    let has_others = sessions.iter().any(|session| !session.current);
    let others = has_others.then(|| {
        view! {
            <form method="post" action=link::action(lang, END, Some(ME))>
                <button class="link-button" type="submit" name="session" value=OTHER_SESSIONS>
                    {text::end_others(lang)}
                </button>
            </form>
        }
    });
    view! {
        <section class="places" aria-labelledby="places">
            <h2 id="places">{text::places(lang)}</h2>
            {has_others.then(|| view! { <p class="places-note">{text::places_note(lang)}</p> })}
            <ul>{sessions.iter().map(|session| place(lang, session)).collect_view()}</ul>
            {others}
        </section>
    }
}

fn place(lang: Lang, session: &SignedIn) -> impl IntoView + use<> {
    let device = if session.device.is_empty() {
        text::unknown_browser(lang).to_owned()
    } else {
        session.device.clone()
    };
    let time = session
        .since
        .map(|since| since.in_shop().date_and_time())
        .unwrap_or_default();
    let since = session.since.map(|since| {
        view! { <time datetime=since.in_shop().rfc3339()>{text::since(lang, &time)}</time> }
    });
    let end = if session.current {
        view! { <span>{text::this_browser(lang)}</span> }.into_any()
    } else {
        view! {
            <form method="post" action=link::action(lang, END, Some(ME))>
                <button
                    class="link-button"
                    type="submit"
                    name="session"
                    value=session.session.clone()
                    aria-label=text::end_this(lang, &device, &time)
                >
                    {text::end_place(lang)}
                </button>
            </form>
        }
        .into_any()
    };
    view! {
        <li class="place">
            <span class="place-name">{device}</span>
            {since}
            {end}
        </li>
    }
}
