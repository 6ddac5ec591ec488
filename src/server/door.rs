//! Identity of the caller: the session, the cookie of a half-finished sign-in, and the address.

use crate::{
    server::{
        account::Waiting, browser::Token, queue::new_ticket_id, signer::Claim, state::AppState,
        store::SessionRow,
    },
    types::{
        account::{Ending, Me, Mobile, SignedIn},
        device::device,
        error::AppError,
        ids::{StudentId, TicketId},
        lang::Lang,
        sale::{LOSS_COOKIE, LOSSES_MAX, loss_cookie},
        text::Text,
        time::Millis,
    },
};
use axum::http::{HeaderMap, HeaderValue, header, request::Parts};
use ipnet::IpNet;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};
use tower_sessions::{Session, session::Id};

/// The cookie with a session's id, of a shop on loopback.
pub const COOKIE: &str = "session";
/// The same of any other shop. A browser takes this name only with `Secure`, with the path `/` and
/// without a domain, so that no other host of the domain can plant one (RFC 6265bis, section
/// 4.1.3.2).
pub const HOST_COOKIE: &str = "__Host-session";
/// The session's entry.
const ME: &str = "me";
/// The entry with the moment of signing in.
const SINCE: &str = "since";
/// The entry with the browser's short name.
const DEVICE: &str = "device";
/// The cookie with the mobile that a code was asked for and this browser's token, so that the
/// second step works without JavaScript, and the code in no other browser.
const WAITING_COOKIE: &str = "sms_mobile";
/// The same of a shop that is not on loopback: see [`HOST_COOKIE`].
const HOST_WAITING_COOKIE: &str = "__Host-sms_mobile";
/// The cookie that the page of signing in brings, by which its form shows that cookies are kept.
const PROBE_COOKIE: &str = "keeps_cookies";
/// The same of a shop that is not on loopback: see [`HOST_COOKIE`].
const HOST_PROBE_COOKIE: &str = "__Host-keeps_cookies";
/// Sessions that a student is shown at most.
const SESSIONS_MAX: i64 = 50;
/// Seconds that a code's cookie is kept.
const WAITING_COOKIE_S: i64 = 600;
/// Whom the proxies heard, the first one first.
const FORWARDED_FOR: &str = "x-forwarded-for";
/// What a proxy adds to a request that it hands on; and whatever begins with [`FORWARDED`].
const PROXIED: [&str; 3] = ["forwarded", "via", "x-real-ip"];
const FORWARDED: &str = "x-forwarded-";

/// The address of the client's end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// What this shop's session cookie is called.
pub fn session_cookie(app: &AppState) -> &'static str {
    if app.config.is_loopback() {
        COOKIE
    } else {
        HOST_COOKIE
    }
}

/// Who signed in, as a stored session's data has it: all of it is read, as the router's layer does,
/// so that both let in the same.
pub fn signed_in(data: &[u8]) -> Option<StudentId> {
    let mut data: HashMap<String, Value> = serde_json::from_slice(data).ok()?;
    Some(serde_json::from_value::<Me>(data.remove(ME)?).ok()?.id)
}

/// What a stored session's data says besides: since when, and in which browser. Sessions of earlier
/// versions say neither.
pub fn place(data: &[u8]) -> (Option<Millis>, String) {
    let data: HashMap<String, Value> = serde_json::from_slice(data).unwrap_or_default();
    let device = data.get(DEVICE).and_then(Value::as_str).unwrap_or_default();
    (
        data.get(SINCE).and_then(Value::as_i64).map(Millis),
        device.to_owned(),
    )
}

/// Where the student who asks is signed in, this browser first.
///
/// # Errors
/// [`AppError::NotSignedIn`] for a visitor, [`AppError::Unavailable`] when sessions can't be read.
pub async fn sessions(app: &AppState) -> Result<Vec<SignedIn>, AppError> {
    let me = student().await?;
    let rows = app
        .store
        .sessions_of(me.id, &current()?, app.clock.now(), SESSIONS_MAX)
        .await?;
    let signed_in = |row: SessionRow| {
        let (since, device) = place(&row.data);
        SignedIn {
            session: row.id,
            since,
            device,
            current: row.is_current,
        }
    };
    Ok(rows.into_iter().map(signed_in).collect())
}

