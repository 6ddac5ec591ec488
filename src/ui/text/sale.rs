//! A sale: its card and the page around the button.

use crate::types::lang::Lang;

texts! {
    left = "距结束", "Ends in";
    until = "距开抢", "Opens in";
    go_open = "去抢", "Grab a seat";
    go_before = "去看看", "Have a look";
    seats_none = "已抢完", "All gone";
    seats_meter = "剩余座位", "Seats left";
    price_now = "秒杀价", "Sale price";
    price_was = "原价", "Was";
    rules_title = "规则", "Rules";
    rule_1 = "每人限一席，多点几次也只算一次。", "One seat each; clicking again changes nothing.";
    rule_2 = "先到先得，以服务器收到的次序为准。", "First come, first served, in the order our server receives clicks.";
    rule_3 = "排上队以后，离开页面或断网都不会丢名次。", "Once queued, your place is kept if you leave or lose the connection.";
    course_link = "看大纲和老师", "See outline and teacher";
}

/// When it opens, before a time of day.
pub fn opens_on(lang: Lang, day: &str) -> String {
    match lang {
        Lang::Zh => format!("开抢 {day}"),
        Lang::En => format!("Opens {day}"),
    }
}

/// When it ends, before a time of day.
pub fn ends_on(lang: Lang, day: &str) -> String {
    match lang {
        Lang::Zh => format!("结束 {day}"),
        Lang::En => format!("Ends {day}"),
    }
}

/// Seats that are left, when there are many.
pub fn seats_about(lang: Lang, n: i64) -> String {
    match lang {
        Lang::Zh => format!("约剩 {n} 席"),
        Lang::En => format!("About {n} seats left"),
    }
}

/// Seats that are left.
pub fn seats_left(lang: Lang, n: i64) -> String {
    match (lang, n) {
        (Lang::Zh, _) => format!("剩 {n} 席"),
        (Lang::En, 1) => String::from("1 seat left"),
        (Lang::En, _) => format!("{n} seats left"),
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

/// What the page about a sale says of it to search engines.
pub fn description(lang: Lang, course: &str, price: &str, seats: i64) -> String {
    match lang {
        Lang::Zh => format!("{course}，秒杀价 {price}，共 {seats} 席，每人限一席。"),
        Lang::En => format!("{course} on sale for {price}: {seats} seats, one each."),
    }
}
