//! Rendering of the seckill button in each state.

use super::{ClickStage, RetryReason, Rush, clock::Now, state::ButtonState};
use crate::{
    types::sale::{Loss, Reason},
    ui::{
        islands::{countdown, dom, sale_clock},
        link,
        text::{sale, seckill as text},
    },
};
use std::rc::Rc;
use web_sys::Element;

impl Rush {
    pub fn start(self: &Rc<Self>) {
        let rush = Rc::clone(self);
        dom::listen(&self.sheet.form, "submit", move |event| {
            rush.submit();
            // Last, so that the form still works by itself when something broke.
            event.prevent_default();
        });
        // What was served is not announced again.
        let face = self.face();
        if self.sheet.section.get_attribute("data-state").as_deref() == Some(face.state()) {
            self.shown.set(Some((face, false)));
            self.dress(face);
        }
        dom::reload_when_back();
        self.resume();
        dom::spawn(Rc::clone(self).watch());
        dom::spawn(Rc::clone(self).tick());
    }

    /// Something became of the click.
    pub fn set(self: &Rc<Self>, stage: ClickStage) {
        self.stage.replace(stage);
        self.paint();
    }

    async fn tick(self: Rc<Self>) {
        while self.sheet.section.is_connected() {
            self.paint();
            let left_ms = match self.clock.now() {
                Now::Before(ms) | Now::Last(ms) => ms,
                Now::Open | Now::SoldOut | Now::Paused | Now::Ended => self.clock.left_ms(),
            };
            dom::sleep(countdown::next_change(left_ms)).await;
        }
    }

    /// Shows where things stand.
    pub fn paint(self: &Rc<Self>) {
        let face = self.face();
        let is_away = face.is_of_sale() && self.clock.is_away();
        if self.shown.replace(Some((face, is_away))) != Some((face, is_away)) {
            self.dress(face);
            self.tell(face, is_away);
        }
        self.move_on(face, is_away);
    }

    fn dress(&self, face: ButtonState) {
        let (lang, button) = (self.lang, &self.sheet.button);
        dom::set(&self.sheet.section, "data-state", Some(face.state()));
        dom::set(
            button,
            "aria-disabled",
            (!face.takes_clicks()).then_some("true"),
        );
        if face.takes_clicks() {
            dom::set(button, "type", Some("submit"));
        }
        dom::set(
            &self.sheet.check,
            "hidden",
            (!matches!(face, ButtonState::Last(_))).then_some(""),
        );
        sale_clock::speak(&self.sheet.section, self.clock.state());
        button.set_text_content(None);
        if matches!(face, ButtonState::Sending | ButtonState::Queued) {
            let spinner = dom::create("span", "spinner", "");
            spinner
                .iter()
                .for_each(|spinner| dom::set(spinner, "aria-hidden", Some("true")));
            dom::append(button, spinner);
        }
        dom::append(button, dom::create("span", "", face.button(lang)));
        if matches!(face, ButtonState::Before(_) | ButtonState::Last(_)) {
            dom::append(button, dom::create("span", "clock-digits", ""));
        }
    }

    /// The title, the sentence that is announced, and what to do next.
    fn tell(self: &Rc<Self>, face: ButtonState, is_away: bool) {
        let lang = self.lang;
        let stage = self.stage.borrow().clone();
        let (title, note) = match (face, &stage) {
            (ButtonState::Before(ready), _) => (
                text::before_title(lang, &self.clock.opens_at().in_shop().date_and_time()),
                self.before_note(ready),
            ),
            (ButtonState::Last(ready), _) => {
                (text::last_title(lang).to_owned(), self.before_note(ready))
            }
            (ButtonState::Refused, ClickStage::Refused(why)) => {
                (text::open_title(lang).to_owned(), why.clone())
            }
            (ButtonState::Open | ButtonState::Refused, _) => (
                text::open_title(lang).to_owned(),
                text::open_note(lang).to_owned(),
            ),
            (ButtonState::SignedOut, _) => (
                text::open_title(lang).to_owned(),
                text::signed_out_note(lang).to_owned(),
            ),
            (ButtonState::Sending, _) => (
                text::sending_title(lang).to_owned(),
                text::sending_note(lang).to_owned(),
            ),
            (ButtonState::Queued, _) => (self.place(&stage), text::queued_note(lang).to_owned()),
            (
                ButtonState::Retrying(RetryReason {
                    is_silent,
                    has_ticket,
                }),
                _,
            ) => {
                let title = if is_silent {
                    text::retrying_title(lang)
                } else {
                    text::busy_title(lang)
                };
                let note = if has_ticket {
                    text::retrying_note(lang)
                } else {
                    text::unheard_note(lang)
                };
                (title.to_owned(), note.to_owned())
            }
            (ButtonState::Offline, _) => (
                text::retrying_title(lang).to_owned(),
                text::offline(lang).to_owned(),
            ),
            (ButtonState::Won, ClickStage::Won(Some(seat))) => (
                text::won_title(lang).to_owned(),
                text::won_note(lang, *seat),
            ),
            (ButtonState::Won, _) => (
                text::won_title(lang).to_owned(),
                text::yours_note(lang).to_owned(),
            ),
            (ButtonState::Lost, ClickStage::Lost(loss)) => {
                (text::lost_title(lang).to_owned(), text::lost(lang, loss))
            }
            (ButtonState::Lost, _) => (text::lost_title(lang).to_owned(), String::new()),
            (ButtonState::Yours, _) => (
                text::yours_title(lang).to_owned(),
                text::yours_note(lang).to_owned(),
            ),
            (ButtonState::SoldOut, _) => {
                let gone = Loss {
                    reason: Reason::SoldOut,
                    clicked_at: None,
                    sold_out_at: self.clock.sold_out_at.get(),
                };
                (sale::sold_out(lang).to_owned(), text::lost(lang, &gone))
            }
            (ButtonState::Paused, _) => (
                text::paused_title(lang).to_owned(),
                text::paused_note(lang).to_owned(),
            ),
            (ButtonState::Ended, _) => (
                text::ended_title(lang).to_owned(),
                text::ended_now_note(lang).to_owned(),
            ),
        };
        dom::set_text(&self.sheet.title, &title);
        // The title is seen, but only the note is announced: it carries the title for those who
        // listen.
        let note_at = &self.sheet.note;
        note_at.set_text_content(None);
        dom::append(
            note_at,
            dom::create(
                "span",
                "unseen",
                &[title.as_str(), lang.pick("。", ". ")].concat(),
            ),
        );
        if is_away {
            dom::append(note_at, dom::create("span", "", text::away(lang)));
        } else {
            if matches!(face, ButtonState::Before(ready) | ButtonState::Last(ready) if ready != Some(true))
            {
                dom::append(
                    note_at,
                    dom::link("", &self.sign_in_path(), text::before_note_link(lang)),
                );
            }
            dom::append(note_at, dom::create("span", "", &note));
        }
        self.lead_on(face, &stage);
    }

