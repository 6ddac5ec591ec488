//! An order, how it is paid, and its receipt. What is said of a state is true for as long as the
//! order is in it, whatever the payment service still has to tell.

use crate::types::{
    lang::Lang,
    order::OrderState,
    payment::{Provider, RefundState},
};

texts! {
    name = "订单", "Order";
    number = "订单号", "Order number";
    course = "课程", "Course";
    seat = "座位", "Seat";
    amount = "金额", "Amount";
    made = "下单时间", "Ordered";
    held_until = "保留到", "Held until";
    left = "还剩", "Time left";
    time_up = "保留时间已到，正在确认有没有付款", "The time is up: checking for a payment";
    paid = "付款时间", "Paid";
    ended = "结束时间", "Ended";
    trade_no = "商户订单号", "Our payment number";
    gateway_no = "支付平台流水号", "Their payment number";
    provider = "支付方式", "Paid by";
    refund = "退款", "Refund";
    receipt = "付款凭证", "Receipt";
    receipt_go = "看付款凭证", "See the receipt";
    receipt_print = "这一页可以直接打印。", "This page is made to be printed.";
    receipt_back = "回到订单", "Back to the order";
    go = "看订单", "See the order";
    pay_go = "去支付", "Pay";
    to_pay = "待支付", "To be paid";
    to_pay_until = "待支付至", "To be paid by";
    learn_go = "继续学习", "Go on learning";
    mine_go = "回到我的课程", "Back to My courses";
    refresh = "现在刷新", "Refresh now";
    pay_title = "选择支付方式", "Choose how to pay";
    pay_none = "现在没有可用的支付方式，请联系本店。", "There is no way to pay just now: please ask the shop.";
    code_note = "请用手机扫码支付。付款结果一到，本页会自己更新。", "Scan this code with your phone to pay. This page tells as soon as we hear of it.";
    back_note = "还没有收到付款结果。如果您已经付了款，请不要再付：结果一到，本页会自己更新。", "We have not heard of a payment yet. If you have paid, please do not pay again: this page tells as soon as we hear.";
    hold_note_seat = "到时还没有付款，订单就结束，座位放回这场秒杀。", "If it is not paid by then, the order ends and its seat goes back to the sale.";
    hold_note = "到时还没有付款，订单就结束，可以重新下单。", "If it is not paid by then, the order ends; you may order again.";
    cancel_open = "不想要了？", "Changed your mind?";
    cancel_note_seat = "放弃以后座位会给别人，不能撤回。", "Your seat goes to others then, and there is no way back.";
    cancel_note = "放弃以后订单结束，不能撤回；可以重新下单。", "The order ends then, and there is no way back; you may order again.";
    cancel = "放弃这个订单", "Give it up";
    closing_note = "正在向支付平台确认有没有收到付款：收到了，课程就是您的；没有，订单就结束。请不要再付款。", "We are asking the payment service whether you have paid. If so, the course is yours; if not, the order ends. Please do not pay any more.";
    paid_note = "课程记在「我的课程」里。", "You find the course under My courses.";
    hidden_note = "这门课暂时下架，它仍然是您的。", "This course is hidden for now. It stays yours.";
    expired_note = "保留时间里没有收到付款，订单结束了。", "No payment came while it was held, so the order has ended.";
    cancelled_note = "这个订单取消了。", "This order was cancelled.";
    late_note = "万一您付了款而这里还看不到：款一到，还能给您就给您，不能就退还给您。", "Should you have paid after all: once we hear of it, you get the course if that can still be, or your money back.";
    again_go = "再看看这门课", "See the course again";
    refunding_note = "退款正在办理，这个订单已经结束。", "Your money is on its way back, and the order has ended.";
    refunded_note = "退款已经办好，这个订单已经结束。", "Your money was paid back, and the order has ended.";
    refund_asked = "正在办理，到账时间以支付平台为准。", "On its way; the payment service decides how long it takes.";
    refund_done = "支付平台已退还。", "Paid back by the payment service.";
    refund_failed = "支付平台没有办成，需要人工处理，请联系本店。", "The payment service could not do it: please ask the shop.";
}

