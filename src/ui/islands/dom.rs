//! The browser, in the few words that the islands need. What is missing in the document is `None`,
//! never a failure: an island that does not find its markup leaves the page as the server made it.

use crate::{
    api::wire::{clock_ahead_ms, compare_clocks, now_ms},
    types::lang::Lang,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, Document, DomParser, Element, Event, EventTarget, HtmlElement, RequestInit,
    Response, Storage, SupportedType, Window,
};

pub use wasm_bindgen_futures::spawn_local as spawn;

pub fn window() -> Option<Window> {
    web_sys::window()
}

pub fn document() -> Option<Document> {
    window()?.document()
}

/// The language of the page.
pub fn lang() -> Lang {
    let tag = document()
        .and_then(|document| document.document_element())
        .and_then(|html| html.get_attribute("lang"));
    if tag.is_some_and(|tag| tag == Lang::En.tag()) {
        Lang::En
    } else {
        Lang::Zh
    }
}

/// Milliseconds since 1970 by the browser's clock, which goes on evenly while this page is shown.
pub fn now() -> i64 {
    to_i64(now_ms())
}

/// The same by the shop's clock, as near as a card needs it.
pub fn shop_now() -> i64 {
    to_i64(now_ms() + clock_ahead_ms())
}

/// A number of the browser's as a whole one: they are milliseconds and counts, far below where a
/// float loses digits.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float has no other way; out of range it saturates"
)]
pub fn to_i64(number: f64) -> i64 {
    number as i64
}

/// A number at random, of all that a seed can be.
pub fn seed() -> u16 {
    u16::try_from(to_i64(js_sys::Math::random() * f64::from(u16::MAX))).unwrap_or_default()
}

/// The first element below `root` that fits.
pub fn find(root: &Element, selector: &str) -> Option<Element> {
    root.query_selector(selector).ok().flatten()
}

/// Every element below `root` that fits.
pub fn all(root: &Element, selector: &str) -> Vec<Element> {
    let Ok(list) = root.query_selector_all(selector) else {
        return Vec::new();
    };
    (0..list.length())
        .filter_map(|at| list.get(at))
        .map(JsCast::unchecked_into)
        .collect()
}

/// A number in an attribute.
pub fn number(element: &Element, attribute: &str) -> Option<i64> {
    element.get_attribute(attribute)?.parse().ok()
}

/// Sets an attribute, or takes it away.
pub fn set(element: &Element, attribute: &str, value: Option<&str>) {
    // Neither fails for a name that is one.
    let _ = match value {
        Some(value) => element.set_attribute(attribute, value),
        None => element.remove_attribute(attribute),
    };
}

/// Changes what an element says, unless it says so already.
pub fn set_text(element: &Element, words: &str) {
    if element.text_content().as_deref() != Some(words) {
        element.set_text_content(Some(words));
    }
}

/// A new element with a class and a text.
pub fn create(tag: &str, class: &str, words: &str) -> Option<Element> {
    let element = document()?.create_element(tag).ok()?;
    element.set_class_name(class);
    element.set_text_content(Some(words));
    Some(element)
}

pub fn link(class: &str, href: &str, words: &str) -> Option<Element> {
    let element = create("a", class, words)?;
    set(&element, "href", Some(href));
    Some(element)
}

/// Puts an element after what `parent` holds.
pub fn append(parent: &Element, child: Option<Element>) {
    if let Some(child) = child {
        let _ = parent.append_child(&child);
    }
}

/// Calls `heard` for each event of this name, for as long as the element lives.
pub fn listen(target: &EventTarget, event: &str, heard: impl FnMut(Event) + 'static) {
    let heard: Box<dyn FnMut(Event)> = Box::new(heard);
    let heard = Closure::wrap(heard).into_js_value();
    let _ = target.add_event_listener_with_callback(event, heard.unchecked_ref());
}

/// The element that an event is about, or the next around it that fits.
pub fn closest_target(event: &Event, selector: &str) -> Option<Element> {
    event
        .target()?
        .dyn_into::<Element>()
        .ok()?
        .closest(selector)
        .ok()?
}

/// Puts the focus on an element.
pub fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
}

pub async fn sleep(ms: i64) {
    let Some(window) = window() else { return };
    let ms = i32::try_from(ms.max(0)).unwrap_or(i32::MAX);
    wait(|resolve| {
        let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(resolve, ms);
    })
    .await;
}

