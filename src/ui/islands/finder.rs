//! Finder: replaces the list of courses by another one without a reload. Any other address is loaded
//! as a page.

use super::{dom, mount};
use leptos::prelude::*;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    AbortController, Document, Element, Event, FormData, HtmlAnchorElement, HtmlElement,
    HtmlFormElement, HtmlInputElement, MouseEvent, UrlSearchParams,
};

/// Links around the list that name the list's address.
const FOLLOWERS: [&str; 2] = [".nav-language", ".account a[href*=\"sign-in\"]"];

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

fn wake(root: Element) {
    if let Some(listing) = Listing::of(root) {
        listing.start();
    }
}

/// The list that is shown.
struct Listing {
    root: Element,
    /// The page's path, the same for every list.
    path: String,
    /// Path and query of the list that is shown.
    shown: RefCell<String>,
    /// Stops the list that is on its way.
    stop: RefCell<Option<AbortController>>,
}

impl Listing {
    /// The list in its markup.
    fn of(root: Element) -> Option<Rc<Self>> {
        let (path, shown) = here()?;
        dom::find(&root, ".results")?;
        Some(Rc::new(Self {
            root,
            path,
            shown: RefCell::new(shown),
            stop: RefCell::new(None),
        }))
    }

    fn start(self: Rc<Self>) {
        Self::hide_apply(&self.root);
        let root = self.root.clone();
        self.hear(&root, "click", Self::click);
        self.hear(&root, "submit", |this, event| {
            if let Some(url) = this.form_url() {
                Self::visit(this, url, None);
                event.prevent_default();
            }
        });
        self.hear(&root, "change", |this, event| {
            if let Some(url) =
                dom::closest_target(event, ".finder-order").and_then(|_| this.form_url())
            {
                Self::visit(this, url, None);
            }
        });
        if let Some(window) = dom::window() {
            self.hear(&window, "popstate", |this, _| this.back());
        }
    }

    fn hear(
        self: &Rc<Self>,
        target: &web_sys::EventTarget,
        event: &str,
        heard: fn(&Rc<Self>, &Event),
    ) {
        let listing = Rc::clone(self);
        dom::listen(target, event, move |event| heard(&listing, &event));
    }

    fn click(self: &Rc<Self>, event: &Event) {
        let link = dom::closest_target(event, "a[href]")
            .and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
        let Some(link) = link.filter(|link| link.pathname() == self.path && link.hash().is_empty())
        else {
            return;
        };
        // Anything but a plain click asks for a page of its own.
        let plain = event.dyn_ref::<MouseEvent>().is_some_and(|click| {
            click.button() == 0
                && !click.ctrl_key()
                && !click.meta_key()
                && !click.shift_key()
                && !click.alt_key()
        });
        if plain && !event.default_prevented() {
            let url = [link.pathname(), link.search()].concat();
            self.visit(url, Some(link.unchecked_into()));
            event.prevent_default();
        }
    }

    /// The address that the form asks for.
    fn form_url(&self) -> Option<String> {
        let form: HtmlFormElement = dom::find(&self.root, ".finder")?.dyn_into().ok()?;
        let fields = FormData::new_with_form(&form).ok()?;
        let pairs = UrlSearchParams::new_with_str_sequence_sequence(&fields).ok()?;
        if pairs.get("q").is_some_and(|q| q.trim().is_empty()) {
            pairs.delete("q");
        }
        Some([&self.path, "?", &String::from(pairs.to_string())].concat())
    }

    /// The browser went to another entry of its history.
    fn back(self: &Rc<Self>) {
        if let Some((path, url)) = here()
            && path == self.path
            && url != *self.shown.borrow()
        {
            self.load(url, None, false);
        }
    }

    fn visit(self: &Rc<Self>, url: String, from: Option<Element>) {
        self.load(url, from, true);
    }

    /// Fetches a list. The last one that was asked for counts.
    fn load(self: &Rc<Self>, url: String, from: Option<Element>, is_new: bool) {
        let Ok(stop) = AbortController::new() else {
            return dom::navigate(&url);
        };
        if let Some(before) = self.stop.replace(Some(stop.clone())) {
            before.abort();
        }
        self.set_busy(true);
        let listing = Rc::clone(self);
        dom::spawn(async move {
            let page = dom::page(&url, Some(&stop.signal())).await;
            if stop.signal().aborted() {
                return;
            }
            if is_new {
                dom::push(&url);
            }
            listing.shown.replace(url.clone());
            listing.set_busy(false);
            if page
                .and_then(|page| listing.swap(&page, from.as_ref(), is_new))
                .is_none()
            {
                dom::navigate(&url);
            }
        });
    }

    fn set_busy(&self, busy: bool) {
        if let Some(results) = dom::find(&self.root, ".results") {
            dom::set(&results, "aria-busy", busy.then_some("true"));
        }
    }

