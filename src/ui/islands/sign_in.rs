//! Signing in without a reload.

use super::{
    again::{self, Again},
    dom, frame, outbox,
};
use crate::{
    api::account::{login_sms, send_sms},
    proof::Search,
    types::{
        account::{SignInArgs, SmsArgs},
        error::{AppError, Fault},
        lang::Lang,
        text::Text,
    },
    ui::{
        parts::{
            link,
            sign_in_form::{code_error, mobile_error},
        },
        text::{failure, sign_in as text},
    },
};
use leptos::prelude::*;
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, UrlSearchParams};

/// Where a student goes who came from nowhere.
const NEXT: &str = "/me";
/// Challenges that are worked on for one code: a second one comes when the first grew too old.
const PROOFS_MAX: u32 = 2;
/// Hashes until the page gets its turn: some milliseconds of a phone.
const HASHES_AT_ONCE: u32 = 4_096;

/// Children: `section.sign-in[data-step]`. Step `mobile`: `form.sign-in-form` with `input#mobile`. Step `code`:
/// `form.sign-in-form` with `input#code`, and `form` with `button.link-button` to send another one. An error stands in
/// `p.field-error[role=alert]` below its field, which has `aria-invalid="true"` and names it in `aria-describedby`.
#[island]
pub fn SignInSteps(children: Children) -> impl IntoView {
    frame::div(wake, children)
}

/// What every form of the two steps needs.
struct Steps {
    lang: Lang,
    root: Element,
    /// The page that follows, without its language.
    next: String,
    busy: Cell<bool>,
}

/// What a form asks for.
enum Asks {
    Code(HtmlInputElement),
    SignIn(HtmlInputElement),
    Again,
}

/// The forms are heard where they are, so that the second step needs no wiring of its own.
fn wake(root: Element) {
    let Some(next) = dom::find(&root, "form").and_then(|form| next_of(&form)) else { return };
    let steps = Rc::new(Steps { lang: dom::lang(), next, busy: Cell::new(false), root: root.clone() });
    dom::on(&root, "submit", move |event| {
        let Some(form) = dom::hit(&event, "form") else { return };
        if !steps.busy.replace(true) {
            let steps = Rc::clone(&steps);
            dom::spawn(async move {
                steps.submit(&form).await;
                steps.busy.set(false);
            });
        }
        event.prevent_default();
    });
    begin_code_step(&root);
}

/// The page that follows, as the form's address names it: the server judged it before it wrote the form.
fn next_of(form: &Element) -> Option<String> {
    let action = form.get_attribute("action")?;
    let query = UrlSearchParams::new_with_str(action.split_once('?').map_or("", |(_, query)| query)).ok()?;
    Some(query.get("next").as_deref().map_or(NEXT, |next| Lang::of_path(next).1).to_owned())
}

/// The clock of the second step, and its outbox; nothing in the first.
fn begin_code_step(root: &Element) {
    if dom::find(root, "[data-step=code]").is_some() {
        if let Some(again) = Again::of(root) {
            again.start();
        }
        dom::spawn(outbox::follow(root.clone()));
    }
}

impl Asks {
    fn of(form: &Element) -> Self {
        let input = |id: &str| dom::find(form, id).and_then(|input| input.dyn_into::<HtmlInputElement>().ok());
        match (input("#mobile"), input("#code")) {
            (Some(mobile), _) => Self::Code(mobile),
            (None, Some(code)) => Self::SignIn(code),
            (None, None) => Self::Again,
        }
    }
}

impl Steps {
    async fn submit(&self, form: &Element) {
        match Asks::of(form) {
            Asks::Code(input) => match self.ask(SmsArgs { mobile: typed(&input), ..SmsArgs::default() }).await {
                Ok(()) => self.show_code_step().await,
                Err(error) => self.complain(&input, &error),
            },
            Asks::SignIn(input) => match login_sms(SignInArgs { code: typed(&input), ..SignInArgs::default() }).await {
                Ok(_) => dom::go(&link::page(self.lang, &self.next)),
                // The mobile is not known here any more: back to the first step.
                Err(AppError::BadField { field, .. }) if field == "mobile" => self.start_over(),
                Err(error) => self.complain(&input, &error),
            },
            Asks::Again => self.ask_again().await,
        }
    }

