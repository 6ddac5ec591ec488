//! Two thousand students, a hundred seats.

use support::{
    app::TestApp,
    crowd::{ShopClient, gather},
    rush::{SEATS, STUDENTS, rush, sold},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_rush_sells_each_seat_once() {
    let app = TestApp::start().await;
    let crowd = gather(&app.database, STUDENTS).await;
    let sale = app.open_sale(SEATS).await.0;
    let heard = rush(&ShopClient::to(app.running.address), &crowd, sale).await;
    assert_eq!(
        sold(&app, sale, &heard).await,
        100,
        "every seat is sold, none twice"
    );
}

/// Students of the negative controls: each gets a seat that the database says is there.
const TOO_MANY: i64 = 3 * SEATS;

/// The invariants that the audit finds broken.
async fn broken(app: &TestApp) -> Vec<&'static str> {
    let findings = app.store().audit().await.expect("audit");
    findings
        .into_iter()
        .map(|finding| finding.invariant)
        .collect()
}

/// The rush above can fail: a shop that believes in three times the seats sells all of them, and with
/// the true stock the audit sees the oversell.
#[tokio::test(flavor = "multi_thread")]
async fn with_a_forged_stock_a_rush_oversells() {
    let app = TestApp::start().await;
    let crowd = gather(&app.database, TOO_MANY).await;
    let sale = app.open_sale(TOO_MANY).await.0;
    rush(&ShopClient::to(app.running.address), &crowd, sale).await;
    assert_eq!(
        app.database.owners(sale).await.len(),
        usize::try_from(TOO_MANY).expect("a count"),
        "everybody has a seat"
    );
    app.assert_audit().await;
    app.database.set_seats(sale, SEATS, 0).await;
    let broken = broken(&app).await;
    for invariant in [
        "G1 never oversold: live orders <= stock",
        "G2 conservation: stock = remaining + live orders",
        "a seat's number is within the stock, and given once",
    ] {
        assert!(broken.contains(&invariant), "{invariant}: {broken:?}");
    }
}

/// Where only the count of unsold seats was raised, admission lets too many in, and settlement still
/// gives no seat twice.
#[tokio::test(flavor = "multi_thread")]
async fn with_a_forged_remainder_a_rush_sells_each_seat_once() {
    let app = TestApp::start().await;
    let crowd = gather(&app.database, TOO_MANY).await;
    let sale = app.open_sale(SEATS).await.0;
    app.database.set_seats(sale, SEATS, TOO_MANY).await;
    rush(&ShopClient::to(app.running.address), &crowd, sale).await;
    assert_eq!(
        app.database.owners(sale).await.len(),
        usize::try_from(SEATS).expect("a count")
    );
    let broken = broken(&app).await;
    assert!(
        broken.contains(&"G2 conservation: stock = remaining + live orders"),
        "{broken:?}"
    );
    assert!(
        !broken.iter().any(|invariant| invariant.starts_with("G1")),
        "{broken:?}"
    );
}
