//! What operators rely on: an orderly end, and a shop that lives through a database that is away.

use crate::PROGRAM;
use qiangke::{
    server::signer::Claim,
    types::ids::{StudentId, TicketId},
};
use reqwest::StatusCode;
use serde_json::json;
use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};
use support::{
    app::TestApp,
    crowd::{ShopClient, gather},
    setup::{open_sale, prepare},
};
use tokio::task::JoinSet;

/// New clicks are refused within this time while the database is away.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_end_answers_whom_it_let_in() {
    const STUDENTS: i64 = 100;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, store) = prepare(&folder).await;
    let crowd = gather(&database, STUDENTS).await;
    let sale = open_sale(&store).await;
    let mut server = PROGRAM.serve(folder.path(), &database).await;
    let shop_client = ShopClient::to(server.address);
    let mut clicks = JoinSet::new();
    for student in crowd {
        let shop_client = shop_client.clone();
        clicks.spawn(async move {
            shop_client
                .click(&student, sale, None)
                .await
                .map(|_| student.id)
        });
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.terminate();
    let told = clicks.join_all().await.into_iter().flatten().count();
    assert!(server.ended().await.success(), "an orderly end");

    // Whoever holds a ticket gets a seat at the latest when the next server has started.
    let _server = PROGRAM.serve(folder.path(), &database).await;
    database.decided().await;
    assert!(told > 0, "somebody was let in");
    assert_eq!(
        database.owners(sale).await.len(),
        told,
        "an answer for each ticket, a ticket for each answer"
    );
    assert_eq!(store.audit().await.expect("audit"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_busy_refuses_clicks_in_time_and_without_a_ticket() {
    let app = TestApp::start().await;
    let sale = app.open_sale(5).await;
    let student = app.student("13800000001").await;
    let other = app.database.hold().await;
    let since = Instant::now();
    let (status, answer) = student.write("user/sckill/", json!({"sale": sale.0})).await;
    assert!(since.elapsed() < REFUSED_WITHIN, "{:?}", since.elapsed());
    assert_eq!(
        (status, answer.get("task_id")),
        (StatusCode::SERVICE_UNAVAILABLE, None),
        "{answer}"
    );
    other.release().await;
    let ticket = student.click(sale).await;
    assert_eq!(student.outcome(&ticket).await["code"], 100);
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_pages_stand_and_polls_wait() {
    let app = TestApp::start().await;
    let sale = app.open_sale(5).await;
    let student = app.student("13800000001").await;
    let late = app.student("13800000002").await;
    let won = student.click(sale).await;
    assert_eq!(student.outcome(&won).await["code"], 100);
    let before = student.get("/courses").await.text().await.expect("a page");
    // A genuine id that no memory of this process has.
    let (_, me) = student.read("user/me/").await;
    let holder = StudentId(me["result"]["id"].as_i64().expect("id"));
    let unknown = app.running.app.signer.sign(&Claim {
        refusal: None,
        sale,
        student: holder,
        id: TicketId([1; 16]),
    });

    app.store().close().await.expect("close");
    // The catalogue's version moves, so that no page in memory is fresh.
    app.running
        .app
        .catalog_version
        .fetch_add(1, Ordering::Release);
    let page = student.get("/courses").await;
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(
        page.text().await.expect("a page"),
        before,
        "the last one known"
    );
    let never_seen = student.get("/courses/3").await;
    assert_eq!(never_seen.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(never_seen.headers().contains_key("retry-after"));
    assert_eq!(student.poll(&won).await["code"], 100, "in memory");
    let answer = student.poll(&unknown).await;
    assert_eq!(answer["code"], 104, "{answer}");
    assert!(answer["retry_ms"].as_i64() > Some(0), "{answer}");
    let since = Instant::now();
    let (status, answer) = late.write("user/sckill/", json!({"sale": sale.0})).await;
    assert_eq!(
        (status, answer.get("task_id")),
        (StatusCode::SERVICE_UNAVAILABLE, None),
        "{answer}"
    );
    assert!(since.elapsed() < REFUSED_WITHIN, "{:?}", since.elapsed());
}
