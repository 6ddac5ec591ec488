//! How the button shows its states.

use super::{Rush, words};
use crate::{
    rules::button::{Button, ButtonEvent, ButtonState, ClickStage, Moment, Now},
    types::{
        sale::{Loss, Reason},
        time::{MINUTE_MS, Millis},
    },
    ui::{
        islands::{countdown, dom, sale_clock},
        link,
        text::{order, sale, seckill as text},
    },
};
use std::rc::Rc;
use web_sys::Element;

/// Milliseconds before its end from which the clock of a hold is red.
const LATE_MS: i64 = 2 * MINUTE_MS;

impl Rush {
    /// The state as style sheet and button show it.
    pub fn dress(&self, state: ButtonState, now: Millis) {
        let button = &self.sheet.button;
        dom::set(&self.sheet.section, "data-state", Some(state.name()));
        dom::set(
            button,
            "aria-disabled",
            (!state.takes_clicks()).then_some("true"),
        );
        if state.takes_clicks() {
            dom::set(button, "type", Some("submit"));
        }
        dom::set(
            &self.sheet.check,
            "hidden",
            (!matches!(state, ButtonState::Last(_))).then_some(""),
        );
        sale_clock::speak(&self.sheet.section, self.button.get().sale.state(now));
        button.set_text_content(None);
        if matches!(state, ButtonState::Sending | ButtonState::Queued) {
            let spinner = dom::create("span", "spinner", "");
            spinner
                .iter()
                .for_each(|spinner| dom::set(spinner, "aria-hidden", Some("true")));
            dom::append(button, spinner);
        }
        dom::append(
            button,
            dom::create("span", "", words::button(state, self.lang)),
        );
        if matches!(
            state,
            ButtonState::Before(_) | ButtonState::Last(_) | ButtonState::Held
        ) {
            dom::append(button, dom::create("span", "clock-digits", ""));
        }
    }

    /// The title, the sentence that is announced, and what to do next.
    pub fn announce(self: &Rc<Self>, state: ButtonState, is_away: bool) {
        let (lang, button) = (self.lang, self.button.get());
        let title = words::title(state, lang, &button);
        dom::set_text(&self.sheet.title, &title);
        // The title is seen, but only the note is announced: it carries the title for those who
        // listen.
        let note_at = &self.sheet.note;
        note_at.set_text_content(None);
        let spoken = [&*title, lang.pick("。", ". ")].concat();
        dom::append(note_at, dom::create("span", "unseen", &spoken));
        if is_away {
            dom::append(note_at, dom::create("span", "", text::away(lang)));
        } else {
            if matches!(state, ButtonState::Before(ready) | ButtonState::Last(ready) if ready != Some(true))
            {
                let words = text::before_note_link(lang);
                dom::append(note_at, dom::link("", &self.sign_in_path(), words));
            }
            let note = self.note(state, &button);
            dom::append(note_at, dom::create("span", "", &note));
        }
        self.lead_on(state, &button);
    }

    fn lead_on(self: &Rc<Self>, state: ButtonState, button: &Button) {
        let (lang, next, click) = (self.lang, &self.sheet.next, button.stage);
        next.set_text_content(None);
        let first = match (state, button.order) {
            (ButtonState::Held, Some(order)) => {
                dom::link("button", &self.order_path(order.id), order::pay_go(lang))
            }
            (ButtonState::Closing, Some(order)) => {
                dom::link("button", &self.order_path(order.id), order::go(lang))
            }
            (ButtonState::Paid(_), _) => {
                let course = self.sheet.section.get_attribute("data-course");
                let path = ["/learn/", &course.unwrap_or_default()].concat();
                dom::link("button", &lang.path(&path), order::learn_go(lang))
            }
            _ => None,
        };
        let has_first = first.is_some();
        dom::append(next, first);
        if has_first || matches!(state, ButtonState::Won | ButtonState::Yours) {
            let mine = dom::link("button", &lang.path("/me"), text::go_mine(lang));
            dom::append(next, if has_first { quiet(mine) } else { mine });
        }
        if state == ButtonState::Released && button.sale.now(Millis(dom::now())) == Now::Open {
            dom::append(next, self.again());
        }
        if let ClickStage::Lost(Loss {
            reason: Reason::TooEarly | Reason::Paused | Reason::GaveUp | Reason::NoTicket,
            ..
        }) = click
        {
            dom::append(next, self.again());
        }
        if matches!(
            state,
            ButtonState::Lost | ButtonState::Released | ButtonState::SoldOut | ButtonState::Ended
        ) {
            dom::append(
                next,
                quiet(dom::link(
                    "button",
                    &link::page(lang, "/#sales"),
                    text::lost_next(lang),
                )),
            );
        }
    }

