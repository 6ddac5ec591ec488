//! Fixtures: what the pieces of pages are made of, with hostile text in every field.

use crate::{
    types::{
        account::{OutboxMessage, SignInStep},
        catalog::{
            Card, Category, Chapter, Course, CourseType, Level, Role, Section, SectionType, Status,
            Teacher,
        },
        error::{AppError, Fault},
        ids::{CategoryId, ChapterId, CourseId, OrderId, SaleId, SectionId, TeacherId},
        lang::Lang,
        money::Fen,
        order::{Order, OrderDetail, OrderPayment, OrderRefund, OrderState},
        page::CourseQuery,
        payment::{Provider, RefundState},
        sale::{Loss, Reason, Sale, SaleState, StudentTicket},
        time::Millis,
    },
    ui::{
        parts::{
            course_card::course_grid,
            course_list::finder,
            footer::footer,
            message,
            offer::offer,
            order,
            outline::outline,
            pager::pager,
            sale_card::sale_card,
            seat::{seat, tries},
            seckill::seckill,
            sign_in_form,
            teacher::teacher,
            ticket,
        },
        sales::Sales,
    },
};
use hydration_context::SsrSharedContext;
use leptos::prelude::*;
use std::sync::Arc;

/// Closes an attribute, an element and a script.
pub(super) const HOSTILE: &str = "\"'><script>alert(1)</script></title><!--";

pub(super) const OPENS: Millis = Millis(1_795_348_800_000);

pub(super) fn html<V: IntoView>(view: impl FnOnce() -> V) -> String {
    let context = Arc::new(SsrSharedContext::new_islands());
    Owner::new_root(Some(context)).with(|| view().into_view().to_html())
}

pub(super) fn person() -> Teacher {
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

pub(super) fn course(id: i64) -> Course {
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
        course_category: Some(Category {
            id: CategoryId(1),
            name: HOSTILE.into(),
        }),
        teacher: Some(person()),
        section_list: Vec::new(),
    }
}

pub(super) fn card(id: i64) -> Card {
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

pub(super) fn sale(id: i64) -> Sale {
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
        sold_out_at: None,
    }
}

pub(super) fn sales(now: Millis) -> Sales {
    Sales::of(
        vec![
            sale(1),
            Sale {
                opens_at: OPENS.plus(7_200_000),
                closes_at: OPENS.plus(9_000_000),
                ..sale(2)
            },
        ],
        now,
    )
}

pub(super) fn chapter() -> Chapter {
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
    Chapter {
        id: ChapterId(1),
        chapter: 1,
        name: HOSTILE.into(),
        summary: Some(HOSTILE.into()),
        coursesections: vec![section],
    }
}

/// An order in this state, with a seat.
pub(super) fn order(state: OrderState) -> Order {
    let is_over = !state.is_live();
    Order {
        id: OrderId(17),
        sale_id: Some(SaleId(1)),
        course_id: CourseId(1),
        course_name: HOSTILE.into(),
        course_img: None,
        course_is_shown: true,
        price: Fen(990),
        seat: Some(17),
        clicked_at: OPENS,
        created_at: OPENS,
        state,
        expires_at: Some(OPENS.plus(900_000)),
        paid_at: (state == OrderState::Paid).then_some(OPENS.plus(60_000)),
        ended_at: is_over.then_some(OPENS.plus(900_000)),
    }
}

/// The same as its page shows it, a minute after the click.
pub(super) fn detail(state: OrderState) -> OrderDetail {
    let payment = OrderPayment {
        provider: Provider::Mock,
        gateway_no: Some(HOSTILE.into()),
        out_trade_no: HOSTILE.into(),
        paid_at: Some(OPENS.plus(60_000)),
    };
    let refund = OrderRefund {
        amount: Fen(990),
        state: RefundState::Failed,
        done_at: None,
    };
    let is_refund = matches!(state, OrderState::Refunding | OrderState::Refunded);
    OrderDetail {
        order: order(state),
        now: OPENS.plus(60_000),
        providers: if state == OrderState::Held {
            Provider::ALL.to_vec()
        } else {
            Vec::new()
        },
        payment: (is_refund || state == OrderState::Paid).then_some(payment),
        refund: is_refund.then_some(refund),
    }
}

/// Every page of an order, and every row of a list.
fn orders(lang: Lang) -> Vec<String> {
    let of = |state: OrderState| {
        let (detail, own) = (detail(state), self::order(state));
        [
            html(|| order::order(lang, &detail, order::Paying::Not)),
            html(|| order::order(lang, &detail, order::Paying::Done)),
            html(|| order::receipt(lang, &detail)),
            html(|| order::ended(lang, &own)),
            html(|| seat(lang, &own, OPENS)),
            html(|| ticket::ended(lang, Some(state), own.sale_id, Vec::new())),
        ]
    };
    OrderState::ALL.into_iter().flat_map(of).collect()
}

