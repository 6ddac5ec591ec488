//! The page of the mock gateway: plain HTML and a form, without scripts; its style sheet is
//! `public/mock-gateway.css`. It looks like no page of the shop, as a real provider's.

use crate::{
    server::payment::mock::{
        server::{PayAct, TradeState},
        wire::{ACT, PayOffer},
    },
    types::{lang::Lang, time::Millis},
};
use axum::{
    http::{StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};

/// The page of a payment; `query` is the one that it was opened with.
pub(super) fn show(offer: &PayOffer, state: TradeState, query: &str, now: Millis) -> Response {
    let lang = offer.lang;
    let subject = escape(&offer.subject);
    let (amount, number) = (offer.amount, escape(&offer.out_trade_no));
    let until = offer
        .expires_at
        .in_shop()
        .day_and_time_seen_at(now.in_shop());
    let (words, number_label) = (said(state, lang), lang.pick("订单号", "Number"));
    let (until_label, back_label) = (
        lang.pick("截止", "Until"),
        lang.pick("返回商城", "Back to the shop"),
    );
    let (pays, faults) = (buttons(&PAYS, lang), buttons(&FAULTS, lang));
    let more = lang.pick("模拟异常", "Faults to try");
    let (query, back) = (escape(query), escape(&offer.return_url));
    let body = format!(
        "<p class=\"subject\">{subject}</p>\n\
         <p class=\"amount\">¥{amount}</p>\n\
         <p class=\"state\">{words}</p>\n\
         <dl><dt>{number_label}</dt><dd>{number}</dd><dt>{until_label}</dt><dd>{until}</dd></dl>\n\
         <form method=\"post\" action=\"{ACT}\">\n\
         <input type=\"hidden\" name=\"query\" value=\"{query}\">\n\
         <div class=\"pays\">{pays}</div>\n\
         <fieldset><legend>{more}</legend>{faults}</fieldset>\n\
         </form>\n\
         <p><a href=\"{back}\">{back_label}</a></p>"
    );
    document(lang, StatusCode::OK, &origin(&offer.return_url), &body)
}

/// The page of a link that leads nowhere; its language is not known.
pub(super) fn refuse(status: StatusCode) -> Response {
    let body = format!(
        "<p class=\"state\">{}</p>\n<p class=\"state\" lang=\"en\">{}</p>",
        "这个支付链接无效", "This link to pay is not valid"
    );
    document(Lang::Zh, status, "", &body)
}

const PAYS: [PayAct; 2] = [PayAct::Pay, PayAct::Refuse];
const FAULTS: [PayAct; 9] = [
    PayAct::PayTwice,
    PayAct::PayLess,
    PayAct::PayLate,
    PayAct::Forge,
    PayAct::Delay,
    PayAct::Silent,
    PayAct::PayOnClose,
    PayAct::FailRefund,
    PayAct::HideRefund,
];

/// The origin of an address, for a policy; nothing when it is none.
fn origin(url: &str) -> String {
    let parts = url.parse().map(Uri::into_parts).unwrap_or_default();
    match (parts.scheme, parts.authority) {
        (Some(scheme), Some(authority)) => format!(" {scheme}://{authority}"),
        _ => String::new(),
    }
}

/// A whole page; after an action its form leads to `shop`, which may have another origin.
fn document(lang: Lang, status: StatusCode, shop: &str, body: &str) -> Response {
    let (tag, title) = (lang.tag(), lang.pick("演示支付", "Demo payment"));
    let note = lang.pick(
        "这里不收真钱：试用商城的模拟支付网关。交易只在内存里。",
        "No money moves: this is the mock gateway of a shop to try out. Trades are in memory only.",
    );
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         <title>{title}</title>\n\
         <link rel=\"stylesheet\" href=\"/mock-gateway.css\">\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n<p class=\"note\">{note}</p>\n{body}\n</main>\n</body>\n</html>\n"
    );
    let policy = format!(
        "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'{shop}"
    );
    let fields = [
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    (status, fields, Html(html)).into_response()
}

fn buttons(acts: &[PayAct], lang: Lang) -> String {
    let button = |act: &PayAct| {
        let (name, words) = (act.name(), label(*act, lang));
        format!("<button name=\"act\" value=\"{name}\">{words}</button>\n")
    };
    acts.iter().map(button).collect::<Vec<_>>().concat()
}

fn said(state: TradeState, lang: Lang) -> &'static str {
    match state {
        TradeState::Open => lang.pick("待支付", "To be paid"),
        TradeState::Paid => lang.pick("已支付", "Paid"),
        TradeState::Over => lang.pick("已过期或已关闭", "Expired or closed"),
    }
}

fn label(act: PayAct, lang: Lang) -> &'static str {
    match act {
        PayAct::Pay => lang.pick("支付", "Pay"),
        PayAct::PayTwice => lang.pick("支付两次", "Pay twice"),
        PayAct::PayLess => lang.pick("少付一分", "Pay one fen less"),
        PayAct::PayLate => lang.pick("过期后支付", "Pay after the deadline"),
        PayAct::Forge => lang.pick("伪造通知", "Forged notice"),
        PayAct::Delay => lang.pick("延迟 20 秒通知", "Pay, notice 20 s late"),
        PayAct::Silent => lang.pick("支付，不通知", "Pay, no notice"),
        PayAct::PayOnClose => lang.pick("关闭时支付", "Pay while being closed"),
        PayAct::Refuse => lang.pick("拒绝", "Refuse"),
        PayAct::FailRefund => lang.pick("支付，首次退款失败", "Pay, first refund fails"),
        PayAct::HideRefund => lang.pick("支付，退款状态未知", "Pay, refunds stay unknown"),
    }
}

/// A text in HTML, or in an attribute's quotes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_one_button() {
        for act in PayAct::ALL {
            let count = PAYS
                .iter()
                .chain(&FAULTS)
                .filter(|own| **own == act)
                .count();
            assert_eq!(count, 1, "{act:?}");
        }
    }

    #[test]
    fn a_subject_can_not_end_its_place() {
        assert_eq!(escape("\"><b>&</b>"), "&quot;&gt;&lt;b&gt;&amp;&lt;/b&gt;");
    }
}