    /// A button that makes the big one ready for another click.
    fn again(self: &Rc<Self>) -> Option<Element> {
        let again = dom::create("button", "button", text::again(self.lang))?;
        dom::set(&again, "type", Some("button"));
        let rush = Rc::clone(self);
        dom::listen(&again, "click", move |_| {
            rush.feed(ButtonEvent::Again);
            dom::focus(&rush.sheet.button);
        });
        Some(again)
    }

    /// What moves within a state.
    pub fn move_on(&self, at: Moment) {
        let (lang, sheet, button) = (self.lang, &self.sheet, self.button.get());
        let ((state, is_away), now) = (button.face(at), button.sale.now(at.now));
        let is_open = now == Now::Open;
        dom::set(&sheet.until, "hidden", (!is_open).then_some(""));
        if is_open {
            let left = countdown::digits(lang, button.sale.left_ms(at.now));
            let closes_at = button
                .sale
                .window
                .closes_at
                .in_shop()
                .day_and_time_seen_at(Millis(dom::shop_now()).in_shop());
            dom::set_text(&sheet.until, &sale::ends_at(lang, &left, &closes_at));
        }
        if is_away {
            // How exact the clock was is no comfort now.
            dom::set_text(&sheet.synced, text::zone(lang));
        }
        let left_ms = match (state, now) {
            (ButtonState::Before(_) | ButtonState::Last(_), Now::Before(ms) | Now::Last(ms)) => {
                Some(ms)
            }
            (ButtonState::Held, _) => button.held_ms(at.now),
            _ => None,
        };
        if let Some(ms) = left_ms
            && let Some(digits) = dom::find(&sheet.button, ".clock-digits")
        {
            let words = countdown::digits(lang, ms);
            let is_hold = state == ButtonState::Held;
            dom::set_text(
                &digits,
                if is_hold {
                    countdown::short(&words)
                } else {
                    &words
                },
            );
            dom::set(
                &sheet.section,
                "data-late",
                (is_hold && ms < LATE_MS).then_some(""),
            );
        }
        match button.stage {
            ClickStage::Retrying(tries, _) => dom::set_text(
                &sheet.button,
                &text::retrying_button(lang, i64::from(tries)),
            ),
            ClickStage::Queued(_) => {
                dom::set_text(&sheet.title, &words::place(lang, button.stage));
            }
            ClickStage::Idle
            | ClickStage::Sending
            | ClickStage::Won(_)
            | ClickStage::Lost(_)
            | ClickStage::Yours
            | ClickStage::Released
            | ClickStage::Refused => {}
        }
        if matches!(state, ButtonState::Last(_)) {
            let is_connected = button.sale.is_connected && at.is_online;
            self.check(button.sale.is_signed_in, is_connected);
        }
    }

    /// What is ready in the last seconds, and what is not.
    fn check(&self, is_signed_in: Option<bool>, is_connected: bool) {
        let lang = self.lang;
        let lines = [
            is_signed_in.map(|ready| {
                (
                    ready,
                    text::ready_signed_in(lang),
                    text::ready_not_signed_in(lang),
                )
            }),
            Some((
                is_connected,
                text::ready_connected(lang),
                text::ready_not_connected(lang),
            )),
        ];
        let check = &self.sheet.check;
        check.set_text_content(None);
        for (ready, yes, no) in lines.into_iter().flatten() {
            let line = if ready || no == text::ready_not_connected(lang) {
                dom::create("span", "check", if ready { yes } else { no })
            } else {
                dom::link("check", &self.sign_in_path(), no)
            };
            line.iter()
                .for_each(|line| dom::set(line, "data-state", (!ready).then_some("missing")));
            dom::append(check, line);
        }
    }

    /// How exact the clock is that a round trip of so many milliseconds has set.
    pub fn show_sync(&self, trip_ms: i64) {
        let lang = self.lang;
        let synced = text::synced(lang, (trip_ms + 1) / 2);
        dom::set_text(
            &self.sheet.synced,
            &[text::zone(lang), " · ", &synced].concat(),
        );
    }

    /// Unsold seats, of so many.
    pub fn show_seats(&self, left: i64, stock: i64) {
        let words = match left {
            0 => sale::seats_none(self.lang).to_owned(),
            _ => sale::seats(self.lang, left, stock),
        };
        let meter = &self.sheet.meter;
        dom::set_text(&self.sheet.seats, &words);
        dom::set(meter, "max", Some(&stock.max(1).to_string()));
        dom::set(meter, "value", Some(&left.to_string()));
        dom::set(meter, "aria-hidden", None);
    }
}

fn quiet(link: Option<Element>) -> Option<Element> {
    link.inspect(|link| dom::set(link, "data-kind", Some("quiet")))
}
