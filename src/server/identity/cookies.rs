//! Cookies: their names, and what this shop keeps in a browser beside the session.

use super::request_parts;
use crate::{
    server::{
        browser_token::BrowserToken,
        queue::new_ticket_id,
        shop::{account::PendingCode, state::AppState},
    },
    types::{
        account::Mobile,
        ids::TicketId,
        lang::Lang,
        sale::{LOSS_COOKIE, LOSSES_MAX, loss_cookie},
        text::Text,
    },
};
use axum::http::{HeaderMap, HeaderValue, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

/// The cookie with a session's id, of a shop on loopback.
pub const COOKIE: &str = "session";

/// The same of any other shop. A browser takes this name only with `Secure`, with the path `/` and
/// without a domain, so that no other host of the domain can plant one (RFC 6265bis, section
/// 4.1.3.2).
pub const HOST_COOKIE: &str = "__Host-session";

/// The cookie with the mobile that a code was asked for and this browser's token, so that the
/// second step works without JavaScript, and the code in no other browser.
const WAITING_COOKIE: &str = "sms_mobile";

/// The same of a shop that is not on loopback: see [`HOST_COOKIE`].
const HOST_WAITING_COOKIE: &str = "__Host-sms_mobile";

/// The cookie that the page of signing in brings, by which its form shows that cookies are kept.
const PROBE_COOKIE: &str = "keeps_cookies";

/// The same of a shop that is not on loopback: see [`HOST_COOKIE`].
const HOST_PROBE_COOKIE: &str = "__Host-keeps_cookies";

/// Seconds that a code's cookie is kept.
const WAITING_COOKIE_S: i64 = 600;

/// What this shop's session cookie is called.
pub fn session_cookie(app: &AppState) -> &'static str {
    if app.is_loopback { COOKIE } else { HOST_COOKIE }
}

/// The codes that this browser waits for, by its cookies: those that this shop gave, whatever else
/// came under their name, and each once, since a cookie can be planted again for each folder of a
/// path.
pub fn waiting(app: &AppState) -> Vec<PendingCode> {
    let Some(parts) = request_parts() else {
        return Vec::new();
    };
    let read = |value: &[u8]| {
        let (mobile, token) = std::str::from_utf8(value).ok()?.split_once('.')?;
        let mobile = Mobile::parse(mobile).ok()?;
        let token = app.browsers.read(&mobile, token)?;
        Some(PendingCode { mobile, token })
    };
    // As many as a head has room for; who spends one of them takes no more than a few.
    let mut found: Vec<PendingCode> = Vec::new();
    for waiting in cookies(&parts.headers, waiting_cookie(app)).filter_map(read) {
        if found.iter().all(|known| known.token != waiting.token) {
            found.push(waiting);
        }
    }
    found
}

/// Whether a browser sent a cookie of this shop: then it keeps them.
pub fn keeps_cookies(app: &AppState, headers: &HeaderMap) -> bool {
    [probe_cookie(app), waiting_cookie(app), session_cookie(app)]
        .into_iter()
        .any(|name| cookies(headers, name).next().is_some())
}

/// A cookie that says nothing, for a browser that brought none: a form that comes back without it
/// was sent by one that keeps none.
pub fn probe(app: &AppState) -> Option<HeaderValue> {
    HeaderValue::try_from(format!(
        "{}=1; Path=/; HttpOnly; SameSite=Lax{}",
        probe_cookie(app),
        secure(app)
    ))
    .ok()
}

/// The cookies of this shop but the session's, as pairs for another field.
pub fn other_cookies(app: &AppState, headers: &HeaderMap) -> Vec<String> {
    let of = |name: &'static str| {
        let values = cookies(headers, name)
            .filter_map(|value| std::str::from_utf8(value).ok())
            .filter(|value| value.is_ascii());
        values.map(move |value| format!("{name}={value}"))
    };
    let losses = losses(headers).map(|(digit, id)| format!("{LOSS_COOKIE}{digit}={id}"));
    of(waiting_cookie(app))
        .chain(of(probe_cookie(app)))
        .chain(losses)
        .collect()
}

/// Whether a browser sent a form: what carries it provides this as context.
#[derive(Clone, Copy, Debug)]
pub struct IsForm(pub bool);

