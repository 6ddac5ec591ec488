//! A mock gateway on a port of its own, which several shops may share, and who pays at it.

use qiangke::{
    server::{
        clock::Clock,
        http::mock_gateway::{GatewayState, router},
        payment::mock::{
            server::MockGateway,
            signature::{KEY_BYTES, MockKey},
            wire::ACT,
        },
    },
    types::hex::hex,
};
use reqwest::{Client, Response, Url};
use std::net::{Ipv4Addr, SocketAddr};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

/// The key of every gateway of a test.
pub const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];

/// A running gateway; it ends with this value.
pub struct TestGateway {
    pub address: SocketAddr,
    pub gateway: MockGateway,
    /// Holds the key's file.
    folder: TempDir,
    server: JoinHandle<()>,
}

impl TestGateway {
    /// A gateway without trades.
    pub async fn start(clock: Clock) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("key"), hex(&KEY)).expect("the key's file");
        let gateway = MockGateway::new(MockKey::new(&KEY)).expect("a gateway");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = router(GatewayState {
            gateway: gateway.clone(),
            clock,
        });
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        Self {
            address,
            gateway,
            folder,
            server,
        }
    }

    /// The flags of a shop to try out that is paid by it.
    pub fn flags(&self) -> [String; 5] {
        let key = self.folder.path().join("key").display().to_string();
        [
            "--demo".to_owned(),
            "--mock-gateway-url".to_owned(),
            format!("http://{}", self.address),
            "--mock-gateway-key-file".to_owned(),
            key,
        ]
    }
}

impl Drop for TestGateway {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Opens a link to pay, and does something on its page; the client follows no redirect.
pub async fn act(client: &Client, link: &str, act: &str) -> Response {
    let url = Url::parse(link).expect("an address");
    let page = client.get(url.clone()).send().await.expect("a page");
    assert!(page.status().is_success(), "{}", page.status());
    let query = url.query().expect("a query");
    let target = url.join(ACT).expect("an address");
    let form = [("query", query), ("act", act)];
    let sent = client.post(target).form(&form).send();
    sent.await.expect("an answer")
}
