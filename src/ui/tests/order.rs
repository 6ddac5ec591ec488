//! Orders, holds and offers as HTML.

use super::{fixtures::*, words};
use crate::{
    types::{
        catalog::{Course, CourseType},
        ids::{CourseId, SaleId},
        lang::Lang,
        money::Fen,
        order::{Order, OrderDetail, OrderState},
        payment::QrCode,
    },
    ui::parts::{
        offer::offer,
        order::{self, Paying},
        seat::seat,
        ticket,
    },
};

fn page(detail: &OrderDetail, paying: Paying<'_>) -> String {
    html(|| order::order(Lang::Zh, detail, paying))
}

fn code() -> QrCode {
    QrCode {
        side: 29,
        path: "M4 4h7v1h-7z".into(),
    }
}

#[test]
fn a_code_is_a_picture_with_a_name_black_on_white() {
    let html = page(&detail(OrderState::Held), Paying::By(&code()));
    for part in [
        "role=\"img\" aria-label=\"支付 ¥9.90 的二维码\" width=\"319\" height=\"319\" viewBox=\"0 0 29 29\"",
        "<path fill=\"#fff\" d=\"M0 0h29v29h-29z\"></path><path fill=\"#000\" d=\"M4 4h7v1h-7z\">",
    ] {
        assert!(html.contains(part), "{html}");
    }
    assert!(words(&html).contains("请用手机扫码支付"), "{html}");
    let late = OrderDetail {
        now: OPENS.plus(900_000),
        ..detail(OrderState::Held)
    };
    assert!(!page(&late, Paying::By(&code())).contains("<svg class=\"qr\""));
}

#[test]
fn only_a_hold_that_has_time_left_can_be_paid_and_given_back() {
    for state in OrderState::ALL {
        let html = page(&detail(state), Paying::Not);
        let is_held = state == OrderState::Held;
        for form in ["/api/v1/order/pay/?next=", "/api/v1/order/cancel/?next="] {
            assert_eq!(html.contains(form), is_held, "{state:?} {form} {html}");
        }
    }
    let late = OrderDetail {
        now: OPENS.plus(900_000),
        ..detail(OrderState::Held)
    };
    let html = page(&late, Paying::Not);
    assert!(!html.contains("/api/v1/order/pay/"), "{html}");
    assert!(words(&html).contains("正在确认付款"), "{html}");
}

#[test]
fn a_form_names_the_order_its_provider_and_its_page() {
    let html = page(&detail(OrderState::Held), Paying::Not);
    assert!(
        html.contains(
            "<form method=\"post\" action=\"/api/v1/order/pay/?next=%2Forders%2F17\">\
             <input type=\"hidden\" name=\"order\" value=\"17\">\
             <input type=\"hidden\" name=\"provider\" value=\"mock\">"
        ),
        "{html}"
    );
    assert!(words(&html).contains("支付 ¥9.90 · 演示支付"), "{html}");
}

#[test]
fn a_page_looks_again_while_its_order_is_on_the_way() {
    let code = code();
    for (state, paying, plain_s, again_s) in [
        (OrderState::Held, Paying::Not, 30, 841),
        (OrderState::Held, Paying::By(&code), 5, 5),
        (OrderState::Held, Paying::Done, 5, 5),
        (OrderState::Closing, Paying::Not, 5, 5),
        (OrderState::Refunding, Paying::Not, 30, 30),
    ] {
        let html = page(&detail(state), paying);
        assert!(
            html.contains(&format!("<noscript data-again=\"{again_s}\">"))
                && html.contains(&format!("content=\"{plain_s}\"")),
            "{state:?} {html}"
        );
    }
    for state in [
        OrderState::Paid,
        OrderState::Expired,
        OrderState::Cancelled,
        OrderState::Refunded,
    ] {
        let html = page(&detail(state), Paying::Done);
        assert!(!html.contains("<noscript"), "{state:?} {html}");
    }
}

#[test]
fn the_clock_of_a_hold_is_red_in_its_last_two_minutes() {
    let clock = |ms: i64| html(|| crate::ui::parts::hold::hold(Lang::Zh, OPENS, OPENS.plus(ms)));
    let lateness = |state: &str| format!("hidden data-turn=\"\" data-state=\"{state}\"");
    assert!(clock(-120_001).contains(&lateness("before")));
    assert!(clock(-120_000).contains(&lateness("open")));
    assert!(words(&clock(-1)).contains("保留到 11-22 20:00:00"));
}