/// The heading of an order's page.
pub fn heading(lang: Lang, state: OrderState) -> &'static str {
    match state {
        OrderState::Held => lang.pick("已为您保留，请付款", "Held for you: please pay"),
        OrderState::Closing => lang.pick("正在确认付款", "Checking for a payment"),
        OrderState::Paid => lang.pick("课程是您的了", "The course is yours"),
        OrderState::Expired => lang.pick("订单已过期", "The order has lapsed"),
        OrderState::Cancelled => lang.pick("订单已取消", "The order was cancelled"),
        OrderState::Refunding => lang.pick("正在退款", "Your refund is on its way"),
        OrderState::Refunded => lang.pick("已退款", "Your money was paid back"),
    }
}

/// The state in a list of orders.
pub fn state(lang: Lang, state: OrderState) -> &'static str {
    match state {
        OrderState::Held => to_pay(lang),
        OrderState::Closing => lang.pick("确认付款中", "Checking for a payment"),
        OrderState::Paid => lang.pick("已拥有", "Yours"),
        OrderState::Expired => lang.pick("已过期", "Lapsed"),
        OrderState::Cancelled => lang.pick("已取消", "Cancelled"),
        OrderState::Refunding => lang.pick("退款中", "Being refunded"),
        OrderState::Refunded => lang.pick("已退款", "Refunded"),
    }
}

/// Who takes the money.
pub fn provider_name(lang: Lang, provider: Provider) -> &'static str {
    match provider {
        Provider::Mock => lang.pick("演示支付（不动钱）", "demo payment (no money moves)"),
        Provider::Alipay => lang.pick("支付宝", "Alipay"),
        Provider::Wechat => lang.pick("微信支付", "WeChat Pay"),
    }
}

/// How far money is on its way back.
pub fn refund_state(lang: Lang, state: RefundState) -> &'static str {
    match state {
        RefundState::Asked | RefundState::Sent => refund_asked(lang),
        RefundState::Done => refund_done(lang),
        RefundState::Failed => refund_failed(lang),
    }
}

/// The button that leads to a provider.
pub fn pay_by(lang: Lang, amount: &str, provider: Provider) -> String {
    let name = provider_name(lang, provider);
    match lang {
        Lang::Zh => format!("支付 {amount} · {name}"),
        Lang::En => format!("Pay {amount} · {name}"),
    }
}

/// The button that shows a QR code to be paid by.
pub fn pay_by_code(lang: Lang, amount: &str) -> String {
    match lang {
        Lang::Zh => format!("扫码支付 {amount}"),
        Lang::En => format!("Pay {amount} by QR code"),
    }
}

/// What a QR code is, for those who do not see it.
pub fn code(lang: Lang, amount: &str) -> String {
    match lang {
        Lang::Zh => format!("支付 {amount} 的二维码"),
        Lang::En => format!("QR code to pay {amount}"),
    }
}

/// An order by its number: the title of its page.
pub fn title(lang: Lang, id: i64) -> String {
    match lang {
        Lang::Zh => format!("订单 {id}"),
        Lang::En => format!("Order {id}"),
    }
}

/// The title of a receipt.
pub fn receipt_title(lang: Lang, id: i64) -> String {
    match lang {
        Lang::Zh => format!("订单 {id} 的付款凭证"),
        Lang::En => format!("Receipt of order {id}"),
    }
}

/// Until when a seat, or a course, is held, beside the clock that counts to it.
pub fn hold_ends(lang: Lang, time: &str) -> String {
    match lang {
        Lang::Zh => format!("保留到 {time}"),
        Lang::En => format!("Held until {time}"),
    }
}
