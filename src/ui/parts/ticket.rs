//! A ticket: its body says where it stands, its stub what it is for.

use crate::{
    types::{
        lang::Lang,
        sale::{Order, Reason},
    },
    ui::{
        islands::TicketWatch,
        parts::{link, of_record},
        text::{self, seckill, ticket as words},
    },
};
use leptos::prelude::*;

/// A line of the stub.
pub struct Fact {
    /// What it is.
    pub name: &'static str,
    /// Its value.
    pub value: String,
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
                    {place_words(lang, place)}
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

/// How many are before a ticket.
pub fn place_words(lang: Lang, place: Option<i64>) -> String {
    match place {
        None => words::ahead_unknown(lang).to_owned(),
        Some(..=0) => words::ahead_none(lang).to_owned(),
        Some(n) => words::ahead_of(lang, n),
    }
}

/// A seat was won.
pub fn won(lang: Lang, seat: Option<i64>, order: Option<&Order>, facts: Vec<Fact>) -> AnyView {
    let course = order.map(|order| {
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

/// No seat, and why.
pub fn lost(lang: Lang, reason: Reason, sale: Option<String>, facts: Vec<Fact>) -> AnyView {
    let back = sale.map(|href| {
        view! {
            <a class="button" data-kind="quiet" href=href>
                {words::sale_go(lang)}
            </a>
        }
    });
    view! {
        <article class="ticket sheet" data-state="lost">
            <div class="ticket-body">
                <img src="/media/lost.svg" width="160" height="120" alt="" />
                <div role="status">
                    <h1>{words::lost_heading(lang)}</h1>
                </div>
                <p class="ticket-note">{seckill::lost(lang, reason)}</p>
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
pub fn paid_for(lang: Lang, course: &str, price: crate::types::money::Fen) -> [Fact; 2] {
    [
        Fact { name: words::course(lang), value: course.to_owned(), lang: of_record(lang) },
        Fact { name: words::paid(lang), value: text::price(lang, price), lang: None },
    ]
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
