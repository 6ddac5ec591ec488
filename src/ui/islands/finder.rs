//! The list of courses without a reload.

use super::{course_list::Listing, mount};
use leptos::prelude::*;

/// Children: `form.finder` (its chips are links, its fields `q` and `order`), `section.results`
/// (`p.found[role=status]`, cards or a message) and `nav.pager` when there is more than one page.
///
/// Every link and the form lead to an address of this same page. The island fetches that address,
/// swaps these children for those of the answer, wakes the islands inside
/// (`globalThis.hydrateIslands(node)`), and keeps the address true; meanwhile `section.results` has
/// `aria-busy="true"`.
#[island]
pub fn Finder(children: Children) -> impl IntoView {
    mount::div(wake, children)
}

fn wake(root: web_sys::Element) {
    if let Some(listing) = Listing::of(root) {
        listing.start();
    }
}
