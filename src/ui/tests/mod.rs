//! Pieces of pages as HTML.

mod fixtures;
mod order;

use crate::{
    types::{
        error::AppError,
        ids::{CourseId, SaleId},
        lang::Lang,
        page::CourseQuery,
        sale::{Loss, Reason, Sale, SaleState},
    },
    ui::{
        parts::{
            course_card::course_grid,
            course_list::finder,
            json_ld::{self, json_ld},
            message,
            sale_card::sale_card,
            seckill::seckill,
            ticket,
        },
        sales::Sales,
        text,
    },
};
use fixtures::*;

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
    let sales = sales(OPENS);
    for lang in Lang::ALL {
        let html = html(|| json_ld(lang, &course(1), sales.of_course(CourseId(1))));
        assert!(
            html.starts_with(
                "<script type=\"application/ld+json\">{\"@context\":\"https://schema.org\""
            ),
            "{html}"
        );
        assert_eq!(html.matches('<').count(), 2, "{html}");
        assert!(html.ends_with("}</script>"), "{html}");
        assert!(
            html.contains(r#""name":"\"'\u003e\u003cscript\u003e"#),
            "{html}"
        );
    }
}

#[test]
fn the_button_is_a_form_that_takes_every_click_that_may_come_to_something() {
    for lang in Lang::ALL {
        for (state, html) in buttons(lang) {
            assert!(
                html.contains("<form method=\"post\" action=\"/api/v1/user/sckill/?next="),
                "{html}"
            );
            assert!(
                html.contains("<input type=\"hidden\" name=\"sale\" value=\"1\">"),
                "{html}"
            );
            let is_over = matches!(state, SaleState::SoldOut | SaleState::Ended);
            assert_eq!(
                html.contains("type=\"submit\""),
                !is_over,
                "{state:?} {html}"
            );
            assert_eq!(html.contains("aria-disabled"), is_over, "{state:?} {html}");
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
    assert!(
        card.contains("data-state=\"open\"")
            && card.contains("¥9.90")
            && card.contains("11-22 21:00"),
        "{card}"
    );
}

/// What a page says, without what stands in its attributes.
fn words(html: &str) -> String {
    html.split('<')
        .filter_map(|part| part.split_once('>'))
        .map(|(_, text)| text)
        .collect()
}

#[test]
fn both_prices_stand_everywhere_and_say_when_they_hold() {
    for (now, state) in [
        (OPENS.plus(-1), "before"),
        (OPENS, "open"),
        (OPENS.plus(3_600_000), ""),
    ] {
        let sales = sales(now);
        let Some(on) = sales.of_course(CourseId(1)) else {
            continue;
        };
        let word = if state == "before" {
            "11-22 20:00 秒杀价"
        } else {
            "秒杀价"
        };
        for html in [
            html(|| course_grid(Lang::Zh, &[self::card(1)], &sales, 0)),
            html(|| sale_card(Lang::Zh, on, None)),
            html(|| seckill(Lang::Zh, on, None)),
        ] {
            let words = words(&html);
            assert!(
                words.contains(&format!("{word} ¥9.90 原价 ¥99")),
                "{state}: {words}"
            );
        }
        let data = json_ld::course_json(Lang::Zh, &course(1), Some(on), "https://shop.example");
        assert!(
            data.contains(r#""price":"99.00""#) && data.contains(r#""price":"9.90""#),
            "{data}"
        );
        assert!(
            data.contains(r#""validFrom":"2026-11-22T20:00:00+08:00""#),
            "{data}"
        );
    }
}

#[test]
fn a_sale_without_seats_says_so_wherever_it_stands_and_takes_no_click() {
    let sales = sold_out(OPENS.plus(60_000));
    let on = sales.get(SaleId(1)).expect("it is in the list");
    let (card, list, sheet) = (
        html(|| sale_card(Lang::Zh, on, None)),
        html(|| course_grid(Lang::Zh, &[self::card(1)], &sales, 0)),
        html(|| seckill(Lang::Zh, on, sales.instead_of(on.sale))),
    );
    for html in [&card, &list, &sheet] {
        assert!(
            html.contains("data-state=\"sold-out\"") && words(html).contains("已抢完"),
            "{html}"
        );
        for untrue in [
            "去抢",
            "立即秒杀",
            "正在开抢",
            "登录后秒杀",
            "秒杀中",
            "data-hot",
        ] {
            assert!(!html.contains(untrue), "{untrue} in {html}");
        }
    }
    assert!(
        words(&sheet).contains("100 席在 11-22 20:00:00.655 抢完，开抢后 0.6 秒。"),
        "{sheet}"
    );
    assert!(
        words(&sheet).contains("下一场：2026-11-22 22:00"),
        "{sheet}"
    );
}

#[test]
fn what_a_piece_will_say_later_is_no_text_of_it_yet() {
    let (before, open) = (sales(OPENS.plus(-1)), sales(OPENS));
    for (sales, now, later) in [
        (&before, ["去看看", "开抢"], ["去抢", "已结束"]),
        (&open, ["去抢", "秒杀价"], ["已结束", "去看看"]),
    ] {
        let on = sales.get(SaleId(1)).expect("it is in the list");
        let card = html(|| sale_card(Lang::Zh, on, None));
        assert!(now.iter().all(|word| words(&card).contains(word)), "{card}");
        assert!(
            !later.iter().any(|word| words(&card).contains(word)),
            "{card}"
        );
    }
    let card = html(|| sale_card(Lang::Zh, before.get(SaleId(1)).expect("in the list"), None));
    assert!(
        card.contains("data-open=\"去抢\"") && card.contains("data-ended=\"已结束\""),
        "{card}"
    );
    assert!(
        card.contains("data-open=\"距结束\"") && card.contains("data-before=\"距开抢\""),
        "{card}"
    );
}

#[test]
fn whoever_gets_no_seat_is_led_to_one_that_can_be_had() {
    let at = |id, course, opens: i64, lasts: i64| Sale {
        course_id: CourseId(course),
        opens_at: OPENS.plus(opens),
        closes_at: OPENS.plus(opens + lasts),
        ..sale(id)
    };
    let over = at(1, 1, -9_000, 1_000);
    let others = [
        at(2, 2, -1_000, 9_000),
        at(3, 1, 5_000, 1_000),
        Sale {
            paused: true,
            ..at(4, 1, -1_000, 9_000)
        },
    ];
    let gone = Sale {
        sold_out_at: Some(OPENS),
        ..at(5, 1, -1_000, 9_000)
    };
    let instead = |others: &[Sale]| {
        let sales = Sales::of([&[over.clone(), gone.clone()], others].concat(), OPENS);
        sales.instead_of(&over).map(|on| (on.sale.id.0, on.state))
    };
    assert_eq!(
        instead(&others),
        Some((3, SaleState::Coming)),
        "the same course first"
    );
    assert_eq!(instead(&others[..1]), Some((2, SaleState::Open)));
    assert_eq!(
        instead(&others[2..]),
        None,
        "neither a paused one nor one without seats"
    );
    let sales = Sales::of(vec![over.clone(), others[0].clone()], OPENS);
    let sheet = html(|| {
        seckill(
            Lang::Zh,
            sales.get(SaleId(1)).expect("in the list"),
            sales.instead_of(&over),
        )
    });
    assert!(
        words(&sheet).contains("正在抢：") && !words(&sheet).contains("下一场"),
        "{sheet}"
    );
}

#[test]
fn a_loss_says_what_is_true_of_it_an_hour_later() {
    let say = |loss: &Loss| crate::ui::text::seckill::lost(Lang::Zh, loss);
    let known = loss(Reason::SoldOut);
    assert_eq!(
        say(&known),
        "最后一席在 11-22 20:00:00.655 被抢走，您的点击 11-22 20:00:00.812 到。"
    );
    let hair = Loss {
        clicked_at: Some(OPENS),
        ..known
    };
    assert_eq!(
        say(&hair),
        "最后一席在 11-22 20:00:00.655 被抢走。",
        "clocks of two servers differ by a hair"
    );
    assert_eq!(
        say(&Loss {
            sold_out_at: None,
            ..known
        }),
        "座位已经抢完。"
    );
}

#[test]
fn a_ticket_shows_the_end_of_its_id_and_keeps_the_whole_behind_it() {
    let html = html(|| {
        ticket::lost(
            Lang::Zh,
            &loss(Reason::TooEarly),
            None,
            vec![ticket::id(Lang::Zh, "abcdefghijklmnop")],
        )
    });
    assert!(
        words(&html).contains("点早了") && !html.contains("秒杀失败"),
        "{html}"
    );
    assert!(
        html.contains("<details") && words(&html).contains("…klmnop"),
        "{html}"
    );
}

#[test]
fn a_page_without_its_program_says_what_it_means_once() {
    for (place, said) in [
        (None, "您的名次正在确认"),
        (Some(0), "您的名次下一个就是您"),
        (Some(3), "您的名次前面 3 人"),
    ] {
        let html = html(|| ticket::waiting(Lang::Zh, "abc", place, Vec::new()));
        assert!(
            words(&html)
                .replace(['\n', ' '], "")
                .contains(&said.replace(' ', "")),
            "{html}"
        );
    }
    let coming = sales(OPENS.plus(-60_000));
    let on = coming.get(SaleId(1)).expect("it is in the list");
    let html = html(|| ticket::facts_of(vec![ticket::opens(Lang::Zh, on.sale)]));
    assert_eq!(words(&html).matches("开抢").count(), 1, "{html}");
}

#[test]
fn a_refusal_leads_to_what_mends_it() {
    let unknown = html(|| ticket::lost(Lang::En, &loss(Reason::NoTicket), None, Vec::new()));
    assert!(
        unknown.contains("href=\"/en#sales\"") && words(&unknown).contains("See the flash sales"),
        "{unknown}"
    );
    let foreign = html(|| message::failure(Lang::En, &AppError::NotYours));
    assert!(
        foreign.contains("href=\"/en/me\"") && words(&foreign).contains("Change accounts"),
        "{foreign}"
    );
}

#[test]
fn an_order_that_only_an_address_names_is_kept() {
    let select = |order: &str| {
        let query = CourseQuery {
            ordering: order.parse().expect("an order"),
            ..CourseQuery::default()
        };
        html(|| finder(Lang::Zh, &query, &[]))
    };
    let own = select("-price,students");
    assert!(
        own.contains("<option value=\"-price,students\" selected>网址里的次序"),
        "{own}"
    );
    assert_eq!(own.matches(" selected").count(), 1, "{own}");
    for offered in ["orders", "-price"] {
        let html = select(offered);
        assert!(
            html.contains(&format!("<option value=\"{offered}\" selected>"))
                && !html.contains("网址里的次序"),
            "{html}"
        );
    }
}

#[test]
fn a_shop_that_can_t_answer_tells_of_no_crowd() {
    for lang in Lang::ALL {
        let words = [
            text::failure::title(lang, &AppError::Unavailable).to_owned(),
            text::failure::text(lang, &AppError::Unavailable),
        ];
        assert!(
            !words
                .iter()
                .any(|words| words.contains("人太多") || words.to_lowercase().contains("busy")),
            "{words:?}"
        );
    }
}

#[test]
fn the_open_sale_comes_first() {
    let order = |sales: Sales| {
        sales
            .coming()
            .into_iter()
            .map(|on| (on.sale.id.0, on.state))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        order(sales(OPENS)),
        [(1, SaleState::Open), (2, SaleState::Coming)]
    );
    assert_eq!(
        order(sales(OPENS.plus(3_600_000))),
        [(2, SaleState::Coming)]
    );
    assert_eq!(
        order(sold_out(OPENS.plus(1_000))),
        [(2, SaleState::Coming), (1, SaleState::SoldOut)]
    );
}