    /// Shows another page's list; `None` when that page has none. What was typed meanwhile stays, but
    /// not when the browser went back to a list of other words.
    fn swap(&self, page: &Document, from: Option<&Element>, keeps_typed: bool) -> Option<()> {
        let page = page.document_element()?;
        let (form, new_form) = (
            dom::find(&self.root, ".finder")?,
            dom::find(&page, ".finder")?,
        );
        let (results, new_results) = (
            dom::find(&self.root, ".results")?,
            dom::find(&page, ".results")?,
        );
        let (found, new_found) = (
            dom::find(&results, ".found")?,
            dom::find(&new_results, ".found")?,
        );
        let from_pager = from.is_some_and(|link| link.closest(".pager").ok().flatten().is_some());
        let focus = Focus::of(&self.root);
        Self::hide_apply(&new_form);
        form.replace_with_with_node_1(&new_form).ok()?;
        // The status stays where it is, so that its change is announced.
        while let Some(old) = found.next_element_sibling() {
            old.remove();
        }
        while let Some(new) = new_found.next_element_sibling() {
            results.append_child(&new).ok()?;
        }
        if let Some(old) = dom::find(&self.root, ".pager") {
            old.remove();
        }
        if let Some(new) = dom::find(&page, ".pager") {
            results.insert_adjacent_element("afterend", &new).ok()?;
        }
        dom::set_text(&found, &new_found.text_content().unwrap_or_default());
        dom::retitle(Some(&page));
        follow(&page);
        if from_pager {
            dom::set(&found, "tabindex", Some("-1"));
            dom::focus(&found);
            found.scroll_into_view();
        } else if let Some(focus) = focus {
            focus.give_back(&new_form, keeps_typed);
        }
        wake_islands(&self.root);
        Some(())
    }

    /// The order needs no button of its own.
    fn hide_apply(form: &Element) {
        if let Some(apply) = dom::find(form, ".finder-apply") {
            dom::set(&apply, "hidden", Some(""));
        }
    }
}

/// What had the focus in the form.
enum Focus {
    /// A field, and what was typed into it.
    Field(String, Option<String>),
    /// A link to this address.
    Link(String),
    Other,
}

impl Focus {
    fn of(root: &Element) -> Option<Self> {
        let focused = dom::document()?
            .active_element()
            .filter(|focused| root.contains(Some(focused)))?;
        Some(match (focused.get_attribute("href"), focused.id()) {
            (Some(href), _) => Self::Link(href),
            (None, id) if !id.is_empty() => Self::Field(
                id,
                focused
                    .dyn_ref::<HtmlInputElement>()
                    .map(HtmlInputElement::value),
            ),
            (None, _) => Self::Other,
        })
    }

    /// To what stands in the same place of the new form, or else to the search.
    fn give_back(self, form: &Element, keeps_typed: bool) {
        let search = dom::find(form, "#q");
        let target = match self {
            Self::Link(href) => dom::all(form, "a[href]")
                .into_iter()
                .find(|link| link.get_attribute("href").as_ref() == Some(&href)),
            Self::Field(id, typed) => {
                let field = dom::all(form, "[id]")
                    .into_iter()
                    .find(|field| field.id() == id);
                if let (Some(input), Some(typed)) = (
                    field
                        .as_ref()
                        .and_then(|field| field.dyn_ref::<HtmlInputElement>()),
                    typed.filter(|_| keeps_typed),
                ) {
                    input.set_value(&typed);
                }
                field
            }
            Self::Other => dom::find(form, ".finder-search .button"),
        };
        if let Some(target) = target
            .or(search)
            .and_then(|target| target.dyn_into::<HtmlElement>().ok())
        {
            dom::focus(&target);
        }
    }
}

/// The path of this page, and the path with its query.
fn here() -> Option<(String, String)> {
    let location = dom::window()?.location();
    let path = location.pathname().ok()?;
    let url = [path.as_str(), &location.search().ok()?].concat();
    Some((path, url))
}

/// Links around the list lead to the same list elsewhere.
fn follow(page: &Element) {
    let Some(here) = dom::document().and_then(|document| document.document_element()) else {
        return;
    };
    for selector in FOLLOWERS {
        if let (Some(old), Some(new)) = (dom::find(&here, selector), dom::find(page, selector)) {
            dom::set(&old, "href", new.get_attribute("href").as_deref());
        }
    }
}

/// Wakes what came with the list; the boot module knows how.
fn wake_islands(root: &Element) {
    let wake = js_sys::Reflect::get(&js_sys::global(), &JsValue::from_str("hydrateIslands"));
    if let Some(wake) = wake
        .ok()
        .and_then(|wake| wake.dyn_into::<js_sys::Function>().ok())
    {
        let _ = wake.call1(&JsValue::UNDEFINED, root);
    }
}
