//! Forms without JavaScript: a browser that sent one is led on by a redirect (303), not by JSON.

use super::{
    error,
    headers::{ORIGIN_ONLY, media_type},
};
use crate::{
    api::wire::JSON,
    types::{
        accept::accepted,
        error::{AppError, FORM_FIELDS},
        lang::Lang,
        link,
        order::{Bought, Payable},
        page::percent_encode,
        payment::PayWay,
        sale::Clicked,
        wire::{Failure, Reply},
    },
};
use axum::{
    body::{Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::collections::HashMap;

/// Bytes of an answer that is looked into: errors, and the answer to a click.
pub(super) const LOOKED_INTO_MAX: usize = 16_384;

/// What is remembered of a request while its function runs.
pub(super) struct ApiRequest {
    pub(super) path: String,
    pub(super) lang: Lang,
    /// A browser sent a form and wants a page.
    pub(super) is_form: bool,
    pub(super) next: Option<String>,
    /// The form asks for a mobile, in the place of one that a code was sent to before.
    pub(super) asks_mobile: bool,
}

impl ApiRequest {
    pub(super) fn of(request: &Request) -> Self {
        let headers = request.headers();
        // No form of a browser sends JSON.
        let is_form = request.method() == Method::POST
            && media_type(headers).is_none_or(|kind| kind != JSON)
            && takes_html(headers);
        // A GET's query is its function's arguments; a form's says where it came from.
        let query: HashMap<String, String> = if is_form {
            form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect()
        } else {
            HashMap::new()
        };
        let lang = match query.get("lang").map(String::as_str) {
            Some("en") => Lang::En,
            Some(_) => Lang::Zh,
            None if is_form => Lang::Zh,
            None => error::lang(headers),
        };
        Self {
            path: request.uri().path().to_owned(),
            lang,
            is_form,
            next: query
                .get("next")
                .filter(|next| link::page(next).is_some())
                .cloned(),
            asks_mobile: query.contains_key(CHANGE),
        }
    }

    /// Whether a browser signs in by forms alone. A program that keeps no cookies has the field
    /// `browser` instead.
    pub(super) fn needs_cookies(&self) -> bool {
        self.is_form && [SEND_SMS, SIGN_IN].contains(&self.path.as_str())
    }
}

/// Where the two steps of signing in are sent: a browser needs a cookie from the first to the
/// second.
const SEND_SMS: &str = "/api/v1/user/send_sms/";

const SIGN_IN: &str = "/api/v1/user/login_sms/";

/// Where the form of a course is sent: it leads to the order that was made.
const BUY: &str = "/api/v1/order/buy/";

/// Where the form of an order is sent: it leads to where the order is paid.
const PAY: &str = "/api/v1/order/pay/";

/// The query's field of the form that asks for a mobile, and of the page that shows it.
const CHANGE: &str = "change";

/// Whether a client asks for a page: by name, and at least as much as for JSON, of which the
/// narrowest range counts (RFC 9110, section 12.5.1).
fn takes_html(headers: &HeaderMap) -> bool {
    let weight = |kind: &str| {
        let accepted = accepted(
            headers
                .get_all(header::ACCEPT)
                .iter()
                .map(HeaderValue::as_bytes),
        );
        accepted
            .filter(|accepted| accepted.range.eq_ignore_ascii_case(kind))
            .map(|accepted| accepted.weight)
            .max()
    };
    let html = weight("text/html").unwrap_or(0);
    let json = [JSON, "application/*", "*/*"]
        .into_iter()
        .find_map(weight)
        .unwrap_or(0);
    html > 0 && html >= json
}

/// Leads a form on whose answer is none of its function: it took too long, or a handler panicked.
pub(super) async fn lead_on_failure(request: Request, next: Next) -> Response {
    let form = (request.method() == Method::POST)
        .then(|| ApiRequest::of(&request))
        .filter(|asked| asked.is_form);
    let answer = next.run(request).await;
    match form {
        Some(form) if answer.status().is_server_error() => redirect_form(&form, answer).await,
        Some(_) | None => answer,
    }
}

/// Where a browser goes that sent a form: on, or back to the form with the error's name.
pub(super) async fn redirect_form(asked: &ApiRequest, answer: Response) -> Response {
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, LOOKED_INTO_MAX).await.unwrap_or_default();
    let failure = if parts.status.is_success() {
        None
    } else {
        serde_json::from_slice::<Failure>(&body)
            .ok()
            .or_else(|| Some(Failure::of(&AppError::Internal, asked.lang)))
    };
    let target = match &failure {
        None => after_success(asked, &body),
        Some(failure) => after_failure(asked, failure),
    };
    let mut answer = StatusCode::SEE_OTHER.into_response();
    for cookie in parts.headers.get_all(header::SET_COOKIE) {
        answer
            .headers_mut()
            .append(header::SET_COOKIE, cookie.clone());
    }
    let fields = answer.headers_mut();
    if asked.path == PAY && link::is_web(&target) {
        // A redirect's own policy is the one that counts for where it leads.
        fields.insert(header::REFERRER_POLICY, ORIGIN_ONLY);
    }
    fields.extend(HeaderValue::from_str(&target).map(|target| (header::LOCATION, target)));
    answer
}

fn after_success(asked: &ApiRequest, body: &Bytes) -> String {
    let next = asked.next.as_deref();
    match asked.path.as_str() {
        SEND_SMS => sign_in_path(asked, None),
        SIGN_IN => next.map_or_else(|| asked.lang.path("/me"), str::to_owned),
        "/api/v1/user/sckill/" => match serde_json::from_slice::<Clicked>(body) {
            Ok(clicked) => asked.lang.path(&format!("/tickets/{}", clicked.task_id)),
            Err(_) => asked.lang.path("/"),
        },
        BUY => match serde_json::from_slice::<Reply<Bought>>(body) {
            Ok(bought) => asked.lang.path(&format!("/orders/{}", bought.result.order)),
            Err(_) => asked.lang.path("/me"),
        },
        PAY => {
            let order = next.map_or_else(|| asked.lang.path("/me"), str::to_owned);
            pay_address(body, &order).unwrap_or(order)
        }
        _ => next.map_or_else(|| asked.lang.path("/"), str::to_owned),
    }
}

/// Where an order is paid: a page of this shop, or of the provider. The server made it, and what is
/// neither leads nowhere. A QR code is no address: the order's page shows it.
fn pay_address(body: &Bytes, order: &str) -> Option<String> {
    let payable: Reply<Payable> = serde_json::from_slice(body).ok()?;
    match payable.result.way {
        PayWay::Link { url } => Some(url).filter(|url| link::is_target(url) || link::is_web(url)),
        PayWay::Qr { .. } => Some(format!("{order}?code=1")),
    }
}

fn after_failure(asked: &ApiRequest, failure: &Failure) -> String {
    let page = asked.next.clone().unwrap_or_else(|| asked.lang.path("/"));
    match (asked.path.as_str(), failure.code) {
        (SEND_SMS | SIGN_IN, _) => sign_in_path(asked, Some(failure)),
        (_, 401) => sign_in_path(asked, None),
        ("/api/v1/user/logout/", _) => {
            format!("{}{}", asked.lang.path("/me"), error_query('?', failure))
        }
        _ => {
            let (page, place) = page.split_at(page.find('#').unwrap_or(page.len()));
            let separator = if page.contains('?') { '&' } else { '?' };
            format!("{page}{}{place}", error_query(separator, failure))
        }
    }
}

fn sign_in_path(asked: &ApiRequest, failure: Option<&Failure>) -> String {
    let mut path = asked.lang.path("/sign-in");
    let mut separator = '?';
    if let Some(next) = &asked.next {
        path.push_str("?next=");
        percent_encode(next, &mut path);
        separator = '&';
    }
    let Some(failure) = failure else {
        return path;
    };
    path.push_str(&error_query(separator, failure));
    // Otherwise the page shows the code's step, of the mobile before.
    if asked.asks_mobile {
        path.push_str("&change=1");
    }
    path
}

/// `?error=missing&field=mobile&retry_s=7`: only names of closed lists, since a client may call a
/// field what it likes.
fn error_query(separator: char, failure: &Failure) -> String {
    let mut query = format!("{separator}error={}", failure.error);
    if let Some(field) = failure
        .field
        .as_deref()
        .filter(|field| FORM_FIELDS.contains(field))
    {
        query.push_str("&field=");
        percent_encode(field, &mut query);
    }
    query
        + &failure
            .retry_s
            .map(|retry_s| format!("&retry_s={retry_s}"))
            .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::error::{Fault, Refusal};

    fn asked(path: &str, next: &str) -> ApiRequest {
        ApiRequest {
            path: path.to_owned(),
            lang: Lang::Zh,
            is_form: true,
            next: Some(next.to_owned()),
            asks_mobile: false,
        }
    }

    #[test]
    fn a_mobile_that_is_refused_is_asked_for_again() {
        let failure = Failure::of(&AppError::TooManyRequests { retry_s: 7 }, Lang::Zh);
        let mut asked = asked(SEND_SMS, "/me");
        let again = "/sign-in?next=%2Fme&error=too-many&retry_s=7";
        assert_eq!(after_failure(&asked, &failure), again, "another code");
        asked.asks_mobile = true;
        assert_eq!(after_failure(&asked, &failure), format!("{again}&change=1"));
        assert_eq!(after_success(&asked, &Bytes::new()), "/sign-in?next=%2Fme");
    }

    #[test]
    fn the_forms_of_an_order_lead_to_it_and_to_where_it_is_paid() {
        let after = |path: &str, next: &str, result: serde_json::Value| {
            let body = serde_json::json!({"code": 100, "msg": "", "result": result}).to_string();
            after_success(&asked(path, next), &Bytes::from(body))
        };
        let bought = serde_json::json!({"order": 17, "state": "held", "expires_at": 1});
        assert_eq!(after(BUY, "/courses/3", bought), "/orders/17");
        let paid_at = |url: &str| {
            let way = serde_json::json!({"way": "link", "url": url, "expires_at": 1});
            after(PAY, "/orders/17", way)
        };
        for url in [
            "/mock-gateway/pay/Q1x1?amount=990&sign=a",
            "https://openapi.alipay.com/gateway.do?app_id=1&sign=a%2Bb",
        ] {
            assert_eq!(paid_at(url), url);
        }
        for odd in ["//evil.example", "javascript:alert(1)", ""] {
            assert_eq!(paid_at(odd), "/orders/17", "{odd:?}");
        }
        let code = serde_json::json!({"side": 29, "path": "M4 4h7v1h-7z"});
        let code =
            serde_json::json!({"way": "qr", "text": "weixin://x", "code": code, "expires_at": 1});
        assert_eq!(after(PAY, "/orders/17", code), "/orders/17?code=1");
        let cancelled = after("/api/v1/order/cancel/", "/orders/17", serde_json::json!({}));
        assert_eq!(cancelled, "/orders/17");
    }

    #[test]
    fn an_order_that_is_refused_leads_back_to_its_form() {
        let failure = |error: &AppError| Failure::of(error, Lang::Zh);
        let owned = AppError::Refused {
            why: Refusal::AlreadyYours,
        };
        assert_eq!(
            after_failure(&asked(BUY, "/courses/3"), &failure(&owned)),
            "/courses/3?error=already-yours"
        );
        assert_eq!(
            after_failure(&asked(BUY, "/courses/3"), &failure(&AppError::NotSignedIn)),
            "/sign-in?next=%2Fcourses%2F3"
        );
        let unknown = AppError::field("provider", Fault::Malformed);
        assert_eq!(
            after_failure(&asked(PAY, "/orders/17"), &failure(&unknown)),
            "/orders/17?error=malformed&field=provider"
        );
    }

    #[test]
    fn a_page_is_for_whoever_asks_for_one_by_name() {
        let takes = |lines: &[&str]| {
            takes_html(
                &lines
                    .iter()
                    .map(|line| {
                        (
                            header::ACCEPT,
                            HeaderValue::from_str(line).expect("a field"),
                        )
                    })
                    .collect(),
            )
        };
        for lines in [
            &["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"][..],
            &["TEXT/HTML"],
            &["application/json;q=0.9", "text/html"],
            &["text/html;level=1"],
            &["text/html;q=0.5, application/json;q=0.4, */*"],
        ] {
            assert!(takes(lines), "{lines:?}");
        }
        for lines in [
            &[][..],
            &["application/json, text/plain, */*"],
            &["application/json, text/html;q=0"],
            &["text/html;q=0.000"],
            &["application/json, text/html;q=0.9"],
            &["text/htmlx"],
            &["text/html;q=0.1, */*"],
            &["text/html;q=0.5, application/*;q=0.6, */*;q=0.1"],
            &["application/json; x=\", text/html\""],
        ] {
            assert!(!takes(lines), "{lines:?}");
        }
    }

    #[test]
    fn a_form_hears_of_its_own_fields_only() {
        let way = |field: &str| {
            after_failure(
                &asked("/api/v1/user/login_sms/", "/me"),
                &Failure::of(&AppError::field(field, Fault::Unknown), Lang::Zh),
            )
        };
        assert_eq!(
            way("mobile"),
            "/sign-in?next=%2Fme&error=unknown&field=mobile"
        );
        assert_eq!(way(&"a".repeat(6_000)), "/sign-in?next=%2Fme&error=unknown");
    }

    #[test]
    fn an_error_stands_before_the_place_on_the_page() {
        let way = after_failure(
            &asked("/api/v1/user/sckill/", "/?x=1#sales"),
            &Failure::of(&AppError::Unavailable, Lang::Zh),
        );
        assert_eq!(way, "/?x=1&error=unavailable&retry_s=1#sales");
    }
}
