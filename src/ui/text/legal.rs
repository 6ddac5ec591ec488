//! Privacy and terms: what the shop itself says of them, true of what it does, until its operator
//! has words of their own. Written as operators write theirs, see
//! [`document`](crate::types::document).

use super::course;
use crate::types::{
    kept::{EXPIRED_SESSION_DAYS, JOB_DAYS, LOST_TICKET_DAYS, NETWORK_DAYS, NOTICE_DAYS},
    lang::Lang,
    sale::LOSS_DAYS,
};

texts! {
    privacy = "隐私政策", "Privacy";
    terms = "用户协议", "Terms";
    privacy_about = "本店保存哪些个人信息、保存多久，以及如何查看、导出和删除。", "What this shop keeps of you, for how long, and how to see, export and erase it.";
    terms_about = "秒杀怎样进行，一个座位意味着什么。", "How flash sales work, and what a seat is.";
}

/// What is kept, and for how long.
pub fn default_privacy(lang: Lang, session_days: i64) -> String {
    let session_days = course::days(lang, session_days);
    match lang {
        Lang::Zh => format!(
            "登录只用手机号。本店不收集姓名、证件、位置，也不使用第三方统计或广告。

## 保存什么，保存多久
- 手机号：到您要求删除为止；之后只留下账号的编号和删除的时间。
- 登录状态：{session_days}，或到您退出为止，之后再留 {EXPIRED_SESSION_DAYS} 天；记有登录时间、浏览器与系统的名称；您可以在「[我的课程](/me)」里随时退出任何一处。
- 验证码：5 分钟内有效，之后两小时内删除；发送记录保存 {JOB_DAYS} 天，发出之后其中不再有手机号。
- 发送次数：以不含手机号与地址原文的形式计数，最长计一天，之后两小时内删除，只用于防止滥发。
- 登录过的网络：以不含原文的形式保存 {NETWORK_DAYS} 天，只用于让您在常用的网络里顺利收到验证码。
- 访问记录：网络服务的日志记有访问的时间、网址和您的网络地址，用于排查故障和防止滥用，保存多久由本店的经营者另行告知。
- 排队记录：没有抢到的，在该场秒杀结束 {LOST_TICKET_DAYS} 天后删除。
- 订单：作为交易记录一直保存；您要求删除个人信息之后，订单里不再有您。
- 付款通知：支付服务商说过的话，以不含原文的形式保存 {NOTICE_DAYS} 天。
- 学习进度和会员：到您要求删除为止。

## Cookie
都不用于跟踪：一个记住您已登录，一个在等待验证码的十分钟里记住是哪个手机号，一个只表示浏览器接受 Cookie；点了秒杀而没有座位时，再用一个把那次点击记 {LOSS_DAYS} 天，只给「我的课程」看。

## 谁能看到
短信由短信服务商发送，为此它会得到您的手机号。您付款时，支付服务商会得到课程名、金额和付款编号。除此之外，本店不向他人提供您的个人信息，法律要求的除外。

## 您的权利
您可以要求查看、导出或删除您的个人信息，请联系本店的经营者。"
        ),
        Lang::En => format!(
            "You sign in with a mobile number and nothing else. This shop asks for no name, papers or place, and uses no analytics or \
             advertising of others.

## What is kept, and for how long
- Your mobile number: until you ask for it to be erased; then the number of your account stays, and when it was erased.
- Where you are signed in: {session_days} or until you sign out, and {EXPIRED_SESSION_DAYS} day more, with the time and the names of browser and system; under [My courses](/me) you end any of \
             them at any time.
- A code: valid for 5 minutes, and erased within two hours. That one was sent is kept for {JOB_DAYS} days, without the number once it was sent.
- How many codes were asked for: counted without number or address in clear, for a day at most, erased within two hours after that, and used against abuse only.
- Networks that you signed in from: {NETWORK_DAYS} days, not in clear, so that codes reach you where you usually are.
- Visits: the log of the web server has time, address visited and your network’s address, against faults and abuse; how long it is kept is \
             told to you by the people who run this shop.
- Your place in a queue: if you got no seat, until {LOST_TICKET_DAYS} days after the sale.
- Orders: kept as records of trade. Once you are erased, they are kept without you.
- What the payment service told us: not in clear, {NOTICE_DAYS} days.
- How far you are in your courses, and a membership: until you ask for them to be erased.

## Cookies
None follows you: one remembers that you signed in, one for ten minutes which number waits for a code, one only shows that cookies are \
             kept. When a click found no seat, one more remembers it for {LOSS_DAYS} days, for “My courses” only.

## Who sees it
A provider sends our messages and is given your number for that. When you pay, the payment service is given the course’s name, the amount and \
             the payment’s number. Nobody else is given anything of yours, unless the law says so.

## Your rights
You may ask to see, take with you or erase what is kept of you: please ask the people who run this shop."
        ),
    }
}

