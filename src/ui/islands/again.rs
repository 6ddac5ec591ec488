//! The clock beside the code: when another one may be asked for.

use super::dom;
use crate::ui::text::sign_in as text;
use web_sys::Element;

/// What the tab remembers: the moment from which on another code may be asked for.
const MEMORY: &str = "code-again-at";

/// The button that sends another code.
#[derive(Clone)]
pub struct Again {
    button: Element,
}

/// A code was sent just now; `root` holds the button, whose frame says how long to wait (`data-gap-s`).
pub fn sent(root: &Element) {
    held_for(dom::find(root, ".sign-in-again").and_then(|frame| dom::number(&frame, "data-gap-s")));
}

/// The shop said how long to wait.
pub fn held_for(s: Option<i64>) {
    if let Some(s) = s {
        hold(s.saturating_mul(1_000));
    }
}

fn hold(ms: i64) {
    dom::remember(MEMORY, Some(&dom::now().saturating_add(ms).to_string()));
}

fn left_ms() -> i64 {
    dom::remembered(MEMORY).and_then(|at| at.parse::<i64>().ok()).map_or(0, |at| at.saturating_sub(dom::now()))
}

impl Again {
    /// The button below `root`.
    pub fn of(root: &Element) -> Option<Self> {
        Some(Self { button: dom::find(root, ".sign-in-again button")? })
    }

    /// Whether its time has not come.
    pub fn is_waiting() -> bool {
        left_ms() > 0
    }

    /// Counts down on the button until its time has come.
    pub fn start(&self) {
        // One clock is enough: it reads the moment anew each second.
        if self.button.has_attribute("aria-disabled") || !Self::is_waiting() {
            return;
        }
        let button = self.button.clone();
        dom::set(&button, "aria-disabled", Some("true"));
        dom::spawn(async move {
            let lang = dom::lang();
            while button.is_connected() && left_ms() > 0 {
                dom::say(&button, &text::code_again_in(lang, (left_ms() + 999) / 1_000));
                dom::sleep(1_000).await;
            }
            dom::set(&button, "aria-disabled", None);
            dom::say(&button, text::code_again(lang));
        });
    }
}