/// Ends one session of the student who asks, or all but this browser's. One that is not there, or
/// not the student's, is over for them.
///
/// # Errors
/// [`AppError::NotSignedIn`] for a visitor, [`AppError::Unavailable`] when sessions can't be
/// written.
pub async fn end_session(app: &AppState, which: &Ending) -> Result<(), AppError> {
    let (me, now) = (student().await?, app.clock.now());
    app.limit_clicks(me.id).await?;
    match which {
        Ending::Others => app
            .store
            .end_other_sessions(me.id, &current()?, now)
            .await
            .map(drop)?,
        Ending::One(name) => app.store.end_session(me.id, name, now).await.map(drop)?,
    }
    Ok(())
}

/// The cookie's value of the session that asks.
fn current() -> Result<String, AppError> {
    session()?
        .id()
        .map(|id| id.to_string())
        .ok_or(AppError::NotSignedIn)
}

/// Who asks, if somebody signed in.
///
/// # Errors
/// [`AppError::Unavailable`] when the session can't be read: then the answer is no.
pub async fn visitor() -> Result<Option<Me>, AppError> {
    session()?.get(ME).await.map_err(unreadable)
}

/// The student who asks.
///
/// # Errors
/// [`AppError::NotSignedIn`].
pub async fn student() -> Result<Me, AppError> {
    visitor().await?.ok_or(AppError::NotSignedIn)
}

