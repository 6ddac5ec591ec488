//! A ticket: its body says where it stands, its stub what it is for.

use crate::{
    types::{
        ids::SaleId,
        lang::Lang,
        money::Fen,
        sale::{Loss, Order, Sale, SaleState},
    },
    ui::{
        context::RenderedAt,
        islands::TicketWatch,
        link,
        parts::{
            content_lang,
            sale_clock::{clocked, sale_clock, turns},
        },
        sales::OnSale,
        text::{self, seckill, ticket as words},
    },
};
use leptos::prelude::*;

/// Signs of a ticket's id that are shown at once.
const ID_SHOWN: usize = 6;

/// A line of the stub.
pub struct Fact {
    pub name: &'static str,
    pub value: AnyView,
    /// The value's language, when it is not the page's.
    pub lang: Option<&'static str>,
}

/// In the queue: how many are before it. The page refreshes itself with and without JavaScript.
pub fn waiting(lang: Lang, task_id: &str, place: Option<i64>, facts: Vec<Fact>) -> AnyView {
    let inside = view! {
        <noscript>
            <meta http-equiv="refresh" content="2" />
        </noscript>
        <article class="ticket sheet" data-state="waiting" data-ticket=task_id.to_owned()>
            <div class="ticket-body">
                <h1>{words::waiting_heading(lang)}</h1>
                <p>{words::ahead(lang)}</p>
                <p class="ticket-place" role="status">
                    {words::place_words(lang, place)}
                </p>
                <p class="ticket-note">{words::waiting_note(lang)}</p>
            </div>
            <div class="ticket-stub stub">
                {facts_of(facts)}
                <p class="ticket-next">
                    <a class="button" data-kind="quiet" href="">
                        {words::refresh(lang)}
                    </a>
                </p>
            </div>
        </article>
    };
    view! { <TicketWatch>{inside}</TicketWatch> }.into_any()
}

/// A seat was won.
pub fn won(lang: Lang, seat: Option<i64>, order: Option<&Order>, facts: Vec<Fact>) -> AnyView {
    let course = order.filter(|order| order.course_is_shown).map(|order| {
        view! {
            <a class="button" data-kind="quiet" href=link::page(lang, &format!("/courses/{}", order.course_id))>
                {seckill::go_course(lang)}
            </a>
        }
    });
    view! {
        <article class="ticket sheet" data-state="won">
            <div class="ticket-body">
                <p class="seal" aria-hidden="true">
                    {words::seal(lang)}
                </p>
                <div role="status">
                    <h1>{words::won_heading(lang)}</h1>
                </div>
                {seat.map(|seat| view! { <p class="ticket-place">{words::seat_number(lang, seat)}</p> })}
                <p class="ticket-note">{words::won_note(lang)}</p>
            </div>
            <div class="ticket-stub stub">
                {facts_of(facts)}
                <p class="ticket-next">
                    <a class="button" href=lang.path("/me")>
                        {seckill::go_seats(lang)}
                    </a>
                    {course}
                </p>
            </div>
        </article>
    }
    .into_any()
}

/// No seat, and why; `sale` is the number of the sale that was clicked on.
pub fn lost(lang: Lang, loss: &Loss, sale: Option<SaleId>, facts: Vec<Fact>) -> AnyView {
    seatless(
        lang,
        seckill::loss_title(lang, loss.reason),
        seckill::lost(lang, loss),
        sale,
        facts,
    )
}

/// A seat was won, and its order was cancelled since then.
pub fn cancelled(lang: Lang, sale: Option<SaleId>, facts: Vec<Fact>) -> AnyView {
    seatless(
        lang,
        words::cancelled_heading(lang),
        words::cancelled_note(lang).to_owned(),
        sale,
        facts,
    )
}

fn seatless(
    lang: Lang,
    title: &'static str,
    note: String,
    sale: Option<SaleId>,
    facts: Vec<Fact>,
) -> AnyView {
    let back = sale.map(|id| {
        view! {
            <a class="button" data-kind="quiet" href=link::page(lang, &format!("/seckill/{id}"))>
                {words::sale_go(lang)}
            </a>
        }
    });
    view! {
        <article class="ticket sheet" data-state="lost">
            <div class="ticket-body">
                <img src="/media/lost.svg" width="160" height="120" alt="" />
                <div role="status">
                    <h1>{title}</h1>
                </div>
                <p class="ticket-note">{note}</p>
            </div>
            <div class="ticket-stub stub">
                {facts_of(facts)}
                <p class="ticket-next">
                    <a class="button" href=link::page(lang, "/#sales")>
                        {seckill::lost_next(lang)}
                    </a>
                    {back}
                </p>
            </div>
        </article>
    }
    .into_any()
}

/// What the ticket is for.
pub fn paid_for(lang: Lang, course: &str, price: Fen) -> [Fact; 2] {
    [
        Fact {
            name: words::course(lang),
            value: course.to_owned().into_any(),
            lang: content_lang(lang),
        },
        Fact {
            name: words::paid(lang),
            value: text::price(lang, price).into_any(),
            lang: None,
        },
    ]
}

/// When the sale opens, with a clock that counts to it.
pub fn opens(lang: Lang, sale: &Sale) -> Fact {
    let on = OnSale {
        sale,
        state: SaleState::Coming,
        now: RenderedAt::here(),
    };
    let turns = turns(String::new(), on);
    let value = view! {
        <span
            class="clock"
            {..turns}
        >
            {sale_clock(lang, on)}
        </span>
    };
    Fact {
        name: words::opens(lang),
        value: clocked(value).into_any(),
        lang: None,
    }
}

/// The ticket's id: its end, which tells tickets apart, and the whole of it for whoever asks.
pub fn id(lang: Lang, task_id: &str) -> Fact {
    let hidden = task_id.chars().count().saturating_sub(ID_SHOWN);
    let end: String = task_id.chars().skip(hidden).collect();
    let value = if hidden == 0 {
        end.into_any()
    } else {
        view! {
            <details class="ticket-id">
                <summary>"…" {end}</summary>
                <code>{task_id.to_owned()}</code>
            </details>
        }
        .into_any()
    };
    Fact {
        name: words::id(lang),
        value,
        lang: None,
    }
}

fn facts_of(facts: Vec<Fact>) -> impl IntoView {
    let facts = facts
        .into_iter()
        .map(|fact| {
            view! {
                <dt>{fact.name}</dt>
                <dd lang=fact.lang>{fact.value}</dd>
            }
        })
        .collect_view();
    view! { <dl class="ticket-facts">{facts}</dl> }
}
