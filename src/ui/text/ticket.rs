//! A place in the queue.

use crate::types::lang::Lang;

texts! {
    waiting_heading = "您正在排队", "You are in the queue";
    place = "您的名次", "Your place";
    ahead_none = "下一个就是您", "You are next";
    ahead_unknown = "正在确认", "Looking it up";
    waiting_note = "本页会自动刷新。可以离开，名次为您保留。", "This page refreshes itself. You may leave: your place is kept.";
    refresh = "现在刷新", "Refresh now";
    won_heading = "秒杀成功", "You got a seat";
    won_note = "座位是您的了，现在就可以开始学。它也记在「我的课程」里。", "The seat is yours: you can start learning now. You also find it under My courses.";
    won_note_unknown = "座位记在「我的课程」里；还没付款的，请在那里按时付款。", "The seat is kept under My courses; if it is still to be paid, pay it there in time.";
    closing_note = "座位的保留时间已到，或您放弃了它：正在确认有没有付款。", "Its hold is over, or you gave it up: we are checking for a payment.";
    cancelled_heading = "订单已取消", "This order was cancelled";
    cancelled_note = "这张排队单抢到过座位；订单取消后，座位还给了这场秒杀。", "This ticket had won a seat. When its order was cancelled, the seat went back to the sale.";
    expired_heading = "座位没有付款，已经放回", "The seat was not paid and went back";
    expired_note = "这张排队单抢到过座位；保留时间里没有收到付款，座位还给了这场秒杀。", "This ticket had won a seat. No payment came while it was held, so it went back to the sale.";
    refund_heading = "订单已结束，款项退还", "This order has ended, and its money goes back";
    refund_note = "这张排队单抢到过座位；订单结束后，座位还给了这场秒杀。退款到哪一步，订单里有。", "This ticket had won a seat. When its order ended, the seat went back to the sale. The order says how far the refund is.";
    sale = "秒杀", "Sale";
    seal = "抢到", "Got it";
    course = "课程", "Course";
    seat = "座位", "Seat";
    order = "订单号", "Order";
    paid = "秒杀价", "Price";
    id = "排队单", "Ticket";
    sale_go = "回到秒杀页", "Back to the sale";
}

/// How many are before it.
pub fn ahead_of(lang: Lang, n: i64) -> String {
    match (lang, n) {
        (Lang::Zh, _) => format!("前面 {n} 人"),
        (Lang::En, 1) => String::from("1 person ahead"),
        (Lang::En, _) => format!("{n} people ahead"),
    }
}

/// A seat's number.
pub fn seat_number(lang: Lang, n: i64) -> String {
    match lang {
        Lang::Zh => format!("第 {n} 席"),
        Lang::En => format!("No. {n}"),
    }
}

/// A seat is held, and has to be paid.
pub fn held_note(lang: Lang, time: &str) -> String {
    match lang {
        Lang::Zh => format!("座位已为您保留，请在 {time} 前付款。到时没有付款，座位放回这场秒杀。"),
        Lang::En => format!(
            "The seat is held for you: please pay before {time}. If it is not paid by then, it goes back to the sale."
        ),
    }
}

/// How many are before a ticket.
pub fn place_words(lang: Lang, place: Option<i64>) -> String {
    match place {
        None => ahead_unknown(lang).to_owned(),
        Some(..=0) => ahead_none(lang).to_owned(),
        Some(n) => ahead_of(lang, n),
    }
}
