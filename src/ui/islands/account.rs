//! Island of the header that shows whether the student is signed in.

use super::{dom, mount};
use crate::{api::account::read_me, types::wire::Nothing};
use leptos::prelude::*;
use web_sys::Element;

/// Children: one `a.button` that leads to sign-in (and back here). For a student it becomes a link
/// to `data-seats`, named by the masked mobile.
///
/// The frame around it, `div.account`, keeps its width.
#[island]
pub fn Account(children: Children) -> impl IntoView {
    mount::span(wake, children)
}

fn wake(root: Element) {
    if let Some(link) = dom::find(&root, "[data-seats]") {
        dom::spawn(async move {
            if let Ok(answer) = read_me(Nothing {}).await
                && let Some(me) = answer.result
            {
                dom::set(&link, "href", link.get_attribute("data-seats").as_deref());
                dom::set_text(&link, &me.mobile);
                // Whoever signed out meanwhile, or another student, is not who it names.
                dom::reload_when_back();
            }
        });
    }
}
