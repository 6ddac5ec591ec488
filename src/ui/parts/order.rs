//! An order's sheet: its body says how it stands and how it is paid, its stub what it is for.

use crate::{
    rules::hold::is_payable,
    types::{
        lang::Lang,
        order::{Order, OrderDetail, OrderState},
        payment::{PayKind, Provider, QrCode},
        time::Millis,
    },
    ui::{
        link,
        parts::{
            content_lang,
            hold::{SOON_S, hold, refresh_after, refresh_while_held},
            qr::qr,
            seat::row,
            ticket::{Fact, facts_of},
        },
        text::{self, me, order as words, seckill, ticket},
    },
};
use leptos::prelude::*;

const PAY: &str = "/api/v1/order/pay/";
const CANCEL: &str = "/api/v1/order/cancel/";
/// Seconds after which a page looks again whose money is on its way back.
const BACK_S: i64 = 30;

/// What a student does who looks at a hold.
#[derive(Clone, Copy, Debug)]
pub enum Paying<'a> {
    /// They choose how to pay.
    Not,
    /// They are to read this code.
    By(&'a QrCode),
    /// They come back from a provider.
    Done,
}

/// How an order stands, and what can be done.
pub fn order(lang: Lang, detail: &OrderDetail, paying: Paying<'_>) -> AnyView {
    let order = &detail.order;
    let body = if is_open(detail) {
        payment(lang, detail, paying).into_any()
    } else {
        notes(lang, detail).into_any()
    };
    view! {
        {refresh(detail, paying)}
        <article class="ticket sheet" data-state=order.state.name()>
            <div class="ticket-body">
                <div role="status">
                    <h1>{words::heading(lang, standing(detail))}</h1>
                </div>
                {body}
            </div>
            <div class="ticket-stub stub">
                {facts_of(facts(lang, detail))} {next(lang, detail)}
                {(order.state == OrderState::Held).then(|| cancel(lang, order))}
            </div>
        </article>
    }
    .into_any()
}

/// The receipt of a paid order, on a sheet to be printed.
pub fn receipt(lang: Lang, detail: &OrderDetail) -> AnyView {
    let order = &detail.order;
    let payment = detail.payment.as_ref();
    let paid_by = payment.map(|payment| {
        let name = words::provider_name(lang, payment.provider);
        fact(words::provider(lang), name)
    });
    let trade_no = payment.map(|payment| fact(words::trade_no(lang), payment.out_trade_no.clone()));
    let gateway_no = payment
        .and_then(|payment| payment.gateway_no.clone())
        .map(|number| fact(words::gateway_no(lang), number));
    let facts = main_facts(lang, order)
        .into_iter()
        .chain([paid_by, trade_no, gateway_no].into_iter().flatten())
        .chain(times(lang, order))
        .collect();
    view! {
        <article class="receipt sheet">
            <p class="receipt-shop">{text::frame::shop(lang)}</p>
            <h1>{words::receipt(lang)}</h1>
            {facts_of(facts)}
            <p class="receipt-note">{words::receipt_print(lang)}</p>
            <p class="receipt-note">
                <a class="button" data-kind="quiet" href=link::page(lang, &format!("/orders/{}", order.id))>
                    {words::receipt_back(lang)}
                </a>
            </p>
        </article>
    }
    .into_any()
}

/// Whether the order can still be paid, by the server's clock.
fn is_open(detail: &OrderDetail) -> bool {
    is_payable(detail.order.state, detail.order.expires_at, detail.now)
}

/// The state as its student sees it: a hold whose time is up is about to be closed.
fn standing(detail: &OrderDetail) -> OrderState {
    match detail.order.state {
        OrderState::Held if !is_open(detail) => OrderState::Closing,
        state => state,
    }
}

/// Lets the page look again by itself, as long as its order may change.
fn refresh(detail: &OrderDetail, paying: Paying<'_>) -> Option<AnyView> {
    let end = detail.order.expires_at.unwrap_or(detail.now);
    Some(match standing(detail) {
        OrderState::Held => match paying {
            Paying::Not => refresh_while_held(end, detail.now).into_any(),
            Paying::By(_) | Paying::Done => refresh_after(SOON_S, SOON_S).into_any(),
        },
        OrderState::Closing => refresh_after(SOON_S, SOON_S).into_any(),
        OrderState::Refunding => refresh_after(BACK_S, BACK_S).into_any(),
        OrderState::Paid | OrderState::Expired | OrderState::Cancelled | OrderState::Refunded => {
            return None;
        }
    })
}