#[test]
fn an_order_without_a_seat_names_none() {
    let bought = Order {
        sale_id: None,
        seat: None,
        ..order(OrderState::Paid)
    };
    let card = html(|| seat(Lang::Zh, &bought, OPENS));
    assert!(
        !words(&card).contains("席")
            && words(&card).contains("下单")
            && words(&card).contains("继续学习"),
        "{card}"
    );
    let ended = OrderDetail {
        order: Order {
            state: OrderState::Expired,
            ..bought
        },
        ..detail(OrderState::Expired)
    };
    let html = page(&ended, Paying::Not);
    assert!(
        !words(&html).contains("座位") && !html.contains("/seckill/"),
        "{html}"
    );
}

#[test]
fn a_hidden_course_stays_its_student_s_and_has_no_link() {
    let hidden = Order {
        course_is_shown: false,
        ..order(OrderState::Paid)
    };
    let card = html(|| seat(Lang::Zh, &hidden, OPENS));
    let of_order = page(
        &OrderDetail {
            order: hidden,
            ..detail(OrderState::Paid)
        },
        Paying::Not,
    );
    for html in [card, of_order] {
        assert!(
            words(&html).contains("它仍然是您的") && !html.contains("/courses/"),
            "{html}"
        );
    }
}

#[test]
fn a_receipt_has_both_numbers_and_an_order_that_ended_says_what_becomes_of_the_money() {
    let html = html(|| order::receipt(Lang::Zh, &detail(OrderState::Paid)));
    for word in [
        "订单号",
        "商户订单号",
        "支付平台流水号",
        "¥9.90",
        "付款时间",
    ] {
        assert!(words(&html).contains(word), "{word} {html}");
    }
    let refunding = page(&detail(OrderState::Refunding), Paying::Not);
    assert!(
        words(&refunding).contains("¥9.90 · 支付平台没有办成，需要人工处理"),
        "{refunding}"
    );
}

#[test]
fn a_ticket_that_won_says_whether_it_is_still_to_be_paid() {
    let won = |state| html(|| ticket::won(Lang::Zh, Some(17), Some(&order(state)), Vec::new()));
    let held = won(OrderState::Held);
    assert!(
        words(&held).contains("请在 11-22 20:15:00 前付款") && held.contains("/orders/17"),
        "{held}"
    );
    let paid = won(OrderState::Paid);
    assert!(
        words(&paid).contains("座位是您的了") && !words(&paid).contains("付款"),
        "{paid}"
    );
    let unknown = html(|| ticket::won(Lang::Zh, Some(17), None, Vec::new()));
    assert!(words(&unknown).contains("还没付款的"), "{unknown}");
    let expired = html(|| {
        ticket::ended(
            Lang::Zh,
            Some(OrderState::Expired),
            Some(SaleId(1)),
            Vec::new(),
        )
    });
    assert!(words(&expired).contains("没有收到付款"), "{expired}");
}

#[test]
fn a_course_without_a_sale_is_bought_by_a_form() {
    let plain = Course {
        course_type: CourseType::Paid,
        ..course(1)
    };
    let html_of = |course: &Course, may_study| html(|| offer(Lang::Zh, course, None, may_study));
    let html = html_of(&plain, false);
    assert!(
        html.contains(
            "<form method=\"post\" action=\"/api/v1/order/buy/?next=%2Fcourses%2F1\">\
             <input type=\"hidden\" name=\"course\" value=\"1\">"
        ) && words(&html).contains("购买"),
        "{html}"
    );
    assert!(!words(&html).contains("会员"), "{html}");
    let free = Course {
        price: Fen(0),
        ..plain.clone()
    };
    assert!(words(&html_of(&free, false)).contains("免费加入"));
    let members = html_of(&course(1), false);
    assert!(
        words(&members).contains("只对会员开放") && !members.contains("<form"),
        "{members}"
    );
    let own = html_of(&plain, true);
    assert!(
        !own.contains("<form")
            && own.contains("href=\"/learn/1\"")
            && words(&own).contains("继续学习"),
        "{own}"
    );
}

#[test]
fn a_course_with_a_sale_names_its_ordinary_price_on_the_other_button() {
    let sales = sales(OPENS.plus(-1));
    let plain = Course {
        course_type: CourseType::Paid,
        ..course(1)
    };
    let html_of =
        |course: &Course| html(|| offer(Lang::Zh, course, sales.of_course(CourseId(1)), false));
    assert!(
        !html_of(&course(1)).contains("<form"),
        "only members may have it"
    );
    let html = html_of(&plain);
    assert!(
        words(&html).contains("去秒杀") && words(&html).contains("按原价 ¥99 购买"),
        "{html}"
    );
}
