//! The button: its states, and what stands beside it.

use super::sale;
use crate::types::{
    lang::Lang,
    sale::{Loss, Reason},
};

texts! {
    before_note_link = "提前登录", "Sign in ahead";
    before_note_rest = "，到点直接点。", ", and click when it opens.";
    ready_button = "先登录，准备开抢", "Sign in, get ready";
    ready_note = "已登录，到点直接点。", "You are signed in: click when it opens.";
    away = "暂时没连上，正在重连。", "Not connected just now; trying again.";
    last_title = "马上开抢", "Opening now";
    ready_signed_in = "已登录", "Signed in";
    ready_connected = "已连上服务器", "Connected";
    ready_not_signed_in = "还没登录", "Not signed in yet";
    ready_not_connected = "还没连上服务器", "Not connected yet";
    zone = "北京时间", "Beijing time";
    open_title = "正在开抢", "Open now";
    open_button = "立即秒杀", "Grab a seat";
    open_note = "每人限一席，点一次就够。", "One seat each. One click is enough.";
    signed_out_button = "登录后秒杀", "Sign in to get a seat";
    signed_out_note = "登录后回到这里，接着抢。", "You come straight back here after signing in.";
    sending_title = "正在送出您的点击", "Sending your click";
    sending_note = "请先别离开本页。", "Please stay on this page.";
    sending_button = "送出中…", "Sending…";
    queued_title = "您正在排队", "You are in the queue";
    queued_note = "可以离开本页，名次为您保留。", "You may leave this page: your place is kept.";
    queued_button = "排队中…", "Queueing…";
    won_title = "恭喜，抢到座位了", "You got a seat";
    won_button = "秒杀成功", "You got a seat";
    lost_title = "这次没抢到", "No seat this time";
    early_title = "点早了", "Too early";
    halted_title = "秒杀当时暂停着", "The sale was paused";
    gave_up_title = "这张排队单没处理成", "This ticket could not be settled";
    no_ticket_title = "找不到这张排队单", "We can’t find this ticket";
    sold_out_plain = "座位已经抢完。", "Every seat is taken.";
    lost_button = "未抢到", "No seat";
    again = "再抢一次", "Try again";
    lost_next = "看看别的秒杀", "See other sales";
    yours_title = "这门课已有您的座位", "You already have a seat";
    yours_button = "已有座位", "Yours already";
    closing_button = "正在确认", "Checking";
    closing_note = "保留时间已到，或您放弃了它。付款到了，课程就是您的；没有，座位放回。", "Its hold is over, or you gave it up. If a payment came, the course is yours; if not, the seat goes back.";
    paid_button = "已支付", "Paid";
    paid_note = "现在就可以开始学。", "You can start learning now.";
    released_title = "座位已经放回", "Your seat went back";
    released_button = "已释放", "Released";
    released_note = "到时没有付款，或订单已取消。", "It was not paid in time, or its order was cancelled.";
    won_note_free = "记在「我的课程」里，从那里开始学。", "It is kept under My courses: study from there.";
    won_note_priced = "为您保留在「我的课程」里：还没付款的，请在那里按时付款，过时座位会放回。", "It is kept for you under My courses: if it is still to be paid, pay it there in time, or it goes back to the sale.";
    paused_title = "秒杀暂停", "Paused";
    paused_button = "已暂停", "Paused";
    paused_note = "座位和名次都保留，恢复后可以接着抢。", "Seats and places are kept. You can go on when it resumes.";
    ended_title = "秒杀已结束", "This sale has ended";
    ended_button = "已结束", "Ended";
    ended_now_note = "这一场到此为止，不再接受点击。", "It is over: no more clicks are taken.";
    ended_note_none = "下一场还没定。", "The next one isn’t planned yet.";
    retrying_title = "网络不太稳", "The connection is shaky";
    retrying_note = "排队单还是同一张，名次为您保留。", "It is still the same ticket: your place is kept.";
    busy_title = "还没成功，正在重试", "Not through yet: trying again";
    unheard_note = "还没有回音，请先别离开本页。重试也只算一次点击。", "No answer yet: please stay. However often it is sent, it is one click.";
    open_sale = "去抢这一场", "Go to that sale";
    next_sale = "去看下一场", "See the next sale";
    go_mine = "查看我的课程", "See my courses";
    offline = "您离线了，恢复后会自动继续。", "You are offline. We go on as soon as you are back.";
}

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

