//! Clients of HTTP: reqwest's, and one that sends any bytes.

use reqwest::{Client, ClientBuilder};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How long an answer may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client's builder; what signs TLS must be named once for a process, although no test uses TLS.
pub fn client() -> ClientBuilder {
    // An error says that another test of this process named it already.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder()
}

/// The status and the head of the answer to a request.
pub async fn ask(address: SocketAddr, request: String) -> (u16, String) {
    let answer = async {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut bytes = Vec::new();
        // A reset is an end, too.
        drop(stream.read_to_end(&mut bytes).await);
        bytes
    };
    let bytes = tokio::time::timeout(PATIENCE, answer)
        .await
        .expect("an answer in time");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let head = text
        .split_inclusive("\r\n\r\n")
        .next()
        .unwrap_or_default()
        .to_owned();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    (
        status.unwrap_or_else(|| {
            panic!(
                "no answer to {:?}: {text:?}",
                &request[..request.len().min(300)]
            )
        }),
        head,
    )
}

/// The value of a header field.
pub fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        line.split_once(": ")
            .filter(|(is, _)| is.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

/// What a shop's metrics say, at their address.
pub async fn metrics(address: impl std::fmt::Display) -> String {
    let answer = client()
        .build()
        .expect("client")
        .get(format!("http://{address}/metrics"))
        .send()
        .await
        .expect("metrics");
    answer.text().await.expect("text")
}
