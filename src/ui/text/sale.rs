//! A sale: its card and the page around the button.

use crate::types::{
    lang::Lang,
    sale::SaleState,
    time::{MINUTE_MS, Millis},
};

/// Seats up to which their exact number is said; above it the nearest ten.
const EXACT_MAX: i64 = 100;
/// Milliseconds after the opening up to which a moment is said to the thousandth of a second: a
/// rush is over in less than one.
const RUSH_MS: i64 = MINUTE_MS;

texts! {
    left = "距结束", "Ends in";
    until = "距开抢", "Opens in";
    opens = "开抢", "Opens";
    ends = "结束", "Ends";
    go_open = "去抢", "Grab a seat";
    go_before = "去看看", "Have a look";
    sold_out = "已抢完", "Sold out";
    paused = "已暂停", "Paused";
    ended = "已结束", "Ended";
    seats_none = "已抢完", "All gone";
    seats_meter = "剩余座位", "Seats left";
    price_now = "秒杀价", "Sale price";
    price_sold_out = "秒杀价（已抢完）", "Sale price (sold out)";
    price_paused = "秒杀价（暂停中）", "Sale price (paused)";
    price_ended = "秒杀价（已结束）", "Sale price (ended)";
    price_ordinary = "原价", "Regular";
    rules_title = "规则", "Rules";
    rule_0 = "一个座位就是这门课的一个学习名额。", "A seat is one student’s place on this course.";
    rule_1 = "每人限一席，多点几次也只算一次。", "One seat each; clicking again changes nothing.";
    rule_2 = "先到先得，以服务器收到的次序为准。", "First come, first served, in the order our server receives clicks.";
    rule_3 = "排上队以后，离开页面或断网都不会丢名次。", "Once queued, your place is kept if you leave or lose the connection.";
    rule_4 = "抢到的座位先为您保留一段时间，到几时写在「我的课程」里；到时没有付款，座位放回这场秒杀。", "A seat that you get is held for you for a while: My courses says until when. If it is not paid by then, it goes back to the sale.";
    course_link = "看大纲和老师", "See outline and teacher";
}

/// What stands before the time that is left, or in its place.
pub fn clock_label(lang: Lang, state: SaleState) -> &'static str {
    match state {
        SaleState::Coming => until(lang),
        SaleState::Open => left(lang),
        SaleState::SoldOut => sold_out(lang),
        SaleState::Paused => paused(lang),
        SaleState::Ended => ended(lang),
    }
}

/// What a card invites to.
pub fn go(lang: Lang, state: SaleState) -> &'static str {
    match state {
        SaleState::Coming => go_before(lang),
        SaleState::Open => go_open(lang),
        SaleState::SoldOut | SaleState::Paused | SaleState::Ended => clock_label(lang, state),
    }
}

/// The word for a sale's price before the opening.
pub fn price_from(lang: Lang, when: &str) -> String {
    match lang {
        Lang::Zh => format!("{when} 秒杀价"),
        Lang::En => format!("Sale price from {when}"),
    }
}

/// The word for a sale's price that can't be had now.
pub fn price_of(lang: Lang, state: SaleState) -> String {
    let word = match state {
        SaleState::Coming | SaleState::Open => price_now(lang),
        SaleState::SoldOut => price_sold_out(lang),
        SaleState::Paused => price_paused(lang),
        SaleState::Ended => price_ended(lang),
    };
    word.to_owned()
}

/// A moment of a sale: `11-22 20:00:00.655` in its first minute, `11-22 20:14:05` after that.
fn moment(opens_at: Millis, at: Millis) -> String {
    let time = at.in_shop().day_and_second();
    if (0..RUSH_MS).contains(&at.since(opens_at)) {
        format!("{time}.{:03}", at.0.rem_euclid(1_000))
    } else {
        time
    }
}

/// A length of time in its two greatest units: `0.7 秒`, `12 分 5 秒`, `3 小时 20 分`, `2 天 3 小时`.
fn length(lang: Lang, ms: i64) -> String {
    let s = ms / 1_000;
    let units =
        |n: i64, (zh, en): (&str, &str), m: i64, (zh_small, en_small): (&str, &str)| match lang {
            Lang::Zh => format!("{n} {zh} {m} {zh_small}"),
            Lang::En => format!("{n} {en} {m} {en_small}"),
        };
    match s {
        ..60 => format!("{}.{} {}", s, ms % 1_000 / 100, lang.pick("秒", "s")),
        60..3_600 => units(s / 60, ("分", "min"), s % 60, ("秒", "s")),
        3_600..86_400 => units(s / 3_600, ("小时", "h"), s / 60 % 60, ("分", "min")),
        _ => units(s / 86_400, ("天", "d"), s / 3_600 % 24, ("小时", "h")),
    }
}

/// When the last seat went, on a card.
pub fn sold_out_since(lang: Lang, opens_at: Millis, at: Millis) -> String {
    let moment = moment(opens_at, at);
    match lang {
        Lang::Zh => format!("{moment} 抢完"),
        Lang::En => format!("Sold out {moment}"),
    }
}

/// When the last seat went, and how long that took.
pub fn sold_out_note(lang: Lang, stock: i64, opens_at: Millis, at: Millis) -> String {
    let took = length(lang, at.since(opens_at).max(0));
    let moment = moment(opens_at, at);
    match (lang, stock) {
        (Lang::Zh, _) => format!("{stock} 席在 {moment} 抢完，开抢后 {took}。"),
        (Lang::En, 1) => format!("The seat was gone at {moment}, {took} after the opening."),
        (Lang::En, _) => {
            format!("All {stock} seats were gone at {moment}, {took} after the opening.")
        }
    }
}

