//! A ticket: its body says where it stands, its stub what it is for.

use crate::{
    rules::hold::is_payable,
    types::{
        ids::SaleId,
        lang::Lang,
        money::Fen,
        order::{Order, OrderState},
        sale::{Loss, Sale, SaleState},
    },
    ui::{
        context::RenderedAt,
        islands::TicketWatch,
        link,
        parts::{
            content_lang,
            hold::{SOON_S, hold, refresh_after, refresh_while_held},
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
                <p>{words::place(lang)}</p>
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

/// A seat was won. Its order is unknown while the database is away. Until that is paid the page
/// looks again by itself, when its time is up or without JavaScript before.
pub fn won(lang: Lang, seat: Option<i64>, order: Option<&Order>, facts: Vec<Fact>) -> AnyView {
    let end = order
        .filter(|order| is_open(order))
        .and_then(|order| order.expires_at);
    let now = RenderedAt::here();
    let again = match (order, end) {
        (_, Some(end)) => Some(refresh_while_held(end, now).into_any()),
        (Some(order), None) if order.state != OrderState::Paid => {
            Some(refresh_after(SOON_S, SOON_S).into_any())
        }
        _ => None,
    };
    let standing = order.and_then(|order| standing(lang, order));
    view! {
        {again}
        <article class="ticket sheet" data-state="won">
            <div class="ticket-body">
                <p class="seal" aria-hidden="true">
                    {words::seal(lang)}
                </p>
                <div role="status">
                    <h1>{words::won_heading(lang)}</h1>
                    {standing.map(|words| view! { <p>{words}</p> })}
                </div>
                {seat.map(|seat| view! { <p class="ticket-place">{words::seat_number(lang, seat)}</p> })}
                {end.map(|end| hold(lang, end, now).into_any())}
                <p class="ticket-note">{won_note(lang, order)}</p>
            </div>
            <div class="ticket-stub stub">
                {facts_of(facts)} <p class="ticket-next">{won_next(lang, order)}</p>
            </div>
        </article>
    }
    .into_any()
}

/// How a seat with a price stands, in a word.
fn standing(lang: Lang, order: &Order) -> Option<&'static str> {
    order.expires_at.map(|_| match order.state {
        OrderState::Paid => seckill::paid_button(lang),
        _ if is_open(order) => text::order::to_pay(lang),
        _ => seckill::closing_button(lang),
    })
}

/// What comes of a seat: it is to be paid, or is the student's.
fn won_note(lang: Lang, order: Option<&Order>) -> String {
    let Some(order) = order else {
        return words::won_note_unknown(lang).to_owned();
    };
    if order.state.is_paid() {
        return words::won_note(lang).to_owned();
    }
    match order.expires_at.filter(|_| is_open(order)) {
        Some(end) => words::held_note(lang, &end.in_shop().day_and_second()),
        None => words::closing_note(lang).to_owned(),
    }
}

fn is_open(order: &Order) -> bool {
    is_payable(order.state, order.expires_at, RenderedAt::here())
}

/// To the order while that is not paid, else to the student's courses and the course.
fn won_next(lang: Lang, order: Option<&Order>) -> Vec<AnyView> {
    let mine = |kind| button(kind, lang.path("/me"), seckill::go_mine(lang));
    let Some(order) = order else {
        return vec![mine(None)];
    };
    if !order.state.is_paid() {
        let go = if is_open(order) {
            text::order::pay_go(lang)
        } else {
            text::order::go(lang)
        };
        let path = link::page(lang, &format!("/orders/{}", order.id));
        return vec![button(None, path, go), mine(Some("quiet"))];
    }
    let course = order.course_is_shown.then(|| {
        let path = link::learn(lang, order.course_id);
        button(None, path, text::order::learn_go(lang))
    });
    course.into_iter().chain([mine(Some("quiet"))]).collect()
}

fn button(kind: Option<&'static str>, href: String, words: &'static str) -> AnyView {
    view! {
        <a class="button" data-kind=kind href=href>
            {words}
        </a>
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

/// A seat was won, and its order has ended since then: `state` is how, as far as that is known.
pub fn ended(
    lang: Lang,
    state: Option<OrderState>,
    sale: Option<SaleId>,
    facts: Vec<Fact>,
) -> AnyView {
    let note = match state {
        Some(OrderState::Expired) => words::expired_note(lang),
        Some(OrderState::Refunding | OrderState::Refunded) => words::refund_note(lang),
        Some(OrderState::Held | OrderState::Closing | OrderState::Paid | OrderState::Cancelled)
        | None => words::cancelled_note(lang),
    };
    seatless(
        lang,
        ended_heading(lang, state),
        note.to_owned(),
        sale,
        facts,
    )
}

/// The heading of the same.
pub fn ended_heading(lang: Lang, state: Option<OrderState>) -> &'static str {
    match state {
        Some(OrderState::Expired) => words::expired_heading(lang),
        Some(OrderState::Refunding | OrderState::Refunded) => words::refund_heading(lang),
        Some(OrderState::Held | OrderState::Closing | OrderState::Paid | OrderState::Cancelled)
        | None => words::cancelled_heading(lang),
    }
}

fn seatless(
    lang: Lang,
    title: &'static str,
    note: String,
    sale: Option<SaleId>,
    facts: Vec<Fact>,
) -> AnyView {
    let go = if sale.is_some() {
        seckill::lost_next(lang)
    } else {
        text::me::empty_go(lang)
    };
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
                        {go}
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
        name: words::sale(lang),
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

/// The lines of a stub.
pub fn facts_of(facts: Vec<Fact>) -> impl IntoView {
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
