//! What the button says in each state.

use super::Rush;
use crate::{
    rules::button::{Button, ButtonState, ClickStage, RetryReason},
    types::{
        lang::Lang,
        order::OrderState,
        sale::{Loss, Reason},
    },
    ui::text::{order, sale, seckill as text},
};
use std::borrow::Cow;

/// What stands on the button.
pub fn button(state: ButtonState, lang: Lang) -> &'static str {
    match state {
        ButtonState::Before(Some(false)) => text::ready_button(lang),
        ButtonState::Before(_) | ButtonState::Last(_) => sale::until(lang),
        ButtonState::Open | ButtonState::Refused => text::open_button(lang),
        ButtonState::SignedOut => text::signed_out_button(lang),
        ButtonState::Sending => text::sending_button(lang),
        ButtonState::Queued => text::queued_button(lang),
        // Counts on.
        ButtonState::Retrying(_) | ButtonState::Offline => "",
        ButtonState::Won | ButtonState::Paid(false) => text::won_button(lang),
        ButtonState::Lost => text::lost_button(lang),
        ButtonState::Yours => text::yours_button(lang),
        ButtonState::Held => order::to_pay(lang),
        ButtonState::Closing => text::closing_button(lang),
        ButtonState::Paid(true) => text::paid_button(lang),
        ButtonState::Released => text::released_button(lang),
        ButtonState::SoldOut => sale::sold_out(lang),
        ButtonState::Paused => text::paused_button(lang),
        ButtonState::Ended => text::ended_button(lang),
    }
}

/// The heading.
pub fn title(state: ButtonState, lang: Lang, button: &Button) -> Cow<'static, str> {
    match state {
        ButtonState::Before(_) => {
            let opens_at = button.sale.window.opens_at.in_shop();
            return text::before_title(lang, &opens_at.date_and_time()).into();
        }
        ButtonState::Queued => return place(lang, button.stage),
        ButtonState::Last(_) => text::last_title(lang),
        ButtonState::Open | ButtonState::Refused | ButtonState::SignedOut => text::open_title(lang),
        ButtonState::Sending => text::sending_title(lang),
        ButtonState::Retrying(RetryReason {
            is_silent: false, ..
        }) => text::busy_title(lang),
        ButtonState::Retrying(_) | ButtonState::Offline => text::retrying_title(lang),
        ButtonState::Held if button.stage != ClickStage::Yours => text::won_title(lang),
        ButtonState::Won => text::won_title(lang),
        ButtonState::Lost => text::lost_title(lang),
        ButtonState::Held | ButtonState::Yours => text::yours_title(lang),
        ButtonState::Closing => order::heading(lang, OrderState::Closing),
        ButtonState::Paid(_) => order::heading(lang, OrderState::Paid),
        ButtonState::Released => text::released_title(lang),
        ButtonState::SoldOut => sale::sold_out(lang),
        ButtonState::Paused => text::paused_title(lang),
        ButtonState::Ended => text::ended_title(lang),
    }
    .into()
}

/// The heading while the ticket waits.
pub fn place(lang: Lang, stage: ClickStage) -> Cow<'static, str> {
    match stage {
        ClickStage::Queued(Some(ahead)) => text::queued_ahead(lang, ahead).into(),
        _ => text::queued_title(lang).into(),
    }
}

impl Rush {
    /// The sentence that is announced.
    pub fn note(&self, state: ButtonState, button: &Button) -> Cow<'static, str> {
        let lang = self.lang;
        match (state, button.stage) {
            (ButtonState::Refused, _) => return self.refusal.borrow().clone().into(),
            (ButtonState::Won, ClickStage::Won(Some(seat))) => {
                return [text::won_seat(lang, seat), self.won_note()]
                    .concat()
                    .into();
            }
            (ButtonState::Won | ButtonState::Yours, _) => return self.won_note().into(),
            (ButtonState::Held, click) => {
                let end = button.order.and_then(|order| order.expires_at);
                let end = end.map(|end| end.in_shop().day_and_second());
                let seat = match click {
                    ClickStage::Won(Some(seat)) => text::won_seat(lang, seat),
                    _ => String::new(),
                };
                return [seat, text::held_note(lang, &end.unwrap_or_default())]
                    .concat()
                    .into();
            }
            (ButtonState::Closing, _) => text::closing_note(lang),
            (ButtonState::Paid(_), _) => text::paid_note(lang),
            (ButtonState::Released, _) => text::released_note(lang),
            (ButtonState::Lost, ClickStage::Lost(loss)) => return text::lost(lang, &loss).into(),
            (ButtonState::SoldOut, _) => {
                let gone = Loss {
                    reason: Reason::SoldOut,
                    clicked_at: None,
                    sold_out_at: button.sale.sold_out_at,
                };
                return text::lost(lang, &gone).into();
            }
            (ButtonState::Before(Some(true)) | ButtonState::Last(Some(true)), _) => {
                text::ready_note(lang)
            }
            // It follows on a link to sign in.
            (ButtonState::Before(_) | ButtonState::Last(_), _) => text::before_note_rest(lang),
            (ButtonState::Open, _) => text::open_note(lang),
            (ButtonState::SignedOut, _) => text::signed_out_note(lang),
            (ButtonState::Sending, _) => text::sending_note(lang),
            (ButtonState::Queued, _) => text::queued_note(lang),
            (ButtonState::Retrying(reason), _) if reason.has_ticket => text::retrying_note(lang),
            (ButtonState::Retrying(_), _) => text::unheard_note(lang),
            (ButtonState::Offline, _) => text::offline(lang),
            (ButtonState::Lost, _) => "",
            (ButtonState::Paused, _) => text::paused_note(lang),
            (ButtonState::Ended, _) => text::ended_now_note(lang),
        }
        .into()
    }

    /// What comes of a seat. The server says it in the markup, since it depends on the price, and
    /// words of both kinds would be loaded by every student.
    fn won_note(&self) -> String {
        self.sheet
            .section
            .get_attribute("data-won")
            .unwrap_or_default()
    }
}
