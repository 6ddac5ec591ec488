//! Signing in without a reload.

use super::{demo_outbox, dom, mount, resend::Again};
use crate::{
    api::account::{send_sms, sign_in},
    rules::proof::Search,
    types::{
        account::{SignInArgs, SmsArgs},
        error::{AppError, Fault},
        lang::Lang,
        text::Text,
    },
    ui::{
        link,
        text::{failure, sign_in as text},
    },
};
use leptos::prelude::*;
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlInputElement, UrlSearchParams};

/// Challenges that are worked on for one code: a second one comes when the first grew too old.
const PROOFS_MAX: u32 = 2;
/// Hashes until the page gets its turn: some milliseconds of a phone.
const HASHES_AT_ONCE: u32 = 4_096;
/// Digits of a code.
const CODE_LEN: usize = 6;
/// Milliseconds until words in a new element are read out: screen readers have to know it first.
const NOTICED_MS: i64 = 200;

/// Children: `section.sign-in[data-step]`. Step `mobile`: `form.sign-in-form` with `input#mobile`.
/// Step `code`: `form.sign-in-form` with `input#code` unless the code is void, and
/// `.sign-in-again[data-wait-s]` with a `form` that sends another one, from then on. An error
/// stands in `p.field-error[role=alert]` below its field, which has `aria-invalid="true"` and names
/// it in `aria-describedby`.
#[island]
pub fn SignInSteps(children: Children) -> impl IntoView {
    mount::div(wake, children)
}

/// What every form of the two steps needs.
struct Steps {
    lang: Lang,
    root: Element,
    /// The page that follows, without its language.
    next: String,
    busy: Cell<bool>,
    /// Whether a code was sent without the button: once for each field, since whoever corrects a
    /// code says when it is right.
    sent: Cell<bool>,
}

/// What a form asks for.
enum Asks {
    Code(HtmlInputElement),
    SignIn(HtmlInputElement),
    Again,
}

