//! A course: its card and its page.

use crate::types::{lang::Lang, sale::SaleState};

texts! {
    free = "免费", "Free";
    announced = "即将上线", "Coming soon";
    sale_on = "秒杀中", "Flash sale on";
    sale_soon = "即将开抢", "Opens soon";
    sale_gone = "已抢完", "Sold out";
    sale_paused = "秒杀暂停", "Sale paused";
    sale_over = "秒杀已结束", "Sale over";
    fact_level = "难度", "Level";
    fact_days = "天数", "Days";
    fact_sections = "已更新", "Published";
    fact_students = "在学", "Students";
    outline_title = "课程大纲", "Outline";
    outline_none = "大纲还在编写。", "The outline is still being written.";
    section_free = "试看", "Free preview";
    teacher_title = "老师", "Teacher";
    sale_go = "去秒杀", "Go to the sale";
    free_go = "免费试看", "Free preview";
    outline_go = "看大纲", "See the outline";
    buy = "购买", "Buy";
    join = "免费加入", "Join for free";
    members_only = "VIP专享：这门课只对会员开放。", "VIP only: this course is for members.";
    own = "您可以学习这门课", "This course is yours to study";
}

/// What stands across a course's card for its sale.
pub fn sale_strip(lang: Lang, state: SaleState) -> &'static str {
    match state {
        SaleState::Coming => sale_soon(lang),
        SaleState::Open => sale_on(lang),
        SaleState::SoldOut => sale_gone(lang),
        SaleState::Paused => sale_paused(lang),
        SaleState::Ended => sale_over(lang),
    }
}

/// What the button of a course's page says of its sale.
pub fn sale_button(lang: Lang, state: SaleState) -> &'static str {
    match state {
        SaleState::Coming | SaleState::Open => sale_go(lang),
        SaleState::SoldOut | SaleState::Paused | SaleState::Ended => sale_strip(lang, state),
    }
}

/// The button that buys a course at its ordinary price while it has a sale.
pub fn buy_ordinary(lang: Lang, price: &str) -> String {
    match lang {
        Lang::Zh => format!("按原价 {price} 购买"),
        Lang::En => format!("Buy at the regular {price}"),
    }
}

pub fn by_teacher(lang: Lang, name: &str) -> String {
    match lang {
        Lang::Zh => format!("{name} 主讲"),
        Lang::En => format!("Taught by {name}"),
    }
}

/// How many lessons there are.
pub fn lessons(lang: Lang, n: i64) -> String {
    match (lang, n) {
        (Lang::Zh, _) => format!("{n} 节"),
        (Lang::En, 1) => String::from("1 lesson"),
        (Lang::En, _) => format!("{n} lessons"),
    }
}

/// How many study it.
pub fn students(lang: Lang, n: i64) -> String {
    match (lang, n) {
        (Lang::Zh, _) => format!("{n} 人在学"),
        (Lang::En, 1) => String::from("1 student"),
        (Lang::En, _) => format!("{n} students"),
    }
}

/// Suggested days of study.
pub fn days(lang: Lang, n: i64) -> String {
    match (lang, n) {
        (Lang::Zh, _) => format!("{n} 天"),
        (Lang::En, 1) => String::from("1 day"),
        (Lang::En, _) => format!("{n} days"),
    }
}

/// Lessons published, of all.
pub fn published(lang: Lang, n: i64, of: i64) -> String {
    match lang {
        Lang::Zh => format!("{n} / {of} 节"),
        Lang::En => format!("{n} of {of}"),
    }
}

/// How many study it, beside the word for students.
pub fn people(lang: Lang, n: i64) -> String {
    match lang {
        Lang::Zh => format!("{n} 人"),
        Lang::En => n.to_string(),
    }
}

/// A chapter's number.
pub fn chapter(lang: Lang, n: i64) -> String {
    match lang {
        Lang::Zh => format!("第 {n} 章"),
        Lang::En => format!("Chapter {n}"),
    }
}

/// What a page about a course without a brief says of it to search engines.
pub fn description(lang: Lang, name: &str, teacher: Option<&str>) -> String {
    match (lang, teacher) {
        (Lang::Zh, Some(teacher)) => format!("{name}，{teacher} 主讲。看大纲、老师和价格。"),
        (Lang::Zh, None) => format!("{name}。看大纲和价格。"),
        (Lang::En, Some(teacher)) => {
            format!("{name}, taught by {teacher}: outline, teacher and price.")
        }
        (Lang::En, None) => format!("{name}: outline and price."),
    }
}
