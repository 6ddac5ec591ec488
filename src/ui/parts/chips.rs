//! A row of choices, each a link.

use leptos::prelude::*;

pub struct Chip {
    pub href: String,
    pub label: String,
    /// The language of the label, when it is not the page's.
    pub lang: Option<&'static str>,
    /// Whether it is the one chosen.
    pub chosen: bool,
}

/// The row; `class` is added to that of the list.
pub fn chips(class: &'static str, list: Vec<Chip>) -> impl IntoView {
    let items = list
        .into_iter()
        .map(|chip| {
            view! {
                <li>
                    <a class="chip" href=chip.href lang=chip.lang aria-current=chip.chosen.then_some("true")>
                        {chip.label}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! { <ul class=class>{items}</ul> }
}
