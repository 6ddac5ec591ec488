//! What the button does beside what it shows: requests, waits, and what the tab remembers.

use super::Rush;
use crate::{
    api::{
        order::read_seat_order,
        seckill::{click, poll, read_sale_now},
    },
    rules::button::{ButtonEvent, Effect, Operation, Timer},
    types::{
        error::AppError,
        ids::OrderId,
        lang::Lang,
        sale::{ClickArgs, PollArgs, SaleArgs, loss_cookie},
        text::Text,
        time::Millis,
    },
    ui::{
        islands::{dom, renewal},
        link,
        text::failure,
    },
};
use std::rc::Rc;

impl Rush {
    pub fn carry_out(self: &Rc<Self>, effect: Effect<'_>, now: Millis) {
        match effect {
            Effect::Begin(operation) => dom::spawn(Rc::clone(self).run(operation)),
            Effect::SignIn => dom::navigate(&self.sign_in_path()),
            Effect::Pay(order) => dom::navigate(&self.order_path(order)),
            Effect::Follow(ticket) => {
                self.ticket.replace(ticket.to_owned());
            }
            Effect::Remember(ticket) => {
                dom::remember(&self.name("task"), Some(ticket));
                self.ticket.replace(ticket.to_owned());
            }
            Effect::Forget => dom::remember(&self.name("task"), None),
            Effect::ForgetKey => dom::remember(&self.name("key"), None),
            Effect::KeepLoss => self.keep_loss(),
            Effect::Reload => dom::reload(),
            Effect::Refuse(error) => {
                self.refusal.replace(failure::heard(self.lang, error));
            }
            Effect::ShowSeats(left, stock) => self.show_seats(left, stock),
            Effect::ShowSync(trip_ms) => self.show_sync(trip_ms),
            Effect::Dress(state) => self.dress(state, now),
            Effect::Announce(state, is_away) => {
                self.dress(state, now);
                self.announce(state, is_away);
            }
        }
    }

    /// Does what takes time, and feeds the event that ends it. No wait outlives the markup.
    async fn run(self: Rc<Self>, operation: Operation) {
        let event = match operation {
            Operation::Click => {
                let args = ClickArgs {
                    sale: Some(Text(self.sale.clone())),
                    name: None,
                    key: Some(Text(self.key())),
                };
                let answer = click(args).await;
                return self.feed(ButtonEvent::Clicked(answer.as_ref()));
            }
            Operation::Poll => {
                let args = PollArgs {
                    task_id: Some(Text(self.ticket.borrow().clone())),
                };
                let answer = poll(args).await;
                return self.feed(ButtonEvent::Polled(answer.as_ref()));
            }
            Operation::Read(reason) => {
                let asked_at = Millis(dom::now());
                let args = SaleArgs {
                    id: Some(Text(self.sale.clone())),
                };
                let answer = read_sale_now(args).await;
                return self.feed(match &answer {
                    Err(AppError::NotFound) => ButtonEvent::Gone(reason),
                    answer => {
                        let said = answer.as_ref().ok().map(|said| &said.result);
                        ButtonEvent::Read(reason, asked_at, said)
                    }
                });
            }
            Operation::Order => {
                let asked_at = Millis(dom::now());
                let args = SaleArgs {
                    id: Some(Text(self.sale.clone())),
                };
                let answer = read_seat_order(args).await;
                let order = answer.ok().and_then(|answer| answer.result);
                ButtonEvent::Ordered(asked_at, order)
            }
            Operation::Wait(timer, ms) => {
                match timer {
                    Timer::Read | Timer::Hold => renewal::rest(ms).await,
                    Timer::Tick | Timer::Send => dom::sleep(ms).await,
                }
                ButtonEvent::Elapsed(timer)
            }
            Operation::Online => {
                dom::online().await;
                ButtonEvent::Online
            }
        };
        if self.sheet.section.is_connected() {
            self.feed(event);
        }
    }

    /// The way to sign in, and back here.
    pub fn sign_in_path(&self) -> String {
        link::sign_in(self.lang, &["/seckill/", &self.sale].concat())
    }

    /// The page of an order.
    pub fn order_path(&self, order: OrderId) -> String {
        self.lang.path(&["/orders/", &order.0.to_string()].concat())
    }

    /// Lets the pages of seats, in both languages, tell of a click without a seat.
    fn keep_loss(&self) {
        for lang in Lang::ALL {
            let path = lang.path("/me");
            dom::keep_cookie(&loss_cookie(&self.sale, &self.ticket.borrow(), &path));
        }
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

    /// The name under which the tab remembers something of this sale.
    pub fn name(&self, what: &str) -> String {
        ["sale-", &self.sale, "-", what].concat()
    }
}

/// 32 hexadecimal digits. Guessing one gains nothing: a key counts for its own student only.
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
