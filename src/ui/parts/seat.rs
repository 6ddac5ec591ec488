//! A live order of a student, which mostly has a seat, and tickets without one.

use crate::{
    rules::hold::is_payable,
    types::{
        lang::Lang,
        order::{Order, OrderState},
        sale::{Loss, StudentTicket},
        time::Millis,
    },
    ui::{
        link,
        parts::{
            content_lang,
            hold::hold,
            picture::{Loading, cover},
        },
        text::{self, me, seckill, ticket},
    },
};
use leptos::prelude::*;

/// A live order: the seat, if it has one, and the way to pay it or to its course.
pub fn seat(lang: Lang, order: &Order, now: Millis) -> impl IntoView + use<> {
    let clock = order
        .expires_at
        .filter(|_| is_payable(order.state, order.expires_at, now))
        .map(|end| hold(lang, end, now));
    let number = order.seat.map(|seat| {
        view! {
            <p class="seat-number">
                <span class="unseen">{ticket::seat(lang)} " "</span>
                {ticket::seat_number(lang, seat)}
            </p>
        }
    });
    view! {
        <li>
            <article class="seat sheet">
                <div class="seat-body">
                    {cover(order.course_img.as_deref(), "seat-cover", Loading::Lazy)} <div>
                        <h2 class="seat-name" lang=content_lang(lang)>
                            {order.course_name.clone()}
                        </h2>
                        {facts(lang, order)}
                        {clock}
                    </div>
                </div>
                <div class="seat-stub stub">{number} {go(lang, order, now)}</div>
            </article>
        </li>
    }
}

fn facts(lang: Lang, order: &Order) -> impl IntoView + use<> {
    let made_at = order.created_at.in_shop();
    let made = if order.sale_id.is_some() {
        me::won_at(lang, &made_at.date_and_time())
    } else {
        me::ordered_at(lang, &made_at.date_and_time())
    };
    view! {
        <p class="seat-facts">
            <span>{text::price(lang, order.price)}</span>
            <time datetime=made_at.rfc3339()>{made}</time>
            <a href=link::page(lang, &format!("/orders/{}", order.id))>{me::order_number(lang, order.id.0)}</a>
        </p>
    }
}

/// What is next for a live order.
fn go(lang: Lang, order: &Order, now: Millis) -> AnyView {
    if order.state.is_paid() {
        return learn(lang, order);
    }
    let href = link::page(lang, &format!("/orders/{}", order.id));
    if is_payable(order.state, order.expires_at, now) {
        return button(order, text::order::pay_go(lang), href, None);
    }
    view! {
        <p>{text::order::state(lang, OrderState::Closing)}</p>
        {button(order, text::order::go(lang), href, Some("quiet"))}
    }
    .into_any()
}

fn learn(lang: Lang, order: &Order) -> AnyView {
    if order.course_is_shown {
        let href = link::learn(lang, order.course_id);
        button(order, text::order::learn_go(lang), href, None)
    } else {
        view! { <p>{text::order::hidden_note(lang)}</p> }.into_any()
    }
}

fn button(order: &Order, words: &'static str, href: String, kind: Option<&'static str>) -> AnyView {
    let label = format!("{words}: {}", order.course_name);
    view! {
        <a class="button" data-kind=kind href=href aria-label=label>
            {words}
        </a>
    }
    .into_any()
}

/// Tickets without a seat under a heading; nothing when there are none.
pub fn tries(lang: Lang, title: &'static str, tickets: &[StudentTicket]) -> impl IntoView + use<> {
    let rows = tickets
        .iter()
        .map(|ticket| attempt(lang, ticket))
        .collect_view();
    (!tickets.is_empty()).then(|| {
        view! {
            <section class="part">
                <h2>{title}</h2>
                <ul>{rows}</ul>
            </section>
        }
    })
}

fn attempt(lang: Lang, ticket: &StudentTicket) -> impl IntoView + use<> {
    let clicked_at = ticket.clicked_at.in_shop();
    let why = ticket.reason.map(|reason| {
        let loss = Loss {
            reason,
            clicked_at: Some(ticket.clicked_at),
            sold_out_at: None,
        };
        view! { <p>{seckill::lost(lang, &loss)}</p> }
    });
    let go = if ticket.reason.is_some() {
        me::lost_go(lang)
    } else {
        me::waiting_go(lang)
    };
    let label = format!("{go}: {}", ticket.course_name);
    let time = view! {
        <time datetime=clicked_at.rfc3339()>{me::clicked_at(lang, &clicked_at.day_and_second())}</time>
    };
    let go = view! {
        <a class="button" data-kind="quiet" href=link::page(lang, &format!("/tickets/{}", ticket.task_id)) aria-label=label>
            {go}
        </a>
    };
    row(lang, &ticket.course_name, time, why, go)
}

/// A row of a list of what is no seat: the course, when it was, how it came out, and where more is
/// said.
pub fn row<Time: IntoView, Said: IntoView, Go: IntoView>(
    lang: Lang,
    course: &str,
    time: Time,
    said: Said,
    go: Go,
) -> impl IntoView + use<Time, Said, Go> {
    view! {
        <li class="try">
            <div>
                <p>
                    <b lang=content_lang(lang)>{course.to_owned()}</b>
                    " "
                    {time}
                </p>
                {said}
            </div>
            {go}
        </li>
    }
}
