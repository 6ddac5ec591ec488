//! The top of every page.

use crate::{
    types::{lang::Lang, order::OpenHold, sale::SaleState, time::ShopTime},
    ui::{
        islands::Account,
        link,
        parts::{
            head::{Head, NavEntry},
            sale_clock::clocked,
        },
        text,
    },
};
use leptos::prelude::*;

/// The shop's name, the navigation, who is signed in, and the other language.
pub fn header(lang: Lang, head: &Head) -> impl IntoView + use<> {
    let other = lang.pick(Lang::En, Lang::Zh);
    let entry = |place: NavEntry, path: &str, name: &'static str| {
        let current = (head.place == Some(place)).then_some("page");
        view! {
            <li>
                <a class="nav-link" href=link::page(lang, path) aria-current=current>
                    {name}
                </a>
            </li>
        }
    };
    view! {
        <header class="header">
            <div class="header-row">
                <a class="brand" href=lang.path("/") aria-label=text::frame::shop(lang)>
                    <span class="brand-seal"></span>
                    <span class="brand-name">{text::frame::shop(lang)}</span>
                </a>
                <nav class="nav" aria-label=text::frame::nav_main(lang)>
                    <ul class="nav-list">
                        {entry(NavEntry::Courses, "/courses", text::frame::nav_courses(lang))}
                        {entry(NavEntry::Sales, "/#sales", text::frame::nav_sales(lang))}
                        {entry(NavEntry::Mine, "/me", text::frame::nav_mine(lang))}
                    </ul>
                </nav>
                <div class="account">{account(lang, head)}</div>
                <a
                    class="nav-link nav-language"
                    href=link::page(other, &head.path)
                    hreflang=other.tag()
                    lang=other.tag()
                    aria-label=text::frame::other_language_name(lang)
                >
                    {text::frame::other_language(lang)}
                </a>
            </div>
        </header>
    }
}

/// Who is signed in, where the page knows; everywhere else the island asks.
fn account(lang: Lang, head: &Head) -> AnyView {
    let seats = lang.path("/me");
    if let Some(student) = head.student.clone() {
        let hold = student
            .hold
            .map(|hold| clocked(hold_link(lang, Some(hold))));
        return view! {
            {hold}
            <a class="button" data-kind="quiet" href=seats>
                {student.mobile}
            </a>
        }
        .into_any();
    }
    let leads_back = head.public && head.path != link::SIGN_IN;
    let sign_in = if leads_back {
        link::sign_in(lang, &head.path)
    } else {
        lang.path(link::SIGN_IN)
    };
    let inside = view! {
        {hold_link(lang, None)}
        <a class="button" data-kind="quiet" data-seats=seats href=sign_in>
            {text::frame::nav_sign_in(lang)}
        </a>
    };
    view! { <Account>{inside}</Account> }.into_any()
}

/// The way to an order that is to be paid, with the time until when; a clock turns that into the
/// time that is left. Without a hold it is hidden, and complete but for which order and until when.
fn hold_link(lang: Lang, hold: Option<OpenHold>) -> impl IntoView {
    let end = hold.map(|hold| hold.expires_at.in_shop());
    let href = hold.map(|hold| link::page(lang, &format!("/orders/{}", hold.order)));
    let orders = hold.is_none().then(|| link::page(lang, "/orders/"));
    view! {
        <a
            class="account-hold clock"
            href=href
            data-orders=orders
            hidden=hold.is_none()
            data-turn=""
            data-state=hold.map(|_| SaleState::Open.name())
            data-opens-at="0"
            data-closes-at=hold.map(|hold| hold.expires_at.0.to_string())
        >
            <span data-open=text::order::to_pay(lang) data-ended="">
                {text::order::to_pay_until(lang)}
            </span>
            " "
            <time class="clock-digits" data-short="" datetime=end.map(ShopTime::rfc3339)>
                {end.map(ShopTime::time)}
            </time>
        </a>
    }
}
