//! Who is signed in, in the header.

use leptos::prelude::*;

/// Children: one `a.button` that leads to sign-in (and back here). For a student it becomes a link to `data-seats`, named
/// by the masked mobile.
///
/// The frame around it, `div.account`, keeps its width.
#[island]
pub fn Account(children: Children) -> impl IntoView {
    view! { <span class="island">{children()}</span> }
}