    /// Asks for a code, and works for it when the shop says so.
    async fn ask(&self, mut args: SmsArgs) -> Result<(), AppError> {
        let mut proofs = 0;
        loop {
            match send_sms(args.clone()).await {
                Err(AppError::ProofNeeded { challenge, retry_s }) if proofs < PROOFS_MAX => {
                    proofs += 1;
                    let Some(search) = Search::of(&challenge) else { return Err(AppError::TooManyRequests { retry_s }) };
                    args.proof = Some(Text(self.prove(search).await));
                    args.challenge = Some(Text(challenge));
                }
                other => return other.map(drop),
            }
        }
    }

    /// The page goes on living meanwhile, and says what it does.
    async fn prove(&self, mut search: Search) -> String {
        let status = dom::made("p", "sign-in-note", text::proving(self.lang));
        if let (Some(status), Some(section)) = (&status, dom::find(&self.root, ".sign-in")) {
            dom::set(status, "role", Some("status"));
            dom::put(&section, Some(status.clone()));
        }
        let proof = loop {
            if let Some(proof) = search.step(HASHES_AT_ONCE) {
                break proof;
            }
            dom::sleep(0).await;
        };
        if let Some(status) = status {
            status.remove();
        }
        proof
    }

    /// Another code, unless the last one is too young.
    async fn ask_again(&self) {
        let Some(again) = Again::of(&self.root) else { return };
        if Again::is_waiting() {
            return;
        }
        match self.ask(SmsArgs { again: Some(Text(String::from("1"))), ..SmsArgs::default() }).await {
            Ok(()) => {
                again::sent(&self.root);
                again.start();
            }
            Err(AppError::BadField { .. }) => self.start_over(),
            Err(error) => {
                again::held_for(error.retry_s());
                again.start();
                if let Some(input) = dom::find(&self.root, "#code").and_then(|input| input.dyn_into().ok()) {
                    self.complain(&input, &error);
                }
            }
        }
    }

    fn start_over(&self) {
        dom::go(&[link::sign_in(self.lang, &self.next).as_str(), "&change=1"].concat());
    }

    /// The second step, as the server renders it.
    async fn show_code_step(&self) {
        let url = link::sign_in(self.lang, &self.next);
        let page = dom::page(&url, None).await.and_then(|page| page.document_element());
        let (old, new) = (dom::find(&self.root, ".sign-in"), page.as_ref().and_then(|page| dom::find(page, ".sign-in[data-step=code]")));
        let (Some(old), Some(new)) = (old, new) else { return dom::go(&url) };
        if old.replace_with_with_node_1(&new).is_err() {
            return dom::go(&url);
        }
        again::sent(&self.root);
        dom::rename(&url, page.as_ref());
        outbox::take(page.as_ref());
        begin_code_step(&self.root);
        if let Some(code) = dom::find(&self.root, "#code") {
            dom::focus(&code);
        }
    }

    /// Says beside the field what is wrong with it.
    fn complain(&self, input: &HtmlInputElement, error: &AppError) {
        let words = match error {
            AppError::BadField { why, .. } => field_words(self.lang, &input.id(), *why).to_owned(),
            other => failure::text(self.lang, other),
        };
        let id = [input.id().as_str(), "-error"].concat();
        if let Some(old) = dom::find(&self.root, ".field-error") {
            old.remove();
        }
        if let Some(line) = dom::made("p", "field-error", &words) {
            line.set_id(&id);
            dom::set(&line, "role", Some("alert"));
            let _ = input.insert_adjacent_element("afterend", &line);
        }
        dom::set(input, "aria-invalid", Some("true"));
        dom::set(input, "aria-describedby", Some(&[&id, " ", &input.id(), "-hint"].concat()));
        dom::focus(input);
    }
}

fn field_words(lang: Lang, id: &str, why: Fault) -> &'static str {
    if id == "mobile" { mobile_error(lang, why) } else { code_error(lang, why) }
}

fn typed(input: &HtmlInputElement) -> Option<Text> {
    Some(input.value()).filter(|value| !value.is_empty()).map(Text)
}
