//! What is about SQLite's file only.

use crate::PROGRAM;
use qiangke::{
    server::{self, Overrides, boot, clock::Clock, store::SmsStanding},
    types::account::Mobile,
};
use reqwest::StatusCode;
use std::time::{Duration, Instant};
use support::{
    crowd::{ShopClient, gather},
    database::{TestDatabase, sms_code},
    setup::{config, open_sale, prepare},
};

/// New clicks are refused within this time while the database is away.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_file_does_not_start() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, _store) = prepare(&folder).await;
    let mut server = PROGRAM.serve(folder.path(), &database).await;
    let second = PROGRAM.refused(folder.path(), &database);
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("another server serves"), "{said}");
    server.terminate();
    assert!(server.ended().await.success(), "an orderly end");
    let mark = std::fs::read_to_string(folder.path().join("shop.db.lock")).expect("the lock file");
    assert_eq!(mark, "", "the next start need not check the file");
    let _third = PROGRAM.serve(folder.path(), &database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_grow_refuses_clicks_and_heals() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, store) = prepare(&folder).await;
    let crowd = gather(&database, 3).await;
    let sale = open_sale(&store).await;
    let server = PROGRAM.serve(folder.path(), &database).await;
    let shop_client = ShopClient::to(server.address);
    let first = shop_client.click_until_heard(&crowd[0], sale, "a").await;
    assert_eq!(shop_client.outcome(&crowd[0], &first).await["code"], 100);

    server.limit_files("0");
    let since = Instant::now();
    assert_eq!(shop_client.click(&crowd[1], sale, Some("b")).await, None);
    assert!(since.elapsed() < REFUSED_WITHIN, "{:?}", since.elapsed());
    assert_eq!(
        shop_client
            .poll(&crowd[0], &first)
            .await
            .expect("an answer")["code"],
        100,
        "reads go on"
    );
    let home = shop_client
        .client
        .get(format!("http://{}/", server.address))
        .send()
        .await
        .expect("an answer");
    assert_eq!(home.status(), StatusCode::OK);
    assert_eq!(
        store.audit().await.expect("audit"),
        [],
        "nothing is half written"
    );
    assert_eq!(database.owners(sale).await.len(), 1);

    server.limit_files("unlimited");
    let second = shop_client.click_until_heard(&crowd[1], sale, "b").await;
    assert_eq!(
        shop_client.outcome(&crowd[1], &second).await["code"],
        100,
        "it heals without a restart"
    );
    assert_eq!(store.audit().await.expect("audit"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_whose_sending_can_t_be_written_down_is_not_sent() {
    /// Jobs are looked for three times.
    const SWEEPS: Duration = Duration::from_millis(3_500);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, store) = prepare(&folder).await;
    let server = PROGRAM.serve(folder.path(), &database).await;
    // From here on the database's log can't grow; the outbox, which is smaller, can.
    gather(&database, 100).await;
    let log = std::fs::metadata(folder.path().join("shop.db-wal"))
        .expect("the log")
        .len();
    assert!(log > 4_096, "{log}");
    server.limit_files(&log.to_string());
    let mobile = Mobile::parse("13800000001").expect("a mobile");
    let (code, always) = (
        sms_code(&mobile, &[1; 16], Clock::System.now()),
        |_: &SmsStanding| Some(Vec::new()),
    );
    store
        .ask_code(&code, &always, Clock::System.now())
        .await
        .expect("asked");
    let sent = || {
        std::fs::read_to_string(folder.path().join("outbox.jsonl"))
            .unwrap_or_default()
            .lines()
            .count()
    };
    tokio::time::sleep(SWEEPS).await;
    assert_eq!(sent(), 0, "who sends it would send it again");

    server.limit_files("unlimited");
    tokio::time::sleep(SWEEPS).await;
    assert_eq!(sent(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_tables_is_not_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = TestDatabase::new(folder.path()).await;
    let refusal =
        async || match server::start(config(folder.path(), &database, &[]), Overrides::default())
            .await
        {
            Ok(_) => panic!("it serves"),
            Err(refusal) => refusal.to_string(),
        };
    assert!(refusal().await.contains("there is no database at "));
    boot::open_store(&database.url)
        .await
        .expect("an empty file");
    assert!(refusal().await.contains("run `qiangke migrate` first"));
}
