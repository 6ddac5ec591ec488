//! One click, and its ticket until it is decided.

use super::{ClickStage, RetryReason, Rush, clock::Now};
use crate::{
    api::seckill::{click, poll},
    rules::{
        retry::{again_after_ms, poll_after_ms},
        seckill::ticket::{CODE_LOST, CODE_WON},
    },
    types::{
        error::AppError,
        lang::Lang,
        sale::{ClickArgs, Loss, PollArgs, Polled, Reason, loss_cookie},
        text::Text,
    },
    ui::{islands::dom, link, text::failure},
};
use std::rc::Rc;

/// Answers that tell of a defect, until the button gives up.
const DEFECTS_MAX: u32 = 5;
/// Clicks that were a hair too early and are sent again.
const EARLY_MAX: u32 = 3;
/// Milliseconds until they are.
const EARLY_MS: i64 = 300;

impl Rush {
    /// What the form's submit does: one click, or the way to sign in, or nothing.
    pub fn submit(self: &Rc<Self>) {
        let free = matches!(
            *self.stage.borrow(),
            ClickStage::Idle | ClickStage::Refused(_)
        );
        let now = self.clock.now();
        if !free || self.busy.get() || !matches!(now, Now::Before(_) | Now::Open) {
            return;
        }
        if self.clock.signed_in.get() == Some(false) {
            return self.sign_in();
        }
        if now != Now::Open {
            return;
        }
        self.busy.set(true);
        self.set(ClickStage::Sending);
        let rush = Rc::clone(self);
        dom::spawn(async move {
            let stage = rush.click().await;
            rush.busy.set(false);
            if matches!(stage, ClickStage::Won(_)) {
                rush.take_seat();
            }
            rush.set(stage);
        });
    }

    fn sign_in(&self) {
        dom::navigate(&self.sign_in_path());
    }

    /// The way to sign in, and back here.
    pub fn sign_in_path(&self) -> String {
        link::sign_in(self.lang, &["/seckill/", &self.sale].concat())
    }

    /// Forgets the last click: there is something to click for again.
    pub fn start_over(self: &Rc<Self>) {
        dom::remember(&self.name("task"), None);
        self.set(ClickStage::Idle);
    }

    /// Sends the click until it is heard.
    async fn click(self: &Rc<Self>) -> ClickStage {
        let (mut tries, mut early) = (0, 0);
        while self.is_shown() {
            let args = ClickArgs {
                sale: Some(Text(self.sale.clone())),
                name: None,
                key: Some(Text(self.key())),
            };
            match click(args).await {
                Ok(clicked) => {
                    tries = 0;
                    if let Some(retry_ms) = clicked.retry_ms {
                        self.set(ClickStage::Queued(None));
                        dom::sleep(poll_after_ms(Some(retry_ms))).await;
                    }
                    let stage = self.settle(&clicked.task_id).await;
                    let is_early = matches!(
                        stage,
                        ClickStage::Lost(Loss {
                            reason: Reason::TooEarly,
                            ..
                        })
                    );
                    if !is_early || early == EARLY_MAX || self.clock.now() != Now::Open {
                        return stage;
                    }
                    // This clock is a hair ahead of the server's.
                    early += 1;
                    self.set(ClickStage::Sending);
                    dom::sleep(EARLY_MS).await;
                }
                Err(AppError::NotSignedIn) => {
                    self.clock.signed_in.set(Some(false));
                    self.sign_in();
                    return ClickStage::Idle;
                }
                Err(error) if is_passing(&error, tries) && self.clock.now() != Now::Ended => {
                    tries += 1;
                    self.hold(&error, tries, false).await;
                }
                Err(error) => return ClickStage::Refused(failure::heard(self.lang, &error)),
            }
        }
        ClickStage::Idle
    }

    /// Whether anybody could see the outcome: the button may have been taken off the page.
    fn is_shown(&self) -> bool {
        self.sheet.section.is_connected()
    }

    /// Follows a ticket and forgets what need not be remembered of it.
    async fn settle(self: &Rc<Self>, task: &str) -> ClickStage {
        dom::remember(&self.name("task"), Some(task));
        let stage = match self.follow(task).await {
            Ok(polled) if polled.code == CODE_WON => ClickStage::Won(polled.seat),
            Ok(Polled {
                reason: Some(Reason::AlreadyYours),
                ..
            }) => ClickStage::Yours,
            Ok(polled) => ClickStage::Lost(Loss::of(&polled)),
            Err(AppError::NotSignedIn) => {
                self.clock.signed_in.set(Some(false));
                return ClickStage::Idle;
            }
            Err(error) => ClickStage::Refused(failure::heard(self.lang, &error)),
        };
        dom::remember(&self.name("key"), None);
        // A seat is shown again after a reload, and so is what took it away.
        match stage {
            ClickStage::Won(_) => {}
            ClickStage::Lost(Loss {
                reason: Reason::SoldOut | Reason::Closed,
                ..
            }) => self.keep_loss(task),
            _ => dom::remember(&self.name("task"), None),
        }
        stage
    }