/// Whether the ticket is the asker's own. While sessions can't be read a genuine id is enough for
/// its bare status: it was given to its student only, and names nobody else's secrets.
///
/// # Errors
/// [`AppError::NotYours`] or [`AppError::NotSignedIn`].
pub async fn holder(claim: &Claim) -> Result<(), AppError> {
    match student().await {
        Ok(me) if me.id == claim.student => Ok(()),
        Ok(_) => Err(AppError::NotYours),
        Err(AppError::Unavailable) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Signs the session in, under a new id, so that an id planted before is worth nothing.
///
/// # Errors
/// [`AppError::Unavailable`] when the session can't be written.
pub async fn sign_in(app: &AppState, me: &Me) -> Result<(), AppError> {
    let session = session()?;
    session.cycle_id().await.map_err(unreadable)?;
    session.insert(ME, me).await.map_err(unreadable)?;
    session
        .insert(SINCE, app.clock.now())
        .await
        .map_err(unreadable)?;
    session
        .insert(DEVICE, this_device())
        .await
        .map_err(unreadable)?;
    session.save().await.map_err(unreadable)
}

/// A session of this student that nobody signed in with: its id, which is the cookie's value, and
/// its data, for the record.
///
/// # Errors
/// The data can't be written as JSON.
pub fn minted(me: &Me) -> Result<(String, Vec<u8>), serde_json::Error> {
    Ok((
        Id::default().to_string(),
        serde_json::to_vec(&BTreeMap::from([(ME, me)]))?,
    ))
}

/// Ends the session, here and in the record.
///
/// # Errors
/// [`AppError::Unavailable`] when the session can't be ended.
pub async fn sign_out() -> Result<(), AppError> {
    session()?.flush().await.map_err(unreadable)
}

/// The short name of the browser that asks.
fn this_device() -> String {
    let parts = parts();
    let name = parts
        .as_ref()
        .and_then(|parts| parts.headers.get(header::USER_AGENT)?.to_str().ok());
    device(name.unwrap_or_default())
}

/// The client's address.
pub fn address(app: &AppState) -> String {
    let Some(parts) = parts() else {
        return String::new();
    };
    let Some(Peer(peer)) = parts.extensions.get::<Peer>() else {
        return String::new();
    };
    canonical(client(
        peer.ip(),
        &hops(&parts.headers),
        &app.config.trusted_proxies,
    ))
    .to_string()
}

/// The members of X-Forwarded-For, of all its lines: empty ones are none.
pub fn hops(headers: &HeaderMap) -> Vec<&[u8]> {
    let lines = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .map(HeaderValue::as_bytes);
    lines
        .flat_map(|line| line.split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|hop| !hop.is_empty())
        .collect()
}

/// The address of such a member, as proxies write it: perhaps with a port, in brackets or quotes,
/// with a zone.
pub fn heard(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?;
    let text = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text)
        .trim();
    if let Some((bare, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        let is_port = rest.is_empty()
            || rest
                .strip_prefix(':')
                .is_some_and(|port| port.parse::<u16>().is_ok());
        return zoneless(bare).filter(|_| is_port);
    }
    text.parse()
        .map(|address: SocketAddr| address.ip())
        .ok()
        .or_else(|| zoneless(text))
}

/// An address without the name of the zone that it may end with (RFC 4007, section 11).
fn zoneless(text: &str) -> Option<IpAddr> {
    text.split('%').next()?.parse().ok()
}

/// The codes that this browser waits for, by its cookies: those that this shop gave, whatever else
/// came under their name, and each once, since a cookie can be planted again for each folder of a
/// path.
pub fn waiting(app: &AppState) -> Vec<Waiting> {
    let Some(parts) = parts() else {
        return Vec::new();
    };
    let read = |value: &[u8]| {
        let (mobile, token) = std::str::from_utf8(value).ok()?.split_once('.')?;
        let mobile = Mobile::parse(mobile).ok()?;
        let token = app.browsers.read(&mobile, token)?;
        Some(Waiting { mobile, token })
    };
    // As many as a head has room for; who spends one of them takes no more than a few.
    let mut found: Vec<Waiting> = Vec::new();
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
    let losses = losses(headers).map(|(sale, id)| format!("{LOSS_COOKIE}{sale}={id}"));
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

fn is_form() -> bool {
    use_context().is_some_and(|IsForm(is_form)| is_form)
}

/// The ids of clicks without a seat that this browser keeps for the page of seats, as they came: at
/// most [`LOSSES_MAX`].
pub fn own_losses() -> Vec<String> {
    parts()
        .map(|parts| {
            losses(&parts.headers)
                .map(|(_, id)| id.to_owned())
                .collect()
        })
        .unwrap_or_default()
}

/// The sales and ids of such clicks.
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
pub fn remember(app: &AppState, waiting: Option<(&Mobile, &Token)>) {
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

/// Whether the request was made on this machine, by its user: to a name of loopback, and through no
/// proxy. A page of another site that had its own name point here would come with that name.
pub fn is_near() -> bool {
    parts().is_some_and(|parts| {
        let is_peer_near = parts
            .extensions
            .get::<Peer>()
            .is_some_and(|Peer(peer)| peer.ip().to_canonical().is_loopback());
        let is_proxied = parts
            .headers
            .keys()
            .any(|name| PROXIED.contains(&name.as_str()) || name.as_str().starts_with(FORWARDED));
        let mut hosts = parts.headers.get_all(header::HOST).iter();
        let host = hosts
            .next()
            .and_then(|host| host.to_str().ok())
            .filter(|_| hosts.next().is_none());
        let authority = parts
            .uri
            .authority()
            .map(axum::http::uri::Authority::as_str);
        is_peer_near
            && !is_proxied
            && host.is_some_and(is_loopback)
            && authority.is_none_or(is_loopback)
    })
}

/// Whether a name, with a port or without, can only be this machine's.
fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (address, rest),
        None => host.find(':').map_or((host, ""), |at| host.split_at(at)),
    };
    let is_port = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| port.parse::<u16>().is_ok());
    let is_name = if host.starts_with('[') {
        name.parse()
            .is_ok_and(|address: Ipv6Addr| address.is_loopback())
    } else {
        name.eq_ignore_ascii_case("localhost")
            || name
                .parse()
                .is_ok_and(|address: Ipv4Addr| address.is_loopback())
    };
    is_name && is_port
}

fn waiting_cookie(app: &AppState) -> &'static str {
    if app.config.is_loopback() {
        WAITING_COOKIE
    } else {
        HOST_WAITING_COOKIE
    }
}

fn probe_cookie(app: &AppState) -> &'static str {
    if app.config.is_loopback() {
        PROBE_COOKIE
    } else {
        HOST_PROBE_COOKIE
    }
}

/// The attribute of cookies that come back by TLS only.
fn secure(app: &AppState) -> &'static str {
    if app.config.is_loopback() {
        ""
    } else {
        "; Secure"
    }
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

fn parts() -> Option<Parts> {
    use_context()
}

fn session() -> Result<Session, AppError> {
    parts()
        .and_then(|parts| parts.extensions.get::<Session>().cloned())
        .ok_or(AppError::Internal)
}

fn unreadable(error: tower_sessions::session::Error) -> AppError {
    tracing::warn!(%error, "a session could not be read or written");
    AppError::Unavailable
}

