//! Strangers who break nothing and ask for a lot: heads that want to come back in an answer, keys
//! that nobody had before, answers that nobody reads, wrong codes. Everybody else must not notice.

use crate::{
    dice::Dice,
    episode::Strikes,
    shop::{PROGRAM, Shop},
};
use futures::future::BoxFuture;
use reqwest::{Client, RequestBuilder, redirect::Policy};
use serde_json::json;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};
use support::http::client;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};

/// Where strangers come from. The shop takes it for a proxy's, so that they may say who they are.
pub const STRANGER: Ipv4Addr = Ipv4Addr::new(127, 0, 66, 6);
/// How long a stranger waits for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);
/// How long they go on.
pub const HOSTILE_FOR: Duration = Duration::from_secs(6);
/// The rest between two hostile heads: five a second took every instance out of a proxy that counts
/// answers as failures.
const HEAD_REST: Duration = Duration::from_millis(60);
/// Letters of a hostile field. nginx takes lines of 8 KB at most, and the shop heads of 16 KB.
const LONG: usize = 7_000;
/// Between two wrong codes of a stranger: they are to fill the log, and not the processor that
/// others are served by.
const CODE_REST: Duration = Duration::from_millis(40);
/// Strangers who ask at a time.
const FLOOD: usize = 24;
/// Connections for targets as long as a head may be.
const TARGETS: usize = 8;
/// Connections of clients that don't read, and the addresses that they come from: more than
/// [`Staging::connections_max`] of their fault.
///
/// [`Staging::connections_max`]: crate::shop::Staging
const UNREAD: usize = 500;
const UNREAD_NETWORKS: usize = 8;
/// How often each of them asks for the program before it falls silent.
const UNREAD_ASKS: usize = 40;
/// How long they stay.
const UNREAD_FOR: Duration = Duration::from_secs(14);
/// What the system keeps for each of them, so that the shop can't be rid of its answers.
const RECEIVE_BYTES: u32 = 4_096;

fn stranger() -> Client {
    let builder = client()
        .timeout(ANSWER_WITHIN)
        .redirect(Policy::none())
        .local_address(IpAddr::V4(STRANGER));
    builder.build().expect("client")
}

/// Sends heads that want to come back.
pub async fn heads(shop: &Shop) -> Result<Strikes, String> {
    Ok(send_heads(shop.doors(), HOSTILE_FOR).await)
}

/// The same beside another fault.
pub async fn send_heads(doors: Vec<SocketAddr>, lasts: Duration) -> Strikes {
    let (client, since) = (stranger(), Instant::now());
    let mut count = 0;
    while since.elapsed() < lasts {
        let shop = format!("http://{}", doors[count % doors.len()]);
        drop(head(&client, &shop, count / doors.len()).send().await);
        count += 1;
        sleep(HEAD_REST).await;
    }
    Strikes {
        count,
        ..Strikes::default()
    }
}

fn head(client: &Client, shop: &str, number: usize) -> RequestBuilder {
    let long = "a".repeat(LONG);
    let long = long.as_str();
    let form = |path: &str, fields: &[(&str, &str)]| {
        client
            .post(format!("{shop}/api/v1/{path}"))
            .header("accept", "text/html")
            .form(fields)
    };
    let page = |path: &str| client.get(format!("{shop}{path}"));
    match number % 12 {
        0 => page("/healthz").header("x-request-id", long),
        1 => form("user/login_sms/", &[(long, "1")]),
        2 => form(
            "user/send_sms/",
            &[("mobile", "1"), ("next", &format!("/{long}"))],
        ),
        3 => page(&format!("/sign-in?next=/{long}")),
        4 => page("/").header("host", &long[..2_000]),
        5 => page("/").header(
            "cookie",
            format!("sms_mobile={0}; session={0}", &long[..LONG / 2]),
        ),
        6 => page(&format!("/courses?q={}", "%E4%B8%AD".repeat(LONG / 9))),
        7 => page(&format!("/en//{long}")),
        8 => page("/courses")
            .header("if-none-match", format!("\"{long}\""))
            .header("accept-language", long),
        9 => form("user/sckill/", &[(long, long)]).header("referer", format!("{shop}/{long}")),
        10 => page(&format!("/api/v1/user/sckill/?task_id={long}")).header("x-request-id", long),
        _ => page("/courses/2")
            .header("x-forwarded-for", "10.9.8.7, ".repeat(LONG / 10))
            .header("origin", format!("http://{long}")),
    }
}

/// Asks for what nobody asked for before, so that whatever is kept for a key is kept for each of
/// them.
pub async fn keys(shop: &Shop, dice: &mut Dice) -> Result<Strikes, String> {
    let mut strangers = JoinSet::new();
    for number in 0..TARGETS {
        let door = shop.doors()[number % shop.doors().len()];
        strangers.spawn(targets(door, dice.child()));
    }
    let keys = flood(shop, dice, |client, shop, dice| {
        Box::pin(key(client, shop, dice))
    })
    .await;
    let targets: usize = strangers.join_all().await.into_iter().sum();
    Ok(Strikes {
        count: keys.count + targets,
        ..keys
    })
}

