//! Seckill button in the browser: turns what happens to the page into events of [`Button`], and
//! carries out the effects. All decisions are made in `rules::button`.

mod effects;
mod elements;
mod render;
mod words;

use super::dom;
use crate::{
    rules::{
        button::{Button, ButtonEvent, Moment, SaleFacts},
        seckill::window::Window,
    },
    types::{lang::Lang, time::Millis},
};
use elements::Sheet;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use web_sys::{Element, EventTarget};

/// The button at work.
pub struct Rush {
    lang: Lang,
    /// The sale's number.
    sale: String,
    sheet: Sheet,
    button: Cell<Button>,
    /// The ticket that is polled.
    ticket: RefCell<String>,
    /// Why the click was refused, in words.
    refusal: RefCell<String>,
}

impl Rush {
    /// The button in its markup; `None` when a part of that is missing.
    pub fn of(root: &Element) -> Option<Rc<Self>> {
        let sheet = Sheet::of(root)?;
        Some(Rc::new(Self {
            lang: dom::lang(),
            sale: sheet.section.get_attribute("data-sale")?,
            button: Cell::new(Button::new(served(&sheet.section)?)),
            sheet,
            ticket: RefCell::default(),
            refusal: RefCell::default(),
        }))
    }

    pub fn start(self: &Rc<Self>) {
        let rush = Rc::clone(self);
        dom::listen(&self.sheet.form, "submit", move |event| {
            rush.feed(ButtonEvent::Submitted);
            // Last, so that the form still works by itself when something broke.
            event.prevent_default();
        });
        dom::reload_when_back();
        self.look(dom::window().map(Into::into), "focus");
        self.look(dom::document().map(Into::into), "visibilitychange");
        let ticket = dom::remembered(&self.name("task"));
        let has_ticket = ticket.is_some();
        self.ticket.replace(ticket.unwrap_or_default());
        let state = self.button.get().state(moment()).name();
        self.feed(ButtonEvent::Loaded {
            is_served: self.sheet.section.get_attribute("data-state").as_deref() == Some(state),
            has_ticket,
        });
    }

    /// Looks at the seat anew when the student does, who may have paid it elsewhere.
    fn look(self: &Rc<Self>, target: Option<EventTarget>, event: &str) {
        if let Some(target) = target {
            let rush = Rc::clone(self);
            dom::listen(&target, event, move |_| {
                if dom::is_visible() {
                    rush.feed(ButtonEvent::Seen);
                }
            });
        }
    }

    /// Makes one step, and shows what moves within a state.
    fn feed(self: &Rc<Self>, event: ButtonEvent<'_>) {
        let at = moment();
        let (button, effects) = self.button.get().step(event, at);
        self.button.set(button);
        for effect in effects {
            self.carry_out(effect, at.now);
        }
        self.move_on(at);
    }
}

/// The sale as it was served.
fn served(section: &Element) -> Option<SaleFacts> {
    let window = Window {
        opens_at: Millis(dom::number(section, "data-opens-at")?),
        closes_at: Millis(dom::number(section, "data-closes-at")?),
        paused: section.has_attribute("data-halted"),
    };
    let stock = dom::number(section, "data-stock")?;
    let is_sold_out = section.has_attribute("data-gone");
    Some(SaleFacts::new(window, is_sold_out, stock, dom::seed()))
}

fn moment() -> Moment {
    Moment {
        now: Millis(dom::now()),
        is_online: dom::is_online(),
        is_visible: dom::is_visible(),
        seed: dom::seed(),
    }
}
