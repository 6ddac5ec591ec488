//! The button, as it is served: a form that works by itself.

use crate::{
    types::{lang::Lang, sale::Phase},
    ui::{
        islands::SeckillButton,
        parts::{link, of_record, price::sale_price},
        sales::OnSale,
        text::{sale as sale_text, seckill as text},
    },
};
use leptos::prelude::*;

/// The sheet with the button. The button is never disabled: the server refuses what comes too early or too late, and says so.
pub fn seckill(lang: Lang, on: OnSale<'_>, next: Option<OnSale<'_>>) -> impl IntoView + use<> {
    let sale = on.sale;
    let hot = matches!(on.phase, Phase::Open | Phase::Upcoming);
    let words = Words::of(lang, on, next);
    let here = format!("/seckill/{}", sale.id);
    let next = (on.phase == Phase::Ended).then_some(next).flatten().map(|next| {
        view! {
            <a class="button" href=link::page(lang, &format!("/seckill/{}", next.sale.id))>
                {text::next_sale(lang)}
            </a>
        }
    });
    let inside = view! {
        <section
            class="seckill sheet"
            data-state=on.state()
            data-sale=sale.id.to_string()
            data-course=sale.course_id.to_string()
            data-opens-at=sale.opens_at.0.to_string()
            data-closes-at=sale.closes_at.0.to_string()
            data-stock=sale.stock.to_string()
            aria-labelledby="seckill-title"
        >
            <div class="seckill-head">
                <h2 class="seckill-title" id="seckill-title">
                    {words.title}
                </h2>
                <p class="seckill-synced">{text::zone(lang)}</p>
            </div>
            <form class="seckill-form bar" method="post" action=link::action(lang, "/api/v1/user/sckill/", Some(&here))>
                <input type="hidden" name="sale" value=sale.id.to_string() />
                <p class="seckill-price">{sale_price(lang, sale, hot)}</p>
                <button class="seckill-button" type="submit">
                    {words.button}
                </button>
            </form>
            <div class="seckill-seats">
                <p class="seckill-seats-row">
                    <span>{sale_text::seats_all(lang, sale.stock)}</span>
                </p>
                <progress class="stock" max=sale.stock.max(1).to_string() aria-label=sale_text::seats_meter(lang) aria-hidden="true"></progress>
            </div>
            <p class="seckill-check" hidden></p>
            <p class="seckill-note" role="status" aria-live="polite">
                {words.note}
            </p>
            <p class="seckill-next">{next}</p>
        </section>
    };
    view! { <SeckillButton>{inside}</SeckillButton> }
}

/// What the sheet says in one state.
struct Words {
    title: AnyView,
    button: String,
    note: AnyView,
}

impl Words {
    fn of(lang: Lang, on: OnSale<'_>, next: Option<OnSale<'_>>) -> Self {
        let opens = on.sale.opens_at.in_shop();
        let (title, button, note) = match on.phase {
            Phase::Upcoming => {
                let title = text::before_title(lang, &opens.date_and_time());
                (title, text::before_title(lang, &opens.time()), text::before_note(lang).into_any())
            }
            Phase::Open => (text::open_title(lang).into(), text::open_button(lang).into(), text::open_note(lang).into_any()),
            Phase::Paused => (text::paused_title(lang).into(), text::paused_button(lang).into(), text::paused_note(lang).into_any()),
            Phase::Ended => {
                let note = match next {
                    None => text::ended_note_none(lang).into_any(),
                    Some(next) => {
                        let when = next.sale.opens_at.in_shop().date_and_time();
                        let words = text::ended_note(lang, &when, &next.sale.course_name);
                        view! { <span lang=of_record(lang)>{words}</span> }.into_any()
                    }
                };
                (text::ended_title(lang).into(), text::ended_button(lang).into(), note)
            }
        };
        let title = match on.phase {
            Phase::Upcoming => view! { <time datetime=opens.rfc3339()>{title}</time> }.into_any(),
            Phase::Open | Phase::Paused | Phase::Ended => title.into_any(),
        };
        Self { title, button, note }
    }
}
