//! Island of the header that shows whether the student is signed in, and what is to be paid.

use super::{dom, mount, sale_clock};
use crate::{
    api::account::read_me,
    types::{sale::SaleState, wire::Nothing},
};
use leptos::prelude::*;
use web_sys::Element;

/// Children: one `a.button` that leads to sign-in (and back here). For a student it becomes a link
/// to `data-seats`, named by the masked mobile. And `a.account-hold[hidden]`, a `[data-turn]` of
/// [`SaleClock`](sale_clock::SaleClock) without its state and its end, for whose address
/// `data-orders` lacks the order's number: for a student with a hold it is shown, and counts.
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
                if let (Some(hold), Some(way)) = (me.hold, dom::find(&root, ".account-hold")) {
                    let orders = way.get_attribute("data-orders").unwrap_or_default();
                    let href = [&*orders, &hold.order.0.to_string()].concat();
                    dom::set(&way, "href", Some(&href));
                    dom::set(&way, "data-state", Some(SaleState::Open.name()));
                    dom::set(&way, "data-closes-at", Some(&hold.expires_at.0.to_string()));
                    dom::set(&way, "hidden", None);
                    dom::spawn(sale_clock::run(root));
                }
                // Whoever signed out meanwhile, or another student, is not who it names.
                dom::reload_when_back();
            }
        });
    }
}
