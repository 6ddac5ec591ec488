//! A defect that makes the shop's own code panic: in a handler, in the writer, in the worker, in
//! any other task that reads the clock. Whoever was waiting is told to come back, the task is at
//! work again, and nothing is lost or sold twice.

use reqwest::StatusCode;
use std::collections::BTreeMap;
use support::{
    app::TestApp,
    crowd::{ShopClient, gather},
    rush::{rush, sold},
};

/// Tasks of every shop that a click comes by.
const TASKS: [&str; 3] = ["session_reader", "settle_orders", "writer"];

/// How often each task panicked, as the metrics say.
async fn panics(app: &TestApp) -> BTreeMap<String, u64> {
    app.counted("qiangke_task_panics_total").await
}

/// Whether each of [`TASKS`] panicked.
async fn struck(app: &TestApp) -> bool {
    let panics = panics(app).await;
    TASKS.iter().all(|task| panics.contains_key(*task))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_task_starts_again_after_a_panic() {
    /// One click for each reading that panics, until every task was struck.
    const CLICKS_MAX: usize = 80;
    /// A click, from its session to its outcome, reads the clock about so often.
    const READINGS: u64 = 12;
    let app = TestApp::start().await;
    let crowd = gather(&app.database, CLICKS_MAX as i64).await;
    let sale = app.open_sale(CLICKS_MAX as i64).await.0;
    let shop_client = ShopClient::to(app.running.address);
    let mut clicks = 0;
    while !struck(&app).await {
        assert!(
            clicks < CLICKS_MAX,
            "only these were struck: {:?}",
            panics(&app).await
        );
        let student = &crowd[clicks];
        app.time.panic_at(1 + clicks as u64 % READINGS, 1);
        let ticket = shop_client.click_until_heard(student, sale, "key").await;
        assert_eq!(shop_client.outcome(student, &ticket).await["code"], 100);
        app.eventually("the panic", async || app.time.is_calm())
            .await;
        clicks += 1;
    }
    assert_eq!(
        app.database.owners(sale).await.len(),
        clicks,
        "everybody who clicked has a seat"
    );
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rush_in_which_tasks_panic_sells_each_seat_once() {
    const SEATS: usize = 100;
    let app = TestApp::start().await;
    let crowd = gather(&app.database, 400).await;
    let sale = app.open_sale(SEATS as i64).await.0;
    // Every other reading panics until the writer was struck; whoever is told to come back gives it
    // another batch.
    app.time.panic_at(2, u64::MAX);
    let calm = async {
        app.eventually("the writer was struck", async || {
            panics(&app).await.contains_key("writer")
        })
        .await;
        app.time.panic_at(1, 0);
    };
    let shop_client = ShopClient::to(app.running.address);
    let (heard, ()) = tokio::join!(rush(&shop_client, &crowd, sale), calm);
    assert_eq!(
        sold(&app, sale, &heard).await,
        SEATS,
        "every seat is sold, none twice"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_on_the_way_is_an_answer() {
    let app = TestApp::start().await;
    let (student, sale) = (app.student("13800000001").await, app.open_sale(5).await);
    student.outcome(&student.click(sale).await).await;
    let mut seen = Vec::new();
    // The first reading of a poll, then the second: before and after the request is known to be
    // one.
    for reading in 1..=2 {
        app.time.panic_at(reading, 1);
        while !app.time.is_calm() {
            let answer = student.get("/api/v1/user/sckill/?task_id=x").await;
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
            seen.push(answer.status());
        }
    }
    assert!(
        seen.contains(&StatusCode::INTERNAL_SERVER_ERROR),
        "{seen:?}"
    );
}
