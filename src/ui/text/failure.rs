//! When something is not there, or did not work.

use crate::types::{
    error::{AppError, no_answer, no_cookie},
    lang::Lang,
};

texts! {
    not_found_title = "没有这个页面", "There is no such page";
    not_found_text = "可能已下架，或者网址写错了。", "It may have been taken down, or the address has a typo.";
    error_title = "这边出了点问题", "Something went wrong on our side";
    error_text = "已经记下来了。请过一会儿再试；排上的名次不受影响。", "We have made a note of it. Please try again in a moment; places in the queue are safe.";
    forbidden_title = "这张排队单不是您的", "This ticket belongs to somebody else";
    refused_title = "这个请求没有处理", "This request was not served";
    wait_title = "请稍等一下", "One moment, please";
    busy_title = "现在人太多", "Very busy just now";
    unavailable_title = "现在处理不了", "Not available just now";
    try_again = "再试一次", "Try again";
    go_sign_out = "去「我的课程」换账号", "Change accounts under My courses";
    go_home = "回首页", "Go to the home page";
}

/// By which name the shop's log knows what went wrong.
pub fn request(lang: Lang, name: &str) -> String {
    match lang {
        Lang::Zh => format!("反映问题时请附上编号：{name}"),
        Lang::En => format!("If you report this, please give its number: {name}"),
    }
}

/// When to try again what a crowd, or the database that is away, keeps the shop from doing.
pub fn unavailable(lang: Lang, retry_s: i64) -> String {
    let (before, after) = lang.pick(
        ("现在处理不了，", "后可以再试；已经排上的名次不受影响。"),
        (
            "This can’t be done just now. Please try again in ",
            "; places in the queue are safe.",
        ),
    );
    [before, &lang.wait(retry_s), after].concat()
}

/// A limit was reached.
pub fn too_many(lang: Lang, retry_s: i64) -> String {
    let (before, after) = lang.pick(
        ("太频繁了，", "后可以再试。"),
        ("Too many requests. Please try again in ", "."),
    );
    [before, &lang.wait(retry_s), after].concat()
}

/// The heading of the page that tells of an error.
pub fn title(lang: Lang, error: &AppError) -> &'static str {
    match error {
        AppError::NotFound => not_found_title(lang),
        AppError::NotYours => forbidden_title(lang),
        AppError::TooManyRequests { .. } => wait_title(lang),
        AppError::ProofNeeded { .. } => busy_title(lang),
        AppError::Unavailable => unavailable_title(lang),
        AppError::Internal => error_title(lang),
        AppError::BadField { .. }
        | AppError::NotSignedIn
        | AppError::NotBought
        | AppError::CrossSite
        | AppError::MethodNotAllowed
        | AppError::TooSlow
        | AppError::Refused { .. }
        | AppError::TooLarge
        | AppError::UnsupportedMedia
        | AppError::NoAnswer => refused_title(lang),
    }
}

/// The same of what the program of a page hears, which sends no request that could be wrong in
/// another way: it is loaded by every student, and the words of every error are many.
pub fn heard(lang: Lang, error: &AppError) -> String {
    let words = match error {
        AppError::NotFound => not_found_text(lang),
        AppError::Internal => error_text(lang),
        AppError::NoAnswer => no_answer(lang),
        AppError::BadField { field, .. } if field == "cookie" => no_cookie(lang),
        AppError::TooManyRequests { retry_s } | AppError::ProofNeeded { retry_s, .. } => {
            return too_many(lang, *retry_s);
        }
        AppError::Unavailable => return unavailable(lang, error.retry_s().unwrap_or(1)),
        AppError::BadField { .. }
        | AppError::NotSignedIn
        | AppError::NotYours
        | AppError::NotBought
        | AppError::CrossSite
        | AppError::MethodNotAllowed
        | AppError::TooSlow
        | AppError::Refused { .. }
        | AppError::TooLarge
        | AppError::UnsupportedMedia => refused_title(lang),
    };
    words.to_owned()
}

/// What is wrong, and what to do.
pub fn text(lang: Lang, error: &AppError) -> String {
    match error {
        AppError::NotFound
        | AppError::Internal
        | AppError::TooManyRequests { .. }
        | AppError::Unavailable
        | AppError::NoAnswer => heard(lang, error),
        AppError::BadField { .. }
        | AppError::NotSignedIn
        | AppError::NotYours
        | AppError::NotBought
        | AppError::CrossSite
        | AppError::MethodNotAllowed
        | AppError::TooSlow
        | AppError::Refused { .. }
        | AppError::TooLarge
        | AppError::UnsupportedMedia
        | AppError::ProofNeeded { .. } => error.message(lang),
    }
}
