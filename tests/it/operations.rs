//! What operators rely on: an orderly end, one server for each file, and a shop that lives through a record that is away.

use crate::{
    app::TestApp,
    crash::{open_sale, prepare},
    crowd::{Street, connect, decided, gather, owners},
    process::Server,
};
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
use tokio::task::JoinSet;

/// New clicks are refused within this time while the record is away.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_end_answers_whom_it_let_in() {
    const STUDENTS: i64 = 100;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (record, store) = prepare(&folder).await;
    let crowd = gather(&record, STUDENTS).await;
    let sale = open_sale(&store).await;
    let mut server = Server::start(folder.path()).await;
    let street = Street::to(server.address);
    let mut clicks = JoinSet::new();
    for student in crowd {
        let street = street.clone();
        clicks.spawn(async move { street.click(&student, sale, None).await.map(|_| student.id) });
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.terminate();
    let told = clicks.join_all().await.into_iter().flatten().count();
    assert!(server.ended().await.success(), "an orderly end");
    let mark = std::fs::read_to_string(record.with_extension("db.lock")).expect("the lock file");
    assert_eq!(mark, "", "the next start need not check the file");

    // Whoever holds a ticket gets a seat at the latest when the next server has started.
    let _server = Server::start(folder.path()).await;
    decided(&record).await;
    assert!(told > 0, "somebody was let in");
    assert_eq!(owners(&record, sale).await.len(), told, "an answer for each ticket, a ticket for each answer");
    assert_eq!(store.audit().await.expect("audit"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_file_does_not_start() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (_record, _store) = prepare(&folder).await;
    let mut server = Server::start(folder.path()).await;
    let second = Server::refused(folder.path());
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("another server serves"), "{said}");
    server.kill();
    let _third = Server::start(folder.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_grow_refuses_clicks_and_heals() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (record, store) = prepare(&folder).await;
    let crowd = gather(&record, 3).await;
    let sale = open_sale(&store).await;
    let server = Server::start(folder.path()).await;
    let street = Street::to(server.address);
    let first = street.click_until_heard(&crowd[0], sale, "a").await;
    assert_eq!(street.outcome(&crowd[0], &first).await["code"], 100);

    server.limit_files("0");
    let since = Instant::now();
    assert_eq!(street.click(&crowd[1], sale, Some("b")).await, None);
    assert!(since.elapsed() < REFUSED_WITHIN, "{:?}", since.elapsed());
    assert_eq!(street.poll(&crowd[0], &first).await.expect("an answer")["code"], 100, "reads go on");
    let home = street.client.get(format!("http://{}/", server.address)).send().await.expect("an answer");
    assert_eq!(home.status(), StatusCode::OK);
    assert_eq!(store.audit().await.expect("audit"), [], "nothing is half written");
    assert_eq!(owners(&record, sale).await.len(), 1);

    server.limit_files("unlimited");
    let second = street.click_until_heard(&crowd[1], sale, "b").await;
    assert_eq!(street.outcome(&crowd[1], &second).await["code"], 100, "it heals without a restart");
    assert_eq!(store.audit().await.expect("audit"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_busy_refuses_clicks_in_time_and_without_a_ticket() {
    let app = TestApp::start().await;
    let sale = app.open_sale(5).await;
    let student = app.student("13800000001").await;
    let mut other = connect(&app.record()).await;
    sqlx::query("begin immediate").execute(&mut other).await.expect("the lock");
    let since = Instant::now();
    let (status, answer) = student.write("user/sckill/", json!({"sale": sale.0})).await;
    assert!(since.elapsed() < REFUSED_WITHIN, "{:?}", since.elapsed());
    assert_eq!((status, answer.get("task_id")), (StatusCode::SERVICE_UNAVAILABLE, None), "{answer}");
    sqlx::query("rollback").execute(&mut other).await.expect("the lock is free");
    let ticket = student.click(sale).await;
    assert_eq!(student.outcome(&ticket).await["code"], 100);
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_record_is_away_pages_stand_and_polls_wait() {
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
    let unknown = app.running.app.signer.sign(&Claim { refusal: None, sale, student: holder, id: TicketId([1; 16]) });

    app.store().close().await.expect("close");
    // The catalogue's version moves, so that no page in memory is fresh.
    app.running.app.catalog_version.fetch_add(1, Ordering::Release);
    let page = student.get("/courses").await;
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(page.text().await.expect("a page"), before, "the last one known");
    let never_seen = student.get("/courses/3").await;
    assert_eq!(never_seen.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(never_seen.headers().contains_key("retry-after"));
    assert_eq!(student.poll(&won).await["code"], 100, "in memory");
    let answer = student.poll(&unknown).await;
    assert_eq!(answer["code"], 104, "{answer}");
    assert!(answer["retry_ms"].as_i64() > Some(0), "{answer}");
    let since = Instant::now();
    let (status, answer) = late.write("user/sckill/", json!({"sale": sale.0})).await;
    assert_eq!((status, answer.get("task_id")), (StatusCode::SERVICE_UNAVAILABLE, None), "{answer}");
    assert!(since.elapsed() < REFUSED_WITHIN, "{:?}", since.elapsed());
}
