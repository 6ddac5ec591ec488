//! Clock of a hold: until when a seat, or a course, waits for its payment.

use crate::{
    types::{
        lang::Lang,
        sale::SaleState,
        time::{MINUTE_MS, Millis},
    },
    ui::{parts::sale_clock::clocked, text::order as text},
};
use leptos::prelude::*;

/// Milliseconds before its end from which the clock is red.
const LATE_MS: i64 = 2 * MINUTE_MS;

/// Seconds after which a page looks again whose student came back from a provider, or whose order
/// is about to end.
pub const SOON_S: i64 = 5;
/// The same while there is time, for a browser without JavaScript, whose clock stands still.
const CALM_S: i64 = 30;

/// Lets a page look again by itself. `again_s` is after how many seconds one with JavaScript does,
/// whose clock runs: only when it would be untrue.
pub fn refresh_after(plain_s: i64, again_s: i64) -> impl IntoView {
    view! {
        <noscript data-again=again_s.to_string()>
            <meta http-equiv="refresh" content=plain_s.to_string() />
        </noscript>
    }
}

/// The same while a hold goes on.
pub fn refresh_while_held(ends_at: Millis, now: Millis) -> impl IntoView {
    let left_s = ends_at.since(now).max(0) / 1_000 + 1;
    refresh_after(left_s.min(CALM_S), left_s)
}

/// The end of the hold, which the program turns into the time that is left. It is the clock of a
/// sale that is open until then. A second one, without words, opens when the first is to be red.
pub fn hold(lang: Lang, ends_at: Millis, now: Millis) -> impl IntoView {
    let (ends, late_at) = (ends_at.in_shop(), ends_at.plus(-LATE_MS));
    let lateness = if now < late_at {
        SaleState::Coming
    } else {
        SaleState::Open
    };
    let late = view! {
        <span
            class="hold-late"
            hidden
            data-turn=""
            data-state=lateness.name()
            data-opens-at=late_at.0.to_string()
            data-closes-at=ends_at.0.to_string()
        ></span>
    };
    let clock = view! {
        <p class="clock" data-turn="" data-state=SaleState::Open.name() data-opens-at="0" data-closes-at=ends_at.0.to_string()>
            <span data-open=text::left(lang) data-ended=text::time_up(lang)>
                {text::held_until(lang)}
            </span>
            " "
            <time class="clock-digits" datetime=ends.rfc3339()>
                {ends.day_and_second()}
            </time>
        </p>
    };
    view! { <div class="hold">{clocked(late)} {clocked(clock)}</div> }
}