    /// Lets the pages of seats, in both languages, tell of a click without a seat.
    fn keep_loss(&self, task: &str) {
        for lang in Lang::ALL {
            dom::keep_cookie(&loss_cookie(&self.sale, task, &lang.path("/me")));
        }
    }

    /// Polls a ticket as it is told to.
    async fn follow(self: &Rc<Self>, task: &str) -> Result<Polled, AppError> {
        let mut tries = 0;
        while self.is_shown() {
            match poll(PollArgs {
                task_id: Some(Text(task.to_owned())),
            })
            .await
            {
                Ok(polled) if matches!(polled.code, CODE_WON | CODE_LOST) => return Ok(polled),
                Ok(polled) => {
                    tries = 0;
                    self.set(ClickStage::Queued(polled.place));
                    dom::sleep(poll_after_ms(polled.retry_ms)).await;
                }
                Err(error) if is_passing(&error, tries) => {
                    tries += 1;
                    self.hold(&error, tries, true).await;
                }
                Err(error) => return Err(error),
            }
        }
        Err(AppError::Unavailable)
    }

    /// Waits until another try is worth it.
    async fn hold(self: &Rc<Self>, error: &AppError, tries: u32, has_ticket: bool) {
        self.set(ClickStage::Retrying(
            tries,
            RetryReason {
                is_silent: *error == AppError::NoAnswer,
                has_ticket,
            },
        ));
        if dom::is_online() {
            dom::sleep(again_after_ms(error.retry_s(), tries, dom::seed())).await;
        }
        dom::online().await;
    }

    /// The ticket that this tab remembers.
    pub fn resume(self: &Rc<Self>) {
        let Some(task) = dom::remembered(&self.name("task")) else {
            return;
        };
        self.busy.set(true);
        let rush = Rc::clone(self);
        dom::spawn(async move {
            let mut stage = rush.settle(&task).await;
            let is_over = match stage {
                // It was another student's, or of another day.
                ClickStage::Refused(_)
                | ClickStage::Lost(Loss {
                    reason: Reason::NoTicket,
                    ..
                }) => true,
                // What was told of a ticket stays, whatever became of its order.
                ClickStage::Won(_) => rush.look().await,
                _ => false,
            };
            if is_over {
                dom::remember(&rush.name("task"), None);
                stage = ClickStage::Idle;
            }
            rush.busy.set(false);
            rush.set(stage);
        });
    }

    /// A live ticket that the shop knows of, from another tab or another day.
    pub fn follow_earlier(self: &Rc<Self>, task: String) {
        self.busy.set(true);
        let rush = Rc::clone(self);
        dom::spawn(async move {
            let first = rush.stage.borrow().clone();
            let polled = rush.follow(&task).await;
            let waited = *rush.stage.borrow() != first;
            rush.busy.set(false);
            rush.set(match polled {
                Ok(polled) if polled.code == CODE_WON && waited => ClickStage::Won(polled.seat),
                Ok(polled) if polled.code == CODE_WON => ClickStage::Yours,
                Ok(polled) if waited => ClickStage::Lost(Loss::of(&polled)),
                Ok(_) | Err(_) => ClickStage::Idle,
            });
        });
    }

    /// The name of this click: every retry carries the same, until it is decided.
    fn key(&self) -> String {
        let name = self.name("key");
        dom::remembered(&name).unwrap_or_else(|| {
            let key = random_hex();
            dom::remember(&name, Some(&key));
            key
        })
    }

    fn name(&self, what: &str) -> String {
        ["sale-", &self.sale, "-", what].concat()
    }
}

/// Whether the same request may succeed later.
fn is_passing(error: &AppError, tries: u32) -> bool {
    error.retry_s().is_some() || (*error == AppError::Internal && tries < DEFECTS_MAX)
}

/// 32 hexadecimal digits. Nobody gains by guessing them: a key counts for its own student only.
fn random_hex() -> String {
    (0..32)
        .filter_map(|_| {
            char::from_digit(
                u32::try_from(dom::to_i64(js_sys::Math::random() * 16.0)).ok()?,
                16,
            )
        })
        .collect()
}
