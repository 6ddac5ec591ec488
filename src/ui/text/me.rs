//! My seats.

use crate::types::lang::Lang;

texts! {
    heading = "我的座位", "My seats";
    sign_out = "退出登录", "Sign out";
    empty_title = "还没有座位", "No seats yet";
    empty_text = "抢到的座位会记在这里。", "Seats that you get will be kept here.";
    empty_go = "去看秒杀", "See the flash sales";
    course_hidden = "这门课暂时下架，座位还是你的。", "This course is hidden for now. The seat stays yours.";
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