/// The same two, the first one without seats 655 ms after its opening.
pub(super) fn sold_out(now: Millis) -> Sales {
    let gone = Sale {
        sold_out_at: Some(OPENS.plus(655)),
        ..sale(1)
    };
    Sales::of(
        vec![
            gone,
            Sale {
                opens_at: OPENS.plus(7_200_000),
                closes_at: OPENS.plus(9_000_000),
                ..sale(2)
            },
        ],
        now,
    )
}

/// The button in each state, and without or with a sale that follows.
pub(super) fn buttons(lang: Lang) -> Vec<(SaleState, String)> {
    let paused = Sales::of(
        vec![Sale {
            paused: true,
            ..sale(1)
        }],
        OPENS,
    );
    let mut all = Vec::new();
    for sales in [
        sales(OPENS.plus(-1)),
        sales(OPENS),
        sales(OPENS.plus(3_600_000)),
        paused,
        sold_out(OPENS.plus(1_000)),
    ] {
        let on = sales.get(SaleId(1)).expect("it is in the list");
        all.push((on.state, html(|| seckill(lang, on, sales.get(SaleId(2))))));
        all.push((on.state, html(|| seckill(lang, on, None))));
    }
    all
}

pub(super) fn loss(reason: Reason) -> Loss {
    Loss {
        reason,
        clicked_at: Some(OPENS.plus(812)),
        sold_out_at: Some(OPENS.plus(655)),
    }
}

pub(super) fn attempt(reason: Option<Reason>) -> StudentTicket {
    StudentTicket {
        task_id: HOSTILE.into(),
        sale_id: SaleId(1),
        course_name: HOSTILE.into(),
        clicked_at: OPENS,
        reason,
    }
}

/// One of everything that shows text of the database or of the asker.
pub(super) fn pieces(lang: Lang) -> Vec<String> {
    let sales = sales(OPENS);
    let query = CourseQuery {
        search: Some(HOSTILE.into()),
        category: Some(CategoryId(1)),
        page: 2,
        ..CourseQuery::default()
    };
    let categories = [Category {
        id: CategoryId(1),
        name: HOSTILE.into(),
    }];
    let message = OutboxMessage {
        mobile: HOSTILE.into(),
        code: HOSTILE.into(),
        at: OPENS,
    };
    let step = SignInStep {
        mobile: Some(HOSTILE.into()),
        gap_s: 60,
        wait_s: 0,
        demo: true,
        outbox: vec![message],
    };
    let wrong = AppError::field("code", Fault::WrongCode);
    let facts = || {
        ticket::paid_for(lang, HOSTILE, Fen(990))
            .into_iter()
            .collect()
    };
    let cards = sales
        .coming()
        .into_iter()
        .map(|on| html(|| sale_card(lang, on, Some(HOSTILE))));
    let buttons = buttons(lang).into_iter().map(|(_, html)| html);
    cards
        .chain(buttons)
        .chain(orders(lang))
        .chain([
            html(|| course_grid(lang, &[card(1), card(2), card(3)], &sales, 1)),
            html(|| finder(lang, &query, &categories)),
            html(|| pager(lang, &query, 100)),
            html(|| outline(lang, &[chapter()], None)),
            html(|| outline(lang, &[chapter()], Some(CourseId(1)))),
            html(|| teacher(lang, &person())),
            html(|| offer(lang, &course(1), None, false)),
            html(|| offer(lang, &course(1), sales.of_course(CourseId(1)), false)),
            html(|| offer(lang, &course(1), None, true)),
            html(|| {
                sign_in_form::mobile_step(
                    lang,
                    "/me",
                    Some(&AppError::TooManyRequests { retry_s: 7 }),
                    Some(HOSTILE),
                )
            }),
            html(|| sign_in_form::code_step(lang, "/me", HOSTILE, 60, Some(&wrong))),
            html(|| sign_in_form::outbox(lang, &step)),
            html(|| ticket::waiting(lang, HOSTILE, Some(12), facts())),
            html(|| {
                ticket::won(
                    lang,
                    Some(17),
                    Some(&self::order(OrderState::Held)),
                    facts(),
                )
            }),
            html(|| {
                ticket::won(
                    lang,
                    Some(17),
                    Some(&self::order(OrderState::Paid)),
                    facts(),
                )
            }),
            html(|| {
                ticket::lost(
                    lang,
                    &loss(Reason::SoldOut),
                    None,
                    [ticket::id(lang, HOSTILE)]
                        .into_iter()
                        .chain(facts())
                        .collect(),
                )
            }),
            html(|| {
                tries(
                    lang,
                    HOSTILE,
                    &[attempt(None), attempt(Some(Reason::SoldOut))],
                )
            }),
            html(|| message::failure(lang, &AppError::field(HOSTILE, Fault::Unknown))),
            html(|| footer(lang)),
        ])
        .collect()
}
