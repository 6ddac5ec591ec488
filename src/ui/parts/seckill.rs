//! The button, as it is served: a form that works by itself.

use crate::{
    types::{
        lang::Lang,
        sale::{Sale, SaleState},
    },
    ui::{
        islands::SeckillButton,
        link,
        parts::{content_lang, price::sale_price},
        sales::OnSale,
        text::{sale as sale_text, seckill as text},
    },
};
use leptos::prelude::*;

/// The sheet with the button, and where to go `instead` when there is no seat to be had. As served
/// the button takes every click that may still come to something: the server refuses what comes too
/// early, and says so. Only without a seat, or after the end, it sends nothing.
pub fn seckill(lang: Lang, on: OnSale<'_>, instead: Option<OnSale<'_>>) -> impl IntoView + use<> {
    let sale = on.sale;
    let words = Words::of(lang, on, instead);
    let here = format!("/seckill/{}", sale.id);
    let is_over = matches!(on.state, SaleState::SoldOut | SaleState::Ended);
    let next = instead.filter(|_| is_over).map(|instead| {
        let words = if instead.state == SaleState::Open {
            text::open_sale(lang)
        } else {
            text::next_sale(lang)
        };
        view! {
            <a class="button" href=link::page(lang, &format!("/seckill/{}", instead.sale.id))>
                {words}
            </a>
        }
    });
    let inside = view! {
        <section
            class="seckill sheet"
            data-state=on.state.name()
            data-sale=sale.id.to_string()
            data-course=sale.course_id.to_string()
            data-opens-at=sale.opens_at.0.to_string()
            data-closes-at=sale.closes_at.0.to_string()
            data-halted=sale.paused.then_some("")
            data-gone=sale.sold_out_at.map(|_| "")
            data-stock=sale.stock.to_string()
            data-won=won_note(lang, sale)
            aria-labelledby="seckill-title"
        >
            <div class="seckill-head">
                <h2 class="seckill-title" id="seckill-title">
                    {words.title}
                </h2>
                <p class="seckill-until clock" hidden=on.state != SaleState::Open>
                    {sale_text::ends_on(lang, &sale.closes_at.in_shop().day_and_time_seen_at(on.now.in_shop()))}
                </p>
                <p class="seckill-synced">{text::zone(lang)}</p>
            </div>
            <form class="seckill-form bar" method="post" action=link::action(lang, "/api/v1/user/sckill/", Some(&here))>
                <input type="hidden" name="sale" value=sale.id.to_string() />
                <p class="seckill-price">{sale_price(lang, on)}</p>
                <button class="seckill-button" type=if is_over { "button" } else { "submit" } aria-disabled=is_over.then_some("true")>
                    {words.button}
                </button>
            </form>
            <div class="seckill-seats">
                <p class="seckill-seats-row">
                    <span>
                        {if on.state == SaleState::SoldOut {
                            sale_text::seats_none(lang).to_owned()
                        } else {
                            sale_text::seats_all(lang, sale.stock)
                        }}
                    </span>
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

/// What comes of a seat of this sale: for one that may be unpaid, paid or both in turn.
fn won_note(lang: Lang, sale: &Sale) -> &'static str {
    if sale.price.is_free() {
        text::won_note_free(lang)
    } else {
        text::won_note_priced(lang)
    }
}

/// What the sheet says in one state.
struct Words {
    title: AnyView,
    button: String,
    note: AnyView,
}

impl Words {
    fn of(lang: Lang, on: OnSale<'_>, instead: Option<OnSale<'_>>) -> Self {
        let sale = on.sale;
        let (title, button, note) = match on.state {
            SaleState::Coming => return Self::coming(lang, sale),
            SaleState::Open => (
                text::open_title(lang),
                text::open_button(lang),
                text::open_note(lang).into_any(),
            ),
            SaleState::SoldOut => {
                let note = view! { {sold_out(lang, sale)} {elsewhere(lang, instead)} }.into_any();
                (sale_text::sold_out(lang), sale_text::sold_out(lang), note)
            }
            SaleState::Paused => (
                text::paused_title(lang),
                text::paused_button(lang),
                text::paused_note(lang).into_any(),
            ),
            SaleState::Ended => {
                let other = elsewhere(lang, instead)
                    .unwrap_or_else(|| text::ended_note_none(lang).into_any());
                let note =
                    view! { {sale.sold_out_at.map(|_| sold_out(lang, sale))} {other} }.into_any();
                (text::ended_title(lang), text::ended_button(lang), note)
            }
        };
        Self {
            title: title.into_any(),
            button: button.into(),
            note,
        }
    }

    fn coming(lang: Lang, sale: &Sale) -> Self {
        let opens = sale.opens_at.in_shop();
        let title = text::before_title(lang, &opens.date_and_time());
        Self {
            title: view! { <time datetime=opens.rfc3339()>{title}</time> }.into_any(),
            button: text::before_title(lang, &opens.day_and_time()),
            note: view! {
                <a href=link::sign_in(lang, &format!("/seckill/{}", sale.id))>{text::before_note_link(lang)}</a>
                {text::before_note_rest(lang)}
            }
            .into_any(),
        }
    }
}

/// When the seats went.
fn sold_out(lang: Lang, sale: &Sale) -> impl IntoView + use<> {
    let words = sale
        .sold_out_at
        .map(|at| sale_text::sold_out_note(lang, sale.stock, sale.opens_at, at));
    view! { {words} " " }
}

/// Which sale to go to instead.
fn elsewhere(lang: Lang, instead: Option<OnSale<'_>>) -> Option<AnyView> {
    let OnSale { sale, state, .. } = instead?;
    let words = if state == SaleState::Open {
        text::open_instead(lang, &sale.course_name)
    } else {
        text::ended_note(
            lang,
            &sale.opens_at.in_shop().date_and_time(),
            &sale.course_name,
        )
    };
    Some(view! { <span lang=content_lang(lang)>{words}</span> }.into_any())
}
