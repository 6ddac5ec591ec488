//! A shop to try out always has something to try.

use qiangke::{
    server::demo,
    types::{
        sale::Sale,
        time::{DAY_MS, HOUR_MS},
    },
};
use support::app::{NOON, TestApp};

/// The sales that are open, and those that come.
fn now(app: &TestApp) -> (Vec<Sale>, Vec<Sale>) {
    let now = app.now();
    let (open, rest): (Vec<_>, Vec<_>) = app
        .running
        .app
        .sales()
        .into_iter()
        .partition(|sale| sale.opens_at <= now && now < sale.closes_at);
    (
        open,
        rest.into_iter()
            .filter(|sale| sale.opens_at > now)
            .collect(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_has_a_sale_that_is_open_and_one_that_comes_at_any_time() {
    let app = TestApp::start_with(&["--demo"]).await;
    let (open, coming) = now(&app);
    assert_eq!((open.len(), coming.len()), (1, 1));
    assert_eq!(
        coming[0].opens_at,
        NOON.plus(5 * 60 * 1_000),
        "soon enough to wait for it"
    );
    assert!(
        open[0].price < open[0].old_price,
        "a sale is cheaper than its course"
    );
    for passed in [6 * 60 * 1_000, HOUR_MS, 2 * DAY_MS, HOUR_MS, 30 * DAY_MS] {
        app.pass(passed);
        app.eventually("there are both again", async || {
            let (open, coming) = now(&app);
            !open.is_empty() && !coming.is_empty()
        })
        .await;
        let (open, coming) = now(&app);
        assert!(
            open.len() <= 2 && coming.len() == 1,
            "no more than are needed: {} open, {} to come",
            open.len(),
            coming.len()
        );
        assert!(
            coming[0].opens_at.0 <= app.now().0 + HOUR_MS + 5 * 60 * 1_000,
            "it comes within about an hour"
        );
    }
    let before = app.store().all_sales().await.expect("sales").len();
    // Another look finds nothing to do; a start after a stop is one.
    demo::go_on(app.store(), app.now()).await.expect("a look");
    demo::open(app.store(), app.now()).await.expect("a start");
    assert_eq!(app.store().all_sales().await.expect("sales").len(), before);
    app.pass(365 * DAY_MS);
    demo::open(app.store(), app.now())
        .await
        .expect("a start after a year");
    let listed = app.store().sales(app.now()).await.expect("sales");
    assert!(
        listed
            .iter()
            .any(|listed| listed.sale.opens_at <= app.now()),
        "open at once"
    );
    app.assert_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_is_no_demo_gets_no_sale_that_nobody_created() {
    let app = TestApp::start().await;
    app.pass(2 * DAY_MS);
    app.sale(1, app.now(), app.now().plus(HOUR_MS)).await;
    app.pass(HOUR_MS);
    app.eventually("the sale is over", async || now(&app).0.is_empty())
        .await;
    assert_eq!(app.store().all_sales().await.expect("sales").len(), 1);
}