/// Whether the browser believes that it has a connection.
pub fn is_online() -> bool {
    window().is_none_or(|window| window.navigator().on_line())
}

/// Whether the browser keeps cookies of this site.
pub fn keeps_cookies() -> bool {
    window().is_none_or(|window| {
        // By name: web-sys has no binding for it.
        let is_kept =
            js_sys::Reflect::get(&window.navigator(), &JsValue::from_str("cookieEnabled"));
        is_kept.is_ok_and(|is_kept| is_kept.is_truthy())
    })
}

/// Waits until the browser has a connection.
pub async fn online() {
    if let Some(window) = window().filter(|_| !is_online()) {
        wait(|resolve| {
            let _ = window.add_event_listener_with_callback("online", resolve);
        })
        .await;
    }
}

async fn wait(mut start: impl FnMut(&js_sys::Function)) {
    let promise = js_sys::Promise::new(&mut |resolve, _| start(&resolve));
    // It is never refused.
    let _ = JsFuture::from(promise).await;
}

/// Whether the student sees the page.
pub fn is_visible() -> bool {
    document().is_none_or(|document| !document.hidden())
}

/// Whether the student wants nothing to move by itself.
pub fn is_calm() -> bool {
    let query = window().and_then(|window| {
        window
            .match_media("(prefers-reduced-motion: reduce)")
            .ok()
            .flatten()
    });
    query.is_some_and(|query| query.matches())
}

/// Leads to another page of this shop.
pub fn navigate(path: &str) {
    if let Some(window) = window() {
        let _ = window.location().assign(path);
    }
}

/// The address of this page.
pub fn address() -> Option<String> {
    window()?.location().href().ok()
}

/// Gives this page another address, and the title of the page that has it.
pub fn rename(url: &str, page: Option<&Element>) {
    let history = window().and_then(|window| window.history().ok());
    if let Some(history) = history {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(url));
    }
    retitle(page);
}

/// Adds an address to the history as the one that is shown.
pub fn push(url: &str) {
    if let Some(history) = window().and_then(|window| window.history().ok()) {
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(url));
    }
}

/// Takes over the title of another page.
pub fn retitle(page: Option<&Element>) {
    let title = page
        .and_then(|page| find(page, "title"))
        .and_then(|title| title.text_content());
    if let (Some(document), Some(title)) = (document(), title) {
        document.set_title(&title);
    }
}

/// Loads this page anew.
pub fn reload() {
    if let Some(window) = window() {
        let _ = window.location().reload();
    }
}

/// A page that comes back as it was left is loaded anew: what it tells of has moved on.
pub fn reload_when_back() {
    if let Some(window) = window() {
        listen(&window, "pageshow", |event| {
            let persisted = js_sys::Reflect::get(&event, &JsValue::from_str("persisted"));
            if persisted.is_ok_and(|persisted| persisted.is_truthy()) {
                reload();
            }
        });
    }
}

/// What this tab remembers until it is closed; nothing where the browser forbids it.
fn memory() -> Option<Storage> {
    window()?.session_storage().ok().flatten()
}

/// A remembered text.
pub fn remembered(name: &str) -> Option<String> {
    memory()?.get_item(name).ok().flatten()
}

/// Remembers a text, or forgets it.
pub fn remember(name: &str, value: Option<&str>) {
    if let Some(memory) = memory() {
        let _ = match value {
            Some(value) => memory.set_item(name, value),
            None => memory.remove_item(name),
        };
    }
}

/// This page as the shop would give it now; `None` when it can't be had.
pub async fn next_copy() -> Option<Element> {
    page(&address()?, None).await?.document_element()
}

/// Gives the browser a cookie.
pub fn keep_cookie(cookie: &str) {
    if let Some(document) = document() {
        let _ = js_sys::Reflect::set(
            &document,
            &JsValue::from_str("cookie"),
            &JsValue::from_str(cookie),
        );
    }
}

/// Another page of this shop; `None` when it can't be had.
pub async fn page(url: &str, signal: Option<&AbortSignal>) -> Option<Document> {
    let init = RequestInit::new();
    init.set_signal(signal);
    let response: Response = JsFuture::from(window()?.fetch_with_str_and_init(url, &init))
        .await
        .ok()?
        .unchecked_into();
    compare_clocks(&response.headers());
    let html = JsFuture::from(response.text().ok()?)
        .await
        .ok()?
        .as_string()?;
    DomParser::new()
        .ok()?
        .parse_from_string(&html, SupportedType::TextHtml)
        .ok()
}
