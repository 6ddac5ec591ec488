//! Carousel of the home page: the island, and the row of slides that it moves.

use super::dom;
use crate::ui::icon::{PAUSE, PLAY};
use leptos::prelude::*;
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, KeyboardEvent, ScrollBehavior, ScrollToOptions};

/// Milliseconds that a slide is shown.
const SHOW_MS: i64 = 6_000;
/// Milliseconds between two looks at whether that is over.
const LOOK_MS: i64 = 500;

/// Children: `h2.unseen#carousel-title`, `ul.carousel-track` of `li.carousel-slide#slide-N`, and
/// `div.carousel-bar` with `nav.carousel-dots` (an `a.carousel-dot[href="#slide-N"]` for each
/// slide) between three `button.carousel-button[hidden]`: `data-go="previous"`, `data-go="next"`
/// and `data-go="pause"`, the last with its two names in `data-pause` and `data-play`.
///
/// The bar works without this island, by swipe, dots and arrow keys. The island sets `data-live` on
/// the section, shows the buttons, and marks the dot of the slide in view with
/// `aria-current="true"`.
#[island]
pub fn Carousel(children: Children) -> impl IntoView {
    view! {
        <section class="carousel" aria-labelledby="carousel-title" use:wake>
            {children()}
        </section>
    }
}

fn wake(section: Element) {
    if let Some(slides) = Slides::of(section) {
        slides.start();
    }
}

/// The row and its bar.
struct Slides {
    section: Element,
    track: Element,
    dots: Vec<Element>,
    pause: Element,
    /// Whether it moves by itself.
    playing: Cell<bool>,
    /// Whether a pointer rests on it, and whether the focus is in it.
    hovered: Cell<bool>,
    focused: Cell<bool>,
    /// When a slide came into view or somebody last touched it.
    since: Cell<i64>,
}

impl Slides {
    /// The carousel in its markup; `None` when there is nothing to move.
    fn of(section: Element) -> Option<Rc<Self>> {
        Some(Rc::new(Self {
            track: dom::find(&section, ".carousel-track")?,
            dots: dom::all(&section, ".carousel-dot"),
            pause: dom::find(&section, "[data-go=pause]")?,
            playing: Cell::new(!dom::is_calm()),
            hovered: Cell::new(false),
            focused: Cell::new(false),
            since: Cell::new(dom::now()),
            section,
        }))
    }

    fn start(self: Rc<Self>) {
        dom::set(&self.section, "data-live", Some(""));
        for button in dom::all(&self.section, ".carousel-button") {
            dom::set(&button, "hidden", None);
        }
        self.name_pause();
        self.hear(&self.section, "click", Self::click);
        self.hear(&self.section, "keydown", Self::key);
        self.hear(&self.section, "pointerenter", |this, _| {
            this.hovered.set(true);
        });
        self.hear(&self.section, "pointerleave", |this, _| {
            this.hovered.set(false);
        });
        self.hear(&self.section, "focusin", |this, _| this.focused.set(true));
        self.hear(&self.section, "focusout", |this, _| this.focused.set(false));
        self.hear(&self.track, "scroll", |this, _| this.mark());
        self.mark();
        dom::spawn(self.play());
    }

    fn hear(self: &Rc<Self>, target: &Element, event: &str, heard: fn(&Self, &Event)) {
        let slides = Rc::clone(self);
        dom::listen(target, event, move |event| heard(&slides, &event));
    }

    async fn play(self: Rc<Self>) {
        while self.section.is_connected() {
            dom::sleep(LOOK_MS).await;
            if !self.playing.get() || self.hovered.get() || self.focused.get() || !dom::is_visible()
            {
                self.since.set(dom::now());
            } else if dom::now() - self.since.get() >= SHOW_MS {
                self.step(1);
            }
        }
    }

    fn click(&self, event: &Event) {
        if let Some(dot) = dom::closest_target(event, ".carousel-dot") {
            if let Some(at) = self.dots.iter().position(|one| *one == dot) {
                self.show(at);
                event.prevent_default();
            }
            return;
        }
        let go = dom::closest_target(event, "[data-go]")
            .and_then(|button| button.get_attribute("data-go"));
        match go.as_deref() {
            Some("previous") => self.step(-1),
            Some("next") => self.step(1),
            Some("pause") => {
                self.playing.set(!self.playing.get());
                self.name_pause();
            }
            _ => {}
        }
    }

    fn key(&self, event: &Event) {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
            return;
        };
        let by = match event.key().as_str() {
            "ArrowLeft" => -1,
            "ArrowRight" => 1,
            _ => return,
        };
        if !event.alt_key() && !event.ctrl_key() && !event.meta_key() {
            self.step(by);
            event.prevent_default();
        }
    }

    /// The button says what it does now.
    fn name_pause(&self) {
        let name = if self.playing.get() {
            "data-pause"
        } else {
            "data-play"
        };
        dom::set(
            &self.pause,
            "aria-label",
            self.pause.get_attribute(name).as_deref(),
        );
        if let Some(path) = dom::find(&self.pause, "path") {
            dom::set(
                &path,
                "d",
                Some(if self.playing.get() { PAUSE } else { PLAY }),
            );
        }
    }

    /// The slide in view.
    fn at(&self) -> usize {
        let width = self.track.client_width().max(1);
        let at = (self.track.scroll_left() + width / 2) / width;
        usize::try_from(at)
            .unwrap_or(0)
            .min(self.dots.len().saturating_sub(1))
    }

    /// To the next slide or the one before, around the ends.
    fn step(&self, by: isize) {
        let of = isize::try_from(self.dots.len()).unwrap_or(0).max(1);
        let at = isize::try_from(self.at()).unwrap_or(0);
        self.show(usize::try_from((at + by).rem_euclid(of)).unwrap_or(0));
    }

    fn show(&self, at: usize) {
        self.since.set(dom::now());
        let left = i32::try_from(at)
            .unwrap_or(0)
            .saturating_mul(self.track.client_width());
        let options = ScrollToOptions::new();
        options.set_left(f64::from(left));
        options.set_behavior(if dom::is_calm() {
            ScrollBehavior::Instant
        } else {
            ScrollBehavior::Smooth
        });
        self.track.scroll_to_with_scroll_to_options(&options);
    }

    /// Marks the dot of the slide in view.
    fn mark(&self) {
        let at = self.at();
        for (index, dot) in self.dots.iter().enumerate() {
            let is_current = index == at;
            if dot.has_attribute("aria-current") != is_current {
                dom::set(dot, "aria-current", is_current.then_some("true"));
                self.since.set(dom::now());
            }
        }
    }
}
