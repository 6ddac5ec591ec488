//! A seat that a student holds, and tickets without one.

use crate::{
    types::{
        lang::Lang,
        sale::{Loss, Order, StudentTicket},
    },
    ui::{
        link,
        parts::{
            content_lang,
            picture::{Loading, cover},
        },
        text::{self, me, seckill, ticket},
    },
};
use leptos::prelude::*;

/// The seat, its order, and the way to the course.
pub fn seat(lang: Lang, order: &Order) -> impl IntoView + use<> {
    let won_at = order.created_at.in_shop();
    let label = format!("{}: {}", seckill::go_course(lang), order.course_name);
    let go = if order.course_is_shown {
        view! {
            <a class="button" data-kind="quiet" href=link::page(lang, &format!("/courses/{}", order.course_id)) aria-label=label>
                {seckill::go_course(lang)}
            </a>
        }
        .into_any()
    } else {
        view! { <p>{me::course_hidden(lang)}</p> }.into_any()
    };
    view! {
        <li>
            <article class="seat sheet">
                <div class="seat-body">
                    {cover(order.course_img.as_deref(), "seat-cover", Loading::Lazy)} <div>
                        <h2 class="seat-name" lang=content_lang(lang)>
                            {order.course_name.clone()}
                        </h2>
                        <p class="seat-facts">
                            <span>{text::price(lang, order.price)}</span>
                            <time datetime=won_at.rfc3339()>{me::won_at(lang, &won_at.date_and_time())}</time>
                            <span>{ticket::order(lang)} " " {order.id.0}</span>
                        </p>
                    </div>
                </div>
                <div class="seat-stub stub">
                    <p class="seat-number">
                        <span class="unseen">{ticket::seat(lang)} " "</span>
                        {ticket::seat_number(lang, order.seat)}
                    </p>
                    {go}
                </div>
            </article>
        </li>
    }
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
    view! {
        <li class="try">
            <div>
                <p>
                    <b lang=content_lang(lang)>{ticket.course_name.clone()}</b>
                    " "
                    <time datetime=clicked_at.rfc3339()>{me::clicked_at(lang, &clicked_at.day_and_second())}</time>
                </p>
                {why}
            </div>
            <a class="button" data-kind="quiet" href=link::page(lang, &format!("/tickets/{}", ticket.task_id)) aria-label=label>
                {go}
            </a>
        </li>
    }
}
