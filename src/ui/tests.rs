//! Pieces of pages as HTML.

use crate::{
    types::{
        account::{OutboxMessage, SignInStep},
        catalog::{Card, Category, Chapter, Course, CourseType, Level, Role, Section, SectionType, Status, Teacher},
        error::{AppError, Fault},
        ids::{CategoryId, ChapterId, CourseId, OrderId, SaleId, SectionId, TeacherId},
        lang::Lang,
        money::Fen,
        page::CourseQuery,
        sale::{Order, Phase, Reason, Sale},
        time::Millis,
    },
    ui::{
        parts::{
            course_card::course_grid, finder::finder, footer::footer, json_ld::json_ld, message, outline::outline, pager::pager,
            sale_card::sale_card, seat::seat, seckill::seckill, sign_in_form, teacher::teacher, ticket,
        },
        sales::Sales,
    },
};
use hydration_context::SsrSharedContext;
use leptos::prelude::*;
use std::sync::Arc;

/// Closes an attribute, an element and a script.
const HOSTILE: &str = "\"'><script>alert(1)</script></title><!--";

const OPENS: Millis = Millis(1_795_348_800_000);

fn html<V: IntoView>(view: impl FnOnce() -> V) -> String {
    let context = Arc::new(SsrSharedContext::new_islands());
    Owner::new_root(Some(context)).with(|| view().into_view().to_html())
}

fn person() -> Teacher {
    Teacher {
        id: TeacherId(1),
        name: HOSTILE.into(),
        role: Role::Mentor,
        title: HOSTILE.into(),
        signature: Some(HOSTILE.into()),
        image: Some(HOSTILE.into()),
        brief: HOSTILE.into(),
    }
}

fn course(id: i64) -> Course {
    Course {
        id: CourseId(id),
        name: HOSTILE.into(),
        course_img: Some(HOSTILE.into()),
        course_type: CourseType::Vip,
        brief: Some(HOSTILE.into()),
        level: Level::Beginner,
        level_name: HOSTILE.into(),
        status: Status::Announced,
        status_name: HOSTILE.into(),
        pub_date: "2022-07-14".into(),
        period: 21,
        attachment_path: None,
        students: 231,
        sections: 120,
        pub_sections: 120,
        price: Fen(9_900),
        course_category: Some(Category { id: CategoryId(1), name: HOSTILE.into() }),
        teacher: Some(person()),
        section_list: Vec::new(),
    }
}

fn card(id: i64) -> Card {
    Card {
        id: CourseId(id),
        name: HOSTILE.into(),
        course_img: Some(HOSTILE.into()),
        course_type: CourseType::Vip,
        level: Level::Beginner,
        status: Status::Announced,
        students: 231,
        sections: 120,
        price: Fen(9_900),
        teacher: Some(HOSTILE.into()),
    }
}

fn sale(id: i64) -> Sale {
    Sale {
        id: SaleId(id),
        course_id: CourseId(id),
        course_name: HOSTILE.into(),
        course_img: Some(HOSTILE.into()),
        old_price: Fen(9_900),
        price: Fen(990),
        stock: 100,
        opens_at: OPENS,
        closes_at: OPENS.plus(3_600_000),
        paused: false,
    }
}

fn sales(now: Millis) -> Sales {
    Sales::of(vec![sale(1), Sale { opens_at: OPENS.plus(7_200_000), closes_at: OPENS.plus(9_000_000), ..sale(2) }], now)
}

fn chapter() -> Chapter {
    let section = Section {
        id: SectionId(1),
        name: HOSTILE.into(),
        section_type: SectionType::Video,
        section_link: Some("javascript:alert(1)".into()),
        duration: Some(HOSTILE.into()),
        pub_date: OPENS,
        free_trail: true,
        orders: 1,
    };
    Chapter { id: ChapterId(1), chapter: 1, name: HOSTILE.into(), summary: Some(HOSTILE.into()), coursesections: vec![section] }
}

fn order() -> Order {
    Order {
        id: OrderId(17),
        sale_id: SaleId(1),
        course_id: CourseId(1),
        course_name: HOSTILE.into(),
        course_img: None,
        price: Fen(990),
        seat: 17,
        created_at: OPENS,
    }
}

/// The button in each phase, and without or with a sale that follows.
fn buttons(lang: Lang) -> Vec<(Phase, String)> {
    let paused = Sales::of(vec![Sale { paused: true, ..sale(1) }], OPENS);
    let mut all = Vec::new();
    for sales in [sales(OPENS.plus(-1)), sales(OPENS), sales(OPENS.plus(3_600_000)), paused] {
        let on = sales.get(SaleId(1)).expect("it is in the list");
        all.push((on.phase, html(|| seckill(lang, on, sales.get(SaleId(2))))));
        all.push((on.phase, html(|| seckill(lang, on, None))));
    }
    all
}

