//! A sale on the home page: a ticket whose stub holds price, clock and seats.

use crate::{
    types::lang::Lang,
    ui::{
        link,
        parts::{
            content_lang,
            picture::{Loading, cover},
            price::sale_price,
            sale_clock::{clocked, sale_clock, turns},
            turning::turning,
        },
        sales::OnSale,
        text,
    },
};
use leptos::prelude::*;

/// The card. Seats left are not served: they change with every click.
pub fn sale_card(lang: Lang, on: OnSale<'_>, teacher: Option<&str>) -> impl IntoView + use<> {
    let sale = on.sale;
    let teacher = teacher.map(
        |name| view! { <p class="sale-card-teacher">{text::course::by_teacher(lang, name)}</p> },
    );
    let turns = turns(format!("sale-{}", sale.id), on);
    let card = view! {
        <article
            class="sale-card sheet"
            {..turns}
        >
            <div class="sale-card-body">
                {cover(sale.course_img.as_deref(), "sale-card-cover", Loading::Lazy)} <div>
                    <h3 class="sale-card-name">
                        <a class="sale-card-link" href=link::page(lang, &format!("/seckill/{}", sale.id)) lang=content_lang(lang)>
                            {sale.course_name.clone()}
                        </a>
                    </h3>
                    {teacher}
                </div>
            </div>
            <div class="sale-card-stub stub">
                <p>{sale_price(lang, on)}</p>
                <p class="sale-card-clock clock">{sale_clock(lang, on)}</p>
                <p class="sale-card-seats">{text::sale::seats_all(lang, sale.stock)}</p>
                <span class="sale-card-go button go" aria-hidden="true">
                    {turning(on, None, &|state| text::sale::go(lang, state).to_owned())}
                </span>
            </div>
        </article>
    };
    view! { <li class="sale-slot">{clocked(card)}</li> }
}
