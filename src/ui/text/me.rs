//! My courses.

use crate::types::lang::Lang;

texts! {
    heading = "我的课程", "My courses";
    sign_out = "退出登录", "Sign out";
    empty_title = "还没有课程", "No courses yet";
    empty_text = "抢到的座位和买下的课会记在这里。", "Seats that you get and courses that you buy will be kept here.";
    empty_go = "去看秒杀", "See the flash sales";
    empty_courses = "看全部课程", "See all courses";
    holds_title = "等待付款", "Waiting for a payment";
    ended_title = "已结束的订单", "Orders that have ended";
    waiting_title = "还在排队", "Still in the queue";
    waiting_go = "看名次", "See my place";
    lost_title = "最近没抢到的", "Lately without a seat";
    lost_go = "为什么", "Why";
    places = "登录的浏览器", "Where you are signed in";
    places_note = "不认得的，请退出它：两秒之内就不能再用。", "End any that you don’t know. It stops working within two seconds.";
    this_browser = "这个浏览器", "This browser";
    unknown_browser = "未知的浏览器", "An unknown browser";
    end_place = "退出", "Sign out";
    end_others = "退出其他所有浏览器", "Sign out everywhere else";
}

/// Who is signed in.
pub fn signed_in(lang: Lang, mobile: &str) -> String {
    match lang {
        Lang::Zh => format!("已登录：{mobile}"),
        Lang::En => format!("Signed in as {mobile}"),
    }
}

/// When a click was heard.
pub fn clicked_at(lang: Lang, time: &str) -> String {
    match lang {
        Lang::Zh => format!("{time} 点的"),
        Lang::En => format!("Clicked {time}"),
    }
}

/// When a seat was won.
pub fn won_at(lang: Lang, time: &str) -> String {
    match lang {
        Lang::Zh => format!("{time} 抢到"),
        Lang::En => format!("Got it {time}"),
    }
}

/// When an order was made that no sale knows of.
pub fn ordered_at(lang: Lang, time: &str) -> String {
    match lang {
        Lang::Zh => format!("{time} 下单"),
        Lang::En => format!("Ordered {time}"),
    }
}

/// When an order ended.
pub fn ended_at(lang: Lang, time: &str) -> String {
    match lang {
        Lang::Zh => format!("{time} 结束"),
        Lang::En => format!("Ended {time}"),
    }
}

/// The way to an order, by its number.
pub fn order_number(lang: Lang, id: i64) -> String {
    match lang {
        Lang::Zh => format!("订单号 {id}"),
        Lang::En => format!("Order {id}"),
    }
}

/// Since when a browser is signed in.
pub fn since(lang: Lang, time: &str) -> String {
    match lang {
        Lang::Zh => format!("{time} 登录"),
        Lang::En => format!("Signed in {time}"),
    }
}

/// What the button beside a browser ends.
pub fn end_this(lang: Lang, device: &str, time: &str) -> String {
    match lang {
        Lang::Zh => format!("退出 {device} {time}"),
        Lang::En => format!("Sign out of {device} {time}"),
    }
}
