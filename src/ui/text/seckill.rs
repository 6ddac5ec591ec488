//! The button: its states, and what stands beside it.

use crate::types::{lang::Lang, sale::Reason};

texts! {
    before_note = "提前登录，到点直接点。", "Sign in ahead, and click when it opens.";
    last_title = "马上开抢", "Opening now";
    ready_signed_in = "已登录", "Signed in";
    ready_connected = "已连上服务器", "Connected";
    ready_not_signed_in = "还没登录", "Not signed in yet";
    ready_not_connected = "还没连上服务器", "Not connected yet";
    zone = "北京时间", "Beijing time";
    open_title = "正在开抢", "Open now";
    open_button = "立即秒杀", "Grab a seat";
    open_note = "每人限一席，点一次就够。", "One seat each. One click is enough.";
    signed_out_title = "正在开抢", "Open now";
    signed_out_button = "登录后秒杀", "Sign in to get a seat";
    signed_out_note = "登录后回到这里，接着抢。", "You come straight back here after signing in.";
    queued_title = "您正在排队", "You are in the queue";
    queued_note = "可以离开本页，名次为您保留。", "You may leave this page: your place is kept.";
    queued_button = "排队中…", "Queueing…";
    won_title = "恭喜，座位是您的了", "The seat is yours";
    won_button = "秒杀成功", "You got a seat";
    lost_title = "秒杀失败", "No seat this time";
    lost_button = "未抢到", "No seat";
    again = "再抢一次", "Try again";
    lost_next = "看看别的秒杀", "See other sales";
    yours_title = "这门课您已抢到", "You already have a seat";
    yours_button = "已抢到", "Yours already";
    yours_note = "座位在「我的座位」里。", "You find it under My seats.";
    paused_title = "秒杀暂停", "Paused";
    paused_button = "已暂停", "Paused";
    paused_note = "座位和名次都保留，恢复后可以接着抢。", "Seats and places are kept. You can go on when it resumes.";
    ended_title = "秒杀已结束", "This sale has ended";
    ended_button = "已结束", "Ended";
    ended_now_note = "这一场到此为止，座位不再发放。", "It is over: no more seats are given out.";
    ended_note_none = "下一场还没定。", "The next one isn’t planned yet.";
    retrying_title = "网络不太稳", "The connection is shaky";
    retrying_note = "用的还是同一张排队单，不会重复下单。", "It is still the same ticket; nothing is sent twice.";
    next_sale = "去看下一场", "See the next sale";
    go_seats = "查看我的座位", "See my seats";
    go_course = "去上课", "Go to the course";
    offline = "您离线了，恢复后会自动继续。", "You are offline. We go on as soon as you are back.";
}

/// When it opens.
pub fn before_title(lang: Lang, when: &str) -> String {
    match lang {
        Lang::Zh => format!("{when} 开抢"),
        Lang::En => format!("Opens {when}"),
    }
}

/// How exact the clock is.
pub fn synced(lang: Lang, ms: i64) -> String {
    match lang {
        Lang::Zh => format!("已对时，误差 ±{ms} 毫秒"),
        Lang::En => format!("Clock synced ±{ms} ms"),
    }
}

/// How many are before the student.
pub fn queued_ahead(lang: Lang, ahead: i64) -> String {
    match (lang, ahead) {
        (Lang::Zh, ..=0) => String::from("您正在排队，下一个就是您"),
        (Lang::Zh, _) => format!("您正在排队，前面还有 {ahead} 人"),
        (Lang::En, ..=0) => String::from("In the queue: you are next"),
        (Lang::En, 1) => String::from("In the queue: one person ahead of you"),
        (Lang::En, _) => format!("In the queue: {ahead} people ahead of you"),
    }
}

/// Which seat it is.
pub fn won_note(lang: Lang, seat: i64) -> String {
    match lang {
        Lang::Zh => format!("第 {seat} 席。现在就可以开始学。"),
        Lang::En => format!("Seat {seat}. You can start learning now."),
    }
}

/// The same ticket goes on.
pub fn retrying_button(lang: Lang, n: i64) -> String {
    match lang {
        Lang::Zh => format!("重试中（{n}）"),
        Lang::En => format!("Retrying ({n})"),
    }
}

/// Which sale comes next.
pub fn ended_note(lang: Lang, when: &str, course: &str) -> String {
    match lang {
        Lang::Zh => format!("下一场：{when}，{course}。"),
        Lang::En => format!("Next: {course}, {when}."),
    }
}

/// Why there is no seat, and what to do.
pub fn lost(lang: Lang, reason: Reason) -> &'static str {
    match reason {
        Reason::SoldOut => lang.pick("最后一席比您早一步被抢走。", "The last seat went just before your click."),
        Reason::TooEarly => lang.pick("还没到点，开抢后再来。", "It is not open yet. Come back when it opens."),
        Reason::Closed => lang.pick("秒杀已经结束。", "The sale has closed."),
        Reason::Paused => lang.pick("秒杀暂停了，恢复后再来。", "The sale is paused. Come back when it resumes."),
        Reason::AlreadyYours => lang.pick("每人限一席，您已经有了。", "One seat each, and you already have yours."),
        Reason::GaveUp => lang.pick(
            "没能处理这张排队单，没有扣款也没有占座，请再抢一次。",
            "We could not settle this ticket; nothing was charged or kept. Please try again.",
        ),
        Reason::NoTicket => lang.pick("查不到这张排队单，请回到秒杀页看看。", "We can’t find this ticket. Please look at the sale’s page."),
    }
}
