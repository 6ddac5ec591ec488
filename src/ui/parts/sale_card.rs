//! A sale on the home page: a ticket whose stub holds price, clock and seats.

use crate::{
    types::{lang::Lang, sale::Phase},
    ui::{
        parts::{
            link, of_record,
            picture::{Loading, cover},
            price::sale_price,
            sale_clock::sale_clock,
        },
        sales::OnSale,
        text,
    },
};
use leptos::prelude::*;

/// The card. Seats left are not served: they change with every click.
pub fn sale_card(lang: Lang, on: OnSale<'_>, teacher: Option<&str>) -> impl IntoView + use<> {
    let sale = on.sale;
    let open = on.phase == Phase::Open;
    let teacher = teacher.map(|name| view! { <p class="sale-card-teacher">{text::course::by_teacher(lang, name)}</p> });
    let clock = match on.phase {
        Phase::Paused => view! { {text::seckill::paused_title(lang)} }.into_any(),
        Phase::Upcoming | Phase::Open | Phase::Ended => sale_clock(lang, on, None).into_any(),
    };
    view! {
        <li class="sale-slot">
            <article class="sale-card sheet" data-state=on.state()>
                <div class="sale-card-body">
                    {cover(sale.course_img.as_deref(), "sale-card-cover", Loading::Lazy)} <div>
                        <h3 class="sale-card-name">
                            <a class="sale-card-link" href=link::page(lang, &format!("/seckill/{}", sale.id)) lang=of_record(lang)>
                                {sale.course_name.clone()}
                            </a>
                        </h3>
                        {teacher}
                    </div>
                </div>
                <div class="sale-card-stub stub">
                    <p class="sale-card-price">{sale_price(lang, sale, open)}</p>
                    <p class="sale-card-clock clock">{clock}</p>
                    <p class="sale-card-seats">{text::sale::seats_all(lang, sale.stock)}</p>
                    <span class="sale-card-go button" data-kind=if open { "grab" } else { "quiet" } aria-hidden="true">
                        {if open { text::sale::go_open(lang) } else { text::sale::go_before(lang) }}
                    </span>
                </div>
            </article>
        </li>
    }
}
