//! The clock beside the code: when another one may be asked for. The shop says it with the page, so
//! that every tab counts the same.

use super::dom;
use crate::ui::text::sign_in as text;
use web_sys::Element;

/// What the button waits for, in milliseconds since 1970.
const UNTIL: &str = "data-until";

/// The button that sends another code.
#[derive(Clone)]
pub struct Again {
    button: Element,
}

impl Again {
    /// The button below `root`.
    pub fn of(root: &Element) -> Option<Self> {
        Some(Self {
            button: dom::find(root, ".sign-in-again button")?,
        })
    }

    /// Whether its time has not come.
    pub fn is_waiting(&self) -> bool {
        self.button.has_attribute("aria-disabled")
    }

    /// Counts down on the button until its time has come.
    pub fn hold(&self, s: i64) {
        let Self { button } = self.clone();
        dom::set(
            &button,
            UNTIL,
            Some(
                &dom::now()
                    .saturating_add(s.saturating_mul(1_000))
                    .to_string(),
            ),
        );
        // One clock is enough: it reads the moment anew each second.
        if s <= 0 || self.is_waiting() {
            return;
        }
        dom::set(&button, "aria-disabled", Some("true"));
        dom::spawn(async move {
            let lang = dom::lang();
            let left_ms = || dom::number(&button, UNTIL).unwrap_or_default() - dom::now();
            while button.is_connected() && left_ms() > 0 {
                dom::set_text(
                    &button,
                    &text::code_again_in(lang, (left_ms() + 999) / 1_000),
                );
                dom::sleep(1_000).await;
            }
            dom::set(&button, "aria-disabled", None);
            dom::set_text(&button, text::code_again(lang));
        });
    }
}