    /// What there is to do before the opening; for whoever is not signed in it follows on a link.
    fn before_note(&self, ready: Option<bool>) -> String {
        if ready == Some(true) {
            text::ready_note(self.lang)
        } else {
            text::before_note_rest(self.lang)
        }
        .to_owned()
    }

    fn lead_on(self: &Rc<Self>, face: ButtonState, stage: &ClickStage) {
        let (lang, next) = (self.lang, &self.sheet.next);
        next.set_text_content(None);
        if matches!(face, ButtonState::Won | ButtonState::Yours) {
            dom::append(
                next,
                dom::link("button", &lang.path("/me"), text::go_seats(lang)),
            );
        }
        if face == ButtonState::Won
            && let Some(course) = self.sheet.section.get_attribute("data-course")
        {
            dom::append(
                next,
                quiet(dom::link(
                    "button",
                    &lang.path(&["/courses/", &course].concat()),
                    text::go_course(lang),
                )),
            );
        }
        if let ClickStage::Lost(Loss {
            reason: Reason::TooEarly | Reason::Paused | Reason::GaveUp | Reason::NoTicket,
            ..
        }) = stage
        {
            dom::append(next, self.again());
        }
        if matches!(
            face,
            ButtonState::Lost | ButtonState::SoldOut | ButtonState::Ended
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
            rush.start_over();
            dom::focus(&rush.sheet.button);
        });
        Some(again)
    }

    /// What moves within a state.
    fn move_on(&self, face: ButtonState, is_away: bool) {
        let sheet = &self.sheet;
        let is_open = self.clock.now() == Now::Open;
        dom::set(&sheet.until, "hidden", (!is_open).then_some(""));
        if is_open {
            let left = countdown::digits(self.lang, self.clock.left_ms());
            dom::set_text(
                &sheet.until,
                &sale::ends_at(
                    self.lang,
                    &left,
                    &self.clock.closes_at().in_shop().day_and_time(),
                ),
            );
        }
        if is_away {
            // How exact the clock was is no comfort now.
            dom::set_text(&sheet.synced, text::zone(self.lang));
        }
        if let Now::Before(ms) | Now::Last(ms) = self.clock.now()
            && matches!(face, ButtonState::Before(_) | ButtonState::Last(_))
            && let Some(digits) = dom::find(&sheet.button, ".clock-digits")
        {
            dom::set_text(&digits, &countdown::digits(self.lang, ms));
        }
        match &*self.stage.borrow() {
            ClickStage::Retrying(n, _) => dom::set_text(
                &sheet.button,
                &text::retrying_button(self.lang, i64::from(*n)),
            ),
            stage @ ClickStage::Queued(_) => dom::set_text(&sheet.title, &self.place(stage)),
            ClickStage::Idle
            | ClickStage::Sending
            | ClickStage::Won(_)
            | ClickStage::Lost(_)
            | ClickStage::Yours
            | ClickStage::Refused(_) => {}
        }
        if matches!(face, ButtonState::Last(_)) {
            self.check();
        }
    }

    fn place(&self, stage: &ClickStage) -> String {
        match stage {
            ClickStage::Queued(Some(ahead)) => text::queued_ahead(self.lang, *ahead),
            _ => text::queued_title(self.lang).to_owned(),
        }
    }

    /// What is ready in the last seconds, and what is not.
    fn check(&self) {
        let lang = self.lang;
        let connected = self.clock.connected.get() && dom::is_online();
        let lines = [
            self.clock.signed_in.get().map(|ready| {
                (
                    ready,
                    text::ready_signed_in(lang),
                    text::ready_not_signed_in(lang),
                )
            }),
            Some((
                connected,
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
}

fn quiet(link: Option<Element>) -> Option<Element> {
    link.inspect(|link| dom::set(link, "data-kind", Some("quiet")))
}