/// By which rules seats are sold.
pub fn default_terms(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => {
            "登录或参加秒杀，即表示您同意以下约定。

## 秒杀
- 每场秒杀有固定的席位、价格和起止时间，以服务器的时间为准；页面上的时间是北京时间（UTC+8）。
- 每人每场限一席，先到先得。点击被接受后即进入排队，名次不会因为刷新、断线或重复点击而改变。
- 席位抢完即止。结果以页面上显示的为准：「抢到」和「没抢到」一经告知不再更改；以后没有付款的、订单被取消的，见「座位」。
- 请勿使用程序抢座；点击过于频繁时，服务器会要求您稍后再试。

## 座位
- 抢到的座位记在您的手机号名下，可在「[我的课程](/me)」中查看。
- 要付款的座位先为您保留一段时间，订单里写着到几时；到时没有付款，或您放弃了它，座位还给这场秒杀。
- 款到得太晚、付了两次或金额不对的，能给您课程的给您课程，不能的退还给您。
- 开课、有效期与退款的其他办法由本店的经营者另行告知。
- 订单被取消或退款时，座位会还给这场秒杀。

## 账号
- 手机号就是您的账号，请保管好收验证码的手机；在公用的设备上用完请退出登录。
- 我们保存什么、保存多久，见[隐私政策](/privacy)。"
        }
        Lang::En => {
            "By signing in or taking part in a sale you agree to the following.

## Flash sales
- Each sale has a number of seats, a price, an opening and an end, by the server’s clock. Times on the pages are Beijing time (UTC+8).
- One seat for each student and sale, first come, first served. A click that was accepted has its place in the queue: reloading, losing \
             the connection or clicking again does not change it.
- It ends when the seats are gone. What the page tells you of a click, a seat or none, is final; for orders that are not paid, or cancelled later, see “Seats”.
- Please don’t use programs to click: who clicks too often is told to wait.

## Seats
- A seat belongs to your mobile number; you find it under [My courses](/me).
- A seat that has a price is held for you for a while; its order says until when. If it is not paid by then, or you give it up, it goes back to the sale.
- Money that comes too late, twice or in another amount gets you the course where that can be, and goes back to you where it can’t.
- When the course begins, how long it stays and how else to return it is told to you by the people who run this shop.
- When an order is cancelled or paid back, its seat goes back to the sale.

## Your account
- Your mobile number is your account: look after the phone that gets the codes, and sign out on devices that others use.
- What is kept of you, and for how long: see [Privacy](/privacy)."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::document::{Block, Document};

    #[test]
    fn the_shop_s_own_words_are_documents() {
        for lang in Lang::ALL {
            for text in [default_privacy(lang, 30), default_terms(lang).to_owned()] {
                let document = Document::parse(&text).expect("a document");
                let headings = document
                    .blocks
                    .iter()
                    .filter(|block| matches!(block, Block::Heading(_)))
                    .count();
                assert!(headings >= 3 && document.title.is_none(), "{document:?}");
            }
        }
        let said = default_privacy(Lang::En, 1);
        assert!(said.contains("signed in: 1 day or until"), "{said}");
    }
}
