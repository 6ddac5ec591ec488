//! Signing in.

use crate::types::{error::Fault, lang::Lang};

texts! {
    heading = "登录", "Sign in";
    note = "未注册的手机号会自动注册，登录即同意", "New here? An account is made for you. By signing in you agree to the ";
    note_terms = "《用户协议》", "terms";
    note_and = "和", " and the ";
    note_privacy = "《隐私政策》", "privacy policy";
    note_end = "。", ".";
    note_sale = "登录后回到秒杀页，接着抢。", "You go straight back to the sale afterwards.";
    mobile = "手机号", "Mobile number";
    mobile_hint = "11 位中国大陆手机号", "An 11-digit mainland China number";
    send_code = "获取验证码", "Send me a code";
    code_heading = "输入验证码", "Enter the code";
    code = "6 位验证码", "6-digit code";
    code_go = "登录", "Sign in";
    code_again = "重新发送", "Send again";
    mobile_change = "换个手机号", "Use another number";
    error_mobile = "请只填大陆手机号：11 位，以 13 到 19 开头。", "Please enter a mainland China number alone: 11 digits, starting with 13 to 19.";
    error_mobile_missing = "请填写手机号。", "Please enter your mobile number.";
    error_code = "验证码不对，或者已经失效。请检查，或重新发送。", "That code is wrong or no longer valid. Check it, or send a new one.";
    error_code_missing = "请输入短信里的 6 位验证码。", "Enter the 6 digits from the message.";
    code_void = "试错 5 次，这个验证码已作废。请重新发送一个。", "Five wrong tries: this code is void. Please send a new one.";
    resent = "新验证码已发送。", "A new code is on its way.";
    proving = "现在获取验证码的人很多，浏览器正在做一道小计算，几秒就好。", "Many people ask for codes just now: your browser solves a small puzzle, which takes some seconds.";
    outbox_title = "演示模式：短信发件箱", "Demo mode: the SMS outbox";
    outbox_none = "还没有短信。", "No messages yet.";
}

/// To whom the code went.
pub fn code_sent(lang: Lang, mobile: &str) -> String {
    match lang {
        Lang::Zh => format!("验证码已发到 {mobile}。"),
        Lang::En => format!("We sent a code to {mobile}."),
    }
}

/// The way to the code that went to a mobile.
pub fn code_pending(lang: Lang, mobile: &str) -> String {
    match lang {
        Lang::Zh => format!("已给 {mobile} 发过验证码，去输入"),
        Lang::En => format!("A code went to {mobile}: enter it"),
    }
}

/// How long the code is good for.
pub fn code_hint(lang: Lang, minutes: i64) -> String {
    match lang {
        Lang::Zh => format!("发出后 {minutes} 分钟内有效"),
        Lang::En => format!("Valid for {minutes} minutes after it was sent"),
    }
}

/// A limit of codes was reached, whichever.
pub fn too_soon(lang: Lang, s: i64) -> String {
    let wait = lang.wait(s);
    match lang {
        Lang::Zh => [wait.as_str(), "后可以再发验证码。"].concat(),
        Lang::En => ["You can get another code in ", &wait, "."].concat(),
    }
}

/// When another code may be asked for.
pub fn code_again_in(lang: Lang, s: i64) -> String {
    let wait = lang.wait(s);
    match lang {
        Lang::Zh => [wait.as_str(), "后可重新发送"].concat(),
        Lang::En => ["Send again in ", &wait].concat(),
    }
}

/// Before a code in the outbox.
pub fn outbox_text(lang: Lang, mobile: &str) -> String {
    match lang {
        Lang::Zh => format!("{mobile} 的验证码是"),
        Lang::En => format!("The code for {mobile} is"),
    }
}

/// What is wrong with a mobile.
pub fn mobile_error(lang: Lang, why: Fault) -> &'static str {
    match why {
        Fault::Missing => error_mobile_missing(lang),
        Fault::Malformed
        | Fault::OutOfRange
        | Fault::Unknown
        | Fault::WrongCode
        | Fault::CodeVoid
        | Fault::Repeated
        | Fault::Unreadable => error_mobile(lang),
    }
}

/// What is wrong with a code.
pub fn code_error(lang: Lang, why: Fault) -> &'static str {
    match why {
        Fault::Missing | Fault::Malformed => error_code_missing(lang),
        Fault::CodeVoid => code_void(lang),
        Fault::OutOfRange
        | Fault::Unknown
        | Fault::WrongCode
        | Fault::Repeated
        | Fault::Unreadable => error_code(lang),
    }
}