/// What is to be paid, until when, and by whom.
fn payment(lang: Lang, detail: &OrderDetail, paying: Paying<'_>) -> impl IntoView + use<> {
    let order = &detail.order;
    let note = if order.seat.is_some() {
        words::hold_note_seat(lang)
    } else {
        words::hold_note(lang)
    };
    let clock = order.expires_at.map(|end| hold(lang, end, detail.now));
    let note_of = |words| view! { <p class="ticket-note">{words}</p> };
    let said = match paying {
        Paying::Not => None,
        Paying::By(code) => {
            let name = words::code(lang, &text::price(lang, order.price));
            let note = note_of(words::code_note(lang));
            Some(view! { {qr(name, code)} {note} }.into_any())
        }
        Paying::Done => Some(note_of(words::back_note(lang)).into_any()),
    };
    view! {
        <p class="ticket-place">{text::price(lang, order.price)}</p>
        {clock}
        {said}
        {ways(lang, detail)}
        <p class="ticket-note">{note}</p>
    }
}

/// A form for each provider.
fn ways(lang: Lang, detail: &OrderDetail) -> AnyView {
    if detail.providers.is_empty() {
        return view! { <p class="ticket-note">{words::pay_none(lang)}</p> }.into_any();
    }
    let order = &detail.order;
    let (here, amount) = (
        format!("/orders/{}", order.id),
        text::price(lang, order.price),
    );
    let forms = detail
        .providers
        .iter()
        .map(|provider| {
            view! {
                <li>
                    <form method="post" action=link::action(lang, PAY, Some(&here))>
                        <input type="hidden" name="order" value=order.id.to_string() />
                        <input type="hidden" name="provider" value=provider.name() />
                        {buttons(lang, &amount, *provider)}
                    </form>
                </li>
            }
        })
        .collect_view();
    view! {
        <ul class="order-ways" aria-label=words::pay_title(lang)>
            {forms}
        </ul>
    }
    .into_any()
}

/// A button for each way to pay at a provider.
fn buttons(lang: Lang, amount: &str, provider: Provider) -> impl IntoView + use<> {
    let button = |way: PayKind| {
        let (kind, label) = match way {
            PayKind::Link => (None, words::pay_by(lang, amount, provider)),
            PayKind::Qr => (Some("quiet"), words::pay_by_code(lang, amount)),
        };
        view! {
            <button class="button" data-kind=kind type="submit" name="way" value=way.name()>
                {label}
            </button>
        }
    };
    provider.ways().iter().copied().map(button).collect_view()
}

/// What is so in a state in which nothing can be paid.
fn notes(lang: Lang, detail: &OrderDetail) -> impl IntoView + use<> {
    let order = &detail.order;
    // Money that is on its way back is not awaited any more.
    let late = detail.refund.is_none().then(|| words::late_note(lang));
    let (note, more) = match standing(detail) {
        OrderState::Held | OrderState::Closing => (words::closing_note(lang), None),
        OrderState::Paid if !order.course_is_shown => (words::hidden_note(lang), None),
        OrderState::Paid => (words::paid_note(lang), None),
        OrderState::Expired => (words::expired_note(lang), late),
        OrderState::Cancelled => (words::cancelled_note(lang), late),
        OrderState::Refunding => (words::refunding_note(lang), None),
        OrderState::Refunded => (words::refunded_note(lang), None),
    };
    let more = more.map(|more| view! { <p class="ticket-note">{more}</p> });
    view! {
        <p class="ticket-note">{note}</p>
        {more}
    }
}

fn fact(name: &'static str, value: impl IntoView + 'static) -> Fact {
    Fact {
        name,
        value: value.into_any(),
        lang: None,
    }
}

fn main_facts(lang: Lang, order: &Order) -> Vec<Fact> {
    let course = Fact {
        lang: content_lang(lang),
        ..fact(words::course(lang), order.course_name.clone())
    };
    let seat = order
        .seat
        .map(|seat| fact(words::seat(lang), ticket::seat_number(lang, seat)));
    [fact(words::number(lang), order.id.to_string()), course]
        .into_iter()
        .chain(seat)
        .chain([fact(words::amount(lang), text::price(lang, order.price))])
        .collect()
}

fn moment(name: &'static str, at: Millis) -> Fact {
    let at = at.in_shop();
    fact(
        name,
        view! { <time datetime=at.rfc3339()>{at.date_and_time()}</time> },
    )
}