/// The forms are heard where they are, so that the second step needs no wiring of its own.
fn wake(root: Element) {
    let Some(next) = dom::find(&root, "form").and_then(|form| next_of(&form)) else {
        return;
    };
    let steps = Rc::new(Steps {
        lang: dom::lang(),
        next,
        busy: Cell::new(false),
        sent: Cell::new(false),
        root: root.clone(),
    });
    let typing = Rc::clone(&steps);
    dom::listen(&root, "input", move |event| typing.send_when_whole(&event));
    dom::listen(&root, "submit", move |event| {
        let Some(form) = dom::closest_target(&event, "form") else {
            return;
        };
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

/// The page that follows, as the form's address names it: the server judged it before it wrote the
/// form.
fn next_of(form: &Element) -> Option<String> {
    let action = form.get_attribute("action")?;
    let query =
        UrlSearchParams::new_with_str(action.split_once('?').map_or("", |(_, query)| query))
            .ok()?;
    Some(
        query
            .get("next")
            .as_deref()
            .map_or(link::SIGNED_IN, |next| Lang::of_path(next).1)
            .to_owned(),
    )
}

/// The clock of the second step, and its outbox; nothing in the first.
fn begin_code_step(root: &Element) {
    if dom::find(root, "[data-step=code]").is_some() {
        if let (Some(again), Some(frame)) = (Again::of(root), dom::find(root, ".sign-in-again")) {
            again.hold(dom::number(&frame, "data-wait-s").unwrap_or_default());
        }
        dom::spawn(demo_outbox::follow(root.clone()));
    }
}

impl Asks {
    fn of(form: &Element) -> Self {
        let input = |id: &str| {
            dom::find(form, id).and_then(|input| input.dyn_into::<HtmlInputElement>().ok())
        };
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
            Asks::Code(input) => match self
                .ask(SmsArgs {
                    mobile: typed(&input),
                    ..SmsArgs::default()
                })
                .await
            {
                Ok(()) => self.show_code_step("").await,
                Err(error) => self.complain(&input, &error),
            },
            Asks::SignIn(input) => match sign_in(SignInArgs {
                code: typed(&input),
                ..SignInArgs::default()
            })
            .await
            {
                Ok(_) => dom::navigate(&link::page(self.lang, &self.next)),
                // The mobile is not known here any more: back to the first step.
                Err(AppError::BadField { field, .. }) if field == "mobile" => self.start_over(),
                Err(AppError::BadField {
                    why: Fault::CodeVoid,
                    ..
                }) => self.show_code_step("&error=code-void&field=code").await,
                Err(error) => {
                    self.complain(&input, &error);
                    self.say_where_code_is().await;
                }
            },
            Asks::Again => self.ask_again(form).await,
        }
    }

    /// Sends the code with its last digit.
    fn send_when_whole(&self, event: &Event) {
        let input = dom::closest_target(event, "#code")
            .and_then(|input| input.dyn_into::<HtmlInputElement>().ok());
        let value = input
            .as_ref()
            .map(HtmlInputElement::value)
            .unwrap_or_default();
        if value.len() == CODE_LEN
            && value.bytes().all(|byte| byte.is_ascii_digit())
            && !self.sent.replace(true)
            && let Some(form) = input.and_then(|input| input.form())
        {
            let _ = form.request_submit();
        }
    }

    /// Asks for a code, and works for it when the shop says so.
    async fn ask(&self, mut args: SmsArgs) -> Result<(), AppError> {
        if !dom::keeps_cookies() {
            return Err(AppError::field("cookie", Fault::Missing));
        }
        let mut proofs = 0;
        loop {
            match send_sms(args.clone()).await {
                Err(AppError::ProofNeeded { challenge, retry_s }) if proofs < PROOFS_MAX => {
                    proofs += 1;
                    let Some(search) = Search::of(&challenge) else {
                        return Err(AppError::TooManyRequests { retry_s });
                    };
                    args.proof = Some(Text(self.prove(search).await));
                    args.challenge = Some(Text(challenge));
                }
                other => return other.map(drop),
            }
        }
    }

    /// The page goes on living meanwhile, and says what it does.
    async fn prove(&self, mut search: Search) -> String {
        let status = dom::create("p", "sign-in-note", text::proving(self.lang));
        if let (Some(status), Some(section)) = (&status, dom::find(&self.root, ".sign-in")) {
            dom::set(status, "role", Some("status"));
            dom::append(&section, Some(status.clone()));
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
    async fn ask_again(&self, form: &Element) {
        let Some(again) = Again::of(&self.root).filter(|again| !again.is_waiting()) else {
            return;
        };
        match self
            .ask(SmsArgs {
                again: Some(Text(String::from("1"))),
                ..SmsArgs::default()
            })
            .await
        {
            Ok(()) => {
                self.show_code_step("").await;
                dom::sleep(NOTICED_MS).await;
                if let Some(status) = dom::find(&self.root, "[role=status]") {
                    let to = status.text_content().unwrap_or_default();
                    dom::set_text(&status, &[text::resent(self.lang), " ", &to].concat());
                }
            }
            Err(AppError::BadField { field, .. }) if field == "mobile" => self.start_over(),
            Err(error) => {
                again.hold(error.retry_s().unwrap_or_default());
                self.complain(
                    &dom::find(&self.root, "#code").unwrap_or_else(|| form.clone()),
                    &error,
                );
                // What stands there of an earlier one is not true of this.
                self.say_where_code_is().await;
            }
        }
    }

    fn start_over(&self) {
        dom::navigate(
            &[
                link::sign_in(self.lang, &self.next).as_str(),
                "&change=1&error=wrong-code&field=code",
            ]
            .concat(),
        );
    }

    /// The second step, as the server renders it; `error` is what it tells of.
    async fn show_code_step(&self, error: &str) {
        let url = [link::sign_in(self.lang, &self.next).as_str(), error].concat();
        let Some(page) = dom::page(&url, None)
            .await
            .and_then(|page| page.document_element())
        else {
            return dom::navigate(&url);
        };
        let (Some(old), Some(new)) = (
            dom::find(&self.root, ".sign-in"),
            dom::find(&page, ".sign-in[data-step=code]"),
        ) else {
            // The first step once more: its cookie did not come back. Any other page says nothing
            // of cookies.
            let is_first = dom::find(&page, "[data-step=mobile]").is_some();
            return dom::navigate(
                &[
                    url.as_str(),
                    if is_first {
                        "&error=missing&field=cookie"
                    } else {
                        ""
                    },
                ]
                .concat(),
            );
        };
        if old.replace_with_with_node_1(&new).is_err() {
            return dom::navigate(&url);
        }
        self.sent.set(false);
        dom::rename(&url, Some(&page));
        demo_outbox::take(Some(&page));
        begin_code_step(&self.root);
        if let Some(field) = dom::find(&self.root, "#code")
            .or_else(|| dom::find(&self.root, ".sign-in-again button"))
        {
            dom::focus(&field);
        }
    }

    /// Another tab may have asked for a code since: the one to type is at the mobile of that one.
    async fn say_where_code_is(&self) {
        let page = dom::page(&link::sign_in(self.lang, &self.next), None).await;
        let status = |within: &Element| dom::find(within, "[role=status]");
        let new = page
            .and_then(|page| page.document_element())
            .and_then(|page| status(&page)?.text_content());
        if let (Some(status), Some(new)) = (status(&self.root), new) {
            dom::set_text(&status, &new);
        }
    }

    /// Says beside what was sent what is wrong with it.
    fn complain(&self, at: &Element, error: &AppError) {
        let own = at.id();
        let words = match error {
            AppError::BadField { field, why } if *field == own => {
                field_words(self.lang, &own, *why).to_owned()
            }
            AppError::TooManyRequests { retry_s } | AppError::ProofNeeded { retry_s, .. } => {
                text::too_soon(self.lang, *retry_s)
            }
            other => failure::heard(self.lang, other),
        };
        let id = [own.as_str(), "-error"].concat();
        if let Some(old) = dom::find(&self.root, ".field-error") {
            old.remove();
        }
        if let Some(line) = dom::create("p", "field-error", &words) {
            line.set_id(&id);
            dom::set(&line, "role", Some("alert"));
            let _ = at.insert_adjacent_element("afterend", &line);
        }
        if own.is_empty() {
            return;
        }
        dom::set(at, "aria-invalid", Some("true"));
        dom::set(
            at,
            "aria-describedby",
            Some(&[&id, " ", &own, "-hint"].concat()),
        );
        dom::focus(at);
    }
}

fn field_words(lang: Lang, id: &str, why: Fault) -> &'static str {
    if id == "mobile" {
        text::mobile_error(lang, why)
    } else {
        text::code_error(lang, why)
    }
}

fn typed(input: &HtmlInputElement) -> Option<Text> {
    Some(input.value())
        .filter(|value| !value.is_empty())
        .map(Text)
}
