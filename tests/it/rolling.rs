//! Three processes that share a database and a Redis: one is killed, or all are restarted one after
//! the other, while students click. Needs a database that processes can share, and so PostgreSQL.

use crate::PROGRAM;
use qiangke::server::store::Store;
use std::{collections::HashSet, time::Duration};
use support::{
    address::{ReservedAddress, reserve},
    crowd::{ShopClient, Student, gather},
    database::TestDatabase,
    nginx::Nginx,
    process::Server,
    redis::RedisServer,
    setup::{open_sale, prepare},
};
use tempfile::TempDir;
use tokio::task::JoinSet;

const STUDENTS: i64 = 300;
const SEATS: usize = 100;
/// Milliseconds between two clicks of the stream that goes on through all restarts.
const CLICK_EVERY_MS: u64 = 20;

/// Three instances, and what they share.
struct Fleet {
    folder: TempDir,
    database: TestDatabase,
    store: Store,
    redis: RedisServer,
    servers: Vec<Server>,
}

impl Fleet {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (database, store) = prepare(&folder).await;
        let mut fleet = Self {
            folder,
            database,
            store,
            redis: RedisServer::start(),
            servers: Vec::new(),
        };
        for _ in 0..3 {
            let server = fleet.instance(reserve()).await;
            fleet.servers.push(server);
        }
        fleet
    }

    /// A sale that every instance knows.
    async fn open_sale(&self) -> i64 {
        let sale = open_sale(&self.store).await;
        for server in &self.servers {
            let url = format!("http://{}/api/v1/sale/now/?id={sale}", server.address);
            while reqwest::get(&url).await.expect("an answer").status() != reqwest::StatusCode::OK {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        sale
    }

    async fn instance(&self, address: ReservedAddress) -> Server {
        PROGRAM
            .serve_at(
                address,
                self.folder.path(),
                &self.database,
                &["--redis-url", &self.redis.url()],
            )
            .await
    }

    /// Ends an instance in order, and starts it again at the same address.
    async fn restart(&mut self, number: usize) {
        let address = self.servers[number].reserved();
        self.servers[number].terminate();
        assert!(
            self.servers[number].ended().await.success(),
            "an orderly end"
        );
        self.servers[number] = self.instance(address).await;
    }

    /// What everybody was told is what the database says.
    async fn assert_true(&self, sale: i64, told: Vec<(i64, bool)>) {
        self.database.decided().await;
        let owners: HashSet<i64> = self.database.owners(sale).await.into_iter().collect();
        for (student, won) in told {
            assert_eq!(won, owners.contains(&student), "student {student}");
        }
        assert_eq!(self.store.audit().await.expect("audit"), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_clicked_at_an_instance_that_dies_hears_the_truth_from_another() {
    let mut fleet = Fleet::start().await;
    let crowd = gather(&fleet.database, STUDENTS).await;
    let sale = fleet.open_sale().await;
    let (dying, other) = (
        ShopClient::to(fleet.servers[0].address),
        ShopClient::to(fleet.servers[1].address),
    );
    let mut clicks = JoinSet::new();
    let (heard, mut first_heard) = tokio::sync::mpsc::unbounded_channel();
    for student in crowd {
        let (dying, heard) = (dying.clone(), heard.clone());
        clicks.spawn(async move {
            let ticket = dying.click(&student, sale, Some("a")).await?;
            // Whoever listened has heard enough.
            let _ = heard.send(());
            Some((student, ticket))
        });
    }
    first_heard.recv().await.expect("a click that was heard");
    fleet.servers[0].kill();
    let held: Vec<(Student, String)> = clicks.join_all().await.into_iter().flatten().collect();
    let mut polls = JoinSet::new();
    for (student, ticket) in held {
        let other = other.clone();
        polls.spawn(async move {
            (
                student.id,
                other.outcome(&student, &ticket).await["code"] == 100,
            )
        });
    }
    fleet.assert_true(sale, polls.join_all().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_behind_nginx_fails_no_click() {
    let mut fleet = Fleet::start().await;
    let nginx = Nginx::start(
        "nginx.conf",
        &fleet
            .servers
            .iter()
            .map(|server| server.address)
            .collect::<Vec<_>>(),
    );
    let crowd = gather(&fleet.database, STUDENTS).await;
    let sale = fleet.open_sale().await;
    let shop_client = ShopClient::to(nginx.address());
    let stream = tokio::spawn(async move {
        let mut rush = JoinSet::new();
        for student in crowd {
            let shop_client = shop_client.clone();
            rush.spawn(async move {
                // One try: a click that fails here is one that failed before a student.
                let ticket = shop_client.click(&student, sale, Some("a")).await;
                let ticket =
                    ticket.unwrap_or_else(|| panic!("the click of student {} failed", student.id));
                (
                    student.id,
                    shop_client.outcome(&student, &ticket).await["code"] == 100,
                )
            });
            tokio::time::sleep(Duration::from_millis(CLICK_EVERY_MS)).await;
        }
        rush.join_all().await
    });
    for number in 0..3 {
        fleet.restart(number).await;
    }
    let told = stream.await.expect("no click failed");
    assert_eq!(told.iter().filter(|(_, won)| *won).count(), SEATS);
    fleet.assert_true(sale, told).await;
}