/// One of everything that shows text of the record or of the asker.
fn pieces(lang: Lang) -> Vec<String> {
    let sales = sales(OPENS);
    let query = CourseQuery { search: Some(HOSTILE.into()), category: Some(CategoryId(1)), page: 2, ..CourseQuery::default() };
    let categories = [Category { id: CategoryId(1), name: HOSTILE.into() }];
    let message = OutboxMessage { mobile: HOSTILE.into(), code: HOSTILE.into(), at: OPENS };
    let step = SignInStep { mobile: Some(HOSTILE.into()), gap_s: 60, wait_s: 0, demo: true, outbox: vec![message] };
    let wrong = AppError::field("code", Fault::WrongCode);
    let facts = || ticket::paid_for(lang, HOSTILE, Fen(990)).into_iter().collect();
    let cards = sales.coming().into_iter().map(|on| html(|| sale_card(lang, on, Some(HOSTILE))));
    let buttons = buttons(lang).into_iter().map(|(_, html)| html);
    cards
        .chain(buttons)
        .chain([
            html(|| course_grid(lang, &[card(1), card(2), card(3)], &sales, 1)),
            html(|| finder(lang, &query, &categories)),
            html(|| pager(lang, &query, 100)),
            html(|| outline(lang, &[chapter()])),
            html(|| teacher(lang, &person())),
            html(|| seat(lang, &order())),
            html(|| sign_in_form::mobile_step(lang, "/me", Some(&AppError::TooManyRequests { retry_s: 7 }))),
            html(|| sign_in_form::code_step(lang, "/me", HOSTILE, 60, Some(&wrong))),
            html(|| sign_in_form::outbox(lang, &step)),
            html(|| ticket::waiting(lang, HOSTILE, Some(12), facts())),
            html(|| ticket::won(lang, Some(17), Some(&order()), facts())),
            html(|| ticket::lost(lang, Reason::SoldOut, None, facts())),
            html(|| message::failure(lang, &AppError::field(HOSTILE, Fault::Unknown))),
            html(|| footer(lang)),
        ])
        .collect()
}

#[test]
fn no_text_leaves_its_place() {
    for html in Lang::ALL.into_iter().flat_map(pieces) {
        assert!(!html.contains("<script"), "{html}");
        assert!(!html.contains("javascript:"), "{html}");
        assert!(!html.contains("\"'>"), "{html}");
    }
}

#[test]
fn nothing_inline_runs_or_styles() {
    for html in Lang::ALL.into_iter().flat_map(pieces) {
        for forbidden in [" style=", " onclick=", " onload=", " onsubmit=", "<style"] {
            assert!(!html.contains(forbidden), "{forbidden} in {html}");
        }
    }
}

#[test]
fn the_data_block_ends_where_it_should() {
    for lang in Lang::ALL {
        let html = html(|| json_ld(lang, &course(1)));
        assert!(html.starts_with("<script type=\"application/ld+json\">{\"@context\":\"https://schema.org\""), "{html}");
        assert_eq!(html.matches('<').count(), 2, "{html}");
        assert!(html.ends_with("}</script>"), "{html}");
        assert!(html.contains(r#""name":"\"'\u003e\u003cscript\u003e"#), "{html}");
    }
}

#[test]
fn the_button_is_a_form_that_is_never_disabled() {
    for lang in Lang::ALL {
        for (phase, html) in buttons(lang) {
            assert!(html.contains("<form method=\"post\" action=\"/api/v1/user/sckill/?next="), "{html}");
            assert!(html.contains("<input type=\"hidden\" name=\"sale\" value=\"1\">"), "{html}");
            assert!(html.contains("type=\"submit\""), "{html}");
            assert!(!html.contains("disabled"), "{phase:?} {html}");
        }
    }
}

#[test]
fn a_course_gives_its_name_to_a_transition_once() {
    let sales = sales(OPENS);
    let html = html(|| course_grid(Lang::Zh, &[card(1), card(13), card(2)], &sales, 0));
    assert_eq!(html.matches("slot-1\"").count(), 1, "{html}");
    assert_eq!(html.matches("slot-2\"").count(), 1, "{html}");
}

#[test]
fn chinese_names_are_marked_on_english_pages_only() {
    let card = |lang| html(|| course_grid(lang, &[self::card(1)], &sales(OPENS), 0));
    assert!(card(Lang::En).contains("lang=\"zh-CN\""));
    assert!(!card(Lang::Zh).contains("lang="));
}

#[test]
fn an_open_sale_shows_its_price_and_its_end() {
    let sales = sales(OPENS);
    let card = html(|| course_grid(Lang::Zh, &[self::card(1)], &sales, 0));
    assert!(card.contains("data-sale=\"open\"") && card.contains("¥9.90") && card.contains("11-22 21:00"), "{card}");
    let next = html(|| course_grid(Lang::Zh, &[self::card(2)], &sales, 0));
    assert!(next.contains("data-sale=\"before\"") && !next.contains("¥9.90"), "{next}");
}

#[test]
fn the_open_sale_comes_first() {
    let order = |now| sales(now).coming().into_iter().map(|on| (on.sale.id.0, on.phase)).collect::<Vec<_>>();
    assert_eq!(order(OPENS), [(1, Phase::Open), (2, Phase::Upcoming)]);
    assert_eq!(order(OPENS.plus(3_600_000)), [(2, Phase::Upcoming)]);
}
