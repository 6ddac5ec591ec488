//! Renewal: a page that shows sales looks at its own next copy now and then, and takes over what
//! the shop alone knows: that a sale sold out, was halted, or has seats again. Copies stand in the
//! server's memory and are mostly answered with 304.

use super::dom;
use crate::api::wire::machine_ahead_ms;
use std::cell::Cell;
use web_sys::Element;

/// Milliseconds between two looks.
const LOOK_MS: i64 = 15_000;
/// Milliseconds more, by which pages of one moment come apart.
const SPREAD_MS: f64 = 15_000.0;
/// Milliseconds by which the machine's clock may move against the page's before the page looks at
/// once: it was set, or slept.
const JUMP_MS: f64 = 1_000.0;

/// Pieces that are renewed. What has no name is the student's own: other copies lack it.
pub const NAMED: &str = "[data-turn]:not([data-turn=''])";

thread_local! {
    static IS_RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// Renews this page from now on, once however often it is asked to.
pub fn start() {
    if !IS_RUNNING.replace(true) {
        dom::spawn(run());
    }
}

async fn run() {
    loop {
        rest(LOOK_MS + dom::to_i64(js_sys::Math::random() * SPREAD_MS)).await;
        if dom::is_visible()
            && dom::is_online()
            && let Some(page) = dom::next_copy().await
        {
            take(&page);
        }
    }
}

/// Waits, but no longer than until the machine's clock was set or the machine woke up: then the
/// shop is asked what time it is.
pub async fn rest(ms: i64) {
    let (until, ahead) = (dom::now() + ms, machine_ahead_ms());
    loop {
        let left = until - dom::now();
        if left <= 0 || (machine_ahead_ms() - ahead).abs() > JUMP_MS {
            return;
        }
        dom::sleep(left.min(1_000)).await;
    }
}

/// Puts the pieces of another copy of this page in the place of those whose state differs.
fn take(page: &Element) {
    let Some(here) = dom::document().and_then(|document| document.document_element()) else {
        return;
    };
    for old in dom::all(&here, NAMED) {
        let name = old.get_attribute("data-turn").unwrap_or_default();
        let Some(new) = dom::find(page, &["[data-turn=\"", &name, "\"]"].concat()) else {
            continue;
        };
        if ["data-state", "data-halted"]
            .iter()
            .any(|part| old.get_attribute(part) != new.get_attribute(part))
        {
            let had_focus = dom::document()
                .and_then(|document| document.active_element())
                .is_some_and(|focused| old.contains(Some(&focused)));
            let _ = old.replace_with_with_node_1(&new);
            if had_focus {
                dom::find(&new, "a").iter().for_each(dom::focus);
            }
        }
    }
}