/// The key of a click that a form sent: one of its own, since all forms of a sale are the same, by
/// which the click is found again when it loses; `None` for any other client, which names its
/// clicks itself.
pub fn form_key(app: &AppState) -> Option<Text> {
    let key = |id: TicketId| Text(format!("{:032x}", u128::from_be_bytes(id.0)));
    is_form().then(|| key(new_ticket_id(app.clock.now())))
}

/// Has the browser of a form keep the id of a click without a row, as the button's program does,
/// for the pages of seats in both languages.
pub fn keep_loss(app: &AppState, task_id: &str) {
    let Some(claim) = is_form().then(|| app.kept_refusal(task_id)).flatten() else {
        return;
    };
    for lang in Lang::ALL {
        let cookie = loss_cookie(&claim.sale.to_string(), task_id, &lang.path("/me")) + secure(app);
        if let (Some(response), Ok(cookie)) = (
            use_context::<ResponseOptions>(),
            HeaderValue::from_str(&cookie),
        ) {
            response.append_header(header::SET_COOKIE, cookie);
        }
    }
}

/// Whether the request is a form that a browser sent.
pub fn is_form() -> bool {
    use_context().is_some_and(|IsForm(is_form)| is_form)
}

/// The ids of clicks without a seat that this browser keeps for the page of seats, as they came: at
/// most [`LOSSES_MAX`].
pub fn own_losses() -> Vec<String> {
    request_parts()
        .map(|parts| {
            losses(&parts.headers)
                .map(|(_, id)| id.to_owned())
                .collect()
        })
        .unwrap_or_default()
}

/// The last parts of the names of such cookies, and the ids of the clicks.
fn losses(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let fields = headers
        .get_all(header::COOKIE)
        .iter()
        .map(HeaderValue::as_bytes);
    let pairs = fields
        .flat_map(|field| field.split(|byte| *byte == b';'))
        .map(<[u8]>::trim_ascii);
    let kept = pairs
        .filter_map(|pair| std::str::from_utf8(pair.strip_prefix(LOSS_COOKIE.as_bytes())?).ok());
    kept.filter(|pair| pair.is_ascii())
        .filter_map(|pair| pair.split_once('='))
        .take(LOSSES_MAX)
}

/// Remembers in this browser what it waits for, or forgets it.
pub fn remember(app: &AppState, waiting: Option<(&Mobile, &BrowserToken)>) {
    let (name, secure) = (waiting_cookie(app), secure(app));
    let (value, age_s) = waiting.map_or((String::new(), 0), |(mobile, token)| {
        (
            format!("{}.{}", mobile.digits(), token.text()),
            WAITING_COOKIE_S,
        )
    });
    let cookie = format!("{name}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}");
    if let (Some(response), Ok(cookie)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(&cookie),
    ) {
        response.append_header(header::SET_COOKIE, cookie);
    }
}

fn waiting_cookie(app: &AppState) -> &'static str {
    if app.is_loopback {
        WAITING_COOKIE
    } else {
        HOST_WAITING_COOKIE
    }
}

fn probe_cookie(app: &AppState) -> &'static str {
    if app.is_loopback {
        PROBE_COOKIE
    } else {
        HOST_PROBE_COOKIE
    }
}

/// The attribute of cookies that come back by TLS only.
fn secure(app: &AppState) -> &'static str {
    if app.is_loopback { "" } else { "; Secure" }
}

/// The values of the cookies of this name. Cookies know no port: those of other programs stand in
/// the same field, with any bytes, so that each pair is read by itself.
pub fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    let fields = headers
        .get_all(header::COOKIE)
        .iter()
        .map(HeaderValue::as_bytes);
    let pairs = fields
        .flat_map(|field| field.split(|byte| *byte == b';'))
        .map(<[u8]>::trim_ascii);
    pairs.filter_map(move |pair| {
        pair.strip_prefix(name.as_bytes())?
            .trim_ascii_start()
            .strip_prefix(b"=")
            .map(<[u8]>::trim_ascii)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_of_others_hide_none_of_ours() {
        let mut headers = HeaderMap::new();
        for line in [
            b"name=\xe4\xb8\xad\xe6\x96\x87; x=\xff\xfe; ;=; sessionx=1; session=a".as_slice(),
            b"session = b ;other",
        ] {
            headers.append(
                header::COOKIE,
                HeaderValue::from_bytes(line).expect("a field"),
            );
        }
        assert_eq!(
            cookies(&headers, "session").collect::<Vec<_>>(),
            [b"a", b"b"]
        );
    }
}