fn times(lang: Lang, order: &Order) -> impl Iterator<Item = Fact> + use<> {
    let paid = order.paid_at.map(|at| moment(words::paid(lang), at));
    let ended = order.ended_at.map(|at| moment(words::ended(lang), at));
    std::iter::once(moment(words::made(lang), order.created_at))
        .chain(paid)
        .chain(ended)
}

fn facts(lang: Lang, detail: &OrderDetail) -> Vec<Fact> {
    let order = &detail.order;
    let held_until = order
        .expires_at
        .filter(|_| is_open(detail))
        .map(|end| moment(words::held_until(lang), end));
    let refund = detail.refund.as_ref().map(|refund| {
        let amount = text::price(lang, refund.amount);
        let state = words::refund_state(lang, refund.state);
        fact(words::refund(lang), format!("{amount} · {state}"))
    });
    main_facts(lang, order)
        .into_iter()
        .chain(times(lang, order))
        .chain(held_until)
        .chain(refund)
        .collect()
}

/// Where the student goes from here.
fn next(lang: Lang, detail: &OrderDetail) -> impl IntoView + use<> {
    let order = &detail.order;
    let links = match standing(detail) {
        OrderState::Held => vec![],
        OrderState::Closing | OrderState::Refunding => {
            vec![quiet(String::new(), words::refresh(lang))]
        }
        OrderState::Paid => owned(lang, order),
        OrderState::Expired | OrderState::Cancelled | OrderState::Refunded => again(lang, order),
    };
    view! {
        <p class="ticket-next">{links} {quiet(lang.path("/me"), words::mine_go(lang))}</p>
    }
}

fn owned(lang: Lang, order: &Order) -> Vec<AnyView> {
    let course = order.course_is_shown.then(|| {
        view! {
            <a class="button" href=link::learn(lang, order.course_id)>
                {words::learn_go(lang)}
            </a>
        }
        .into_any()
    });
    let receipt = (!order.price.is_free()).then(|| {
        let path = link::page(lang, &format!("/orders/{}/receipt", order.id));
        quiet(path, words::receipt_go(lang))
    });
    course.into_iter().chain(receipt).collect()
}

/// The sale, or the course, of an order that ended.
fn again(lang: Lang, order: &Order) -> Vec<AnyView> {
    if !order.course_is_shown {
        return vec![];
    }
    match order.sale_id {
        Some(sale) => vec![
            quiet(
                link::page(lang, &format!("/seckill/{sale}")),
                ticket::sale_go(lang),
            ),
            quiet(link::page(lang, "/#sales"), seckill::lost_next(lang)),
        ],
        None => vec![quiet(
            link::page(lang, &format!("/courses/{}", order.course_id)),
            words::again_go(lang),
        )],
    }
}

fn quiet(href: String, words: &'static str) -> AnyView {
    view! {
        <a class="button" data-kind="quiet" href=href>
            {words}
        </a>
    }
    .into_any()
}

/// A form that gives the hold back, folded: one click too many must not cost a seat.
fn cancel(lang: Lang, order: &Order) -> impl IntoView + use<> {
    let note = if order.seat.is_some() {
        words::cancel_note_seat(lang)
    } else {
        words::cancel_note(lang)
    };
    let here = format!("/orders/{}", order.id);
    view! {
        <details class="order-cancel">
            <summary>{words::cancel_open(lang)}</summary>
            <form method="post" action=link::action(lang, CANCEL, Some(&here))>
                <input type="hidden" name="order" value=order.id.to_string() />
                <p>{note}</p>
                <button class="button" data-kind="quiet" type="submit">
                    {words::cancel(lang)}
                </button>
            </form>
        </details>
    }
}

/// An order that ended, as a row of a list.
pub fn ended(lang: Lang, order: &Order) -> impl IntoView + use<> {
    let at = order.ended_at.unwrap_or(order.created_at).in_shop();
    let label = format!(
        "{}: {}",
        me::order_number(lang, order.id.0),
        order.course_name
    );
    let time =
        view! { <time datetime=at.rfc3339()>{me::ended_at(lang, &at.date_and_time())}</time> };
    let state = view! { <p>{words::state(lang, order.state)}</p> };
    let go = view! {
        <a class="button" data-kind="quiet" href=link::page(lang, &format!("/orders/{}", order.id)) aria-label=label>
            {me::order_number(lang, order.id.0)}
        </a>
    };
    row(lang, &order.course_name, time, state, go)
}
