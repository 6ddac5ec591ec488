//! The button's markup.

use crate::ui::islands::dom::find;
use web_sys::Element;

/// The parts that change.
pub struct Sheet {
    pub section: Element,
    pub title: Element,
    pub until: Element,
    pub synced: Element,
    pub form: Element,
    pub button: Element,
    pub seats: Element,
    pub meter: Element,
    pub check: Element,
    pub note: Element,
    pub next: Element,
}

impl Sheet {
    /// The parts below `root`; `None` when one is missing.
    pub fn of(root: &Element) -> Option<Self> {
        Some(Self {
            section: find(root, ".seckill")?,
            title: find(root, ".seckill-title")?,
            until: find(root, ".seckill-until")?,
            synced: find(root, ".seckill-synced")?,
            form: find(root, ".seckill-form")?,
            button: find(root, ".seckill-button")?,
            seats: find(root, ".seckill-seats span")?,
            meter: find(root, ".stock")?,
            check: find(root, ".seckill-check")?,
            note: find(root, ".seckill-note")?,
            next: find(root, ".seckill-next")?,
        })
    }
}