/// When the last seat went, and when the click came that found none.
pub fn last_seat(lang: Lang, at: Millis, clicked_at: Option<Millis>) -> String {
    // To the thousandth, without an opening to compare with.
    let exact = |at| moment(at, at);
    let own = clicked_at.map(|own| {
        [
            lang.pick("，您的点击 ", "; your click came at "),
            &exact(own),
            lang.pick(" 到", ""),
        ]
        .concat()
    });
    let last = [
        lang.pick("最后一席在 ", "The last seat went at "),
        &exact(at),
        lang.pick(" 被抢走", ""),
    ]
    .concat();
    [
        last.as_str(),
        own.as_deref().unwrap_or_default(),
        lang.pick("。", "."),
    ]
    .concat()
}

/// When the sale ends, beside the time that is left.
pub fn ends_at(lang: Lang, digits: &str, moment: &str) -> String {
    let (open, close) = lang.pick(("（", "）"), (" (", ")"));
    [left(lang), " ", digits, open, moment, close].concat()
}

/// When the sale ends, without a clock that runs.
pub fn ends_on(lang: Lang, moment: &str) -> String {
    match lang {
        Lang::Zh => format!("{moment} 结束"),
        Lang::En => format!("Ends {moment}"),
    }
}

/// Hours that are left beside whole days.
pub fn hours(lang: Lang, n: i64) -> String {
    [n.to_string().as_str(), lang.pick(" 小时", " h")].concat()
}

/// Seats that are left of all: their number up to a hundred, the nearest ten above, and whether one
/// is gone at all.
pub fn seats(lang: Lang, left: i64, stock: i64) -> String {
    let rounded = (left + 5) / 10 * 10;
    match left {
        _ if left == stock => seats_whole(lang, stock),
        // The nearest ten may be all there are, and then it is not true.
        _ if left > EXACT_MAX && rounded < stock => seats_about(lang, rounded),
        _ => seats_left(lang, left),
    }
}

fn seats_about(lang: Lang, n: i64) -> String {
    match lang {
        Lang::Zh => format!("约剩 {n} 席"),
        Lang::En => format!("About {n} seats left"),
    }
}

fn seats_left(lang: Lang, n: i64) -> String {
    match (lang, n) {
        (Lang::Zh, _) => format!("剩 {n} 席"),
        (Lang::En, 1) => String::from("1 seat left"),
        (Lang::En, _) => format!("{n} seats left"),
    }
}

fn seats_whole(lang: Lang, n: i64) -> String {
    match (lang, n) {
        (Lang::Zh, _) => format!("{n} 席都在"),
        (Lang::En, 1) => String::from("The seat is free"),
        (Lang::En, _) => format!("All {n} seats are free"),
    }
}

/// Seats of the sale.
pub fn seats_all(lang: Lang, n: i64) -> String {
    match (lang, n) {
        (Lang::Zh, _) => format!("共 {n} 席"),
        (Lang::En, 1) => String::from("1 seat"),
        (Lang::En, _) => format!("{n} seats"),
    }
}

/// What the page about a sale says of it to search engines and to those who share it: `prices` are
/// both, with their words.
pub fn description(lang: Lang, course: &str, when: &str, prices: &str, seats: i64) -> String {
    let all = seats_all(lang, seats);
    match (lang, seats) {
        (Lang::Zh, _) => format!("{course}，{when}，{prices}，{all}，每人限一席。"),
        (Lang::En, 1) => format!("{course}: {when}, {prices}, {all}."),
        (Lang::En, _) => format!("{course}: {when}, {prices}, {all}, one each."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENS: Millis = Millis(1_795_348_800_000);

    #[test]
    fn seats_are_exact_up_to_a_hundred_and_the_nearest_ten_above() {
        for (left, stock, zh) in [
            (99, 100, "剩 99 席"),
            (29, 100, "剩 29 席"),
            (1, 2, "剩 1 席"),
            (100, 100, "100 席都在"),
            (100, 1_000, "剩 100 席"),
            (104, 1_000, "约剩 100 席"),
            (105, 1_000, "约剩 110 席"),
            (994, 1_000, "约剩 990 席"),
            (999, 1_000, "剩 999 席"),
            (1_000, 1_000, "1000 席都在"),
        ] {
            assert_eq!(seats(Lang::Zh, left, stock), zh);
        }
        assert_eq!(seats(Lang::En, 1, 1), "The seat is free");
    }

    #[test]
    fn a_sale_that_sold_out_says_when_and_in_how_long() {
        for (after, zh) in [
            (655, "100 席在 11-22 20:00:00.655 抢完，开抢后 0.6 秒。"),
            (725_000, "100 席在 11-22 20:12:05 抢完，开抢后 12 分 5 秒。"),
            (
                12_000_000,
                "100 席在 11-22 23:20:00 抢完，开抢后 3 小时 20 分。",
            ),
            (
                183_600_000,
                "100 席在 11-24 23:00:00 抢完，开抢后 2 天 3 小时。",
            ),
        ] {
            assert_eq!(sold_out_note(Lang::Zh, 100, OPENS, OPENS.plus(after)), zh);
        }
        assert!(sold_out_note(Lang::En, 1, OPENS, OPENS).starts_with("The seat was gone at"));
        assert!(description(Lang::En, "Linux", "on", "¥1", 1).ends_with(", 1 seat."));
        let later = last_seat(Lang::Zh, OPENS.plus(655), Some(OPENS.plus(812)));
        assert_eq!(
            later,
            "最后一席在 11-22 20:00:00.655 被抢走，您的点击 11-22 20:00:00.812 到。"
        );
    }
}
