//! A seat that a student holds.

use crate::{
    types::{lang::Lang, sale::Order},
    ui::{
        parts::{
            link, of_record,
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
    view! {
        <li>
            <article class="seat sheet">
                <div class="seat-body">
                    {cover(order.course_img.as_deref(), "seat-cover", Loading::Lazy)} <div>
                        <h2 class="seat-name" lang=of_record(lang)>
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
                    <a class="button" data-kind="quiet" href=link::page(lang, &format!("/courses/{}", order.course_id)) aria-label=label>
                        {seckill::go_course(lang)}
                    </a>
                </div>
            </article>
        </li>
    }
}
