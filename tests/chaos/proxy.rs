//! A network that fails, between the shop and what it relies on: a proxy that delays, limits, cuts,
//! swallows, or lets through one direction only.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// What the network does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weather {
    /// What it should.
    #[default]
    Fair,
    /// Everything comes this much later.
    Late(Duration),
    /// So many bytes at a time, and a rest of 10 ms after each.
    Narrow(usize),
    /// Connections are reset, and new ones, too.
    Reset,
    /// What clients say arrives; what is answered does not.
    AnswersLost,
    /// What clients say does not arrive.
    WordsLost,
    /// Clients are told that the other side has ended; what they say still arrives.
    HalfClosed,
    /// Each answer is an error, whatever the other side said.
    Fails,
    /// The next answer to this word of a client is lost, and its connection with it; everything
    /// else is fair.
    AnswerTo(&'static [u8]),
}

/// Bytes that are read at a time at most.
const CHUNK: usize = 16 * 1_024;

/// What [`Weather::Fails`] says.
const FAILURE: &[u8] =
    b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A proxy on loopback.
pub struct Proxy {
    pub address: SocketAddr,
    weather: watch::Sender<Weather>,
    /// Answers that [`Weather::AnswerTo`] lost.
    pub swallowed: Arc<AtomicUsize>,
    listener: JoinHandle<()>,
}

/// What the two directions of a connection share.
struct Wire {
    weather: watch::Receiver<Weather>,
    /// How many answers are to be lost: the connection ends with the first.
    doomed: AtomicU64,
    swallowed: Arc<AtomicUsize>,
}

impl Proxy {
    /// A proxy before `to`.
    pub async fn before(to: SocketAddr) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = socket.local_addr().expect("an address");
        let (weather, seen) = watch::channel(Weather::Fair);
        let swallowed = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&swallowed);
        let listener = tokio::spawn(async move {
            while let Ok((client, _)) = socket.accept().await {
                let wire = Wire {
                    weather: seen.clone(),
                    doomed: AtomicU64::new(0),
                    swallowed: Arc::clone(&count),
                };
                tokio::spawn(carry(client, to, wire));
            }
        });
        Self {
            address,
            weather,
            swallowed,
            listener,
        }
    }

    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// Carries a connection until either side ends it, or the weather does.
async fn carry(client: TcpStream, to: SocketAddr, wire: Wire) {
    if *wire.weather.borrow() == Weather::Reset {
        return reset(&client);
    }
    let Ok(server) = TcpStream::connect(to).await else {
        return;
    };
    drop(client.set_nodelay(true));
    drop(server.set_nodelay(true));
    let mut changes = wire.weather.clone();
    let ended = {
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let mut storm = std::pin::pin!(async {
            while changes.changed().await.is_ok() {
                if *changes.borrow() == Weather::Reset {
                    return;
                }
            }
        });
        let talk = async {
            tokio::select! {
                end = words(&mut from_client, &mut to_server, &wire) => end,
                end = answers(&mut from_server, &mut to_client, &wire) => end,
            }
        };
        let is_storm = tokio::select! {
            _ = talk => false,
            () = &mut storm => true,
        };
        is_storm.then(|| from_client.reunite(to_client))
    };
    if let Some(Ok(client)) = ended {
        reset(&client);
    }
}

/// Closes so that the other side hears of a reset, and not of an end.
fn reset(client: &TcpStream) {
    #[expect(
        deprecated,
        reason = "it blocks only with a time to linger, and this one has none"
    )]
    drop(client.set_linger(Some(Duration::ZERO)));
}

/// From a client to the server.
async fn words(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    wire: &Wire,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = from.read(&mut chunk).await?;
        if length == 0 {
            return Ok(());
        }
        let weather = *wire.weather.borrow();
        if weather == Weather::WordsLost {
            continue;
        }
        if let Weather::AnswerTo(word) = weather
            && chunk[..length]
                .windows(word.len())
                .any(|part| part.eq_ignore_ascii_case(word))
        {
            wire.doomed.store(1, Ordering::SeqCst);
        }
        pass(to, &chunk[..length], weather).await?;
    }
}

/// From the server to a client.
async fn answers(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    wire: &Wire,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    let mut is_shut = false;
    loop {
        let length = from.read(&mut chunk).await?;
        if length == 0 {
            return Ok(());
        }
        if wire.doomed.load(Ordering::SeqCst) > 0 {
            wire.swallowed.fetch_add(1, Ordering::SeqCst);
            return Ok(());
        }
        let weather = *wire.weather.borrow();
        match weather {
            _ if is_shut => {}
            Weather::AnswersLost => {}
            Weather::Fails => return to.write_all(FAILURE).await,
            Weather::HalfClosed => {
                is_shut = true;
                to.shutdown().await?;
            }
            weather => pass(to, &chunk[..length], weather).await?,
        }
    }
}

async fn pass(
    to: &mut (impl AsyncWriteExt + Unpin),
    bytes: &[u8],
    weather: Weather,
) -> io::Result<()> {
    match weather {
        Weather::Late(by) => {
            tokio::time::sleep(by).await;
            to.write_all(bytes).await
        }
        Weather::Narrow(size) => {
            for part in bytes.chunks(size) {
                to.write_all(part).await?;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Ok(())
        }
        _ => to.write_all(bytes).await,
    }
}