/// Asks for one list by ever new targets as long as a head may be, one behind the other and without
/// a look at the answers: where targets are keys, nothing takes more memory for less work.
async fn targets(door: SocketAddr, mut dice: Dice) -> usize {
    let (since, mut count) = (Instant::now(), 0);
    while since.elapsed() < HOSTILE_FOR {
        let Ok(stream) = TcpStream::connect(door).await else {
            continue;
        };
        let ((mut answers, mut asks), mut nowhere) = (stream.into_split(), tokio::io::sink());
        let ask = async {
            while since.elapsed() < HOSTILE_FOR {
                let target = "&".repeat(LONG + dice.below(LONG));
                let language = if dice.once_in(2) { "zh" } else { "en" };
                let head = format!(
                    "GET /api/v1/course/category/?{target} HTTP/1.1\r\nhost: shop\r\naccept-language: {language}\r\n\r\n"
                );
                if asks.write_all(head.as_bytes()).await.is_err() {
                    break;
                }
                count += 1;
            }
        };
        tokio::select! {
            () = ask => {}
            _ = tokio::io::copy(&mut answers, &mut nowhere) => {}
        }
    }
    count
}

async fn key(client: &Client, shop: &str, dice: &mut Dice) -> bool {
    let name = format!("{:016x}", dice.roll());
    let address = Ipv4Addr::from(u32::try_from(dice.below(1 << 29)).unwrap_or_default() | 1 << 30);
    let api = |path: &str| client.get(format!("{shop}/api/v1/{path}"));
    let request = match dice.below(12) {
        0..=1 => api(&format!("course/?name={name}")),
        2..=6 => client.get(format!(
            "{shop}/courses?q={name}{}",
            "x".repeat(dice.below(80))
        )),
        7 => api("user/me/").header(
            "cookie",
            format!("session={}", tower_sessions::session::Id::default()),
        ),
        8 => api(&format!("user/sckill/?task_id={}", name.repeat(4))),
        9 => wrong_code(client, shop, dice),
        10 => api(&format!("sale/now/?id={}", dice.roll() >> 1)),
        _ => client.get(format!("{shop}/courses/{}", dice.roll() >> 1)),
    };
    request
        .header("x-forwarded-for", address.to_string())
        .send()
        .await
        .is_ok()
}

/// Types wrong codes, each with the longest id that a request may have.
pub async fn wrong_codes(shop: &Shop, dice: &mut Dice) -> Strikes {
    flood(shop, dice, |client, shop, dice| {
        Box::pin(async move {
            let is_answered = wrong_code(client, shop, dice)
                .header("x-request-id", "a".repeat(LONG))
                .send()
                .await
                .is_ok();
            tokio::time::sleep(CODE_REST).await;
            is_answered
        })
    })
    .await
}

fn wrong_code(client: &Client, shop: &str, dice: &mut Dice) -> RequestBuilder {
    let body = json!({"mobile": format!("137{:08}", dice.below(100_000_000)), "code": "000000"});
    client
        .post(format!("{shop}/api/v1/user/login_sms/"))
        .json(&body)
}

/// One request of a flood; whether it was answered.
type Ask = for<'a> fn(&'a Client, &'a str, &'a mut Dice) -> BoxFuture<'a, bool>;

/// Everybody asks without rest; gives how many answers there were.
async fn flood(shop: &Shop, dice: &mut Dice, ask: Ask) -> Strikes {
    let (client, since, doors) = (stranger(), Instant::now(), shop.doors());
    let mut strangers = JoinSet::new();
    for number in 0..FLOOD {
        let (client, door, mut dice) = (
            client.clone(),
            format!("http://{}", doors[number % doors.len()]),
            dice.child(),
        );
        strangers.spawn(async move {
            let mut count = 0;
            while since.elapsed() < HOSTILE_FOR {
                count += usize::from(ask(&client, &door, &mut dice).await);
            }
            count
        });
    }
    let mut count = 0;
    while let Some(answers) = strangers.join_next().await {
        count += answers.expect("strangers do not panic");
    }
    Strikes {
        count,
        ..Strikes::default()
    }
}

/// Asks for the program again and again, and reads nothing; who is sent away comes again.
pub async fn unread(shop: &Shop) -> Result<Strikes, String> {
    let doors = shop.doors();
    let mut strangers = JoinSet::new();
    for number in 0..UNREAD * doors.len() {
        let network = u8::try_from(number % UNREAD_NETWORKS).unwrap_or_default();
        let (door, from) = (
            doors[number % doors.len()],
            SocketAddr::from(([127, 0, 9, network + 1], 0)),
        );
        strangers.spawn(timeout(UNREAD_FOR, async move {
            loop {
                drop(ask_and_wait(door, from).await);
                sleep(Duration::from_millis(200)).await;
            }
        }));
    }
    let count = strangers.len();
    while strangers.join_next().await.is_some() {}
    Ok(Strikes {
        count,
        ..Strikes::default()
    })
}

/// Ends when the shop ends the connection.
async fn ask_and_wait(door: SocketAddr, from: SocketAddr) -> std::io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(RECEIVE_BYTES)?;
    socket.bind(from)?;
    let mut stream = socket.connect(door).await?;
    let ask = format!("GET /{PROGRAM} HTTP/1.1\r\nhost: shop\r\naccept-encoding: identity\r\n\r\n");
    stream.write_all(ask.repeat(UNREAD_ASKS).as_bytes()).await?;
    ended(&stream).await
}

/// Waits for the end of a connection whose bytes stay where they are: a reset is an error, and an
/// end that comes after unread bytes is only seen by writing.
async fn ended(stream: &TcpStream) -> std::io::Result<()> {
    loop {
        sleep(Duration::from_millis(500)).await;
        if let Some(error) = stream.take_error()? {
            return Err(error);
        }
        stream
            .try_write(b"\r\n")
            .map(drop)
            .or_else(|error| match error.kind() {
                std::io::ErrorKind::WouldBlock => Ok(()),
                _ => Err(error),
            })?;
    }
}