/// Which seat it is; what comes of it follows.
pub fn won_seat(lang: Lang, seat: i64) -> String {
    let (before, after) = lang.pick(("第 ", " 席。"), ("Seat ", ". "));
    [before, &seat.to_string(), after].concat()
}

/// Until when it is to be paid.
pub fn held_note(lang: Lang, time: &str) -> String {
    let (before, after) = lang.pick(
        ("请在 ", " 前付款，过时座位放回。"),
        ("Please pay before ", ", or the seat goes back."),
    );
    [before, time, after].concat()
}

/// The same ticket goes on.
pub fn retrying_button(lang: Lang, n: i64) -> String {
    match lang {
        Lang::Zh => format!("重试中（{n}）"),
        Lang::En => format!("Retrying ({n})"),
    }
}

/// Which sale is open instead.
pub fn open_instead(lang: Lang, course: &str) -> String {
    match lang {
        Lang::Zh => format!("正在抢：{course}。"),
        Lang::En => format!("Open now: {course}."),
    }
}

/// Which sale comes next.
pub fn ended_note(lang: Lang, when: &str, course: &str) -> String {
    match lang {
        Lang::Zh => format!("下一场：{when}，{course}。"),
        Lang::En => format!("Next: {course}, {when}."),
    }
}

/// The heading of a click without a seat.
pub fn loss_title(lang: Lang, reason: Reason) -> &'static str {
    match reason {
        Reason::SoldOut | Reason::HoldsSpent => lost_title(lang),
        Reason::TooEarly => early_title(lang),
        Reason::Closed => ended_title(lang),
        Reason::Paused => halted_title(lang),
        Reason::AlreadyYours => yours_title(lang),
        Reason::GaveUp => gave_up_title(lang),
        Reason::NoTicket => no_ticket_title(lang),
    }
}

/// Why there is no seat, and what to do.
pub fn lost(lang: Lang, loss: &Loss) -> String {
    let words = match loss.reason {
        Reason::SoldOut => return too_late(lang, loss),
        Reason::TooEarly => lang.pick(
            "您点的时候，秒杀还没开抢。",
            "The sale had not opened when you clicked.",
        ),
        Reason::Closed => lang.pick(
            "您点的时候，秒杀已经结束。",
            "The sale had closed when you clicked.",
        ),
        Reason::Paused => lang.pick(
            "您点的时候，秒杀暂停着。",
            "The sale was paused when you clicked.",
        ),
        Reason::AlreadyYours => lang.pick(
            "每人限一席，您已经有了，或者这门课已经是您的。",
            "One seat each, and you have yours, or the course already.",
        ),
        Reason::HoldsSpent => lang.pick(
            "这一场的座位您几次没有按时付款，不能再抢了。",
            "You let seats of this sale lapse unpaid as often as is allowed.",
        ),
        Reason::GaveUp => lang.pick(
            "没能处理这张排队单，没有扣款也没有占座。",
            "We could not settle this ticket; nothing was charged or kept.",
        ),
        Reason::NoTicket => lang.pick(
            "查不到这张排队单，请再看看那场秒杀。",
            "We can’t find this ticket. Please look at its sale again.",
        ),
    };
    words.to_owned()
}

/// Both moments, where the click is known to be the later one: another server's clock may differ by
/// a hair.
fn too_late(lang: Lang, loss: &Loss) -> String {
    match loss.sold_out_at {
        Some(last) => sale::last_seat(lang, last, loss.clicked_at.filter(|own| *own >= last)),
        None => sold_out_plain(lang).to_owned(),
    }
}
