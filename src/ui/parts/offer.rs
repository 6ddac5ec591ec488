//! What a course costs, and the way to it: a sale, or the form that buys it at its own price.

use crate::{
    types::{
        catalog::{Course, CourseType},
        lang::Lang,
        sale::SaleState,
    },
    ui::{
        link,
        parts::{
            price::{price, sale_price},
            sale_clock::{clocked, sale_clock, turns},
            turning::turning,
        },
        sales::OnSale,
        text::{self, course as words},
    },
};
use leptos::prelude::*;

const BUY: &str = "/api/v1/order/buy/";

/// The price and what to do; at the thumb on a phone. The form is for visitors, too, whom the
/// server leads to sign in. `may_study`: the asker may study the course, so that there is nothing to
/// buy.
pub fn offer(
    lang: Lang,
    course: &Course,
    on: Option<OnSale<'_>>,
    may_study: bool,
) -> impl IntoView + use<> {
    if may_study {
        return bar(owned(lang, course), words::own(lang)).into_any();
    }
    let members = is_for_members(course)
        .then(|| view! { <p class="offer-members">{words::members_only(lang)}</p> });
    let offer = match on {
        Some(on) => on_sale(lang, course, on),
        None if is_for_members(course) => bar((), price(lang, course.price)).into_any(),
        None => {
            let words = if course.price.is_free() {
                words::join(lang)
            } else {
                words::buy(lang)
            };
            let form = buy(lang, course, words.to_owned(), None);
            bar(form, price(lang, course.price)).into_any()
        }
    };
    view! { {members} {offer} }.into_any()
}

/// Whether nobody can buy it at its own price.
fn is_for_members(course: &Course) -> bool {
    course.course_type == CourseType::Vip
}

fn bar(go: impl IntoView + 'static, price: impl IntoView + 'static) -> impl IntoView {
    view! {
        <div class="bar">
            <div class="price-bar">
                <p class="price-bar-price">{price}</p>
                {go}
            </div>
        </div>
    }
}

fn owned(lang: Lang, course: &Course) -> impl IntoView + use<> {
    view! {
        <a class="button" href=link::learn(lang, course.id)>
            {text::order::learn_go(lang)}
        </a>
    }
}

/// The way to the sale, and below it the ordinary price for who does not wait for it. While the
/// sale is open the style sheet hides the latter: nobody should pay more by mistake.
fn on_sale(lang: Lang, course: &Course, on: OnSale<'_>) -> AnyView {
    let price = view! {
        {sale_price(lang, on)}
        " "
        <span class="price-bar-clock clock">{sale_clock(lang, on)}</span>
    };
    let go = view! {
        <a class="button go" href=link::page(lang, &format!("/seckill/{}", on.sale.id))>
            {turning(on, None, &|state: SaleState| words::sale_button(lang, state).to_owned())}
        </a>
    };
    let words = if course.price.is_free() {
        words::join(lang).to_owned()
    } else {
        words::buy_ordinary(lang, &text::price(lang, course.price))
    };
    let ordinary = (!is_for_members(course)).then(|| {
        view! { <div class="offer-ordinary">{buy(lang, course, words, Some("quiet"))}</div> }
    });
    let turns = turns(format!("bar-{}", course.id), on);
    let piece = view! {
        <div
            class="offer"
            {..turns}
        >
            {bar(go, price)}
            {ordinary}
        </div>
    };
    clocked(piece).into_any()
}

/// The form that buys a course.
fn buy(
    lang: Lang,
    course: &Course,
    words: String,
    kind: Option<&'static str>,
) -> impl IntoView + use<> {
    let here = format!("/courses/{}", course.id);
    view! {
        <form method="post" action=link::action(lang, BUY, Some(&here))>
            <input type="hidden" name="course" value=course.id.to_string() />
            <button class="button" data-kind=kind type="submit">
                {words}
            </button>
        </form>
    }
}