/// Who spoke to the outermost proxy that is trusted. Each proxy adds on the right whom it heard,
/// and what stands to the left of that, anybody may have written.
fn client(peer: IpAddr, hops: &[&[u8]], trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| {
        trusted
            .iter()
            .any(|net| net.contains(&address.to_canonical()))
    };
    let mut client = peer;
    for hop in hops.iter().rev() {
        let Some(heard) = heard(hop) else { break };
        if !is_trusted(client) {
            break;
        }
        client = heard;
    }
    client
}

/// The address that a client counts as: of IPv6 its network of 64 bits, in which a machine takes
/// any address. Its subscriber has more of them: see `network`.
fn canonical(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) & (u128::MAX << 64)).into()),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted = ["10.0.0.0/8", "127.0.0.1/32"].map(|net| net.parse().expect("a network"));
        let client = |peer: &str, hops: &[&str]| {
            let hops: Vec<_> = hops.iter().map(|hop| hop.as_bytes()).collect();
            client(peer.parse().expect("an address"), &hops, &trusted).to_string()
        };
        assert_eq!(
            client("203.0.113.7", &["1.1.1.1"]),
            "203.0.113.7",
            "no proxy of ours"
        );
        assert_eq!(client("10.0.0.2", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("::ffff:10.0.0.2", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(
            client("10.0.0.2", &["1.1.1.1", "203.0.113.7:50001", "10.0.0.9"]),
            "203.0.113.7",
            "what the client wrote counts for nothing"
        );
        assert_eq!(client("10.0.0.2", &["203.0.113.7", "unknown"]), "10.0.0.2");
        assert_eq!(client("127.0.0.1", &[]), "127.0.0.1");
    }

    #[test]
    fn an_address_is_read_as_proxies_write_it() {
        for (text, address) in [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7:50001", "203.0.113.7"),
            ("\"203.0.113.7:50001\"", "203.0.113.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:50001", "2001:db8::1"),
            ("\"[2001:db8::1]:50001\"", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%eth0]", "fe80::1"),
            ("[fe80::1%eth0]:50001", "fe80::1"),
            ("\"[fe80::1%25eth0]:50001\"", "fe80::1"),
            ("::ffff:203.0.113.7", "::ffff:203.0.113.7"),
        ] {
            assert_eq!(
                heard(text.as_bytes())
                    .map(|address| address.to_string())
                    .as_deref(),
                Some(address),
                "{text}"
            );
        }
        for text in [
            "",
            "unknown",
            "_hidden",
            "203.0.113.7:",
            "203.0.113.7:x",
            "203.0.113.7:65536",
            "203.0.113",
            "[203.0.113.7",
            "\"203.0.113.7",
            "[2001:db8::1]:",
            "[2001:db8::1]x",
            "[fe80::1%eth0]:x",
        ] {
            assert_eq!(heard(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn several_lines_are_one_list_and_a_bad_member_spoils_no_other() {
        let mut headers = HeaderMap::new();
        for line in [
            b"1.1.1.1,, ".as_slice(),
            b"\xff\xfe , \"x, 203.0.113.7:1",
            b"\t10.0.0.9 ",
        ] {
            headers.append(
                FORWARDED_FOR,
                HeaderValue::from_bytes(line).expect("a field"),
            );
        }
        let hops = hops(&headers);
        assert_eq!(hops.len(), 5, "{hops:?}");
        let trusted = ["10.0.0.0/8".parse().expect("a network")];
        assert_eq!(
            client("10.0.0.2".parse().expect("an address"), &hops, &trusted).to_string(),
            "203.0.113.7"
        );
    }

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

    #[test]
    fn only_names_of_this_machine_are_near() {
        for host in [
            "localhost",
            "LOCALHOST:3000",
            "127.0.0.1",
            "127.1.2.3:80",
            "[::1]",
            "[::1]:65535",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "localhost.",
            "localhost:",
            "localhost:x",
            "localhost:65536",
            "localhost.evil.example",
            "a@localhost",
            "localhost@evil.example",
            "127.0.0.1.evil.example",
            "127.1",
            "2130706433",
            "0.0.0.0",
            "::1",
            "[::2]",
            "[::1",
            "[::1]x",
            "[127.0.0.1]",
            "[localhost]",
            "10.0.0.1",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
