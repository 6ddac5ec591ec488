//! The messages of a shop to try out, which come in while the student waits for a code.

use super::dom;
use web_sys::Element;

/// Milliseconds between two looks.
const LOOK_MS: i64 = 2_000;
/// Looks until nothing more is expected: five minutes, for as long as a code is good.
const LOOKS_MAX: usize = 150;

/// Keeps the messages of this page true while `root` shows the second step.
pub async fn follow(root: Element) {
    for _ in 0..LOOKS_MAX {
        if here().is_none()
            || dom::find(&root, "[data-step=code]").is_none()
            || !root.is_connected()
        {
            return;
        }
        if dom::is_visible() && dom::is_online() {
            take(dom::next_copy().await.as_ref());
        }
        dom::sleep(LOOK_MS).await;
    }
}

/// Shows the messages of another copy of this page.
pub fn take(page: Option<&Element>) {
    let (old, new) = (here(), page.and_then(|page| dom::find(page, ".outbox")));
    if let (Some(old), Some(new)) = (old, new)
        && old.text_content() != new.text_content()
    {
        let _ = old.replace_with_with_node_1(&new);
    }
}

fn here() -> Option<Element> {
    dom::find(&dom::document()?.document_element()?, ".outbox")
}
