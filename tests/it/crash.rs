//! The process is killed in the middle of a rush, again and again: nothing that a client was
//! promised is lost.

use crate::{
    app::{TestApp, fill},
    crowd::{ShopClient, Student, gather},
    database::TestDatabase,
    process::Server,
};
use qiangke::{
    server::{
        boot,
        store::{NewSale, Store},
    },
    types::{ids::CourseId, money::Fen},
};
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinSet;

const KILLS: u64 = 50;
const STUDENTS: i64 = 200;
const SEATS: i64 = 100;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_lose_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, store) = prepare(&folder).await;
    let crowd = gather(&database, STUDENTS).await;
    let mut held = 0;
    for kill in 0..KILLS {
        let sale = open_sale(&store).await;
        let mut server = Server::start(folder.path(), &database).await;
        let tickets = rush_until_killed(
            &mut server,
            &crowd,
            sale,
            Duration::from_millis(moment(kill)),
        )
        .await;
        held += tickets.len();

        let mut server = Server::start(folder.path(), &database).await;
        let shop_client = ShopClient::to(server.address);
        let mut truths = JoinSet::new();
        for (student, ticket) in tickets {
            let shop_client = shop_client.clone();
            truths.spawn(async move {
                (
                    student.id,
                    shop_client.outcome(&student, &ticket).await["code"].clone(),
                )
            });
        }
        let told = truths.join_all().await;
        let owners = database.owners(sale).await;
        for (student, code) in told {
            assert_eq!(
                code == 100,
                owners.contains(&student),
                "kill {kill}: student {student} was told {code}"
            );
        }
        database.decided().await;
        assert_eq!(store.audit().await.expect("audit"), [], "kill {kill}");
        server.kill();
    }
    assert!(
        held > 500,
        "the rushes must be cut in the middle, not before they began: {held} tickets"
    );
}

/// Spread over the time that a rush takes, and different each time; the same in each run of the
/// test.
fn moment(kill: u64) -> u64 {
    kill.wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407)
        >> 33
        & 0xff
}

/// Everybody clicks; after `delay` the process is killed. Gives the tickets that clients hold.
async fn rush_until_killed(
    server: &mut Server,
    crowd: &[Student],
    sale: i64,
    delay: Duration,
) -> Vec<(Student, String)> {
    let shop_client = ShopClient::to(server.address);
    let mut clicks = JoinSet::new();
    for student in crowd.iter().cloned() {
        let shop_client = shop_client.clone();
        clicks.spawn(async move {
            let ticket = shop_client.click(&student, sale, None).await?;
            Some((student, ticket))
        });
    }
    tokio::time::sleep(delay).await;
    server.kill();
    clicks.join_all().await.into_iter().flatten().collect()
}

pub async fn prepare(folder: &TempDir) -> (TestDatabase, Store) {
    TestApp::make_site(folder.path());
    let database = TestDatabase::new(folder.path()).await;
    fill(&database).await;
    let store = boot::open_store(&database.url).await.expect("open");
    (database, store)
}

pub async fn open_sale(store: &Store) -> i64 {
    let now = qiangke::server::clock::Clock::System.now();
    let sale = NewSale {
        course: CourseId(2),
        price: Fen(990),
        stock: SEATS,
        opens_at: now,
        closes_at: now.plus(3_600_000),
    };
    store
        .create_sale(&sale, now)
        .await
        .expect("create")
        .expect("the course")
        .0
}
